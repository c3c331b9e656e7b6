"""Repairs further on than their first draft, for tests of what comes after.

    case = emergency_repair()              # decided: may apply for the fund
    case = voted_repair()                  # the same, on a vote that passed
    apply_for(case)                        # filed, at the first desk
    approve(case)                          # as after the last desk

Everything below the decision is made by rows and steps, so that a test of applications,
reviews or releases does not need the commands that come before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import choice
from typing import Any

from django.db import transaction

from core.codes import new_code
from core.deadlines import local_day
from funds.domain.applications import Payee, Sought, Stage
from funds.domain.repairs import Desk, State
from funds.models import (
    Emergency,
    EmergencyDecision,
    FundAccount,
    FundApplication,
    Quote,
    RepairPublicity,
    RepairRequest,
    RepairVersion,
)
from funds.selectors.repairs import scope_units
from funds.services.applications import draft_application, file_application
from funds.steps import By, freeze_version, keep_file, move
from tests.documents.test_postings import make_document
from tests.factories import CLOSE, FOR, frozen_vote
from tests.funds.books import make_account
from voting.models import Motion, Session

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
APPLICANT = By("user:10", "organiser")
OFFICIAL = By("user:20", "bureau")
SECOND = By("user:21", "bureau")
FIRM = "样例电梯有限公司"
PDF = b"%PDF-1.4\n%%EOF\n"
BUDGET = 9_000_00


@dataclass
class Case:
    """A repair with its account; `version` is what was decided on."""

    account: FundAccount
    code: str
    versions: list[RepairVersion] = field(default_factory=list)

    @property
    def request(self) -> RepairRequest:
        return RepairRequest.objects.select_related("estate", "special").get(code=self.code)

    @property
    def version(self) -> RepairVersion:
        return self.versions[-1]

    @property
    def application(self) -> FundApplication:
        found = self.request.applications.order_by("number").last()
        assert found is not None
        return found


def make_request(account: FundAccount, *, budget: int = BUDGET, **fields: Any) -> RepairRequest:
    """A draft of a lift's repair with a chosen quote."""
    request = RepairRequest.objects.create(
        **{
            "code": new_code(12, choice),
            "estate": account.estate,
            "title": "更换1号电梯钢丝绳",
            "part": "lift",
            "place": "1幢1号电梯",
            "fault": "钢丝绳断股，已停用",
            "scope": [],
            "applicant_kind": "owners_committee",
            "applicant": "样例花园业主委员会",
            "contact_phone": "0000-0000000",
            "budget_fen": budget,
            "exclusions": dict.fromkeys(("builder", "utilities", "person", "manager"), "no"),
            "desk_since": AT,
            "created_by": APPLICANT.actor,
            "created_at": AT,
            **fields,
        }
    )
    Quote.objects.create(
        request=request, firm=FIRM, fen=budget, is_chosen=True, added_by="user:10", added_at=AT
    )
    return request


@transaction.atomic
def freeze(request: RepairRequest, *, verdict: str, motion: Motion | None = None):
    units = scope_units(request.estate, request.scope, on=local_day(AT))
    version = freeze_version(request, units, by=APPLICANT, at=AT)
    version.verdict, version.verdict_at, version.motion = verdict, AT, motion
    version.save()
    return version


def decide_at_once(
    request: RepairRequest, *, most: int | None = None, advance: int | None = None
) -> EmergencyDecision:
    """The row of an emergency decision: by default all of the budget, half of it at once."""
    budget = request.budget_fen or 0
    return EmergencyDecision.objects.create(
        request=request,
        decided_by_kind="owners_committee",
        decided_by="user:30",
        role="organiser",
        authorises=True,
        reason="电梯停用，老人无法上下楼",
        most_fen=budget if most is None else most,
        advance_fen=budget // 2 if advance is None else advance,
        clause="测试条款",
        at=AT,
    )


def show(request: RepairRequest, *, until: datetime) -> RepairPublicity:
    """A publicity of a repair, as its paper leaves it behind."""
    return RepairPublicity.objects.create(
        request=request,
        document=make_document(
            request.estate, code=new_code(12, choice), kind="repair_publicity"
        ),
        posted_at=AT + timedelta(days=30),  # after whatever is stated
        until=until,
    )


def emergency_repair(
    account: FundAccount | None = None,
    *,
    mode: str = "record",
    custody: str = "agency",
    on_show: bool = True,
    **fields: Any,
) -> Case:
    """An emergency that was decided: state "decided".

    `on_show`: owners were heard already, so that its last payment waits for nobody.
    """
    account = account or make_account(mode, "public" if custody == "public" else "agency")
    if account.custody != custody:
        assert custody != "public"  # its accounts are others
        account.custody = custody
        account.save(update_fields=["custody"])
    advance = fields.pop("advance", None)
    request = make_request(account, kind="emergency", **fields)
    Emergency.objects.create(request=request, situation="E1", danger="电梯停用")
    decide_at_once(request, advance=advance)
    version = freeze(request, verdict="authorised")
    if on_show:
        show(request, until=AT)
    return _decided(account, request, version)


def voted_repair(
    account: FundAccount | None = None,
    *,
    mode: str = "record",
    custody: str = "agency",
    **fields: Any,
) -> Case:
    """An ordinary repair on a vote that passed: state "decided"."""
    account = account or make_account(mode, "public" if custody == "public" else "agency")
    if account.custody != custody:
        assert custody != "public"  # its accounts are others
        account.custody = custody
        account.save(update_fields=["custody"])
    vote = frozen_vote(account.estate)
    for party in vote.session.parties.values_list("number", flat=True):
        vote.cast(party, [FOR], at=CLOSE - timedelta(days=1))
    session = vote.count()
    # As after its resolution, for which the tests of votes need a certificate.
    Session.objects.filter(pk=session.pk).update(state="resolved")
    request = make_request(account, **fields)
    version = freeze(request, verdict="passed", motion=session.motions.get())
    return _decided(account, request, version)


def _decided(account: FundAccount, request: RepairRequest, version: RepairVersion) -> Case:
    with transaction.atomic():
        request.state = State.DECIDED
        request.desk = "applicant"
        request.save(update_fields=["state", "desk"])
    return Case(account, request.code, [version])


def paper(case: Case, kind: str, content: bytes = PDF):
    """A paper of the repair."""
    with transaction.atomic():
        return keep_file(
            case.request, kind=kind, name=f"{kind}.pdf", content=content + kind.encode(),
            is_public=False, actor=APPLICANT.actor, at=AT,
        )  # fmt: skip


def sought(amount: int = BUDGET, *, plan: Sequence[Stage] | None = None, **fields: Any):
    """What is asked for: by default two fifths at the start, the rest after acceptance."""
    start = amount * 2 // 5
    return Sought(
        **{
            "amount_fen": amount,
            "contract_fen": amount,
            "contract_firm": FIRM,
            "payee": Payee(FIRM, "样例银行东区支行", "6222 0000 0000 0009"),
            "plan": plan or [Stage("start", start), Stage("final", amount - start)],
            "audited_fen": None,
            "no_audit": "金额小，合同单价即审定价",
            **fields,
        }
    )


def apply_for(case: Case, amount: int = BUDGET, *, at: datetime = AT, **fields: Any):
    """Filed, with the contract: state "review"."""
    paper(case, "contract")
    draft_application(code=case.code, sought=sought(amount, **fields), by=APPLICANT, at=at)
    return file_application(code=case.code, by=APPLICANT, at=at)


@transaction.atomic
def approve(case: Case, *, at: datetime = AT) -> FundApplication:
    """As after the last desk: state "approved", without reviews and opinion."""
    application = case.application
    application.state, application.settled_at = "passed", at
    application.save(update_fields=["state", "settled_at"])
    move(case.request, State.APPROVED, Desk("works"), due_at=None, at=at)
    return application


def approved_repair(amount: int = BUDGET, *, plan: Sequence[Stage] | None = None, **fields):
    """An emergency whose application passed: instalments may be asked for."""
    case = emergency_repair(**fields)
    apply_for(case, amount, plan=plan)
    approve(case)
    return case
