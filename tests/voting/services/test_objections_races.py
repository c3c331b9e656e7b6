"""The same objection on several desks at the same instant: one act counts, once.

On SQLite one writer waits for the other; on PostgreSQL the session's row lock decides.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from accounts.models import Message
from core.deadlines import publicity_end
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import CLOSE, FOR, frozen_vote, make_profile, small_estate
from tests.voting.services.test_objections import IN_TIME, answer, dispute, file
from tests.voting.services.test_races import at_once
from tests.voting.services.test_rulings import OVER, STREET, SUPERVISOR
from voting.models import Objection
from voting.selectors import unsettled
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.objections import (
    confirm_finding,
    decline_finding,
    propose_finding,
    withdraw_objection,
)
from voting.services.resolutions import issue_resolution, post_preliminary
from voting.steps import Signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]

DESKS = [Signer("user:1", "organiser"), Signer("user:11", "organiser")]
RESIDENTS = Signer("user:4", "residents_committee")


@pytest.fixture
def vote(settings: Any, tmp_path: Any) -> Any:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    make_profile("raced", challenge_hours=48, prelim_result_post_days=7)
    estate = small_estate()
    estate.profile_code = "raced"
    estate.save()
    made = frozen_vote(estate)
    for number in range(1, 6):
        made.cast(number, [FOR])
    close_session(session_id=made.session.pk, at=CLOSE)
    made.session.refresh_from_db()
    return made


def refusals(got: list[Any]) -> list[str]:
    return [one for one in got if isinstance(one, str)]


def logged(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def proposing(objection: Objection, signer: Signer, *, upheld: bool = False) -> Any:
    return partial(
        propose_finding,
        objection_id=objection.pk,
        upheld=upheld,
        reason="两次核对笔迹",
        signer=signer,
        at=IN_TIME,
    )


def test_two_desks_answer_one_objection_in_opposite_ways(vote: Any) -> None:
    made = file(vote)
    got = at_once(
        partial(answer, made, DESKS[0], upheld=True, reason="属实"),
        partial(answer, made, DESKS[1], upheld=False, reason="不属实"),
    )
    assert refusals(got) == ["objection.state"]
    kept = Objection.objects.get()
    (won,) = [one for one in got if isinstance(one, Objection)]
    # The one answer is whole: verdict, words and name of the same desk.
    said = {"user:1": (True, "属实"), "user:11": (False, "不属实")}
    assert (kept.upheld, kept.answer) == said[kept.answered_by]
    assert kept.answered_by == won.answered_by
    assert logged("objection.answered") == 1
    assert Message.objects.filter(template="objection_answered").count() == 1


def test_a_double_tap_is_one_answer(vote: Any) -> None:
    made = file(vote)
    got = at_once(*[partial(answer, made, DESKS[0])] * 4)
    assert refusals(got) == []
    assert logged("objection.answered") == 1


def test_an_answer_against_its_withdrawal(vote: Any) -> None:
    """Answered first, it can still be taken back; withdrawn first, nobody answers any more."""
    made = file(vote)
    withdraw = partial(
        withdraw_objection, objection_id=made.pk, actor=f"party:{made.party_id}", at=IN_TIME
    )
    got = at_once(partial(answer, made, DESKS[0]), withdraw)
    assert refusals(got) in ([], ["objection.state"])
    kept = Objection.objects.get()
    assert kept.state == "withdrawn"
    assert bool(kept.answered_by) is (refusals(got) == [])


def test_two_who_propose_at_once(vote: Any) -> None:
    made = dispute(answer(file(vote)))
    got = at_once(proposing(made, STREET), proposing(made, RESIDENTS))
    assert refusals(got) == ["objection.state"]
    kept = Objection.objects.get()
    assert (kept.proposed_by, kept.proposed_role) in {
        (one.actor, one.role) for one in (STREET, RESIDENTS)
    }
    assert logged("objection.finding_proposed") == 1


def test_two_seconds_say_yes_and_no_and_the_first_thinks_again(vote: Any) -> None:
    made = dispute(answer(file(vote)))
    proposing(made, STREET)()
    given = {"objection_id": made.pk, "at": IN_TIME}
    got = at_once(
        partial(confirm_finding, signer=SUPERVISOR, **given),
        partial(decline_finding, signer=RESIDENTS, **given),
        partial(decline_finding, signer=STREET, **given),
    )
    assert refusals(got) == ["objection.state"] * 2
    kept = Objection.objects.get()
    ruled = kept.state == "ruled"
    assert kept.state in {"ruled", "disputed"}
    assert logged("objection.ruled") == ruled
    assert logged("objection.finding_declined") == (not ruled)
    assert bool(kept.ruled_by) is ruled


def test_two_seconds_say_yes_and_it_is_ruled_once(vote: Any) -> None:
    made = dispute(answer(file(vote)))
    proposing(made, STREET)()
    given = {"objection_id": made.pk, "at": IN_TIME}
    seconds = (SUPERVISOR, RESIDENTS)
    got = at_once(*[partial(confirm_finding, signer=one, **given) for one in seconds])
    assert refusals(got) == ["objection.state"]
    assert logged("objection.ruled") == 1
    assert Message.objects.filter(template="objection_ruled").count() == 1


def test_filed_at_once_each_has_its_own_number(vote: Any) -> None:
    got = at_once(*[partial(file, vote, number) for number in range(1, 6)])
    assert sorted(one.number for one in got) == [1, 2, 3, 4, 5]


def test_an_answer_against_a_dispute_at_the_end_of_its_days(vote: Any) -> None:
    """Disputed in the last second, or settled: the count agrees with what is written."""
    made = answer(file(vote))
    assert made.dispute_until == publicity_end(IN_TIME, 2)
    last = made.dispute_until - timedelta(seconds=1)
    count = partial(count_session, session_id=vote.session.pk, at=made.dispute_until)
    got = at_once(partial(dispute, made, last), count)
    counted = vote.session.board.entries.filter(kind="tally").exists()
    state = Objection.objects.get().state
    # Counted first, the dispute is written and settled before the resolution; else it waits.
    assert state == "disputed"
    assert refusals(got) == ([] if counted else ["count.objection_open"])


def test_an_objection_in_the_last_second_against_the_resolution(vote: Any) -> None:
    """Taken in first, the resolution waits; resolved first, it is refused: never both."""
    at = OVER + timedelta(hours=47)
    count_session(session_id=vote.session.pk, at=at)
    until = post_preliminary(session_id=vote.session.pk, at=at).until
    last = until - timedelta(seconds=1)
    resolve = partial(issue_resolution, session_id=vote.session.pk, at=until)
    got = at_once(partial(file, vote, 1, "result", last), resolve)
    vote.session.refresh_from_db()
    waiting = unsettled(session=vote.session, at=until).count()
    if vote.session.state == "resolved":
        assert refusals(got) == ["objection.period_over"]
        assert waiting == 0
    else:
        assert refusals(got) == ["resolution.objection_open"]
        assert waiting == 1
        with pytest.raises(RuleViolation):
            resolve()
