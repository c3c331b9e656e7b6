"""Reconciliation (对账): what the bank's statement and the books do not have in common."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from funds.models import MatchPart, Posting, SpecialAccount, StatementLine, Voucher
from funds.selectors.balances import ledger_totals, sealed_postings

# A movement and its voucher are rarely further apart than this.
_NEAR_DAYS = 10
_CHUNK = 500


class Difference(NamedTuple):
    """Why the books hold another amount than the bank, in fen; the parts add up to it.

    `bank` None where the bank stated no balance. `opening`: what the books began with, less
    what the statement began with; `broken`: where the statement does not follow itself.
    """

    bank: int | None
    books: int
    unseen: int
    unbooked: int
    opening: int
    broken: int

    @property
    def whole(self) -> int:
        """Books less bank."""
        return self.books - (self.bank or 0)


class Suggestion(NamedTuple):
    """A line and a voucher that may be the same money."""

    line: StatementLine
    voucher: Voucher
    fen: int


def unbooked_lines(special: SpecialAccount) -> QuerySet[StatementLine]:
    """Movements at the bank that no voucher is matched to, in order."""
    return special.statement_lines.exclude(_standing("line")).order_by("position")


def unseen_vouchers(special: SpecialAccount) -> QuerySet[Voucher]:
    """Vouchers that move money at the bank and are matched to no line of it, in order.

    Opening balances were there before the statement; a voucher and its reversal of which
    neither is matched cancel each other out.
    """
    loose = Voucher.objects.filter(state="sealed").exclude(_standing("voucher"))
    return (
        loose.filter(special=special)
        .filter(Exists(Posting.objects.filter(voucher=OuterRef("pk"), ledger="bank")))
        .exclude(kind="opening")
        .exclude(Exists(loose.filter(reverses=OuterRef("pk"))))
        .exclude(
            Q(kind="reversal"), Exists(loose.filter(pk=OuterRef("reverses")))
        )
        .order_by("number")
    )  # fmt: skip


def openings_to_match(special: SpecialAccount) -> QuerySet[Voucher]:
    """Opening vouchers that can be matched: the statement may reach back to their deposit."""
    taken_back = Voucher.objects.filter(reverses=OuterRef("pk"), state="sealed")
    return (
        special.vouchers.filter(kind="opening", state="sealed")
        .exclude(_standing("voucher"))
        .exclude(Exists(taken_back))
        .order_by("number")
    )


def bank_amounts(vouchers: Sequence[int]) -> dict[int, int]:
    """Voucher → what it moves at the bank in fen."""
    found = dict.fromkeys(vouchers, 0)
    for start in range(0, len(vouchers), _CHUNK):
        some = Posting.objects.filter(
            voucher__in=vouchers[start : start + _CHUNK], ledger="bank"
        )
        found |= dict(some.order_by().values_list("voucher").annotate(Sum("fen")))
    return found


def suggestions(
    lines: Sequence[StatementLine], vouchers: Sequence[Voucher], amounts: Mapping[int, int]
) -> list[Suggestion]:
    """One to one, the same amount, the nearest day first; never more than suggestions."""
    by_amount: dict[int, list[Voucher]] = defaultdict(list)
    for voucher in vouchers:
        by_amount[amounts[voucher.pk]].append(voucher)
    found = []
    for line in lines:
        near = [
            (abs((voucher.dated_on - line.dated_on).days), place)
            for place, voucher in enumerate(by_amount[line.fen])
        ]
        if near and min(near)[0] <= _NEAR_DAYS:
            voucher = by_amount[line.fen].pop(min(near)[1])
            found.append(Suggestion(line, voucher, line.fen))
    return found


def difference_of(special: SpecialAccount) -> Difference:
    """The books against the bank, as both are now."""
    books = ledger_totals(special)["bank"]
    unseen = sum(
        bank_amounts(list(unseen_vouchers(special).values_list("pk", flat=True))).values()
    )
    unbooked = sum(unbooked_lines(special).values_list("fen", flat=True))
    begun, bank = stated_balances(special)
    if bank is None or begun is None:
        return Difference(None, books, unseen, unbooked, 0, 0)
    opening = opening_fen(special) - begun
    broken = books - bank - unseen + unbooked - opening
    return Difference(bank, books, unseen, unbooked, opening, broken)


def stated_balances(special: SpecialAccount) -> tuple[int | None, int | None]:
    """What the bank held before the first line and after the last, as far as it said so."""
    begun: int | None = None
    held: int | None = None
    moved = 0
    rows = special.statement_lines.order_by("position").values_list("fen", "balance_fen")
    for fen, balance in rows:
        moved += fen
        if balance is None:
            held = None if held is None else held + fen
            continue
        held = balance
        if begun is None:
            begun = balance - moved
    return begun, held


def opening_fen(special: SpecialAccount) -> int:
    """The opening balances that stand, in fen; not what a line of the statement brought."""
    taken_back = Voucher.objects.filter(reverses=OuterRef("voucher"), state="sealed")
    found = (
        sealed_postings()
        .filter(voucher__special=special, voucher__kind="opening", ledger="bank")
        .exclude(Exists(taken_back))
        .exclude(Exists(MatchPart.objects.filter(voucher=OuterRef("voucher"), stands=True)))
    )
    return found.aggregate(sum=Sum("fen"))["sum"] or 0


def _standing(field: str) -> Exists:
    return Exists(MatchPart.objects.filter(**{field: OuterRef("pk")}, stands=True))
