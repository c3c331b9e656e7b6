"""Closing and counting: by the clock, once, and the same from whatever side."""

from datetime import timedelta

import pytest

from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import RuleProfile
from tests.factories import (
    ABSTAIN,
    AGAINST,
    CLOSE,
    FOR,
    draft_session,
    frozen_vote,
    make_profile,
    small_estate,
)
from voting.models import TrusteeKey
from voting.selectors import body_of, progress, result_of
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.keys import destroy_keys

pytestmark = pytest.mark.django_db


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def test_closing_writes_down_who_took_part_once():
    vote = frozen_vote()
    vote.cast(1, [FOR])
    vote.cast(1, [AGAINST])
    vote.cast(6, [FOR])
    one_before = CLOSE - timedelta(microseconds=1)
    close = lambda at: close_session(session_id=vote.session.pk, at=at)  # noqa: E731
    assert code_of(lambda: close(one_before)) == "close.too_early"
    close(CLOSE)
    close(CLOSE + timedelta(days=1))
    assert body_of(vote.session, "close") == {
        "ballots": 3,
        "parties": 2,
        "heads": 2,
        "area": 390_00,
    }
    assert vote.session.board.entries.filter(kind="close").count() == 1


def test_a_draft_is_not_closed_and_an_open_vote_not_counted():
    draft = draft_session(small_estate())
    assert code_of(lambda: close_session(session_id=draft.pk, at=CLOSE)) == "close.not_frozen"
    vote = frozen_vote()
    act = lambda: count_session(session_id=vote.session.pk, at=CLOSE)  # noqa: E731
    assert code_of(act) == "count.not_closed"


def test_nobody_voted():
    vote = frozen_vote()
    vote.count()
    (motion,) = result_of(vote.session).motions
    assert (motion.result, motion.participating) == ("no_quorum", (0, 0))
    assert motion.failed == ("quorum.heads", "quorum.area")


def test_two_thirds_exactly_is_a_quorum():
    vote = frozen_vote()
    for number in (1, 3, 4, 6):  # 4 of 6 heads, 690.00 of 900.00 m²
        vote.cast(number, [FOR])
    vote.count()
    (motion,) = result_of(vote.session).motions
    assert motion.result == "passed"
    heads, area = motion.tests[:2]
    assert (heads.part, heads.whole, heads.needed, heads.share) == (4, 6, 4, "66.66%")
    assert (area.share, area.met) == ("76.66%", True)


def test_a_large_owner_does_not_decide_alone():
    vote = frozen_vote()
    for number in (3, 4, 6):  # 600.00 of 900.00 m², but three heads of six
        vote.cast(number, [FOR])
    vote.count()
    (motion,) = result_of(vote.session).motions
    assert (motion.result, motion.failed) == ("no_quorum", ("quorum.heads",))
    assert motion.flip_words == "还差1人参加。"


def test_abstaining_takes_part_and_can_sink_a_motion():
    vote = frozen_vote()
    for number, choice in ((1, FOR), (2, FOR), (3, ABSTAIN), (4, ABSTAIN), (5, FOR), (6, FOR)):
        vote.cast(number, [choice])
    vote.count()
    (motion,) = result_of(vote.session).motions
    assert (motion.participating, motion.votes_for) == ((6, 900_00), (4, 600_00))
    assert motion.result == "passed"
    assert motion.flip_words == (
        "参加表决的再少3人或300.01平方米，就不足三分之二；"
        "同意的再少1人或150.00平方米，就不过半数。"
    )


def test_a_motion_left_out_is_not_taken_part_in():
    vote = frozen_vote(matters=(5, 9))
    for number in range(1, 7):
        vote.cast(number, [FOR, None if number < 4 else FOR])
    vote.count()
    first, second = result_of(vote.session).motions
    assert first.participating.heads == 6
    assert (second.participating.heads, second.result) == (3, "no_quorum")


def test_there_is_no_result_before_the_count():
    vote = frozen_vote()
    vote.cast(1, [FOR])
    with pytest.raises(ValueError, match="not counted"):
        result_of(vote.session)
    assert set(progress(vote.session, CLOSE)._fields) == {
        "phase",
        "heads",
        "heads_voted",
        "area",
        "area_voted",
        "ballots",
    }


def test_the_count_waits_for_the_challenge_period_of_the_profile():
    make_profile("waiting", challenge_hours=48)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    assert RuleProfile.objects.count() == 2
    vote = frozen_vote(estate)
    vote.cast(1, [FOR])
    close_session(session_id=vote.session.pk, at=CLOSE)
    early = CLOSE + timedelta(hours=48, seconds=-1)
    count = lambda at: count_session(session_id=vote.session.pk, at=at)  # noqa: E731
    assert code_of(lambda: count(early)) == "count.too_early"
    assert body_of(vote.session, "tally") is None
    assert count(CLOSE + timedelta(hours=48)).state == "counted"


def test_counting_twice_counts_once():
    vote = frozen_vote()
    vote.cast(1, [FOR])
    vote.count()
    count_session(session_id=vote.session.pk, at=CLOSE)
    kinds = vote.session.board.entries.values_list("kind", flat=True)
    assert list(kinds)[-4:] == ["close", "tally", "decryption", "result"]
    tally = body_of(vote.session, "tally")
    assert tally["counted"] == [{"party": 1, "seq": 1}]


def test_a_key_is_destroyed_on_its_day_and_the_act_is_on_record():
    vote = frozen_vote()
    vote.count()
    key = TrusteeKey.objects.get()
    due = CLOSE + timedelta(days=400)
    assert destroy_keys(at=CLOSE) == 0
    assert destroy_keys(at=due) == 1
    assert destroy_keys(at=due) == 0
    key.refresh_from_db()
    assert (key.secret, key.destroyed_at) == ("", due)
    line = Entry.objects.get(kind="trustee_key.destroyed").line
    assert parse_canonical(bytes(line))["body"]["session"] == vote.session.code
