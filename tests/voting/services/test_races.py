"""Races: the same act at once in several threads, each with its own connection."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from core.errors import RuleViolation
from logbook.selectors import lines
from logbook.steps import locked_log
from tests.factories import ACTOR, AGAINST, CLOSE, FOR, FREEZE, OPEN, draft_session, even_estate
from tests.factories import frozen_vote as make_vote
from voting import tasks
from voting.models import Ballot, BallotPoint, LetterCode, Party
from voting.selectors import body_of, result_of
from voting.services.casting import cast_plain, cast_sealed
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.drafting import cancel_session
from voting.services.entering import check_second_factor
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session
from voting.services.letters import _rotate
from voting.steps import board_name
from voting.verifier.verification import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
BEFORE_CLOSE = CLOSE - timedelta(seconds=1)


def at_once(*acts: Any) -> list[Any]:
    """Start all acts together; what each returned, or the code of its refusal."""
    gate = threading.Barrier(len(acts))

    def run(act: Any) -> Any:
        try:
            gate.wait(timeout=30)
            return act()
        except RuleViolation as refusal:
            return refusal.facts.get("check", refusal.code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]


def holds(session: Any, folder: Any) -> None:
    export_board(session, folder / "export", at=CLOSE)
    report = verify(folder / "export")
    assert report.ok, report.as_text()


def casting(vote: Any, number: int, ballot: Any, submission: str, at: Any = OPEN) -> Any:
    return lambda: cast_sealed(
        session_id=vote.session.pk,
        party_id=vote.party(number).pk,
        submission=submission,
        ballot=ballot,
        replacement_key=None,
        at=at,
    )


def test_a_double_tap_is_one_ballot():
    vote = make_vote()
    sealed = vote.sealed(1, [FOR])
    got = at_once(*[casting(vote, 1, sealed, "form-1") for _ in range(6)])
    assert len({ballot.pk for ballot in got}) == 1
    assert Ballot.objects.count() == 1
    assert vote.party(1).ballots == 1


def test_one_party_from_two_phones(tmp_path):
    """One of two different ballots is recorded; the other is asked to look again."""
    vote = make_vote()
    got = at_once(
        casting(vote, 1, vote.sealed(1, [FOR]), "phone-1"),
        casting(vote, 1, vote.sealed(1, [AGAINST]), "phone-2"),
    )
    refusals = [one for one in got if isinstance(one, str)]
    # Late before the lock or late under it: either way named, never both recorded.
    assert refusals == ["ballot.overtaken"]
    assert vote.party(1).ballots == 1
    vote.count()
    holds(vote.session, tmp_path)


def test_in_plain_from_two_phones_both_are_recorded_in_turn(tmp_path):
    vote = make_vote()

    def plain(choices: Any, submission: str) -> Any:
        return lambda: cast_plain(
            session_id=vote.session.pk,
            party_id=vote.party(1).pk,
            submission=submission,
            choices=choices,
            at=OPEN,
        )

    got = at_once(plain([FOR], "a"), plain([AGAINST], "b"))
    assert {ballot.number for ballot in got} == {1, 2}
    vote.count()
    assert result_of(vote.session).ballots.counted == 1
    holds(vote.session, tmp_path)


def test_all_parties_at_once(tmp_path):
    vote = make_vote(even_estate(8))
    ballots = {number: vote.sealed(number, [FOR]) for number in range(1, 9)}
    got = at_once(*[casting(vote, n, sealed, "form") for n, sealed in ballots.items()])
    assert sorted(ballot.seq for ballot in got) == list(range(1, 9))
    vote.count()
    assert result_of(vote.session).motions[0].votes_for.heads == 8
    holds(vote.session, tmp_path)


def test_a_copied_ballot_at_the_same_moment():
    """Two parties send one and the same ciphertexts: at most its maker's is recorded."""
    vote = make_vote()
    sealed = vote.sealed(1, [FOR])
    got = at_once(casting(vote, 1, sealed, "mine"), casting(vote, 2, sealed, "stolen"))
    assert isinstance(got[0], Ballot)
    assert got[1] == "ballots.credential"


def test_closing_while_people_cast(tmp_path):
    """Every ballot is before the close entry and counted there, or refused."""
    vote = make_vote(even_estate(8))
    ballots = {number: vote.sealed(number, [FOR]) for number in range(1, 9)}
    acts = [casting(vote, n, one, "form", BEFORE_CLOSE) for n, one in ballots.items()]
    acts.insert(3, lambda: close_session(session_id=vote.session.pk, at=CLOSE))
    got = at_once(*acts)
    recorded = [one for one in got if isinstance(one, Ballot)]
    assert {one for one in got if isinstance(one, str)} <= {"vote.closed"}
    stated = body_of(vote.session, "close")
    assert stated["ballots"] == stated["parties"] == len(recorded) == Ballot.objects.count()
    vote.count()
    holds(vote.session, tmp_path)


@pytest.mark.postgres
def test_closing_waits_for_a_ballot_about_to_commit():
    """The ballot holds the board and checks its foreign keys last: yet no deadlock."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock")
    vote = make_vote(even_estate(4))
    ready = threading.Event()

    def ballot() -> None:
        with transaction.atomic():
            BallotPoint.objects.create(session=vote.session, fingerprint=1)
            locked_log(board_name(vote.session.code))
            ready.set()
            time.sleep(
                1
            )  # the close takes the session's row meanwhile, and waits for the board

    def close() -> Any:
        ready.wait(timeout=30)
        return close_session(session_id=vote.session.pk, at=CLOSE)

    _nothing, closed = at_once(ballot, close)
    assert closed.state == "closed"


def test_two_sweepers_at_once(tmp_path, settings):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = make_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    at_once(*[lambda: tasks.sweep_all(CLOSE)] * 3)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    kinds = Counter(
        vote.session.board.entries.exclude(kind="ballot").values_list("kind", flat=True)
    )
    assert kinds == dict.fromkeys(
        ["manifest", "close", "tally", "decryption", "result", "resolution"], 1
    )
    holds(vote.session, tmp_path)


def test_a_letter_reissued_while_its_ballot_comes_in(tmp_path):
    """Either the ballot came first and stands, or the letter was void and it is refused."""
    vote = make_vote()
    sealed = vote.sealed(1, [FOR])
    party = vote.party(1).pk
    got = at_once(
        casting(vote, 1, sealed, "form"),
        lambda: _rotate(party, bytes(16), "0" * 12, "丢失", actor=ACTOR, at=OPEN),
    )
    kinds = list(vote.session.board.entries.values_list("kind", flat=True))
    if isinstance(got[0], Ballot):
        assert kinds == ["manifest", "ballot", "credential"]
    else:
        assert got[0] in {"ballot.overtaken", "ballots.credential"}
        assert kinds == ["manifest", "credential"]
    vote.count()
    holds(vote.session, tmp_path)


def test_freezing_twice_at_once():
    session = draft_session(even_estate(3))
    freeze = lambda: freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)  # noqa: E731
    got = at_once(freeze, freeze)
    assert sum(one == "session.not_draft" for one in got) == 1
    assert Party.objects.count() == LetterCode.objects.count() == 3
    session.refresh_from_db()
    assert [line.count(b'"manifest"') > 0 for line in lines(session.board)] == [True]


def test_called_off_or_frozen_but_not_both():
    session = draft_session(even_estate(3))
    at_once(
        lambda: freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE),
        lambda: cancel_session(session_id=session.pk, reason="有误", actor=ACTOR, at=FREEZE),
    )
    session.refresh_from_db()
    assert session.state == "cancelled"


def test_a_hundred_answers_at_once_are_no_way_round_the_limit():
    vote = make_vote()
    party = vote.party(2).pk
    guess = lambda: check_second_factor(  # noqa: E731
        party_id=party, method="document", answer="999998", family_name="李", at=OPEN
    )
    got = at_once(*[guess] * 12)
    assert Counter(got) == {False: 5, "check.locked": 7}


def test_counting_twice_at_once():
    vote = make_vote()
    vote.cast(1, [FOR])
    close_session(session_id=vote.session.pk, at=CLOSE)
    at_once(*[lambda: count_session(session_id=vote.session.pk, at=CLOSE)] * 2)
    assert vote.session.board.entries.filter(kind="result").count() == 1
