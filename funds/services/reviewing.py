"""Reviewing an application for the fund: each desk passes it on or returns it, once.

Whoever applied does not review, nobody sits at two desks of one application, and a decision
that is challenged keeps every desk from passing it. The last desk's word is the opinion
(审核意见书; 自管: 使用决定书), signed in the same transaction: there is no approval without it.
"""

from collections.abc import Mapping
from datetime import datetime
from secrets import choice
from typing import NamedTuple

from django.db import transaction

from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from documents.models import Document
from documents.opinions import OPINION_NAME, opinion_json, render_opinion
from documents.steps import next_number, store_signed
from funds.domain.repairs import Desk, State
from funds.domain.reviewing import CHECKS, CODES, Answer, answer_reasons, next_step
from funds.facts import opinion_facts
from funds.models import FundApplication, RepairRequest, Review
from funds.selectors.applications import passed_application
from funds.selectors.gates import gate_reasons
from funds.selectors.reviewing import concerned, steps_of
from funds.steps import (
    By,
    demand_state,
    locked_repair,
    move,
    note,
    settle_if_done,
    to_review_desk,
)
from voting.domain.drafts import text_reasons

_NOTE, _DEPUTISES, _HOLD = 400, 200, 300
_STEPS = dict(Review.STEPS)


class Word(NamedTuple):
    """What a desk says: "pass" or "return", every check answered.

    `step`: the desk as the reviewer saw it; where it lies elsewhere meanwhile, the word is
    refused. `deputises`: for whom somebody stands in, and why.
    """

    step: str
    outcome: str
    answers: Mapping[str, Answer]
    remark: str = ""
    deputises: str = ""
    number: int | None = None  # of the application that was on the page


@transaction.atomic(durable=True)
def review_application(
    *,
    code: str,
    word: Word,
    by: By,
    name: str,
    at: datetime,
) -> FundApplication:
    """One desk's word on the application that lies there.

    `name`: of the reviewer, as printed on the opinion. RuleViolation "review.moved",
    "review.own", "review.twice", "review.invalid" with every
    reason, "review.gate" where it cannot pass now, "signer.missing".
    """
    request = locked_repair(code)
    demand_state(request, State.REVIEW)
    application = request.applications.select_related("version__motion").get(state="filed")
    application.request = request
    if word.number not in (None, application.number):
        raise _moved()
    _demand_reviewer(application, word.step, by)
    demand_none("review.invalid", _word_reasons(word))
    gate = gate_reasons(request, application.version)
    if word.outcome == "pass" and gate:
        raise RuleViolation("review.gate", "；".join(gate), reasons=gate)
    Review.objects.create(
        application=application,
        step=word.step,
        outcome=word.outcome,
        checks={check: word.answers[check]._asdict() for check in CODES},
        note=word.remark.strip(),
        reviewer=by.actor,
        reviewer_name=name,
        role=by.role,
        authority_id=by.authority,
        deputises=word.deputises.strip(),
        at=at,
    )
    if word.outcome == "return":
        _return(application, word, by, at)
    else:
        _pass(application, word.step, by, at)
    return application


def _word_reasons(word: Word) -> list[Reason]:
    found = answer_reasons(word.answers, returns=word.outcome == "return")
    if word.outcome not in dict(Review.OUTCOMES):
        found.append(Reason("review.outcome", "请选择通过或者退回", "outcome"))
    for field, text, label, most in (
        ("remark", word.remark, "意见", _NOTE),
        ("deputises", word.deputises, "代谁办理", _DEPUTISES),
    ):
        found += text_reasons(field, label, text, most, may_be_empty=True)
    return found


def _demand_reviewer(application: FundApplication, step: str, by: By) -> None:
    if application.request.desk != step:
        raise _moved()
    if by.actor in concerned(application):
        raise RuleViolation("review.own", "您参与过这项申请，不能自己审核，请别人来办")
    if application.reviews.filter(reviewer=by.actor).exists():
        raise RuleViolation(
            "review.twice", "您已经办过这项申请的一个环节，下一个环节要由别人来办"
        )


def _moved() -> RuleViolation:
    return RuleViolation(
        "review.moved", "这项申请已经由别人办理，或者换了新的申请，请刷新页面再看"
    )


def _return(
    application: FundApplication,
    word: Word,
    by: By,
    at: datetime,
) -> None:
    application.state, application.settled_at = "returned", at
    application.save(update_fields=["state", "settled_at"])
    request = application.request
    move(request, State.RETURNED, Desk("applicant"), due_at=None, at=at)
    said = [
        f"{check.text}：{word.answers[check.code].note.strip()}"
        for check in CHECKS
        if not word.answers[check.code].ok
    ]
    text = "；".join(filter(None, [*said, word.remark.strip()]))
    facts = {"application": application.number, "desk": word.step}
    note(request, "returned", by=by, at=at, text=text[:1000], data=facts)


def _pass(application: FundApplication, step: str, by: By, at: datetime) -> None:
    request = application.request
    passed = application.reviews.filter(outcome="pass").values_list("step", flat=True)
    following = next_step(steps_of(application), list(passed))
    facts = {"application": application.number, "desk": step}
    if following is not None:
        to_review_desk(request, following, at=at)
        note(request, "passed_on", by=by, at=at, text=f"{_STEPS[step]}：通过", data=facts)
        return
    document = _opinion(application, at)
    application.state, application.settled_at = "passed", at
    application.opinion = document
    application.save(update_fields=["state", "settled_at", "opinion"])
    move(request, State.APPROVED, Desk("works"), due_at=None, at=at)
    facts |= {"opinion": document.number, "sha256": document.sha256}
    note(request, "approved", by=by, at=at, text=f"审核通过，{document.number}", data=facts)


def _opinion(application: FundApplication, at: datetime) -> Document:
    estate = application.request.estate
    facts = opinion_facts(
        application,
        number=next_number(estate, series="资", at=at),
        code=new_code(LENGTH, choice),
        at=at,
    )
    data = opinion_json(facts)
    return store_signed(
        facts=facts,
        kind="fund_opinion",
        title=f"{facts.title}（{application.request.title}）",
        estate=estate,
        pdf=render_opinion(facts, attachments={OPINION_NAME: data}),
        data=data,
    )


@transaction.atomic(durable=True)
def order_correction(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """责令改正: no money leaves while it stands (165号令 23). RuleViolation "hold.reason",
    "hold.stands".
    """
    request = locked_repair(code)
    demand_state(request, State.DECIDED, State.REVIEW, State.RETURNED, State.APPROVED)
    if request.hold:
        raise RuleViolation("hold.stands", "已经责令改正，还没有改正完成，不用再登记")
    demand_none("hold.reason", text_reasons("reason", "要改正什么", reason, _HOLD))
    request.hold = reason.strip()
    request.save(update_fields=["hold"])
    note(request, "correction_ordered", by=by, at=at, text=request.hold)
    return request


@transaction.atomic(durable=True)
def lift_correction(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """What was ordered has been put right. RuleViolation "hold.none", "hold.reason"."""
    request = locked_repair(code)
    if not request.hold:
        raise RuleViolation("hold.none", "没有责令改正，不用解除")
    demand_none("hold.reason", text_reasons("reason", "怎样改正的", reason, _HOLD))
    request.hold = ""
    request.save(update_fields=["hold"])
    note(request, "correction_done", by=by, at=at, text=reason.strip())
    application = passed_application(request)
    if application is not None and request.state == State.APPROVED:
        settle_if_done(request, application, by=by, at=at)
    return request


@transaction.atomic(durable=True)
def note_seen(*, code: str, by: By, at: datetime) -> RepairRequest:
    """自管: the authority has seen what the committee filed; harmless where that was done."""
    request = locked_repair(code)
    if request.custody != "self" or request.state not in {State.APPROVED, State.SETTLED}:
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")
    if not request.steps.filter(kind="filing_seen").exists():
        note(request, "filing_seen", by=by, at=at, text="主管部门已阅备案")
    return request
