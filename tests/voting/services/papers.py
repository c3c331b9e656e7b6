"""Shared by the tests of paper ballots: who does what, and sheets as they are read."""

from datetime import timedelta

from tests.factories import CLOSE, OPEN, frozen_vote
from voting.domain.paper import Reading
from voting.models import PaperBallot
from voting.services.box import state_box
from voting.services.closing import close_session
from voting.services.papers import enter_paper, register_paper
from voting.steps import Signer

ONE = Signer("user:1", "organiser")
TWO = Signer("user:2", "residents_committee")
THIRD = Signer("user:3", "supervisor")
STREET = Signer("user:4", "street_office")
COUNTER = Signer("user:5", "supervisor")
OTHER_COUNTER = Signer("user:6", "street_office")
AFTER = CLOSE + timedelta(hours=1)
JPEG = b"\xff\xd8\xff"  # what every picture is kept as
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)


def reads(*answers, faults=None, spoiled=""):
    """A reading: per motion an option, a tuple of options, or None."""
    given = tuple(one if one is None or isinstance(one, tuple) else (one,) for one in answers)
    return Reading(spoiled, given, tuple(faults or [""] * len(given)))


def paper_vote_of(estate=None, **fields):
    return frozen_vote(estate, **{"paper": True, **fields})


def register(vote, number, *, signer=ONE, at=OPEN, serial=None, place="居委会票箱"):
    serial = vote.party(number).serial if serial is None else serial
    return register_paper(
        session_id=vote.session.pk, serial=serial, place=place, signer=signer, at=at
    )


def close(vote):
    close_session(session_id=vote.session.pk, at=CLOSE)
    vote.session.refresh_from_db()


def enter(paper, reading, signer, *, at=AFTER, content=PNG, name="张.png"):
    scan = {"name": name, "content": content} if signer is ONE else {}
    return enter_paper(paper_id=paper.pk, reading=reading, signer=signer, at=at, **scan)


def enter_twice(paper, reading, *, at=AFTER):
    enter(paper, reading, ONE, at=at)
    return enter(PaperBallot.objects.get(pk=paper.pk), reading, TWO, at=at)


def box(vote, counted, *, at=AFTER, signers=(COUNTER, OTHER_COUNTER)):
    for signer in signers:
        made = state_box(session_id=vote.session.pk, counted=counted, signer=signer, at=at)
    return made
