"""What the fund's yearly papers say, gathered from the books or the snapshots."""

import csv
import io
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Sum

from core.exact import format_yuan
from core.text import plain_cell
from documents.fund_statements import Due, Entry, RepairCost, Total
from funds.models import FundAccount, Posting, SnapshotLine, SubAccount, Voucher, YearPaper
from funds.selectors.balances import sealed_postings
from funds.selectors.labels import sub_label
from funds.selectors.owed import still_owed_of
from funds.selectors.owners import booked_movements, is_ours, stated_movements

MOST_YEARS = 10
_TITLES = {
    "opening": "期初",
    "deposit": "交存",
    "allocation": "交存（分配入户）",
    "receipt": "待分配入账",
    "interest": "利息入账",
    "allotment": "利息等增值收益",
    "revenue": "公共收益转入",
    "refund": "退回",
    "release": "使用",
    "reversal": "冲正",
}


class UnitYear(NamedTuple):
    """One year of a sub-account; `source` empty where the books are kept here."""

    begin_on: date
    begin: int
    entries: tuple[Entry, ...]
    end_on: date
    end: int
    source: str
    owed: tuple[Due, ...]


class Room(NamedTuple):
    """One line of the list by rooms, in fen; `is_seller`: no room, a selling organisation."""

    label: str
    begin: int
    came: int
    went: int
    end: int
    is_seller: bool = False


class AccountYear(NamedTuple):
    """One year of an account."""

    begin_on: date
    begin: int
    totals: tuple[Total, ...]
    end_on: date
    end: int
    source: str
    repairs: tuple[RepairCost, ...]
    rooms: list[Room]
    owed: int


def years_of(since: date | None, *, today: date) -> list[int]:
    """The years that are over and have something to state, the latest first."""
    if since is None:
        return []
    return list(range(today.year - 1, since.year - 1, -1))[:MOST_YEARS]


def unit_year(sub: SubAccount, year: int) -> UnitYear | None:
    """What a sub-account's statement of a year says; None where nothing was stated by then."""
    ours = is_ours(sub)
    found = (booked_movements if ours else stated_movements)([sub.pk])[sub.pk]
    begin_on, end_on = date(year - 1, 12, 31), date(year, 12, 31)
    known = sorted((one for one in found if one.day <= end_on), key=lambda one: one.day)
    if not known:
        return None
    before = [one for one in known if one.day <= begin_on]
    begin = sum(one.fen for one in before) if ours else 0
    source = ""
    if not ours:
        # Where the centre's balances begin within the year, so does the statement.
        first = before[-1] if before else known[0]
        begin, begin_on = first.balance, min(first.day, begin_on) if before else first.day
        end_on, source = known[-1].day, known[-1].paper
    entries, held = [], begin
    for one in known[len(before) :]:
        if one.fen:
            held += one.fen
            paper = one.paper if ours else ""
            entries.append(Entry(one.day, one.fen, one.text, paper, held, one.repair_title))
    owed = still_owed_of([sub.pk], until=end_on) if ours else []
    dues = tuple(Due(one.day, one.text, one.left) for one in owed)
    return UnitYear(begin_on, begin, tuple(entries), end_on, held, source, dues)


def account_year(account: FundAccount, year: int) -> AccountYear | None:
    """What an account's paper of a year says; None where nothing was stated by then."""
    return account_between(account, date(year - 1, 12, 31), date(year, 12, 31))


def account_between(account: FundAccount, begin_on: date, end_on: date) -> AccountYear | None:
    """What moved after `begin_on` until `end_on`; None where nothing was stated by then."""
    if account.special.ledger_mode == "record":
        return _booked(account, begin_on, end_on)
    return _stated(account, begin_on, end_on)


def rooms_table(rooms: list[Room]) -> bytes:
    """The list by rooms for spreadsheets; no names."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["房号", "年初余额（元）", "增加（元）", "减少（元）", "年末余额（元）"])
    for one in rooms:
        amounts = (one.begin, one.came, one.went, one.end)
        table.writerow([plain_cell(one.label), *(format_yuan(fen) for fen in amounts)])
    return out.getvalue().encode("utf-8-sig")


def paper_in_force(
    *, year: int, sub: int | None = None, account: int | None = None
) -> YearPaper | None:
    """The year's paper that was not superseded."""
    return (
        YearPaper.objects.filter(year=year, sub=sub, account=account, document__status="issued")
        .select_related("document")
        .defer("table", "document__pdf", "document__facts")
        .order_by("-pk")
        .first()
    )


def _booked(account: FundAccount, begin_on: date, end_on: date) -> AccountYear | None:
    ours = sealed_postings().filter(sub__account=account).order_by()
    until = ours.filter(voucher__dated_on__lte=end_on)
    begins = dict(
        until.filter(voucher__dated_on__lte=begin_on).values_list("sub").annotate(Sum("fen"))
    )
    within = until.filter(voucher__dated_on__gt=begin_on)
    came: dict[int, int] = defaultdict(int)
    went: dict[int, int] = defaultdict(int)
    kinds: dict[str, int] = defaultdict(int)
    rows = within.values_list("sub", "voucher", "voucher__kind").annotate(Sum("fen"))
    for sub, _voucher, kind, fen in rows:
        if sub is not None:
            (came if fen < 0 else went)[sub] += abs(fen)
            kinds[kind] -= fen
    rooms = [
        Room(label, (begin := -begins.get(pk, 0)), came[pk], went[pk],
             begin + came[pk] - went[pk], unit is None)
        for pk, label, unit in account.subs.order_by("pk").values_list(
            "pk", sub_label(), "unit"
        )
    ]  # fmt: skip
    if not until.exists():
        return None
    totals = tuple(Total(title, kinds[kind]) for kind, title in _TITLES.items() if kinds[kind])
    owed = still_owed_of(list(account.subs.values_list("pk", flat=True)), until=end_on)
    return AccountYear(
        begin_on,
        sum(one.begin for one in rooms),
        totals,
        end_on,
        sum(one.end for one in rooms),
        "",
        _repair_costs(account, begin_on, end_on),
        rooms,
        sum(one.left for one in owed),
    )


def _repair_costs(account: FundAccount, after: date, until: date) -> tuple[RepairCost, ...]:
    """Each repair paid from the account, what came back from it taken off."""
    vouchers = Voucher.objects.filter(
        special=account.special_id, state="sealed", dated_on__gt=after, dated_on__lte=until
    )
    named: dict[int, tuple[str, str]] = {}
    for path in ("instalment__application__request", "refund__request"):
        rows = vouchers.filter(**{f"{path}__isnull": False}).values_list(
            "pk", f"{path}__title", f"{path}__code"
        )
        named |= {pk: (title, code) for pk, title, code in rows}
    taken_back = vouchers.filter(reverses__in=list(named)).values_list("pk", "reverses")
    named |= {pk: named[first] for pk, first in taken_back if first}
    costs: dict[tuple[str, str], int] = defaultdict(int)
    units: dict[tuple[str, str], set[int]] = defaultdict(set)
    postings = Posting.objects.filter(voucher__in=list(named), sub__account=account)
    for voucher, unit, fen in postings.values_list("voucher", "sub__unit", "fen"):
        costs[named[voucher]] += fen
        if unit is not None:
            units[named[voucher]].add(unit)
    return tuple(
        RepairCost(title, code, fen, len(units[title, code]))
        for (title, code), fen in sorted(costs.items())
    )


def _stated(account: FundAccount, begin_on: date, end_on: date) -> AccountYear | None:
    snapshots = list(account.special.snapshots.filter(as_of__lte=end_on).order_by("as_of"))
    earlier = [one for one in snapshots if one.as_of <= begin_on]
    used = [*earlier[-1:], *snapshots[len(earlier) :]]
    if not used:
        return None
    held: dict[int, dict[int, int]] = {
        one.pk: dict(
            SnapshotLine.objects.filter(snapshot=one, sub__account=account).values_list(
                "sub", "fen"
            )
        )
        for one in used
    }
    first, last = held[used[0].pk], held[used[-1].pk]
    came: dict[int, int] = defaultdict(int)
    went: dict[int, int] = defaultdict(int)
    for before, after in pairwise(used):
        for sub, fen in held[after.pk].items():
            moved = fen - held[before.pk].get(sub, 0)
            (came if moved > 0 else went)[sub] += abs(moved)
    rooms = [
        Room(label, first.get(pk, 0), came[pk], went[pk], last.get(pk, 0), unit is None)
        for pk, label, unit in account.subs.order_by("pk").values_list(
            "pk", sub_label(), "unit"
        )
    ]
    totals = (
        Total("增加", sum(came.values())),
        Total("减少", -sum(went.values())),
    )
    return AccountYear(
        used[0].as_of,
        sum(first.values()),
        tuple(one for one in totals if one.fen),
        used[-1].as_of,
        sum(last.values()),
        used[-1].source,
        (),
        rooms,
        0,
    )
