"""Matching the bank's lines with vouchers (勾对): a person's word, undone by a person."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from core.errors import RuleViolation
from core.exact import format_yuan
from funds.models import BankMatch, MatchPart, SpecialAccount, StatementLine, Voucher
from funds.selectors.reconciling import bank_amounts
from funds.steps import locked_special
from logbook.steps import record_act


@transaction.atomic(durable=True)
def match_bank(
    *, special_id: int, lines: Sequence[int], vouchers: Sequence[int], actor: str, at: datetime
) -> BankMatch:
    """State that these lines of the bank and these vouchers are the same money.

    Harmless where that is stated already. RuleViolation "match.shape", "match.gone",
    "match.taken", "match.amount".
    """
    special = locked_special(special_id)
    wanted = set(lines), set(vouchers)
    if min(len(one) for one in wanted) != 1:
        raise RuleViolation(
            "match.shape", "请选一笔对账单和一张凭证；一边可以选几笔，另一边只能选一笔"
        )
    same = _standing_match(*wanted)
    if same is not None:
        return same
    found = special.statement_lines.filter(pk__in=wanted[0])
    booked = special.vouchers.filter(pk__in=wanted[1], state="sealed")
    if (len(found), len(booked)) != (len(wanted[0]), len(wanted[1])):
        raise RuleViolation("match.gone", "选的对账单或者凭证不在这个专户里，请刷新页面再选")
    taken = MatchPart.objects.filter(stands=True)
    if taken.filter(line__in=found).exists() or taken.filter(voucher__in=booked).exists():
        raise RuleViolation("match.taken", "选的有一笔已经勾对过，请刷新页面再选")
    amounts = bank_amounts([one.pk for one in booked])
    stated, moved = sum(line.fen for line in found), sum(amounts.values())
    if stated != moved or not all(amounts.values()):
        raise RuleViolation(
            "match.amount",
            f"对账单是 {format_yuan(stated)} 元，"
            f"凭证是 {format_yuan(moved)} 元，不相等，不能勾对",
        )
    match = BankMatch.objects.create(special=special, made_by=actor, made_at=at)
    MatchPart.objects.bulk_create(
        [
            *(MatchPart(match=match, line=one) for one in found),
            *(MatchPart(match=match, voucher=one) for one in booked),
        ],
        batch_size=500,
    )
    _log(special, "bank.matched", match, found, booked, actor=actor, at=at)
    return match


@transaction.atomic(durable=True)
def undo_match(*, match_id: int, reason: str, actor: str, at: datetime) -> BankMatch:
    """Take a match back; harmless where that was done. RuleViolation "match.reason"."""
    special_id = BankMatch.objects.values_list("special", flat=True).get(pk=match_id)
    special = locked_special(special_id)
    match = BankMatch.objects.select_for_update(no_key=True).get(pk=match_id)
    if match.undone_at is not None:
        return match
    if not reason.strip() or len(reason.strip()) > 200:
        raise RuleViolation("match.reason", "请写明为什么撤销勾对，最多200个字")
    match.undone_by, match.undone_at, match.reason = actor, at, reason.strip()
    match.save(update_fields=["undone_by", "undone_at", "reason"])
    match.parts.update(stands=False)
    lines = StatementLine.objects.filter(match_parts__match=match)
    vouchers = Voucher.objects.filter(match_parts__match=match)
    _log(special, "bank.unmatched", match, lines, vouchers, actor=actor, at=at)
    return match


def _standing_match(lines: set[int], vouchers: set[int]) -> BankMatch | None:
    """The match of exactly these that stands."""
    part = MatchPart.objects.filter(stands=True, line__in=lines).select_related("match").first()
    if part is None:
        return None
    parts = part.match.parts.filter(stands=True).values_list("line", "voucher")
    held = {line for line, _ in parts if line}, {voucher for _, voucher in parts if voucher}
    return part.match if held == (lines, vouchers) else None


def _log(
    special: SpecialAccount,
    act: str,
    match: BankMatch,
    lines: Iterable[StatementLine],
    vouchers: Iterable[Voucher],
    *,
    actor: str,
    at: datetime,
) -> None:
    facts = {
        "match": match.pk,
        "lines": sorted(one.serial for one in lines),
        "vouchers": sorted(one.number or 0 for one in vouchers),
    }
    if match.reason:
        facts["reason"] = match.reason
    record_act(special.log_name, act, facts, actor=actor, at=at)
