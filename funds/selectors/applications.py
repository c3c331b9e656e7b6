"""What an application for the fund rests on, and what the one before it said."""

import json
from datetime import date

from django.db.models import Sum

from funds.domain.applications import BALANCE, PLANNED, Limits, Payee, Sought, Stage
from funds.domain.instalments import GONE
from funds.domain.repairs import State
from funds.models import (
    FundApplication,
    Instalment,
    RepairRequest,
    RepairVersion,
)
from funds.selectors.repairs import fund_rules


def pending_application(request: RepairRequest) -> FundApplication | None:
    """The one being written or reviewed."""
    return request.applications.filter(state__in=["draft", "filed"]).first()


def last_application(request: RepairRequest) -> FundApplication | None:
    """The newest one that was not withdrawn, with what it said."""
    return request.applications.exclude(state="withdrawn").order_by("number").last()


def passed_application(request: RepairRequest) -> FundApplication | None:
    """The application money leaves on: the newest that every desk has passed."""
    return request.applications.filter(state="passed").order_by("number").last()


def why_returned(request: RepairRequest) -> str:
    """What the desk wrote that returned the application last filed; "" where none did, or
    where the repair is not with its applicant for it any more."""
    if request.state != State.RETURNED:
        return ""
    last = request.steps.filter(kind__in=["returned", "application_filed"]).last()
    return last.text if last is not None and last.kind == "returned" else ""


def borne_so_far(request: RepairRequest) -> int:
    """What was paid or ordered of all applications of a repair, owed parts included, less what
    came back; in fen."""
    gone = Instalment.objects.filter(application__request=request, state__in=GONE).exclude(
        kind=BALANCE
    )
    back = request.refunds.filter(state="received").aggregate(total=Sum("fen"))["total"] or 0
    return (gone.aggregate(total=Sum("fen"))["total"] or 0) - back


def limits_of(request: RepairRequest, version: RepairVersion, *, on: date) -> Limits:
    """What an application on this version may ask for."""
    num, den = fund_rules(request.estate, on)["fund.over_budget_redecide"].value
    quotes = json.loads(bytes(version.content))["quotes"]
    chosen = next((one["firm"] for one in quotes if one["chosen"]), "")
    decided, advance = version.budget_fen, 0
    if request.kind == "emergency":
        last = request.emergency_decisions.order_by("pk").last()
        if last is not None and last.authorises:
            decided, advance = min(decided, last.most_fen), last.advance_fen
    return Limits(
        decided_fen=decided,
        tolerance=(num, den),
        chosen_firm=chosen.strip(),
        emergency=request.kind == "emergency",
        advance_fen=advance,
        paid_fen=borne_so_far(request),
    )


def sought_of(application: FundApplication) -> Sought:
    """What an application said, to be written on in the next."""
    return Sought(
        amount_fen=application.amount_fen,
        contract_fen=application.contract_fen or 0,
        contract_firm=application.contract_firm,
        payee=Payee(
            application.payee,
            application.payee_bank,
            application.payee_account,
            application.payee_reason,
        ),
        plan=[
            Stage(one.kind, one.fen, one.condition)
            for one in application.instalments.filter(kind__in=PLANNED)
            .exclude(state="failed")
            .order_by("position")
        ],
        audited_fen=application.audited_fen,
        no_audit=application.no_audit,
    )
