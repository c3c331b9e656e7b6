"""Steps at the end of a repair: what owed falls away, what has to come back, how it is over.

They join the caller's transaction, under the repair's lock.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from core.deadlines import local_day
from core.errors import RuleViolation
from funds.domain.applications import CONDITIONS, FINAL, RELIEF
from funds.domain.books import relief_digest
from funds.domain.instalments import GONE, OVER, UNDER_WAY, too_much_owed
from funds.domain.repairs import Desk, State
from funds.models import (
    FundApplication,
    Instalment,
    InstalmentShare,
    OwedRelief,
    PlanItem,
    Refund,
    RepairRequest,
    RepairVersion,
    Settlement,
)
from funds.selectors.gates import decision_fell
from funds.selectors.owed import still_owed_of
from funds.selectors.releases import owed_left, spent_fen, taken_by
from funds.steps import SYSTEM, By, locked_account, move, note
from logbook.steps import record_act

# Fields of a request as they stand, under the same names, in what a version froze.
FROZEN = (
    "title", "part", "place", "fault", "plan", "budget_fen", "budget_note", "scope",
    "share_basis", "share_clause", "exclusions", "warranty_note", "few_quotes",
)  # fmt: skip


def add_instalment(
    application: FundApplication, kind: str, fen: int, *, condition: str = "", **fields: object
) -> Instalment:
    """One more instalment, after those there are."""
    last = application.instalments.order_by("position").last()
    return Instalment.objects.create(
        application=application,
        position=last.position + 1 if last else 1,
        kind=kind,
        fen=fen,
        condition=condition or CONDITIONS[kind],
        **fields,
    )


def final_instalment(application: FundApplication) -> Instalment:
    """The last payment that nobody asked for yet; a new one where there is none."""
    planned = application.instalments.filter(kind=FINAL, state="planned").first()
    return planned or add_instalment(application, FINAL, 0)


def cancel_rest(request: RepairRequest) -> None:
    """What the bank was not told to pay will not be paid; what was not passed is withdrawn, and
    a final cost that nobody has confirmed is stated again later."""
    Settlement.objects.filter(request=request, confirmed_at=None).delete()
    request.applications.filter(state__in=["draft", "filed"]).update(state="withdrawn")
    rest = Instalment.objects.filter(application__request=request)
    rest.exclude(state__in=[*GONE, *OVER]).update(state="cancelled")


def relieve(
    application: FundApplication, due: Mapping[int, int], *, by: By, at: datetime
) -> None:
    """Take off what units owe beyond what they have to bear in the end (sub-account → fen).

    A unit charged more than its share owes less of it first; only money it has paid itself
    comes back. In our books the owed amounts shrink too, the newest first, and the log says so.
    """
    request = application.request
    off = too_much_owed(owed_left(request), taken_by(request), due)
    if not off:
        return
    special = locked_account(request)
    rows = {one.sub_id: one for one in application.version.units.filter(sub__in=off)}
    relief = add_instalment(
        application,
        RELIEF,
        -sum(off.values()),
        state="paid",
        payable_fen=0,
        paid_on=local_day(at),
        closed_by=by.actor,
    )
    InstalmentShare.objects.bulk_create(
        [
            InstalmentShare(instalment=relief, unit=rows[sub], fen=0, owed_fen=-fen)
            for sub, fen in off.items()
        ],
        batch_size=1000,
    )
    reliefs = _off_books(relief, dict(off))
    if reliefs:
        facts = {
            "repair": request.code,
            "application": application.number,
            "position": relief.position,
            "fen": sum(one.fen for one in reliefs),
            "sha256": relief_digest((one.owed_id, one.fen) for one in reliefs),
        }
        record_act(special.log_name, "owed.relieved", facts, actor=by.actor, at=at)


def end(
    request: RepairRequest,
    kind: str,
    why: str,
    *,
    by: By,
    at: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Nothing new is decided for a repair: it is over, or goes on as decided before.

    What was paid on a decision that has not fallen is settled on it, with the words that were
    decided on. Otherwise nobody owes anything for the repair, and what was paid has to come
    back. `kind` and `why` go into the history, after every other lock is taken.
    """
    cancel_rest(request)
    spent = spent_fen(request)
    carrying = _carrying(request) if spent else None
    if carrying is not None:
        _restore(request, carrying.version)
        move(request, State.APPROVED, Desk("works"), due_at=None, at=at)
        PlanItem.objects.filter(requests=request).update(state="requested")
        then, facts = ("as_decided", "已经付出的，按原来的决定结算"), {}
    else:
        request.close_reason = why[:400]
        request.save(update_fields=["close_reason"])
        move(request, State.CLOSED, Desk(""), due_at=None, at=at)
        PlanItem.objects.filter(requests=request).update(state="planned")
        charged = request.applications.filter(instalments__state="paid").order_by("number")
        if (last := charged.last()) is not None:
            last.request = request
            relieve(last, {}, by=by, at=at)
        then, facts = ("refund_expected", "没有有效的决定，已经付出的要退回"), {"fen": spent}
        if spent:
            expect_back(request, spent, then[1], by=by, at=at)
    note(request, kind, by=by, at=at, text=why[:400], data=data)
    if spent:
        note(request, then[0], by=SYSTEM, at=at, text=then[1], data=facts)


def _carrying(request: RepairRequest) -> FundApplication | None:
    """The application what was paid can be settled on; None where its decision has fallen.

    Newer ones that nothing was paid on, and whose decision fell, are set aside for it.
    """
    aside: list[FundApplication] = []
    for one in request.applications.filter(state="passed").order_by("-number"):
        if not decision_fell(one.version):
            for other in aside:
                other.state = "withdrawn"
                other.save(update_fields=["state"])
            return one
        if one.instalments.filter(state="paid", payable_fen__gt=0).exists():
            return None
        aside.append(one)
    return None


def _restore(request: RepairRequest, version: RepairVersion) -> None:
    """What a draft said in between is given up; the repair says again what was decided on."""
    content = json.loads(bytes(version.content))
    for name in FROZEN:
        setattr(request, name, content[name])
    until = content["warranty_until"]
    request.warranty_until = date.fromisoformat(until) if until else None
    request.kind = "emergency" if version.verdict == "authorised" else "ordinary"
    request.save(update_fields=[*FROZEN, "warranty_until", "kind"])


def expect_back(
    request: RepairRequest, fen: int, reason: str, *, by: By, at: datetime
) -> Refund:
    """Write down what has to come back from the firm, in fen."""
    return Refund.objects.create(
        request=request, fen=fen, reason=reason, noted_by=by.actor, noted_at=at
    )


def settlement_confirmed() -> RuleViolation:
    """What is refused once the final cost is confirmed."""
    return RuleViolation(
        "settlement.confirmed", "结算已经确认，不能再改；要改的，先由确认的一方退回结算"
    )


def demand_nothing_under_way(request: RepairRequest, *states: str) -> None:
    """RuleViolation "settlement.pending" while money is on its way."""
    under_way = Instalment.objects.filter(application__request=request)
    if under_way.filter(state__in=states or UNDER_WAY).exists():
        raise RuleViolation(
            "settlement.pending", "还有正在办理的付款，等银行付完、确认没有付或者退回以后再办"
        )


def _off_books(relief: Instalment, off: dict[int, int]) -> list[OwedRelief]:
    """What of it is still owed in our books falls away: sub-account → fen."""
    of_this = Instalment.objects.filter(application__request=relief.application.request)
    numbers = set(of_this.values_list("voucher__number", flat=True))
    rows = []
    for one in reversed(still_owed_of(list(off))):
        fen = min(one.left, off[one.sub]) if one.voucher in numbers else 0
        if fen:
            rows.append(OwedRelief(owed_id=one.pk, instalment=relief, fen=fen))
            off[one.sub] -= fen
    return OwedRelief.objects.bulk_create(rows, batch_size=1000)
