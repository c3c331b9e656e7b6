"""联审: which departments were asked about the candidates, and what each replied."""

from datetime import date, datetime
from typing import cast

from django.db import transaction

from committees.domain.pipeline import stage_of
from committees.domain.wording import day_reasons, name_reasons, note_reasons
from committees.formation_steps import Proof, keep_due, locked_formation, note_act
from committees.models import Inquiry, InquiryReply
from committees.selectors.cases import Case
from committees.selectors.pipeline import case_of
from core.deadlines import local_day
from core.reasons import Reason, demand_none

# The usual ones, offered; any other may be named.
DEPARTMENTS = (
    "公安", "民政", "司法行政", "城市管理", "住建", "纪检监察", "法院", "信访", "街道综合执法",
    "社区党组织",
)  # fmt: skip
MOST_DEPARTMENTS = 20


@transaction.atomic(durable=True)
def ask_departments(
    *,
    formation_id: int,
    departments: list[str],
    asked_on: date | None,
    actor: str,
    at: datetime,
) -> list[Inquiry]:
    """Departments were asked; one that was asked before stays as it is.

    RuleViolation "vetting.invalid": nobody to be vetted yet, no department, none that was not
    asked before, a day that cannot be.
    """
    formation = locked_formation(formation_id)
    names = list(dict.fromkeys(one.strip() for one in departments if one.strip()))
    case = case_of(formation, local_day(at))
    known = {one.inquiry.department for one in case.asked}
    found = _asking_reasons(case, asked_on)
    found += day_reasons("asked_on", "征求意见的日期", asked_on, local_day(at))
    if not names:
        found.append(
            Reason("vetting.nobody", "请选择或者填写征求哪些部门的意见", "departments")
        )
    elif set(names) <= known:
        found.append(Reason("vetting.asked", _asked_told(case), "departments"))
    if len(known | set(names)) > MOST_DEPARTMENTS:
        told = f"最多{MOST_DEPARTMENTS}个部门"
        found.append(Reason("vetting.many", told, "departments"))
    for name in names:
        found += name_reasons("other", "部门名称", name)
    demand_none("vetting.invalid", found)
    made = [
        Inquiry.objects.create(
            formation=formation,
            department=name,
            asked_on=cast(date, asked_on),
            asked_by=actor,
            asked_at=at,
        )
        for name in names
        if name not in known
    ]
    if made:
        keep_due(formation, at=at)
        facts = {"formation": formation.pk, "inquiries": [one.pk for one in made]}
        note_act(formation.estate, "departments-asked", facts, actor=actor, at=at)
    return made


def record_reply(
    *,
    inquiry_id: int,
    answer: str,
    day: date | None,
    text: str,
    proof: Proof,
    reason: str = "",
    actor: str,
    at: datetime,
) -> InquiryReply:
    """What a department replied; the same again is one. Another one needs a `reason`.

    `text`: what it objects to, or why it is not asked any more; not needed where it does not
    object. RuleViolation "vetting.invalid", "formation.ended".
    """
    scan = proof.scanned()
    with transaction.atomic(durable=True):
        formation_id = Inquiry.objects.values_list("formation", flat=True).get(pk=inquiry_id)
        formation = locked_formation(formation_id)
        inquiry = Inquiry.objects.get(pk=inquiry_id)
        before = inquiry.replies.last()
        given = (answer, day, text.strip())
        if before and scan is None and (before.answer, before.day, before.text) == given:
            return before
        found = day_reasons("day", "答复的日期", day, local_day(at))
        if day is not None and day < inquiry.asked_on:
            told = f"答复不能早于征求意见的日期（{inquiry.asked_on}）"
            found.append(Reason("vetting.before", told, "day"))
        if answer not in dict(InquiryReply.ANSWERS):
            found.append(Reason("vetting.answer", "请选择答复的内容", "answer"))
        what = "不再征求的原因" if answer == "recalled" else "异议的理由"
        found += note_reasons("text", what, text, may_be_empty=answer == "none")
        if before is not None:
            found += note_reasons("reason", "更正的原因", reason)
        demand_none("vetting.invalid", found)
        made = InquiryReply.objects.create(
            inquiry=inquiry,
            answer=answer,
            day=cast(date, day),
            text=text.strip(),
            reason=reason.strip(),
            evidence=scan.keep(formation.estate, actor=actor, at=at) if scan else None,
            recorded_by=actor,
            recorded_at=at,
        )
        keep_due(formation, at=at)
        facts = {"inquiry": inquiry.pk, "answer": answer}
        note_act(formation.estate, "department-replied", facts, actor=actor, at=at)
    return made


def _asked_told(case: Case) -> str:
    if case.silent:
        return f"这些部门已经征求过；还没有答复的：{'、'.join(case.silent)}"
    return "这些部门已经征求过，也都答复了"


def _asking_reasons(case: Case, asked_on: date | None) -> list[Reason]:
    if stage_of(case.formation.kind, "vetting") is None:
        return [Reason("vetting.none", "这种组建没有联审这一步")]
    recommended = case.reached.get("candidates")
    if recommended is None:
        return [Reason("vetting.early", "还没有推荐候选人，请先登记推荐候选人这一步")]
    if asked_on is not None and asked_on < recommended:
        told = f"征求意见不能早于推荐候选人的日期（{recommended}）"
        return [Reason("vetting.order", told, "asked_on")]
    return []
