"""How interest would be allotted among the units of a special account, to the fen."""

import hashlib
from collections.abc import Sequence
from datetime import date

from django.db.models import Sum

from funds.domain.books import Line, allot, days_weight
from funds.models import SpecialAccount, SubAccount
from funds.selectors.balances import sealed_postings


def allotment_of(
    special: SpecialAccount, fen: int, *, since: date | None, until: date
) -> list[Line]:
    """The credits of all sub-accounts, in the order they were opened.

    By the balance at the end of `until`; with `since`, by balance times days from there to
    `until`, both days included (积数). RuleViolation "allot.nothing".
    """
    subs = SubAccount.objects.filter(account__special=special).order_by("pk")
    weights = dict.fromkeys(subs.values_list("pk", flat=True), 0)
    moved = (
        sealed_postings()
        .filter(sub__account__special=special, voucher__dated_on__lte=until)
        .order_by()
        .values_list("sub", "voucher__dated_on")
        .annotate(Sum("fen"))
    )
    for sub, day, total in moved.iterator():
        if sub is not None:
            weights[sub] -= total * days_weight(day, since=since, until=until)
    # Vouchers dated back can leave a past day below zero; that earns nothing.
    return allot(fen, {sub: max(0, weight) for sub, weight in weights.items()})


def seen_digest(lines: Sequence[Line]) -> str:
    """What was shown to a person, so that what is drafted is just that."""
    text = "\n".join(f"{line.sub} {line.fen}" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()
