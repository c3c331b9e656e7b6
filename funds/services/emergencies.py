"""Emergency repairs: reported, found on site, decided without a vote; else back to the owners.

Civil Code 281 para. 2. Three people at least: who reports, who finds, who decides. Everything
else an ordinary repair has to show, this one shows too, before or after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import choice
from typing import Any, NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.codes import new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from core.reasons import Reason, demand_none, explains
from funds.domain.emergencies import (
    BY_LAW,
    DECIDER_ROLES,
    Decided,
    Found,
    Report,
    decision_reasons,
    demand_another,
    escalation_due,
    file_reasons,
    finding_reasons,
    hours_later,
    repair_title,
    report_reasons,
    role_above,
)
from funds.domain.repairs import EXCLUSIONS, Desk, State, speaks_for
from funds.endings import cancel_rest
from funds.models import (
    Emergency,
    EmergencyDecision,
    EmergencyFinding,
    Instalment,
    RepairRequest,
)
from funds.selectors.emergencies import (
    authority_above,
    deciders_for,
    finding_authority,
    has_committee,
    last_decision,
    last_finding,
    running_like,
    street_of,
)
from funds.selectors.releases import spent_fen
from funds.selectors.repairs import (
    fund_rules,
    scope_units,
    settlement_of,
)
from funds.steps import (
    SYSTEM,
    By,
    demand_state,
    freeze_version,
    keep_file,
    locked_repair,
    move,
    note,
)
from registry.models import Authority, Estate

_BEFORE_PAYING = (State.REPORTED, State.FOUND, State.DECIDED)
_AFTER = (State.REVIEW, State.RETURNED, State.APPROVED)


class Upload(NamedTuple):
    """A file as handed in."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Attached:
    """What came with a form: photographs, and papers."""

    photos: Sequence[Upload] = ()
    papers: Sequence[Upload] = ()
    public: bool = False  # whoever took them says that nobody can be told from them


@transaction.atomic(durable=True)
def report_emergency(
    *,
    estate_id: int,
    report: Report,
    scope: Sequence[Mapping[str, Any]],
    attached: Attached,
    submission: str,
    by: By,
    at: datetime,
) -> RepairRequest:
    """Report an emergency: its clock starts, it lies on the desk of who has to come and look.

    `submission` names the act: sent twice, it is one. The estate's row is locked, so that two
    people in front of the same lift report it once.

    RuleViolation "emergency.invalid" with every reason, "emergency.role", "emergency.known"
    (facts: `repair`), "emergency.nowhere", and those of `keep_file`.
    """
    _demand_role(by, Permission.APPLY_FUND)
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    sent = Emergency.objects.filter(submission=submission).select_related("request").first()
    if sent is not None and sent.request.created_by == by.actor:
        return sent.request
    today = local_day(at)
    rules = fund_rules(estate, today)
    applicants = rules["fund.emergency_applicants"]
    demand_none(
        "emergency.invalid",
        [
            *report_reasons(
                report,
                open_codes=rules["fund.emergency_codes"].value,
                listed=applicants.value,
                role=by.role,
                today=today,
            ),
            *file_reasons(
                report.situation, photos=len(attached.photos), papers=len(attached.papers)
            ),
            *_scope_reasons(estate, scope, at),
        ],
    )
    same = running_like(estate, report.part, report.place)
    if same is not None:
        raise RuleViolation(
            "emergency.known",
            f"这一处已经上报（编号 {same.code}），正在办理，不用再报",
            repair=same.code,
        )
    hours = rules["fund.emergency_desk_hours"].value
    due = hours_later(at, int(hours["finding"]))
    authority = finding_authority(estate, today)
    if authority is None:
        raise RuleViolation("emergency.nowhere", "这个小区现在没有管辖的居委会或者街道")
    request = RepairRequest.objects.create(
        code=new_code(12, choice),
        estate=estate,
        kind="emergency",
        title=repair_title(report.place.strip(), report.part),
        part=report.part,
        place=report.place.strip(),
        fault=report.danger.strip(),
        scope=[dict(part) for part in scope],
        applicant_kind=report.applicant_kind,
        applicant=report.applicant.strip(),
        contact_phone=report.contact_phone.strip(),
        plan=report.plan.strip(),
        budget_fen=report.estimate_fen,
        warranty_until=report.warranty_until,
        warranty_note=report.warranty_note.strip(),
        exclusions=dict.fromkeys(EXCLUSIONS, "no"),
        desk_since=at,
        created_by=by.actor,
        created_at=at,
    )
    clause = report.clause.strip()
    if report.applicant_kind in BY_LAW:
        clause = clause or "民法典第281条第2款"
    Emergency.objects.create(
        request=request,
        situation=report.situation,
        danger=report.danger.strip(),
        clause=clause or applicants.clause[:200],
        submission=submission,
        reported_at=at,
        due_at=hours_later(at, int(rules["fund.emergency_clock_hours"].value)),
    )
    for kind, uploads in (("photo_before", attached.photos), ("evidence", attached.papers)):
        for one in uploads:
            keep_file(
                request,
                kind=kind,
                name=one.name,
                content=one.content,
                is_public=attached.public and kind == "photo_before",
                actor=by.actor,
                at=at,
            )
    move(request, State.REPORTED, Desk("finding", authority.pk), due_at=due, at=at)
    _note(request, "reported", by, at, data={"situation": report.situation})
    return request


@transaction.atomic(durable=True)
def record_finding(
    *, code: str, found: Found, photos: Sequence[Upload], by: By, at: datetime
) -> EmergencyFinding:
    """Write down what was found on site; where it is no emergency, it falls back at once.

    RuleViolation "finding.invalid" with every reason, "emergency.role", "finding.reporter",
    "finding.photo_reused", "repair.state", and those of `keep_file`.
    """
    request = _emergency(code, State.REPORTED)
    _demand_role(by, Permission.FIND_EMERGENCY)
    _demand_desk(request, by)
    demand_another(
        by.actor,
        request.created_by,
        code="finding.reporter",
        sentence="上报的人不能自己认定，请另一个人到现场查验",
    )
    today = local_day(at)
    rules = fund_rules(request.estate, today)
    fewest = int(rules["fund.emergency_parties"].value)
    reported_at = request.emergency.reported_at
    assert reported_at is not None  # noqa: S101 (set by the report)
    demand_none(
        "finding.invalid",
        finding_reasons(
            found, fewest=fewest, photos=len(photos), reported_at=reported_at, at=at
        ),
    )
    assert found.on_site_at is not None and found.qualifies is not None  # noqa: S101, PT018
    before = set(request.files.filter(kind="photo_before").values_list("sha256", flat=True))
    kept = [
        keep_file(
            request,
            kind="finding",
            name=one.name,
            content=one.content,
            is_public=False,
            actor=by.actor,
            at=at,
        )
        for one in photos
    ]
    if any(one.sha256 in before for one in kept):
        raise RuleViolation(
            "finding.photo_reused", "认定的照片要在现场重新拍，不能用上报时的照片"
        )
    authority = by.authority or request.desk_authority_id
    assert authority is not None  # noqa: S101 (a report lies on an authority's desk)
    made = EmergencyFinding.objects.create(
        request=request,
        authority_id=authority,
        found_by=by.actor,
        on_site_at=found.on_site_at,
        position=found.position.strip(),
        present=found.present.strip(),
        parties=sorted(set(found.parties)),
        photos=sorted({one.sha256 for one in kept}),
        qualifies=found.qualifies,
        reason=found.reason.strip(),
        at=at,
    )
    if not found.qualifies:
        _fall_back(request, f"现场认定不属于紧急情况：{made.reason}", by, at)
        return made
    hours = rules["fund.emergency_desk_hours"].value
    due = hours_later(at, int(hours["decision"]))
    request.escalated_to = None  # the desk that overslept has acted
    kinds = deciders_for(request, today).kinds
    street = street_of(request.estate, today) if kinds[0] == "street_office" else None
    move(
        request, State.FOUND, Desk("decision", street.pk if street else None), due_at=due, at=at
    )
    _note(request, "found", by, at, text=made.reason, data={"parties": made.parties})
    return made


@transaction.atomic(durable=True)
def decide_emergency(
    *,
    code: str,
    decided: Decided,
    paper: Upload | None = None,
    by: By,
    at: datetime,
) -> EmergencyDecision:
    """Decide to repair without a vote, up to an amount; or send it back to the owners.

    Freezes the version every payment will name, with every unit's share of the amount.

    RuleViolation "decision.invalid" with every reason, "decision.role", "decision.same_person",
    "repair.state", "repair.units" with every reason, and those of `keep_file`.
    """
    request = _emergency(code, State.FOUND)
    kind, clause = _decider(request, by, at)
    finding = last_finding(request)
    assert finding is not None  # noqa: S101 (nothing is FOUND without one)
    demand_another(
        by.actor,
        request.created_by,
        finding.found_by,
        code="decision.same_person",
        sentence="上报或者认定的人不能自己决定，请另一个人来办",
    )
    rules = fund_rules(request.estate, local_day(at))
    demand_none(
        "decision.invalid",
        decision_reasons(decided, advance=rules["fund.emergency_advance"].value),
    )
    most = decided.most_fen if decided.authorises else None
    if paper is not None:
        keep_file(
            request,
            kind="decision",
            name=paper.name,
            content=paper.content,
            is_public=False,
            actor=by.actor,
            at=at,
        )
    made = EmergencyDecision.objects.create(
        request=request,
        decided_by_kind=kind,
        decided_by=by.actor,
        role=by.role,
        authorises=bool(decided.authorises),
        reason=decided.reason.strip(),
        most_fen=most or 0,
        advance_fen=(decided.advance_fen or 0) if most else 0,
        clause=clause,
        at=at,
    )
    if most is None:
        _fall_back(request, f"没有同意按应急维修办理：{made.reason}", by, at)
        return made
    request.budget_fen = most
    request.save(update_fields=["budget_fen"])
    units = scope_units(request.estate, request.scope, on=local_day(at))
    version = freeze_version(request, units, by=by, at=at)
    version.verdict, version.verdict_at = "authorised", at
    version.save(update_fields=["verdict", "verdict_at"])
    move(request, State.DECIDED, Desk("applicant"), due_at=None, at=at)
    data = {
        "kind": kind,
        "most_fen": most,
        "advance_fen": made.advance_fen,
        "version": version.number,
        "sha256": version.sha256,
    }
    _note(request, "decided", by, at, text=made.reason, data=data)
    return made


@transaction.atomic(durable=True)
def withdraw_emergency(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """Give the emergency way up: by who applied, or by who decided.

    What the bank was told to pay already has to be answered by the bank first; after the
    settlement owners object instead.

    RuleViolation "emergency.reason", "emergency.role", "emergency.ordered",
    "emergency.settled", "repair.state".
    """
    request = _emergency(code, *_BEFORE_PAYING, *_AFTER)
    if not explains(reason) or len(reason) > 300:
        raise RuleViolation("emergency.reason", "请写明为什么，4到300个字")
    decision = last_decision(request)
    applied = speaks_for(by.role, request.applicant_kind)
    decided = decision is not None and decision.role == by.role
    if not (by.actor == request.created_by or applied or decided):
        raise RuleViolation("emergency.role", "只有申请人或者作决定的一方可以撤回")
    stated = settlement_of(request)
    if stated is not None and stated.confirmed_at is not None:
        raise RuleViolation(
            "emergency.settled", "已经验收结算，不能撤回；有不同意见的，请在公示期内提出异议"
        )
    unpaid = Instalment.objects.filter(application__request=request)
    if unpaid.filter(state="ordered").exists():
        raise RuleViolation(
            "emergency.ordered", "有款项已经列入划转清单，请等银行回单以后再撤回"
        )
    _fall_back(request, f"撤回：{reason.strip()}", by, at)
    return request


@transaction.atomic(durable=True)
def escalate(*, code: str, at: datetime) -> RepairRequest | None:
    """A desk has overslept: the authority above sees it too, and both may act.

    None where it was noted already, or somebody acted meanwhile.
    """
    request = locked_repair(code)
    if request.kind != "emergency" or not escalation_due(
        request.desk_due_at, escalated=request.escalated_to_id is not None, at=at
    ):
        return None
    noted = request.steps.filter(kind="emergency.escalated", at__gte=request.desk_since)
    if noted.exists():
        return None
    above = authority_above(request, local_day(at))
    request.escalated_to = above
    request.save(update_fields=["escalated_to"])
    text = "超过时限没有办理"
    if above is not None:
        may = "{}也可以办" if request.above_may_act else "已经告诉{}"
        text = f"{text}，{may.format(above.name)}"
    _note(request, "escalated", SYSTEM, at, text=text, authority=above)
    return request


# --- what the commands share ---------------------------------------------------------------


def _emergency(code: str, *states: State) -> RepairRequest:
    """The repair under its lock, if it is an emergency in one of these states."""
    request = locked_repair(code)
    demand_state(request, *states)
    if request.kind != "emergency":
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")
    return request


def _demand_role(by: By, permission: Permission) -> None:
    if by.role not in roles_with(permission):
        raise RuleViolation("emergency.role", "您的角色不能办这一步")


def _demand_desk(request: RepairRequest, by: By) -> None:
    """A bureau has no desk in an emergency until one below it has overslept."""
    if by.role == "bureau" and (
        request.escalated_to_id is None or request.escalated_to_id != by.authority
    ):
        raise RuleViolation("emergency.role", "还在下级的时限以内，没有转到您这里")


def _decider(request: RepairRequest, by: By, at: datetime) -> tuple[str, str]:
    """(kind, clause) of who decides. RuleViolation "decision.role"."""
    _demand_desk(request, by)
    on = local_day(at)
    there = deciders_for(request, on)
    rule = fund_rules(request.estate, on)["fund.emergency_deciders"]
    roles = {DECIDER_ROLES[kind]: kind for kind in there.kinds}
    above: Authority | None = request.escalated_to
    clause = rule.clause
    if by.role in roles:
        kind = roles[by.role]
        if not has_committee(request.estate, on) and there.remark:
            clause = f"{clause}；{there.remark}"
    elif above is not None and by.role == role_above(above.kind):
        kind = by.role
        clause = f"{clause}；{there.remark}"
    else:
        raise RuleViolation("decision.role", "按本小区适用的规定，这一步不由您决定")
    return kind, clause[:200]


def _scope_reasons(
    estate: Estate, scope: Sequence[Mapping[str, Any]], at: datetime
) -> list[Reason]:
    if scope_units(estate, scope, on=local_day(at)):
        return []
    return [Reason("emergency.scope", "这个范围里没有可以分摊的房屋", "scope")]


def _fall_back(request: RepairRequest, reason: str, by: By, at: datetime) -> None:
    """Back to the owners' vote, with everything that was typed and handed in.

    What was paid is told, and stays to be settled: the vote decides on it.
    """
    version = request.versions.filter(verdict="authorised").order_by("number").last()
    if version is not None:
        version.verdict, version.verdict_at = "withdrawn", at
        version.save(update_fields=["verdict", "verdict_at"])
    cancel_rest(request)
    emergency = request.emergency
    emergency.fell_back_at, emergency.fall_back_reason = at, reason[:400]
    emergency.save(update_fields=["fell_back_at", "fall_back_reason"])
    request.kind = "ordinary"
    request.save(update_fields=["kind"])
    move(request, State.DRAFT, Desk("applicant"), due_at=None, at=at)
    spent = spent_fen(request)
    text = reason
    if spent:
        text += f"。已经付出 {format_yuan(spent)} 元，由业主表决；没有通过的要退回"
    _note(request, "fell_back", by, at, text=text[:1000], data={"spent_fen": spent})


def _note(
    request: RepairRequest,
    kind: str,
    by: By,
    at: datetime,
    *,
    text: str = "",
    data: dict[str, Any] | None = None,
    authority: Authority | None = None,
) -> None:
    due = request.desk_due_at
    facts = {**(data or {}), **({"due_at": due.isoformat()} if due else {})}
    who = by._replace(authority=authority.pk) if authority else by
    note(request, f"emergency.{kind}", by=who, at=at, text=text, data=facts)
