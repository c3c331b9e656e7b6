"""What the desks of a review need: their worklist, who may act, and what the system knows."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.permissions import (
    Permission,
    Visitor,
    authorities_for,
    estates_for,
    roles_at,
    roles_with,
)
from core.deadlines import local_day
from core.exact import format_yuan
from core.workdays import Due, workdays_left
from funds.domain.repairs import EXCLUSIONS
from funds.domain.reviewing import steps_for
from funds.models import (
    FundApplication,
    RepairRequest,
    RepairStep,
    RepairVersion,
)
from funds.selectors.gates import gate_reasons
from funds.selectors.releases import preview
from funds.selectors.repairs import fund_rules
from registry.models import Estate

# Step → what it takes to act there.
AT_DESK = {
    "street": Permission.CHECK_FUND,
    "bureau": Permission.REVIEW_FUND,
    "second": Permission.REVIEW_FUND,
    "seller": Permission.REVIEW_FUND,
    "committee": Permission.DECIDE_FUND,
    "committee_second": Permission.DECIDE_FUND,
}
_COMMITTEE = ("committee", "committee_second")


class Waiting(NamedTuple):
    """A line of the worklist; `left`: working days until due, None where no day is set."""

    request: RepairRequest
    application: FundApplication
    left: int | None
    late: bool


class Fact(NamedTuple):
    """What the system knows about one check: a sentence, and whether it is a warning."""

    text: str
    warning: bool = False


def desks_of(user: Visitor) -> Q:
    """The desks `user` can act at: of authorities granted to, of estates' committees.

    An authority acts at its own desk, or at one that was escalated to it; not at every desk
    below.
    """
    found = Q(pk__in=[])
    for permission in (Permission.CHECK_FUND, Permission.REVIEW_FUND):
        own = list(authorities_for(user, permission).values_list("pk", flat=True))
        steps = [step for step, needed in AT_DESK.items() if needed is permission]
        here = Q(desk_authority__in=own) | Q(escalated_to__in=own)
        found |= Q(desk__in=steps) & here if own else Q(pk__in=[])
    committees = estates_for(user, Permission.DECIDE_FUND).values("pk")
    return found | Q(desk__in=_COMMITTEE, estate__in=committees)


def waiting_for(user: Visitor) -> QuerySet[RepairRequest, int]:
    """The keys of what lies on this person's desks, the most urgent first.

    Keys alone: thousands are put in order, a page is read.
    """
    waiting = RepairRequest.objects.filter(desks_of(user), state="review")
    ordered = waiting.order_by(F("desk_due_at").asc(nulls_last=True), "pk")
    return ordered.values_list("pk", flat=True)


def worklist(keys: Sequence[int], *, at: datetime) -> list[Waiting]:
    """These requests, in that order, with their application and the working days left."""
    found = RepairRequest.objects.select_related("estate").in_bulk(keys)
    requests = [found[key] for key in keys]
    applications = {
        one.request_id: one
        for one in FundApplication.objects.filter(request__in=keys, state="filed")
    }
    return [
        Waiting(
            one,
            applications[one.pk],
            None if one.desk_due_at is None else workdays_left(at, Due(one.desk_due_at)),
            one.desk_due_at is not None and one.desk_due_at <= at,
        )
        for one in requests
        if one.pk in applications
    ]


def may_act(user: Visitor, request: RepairRequest) -> bool:
    """Whether `user` can act at the desk the request lies on now."""
    return RepairRequest.objects.filter(desks_of(user), pk=request.pk, state="review").exists()


def role_for(user: Visitor, request: RepairRequest) -> str:
    """The role in which `user` acts at the request's desk; "" where none carries it."""
    allowed = roles_with(AT_DESK[request.desk])
    return next((role for role in roles_at(user, request.estate) if role in allowed), "")


def steps_of(application: FundApplication) -> list[str]:
    """The desks this application passes, by custody, kind and amount."""
    request = application.request
    rules = fund_rules(request.estate, filed_day(application))
    return steps_for(
        request.custody,
        request.kind,
        first_steps=rules["fund.review_steps"].value,
        two_people=application.amount_fen > rules["fund.two_people_above_fen"].value,
    )


def filed_day(application: FundApplication) -> date:
    """The day an application was handed in."""
    assert application.filed_at is not None  # noqa: S101 (of one that was filed)
    return local_day(application.filed_at)


def concerned(application: FundApplication) -> set[str]:
    """Who applied, wrote any of it, or found and decided the emergency: they do not review."""
    request, version = application.request, application.version
    return {
        request.created_by,
        application.made_by,
        application.filed_by,
        version.submitted_by,
        *request.steps.filter(kind="application_drafted").values_list("actor", flat=True),
        *request.findings.values_list("found_by", flat=True),
        *request.emergency_decisions.values_list("decided_by", flat=True),
    } - {""}


def known_facts(application: FundApplication) -> Mapping[str, list[Fact]]:
    """Check → what the records say, so that the reviewer compares instead of searching."""
    return {
        "decision": _of_decision(application),
        "scope": [Fact(f"表决和分摊的是同样的{application.version.rooms.count()}户")],
        "warranty": _of_warranty(application),
        "exclusions": _of_exclusions(application),
        "budget": _of_budget(application),
        "contract": _of_contract(application),
        "shares": _of_shares(application),
        "published": _of_publicity(application),
    }


def _of_decision(application: FundApplication) -> list[Fact]:
    reasons = gate_reasons(application.request, application.version)
    if reasons:
        return [Fact(text, warning=True) for text in reasons]
    return [Fact("决定针对这一版方案，现在有效")]


def _of_warranty(application: FundApplication) -> list[Fact]:
    request, found = application.request, []
    if request.warranty_until is not None:
        over = request.warranty_until < filed_day(application)
        text = f"保修期到 {request.warranty_until:%Y-%m-%d}"
        found.append(Fact(text if over else f"{text}，还没有满", warning=not over))
    if request.warranty_note:
        found.append(Fact(request.warranty_note))
    return found


def _of_exclusions(application: FundApplication) -> list[Fact]:
    found = []
    for code, words in EXCLUSIONS.items():
        said = str(application.request.exclusions.get(code, ""))
        answer = "申请人答“不是”" if said == "no" else said or "没有回答"
        found.append(Fact(f"{words}：{answer}", warning=said != "no"))
    return found


def _quotes(version: RepairVersion) -> list[dict[str, Any]]:
    """The quotes as they were decided on."""
    return list(json.loads(bytes(version.content))["quotes"])


def _of_budget(application: FundApplication) -> list[Fact]:
    request, version, found = application.request, application.version, []
    for one in sorted(_quotes(version), key=lambda quote: quote["fen"]):
        mark = "（选用）" if one["chosen"] else ""
        found.append(Fact(f"{one['firm']}报价 {format_yuan(one['fen'])} 元{mark}"))
    if request.few_quotes:
        found.append(Fact(f"报价少的原因：{request.few_quotes}"))
    found.append(Fact(f"决定的预算 {format_yuan(version.budget_fen)} 元"))
    if application.amount_fen > version.budget_fen:
        found.append(Fact("申请的金额超过决定的预算", warning=True))
    return found


def _of_contract(application: FundApplication) -> list[Fact]:
    request, found = application.request, []
    chosen = next((one for one in _quotes(application.version) if one["chosen"]), None)
    if chosen is not None and chosen["firm"] != application.payee:
        text = f"收款单位{application.payee}不是选用的报价单位{chosen['firm']}"
        found.append(Fact(text, warning=True))
    if application.contract_fen is not None:
        text = f"合同价 {format_yuan(application.contract_fen)} 元"
        above = application.amount_fen > application.contract_fen
        found.append(Fact(text, warning=above))
    if not request.files.filter(kind="contract", removed_at=None).exists():
        found.append(Fact("没有上传合同", warning=True))
    return found


def _of_shares(application: FundApplication) -> list[Fact]:
    version = application.version
    rows, totals = preview(version, application.amount_fen)
    whole = format_yuan(application.amount_fen - totals.sellers)
    found = [Fact(f"{totals.units}户分摊合计 {whole} 元")]
    found += [
        Fact(f"{one.unit.label}承担 {format_yuan(one.share)} 元")
        for one in rows
        if one.unit.unit_id is None
    ]
    owed = totals.owed
    if owed:
        found.append(Fact(f"分户账余额不足的共 {format_yuan(owed)} 元，记为欠缴"))
    return found


def _of_publicity(application: FundApplication) -> list[Fact]:
    found = []
    if application.version.motion_id:
        found.append(Fact("方案和分摊随表决公告公布，并印在每一户的通知书上"))
    papers = application.request.publicities.select_related("document")
    return found + [Fact(f"公示 {one.document.number}") for one in papers]


def filed_unseen(estates: QuerySet[Estate]) -> QuerySet[RepairRequest]:
    """自管: decided and filed by committees, not seen by the authority yet; oldest first."""
    seen = RepairStep.objects.filter(request=OuterRef("pk"), kind="filing_seen")
    return (
        RepairRequest.objects.filter(
            ~Exists(seen), custody="self", state__in=("approved", "settled"), estate__in=estates
        )
        .select_related("estate")
        .order_by("pk")
    )
