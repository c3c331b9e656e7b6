"""Which parties a ruling excludes, and what a late one changes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from core.canonical import parse_canonical
from logbook import selectors as logs
from voting.models import (
    Motion,
    Party,
    Ruling,
    Session,
)
from voting.protocol import late
from voting.protocol.board import ballot_in
from voting.selectors.board import board_of, body_of
from voting.selectors.sessions import terms


class LateRuling(NamedTuple):
    """A party excluded after the count; per motion the verdicts it can end in, best first."""

    party: int
    stands: bool
    results: tuple[tuple[Motion, tuple[str, ...]], ...]


def excluded_parties(session: Session) -> set[int]:
    """The numbers of parties whose ballots a ruling excludes."""
    rulings = logs.lines(board_of(session), kinds=["ruling"])
    return {parse_canonical(line)["body"]["party"] for line in rulings}


def open_rulings(session: Session) -> QuerySet[Ruling]:
    """Proposals that wait for a second person; the count waits for them too."""
    return Ruling.objects.filter(session=session, state="proposed")


def rulings_of(session: Session) -> QuerySet[Ruling]:
    """Every proposal and ruling of a session, the oldest first; without their papers."""
    found = Ruling.objects.filter(session=session).select_related("party")
    return found.defer("content").prefetch_related("party__units")


def ruling_on(party: Party) -> Ruling | None:
    """The confirmed ruling that excludes this party, for its own page."""
    return party.rulings.filter(state="confirmed").defer("content").first()


def late_rulings(session: Session) -> list[LateRuling]:
    """What was excluded after the count, in order, with what each was found to change."""
    motions = list(session.motions.all())
    found = []
    for line in logs.lines(board_of(session), kinds=["late_ruling"]):
        body = parse_canonical(line)["body"]
        found.append(late_ruling(body["party"], body, motions))
    return found


def late_ruling(party: int, found: Mapping[str, Any], motions: Sequence[Motion]) -> LateRuling:
    """A finding of the protocol with the motions it is about."""
    results = [tuple(motion["results"]) for motion in found["motions"]]
    pairs = tuple(zip(motions, results, strict=True))
    return LateRuling(party, found["finding"] == "stands", pairs)


def late_excluded(session: Session) -> set[int]:
    """The numbers of parties excluded after the count: their ballots are in the totals."""
    entries = logs.lines(board_of(session), kinds=["late_ruling"])
    return {parse_canonical(line)["body"]["party"] for line in entries}


def late_finding(session: Session, number: int) -> dict[str, Any]:
    """What excluding this party too would change: `finding` and `motions` of its entry.

    From totals and from who took part alone; nothing is opened. ValueError before the count.
    """
    result = body_of(session, "result")
    if result is None:
        raise ValueError("this session is not counted")
    parties = session.parties.filter(
        number__in=late_excluded(session) | {number}, last_seq__isnull=False
    )
    areas = {party.last_seq: party.area for party in parties if party.last_seq is not None}
    out = [
        late.excluded(areas[seq], ballot_in(parse_canonical(line))["answers"])
        for seq, line in logs.lines_at(board_of(session), areas)
    ]
    return late.finding(terms(session), result["motions"], out)
