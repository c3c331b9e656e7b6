"""公示 after an emergency repair, and the owners' objections to it.

Nobody asked the owners before, so the paper says what was done, what it cost by the papers of
the settlement, and what each room bears; the last payment waits until they were heard.
"""

from datetime import datetime
from secrets import choice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from accounts.permissions import Permission, roles_with
from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.deadlines import local_day, publicity_end
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from documents.emergencies import EmergencyFacts, PaperSeen, ShareRow, render_emergency
from documents.steps import mark_superseded, next_number, store_signed
from funds.domain.emergencies import PARTIES, demand_another, situation_words
from funds.domain.public_housing import SHARED_WITH_SELLER
from funds.domain.repairs import PARTS, State
from funds.models import (
    RepairFile,
    RepairObjection,
    RepairPublicity,
    RepairRequest,
    RepairVersion,
    Settlement,
    VersionUnit,
)
from funds.selectors.emergencies import (
    final_shares,
    last_decision,
    last_finding,
    objections_to,
    publicity_of,
)
from funds.selectors.repairs import (
    fund_rules,
    settlement_of,
    version_in_force,
)
from funds.steps import By, demand_state, locked_repair, note
from registry.models import Building
from voting.domain.drafts import text_reasons

KIND, DATA, SERIES = "repair_publicity", "repair.json", "应急"
MOST_OPEN = 3  # objections of one household that wait for an answer
_SHOWN = frozenset({"quote", "contract", "cost_audit", "acceptance", "settlement", "invoice"})


class _Shown(NamedTuple):
    """What a publicity adds to what is on record."""

    done: str
    correction: str
    number: int
    until: datetime
    clause: str


@transaction.atomic(durable=True)
def publish_emergency(
    *, code: str, done: str, correction: str, by: By, at: datetime
) -> RepairPublicity:
    """Put cost, papers and shares on show; the period of objection begins tomorrow.

    The same thing while it is on show is one. Another one is a correction: it says what
    changed, takes the place of the paper before, and its period begins anew.

    RuleViolation "publicity.invalid" with every reason, "publicity.unsettled",
    "emergency.role", "repair.state", "signer.missing".
    """
    request = locked_repair(code)
    demand_state(request, State.DECIDED, State.REVIEW, State.RETURNED, State.APPROVED)
    if request.kind != "emergency":
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")
    if by.role not in roles_with(Permission.APPLY_FUND):
        raise RuleViolation("emergency.role", "您的角色不能办这一步")
    settlement, version = settlement_of(request), version_in_force(request)
    if settlement is None or version is None:
        raise RuleViolation("publicity.unsettled", "还没有验收和结算，不能公示费用和分摊")
    before = publicity_of(request)
    found = text_reasons("done", "维修方案", done, 2000)
    found += text_reasons("correction", "更正了什么", correction, 300, may_be_empty=True)
    if before is not None and not explains(correction):
        sentence = "已经公示过；重新公示要写明更正了什么"
        found.append(Reason("publicity.correction", sentence, "correction"))
    demand_none("publicity.invalid", found)
    rule = fund_rules(request.estate, local_day(at))["fund.emergency_post_days"]
    shown = _Shown(
        done.strip(),
        correction.strip() if before else "",
        before.version + 1 if before else 1,
        publicity_end(at, int(rule.value)),
        rule.clause,
    )
    facts = _facts(request, version, settlement, shown, at)
    data = canonical(_data(facts, version))
    document = store_signed(
        facts=facts,
        kind=KIND,
        title=f"{facts.title}（{request.title}）"[:200],
        estate=request.estate,
        pdf=render_emergency(facts, attachments={DATA: data}),
        data=data,
    )
    if before is not None:
        mark_superseded(before.document, by=document, reason=facts.correction)
    made = RepairPublicity.objects.create(
        request=request,
        version=facts.version,
        document=document,
        posted_at=at,
        until=facts.until,
    )
    data_shown = {
        "sha256": document.sha256,
        "version": made.version,
        "until": made.until.isoformat(),
    }
    note(request, "emergency.published", by=by, at=at, text=facts.correction, data=data_shown)
    return made


@transaction.atomic(durable=True)
def file_objection(
    *,
    publicity_id: int,
    unit_label: str,
    text: str,
    submission: str,
    by: By,
    at: datetime,
) -> RepairObjection:
    """Take an owner's objection in, with the next number of the repair.

    `by`: "party:7" for an owner with a letter, or the member of staff who entered it.
    RuleViolation "objection.invalid" with every reason, "objection.period_over",
    "objection.replaced", "objection.too_many".
    """
    request = locked_repair(_repair_of(publicity_id))
    publicity = request.publicities.get(pk=publicity_id)
    sent = publicity.objections.filter(submission=submission).first()
    if sent is not None and sent.filed_by == by.actor:
        return sent
    newest = publicity_of(request)
    if newest is not None and newest.pk != publicity.pk:
        raise RuleViolation("objection.replaced", "已经更正、重新公示，请看新的公示再提出")
    if at >= publicity.until:
        raise RuleViolation(
            "objection.period_over", "公示期已经结束；仍有意见的，可以向街道办事处反映"
        )
    rooms = VersionUnit.objects.filter(
        version__request=request, label=unit_label.strip(), unit__isnull=False
    )
    found = text_reasons("text", "异议的内容", text, 600)
    if text.strip() and not explains(text):
        found.append(Reason("objection.text", "异议的内容请写清楚一些", "text"))
    if not rooms.exists():
        sentence = "请照公示上写房号；只有分摊这笔费用的业主可以提出"
        found.append(Reason("objection.room", sentence, "unit_label"))
    demand_none("objection.invalid", found)
    everyone = objections_to(request)
    if by.actor.startswith("party:"):
        waiting = everyone.filter(filed_by=by.actor, state="open").count()
        if waiting >= MOST_OPEN:
            raise RuleViolation(
                "objection.too_many", f"您家已经有{MOST_OPEN}件异议在等答复，请等有了答复再提"
            )
    made = RepairObjection.objects.create(
        publicity=publicity,
        number=(everyone.aggregate(last=Max("number"))["last"] or 0) + 1,
        submission=submission,
        unit_label=unit_label.strip(),
        text=text.strip(),
        filed_by=by.actor,
        filed_at=at,
    )
    note(request, "emergency.objected", by=by, at=at, data={"number": made.number})
    return made


@transaction.atomic(durable=True)
def answer_objection(
    *, objection_id: int, upheld: bool, answer: str, by: By, at: datetime
) -> RepairObjection:
    """Answer with reasons; by nobody who reported, found or decided.

    Upheld, it stops the last payment until a corrected publicity is over. Harmless where the
    same person gave the same answer already. RuleViolation "objection.invalid",
    "objection.role", "objection.concerned", "objection.state".
    """
    found = RepairObjection.objects.get(pk=objection_id)
    request = locked_repair(_repair_of(found.publicity_id))
    found.refresh_from_db()
    if by.role not in roles_with(Permission.HANDLE_OBJECTION):
        raise RuleViolation("objection.role", "您的角色不能答复异议")
    state = "upheld" if upheld else "answered"
    given = (found.state, found.answered_by, found.answer)
    if given == (state, by.actor, answer.strip()):
        return found
    if found.state != "open":
        raise RuleViolation("objection.state", "这件异议已经答复或者撤回")
    demand_another(
        by.actor,
        *concerned(request),
        code="objection.concerned",
        sentence="上报、认定、决定和公示的人不能答复对它的异议，请另一个人来办",
    )
    reasons = text_reasons("answer", "答复", answer, 600)
    if answer.strip() and not explains(answer):
        reasons.append(Reason("objection.answer", "答复要说明理由", "answer"))
    demand_none("objection.invalid", reasons)
    found.state, found.answer = state, answer.strip()
    found.answered_by, found.answered_at = by.actor, at
    found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    data = {"number": found.number, "upheld": upheld}
    note(request, "emergency.answered", by=by, at=at, text=found.answer, data=data)
    return found


@transaction.atomic(durable=True)
def withdraw_objection(*, objection_id: int, by: By, at: datetime) -> RepairObjection:
    """Whoever filed it takes it back; what was said stays on record.

    RuleViolation "objection.not_yours", "objection.state".
    """
    found = RepairObjection.objects.get(pk=objection_id)
    request = locked_repair(_repair_of(found.publicity_id))
    found.refresh_from_db()
    if found.filed_by != by.actor:
        raise RuleViolation("objection.not_yours", "只能撤回自己提出或者登记的异议")
    if found.state == "withdrawn":
        return found
    if found.state != "open":
        raise RuleViolation("objection.state", "这件异议已经答复或者撤回")
    found.state = "withdrawn"
    found.save(update_fields=["state"])
    data = {"number": found.number}
    note(request, "emergency.objection_withdrawn", by=by, at=at, data=data)
    return found


def concerned(request: RepairRequest) -> set[str]:
    """Who reported, found, decided or published: none of them judges an objection to it."""
    return {
        request.created_by,
        *request.findings.values_list("found_by", flat=True),
        *request.emergency_decisions.values_list("decided_by", flat=True),
        *request.steps.filter(kind="emergency.published").values_list("actor", flat=True),
    }


def _repair_of(publicity_id: int) -> str:
    rows = RepairPublicity.objects.values_list("request__code", flat=True)
    return str(rows.get(pk=publicity_id))


def _facts(
    request: RepairRequest,
    version: RepairVersion,
    settlement: Settlement,
    shown: _Shown,
    at: datetime,
) -> EmergencyFacts:
    finding, decision = last_finding(request), last_decision(request)
    assert finding is not None and decision is not None  # noqa: S101, PT018 (it is DECIDED)
    reported_at = request.emergency.reported_at
    assert reported_at is not None  # noqa: S101
    papers = request.files.filter(removed_at=None).filter(kind__in=_SHOWN).order_by("pk")
    kinds = dict(RepairFile.KINDS)
    parties = "、".join(PARTIES.get(one, one) for one in finding.parties)
    kind = dict(RepairRequest.APPLICANTS).get(decision.decided_by_kind, "主管部门")
    shares = final_shares(version, settlement.final_fen)
    basis = (
        f"按业主的约定（{request.share_clause}）由下列房屋分摊，"
        if version.share_basis == "agreed"
        else "按专有部分面积的比例由下列房屋分摊（民法典第283条），"
    )
    if any(one.is_seller for one in shares):
        basis = SHARED_WITH_SELLER + basis
    code = new_code(LENGTH, choice)
    return EmergencyFacts(
        number=next_number(request.estate, series=SERIES, at=at),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=request.estate.name,
        issued_at=at,
        issuer=request.applicant,
        repair=request.code,
        repair_title=request.title,
        version=shown.number,
        correction=shown.correction,
        situation=situation_words(request.emergency.situation),
        place=f"{_scope_words(request)}{request.place}（{PARTS[request.part]}）",
        applicant=request.applicant,
        phone=request.contact_phone,
        reported_at=reported_at,
        found=f"{finding.authority.name}到现场认定属于紧急情况，在场：{parties}",
        decided=f"{kind}决定，依据：{decision.clause}",
        most_fen=decision.most_fen,
        done=shown.done,
        final_fen=settlement.final_fen,
        accepted_on=settlement.accepted_on,
        warranty_until=settlement.warranty_until,
        basis=basis,
        papers=tuple(PaperSeen(str(kinds[one.kind]), one.name, one.sha256) for one in papers),
        rows=tuple(
            ShareRow(one.room, one.area, one.fen) for one in shares if not one.is_seller
        ),
        sellers=tuple(ShareRow(one.room, one.area, one.fen) for one in shares if one.is_seller),
        until=shown.until,
        clause=shown.clause,
    )


def _scope_words(request: RepairRequest) -> str:
    """The buildings and entrances before a place; empty for the whole estate."""
    names = dict(Building.objects.filter(estate=request.estate_id).values_list("pk", "name"))
    return "、".join(
        names[part["building"]] + (part["entrance"] or "") for part in request.scope
    )


def _data(facts: EmergencyFacts, version: RepairVersion) -> dict[str, Any]:
    data = {
        "repair": facts.repair,
        "publicity": facts.version,
        "repair_version": version.number,
        "repair_version_sha256": version.sha256,
        "final_fen": facts.final_fen,
        "most_fen": facts.most_fen,
        "accepted_on": str(facts.accepted_on),
        "until": facts.until.isoformat(),
        "papers": [one._asdict() for one in facts.papers],
        "units": [row._asdict() for row in facts.rows],
    }
    if facts.sellers:
        data["sellers"] = [{"label": one.room, "fen": one.fen} for one in facts.sellers]
    return data
