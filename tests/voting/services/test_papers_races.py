"""Paper ballots at once, and killed half-way: every sheet once, the box once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.factories import FOR, OPEN, small_estate
from tests.voting.services.papers import (
    AFTER,
    COUNTER,
    ONE,
    OTHER_COUNTER,
    STREET,
    TWO,
    close,
    enter,
    enter_twice,
    paper_vote_of,
    reads,
    register,
)
from tests.voting.services.test_races import at_once
from voting.models import BoxCount, PaperBallot, PaperReading
from voting.selectors import balance_of, result_of
from voting.services.box import state_box
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.papers import enter_paper, register_paper
from voting.steps import Signer
from voting.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
ANOTHER = Signer("user:8", "residents_committee")


@pytest.fixture
def vote() -> Any:
    """Parties 1 and 2 on paper, 3 online; closed."""
    made = paper_vote_of(small_estate())
    made.cast(3, [FOR])
    register(made, 1)
    register(made, 2)
    close(made)
    return made


def sheet(vote: Any, number: int) -> PaperBallot:
    return PaperBallot.objects.get(session=vote.session, party__number=number)


def kinds(vote: Any) -> list[str]:
    return list(vote.session.board.entries.order_by("seq").values_list("kind", flat=True))


def reading(vote: Any, number: int, signer: Signer, option: int = 0) -> Any:
    return partial(
        enter_paper,
        paper_id=sheet(vote, number).pk,
        reading=reads(option),
        signer=signer,
        at=AFTER,
    )


def counting(vote: Any, signer: Signer, counted: int = 2) -> Any:
    return partial(
        state_box, session_id=vote.session.pk, counted=counted, signer=signer, at=AFTER
    )


def holds(vote: Any, folder: Any) -> None:
    vote.session.refresh_from_db()
    export_board(vote.session, folder / "board", at=AFTER)
    report = verify(folder / "board")
    assert report.ok, report.as_text()


def test_one_envelope_scanned_at_two_desks() -> None:
    vote = paper_vote_of(small_estate())
    act = partial(
        register_paper,
        session_id=vote.session.pk,
        serial=vote.party(1).serial,
        place="票箱",
        at=OPEN,
    )
    got = at_once(partial(act, signer=ONE), partial(act, signer=TWO))
    assert [one for one in got if isinstance(one, str)] == ["paper.twice"]
    assert PaperBallot.objects.count() == 1


def test_two_second_readers_at_once(vote: Any, tmp_path: Any) -> None:
    enter(sheet(vote, 1), reads(0), ONE)
    got = at_once(reading(vote, 1, TWO), reading(vote, 1, ANOTHER))
    assert [one for one in got if isinstance(one, str)] == ["paper.settled"]
    assert kinds(vote).count("paper") == 1
    assert vote.party(1).ballots == 1
    assert set(PaperReading.objects.values_list("content", flat=True)) == {""}
    holds(vote, tmp_path)


def test_a_double_tap_of_the_second_reader(vote: Any) -> None:
    enter(sheet(vote, 1), reads(0), ONE)
    at_once(*[reading(vote, 1, TWO)] * 4)
    assert kinds(vote).count("paper") == 1


def test_the_box_against_the_last_sheet(vote: Any, tmp_path: Any) -> None:
    """Whichever comes last makes the entry, once."""
    enter_twice(sheet(vote, 1), reads(0))
    enter(sheet(vote, 2), reads(1), ONE)
    counting(vote, COUNTER)()
    at_once(reading(vote, 2, TWO, 1), counting(vote, OTHER_COUNTER))
    assert kinds(vote)[-2:] == ["paper", "box"]
    assert BoxCount.objects.get().state == "sealed"
    holds(vote, tmp_path)


def test_two_who_confirm_the_box_at_once(vote: Any) -> None:
    enter_twice(sheet(vote, 1), reads(0))
    enter_twice(sheet(vote, 2), reads(0))
    counting(vote, COUNTER)()
    got = at_once(counting(vote, OTHER_COUNTER), counting(vote, STREET))
    assert [one for one in got if isinstance(one, str)] == ["box.sealed"]
    assert kinds(vote).count("box") == 1


def test_the_count_against_the_last_sheet(vote: Any, tmp_path: Any) -> None:
    enter_twice(sheet(vote, 1), reads(0))
    counting(vote, COUNTER)()
    counting(vote, OTHER_COUNTER)()
    enter(sheet(vote, 2), reads(1), ONE)
    count = partial(count_session, session_id=vote.session.pk, at=AFTER)
    got = at_once(reading(vote, 2, TWO, 1), count)
    if "count.box_open" in got:
        count()
    assert kinds(vote)[-4:] == ["box", "tally", "decryption", "result"]
    assert balance_of(vote.session).holds(2)
    vote.session.refresh_from_db()
    assert result_of(vote.session).ballots.counted == 3
    holds(vote, tmp_path)
