"""指导: reasons of law only, a number of working days, silence is no comment; no veto."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from tests.factories import ACTOR, FREEZE, draft_session, make_profile, small_estate
from voting.domain.reviewing import Reviewed, review_reasons
from voting.models import Review
from voting.selectors import reviews_under_way
from voting.services.drafting import save_motion
from voting.services.freezing import freeze_session, weigh
from voting.services.reviews import answer_comment, finish_review, raise_comment, submit_draft

STREET = "user:9"
# FREEZE is Sunday, 1 March 2026. Handed in on Friday, 27 February (28 February is worked, a
# make-up day of the Spring Festival): five working days end with Thursday, 5 March.
SUBMIT = FREEZE - timedelta(days=2)
OVER = (FREEZE + timedelta(days=5)).astimezone(SHANGHAI).replace(hour=0)


@pytest.fixture
def draft(erasable):
    make_profile("guided", street_review_before_open=True, street_review_days=5)
    estate = small_estate()
    estate.profile_code = "guided"
    estate.save()
    late = OVER + timedelta(days=1)
    return draft_session(
        estate,
        notice_on=late.date(),
        opens_at=late + timedelta(days=17),
        closes_at=late + timedelta(days=27),
    )


pytestmark = pytest.mark.django_db(transaction=True)


def codes(session, at):
    session.refresh_from_db()
    return [reason.code for reason in weigh(session, at=at).reasons]


def submit(session, at=SUBMIT):
    return submit_draft(session_id=session.pk, actor=ACTOR, at=at)


def comment(review, at=FREEZE, **changes):
    said = {"clause": "278-2", "text": "第1项属于第8类，须四分之三同意", **changes}
    return raise_comment(review_id=review.pk, actor=STREET, at=at, **said)


def answer(comment, kind="answered", at=FREEZE):
    return answer_comment(
        comment_id=comment.pk, kind=kind, answer="钢丝绳更换属于维修", actor=ACTOR, at=at
    )


def change(session, text="是否同意更换1号电梯的钢丝绳和曳引轮？"):
    motion = session.motions.get()
    save_motion(
        session_id=session.pk,
        motion_id=motion.pk,
        matter=motion.matter,
        title=motion.title,
        text=text,
        actor=ACTOR,
        at=FREEZE,
    )


def refused(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_silence_is_no_comment_and_the_clock_decides(draft):
    assert codes(draft, SUBMIT) == ["review.missing"]
    review = submit(draft)
    assert review.ends_at == OVER
    assert review.warning == ""
    assert codes(draft, OVER - timedelta(seconds=1)) == ["review.running"]
    assert codes(draft, OVER) == []
    assert list(reviews_under_way(FREEZE)) == [review]
    assert list(reviews_under_way(OVER)) == []
    freeze_session(session_id=draft.pk, actor=ACTOR, at=OVER)


def test_submitted_twice_it_is_one_and_the_clock_runs_on(draft):
    review = submit(draft)
    assert submit(draft, at=FREEZE) == review
    assert Review.objects.get().ends_at == OVER


def test_the_street_may_say_that_it_is_done(draft):
    review = submit(draft)
    finish_review(review_id=review.pk, actor=STREET, at=FREEZE)
    assert codes(draft, FREEZE) == []
    assert refused(comment, review) == "review.over"


def test_who_drafts_does_not_review(draft):
    """Where the street office organises itself, one person has both roles."""
    review = submit(draft)
    said = {"review_id": review.pk, "actor": ACTOR, "at": FREEZE}
    assert refused(finish_review, **said) == "review.same_person"
    said |= {"clause": "278-2", "text": "第1项属于第8类，须四分之三同意"}
    assert refused(raise_comment, **said) == "review.same_person"
    review.refresh_from_db()
    assert review.ended_at is None
    assert not review.comments.exists()


def test_a_comment_waits_for_an_answer_even_when_the_days_are_over(draft):
    said = comment(submit(draft))
    assert codes(draft, OVER) == ["review.unanswered"]
    answer(said)
    assert codes(draft, FREEZE) == ["review.running"]
    # Not a veto: the organiser disagrees, has said why, and may announce.
    assert codes(draft, OVER) == []
    assert refused(answer, said) == "answer.given"


@pytest.mark.parametrize("wrong", [{"clause": "taste"}, {"clause": ""}, {"text": " "}])
def test_only_reasons_of_law_are_taken(draft, wrong):
    assert refused(comment, submit(draft), **wrong) == "comment.invalid"


def test_nothing_is_said_after_the_period(draft):
    review = submit(draft)
    comment(review, at=OVER - timedelta(seconds=1))
    assert refused(comment, review, at=OVER) == "review.over"


def test_a_comment_is_fixed_by_a_change(draft):
    said = comment(submit(draft))
    assert refused(answer, said, "fixed") == "answer.invalid"  # nothing was changed
    change(draft)
    answer(said, "fixed")
    assert codes(draft, OVER) == []


def test_a_change_nobody_asked_for_is_shown_again(draft):
    first = submit(draft)
    change(draft)
    assert codes(draft, OVER) == ["review.changed"]
    second = submit(draft, at=OVER)
    assert second.pk != first.pk
    assert codes(draft, OVER) == ["review.running"]
    assert refused(comment, first, at=OVER) == "review.replaced"


def test_moving_the_dates_is_no_change(draft):
    submit(draft)
    draft.refresh_from_db()
    draft.closes_at += timedelta(days=1)
    draft.save()
    assert codes(draft, OVER) == []


def test_an_unfinished_draft_is_not_handed_in(draft):
    draft.motions.all().delete()
    assert refused(submit, draft) == "review.not_ready"


def test_a_rehearsal_is_not_handed_in(draft):
    draft.rehearsal = True
    draft.save()
    assert refused(submit, draft) == "review.rehearsal"
    assert codes(draft, SUBMIT) == []


def test_a_year_without_known_holidays_is_said(draft):
    far = FREEZE.replace(year=2027)
    assert "2027年的放假安排" in submit(draft, at=far).warning


def test_after_the_announcement_nothing_is_said(draft):
    review = submit(draft)
    freeze_session(session_id=draft.pk, actor=ACTOR, at=OVER)
    for call in (comment, lambda one: finish_review(review_id=one.pk, actor=STREET, at=OVER)):
        assert refused(call, review) == "session.not_draft"


@given(st.lists(st.sampled_from(["", "answered", "fixed"])), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_it_is_never_a_veto(answers, same, ended):
    """Whatever was said: once all is answered and the days are over, it may be announced."""
    reviewed = Reviewed(sha256="a", ends_at=OVER, ended=ended, answers=answers)
    found = review_reasons(reviewed, "a" if same else "b", at=OVER)
    assert bool(found) is ("" in answers or (not same and "fixed" not in answers))
