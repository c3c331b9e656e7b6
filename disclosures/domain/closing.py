"""What is asked before a period is published: what stops it, and what has to be explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from core.exact import format_yuan
from core.reasons import Reason, explains
from disclosures.domain.headings import OF_BOOK
from disclosures.domain.periods import jumps


class Asked(NamedTuple):
    """One thing a closing has to say: its key, the question, and the part of the page."""

    key: str
    sentence: str


class Jump(NamedTuple):
    """From when on a difference has to be explained: more than `above`, and `least_fen`."""

    above: tuple[int, int]
    least_fen: int


class Expected(NamedTuple):
    """What a contract should have brought, as an exact fraction of fen, and what it brought."""

    key: str
    name: str
    fen: Fraction
    booked_fen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """A period as the books have it, in fen."""

    book: str
    opening: int
    jump: Jump
    totals: Mapping[str, int]
    before: Mapping[str, int] | None = None
    """Totals of the period before, where it was published."""
    year: Mapping[str, int] | None = None
    """Totals of the same period a year ago."""
    expected: Sequence[Expected] = ()
    unbound: int = 0
    """Entries that nobody has reviewed, dated within the period or before."""
    unmasked: int = 0
    """Papers of the period that nobody has looked at for what must not be shown."""
    wrong: int = 0
    """Questions "this figure is wrong" on it that have no answer yet."""
    behind: str = ""
    """Why the period before does not hold (not published, or to be published again)."""
    fund_due: int = 0
    """What should have gone to the maintenance fund from the periods before, and went not."""

    @property
    def closing(self) -> int:
        headings = OF_BOOK[self.book]
        moved = sum(
            fen if headings[key].side == "in" else -fen for key, fen in self.totals.items()
        )
        return self.opening + moved


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What whoever closes a period says."""

    bank_fen: int | None
    """The balance on the bank statement; None where the book has none (fund)."""
    difference: str = ""
    explanations: Mapping[str, str]
    correction: str = ""
    is_correction: bool = False


def asked(figures: Figures) -> list[Asked]:
    """What has to be explained in words, in the order of the page."""
    found = []
    for title, earlier in (("上期", figures.before), ("去年同期", figures.year)):
        for key, heading in OF_BOOK[figures.book].items():
            if earlier is None:
                break
            now, then = figures.totals.get(key, 0), earlier.get(key, 0)
            if jumps(now, then, above=figures.jump.above, least_fen=figures.jump.least_fen):
                sentence = (
                    f"{heading.title}：本期 {format_yuan(now)} 元，"
                    f"{title} {format_yuan(then)} 元，变动较大，请说明原因"
                )
                found.append(
                    Asked(f"{'before' if title == '上期' else 'year'}:{key}", sentence)
                )
    for one in figures.expected:
        # A part of a fen cannot be paid.
        if one.booked_fen < one.fen and one.booked_fen < int(one.fen):
            sentence = (
                f"{one.name}：按合同本期应收 {format_yuan(int(one.fen))} 元，"
                f"入账 {format_yuan(one.booked_fen)} 元，请说明原因"
            )
            found.append(Asked(f"expected:{one.key}", sentence))
    if figures.fund_due > 0:
        due = format_yuan(figures.fund_due)
        sentence = f"以前各期还有 {due} 元应当转入维修资金，没有转，请说明原因"
        found.append(Asked("to_fund", sentence))
    return found


def closing_reasons(figures: Figures, stated: Stated) -> list[Reason]:
    """Everything in the way of publishing the period; empty: nothing is."""
    found = []
    if figures.behind:
        found.append(Reason("closing.behind", figures.behind))
    if figures.unbound:
        found.append(
            Reason("closing.unreviewed", f"还有{figures.unbound}笔没有复核，复核以后才能公布")
        )
    if figures.unmasked:
        found.append(
            Reason(
                "closing.unmasked",
                f"还有{figures.unmasked}份单据没有看过要不要遮盖个人信息，看过才能公布",
            )
        )
    if figures.wrong:
        found.append(
            Reason("closing.wrong", f"业主说数字有误的还有{figures.wrong}件没有答复，先答复")
        )
    found += _bank_reasons(figures, stated)
    found += [
        Reason("closing.unexplained", "请说明原因（至少4个字）", one.key)
        for one in asked(figures)
        if not explains(stated.explanations.get(one.key, ""))
    ]
    if stated.is_correction and not explains(stated.correction):
        found.append(
            Reason(
                "closing.correction",
                "这一期已经公布过，请写明更正了什么（至少4个字）",
                "correction",
            )
        )
    return found


def _bank_reasons(figures: Figures, stated: Stated) -> list[Reason]:
    if figures.book == "fund":
        return []
    if stated.bank_fen is None:
        return [Reason("closing.bank", "请填写银行对账单的余额", "bank_fen")]
    apart = stated.bank_fen - figures.closing
    if apart and not explains(stated.difference):
        return [
            Reason(
                "closing.difference",
                f"账上余额 {format_yuan(figures.closing)} 元，对账单余额 "
                f"{format_yuan(stated.bank_fen)} 元，差 {format_yuan(abs(apart))} 元："
                "请先查清，或者写明为什么不一致",
                "difference",
            )
        ]
    return []
