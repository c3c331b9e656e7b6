"""A repair whose application for the fund lies on its first desk."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from core.codes import LENGTH, new_code
from core.deadlines import local_day
from funds.domain.repairs import EXCLUSIONS, Desk, State
from funds.models import EmergencyDecision, FundAccount, FundApplication, RepairRequest
from funds.selectors.repairs import scope_units
from funds.selectors.reviewing import steps_of
from funds.services.accounts import open_account
from funds.steps import By, freeze_version, move, to_review_desk
from registry.models import Estate
from registry.selectors import authority_chain
from tests.funds.books import make_special, pay_in

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
APPLICANT = By("user:100", "property_manager")
_picked = iter(range(10**9))


def _pick(letters: str) -> str:
    return letters[next(_picked) % len(letters)]


def make_filed(
    estate: Estate, *, custody: str = "agency", budget: int = 1_000_000, **fields: Any
) -> FundApplication:
    """Decided, applied for by `APPLICANT`, on the first desk since `AT`."""
    account = FundAccount.objects.filter(estate=estate).first() or _account(estate, custody)
    assert account.custody == custody
    request = RepairRequest.objects.create(
        **{
            "code": new_code(LENGTH, _pick),
            "estate": estate,
            "title": "1幢电梯维修",
            "part": "lift",
            "place": "1幢电梯",
            "fault": "电梯停运",
            "applicant_kind": "property_manager",
            "applicant": "样例物业服务有限公司",
            "contact_phone": "0000-0000000",
            "plan": "更换曳引机",
            "budget_fen": budget,
            "exclusions": dict.fromkeys(EXCLUSIONS, "no"),
            "created_by": APPLICANT.actor,
            "created_at": AT,
            "desk_since": AT,
            **fields,
        }
    )
    with transaction.atomic():
        units = scope_units(estate, request.scope, on=local_day(AT))
        version = freeze_version(request, units, by=APPLICANT, at=AT)
        version.verdict, version.verdict_at = "authorised", AT
        version.save(update_fields=["verdict", "verdict_at"])
        EmergencyDecision.objects.create(
            request=request,
            decided_by_kind="owners_committee",
            decided_by="user:101",
            role="organiser",
            authorises=True,
            reason="电梯停运",
            most_fen=budget,
            clause="民法典第281条第2款",
            at=AT,
        )
        for state in (State.REPORTED, State.FOUND, State.DECIDED):
            move(request, state, Desk("applicant"), due_at=None, at=AT)
        application = FundApplication.objects.create(
            request=request,
            number=1,
            version=version,
            amount_fen=budget,
            contract_fen=budget,
            no_audit="金额较小",
            payee="样例电梯有限公司",
            payee_bank="样例银行",
            payee_account="62220000000001",
            payee_tail="0001",
            state="filed",
            made_by=APPLICANT.actor,
            filed_by=APPLICANT.actor,
            filed_role=APPLICANT.role,
            filed_at=AT,
        )
        application.instalments.create(
            position=1, kind="final", fen=budget, condition="验收合格，结算已经确认"
        )
        to_review_desk(request, steps_of(application)[0], at=AT)
    return application


def _account(estate: Estate, custody: str) -> FundAccount:
    # The department's, where the estate has one above it; else whoever it has.
    authority = next(
        (one for one in authority_chain(estate) if one.kind == "district_bureau"),
        estate.authority,
    )
    special = make_special(estate, authority=authority)
    seller = "样例机械厂" if custody == "public" else ""
    account = open_account(
        special_id=special.pk,
        estate=estate,
        custody=custody,
        selling_organisation=seller,
        actor="user:1",
        at=AT,
    )
    if seller:
        pay_in(account)
    return account
