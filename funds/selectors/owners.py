"""What an owner sees of the own fund: each unit's balance, with every movement behind it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from core.deadlines import local_day
from funds.domain.books import must_replenish
from funds.models import Posting, SnapshotLine, SubAccount
from registry.models import Ownership
from voting.models import MotionShare, Party


class Movement(NamedTuple):
    """Money that came to a sub-account (positive) or left it, in fen; `balance` after it."""

    day: date
    fen: int
    text: str
    paper: str
    balance: int


class OwnAccount(NamedTuple):
    """A unit's sub-account; `balance` None where nothing was stated yet.

    `source`: who says so, empty for books kept here; `movements`: the newest first. `low`:
    below 30 % of the first deposit, None where that is not on record.
    """

    sub: SubAccount
    balance: int | None
    as_of: date | None
    source: str
    low: bool | None
    movements: list[Movement]


class Outlook(NamedTuple):
    """What a repair that is voted on would leave; `left` in fen, negative: to be paid."""

    number: int
    title: str
    share: int
    left: int


def own_accounts(units: Sequence[int], *, today: date) -> list[OwnAccount]:
    """The sub-accounts of these units, in the order given; three queries whatever there is."""
    subs = list(
        SubAccount.objects.filter(unit__in=units).select_related("unit", "account__special")
    )
    order = {unit: place for place, unit in enumerate(units)}
    subs.sort(key=lambda sub: (order[sub.unit_id], sub.pk))
    booked = _booked([sub.pk for sub in subs if _is_ours(sub)])
    stated = _stated([sub.pk for sub in subs if not _is_ours(sub)])
    return [
        _own(sub, booked[sub.pk], today) if _is_ours(sub) else _own(sub, stated[sub.pk], None)
        for sub in subs
    ]


def units_sold_since(party: Party) -> set[int]:
    """Units of a party with a new owner since the roll was frozen.

    165号令 28: the balance passes with the unit, and is the buyer's to see.
    """
    frozen = party.session.frozen_at
    if frozen is None:
        return set()
    newer = Ownership.objects.filter(
        unit__in=party.units.values("unit"),
        valid_to__isnull=True,
        valid_from__gt=local_day(frozen),
    )
    return set(newer.values_list("unit", flat=True))


def outlook(party: Party, accounts: Sequence[OwnAccount]) -> list[Outlook]:
    """What each repair being voted on would leave of these; nothing where one is not known."""
    if party.session.state not in {"frozen", "closed"}:
        return []
    if any(account.balance is None for account in accounts):
        return []
    held = sum(account.balance or 0 for account in accounts)
    shares = MotionShare.objects.filter(party=party, motion__matter=5).select_related("motion")
    return [
        Outlook(one.motion.position, one.motion.title, one.fen, held - one.fen)
        for one in shares.order_by("motion__position")
    ]


def _is_ours(sub: SubAccount) -> bool:
    return sub.account.special.ledger_mode == "record"


def _own(sub: SubAccount, movements: list[Movement], as_of: date | None) -> OwnAccount:
    last = movements[-1] if movements else None
    balance = last.balance if last else (0 if as_of else None)
    source = ""
    if last is not None and as_of is None:
        as_of, source = last.day, last.paper
    low = None if balance is None else must_replenish(balance, sub.first_deposit_fen)
    # In a snapshot nothing moved where the balance is the same as before.
    shown = [one for one in movements if one.fen]
    return OwnAccount(sub, balance, as_of, source, low, shown[::-1])


def _booked(subs: list[int]) -> dict[int, list[Movement]]:
    found: dict[int, list[Movement]] = defaultdict(list)
    rows = (
        Posting.objects.filter(sub__in=subs, voucher__state="sealed")
        .order_by("voucher__number", "pk")
        .values_list("sub", "fen", "voucher__dated_on", "voucher__text", "voucher__paper")
    )
    for sub, fen, day, text, paper in rows:
        before = found[sub][-1].balance if found[sub] else 0
        found[sub].append(Movement(day, -fen, text, paper, before - fen))
    return found


def _stated(subs: list[int]) -> dict[int, list[Movement]]:
    found: dict[int, list[Movement]] = defaultdict(list)
    rows = (
        SnapshotLine.objects.filter(sub__in=subs)
        .order_by("snapshot__as_of")
        .values_list("sub", "fen", "reason", "snapshot__as_of", "snapshot__source")
    )
    for sub, fen, reason, day, source in rows:
        # The first snapshot is where the account begins for us, not money that came in.
        before = found[sub][-1].balance if found[sub] else fen
        found[sub].append(Movement(day, fen - before, reason, source, fen))
    return found
