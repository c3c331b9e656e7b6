"""An applicant takes a repair off its way: decided anew, applied for anew, given up."""

from datetime import datetime

from django.db import transaction

from core.errors import RuleViolation
from core.reasons import explains
from funds.domain.repairs import Desk, State
from funds.endings import cancel_rest, demand_nothing_under_way, end, settlement_confirmed
from funds.models import RepairRequest
from funds.selectors.applications import borne_so_far, passed_application
from funds.selectors.gates import decision_fell
from funds.selectors.releases import spent_fen
from funds.selectors.repairs import settlement_of, version_in_force
from funds.steps import By, demand_applicant, demand_state, locked_repair, move, note


@transaction.atomic(durable=True)
def decide_anew(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """More than was approved: back to a draft for a new version and a new decision.

    So too where the decision fell, or the way it was decided can no longer be followed. What
    was paid stays paid and counts; what the bank was not told to pay falls away.
    RuleViolation "repair.state", "settlement.confirmed", "settlement.pending",
    "settlement.reason".
    """
    request = _leaving(code, reason, "请写明为什么要重新决定，至少4个字", by)
    if request.kind == "emergency" and not spent_fen(request):
        raise RuleViolation("repair.state", "应急维修还没有付款，请撤回应急，转为一般维修")
    cancel_rest(request)
    if request.kind == "emergency":
        # More than the emergency decision allows is for the owners to decide.
        request.kind = "ordinary"
        request.save(update_fields=["kind"])
    move(request, State.DRAFT, Desk("applicant"), due_at=None, at=at)
    facts = {"paid_fen": borne_so_far(request)}
    note(request, "decided_anew", by=by, at=at, text=reason.strip()[:400], data=facts)
    return request


@transaction.atomic(durable=True)
def end_repair(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """Give an ordinary repair up that was decided: it is over, with the reason for everybody.

    Where money was paid, only once the decision has fallen; then it is settled on an earlier
    one that stands, or has to come back.
    RuleViolation "repair.state", "repair.spent", "settlement.confirmed",
    "settlement.pending", "settlement.reason".
    """
    request = _leaving(code, reason, "请写明为什么终止，至少4个字", by)
    if request.kind != "ordinary":
        raise RuleViolation("repair.state", "应急维修不直接终止，请撤回应急，转为一般维修")
    if spent_fen(request):
        version = version_in_force(request)
        if version is not None and not decision_fell(version):
            raise RuleViolation(
                "repair.spent",
                "已经付过款，业主的决定没有被撤销，不能终止；请按实际完成的工程结算",
            )
    end(request, "ended", reason.strip(), by=by, at=at)
    return request


@transaction.atomic(durable=True)
def apply_anew(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """Another application on the same decision: the payee or the plan of the one that passed
    was wrong. It is reviewed as the first; what was paid stays paid and counts.

    RuleViolation "repair.state", "settlement.confirmed", "settlement.pending",
    "settlement.reason".
    """
    request = _leaving(code, reason, "请写明为什么重新申请列支，至少4个字", by)
    demand_state(request, State.APPROVED)
    demand_nothing_under_way(request)
    application = passed_application(request)
    if application is not None and application.amount_fen <= borne_so_far(request):
        raise RuleViolation(
            "application.all_paid", "批准的金额已经全部列支，没有可以重新申请的；请办结算"
        )
    cancel_rest(request)
    move(request, State.RETURNED, Desk("applicant"), due_at=None, at=at)
    facts = {"paid_fen": borne_so_far(request)}
    note(request, "applied_anew", by=by, at=at, text=reason.strip()[:400], data=facts)
    return request


def _leaving(code: str, reason: str, ask: str, by: By) -> RepairRequest:
    """The repair under its lock, where its applicant may take it off the way it is on."""
    request = locked_repair(code)
    demand_applicant(request, by)
    demand_state(request, State.DECIDED, State.RETURNED, State.APPROVED)
    settlement = settlement_of(request)
    if settlement is not None and settlement.confirmed_at is not None:
        raise settlement_confirmed()
    if not explains(reason):
        raise RuleViolation("settlement.reason", ask)
    demand_nothing_under_way(request, "ordered")
    return request
