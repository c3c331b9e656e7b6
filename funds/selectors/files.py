"""What a file of the fund centre or the bank says, held against what is known.

Nothing is written here: the same look is taken for the page, and again under the lock when
the file is confirmed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db.models import Exists, OuterRef, QuerySet

from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.tables import read_table
from funds.domain.amount_file import AmountRow, read_amounts
from funds.domain.books import pays
from funds.domain.sheets import Place, RowFault, seller_place
from funds.domain.snapshot_file import read_balances
from funds.domain.statement_file import BankLine, read_statement
from funds.models import FundFile, Posting, Snapshot, SpecialAccount, SubAccount, Voucher
from funds.selectors.balances import ledger_totals
from funds.selectors.owed import still_owed_of
from registry.domain.rooms import building_name, entrance_name, folded, room_name, split_label
from registry.fields import open_bytes

PURPOSE = "funds.fundfile.content"
DAYS_KEPT = 3  # a file that is looked at only
# A sentence names some rooms, the page the rest.
_NAMED = 5


class Balance(NamedTuple):
    """One sub-account's balance as stated; `before` in the last snapshot, None where new."""

    sub: SubAccount
    fen: int
    before: int | None
    first_deposit: int | None
    reason: str


class BalancesLook(NamedTuple):
    """All balances of a file, or every fault."""

    balances: list[Balance]
    faults: list[RowFault]
    last: Snapshot | None

    @property
    def total(self) -> int:
        """Sum of the balances in fen."""
        return sum(one.fen for one in self.balances)

    @property
    def changed(self) -> list[Balance]:
        """The balances that differ from the last snapshot."""
        return [one for one in self.balances if one.before not in (None, one.fen)]


class Amount(NamedTuple):
    """What one sub-account is credited; `paid`: (owed amount, fen) that this pays."""

    sub: SubAccount
    fen: int
    first_deposit: int | None
    paid: list[tuple[int, int]]

    @property
    def settled(self) -> int:
        """How much of it pays what was owed, in fen."""
        return sum(fen for _owed, fen in self.paid)


class AmountsLook(NamedTuple):
    """All amounts of a file, or every fault."""

    amounts: list[Amount]
    faults: list[RowFault]

    @property
    def total(self) -> int:
        """Sum of the amounts in fen."""
        return sum(one.fen for one in self.amounts)

    @property
    def settled(self) -> int:
        """How much of it pays what was owed, in fen."""
        return sum(one.settled for one in self.amounts)


class StatementLook(NamedTuple):
    """The movements of a statement that are new, how many were known, or every fault."""

    lines: list[BankLine]
    known: int
    faults: list[RowFault]


def content_of(file: FundFile) -> bytes:
    """The file as it was uploaded."""
    return open_bytes(bytes(file.content), purpose=PURPOSE)


def forgotten_files(at: datetime) -> QuerySet[FundFile]:
    """Files that nobody confirmed or gave up for `DAYS_KEPT` days."""
    old = FundFile.objects.filter(
        state="previewed", created_at__lte=at - timedelta(days=DAYS_KEPT)
    )
    return old.defer("content").order_by("pk")


def last_snapshot(special: SpecialAccount) -> Snapshot | None:
    """The balances of the latest day."""
    return special.snapshots.order_by("as_of").last()


def look_at_balances(file: FundFile) -> BalancesLook:
    """Match every row to its sub-account and compare with the last snapshot."""
    last = last_snapshot(file.special)
    rows, faults = read_balances(read_table(content_of(file), file.file_name))
    if faults:
        return BalancesLook([], faults, last)
    subs = _Subs(file.special)
    before = dict(last.lines.values_list("sub", "fen")) if last else {}
    balances: list[Balance] = []
    met: dict[int, int] = {}
    for row in rows:
        sub, reasons = subs.named(row)
        if sub is not None:
            if met.setdefault(sub.pk, row.row) != row.row:
                reasons.append(f"与第 {met[sub.pk]} 行是同一户")
            found = Balance(
                sub,
                row.balance,
                before.get(sub.pk),
                row.first_deposit,
                row.reason or file.reason,
            )
            reasons += _balance_reasons(found)
            balances.append(found)
        faults += [RowFault(row.row, reason) for reason in reasons]
    faults += subs.missing(met)
    return BalancesLook([] if faults else balances, faults, last)


def look_at_amounts(file: FundFile) -> AmountsLook:
    """Match every row to its sub-account; what it pays of owed amounts, the oldest first."""
    rows, faults = read_amounts(read_table(content_of(file), file.file_name))
    if not rows:
        return AmountsLook([], faults)
    subs = _Subs(file.special)
    opened = opened_subs(file.special) if file.kind == "opening" else set()
    met: dict[int, int] = {}
    found: list[tuple[AmountRow, SubAccount]] = []
    for row in rows:
        sub, reasons = subs.named(row)
        if sub is not None:
            if met.setdefault(sub.pk, row.row) != row.row:
                reasons.append(f"与第 {met[sub.pk]} 行是同一户")
            if sub.pk in opened:
                reasons.append("这一户已经有期初余额，要先冲正")
            reasons += first_deposit_reasons(sub, row.first_deposit)
            found.append((row, sub))
        faults += [RowFault(row.row, reason) for reason in reasons]
    if file.kind == "allocation" and not faults:
        faults += _allocation_faults(file.special, sum(row.fen for row in rows))
    if faults:
        return AmountsLook([], sorted(faults))
    owed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if file.settles:
        for one in still_owed_of(list(met)):
            owed[one.sub].append((one.pk, one.left))
    return AmountsLook(
        [
            Amount(sub, row.fen, row.first_deposit, pays(row.fen, owed[sub.pk]))
            for row, sub in found
        ],
        [],
    )


def sub_named(special: SpecialAccount, estate: str, room: str) -> SubAccount:
    """The sub-account of a room as somebody typed it. RuleViolation "sub.unknown"."""
    split = split_label(room)
    place = seller_place(room) or Place("", folded(room), *(split or ("", "", "")))
    sub, reasons = _Subs(special).named(AmountRow(0, estate, place, 0, None))
    if sub is None:
        raise RuleViolation("sub.unknown", reasons[0])
    return sub


def opened_subs(special: SpecialAccount) -> set[int]:
    """Sub-accounts with an opening balance, drafted or booked, that was not taken back."""
    taken_back = Voucher.objects.filter(reverses=OuterRef("voucher"), state="sealed")
    found = (
        Posting.objects.filter(
            voucher__special=special, voucher__kind="opening", sub__isnull=False
        )
        .exclude(voucher__state="dropped")
        .exclude(Exists(taken_back))
    )
    return {sub for sub in found.values_list("sub", flat=True) if sub}


def first_deposit_reasons(sub: SubAccount, stated: int | None) -> list[str]:
    """Why a first deposit cannot be as stated: another one is on record.

    What a selling organisation paid in for a building grows while its flats are sold.
    """
    known = sub.first_deposit_fen
    if known is None or stated is None or known == stated:
        return []
    if sub.unit_id is None and stated > known:
        return []
    return [f"首期交存额与已登记的 {format_yuan(known or 0)} 元不一样，请先核对更正"]


def _allocation_faults(special: SpecialAccount, total: int) -> list[RowFault]:
    held = ledger_totals(special)["unallocated"]
    if total <= held:
        return []
    return [
        RowFault(
            0,
            f"各户相加是 {format_yuan(total)} 元，待分配交存只有 {format_yuan(held)} 元",
        )
    ]


def look_at_statement(file: FundFile) -> StatementLook:
    """The movements that are new; one known already must say the same as before."""
    special = file.special
    table = read_table(content_of(file), file.file_name)
    lines, faults = read_statement(table, account=special.number)
    if faults:
        return StatementLook([], 0, faults)
    known = {
        serial: facts
        for serial, *facts in special.statement_lines.values_list(
            "serial", "dated_on", "fen", "balance_fen"
        )
    }
    new = []
    for line in lines:
        facts = known.get(line.serial)
        if line.day > local_day(file.created_at):
            faults.append(RowFault(line.row, f"流水号 {line.serial} 的日期晚于今天"))
        elif facts is None:
            new.append(line)
        elif not _same(facts, line):
            faults.append(
                RowFault(line.row, f"流水号 {line.serial} 以前导入过，内容不一样，请向银行核对")
            )
    if not faults:
        faults += _follows(special, new)
    return StatementLook([] if faults else new, len(lines) - len(new), faults)


def _same(facts: Sequence[object], line: BankLine) -> bool:
    """Whether a movement known before says the same; a balance may be given once only."""
    day, fen, balance = facts
    return (day, fen) == (line.day, line.fen) and (
        None in (balance, line.balance) or balance == line.balance
    )


def _balance_reasons(found: Balance) -> list[str]:
    reasons = []
    if found.before is not None and found.fen != found.before and not found.reason:
        moved = format_yuan(abs(found.fen - found.before))
        if found.fen > found.before:
            reasons.append(f"余额比上次多 {moved} 元，没有变动说明")
        else:
            reasons.append(f"余额比上次少 {moved} 元，没有变动说明")
    return reasons + first_deposit_reasons(found.sub, found.first_deposit)


def _follows(special: SpecialAccount, new: Sequence[BankLine]) -> list[RowFault]:
    """The first new movement continues from the last balance the bank stated."""
    last = special.statement_lines.order_by("position").last()
    if last is None or last.balance_fen is None or not new or new[0].balance is None:
        return []
    expected = last.balance_fen + new[0].fen
    if expected == new[0].balance:
        return []
    return [
        RowFault(
            new[0].row,
            f"接不上以前导入的对账单：余额应为 {format_yuan(expected)} 元，"
            f"写的是 {format_yuan(new[0].balance)} 元，中间可能缺了一段",
        )
    ]


class _NamesUnit(Protocol):
    @property
    def estate(self) -> str: ...
    @property
    def place(self) -> Place: ...


class _Subs:
    """The sub-accounts of a special account, by everything a row may call them."""

    def __init__(self, special: SpecialAccount) -> None:
        rows = SubAccount.objects.filter(account__special=special).select_related(
            "unit__building", "building", "account__estate"
        )
        self._all = {sub.pk: sub for sub in rows.order_by("pk")}
        estates = [sub.account.estate for sub in self._all.values()]
        self._estates = {one.pk: one.name for one in estates}
        self._by: dict[tuple[int, str, object], list[SubAccount]] = defaultdict(list)
        for sub in self._all.values():
            keys = _keys(_place(sub)) if sub.unit is not None else _seller_keys(sub)
            for key in keys:
                self._by[(sub.account.estate_id, *key)].append(sub)

    def named(self, row: _NamesUnit) -> tuple[SubAccount | None, list[str]]:
        """The sub-account a row means, or why it cannot be told."""
        estates = [
            pk
            for pk, name in self._estates.items()
            if not row.estate or folded(name) == folded(row.estate)
        ]
        if not estates:
            return None, [f"这个专户里没有小区“{row.estate}”"]
        if len(estates) > 1:
            return None, ["这个专户有几个小区，要写明小区"]
        for kind, value in _keys(row.place):
            found = self._by.get((estates[0], kind, value), [])
            if len(found) == 1:
                return found[0], []
            if found:
                return None, ["这个专户里不止一户是这个号，请写不动产单元号或者房屋编码"]
        return None, ["这个专户里没有这一户的分户账"]

    def missing(self, met: dict[int, int]) -> list[RowFault]:
        """Sub-accounts the file leaves out: a snapshot has all of them."""
        absent = [sub.label for pk, sub in self._all.items() if pk not in met]
        if not absent:
            return []
        some = "、".join(absent[:_NAMED]) + ("等" if len(absent) > _NAMED else "")
        return [
            RowFault(0, f"少了 {len(absent)} 户：{some}。截至余额要有每一户，余额为零也要写")
        ]


def _place(sub: SubAccount) -> Place:
    unit = sub.unit
    assert unit is not None  # noqa: S101 (asked by who calls)
    return Place(
        folded(unit.registry_number),
        folded(unit.house_code),
        building_name(unit.building.name),
        entrance_name(unit.entrance),
        room_name(unit.room),
    )


def _seller_keys(sub: SubAccount) -> Iterator[tuple[str, object]]:
    """A selling organisation's account, with and without its building and its name."""
    assert sub.building is not None  # noqa: S101 (it has no unit)
    for building in (building_name(sub.building.name), ""):
        for seller in (folded(sub.account.selling_organisation), ""):
            yield "seller", (building, seller)


def _keys(place: Place) -> Iterator[tuple[str, object]]:
    """The surest name first."""
    if place.seller is not None:
        yield "seller", (place.building, place.seller)
        return
    if place.registry_number:
        yield "registry_number", place.registry_number
    if place.house_code:
        yield "house_code", place.house_code
    if place.room:
        yield "room", (place.building, place.entrance, place.room)
