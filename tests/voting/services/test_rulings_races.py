"""Rulings at once, and killed half-way: whoever comes first decides, once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from accounts.models import Message
from tests.factories import CLOSE, FOR, frozen_vote, make_profile, small_estate
from tests.voting.services.test_kills import run
from tests.voting.services.test_races import at_once
from voting.models import Ruling
from voting.selectors import result_of
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.rulings import (
    Signer,
    confirm_ruling,
    decline_ruling,
    propose_ruling,
    withdraw_ruling,
)
from voting.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]

ORGANISER = Signer("user:1", "organiser")
SUPERVISOR = Signer("user:2", "supervisor")
STREET = Signer("user:3", "street_office")
OVER = CLOSE + timedelta(hours=2)


@pytest.fixture
def vote() -> Any:
    make_profile("waiting", challenge_hours=2)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    made = frozen_vote(estate)
    for number in (1, 2, 3):
        made.cast(number, [FOR])
    close_session(session_id=made.session.pk, at=CLOSE)
    return made


def proposing(vote: Any, signer: Signer, number: int = 1) -> Any:
    return partial(
        propose_ruling,
        session_id=vote.session.pk,
        number=number,
        reason="信被别人取走",
        name="a.pdf",
        content=b"%PDF-1.4\n",
        signer=signer,
        at=CLOSE,
    )


def kinds(vote: Any) -> list[str]:
    return list(vote.session.board.entries.order_by("seq").values_list("kind", flat=True))


def test_a_double_tap_is_one_proposal_and_one_ruling(vote: Any) -> None:
    got = at_once(*[proposing(vote, ORGANISER)] * 4)
    assert {ruling.pk for ruling in got} == {Ruling.objects.get().pk}
    confirm = partial(confirm_ruling, ruling_id=got[0].pk, signer=SUPERVISOR, at=CLOSE)
    assert {ruling.state for ruling in at_once(*[confirm] * 4)} == {"confirmed"}
    assert kinds(vote).count("ruling") == 1


def test_two_proposers_of_one_party(vote: Any) -> None:
    got = at_once(proposing(vote, ORGANISER), proposing(vote, STREET))
    assert [one for one in got if isinstance(one, str)] == ["ruling.open"]
    assert Ruling.objects.count() == 1


def test_yes_no_and_back_at_once(vote: Any) -> None:
    ruling = proposing(vote, ORGANISER)().pk
    got = at_once(
        partial(confirm_ruling, ruling_id=ruling, signer=SUPERVISOR, at=CLOSE),
        partial(decline_ruling, ruling_id=ruling, reason="不", signer=STREET, at=CLOSE),
        partial(withdraw_ruling, ruling_id=ruling, signer=ORGANISER, at=CLOSE),
    )
    assert [one for one in got if isinstance(one, str)] == ["ruling.decided"] * 2
    confirmed = Ruling.objects.get().state == "confirmed"
    assert kinds(vote).count("ruling") == confirmed


def test_the_count_against_the_decision(vote: Any, tmp_path: Any) -> None:
    ruling = proposing(vote, ORGANISER)().pk
    count = partial(count_session, session_id=vote.session.pk, at=OVER)
    at_once(partial(confirm_ruling, ruling_id=ruling, signer=SUPERVISOR, at=OVER), count)
    count()  # where it came first it was sent away
    assert kinds(vote)[-4:] == ["ruling", "tally", "decryption", "result"]
    vote.session.refresh_from_db()
    assert result_of(vote.session).ballots.counted == 2
    export_board(vote.session, tmp_path / "board", at=OVER)
    report = verify(tmp_path / "board")
    assert report.ok, report.as_text()


def test_the_count_against_a_late_proposal(vote: Any) -> None:
    """Proposed first, the count waits for it; counted first, it is about totals alone."""
    count = partial(count_session, session_id=vote.session.pk, at=OVER)
    got = at_once(proposing(vote, ORGANISER), count)
    refused = [one for one in got if isinstance(one, str)]
    counted = "result" in kinds(vote)
    assert refused == ([] if counted else ["count.ruling_open"])
    assert Ruling.objects.filter(state="proposed").exists()


@pytest.mark.parametrize(
    "struck", ["append_to", "_decide", "queue_message", "checkpoint_board"]
)
def test_a_decision_killed_before_its_commit_can_be_made_again(vote: Any, struck: str) -> None:
    ruling = proposing(vote, ORGANISER)().pk
    run(
        "tests.voting.services.killed_acts.confirm",
        strike=["voting.services.rulings", struck, "after"],
        actor=SUPERVISOR.actor,
        role=SUPERVISOR.role,
        ruling_id=ruling,
        at=CLOSE,
    )
    assert Ruling.objects.get().state == "proposed"
    assert "ruling" not in kinds(vote)
    sent = Message.objects.filter(template="ballots_excluded")
    assert not sent.exists()
    confirm_ruling(ruling_id=ruling, signer=SUPERVISOR, at=CLOSE)
    assert kinds(vote).count("ruling") == sent.count() == 1
