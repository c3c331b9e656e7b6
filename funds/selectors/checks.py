"""`check_books`: everything that must agree, asked of the rows themselves.

Nothing here trusts what commands or triggers promise: a database changed by hand is found.
Each disagreement is a sentence with the place it is at.
"""

import hashlib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum

from core.canonical import parse_canonical
from core.exact import format_yuan
from funds.domain.books import Line, digest, reversed_lines
from funds.models import Posting, Snapshot, SpecialAccount, StatementLine, SubAccount, Voucher
from funds.selectors.balances import account_balances, ledger_totals, sealed_postings
from funds.selectors.vouchers import facts_of, lines_of
from logbook.models import Log


class Disagreement(NamedTuple):
    """What does not agree: a code, the special account it is in, a sentence."""

    code: str
    special: str
    detail: str


def check_books() -> Iterator[Disagreement]:
    """All disagreements of all special accounts, one after the other."""
    for special in SpecialAccount.objects.order_by("pk"):
        check = _record if special.ledger_mode == "record" else _mirror
        for code, detail in check(special):
            yield Disagreement(code, special.code, detail)


_Found = Iterator[tuple[str, str]]


def _record(special: SpecialAccount) -> _Found:
    yield from _numbers(special)
    yield from _balance(special)
    yield from _subs(special)
    yield from _contents(special)
    yield from _reversals(special)
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
        .values_list("sub__unit__label")
        .annotate(total=Sum("fen"))
        .filter(total__gt=0)
    )
    for label, total in overdrawn:
        yield "subs.negative", f"{label} 的分户账为 {format_yuan(-total)} 元"


def _contents(special: SpecialAccount) -> _Found:
    """The content of every sealed voucher is what was written to the log when it was sealed."""
    logged, broken = _logged(special)
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


def _logged(special: SpecialAccount) -> tuple[dict[int | None, str], int]:
    """Number → digest as logged, and the first entry (from 1) that does not follow, or 0."""
    log = Log.objects.filter(name=special.log_name).first()
    found: dict[int | None, str] = {}
    if log is None:
        return found, 0
    head, count = "0" * 64, 0
    for kind, stored in log.entries.order_by("seq").values_list("kind", "line").iterator():
        line = bytes(stored)
        value = parse_canonical(line)
        if value["prev"] != head or value["seq"] != count or value["type"] != kind:
            return found, count + 1
        head, count = hashlib.new(log.hash_name, line).hexdigest(), count + 1
        if kind == "voucher.sealed":
            found[value["body"]["number"]] = value["body"]["sha256"]
    return found, 0 if (head, count) == (log.head, log.size) else count + 1


def _reversals(special: SpecialAccount) -> _Found:
    for one in special.vouchers.filter(state="sealed", kind="reversal").select_related(
        "reverses"
    ):
        mirrored = reversed_lines(lines_of(one.reverses)) if one.reverses else None
        if mirrored != lines_of(one):
            yield "vouchers.reversal", f"{one.number} 号冲正与原凭证不相抵"


def _bank(special: SpecialAccount) -> _Found:
    """The bank's own lines: one after the other, each booked, each booking among them."""
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
        if one.voucher_id is None:
            yield "bank.unbooked", f"对账单 {one.serial}（{format_yuan(one.fen)} 元）没有入账"
    if not lines:
        return
    yield from _matched(special)
    until = max(one.dated_on for one in lines)
    missing = (
        Voucher.objects.filter(special=special, state="sealed", dated_on__lte=until)
        .filter(postings__ledger="bank", bank_lines__isnull=True)
        .exclude(kind="opening")
        .distinct()
        .order_by("number")
    )
    for voucher in missing:
        yield "bank.unseen", f"{voucher.number} 号凭证在对账单上没有对应的收付"


def _matched(special: SpecialAccount) -> _Found:
    booked = dict(
        sealed_postings()
        .filter(voucher__special=special, ledger="bank")
        .order_by()
        .values_list("voucher__number")
        .annotate(Sum("fen"))
    )
    stated = (
        StatementLine.objects.filter(special=special, voucher__isnull=False)
        .order_by()
        .values_list("voucher__number")
        .annotate(Sum("fen"))
    )
    for number, fen in stated:
        if booked.get(number, 0) != fen:
            yield (
                "bank.amount",
                f"{number} 号凭证的银行存款为 {format_yuan(booked.get(number, 0))} 元，"
                f"对账单上为 {format_yuan(fen)} 元",
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
