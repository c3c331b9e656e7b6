"""列支申请: asking for the use of the fund on a decision that was taken.

A returned application stays as it was filed; the next one is a new row. What is asked for is
judged when it is written and again when it is filed, under the repair's lock.
"""

from datetime import datetime

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from funds.domain.applications import (
    CONDITIONS,
    Sought,
    account_digits,
    application_reasons,
)
from funds.domain.repairs import Desk, State
from funds.domain.reviewing import steps_for
from funds.models import (
    FundApplication,
    Instalment,
    RepairFile,
    RepairRequest,
    RepairVersion,
)
from funds.selectors.applications import limits_of, pending_application, sought_of
from funds.selectors.gates import gate_reasons
from funds.selectors.repairs import files_of, fund_rules, version_in_force
from funds.steps import (
    By,
    demand_applicant,
    demand_state,
    keep_file,
    locked_repair,
    move,
    note,
    to_review_desk,
)
from registry.fields import keyed_hash

HASHED_AS = "funds.payee"
# What is added once there is a decision.
PAPERS = (
    "contract", "cost_audit", "supervision", "photo_after", "acceptance", "settlement",
    "invoice", "other",
)  # fmt: skip


@transaction.atomic(durable=True)
def draft_application(*, code: str, sought: Sought, by: By, at: datetime) -> FundApplication:
    """Write an application down, or over the draft there is; nobody reviews it yet.

    RuleViolation "repair.state", "application.gate", "application.filed",
    "application.invalid" with every reason.
    """
    request = locked_repair(code)
    demand_applicant(request, by)
    demand_state(request, State.DECIDED, State.RETURNED)
    version = _open_version(request)
    limits = limits_of(request, version, on=local_day(at))
    demand_none("application.invalid", application_reasons(sought, limits))
    application = pending_application(request) or FundApplication(
        request=request, number=request.applications.count() + 1
    )
    account = account_digits(sought.payee.account)
    application.version = version
    application.amount_fen = sought.amount_fen
    application.contract_fen = sought.contract_fen
    application.contract_firm = sought.contract_firm.strip()
    application.audited_fen = sought.audited_fen
    application.no_audit = "" if sought.audited_fen else sought.no_audit.strip()
    application.payee = sought.payee.name.strip()
    application.payee_bank = sought.payee.bank.strip()
    application.payee_account = account
    application.payee_hash = keyed_hash(account, purpose=HASHED_AS)
    application.payee_tail = account[-4:]
    application.payee_reason = sought.payee.reason.strip()
    application.made_by = by.actor
    application.save()
    application.instalments.all().delete()  # of a draft: nothing was asked for yet
    Instalment.objects.bulk_create(
        Instalment(
            application=application,
            position=position,
            kind=stage.kind,
            fen=stage.fen,
            condition=stage.condition.strip() or CONDITIONS[stage.kind],
        )
        for position, stage in enumerate(sought.plan, 1)
    )
    note(
        request,
        "application_drafted",
        by=by,
        at=at,
        text="填写了列支申请",
        data={"number": application.number},
    )
    return application


@transaction.atomic(durable=True)
def file_application(*, code: str, by: By, at: datetime) -> FundApplication:
    """Hand the draft in: it goes to the first desk of its custody.

    RuleViolation "repair.state", "application.none", "application.gate",
    "application.invalid" with every reason, papers that are missing among them.
    """
    request = locked_repair(code)
    demand_applicant(request, by)
    demand_state(request, State.DECIDED, State.RETURNED)
    application = pending_application(request)
    if application is None:
        raise RuleViolation("application.none", "还没有填写列支申请")
    version = _open_version(request)
    papers = [(one.kind, one.sha256) for one in files_of(request)]
    limits = limits_of(request, version, on=local_day(at))
    reasons = application_reasons(sought_of(application), limits)
    demand_none("application.invalid", [*reasons, *_paper_reasons(application, papers)])
    application.version = version
    application.papers = papers
    application.state = "filed"
    application.filed_by, application.filed_role, application.filed_at = by.actor, by.role, at
    application.save(
        update_fields=["version", "papers", "state", "filed_by", "filed_role", "filed_at"]
    )
    rules = fund_rules(request.estate, local_day(at))
    steps = steps_for(
        request.custody,
        request.kind,
        first_steps=rules["fund.review_steps"].value,
        two_people=application.amount_fen > rules["fund.two_people_above_fen"].value,
    )
    to_review_desk(request, steps[0], at=at)
    facts = {
        "number": application.number,
        "version": version.number,
        "version_sha256": version.sha256,
        "fen": application.amount_fen,
    }
    note(request, "application_filed", by=by, at=at, text="提交了列支申请", data=facts)
    return application


@transaction.atomic(durable=True)
def withdraw_application(*, code: str, reason: str, by: By, at: datetime) -> FundApplication:
    """Take an application back before the last desk has passed it; it can be written anew.

    RuleViolation "repair.state", "application.none", "application.reason".
    """
    request = locked_repair(code)
    demand_applicant(request, by)
    demand_state(request, State.DECIDED, State.RETURNED, State.REVIEW)
    application = pending_application(request)
    if application is None:
        raise RuleViolation("application.none", "还没有填写列支申请")
    if not explains(reason):
        raise RuleViolation("application.reason", "请写明为什么撤回，至少4个字")
    application.state = "withdrawn"
    application.save(update_fields=["state"])
    application.instalments.update(state="cancelled")
    if request.state == State.REVIEW:
        move(request, State.RETURNED, Desk("applicant"), due_at=None, at=at)
    facts = {"number": application.number}
    note(request, "application_withdrawn", by=by, at=at, text=reason.strip()[:400], data=facts)
    return application


def _open_version(request: RepairRequest) -> RepairVersion:
    """The version for which money may leave now. RuleViolation "application.gate"."""
    version = version_in_force(request)
    shut = gate_reasons(request, version)
    if shut or version is None:
        raise RuleViolation("application.gate", "；".join(shut), reasons=shut)
    return version


def _paper_reasons(application: FundApplication, papers: list[tuple[str, str]]) -> list[Reason]:
    kinds = {kind for kind, _digest in papers}
    found = []
    if "contract" not in kinds:
        found.append(Reason("application.papers", "请上传施工合同", "files"))
    if application.audited_fen and "cost_audit" not in kinds:
        found.append(Reason("application.papers", "请上传造价审核的文件", "files"))
    return found


@transaction.atomic(durable=True)
def add_paper(
    *, code: str, kind: str, name: str, content: bytes, by: By, at: datetime
) -> RepairFile:
    """A paper that comes after the decision: contract, audit, acceptance, settlement.

    RuleViolation "repair.state", "file.kind", "file.invalid" and those of the file.
    """
    request = locked_repair(code)
    demand_applicant(request, by)
    demand_state(request, State.DECIDED, State.RETURNED, State.APPROVED)
    if kind not in PAPERS:
        raise RuleViolation("file.kind", "请选择这是什么文件")
    kept = keep_file(
        request,
        kind=kind,
        name=name,
        content=content,
        is_public=False,
        actor=by.actor,
        at=at,
    )
    note(
        request,
        "paper_added",
        by=by,
        at=at,
        text="上传了文件",
        data={"kind": kind, "sha256": kept.sha256},
    )
    return kept
