"""Vouchers: drafted by one person, sealed by another, taken back only by a reversal.

The row of the special account is the lock under which balances are looked at; the database
itself refuses to seal what does not balance and to change what is sealed.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from funds.domain.books import SUB, Line, digest, line_reasons, reversed_lines
from funds.models import Posting, SpecialAccount, SubAccount, Voucher
from funds.selectors.balances import balances_of
from funds.selectors.vouchers import facts_of, lines_of
from logbook.steps import record_act


class Basis(NamedTuple):
    """What a voucher is about and rests on."""

    kind: str
    dated_on: date
    text: str
    paper: str
    paper_sha256: str = ""


@transaction.atomic(durable=True)
def draft_voucher(
    *, special_id: int, basis: Basis, lines: Sequence[Line], actor: str, at: datetime
) -> Voucher:
    """Write a voucher down for somebody else to check; no money has moved.

    RuleViolation "voucher.invalid" with every reason, "books.elsewhere".
    """
    special = _locked(special_id)
    found = [*_basis_reasons(basis, at), *line_reasons(lines), *_stray(special, lines)]
    if found:
        raise RuleViolation("voucher.invalid", "；".join(found), reasons=found)
    return _drafted(special, basis, lines, actor=actor, at=at)


@transaction.atomic(durable=True)
def draft_reversal(
    *, voucher_id: int, reason: str, dated_on: date, actor: str, at: datetime
) -> Voucher:
    """Draft the taking back (冲正) of a sealed voucher; that one stays as it is.

    RuleViolation "reversal.not_sealed", "reversal.twice", "voucher.invalid".
    """
    found = Voucher.objects.get(pk=voucher_id)
    special = _locked(found.special_id)
    found.refresh_from_db()
    if found.state != "sealed":
        raise RuleViolation("reversal.not_sealed", "只有已经入账的凭证才能冲正")
    if Voucher.objects.filter(reverses=found).exclude(state="dropped").exists():
        raise RuleViolation("reversal.twice", "这张凭证已经冲正，或者冲正正在等复核")
    if found.kind == "reversal":
        raise RuleViolation("reversal.twice", "冲正的凭证不能再冲正，请重新制单")
    basis = Basis("reversal", dated_on, reason.strip(), f"凭证 {found.number}")
    wrong = _basis_reasons(basis, at, reverses=True)
    if wrong:
        raise RuleViolation("voucher.invalid", "；".join(wrong), reasons=wrong)
    lines = reversed_lines(lines_of(found))
    return _drafted(special, basis, lines, actor=actor, at=at, reverses=found)


@transaction.atomic(durable=True)
def seal_voucher(*, voucher_id: int, actor: str, at: datetime) -> Voucher:
    """Check a voucher and book it, under the next number; from now on it never changes.

    Harmless where the same person has sealed it already. RuleViolation
    "voucher.same_person", "voucher.dropped", "voucher.sealed", "voucher.overdrawn".
    """
    special = _locked(Voucher.objects.values_list("special", flat=True).get(pk=voucher_id))
    voucher = Voucher.objects.select_for_update(no_key=True).get(pk=voucher_id)
    if voucher.state == "sealed":
        if voucher.sealed_by == actor:
            return voucher
        raise RuleViolation("voucher.sealed", "这张凭证已经由别人复核入账")
    if voucher.state == "dropped":
        raise RuleViolation("voucher.dropped", "这张凭证已经作废，不能入账")
    if voucher.drafted_by == actor:
        raise RuleViolation("voucher.same_person", "制单的人不能自己复核，请另一个人来办")
    lines = lines_of(voucher)
    overdrawn = _overdrawn(lines)
    if overdrawn:
        raise RuleViolation(
            "voucher.overdrawn",
            f"有 {len(overdrawn)} 户余额不够，入账后会成负数，请改分摊或者先记欠缴",
            subs=overdrawn,
        )
    special.last_number += 1
    special.save(update_fields=["last_number"])
    voucher.number = special.last_number
    voucher.state, voucher.sealed_by, voucher.sealed_at = "sealed", actor, at
    voucher.digest = digest(facts_of(voucher), lines)
    voucher.save(update_fields=["number", "state", "sealed_by", "sealed_at", "digest"])
    record_act(
        special.log_name,
        "voucher.sealed",
        {"number": voucher.number, "sha256": voucher.digest, "postings": len(lines)},
        actor=actor,
        at=at,
    )
    return voucher


@transaction.atomic(durable=True)
def drop_voucher(*, voucher_id: int, reason: str, actor: str, at: datetime) -> Voucher:
    """Give a draft up. RuleViolation "voucher.sealed", "voucher.reason"."""
    special = _locked(Voucher.objects.values_list("special", flat=True).get(pk=voucher_id))
    voucher = Voucher.objects.select_for_update(no_key=True).get(pk=voucher_id)
    if voucher.state == "dropped":
        return voucher
    if voucher.state == "sealed":
        raise RuleViolation("voucher.sealed", "已经入账的凭证不能作废，请用冲正")
    if not reason.strip():
        raise RuleViolation("voucher.reason", "请写明为什么作废")
    voucher.state = "dropped"
    voucher.save(update_fields=["state"])
    facts = {"draft": voucher.pk, "reason": reason.strip()[:200]}
    record_act(special.log_name, "voucher.dropped", facts, actor=actor, at=at)
    return voucher


def _locked(special_id: int) -> SpecialAccount:
    special = SpecialAccount.objects.select_for_update(no_key=True).get(pk=special_id)
    if special.ledger_mode != "record":
        raise RuleViolation("books.elsewhere", "这个专户由资金中心记账，这里不能制单")
    return special


def _drafted(
    special: SpecialAccount,
    basis: Basis,
    lines: Sequence[Line],
    *,
    actor: str,
    at: datetime,
    reverses: Voucher | None = None,
) -> Voucher:
    voucher = Voucher.objects.create(
        special=special,
        reverses=reverses,
        drafted_by=actor,
        drafted_at=at,
        **basis._asdict(),
    )
    Posting.objects.bulk_create(
        [
            Posting(voucher=voucher, ledger=ledger, sub_id=sub, fen=fen)
            for ledger, sub, fen in lines
        ],
        batch_size=5000,
    )
    return voucher


def _basis_reasons(basis: Basis, at: datetime, *, reverses: bool = False) -> list[str]:
    found = []
    if basis.kind not in dict(Voucher.KINDS):
        found.append("请选择凭证的种类")
    if basis.kind == "reversal" and not reverses:
        found.append("冲正要从原凭证开始，不能自己填分录")
    if basis.dated_on > local_day(at):
        found.append("记账日期不能晚于今天")
    for value, label, most in ((basis.text, "摘要", 200), (basis.paper, "依据的单据", 120)):
        if not value.strip():
            found.append(f"请填写{label}")
        elif len(value) > most:
            found.append(f"{label}最多{most}个字")
    return found


def _stray(special: SpecialAccount, lines: Sequence[Line]) -> list[str]:
    """Postings to sub-accounts of another special account."""
    wanted = {one.sub for one in lines if one.sub is not None}
    own = SubAccount.objects.filter(account__special=special)
    strange = len(wanted.difference(own.values_list("pk", flat=True))) if wanted else 0
    return [f"有 {strange} 笔分录不属于这个专户的分户账"] if strange else []


def _overdrawn(lines: Sequence[Line]) -> list[int]:
    """The sub-accounts that these postings would take below zero."""
    moved: dict[int, int] = defaultdict(int)
    for ledger, sub, fen in lines:
        if ledger == SUB and sub is not None:
            moved[sub] += fen
    taking = [sub for sub, fen in moved.items() if fen > 0]
    if not taking:
        return []
    held = balances_of(taking)
    return sorted(sub for sub in taking if held[sub] < moved[sub])
