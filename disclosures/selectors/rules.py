"""The rules of a place on what is made public, with their clauses."""

from datetime import date
from typing import Any, NamedTuple

from core.errors import RuleViolation
from disclosures.domain.closing import Jump
from disclosures.models import Book, SplitDecision
from registry.domain.profiles import RuleValue
from registry.models import Estate
from registry.selectors import profile_for

_OURS = "平台默认"
# 建房〔2009〕274号 42: what a committee spends is published regularly.
_NATIONAL = {"expenses.publish": "建房〔2009〕274号第42条"}


class AccountRules(NamedTuple):
    """The profile's values of `revenue.*`, `expenses.*`, `fund.publish`, `disclosures.*`."""

    values: dict[str, RuleValue]

    def _of(self, name: str) -> RuleValue:
        if name not in self.values:
            raise RuleViolation("profile.missing", f"这里的规则里没有“{name}”，请管理员先设置")
        return self.values[name]

    def number(self, name: str) -> int:
        return int(self._of(name).value)

    def share(self, name: str) -> tuple[int, int]:
        num, den = self._of(name).value
        return int(num), int(den)

    def frequency(self, kind: str) -> str:
        """How often a book of this kind is published at least."""
        return str(self._of(f"{kind}.publish").value)

    def clause(self, name: str) -> str:
        return self._of(name).clause

    def basis(self, name: str) -> str:
        """The clause as a paper cites it: what the nation's law says where nobody has read
        the local rule in its source yet, or where there is none."""
        found = self._of(name)
        if found.usable and not found.clause.startswith(_OURS):
            return found.clause
        return _NATIONAL.get(name, "民法典第943条")

    @property
    def jump(self) -> Jump:
        return Jump(self.share("revenue.jump"), self.number("revenue.jump_least_fen"))

    @property
    def parking_months(self) -> int | None:
        """How long bays may be let to outsiders at once; None: no rule."""
        found: Any = self.values.get("revenue.outside_parking_months")
        return None if found is None else int(found.value)


def account_rules(estate: Estate, on: date) -> AccountRules:
    """What an estate has to publish by, on a day."""
    return AccountRules(profile_for(estate, on))


def decided_share(book: Book, on: date) -> SplitDecision | None:
    """What the owners decided, where they did and it holds on a day."""
    return book.splits.filter(since__lte=on).last()


def share_to_fund(book: Book, rules: AccountRules, on: date) -> tuple[tuple[int, int], str]:
    """The share of net revenue that goes to the fund on a day, and what says so."""
    decided = decided_share(book, on)
    if decided is not None:
        return (decided.num, decided.den), decided.decision
    return rules.share("revenue.default_to_fund"), rules.clause("revenue.default_to_fund")
