"""What the sealed books say. Balances are sums of postings; nothing is kept beside them."""

from collections.abc import Sequence

from django.db.models import QuerySet, Sum

from funds.models import FundAccount, Posting, SpecialAccount, SubAccount

# Below the number of parameters any database takes.
_CHUNK = 500


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


def special_balances(special: SpecialAccount) -> dict[int, int]:
    """Every sub-account of a special account → its balance in fen."""
    subs = SubAccount.objects.filter(account__special=special)
    found = dict.fromkeys(subs.values_list("pk", flat=True), 0)
    sums = sealed_postings().filter(voucher__special=special, sub__isnull=False)
    for sub, fen in sums.order_by().values_list("sub").annotate(Sum("fen")):
        found[sub] = -fen
    return found


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
