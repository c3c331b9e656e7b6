"""Questions of owners to what was published, answered in public by a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day, publicity_end
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from disclosures.domain.wording import covering_reasons
from disclosures.models import Publication, Question
from disclosures.selectors.questions import has_line
from disclosures.selectors.rules import account_rules
from disclosures.services.sources import MOST_OPEN, Said, unit_reasons
from disclosures.steps import By, locked_estate, next_number, shown_text
from logbook.steps import record_act
from voting.domain.drafts import text_reasons


@transaction.atomic(durable=True)
def ask(
    *,
    publication_id: int,
    kind: str,
    line: int | None,
    said: Said,
    by: By,
    at: datetime,
) -> Question:
    """Take a question in, about one line or the whole; the same submission is one.

    RuleViolation "question.invalid" with every reason, "question.replaced" where a newer
    version is out, "question.too_many". What the household asked in these words and still
    waits for is that question.
    """
    rows = Publication.objects.select_related("period__book")
    publication = rows.get(pk=publication_id)
    estate = locked_estate(publication.period.book.estate_id)
    known = estate.questions.filter(submission=said.submission).first()
    if known is not None:
        return known
    publication.period.refresh_from_db(fields=["version"])
    if publication.version != publication.period.version:
        raise RuleViolation("question.replaced", "这一期已经更正、重新公布，请看新的一版再提")
    found = text_reasons("text", "问题", said.text, 400)
    if kind not in dict(Question.KINDS):
        found.append(Reason("question.kind", "请选择是提问，还是这个数字不对", "kind"))
    found += unit_reasons(estate, said)
    if line is not None and not has_line(publication, line):
        found.append(Reason("question.line", "公布的账里没有这一笔", "line"))
    demand_none("question.invalid", found)
    mine = estate.questions.filter(unit=said.unit, state="open")
    same = mine.filter(
        publication__period=publication.period, kind=kind, line=line, text=said.text.strip()
    ).first()
    if said.unit is not None and same is not None:
        return same
    if said.unit is not None and mine.count() >= MOST_OPEN:
        raise RuleViolation(
            "question.too_many",
            f"您家已经有{MOST_OPEN}件在等答复，请等有了答复再提，或者撤回一件",
        )
    days = account_rules(estate, local_day(at)).number("revenue.answer_days")
    made = Question.objects.create(
        estate=estate,
        publication=publication,
        number=next_number(estate.questions),
        submission=said.submission,
        kind=kind,
        line=line,
        text=said.text.strip(),
        unit_id=said.unit,
        filed_by=by.actor,
        filed_at=at,
        due_at=publicity_end(at, days),
    )
    _note(made, "question.asked", {"kind": kind, "line": line or 0}, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def answer(
    *,
    question_id: int,
    upheld: bool,
    text: str,
    covered: Sequence[str],
    by: By,
    at: datetime,
) -> Question:
    """Answer in public; upheld, the period is to be corrected and published again.

    What the owner wrote is shown as written, but for `covered` words. Harmless where the same
    person gave the same answer. RuleViolation "question.invalid", "question.state",
    "question.role".
    """
    question = _locked(question_id)
    state = "upheld" if upheld else "answered"
    if by.role not in roles_with(Permission.ANSWER_ACCOUNTS):
        raise RuleViolation("question.role", "您的角色不能答复")
    if (question.state, question.answered_by, question.answer) == (
        state, by.actor, text.strip(),
    ):  # fmt: skip
        return question
    if question.state != "open":
        raise RuleViolation("question.state", "这一件已经答复或者撤回")
    found = shown_text("text", "答复", text, 600)
    if text.strip() and not explains(text):
        found.append(Reason("question.answer", "答复要说明情况（至少4个字）", "text"))
    found += covering_reasons(question.text, covered)
    demand_none("question.invalid", found)
    question.state, question.answer = state, text.strip()
    question.covered = [word.strip() for word in covered if word.strip()]
    question.answered_by, question.answered_role, question.answered_at = by.actor, by.role, at
    question.save()
    facts = {"upheld": upheld, "covered": len(question.covered)}
    _note(question, "question.answered", facts, by=by, at=at)
    return question


@transaction.atomic(durable=True)
def withdraw(*, question_id: int, unit: int, by: By, at: datetime) -> Question:
    """The household that asked takes it back; what was said stays on record.

    RuleViolation "question.not_yours", "question.state".
    """
    question = _locked(question_id)
    if question.unit_id != unit:
        raise RuleViolation("question.not_yours", "只能撤回自己家提的")
    if question.state == "withdrawn":
        return question
    if question.state != "open":
        raise RuleViolation("question.state", "这一件已经答复或者撤回")
    question.state = "withdrawn"
    question.save(update_fields=["state"])
    _note(question, "question.withdrawn", {}, by=by, at=at)
    return question


def _locked(question_id: int) -> Question:
    question = Question.objects.get(pk=question_id)
    question.estate = locked_estate(question.estate_id)
    question.refresh_from_db(fields=["state", "answer", "answered_by"])
    return question


def _note(
    question: Question, act: str, facts: Mapping[str, object], *, by: By, at: datetime
) -> None:
    body = {"question": question.number, "role": by.role, **facts}
    record_act(f"estate/{question.estate.code}", act, body, actor=by.actor, at=at)
