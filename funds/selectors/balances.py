"""What the sealed books say. Balances are sums of postings; nothing is kept beside them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from funds.domain.books import must_replenish
from funds.models import FundAccount, Posting, SpecialAccount, SubAccount

# Below the number of parameters any database takes.
_CHUNK = 500


class Low(NamedTuple):
    """A sub-account below 30 % of its first deposit, in fen."""

    sub: SubAccount
    balance: int
    first_deposit: int


def sealed_postings() -> QuerySet[Posting]:
    """Postings of sealed vouchers: drafts move no money."""
    return Posting.objects.filter(voucher__state="sealed")


def sub_balances(account: FundAccount) -> dict[int, int]:
    """Every sub-account of an account → its balance in fen, in order of the rooms' keys."""
    sums = dict(
        sealed_postings()
        .filter(sub__account=account)
        .order_by()
        .values_list("sub")
        .annotate(Sum("fen"))
    )
    return {
        pk: -sums.get(pk, 0) for pk in account.subs.order_by("pk").values_list("pk", flat=True)
    }


def balances_of(subs: Sequence[int]) -> dict[int, int]:
    """The balances of these sub-accounts in fen."""
    found = dict.fromkeys(subs, 0)
    for start in range(0, len(subs), _CHUNK):
        some = sealed_postings().filter(sub__in=subs[start : start + _CHUNK])
        for sub, fen in some.order_by().values_list("sub").annotate(Sum("fen")):
            found[sub] = -fen
    return found


def account_balances(special: SpecialAccount) -> dict[int, int]:
    """Every account of a special account → the sum of its sub-accounts in fen."""
    sums = dict(
        sealed_postings()
        .filter(sub__account__special=special)
        .order_by()
        .values_list("sub__account")
        .annotate(Sum("fen"))
    )
    return {pk: -sums.get(pk, 0) for pk in special.accounts.values_list("pk", flat=True)}


def ledger_totals(special: SpecialAccount) -> dict[str, int]:
    """Ledger → fen, each in its own sense: money at the bank, and what is owed to whom."""
    sums = dict(
        sealed_postings()
        .filter(voucher__special=special)
        .order_by()
        .values_list("ledger")
        .annotate(Sum("fen"))
    )
    signs = {"bank": 1, "sub": -1, "interest": -1, "unallocated": -1}
    return {ledger: sign * sums.get(ledger, 0) for ledger, sign in signs.items()}


def to_replenish(account: FundAccount) -> Iterator[Low]:
    """续交名单: the sub-accounts strictly below 30 % of their first deposit."""
    balances = sub_balances(account)
    for sub in account.subs.select_related("unit").order_by("pk"):
        if sub.first_deposit_fen and must_replenish(balances[sub.pk], sub.first_deposit_fen):
            yield Low(sub, balances[sub.pk], sub.first_deposit_fen)
