"""指导 by the street office: handed in, commented on with articles, answered, over in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from core.workdays import workdays_end
from logbook.steps import record_act
from registry.selectors import profile_for
from voting.domain.reasons import Reason, demand_none
from voting.domain.reviewing import answer_reasons, comment_reasons, fingerprint
from voting.models import Review, ReviewComment, Session
from voting.selectors import last_review, motions_of, shown_to_street
from voting.services.convening import locked_draft
from voting.services.freezing import weigh

# What may still be open when a draft is handed in: it is settled in the meantime.
_LATER = (
    "review.",
    "posting.",
    "keys.",
    "notice.",
    "opening.",
    "closing.",
    "roll.",
    "profile.",
)
_DAYS = 5


@transaction.atomic(durable=True)
def submit_draft(*, session_id: int, actor: str, at: datetime) -> Review:
    """Hand a draft to the street office; its working days begin tomorrow.

    Harmless where the same draft is there already. RuleViolation "review.not_ready" with
    facts["reasons"], "review.rehearsal".
    """
    session = locked_draft(session_id)
    if session.rehearsal:
        raise RuleViolation("review.rehearsal", "演练不用送街道指导")
    found = [r for r in weigh(session, at=at).reasons if not r.code.startswith(_LATER)]
    demand_none("review.not_ready", found)
    digest = fingerprint(shown_to_street(session, motions_of(session)))
    before = last_review(session)
    if before is not None and before.sha256 == digest:
        return before
    stated = profile_for(session.estate, local_day(at)).get("street_review_days")
    days = stated.value if stated else _DAYS
    due = workdays_end(at, days)
    review = Review.objects.create(
        session=session,
        sha256=digest,
        days=days,
        clause=stated.clause if stated else "平台默认，法律没有规定",
        submitted_by=actor,
        submitted_at=at,
        ends_at=due.at,
        warning=due.warning,
    )
    _record(review, "review.submitted", {"sha256": digest, "days": days}, actor=actor, at=at)
    return review


@transaction.atomic(durable=True)
def raise_comment(
    *, review_id: int, clause: str, text: str, actor: str, at: datetime
) -> ReviewComment:
    """A reason of law of the street office, within its period.

    RuleViolation "comment.invalid", "review.over", "review.same_person", "session.not_draft".
    """
    review = _locked(review_id)
    _demand_another(review, actor)
    _demand_running(review, at)
    demand_none("comment.invalid", comment_reasons(clause=clause, text=text))
    comment = review.comments.create(
        clause=clause, text=text.strip(), raised_by=actor, raised_at=at
    )
    _record(review, "review.comment", {"clause": clause}, actor=actor, at=at)
    return comment


@transaction.atomic(durable=True)
def answer_comment(
    *, comment_id: int, kind: str, answer: str, actor: str, at: datetime
) -> ReviewComment:
    """The organiser's answer, once. "fixed": the draft was or will be changed accordingly.

    RuleViolation "answer.invalid", "answer.given", "answer.nothing_fixed".
    """
    comment = ReviewComment.objects.get(pk=comment_id)
    review = _locked(comment.review_id)
    comment.refresh_from_db()
    demand_none("answer.invalid", answer_reasons(kind=kind, answer=answer))
    if comment.answer_kind:
        raise RuleViolation("answer.given", "这条意见已经答复过了")
    session = review.session
    if kind == "fixed":
        now = fingerprint(shown_to_street(session, motions_of(session)))
        if now == review.sha256:
            sentence = "草稿还没有改动：先修改，再选“已经修改”，或者选“只作答复”"
            reason = Reason("answer.nothing_fixed", sentence, "kind")
            demand_none("answer.invalid", [reason])
    comment.answer_kind, comment.answer = kind, answer.strip()
    comment.answered_by, comment.answered_at = actor, at
    comment.save(update_fields=["answer_kind", "answer", "answered_by", "answered_at"])
    _record(review, "review.answered", {"kind": kind}, actor=actor, at=at)
    return comment


@transaction.atomic(durable=True)
def finish_review(*, review_id: int, actor: str, at: datetime) -> Review:
    """The street office has nothing more to say; its comments stay. Harmless twice.

    RuleViolation "review.same_person".
    """
    review = _locked(review_id)
    _demand_another(review, actor)
    if review.ended_at is None and at < review.ends_at:
        review.ended_at, review.ended_by = at, actor
        review.save(update_fields=["ended_at", "ended_by"])
        _record(review, "review.finished", {}, actor=actor, at=at)
    return review


def _locked(review_id: int) -> Review:
    """The last review of a draft, read under the lock of its session."""
    session = locked_draft(Review.objects.values_list("session", flat=True).get(pk=review_id))
    review = last_review(session)
    if review is None or review.pk != review_id:
        raise RuleViolation("review.replaced", "草稿已经重新送过一次，请看新的那一次")
    review.session = session
    return review


def _demand_running(review: Review, at: datetime) -> None:
    if review.ended_at is not None or at >= review.ends_at:
        raise RuleViolation("review.over", "提意见的期限已经过了：期满没有提就是没有意见")


def _demand_another(review: Review, actor: str) -> None:
    """Where the street office organises itself too, one person drafts, another one looks."""
    if review.submitted_by == actor:
        raise RuleViolation(
            "review.same_person", "草稿是您送的，不能自己指导，请街道的另一个人来办"
        )


def _record(
    review: Review, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    session: Session = review.session
    facts = {"session": session.code, "review": review.pk, **facts}
    record_act(f"estate/{session.estate.code}", act, facts, actor=actor, at=at)
