"""What each sub-account holds, with source and day, whoever keeps the books."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Sum

from funds.domain.books import must_replenish
from funds.models import FundAccount, SnapshotLine, SpecialAccount, SubAccount
from funds.selectors.balances import (
    account_balances,
    ledger_totals,
    special_balances,
    sub_balances,
)
from funds.selectors.files import last_snapshot


class Held(NamedTuple):
    """What an account holds in fen, for how many units."""

    account: FundAccount
    units: int
    fen: int


class Standing(NamedTuple):
    """Where a special account stands: `as_of` None where nothing was stated yet.

    Amounts in fen. `unallotted` is what no sub-account holds (interest, deposits).
    """

    as_of: date | None
    source: str
    total: int
    unallotted: int
    accounts: list[Held]


class Low(NamedTuple):
    """A sub-account below 30 % of its first deposit, in fen."""

    sub: int
    balance: int
    first_deposit: int


def standing_of(special: SpecialAccount, *, today: date) -> Standing:
    """Totals by account: of the last snapshot, or of the sealed books as they are today."""
    accounts = special.accounts.select_related("estate", "building").order_by(
        "estate__name", "building__name", "pk"
    )
    units = dict(special.accounts.order_by().values_list("pk").annotate(Count("subs__unit")))
    if special.ledger_mode == "record":
        held = account_balances(special)
        totals = ledger_totals(special)
        unallotted = totals["interest"] + totals["unallocated"]
        as_of, source = today, ""
    else:
        last = last_snapshot(special)
        if last is None:
            rows = [Held(one, units[one.pk], 0) for one in accounts]
            return Standing(None, "", 0, 0, rows)
        held = dict(last.lines.order_by().values_list("sub__account").annotate(Sum("fen")))
        unallotted, as_of, source = 0, last.as_of, last.source
    rows = [Held(one, units[one.pk], held.get(one.pk, 0)) for one in accounts]
    total = sum(one.fen for one in rows) + unallotted
    return Standing(as_of, source, total, unallotted, rows)


def balances_in(account: FundAccount) -> dict[int, int]:
    """Every sub-account of an account → its balance in fen; empty where none was stated."""
    if account.special.ledger_mode == "record":
        return sub_balances(account)
    last = last_snapshot(account.special)
    if last is None:
        return {}
    lines = SnapshotLine.objects.filter(snapshot=last, sub__account=account)
    return dict(lines.order_by("sub").values_list("sub", "fen"))


def to_replenish(special: SpecialAccount) -> list[Low]:
    """续交名单: the sub-accounts strictly below 30 % of their first deposit (165号令 17).

    By estate, then as they were opened; read in one pass, a special account holds hundreds of
    thousands. Owners only: a selling organisation pays in once, at the sale.
    """
    held = _balances_at(special)
    firsts = (
        SubAccount.objects.filter(
            account__special=special, unit__isnull=False, first_deposit_fen__gt=0
        )
        .order_by("account__estate__name", "account", "pk")
        .values_list("pk", "first_deposit_fen")
    )
    return [
        Low(sub, held[sub], first)
        for sub, first in firsts.iterator(chunk_size=20_000)
        if first and sub in held and must_replenish(held[sub], first)
    ]


def _balances_at(special: SpecialAccount) -> dict[int, int]:
    """Every sub-account of a special account → its balance; empty where none was stated."""
    if special.ledger_mode == "record":
        return special_balances(special)
    last = last_snapshot(special)
    if last is None:
        return {}
    return dict(last.lines.order_by().values_list("sub", "fen"))
