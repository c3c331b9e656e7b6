"""Vouchers: drafted by one person, sealed by another, taken back only by a reversal.

The row of the special account is the lock under which balances are looked at; the database
itself refuses to seal what does not balance and to change what is sealed.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from core.errors import RuleViolation
from funds.domain.books import Basis, Line, reversed_lines
from funds.models import Instalment, Refund, Voucher
from funds.selectors.vouchers import lines_of
from funds.steps import locked_special, seal, write_draft
from logbook.steps import record_act

__all__ = ["Basis", "draft_reversal", "draft_voucher", "drop_voucher", "seal_voucher"]


@transaction.atomic(durable=True)
def draft_voucher(
    *, special_id: int, basis: Basis, lines: Sequence[Line], actor: str, at: datetime
) -> Voucher:
    """Write a voucher down for somebody else to check; no money has moved.

    RuleViolation "voucher.invalid" with every reason, "books.elsewhere".
    """
    special = locked_special(special_id)
    return write_draft(special, basis, lines, actor=actor, at=at)


@transaction.atomic(durable=True)
def draft_reversal(
    *, voucher_id: int, reason: str, dated_on: date, actor: str, at: datetime
) -> Voucher:
    """Draft the taking back (冲正) of a sealed voucher; that one stays as it is.

    RuleViolation "reversal.not_sealed", "reversal.twice", "reversal.repair",
    "voucher.invalid".
    """
    found = Voucher.objects.get(pk=voucher_id)
    special = locked_special(found.special_id)
    found.refresh_from_db()
    if found.state != "sealed":
        raise RuleViolation("reversal.not_sealed", "只有已经入账的凭证才能冲正")
    if Voucher.objects.filter(reverses=found).exclude(state="dropped").exists():
        raise RuleViolation("reversal.twice", "这张凭证已经冲正，或者冲正正在等复核")
    if (
        Instalment.objects.filter(voucher=found).exists()
        or Refund.objects.filter(voucher=found).exists()
    ):
        raise RuleViolation(
            "reversal.repair",
            "这张凭证是一项维修的付款或者退款，不能单独冲正",
        )
    if found.kind == "reversal":
        raise RuleViolation("reversal.twice", "冲正的凭证不能再冲正，请重新制单")
    basis = Basis("reversal", dated_on, reason.strip(), f"凭证 {found.number}")
    lines = reversed_lines(lines_of(found))
    return write_draft(special, basis, lines, actor=actor, at=at, reverses=found)


@transaction.atomic(durable=True)
def seal_voucher(*, voucher_id: int, actor: str, at: datetime) -> Voucher:
    """Check a voucher and book it, under the next number; from now on it never changes.

    Harmless where the same person has sealed it already. RuleViolation
    "voucher.same_person", "voucher.dropped", "voucher.sealed", "voucher.overdrawn",
    "voucher.owed".
    """
    special = locked_special(
        Voucher.objects.values_list("special", flat=True).get(pk=voucher_id)
    )
    voucher = Voucher.objects.select_for_update(no_key=True).get(pk=voucher_id)
    return seal(special, voucher, actor=actor, at=at)


@transaction.atomic(durable=True)
def drop_voucher(*, voucher_id: int, reason: str, actor: str, at: datetime) -> Voucher:
    """Give a draft up. RuleViolation "voucher.sealed", "voucher.reason"."""
    special = locked_special(
        Voucher.objects.values_list("special", flat=True).get(pk=voucher_id)
    )
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
