"""What an owner sees of the own fund: each unit's balance, with every movement behind it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from core.deadlines import local_day
from documents.models import Document
from funds.domain.books import must_replenish
from funds.models import (
    Instalment,
    InstalmentShare,
    Posting,
    Refund,
    RefundShare,
    SnapshotLine,
    SubAccount,
    VersionUnit,
    Voucher,
)
from funds.selectors.balances import balances_of
from funds.selectors.owed import StillOwed, still_owed_of
from funds.selectors.repairs import DECIDED
from registry.models import Ownership
from voting.models import MotionShare, Party


class Movement(NamedTuple):
    """Money that came to a sub-account (positive) or left it, in fen; `balance` after it.

    `document`: code of the paper of ours that it rests on; `repair`: code of the repair that
    it pays, or that it comes back from.
    """

    day: date
    fen: int
    text: str
    paper: str
    balance: int
    document: str = ""
    repair: str = ""
    repair_title: str = ""


class Borne(NamedTuple):
    """What a unit has borne of a repair so far, in fen.

    `most`: its share of what was decided, where not all of it is paid yet; None afterwards.
    """

    code: str
    title: str
    fen: int
    most: int | None = None

    @property
    def to_come(self) -> int:
        """What may still be taken for it, in fen."""
        return 0 if self.most is None else max(0, self.most - self.fen)


class OwnAccount(NamedTuple):
    """A unit's sub-account; `balance` None where nothing was stated yet.

    `source`: who says so, empty for books kept here; `movements`: the newest first. `low`:
    below 30 % of the first deposit, None where that is not on record. `owed`: what is still
    to be paid of its shares; `since`: the day of its first balance.
    """

    sub: SubAccount
    balance: int | None
    as_of: date | None
    source: str
    low: bool | None
    movements: list[Movement]
    owed: list[StillOwed]
    since: date | None
    under_way: list[Borne]  # repairs decided and not settled

    @property
    def owes(self) -> int:
        """What is still to be paid, in fen."""
        return sum(one.left for one in self.owed)

    @property
    def repairs(self) -> list[Borne]:
        """What it has borne of each repair, those under way and the latest first."""
        found = {one.code: one for one in self.under_way}
        running = set(found)
        for one in self.movements:
            if one.repair:
                if one.repair in running:
                    continue
                fen = found[one.repair].fen if one.repair in found else 0
                found[one.repair] = Borne(one.repair, one.repair_title, fen - one.fen)
        return list(found.values())

    @property
    def after_all(self) -> int | None:
        """What is left at least once all repairs under way are paid, in fen."""
        to_come = sum(one.to_come for one in self.under_way)
        return self.balance - to_come if self.balance is not None and to_come else None


class Outlook(NamedTuple):
    """What a repair that is voted on would leave; `left` in fen, negative: to be paid."""

    number: int
    title: str
    share: int
    left: int


def own_accounts(units: Sequence[int], *, today: date) -> list[OwnAccount]:
    """The sub-accounts of these units, in the order given; few queries whatever there is."""
    subs = list(
        SubAccount.objects.filter(unit__in=units).select_related("unit", "account__special")
    )
    order = {unit: place for place, unit in enumerate(units)}
    subs.sort(key=lambda sub: (order[sub.unit_id or 0], sub.pk))
    ours = [sub.pk for sub in subs if is_ours(sub)]
    booked = booked_movements(ours)
    stated = stated_movements([sub.pk for sub in subs if not is_ours(sub)])
    owed: dict[int, list[StillOwed]] = defaultdict(list)
    for one in still_owed_of(ours):
        owed[one.sub].append(one)
    running = _under_way([sub.pk for sub in subs])
    return [
        _own(sub, booked[sub.pk], today, owed[sub.pk], running[sub.pk])
        if is_ours(sub)
        else _own(sub, stated[sub.pk], None, [], running[sub.pk])
        for sub in subs
    ]


def _under_way(subs: list[int]) -> dict[int, list[Borne]]:
    """Sub-account → repairs decided and not settled: what it paid, its share at most."""
    shares = {
        (one.sub_id, one.version.request_id): one
        for one in VersionUnit.objects.filter(
            sub__in=subs,
            version__verdict__in=DECIDED,
            version__request__state__in=("decided", "review", "returned", "approved"),
        )
        .select_related("version__request")
        .order_by("version__number")
    }
    moved = Counter[tuple[int, int]]()
    repairs = {repair for _sub, repair in shares}
    paid = InstalmentShare.objects.filter(
        unit__sub__in=subs,
        instalment__state="paid",
        instalment__application__request__in=repairs,
    )
    for sub, repair, fen in paid.order_by().values_list(
        "unit__sub", "instalment__application__request", "fen"
    ):
        moved[sub, repair] += fen
    back = RefundShare.objects.filter(unit__sub__in=subs, refund__request__in=repairs)
    for sub, repair, fen in back.order_by().values_list("unit__sub", "refund__request", "fen"):
        moved[sub, repair] -= fen
    found: dict[int, list[Borne]] = defaultdict(list)
    for (sub, repair), one in shares.items():
        request = one.version.request
        found[sub].append(Borne(request.code, request.title, moved[sub, repair], one.share_fen))
    return found


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


def held_by(party: Party) -> int | None:
    """What the sub-accounts of a party's units hold together; None where one is not known.

    Nor is it told once a unit was sold: the balance is the buyer's to see.
    """
    units = list(party.units.values_list("unit", flat=True))
    subs = list(SubAccount.objects.filter(unit__in=units).select_related("account__special"))
    if len(subs) != len(units) or units_sold_since(party):
        return None
    ours = [sub.pk for sub in subs if is_ours(sub)]
    held = balances_of(ours)
    for sub in subs:
        if not is_ours(sub):
            line = sub.snapshot_lines.order_by("snapshot__as_of").last()
            if line is None:
                return None
            held[sub.pk] = line.fen
    return sum(held.values())


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


def is_ours(sub: SubAccount) -> bool:
    """Whether its books are kept here."""
    return sub.account.special.ledger_mode == "record"


def _own(
    sub: SubAccount,
    movements: list[Movement],
    as_of: date | None,
    owed: list[StillOwed],
    under_way: list[Borne],
) -> OwnAccount:
    last = movements[-1] if movements else None
    balance = last.balance if last else (0 if as_of else None)
    source = ""
    if last is not None and as_of is None:
        as_of, source = last.day, last.paper
    low = None if balance is None else must_replenish(balance, sub.first_deposit_fen)
    since = min((one.day for one in movements), default=None)
    # In a snapshot nothing moved where the balance is the same as before.
    shown = [one for one in movements if one.fen]
    return OwnAccount(sub, balance, as_of, source, low, shown[::-1], owed, since, under_way)


def booked_movements(subs: list[int]) -> dict[int, list[Movement]]:
    """Every movement in the books kept here, the oldest first."""
    found: dict[int, list[Movement]] = defaultdict(list)
    rows = list(
        Posting.objects.filter(sub__in=subs, voucher__state="sealed")
        .order_by("voucher__number", "pk")
        .values_list("sub", "fen", "voucher")
    )
    vouchers = Voucher.objects.in_bulk({voucher for _sub, _fen, voucher in rows})
    papers = _papers(vouchers.values())
    repairs = _repairs(list(vouchers))
    for sub, fen, pk in rows:
        if sub is None:
            continue
        voucher = vouchers[pk]
        before = found[sub][-1].balance if found[sub] else 0
        repair, title = repairs.get(voucher.reverses_id or pk, ("", ""))
        found[sub].append(
            Movement(
                voucher.dated_on, -fen, voucher.text, voucher.paper, before - fen,
                papers.get(voucher.paper_sha256, ""), repair, title,
            )
        )  # fmt: skip
    return found


def _papers(vouchers: Iterable[Voucher]) -> dict[str, str]:
    """SHA-256 → code of the papers of ours among what these vouchers rest on."""
    wanted = {one.paper_sha256 for one in vouchers if one.paper_sha256}
    if not wanted:
        return {}
    return dict(Document.objects.filter(sha256__in=wanted).values_list("sha256", "code"))


def _repairs(vouchers: list[int]) -> dict[int, tuple[str, str]]:
    """Voucher → code and title of the repair it pays, or gives back from."""
    paid = Instalment.objects.filter(voucher__in=vouchers).values_list(
        "voucher", "application__request__code", "application__request__title"
    )
    back = Refund.objects.filter(voucher__in=vouchers).values_list(
        "voucher", "request__code", "request__title"
    )
    return {voucher: (code, title) for voucher, code, title in [*paid, *back] if voucher}


def stated_movements(subs: list[int]) -> dict[int, list[Movement]]:
    """Every change from one snapshot to the next, the oldest first."""
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
