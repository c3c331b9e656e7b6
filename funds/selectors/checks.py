"""`check_books`: everything that must agree, asked of the rows themselves.

Nothing here trusts what commands or triggers promise: a database changed by hand is found.
Each disagreement is a sentence with the place it is at.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum

from core.canonical import parse_canonical
from core.exact import format_yuan
from funds.domain.books import Line, digest, owed_digest, relief_digest, reversed_lines
from funds.models import (
    MatchPart,
    OwedAmount,
    OwedPayment,
    OwedRelief,
    Posting,
    Snapshot,
    SpecialAccount,
    SubAccount,
)
from funds.selectors.balances import account_balances, ledger_totals, sealed_postings
from funds.selectors.labels import sub_label
from funds.selectors.owed import standing_payments
from funds.selectors.reconciling import (
    bank_amounts,
    opening_fen,
    stated_balances,
    unbooked_lines,
    unseen_vouchers,
)
from funds.selectors.vouchers import facts_of, lines_of
from logbook.models import Entry, Log


class Disagreement(NamedTuple):
    """What does not agree: a code, the special account it is in, a sentence."""

    code: str
    special: str
    detail: str


def check_books() -> Iterator[Disagreement]:
    """All disagreements of all special accounts, one after the other."""
    for special in SpecialAccount.objects.order_by("pk"):
        check = _record if special.ledger_mode == "record" else _mirror
        for code, detail in chain(check(special), _sellers(special)):
            yield Disagreement(code, special.code, detail)


_Found = Iterator[tuple[str, str]]


def _record(special: SpecialAccount) -> _Found:
    yield from _numbers(special)
    yield from _balance(special)
    yield from _subs(special)
    yield from _contents(special)
    yield from _reversals(special)
    yield from _owed(special)
    yield from _bank(special)


def _numbers(special: SpecialAccount) -> _Found:
    sealed = special.vouchers.filter(state="sealed")
    found = sealed.aggregate(count=Count("pk"), last=Max("number"))
    if (found["count"], found["last"] or 0) != (special.last_number, special.last_number):
        yield (
            "vouchers.numbers",
            f"应有 1 到 {special.last_number} 号凭证，实有 {found['count']} 张，"
            f"最大 {found['last'] or 0} 号",
        )


def _balance(special: SpecialAccount) -> _Found:
    """Every voucher sums to zero; so money at the bank is what is owed to somebody."""
    sums = (
        Posting.objects.filter(voucher__special=special, voucher__state="sealed")
        .order_by()
        .values_list("voucher__number")
        .annotate(total=Sum("fen"), lines=Count("pk"))
        .filter(~Q(total=0) | Q(lines__lt=2))
    )
    for number, total, _lines in sums:
        yield "vouchers.balance", f"{number} 号凭证借贷差 {format_yuan(total)} 元"
    totals = ledger_totals(special)
    for ledger, title in (("interest", "待分配利息"), ("unallocated", "待分配交存")):
        if totals[ledger] < 0:
            yield "ledgers.negative", f"{title}为 {format_yuan(totals[ledger])} 元"
    accounts = sum(account_balances(special).values())
    parts = accounts + totals["interest"] + totals["unallocated"]
    if totals["bank"] != parts:
        yield (
            "special.balance",
            f"专户 {format_yuan(totals['bank'])} 元，各账加待分配共 {format_yuan(parts)} 元",
        )


def _subs(special: SpecialAccount) -> _Found:
    strange = (
        Posting.objects.filter(voucher__special=special, sub__isnull=False)
        .exclude(sub__account__special=special)
        .count()
    )
    if strange:
        yield "postings.elsewhere", f"有 {strange} 笔分录记到了别的专户的分户账"
    overdrawn = (
        sealed_postings()
        .filter(voucher__special=special, sub__isnull=False)
        .order_by()
        .values_list("sub", sub_label("sub__"))
        .annotate(total=Sum("fen"))
        .filter(total__gt=0)
    )
    for _sub, label, total in overdrawn:
        yield "subs.negative", f"{label} 的分户账为 {format_yuan(-total)} 元"


def _sellers(special: SpecialAccount) -> _Found:
    """Under 公房 the selling organisation has an account for each building with homes."""
    homes = SubAccount.objects.filter(account__special=special, unit__use="residential")
    public = homes.filter(account__custody="public", unit__is_active=True)
    held = SubAccount.objects.filter(account__special=special, unit__isnull=True)
    theirs = set(held.values_list("account", "building"))
    wanted = set(public.values_list("account", "unit__building"))
    if count := len(wanted - theirs):
        yield "sellers.missing", f"售后公房有 {count} 幢没有售房单位的分户账"
    if count := held.exclude(account__custody="public").count():
        yield "sellers.elsewhere", f"有 {count} 个售房单位的分户账不在公房的账里"


def _contents(special: SpecialAccount) -> _Found:
    """The content of every sealed voucher is what was written to the log when it was sealed."""
    logged, with_it, broken = _logged(special)
    if broken:
        yield "log.chain", f"记录在第 {broken} 条断开或被改动"
    vouchers = {one.pk: one for one in special.vouchers.filter(state="sealed").order_by("pk")}
    rows = (
        Posting.objects.filter(voucher__special=special, voucher__state="sealed")
        .order_by("voucher", "pk")
        .values_list("voucher", "ledger", "sub", "fen")
        .iterator(chunk_size=5000)
    )
    for pk, group in groupby(rows, key=itemgetter(0)):
        voucher = vouchers.pop(pk)
        found = digest(facts_of(voucher), (Line(*row[1:]) for row in group))
        if found != voucher.digest or logged.pop(voucher.number, "") != found:
            yield "vouchers.content", f"{voucher.number} 号凭证与入账时的记录不一致"
    for voucher in vouchers.values():
        yield "vouchers.content", f"{voucher.number} 号凭证没有分录"
    for number in logged:
        yield "vouchers.content", f"记录里有 {number} 号凭证，账上没有"
    yield from _owed_contents(special, with_it)


def _owed_contents(special: SpecialAccount, logged: dict[int | None, str]) -> _Found:
    """What was noted as owed or paid with a voucher is what the log has with its sealing."""
    noted: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    paid: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    for number, sub, fen in OwedAmount.objects.filter(
        voucher__special=special, voucher__state="sealed"
    ).values_list("voucher__number", "sub", "fen"):
        noted[number].append((sub, fen))
    for number, owed, fen in OwedPayment.objects.filter(
        voucher__special=special, voucher__state="sealed"
    ).values_list("voucher__number", "owed", "fen"):
        paid[number].append((owed, fen))
    for number in {*logged, *noted, *paid}:
        if logged.get(number, "") != owed_digest(noted[number], paid[number]):
            yield "owed.content", f"{number} 号凭证所记的欠缴与入账时的记录不一致"


def _reliefs(special: SpecialAccount) -> _Found:
    """What fell away of owed amounts is what the log has with it."""
    found: dict[tuple[str, int, int], list[tuple[int, int]]] = defaultdict(list)
    rows = OwedRelief.objects.filter(owed__voucher__special=special)
    for code, number, position, owed, fen in rows.values_list(
        "instalment__application__request__code", "instalment__application__number",
        "instalment__position", "owed", "fen",
    ):  # fmt: skip
        found[code, number, position].append((owed, fen))
    entries = Entry.objects.filter(log__name=special.log_name, kind="owed.relieved")
    logged = {}
    for line in entries.values_list("line", flat=True):
        body = parse_canonical(bytes(line))["body"]
        logged[body["repair"], body["application"], body["position"]] = body["sha256"]
    for key in {*found, *logged}:
        if logged.get(key, "") != relief_digest(found[key]):
            yield "owed.content", f"{key[0]} 冲减的欠缴与办理时的记录不一致"


_Digests = dict[int | None, str]


def _logged(special: SpecialAccount) -> tuple[_Digests, _Digests, int]:
    """Number → digest as logged, → of what is owed, and the first entry that does not follow.

    Entries are counted from 1; 0 where each follows.
    """
    log = Log.objects.filter(name=special.log_name).first()
    found: _Digests = {}
    with_it: _Digests = {}
    if log is None:
        return found, with_it, 0
    head, count = "0" * 64, 0
    for kind, stored in log.entries.order_by("seq").values_list("kind", "line").iterator():
        line = bytes(stored)
        value = parse_canonical(line)
        if value["prev"] != head or value["seq"] != count or value["type"] != kind:
            return found, with_it, count + 1
        head, count = hashlib.new(log.hash_name, line).hexdigest(), count + 1
        if kind == "voucher.sealed":
            found[value["body"]["number"]] = value["body"]["sha256"]
            if "owed_sha256" in value["body"]:
                with_it[value["body"]["number"]] = value["body"]["owed_sha256"]
    whole = (head, count) == (log.head, log.size)
    return found, with_it, 0 if whole else count + 1


def _reversals(special: SpecialAccount) -> _Found:
    for one in special.vouchers.filter(state="sealed", kind="reversal").select_related(
        "reverses"
    ):
        mirrored = reversed_lines(lines_of(one.reverses)) if one.reverses else None
        if mirrored != lines_of(one):
            yield "vouchers.reversal", f"{one.number} 号冲正与原凭证不相抵"


def _owed(special: SpecialAccount) -> _Found:
    """Owed amounts are of this special account, and nobody paid more than was owed."""
    rows = OwedAmount.objects.filter(voucher__special=special)
    if count := rows.exclude(sub__account__special=special).count():
        yield "owed.elsewhere", f"有 {count} 笔欠缴记到了别的专户的分户账"
    payments = OwedPayment.objects.filter(voucher__special=special)
    if count := payments.exclude(owed__voucher__special=special).count():
        yield "owed.elsewhere", f"有 {count} 笔补交付的是别的专户的欠缴"
    mine = {"owed__voucher__special": special}
    settled = Counter[int]()
    for given in (standing_payments().filter(**mine), OwedRelief.objects.filter(**mine)):
        settled.update(dict(given.order_by().values_list("owed").annotate(Sum("fen"))))
    owed = rows.values_list("pk", sub_label("sub__"), "voucher__number", "fen")
    for pk, label, number, fen in owed.iterator():
        if settled[pk] > fen:
            yield (
                "owed.overpaid",
                f"{label} 因 {number} 号凭证欠缴 {format_yuan(fen)} 元，"
                f"记了补交和冲减 {format_yuan(settled[pk])} 元",
            )
    yield from _reliefs(special)
    yield from _payments_in_deposits(special)


def _payments_in_deposits(special: SpecialAccount) -> _Found:
    """What a deposit is said to pay for a unit came in for that unit with it."""
    paid: dict[tuple[int, int], int] = defaultdict(int)
    numbers: dict[int, int | None] = {}
    rows = OwedPayment.objects.filter(voucher__special=special, voucher__state="sealed")
    for pk, number, sub, fen in rows.values_list(
        "voucher", "voucher__number", "owed__sub", "fen"
    ):
        paid[pk, sub] += fen
        numbers[pk] = number
    given: dict[tuple[int, int], int] = defaultdict(int)
    settling = Exists(OwedPayment.objects.filter(voucher=OuterRef("voucher")))
    postings = Posting.objects.filter(voucher__special=special, sub__isnull=False)
    for pk, sub, fen in postings.filter(settling).values_list("voucher", "sub", "fen"):
        given[pk, sub] -= fen
    for (pk, sub), fen in paid.items():
        if given[pk, sub] < fen:
            yield (
                "owed.unfounded",
                f"{numbers[pk]} 号凭证补交欠缴 {format_yuan(fen)} 元，"
                f"这一户只入账 {format_yuan(given[pk, sub])} 元",
            )


def _bank(special: SpecialAccount) -> _Found:
    """The bank's own lines: one after the other, each booked, each booking among them."""
    yield from _matches(special)
    lines = list(special.statement_lines.order_by("position"))
    held: int | None = None  # what the bank said before; nothing before its first balance
    for one in lines:
        held = None if held is None else held + one.fen
        if one.balance_fen is not None:
            if held not in (None, one.balance_fen):
                yield (
                    "bank.chain",
                    f"对账单 {one.serial}：余额应为 {format_yuan(held or 0)} 元，"
                    f"单上为 {format_yuan(one.balance_fen)} 元",
                )
            held = one.balance_fen
    for one in unbooked_lines(special):
        yield "bank.unbooked", f"对账单 {one.serial}（{format_yuan(one.fen)} 元）没有入账"
    if not lines:
        return
    until = max(one.dated_on for one in lines)
    for voucher in unseen_vouchers(special).filter(dated_on__lte=until):
        yield "bank.unseen", f"{voucher.number} 号凭证在对账单上没有对应的收付"
    begun, _held = stated_balances(special)
    opened = opening_fen(special)
    if begun is not None and begun != opened:
        yield (
            "bank.opening",
            f"对账单开始时有 {format_yuan(begun)} 元，账上期初为 {format_yuan(opened)} 元",
        )


class _Sides:
    """What a match holds: how many lines and vouchers, how many fen on each side."""

    def __init__(self) -> None:
        self.lines = self.vouchers = self.stated = self.booked = 0


def _matches(special: SpecialAccount) -> _Found:
    """Both sides of every match are the same money, of this special account."""
    parts = MatchPart.objects.filter(match__special=special)
    if (
        parts.filter(stands=True).exclude(match__undone_at=None).exists()
        or parts.filter(stands=False, match__undone_at=None).exists()
    ):
        yield "match.state", "有勾对撤销了一半"
    standing = parts.filter(stands=True)
    strange = standing.exclude(
        Q(line__special=special) | Q(voucher__special=special, voucher__state="sealed")
    )
    if count := strange.count():
        yield "match.elsewhere", f"有 {count} 笔勾对的不是这个专户已入账的凭证或者对账单"
    sides: dict[int, _Sides] = defaultdict(_Sides)
    for match, fen in standing.filter(line__isnull=False).values_list("match", "line__fen"):
        sides[match].lines += 1
        sides[match].stated += fen
    pairs = standing.filter(voucher__isnull=False).values_list("match", "voucher")
    amounts = bank_amounts([voucher for _match, voucher in pairs if voucher])
    for match, voucher in pairs:
        sides[match].vouchers += 1
        sides[match].booked += amounts[voucher or 0]
    for match, one in sides.items():
        if one.stated != one.booked or min(one.lines, one.vouchers) != 1:
            yield (
                "bank.amount",
                f"第 {match} 号勾对：对账单 {one.lines} 笔 {format_yuan(one.stated)} 元，"
                f"凭证 {one.vouchers} 张 {format_yuan(one.booked)} 元",
            )


def _mirror(special: SpecialAccount) -> _Found:
    """Each snapshot adds up, the last one has every sub-account, every change a reason."""
    for snapshot in special.snapshots.annotate(sum=Sum("lines__fen")).exclude(
        total_fen=F("sum")
    ):
        yield (
            "snapshot.total",
            f"{snapshot.as_of} 的余额合计应为 {format_yuan(snapshot.total_fen)} 元，"
            f"各户相加为 {format_yuan(snapshot.sum or 0)} 元",
        )
    last: Snapshot | None = special.snapshots.order_by("as_of").last()
    if last is None:
        return
    absent = SubAccount.objects.filter(account__special=special).exclude(
        snapshot_lines__snapshot=last
    )
    if count := absent.count():
        yield "snapshot.missing", f"{last.as_of} 的余额里少 {count} 户"
    before = special.snapshots.filter(as_of__lt=last.as_of).order_by("as_of").last()
    if before is None:
        return
    earlier = before.lines.filter(sub=OuterRef("sub")).values("fen")[:1]
    changed = last.lines.filter(reason="").annotate(earlier=Subquery(earlier))
    if count := changed.exclude(earlier__isnull=True).exclude(earlier=F("fen")).count():
        yield "snapshot.unexplained", f"{last.as_of} 有 {count} 户的余额变动没有说明"
