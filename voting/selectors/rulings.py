"""Which parties a ruling excludes, and what a late one changes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from core.canonical import parse_canonical
from logbook import selectors as logs
from voting.domain.contested import Contested
from voting.domain.objections import UNSETTLED
from voting.domain.thresholds import Count
from voting.models import (
    Motion,
    Objection,
    Party,
    Ruling,
    Session,
)
from voting.protocol import late
from voting.protocol.board import ballot_in
from voting.selectors.board import board_of, body_of
from voting.selectors.retention import demand_ballots, destroyed_at
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

    From totals and from who took part alone; nothing is opened. ValueError before the count,
    RuleViolation "ballots.destroyed".
    """
    demand_ballots(session)
    return _without(session, late_excluded(session) | {number})


def contested(session: Session) -> list[Contested]:
    """Per motion: how many counted ballots are under objection, and whether they decide.

    ValueError before the count. Nothing is weighed any more once the ballots are destroyed.
    """
    if destroyed_at(session) is not None:
        final = final_results(session)
        return [Contested(Count(0, 0), results, results) for results in final]
    gone = late_excluded(session)
    doubting = Objection.objects.filter(
        session=session, about="took_part", state__in=UNSETTLED
    ).exclude(party__recorded__recorded_at__gt=F("filed_at"))
    doubted: set[int | None] = {
        *doubting.values_list("party__number", flat=True),
        *open_rulings(session).values_list("party__number", flat=True),
    }
    numbers = {one for one in doubted if one} - gone - excluded_parties(session)
    now, without = _without(session, gone), _without(session, gone | numbers)
    out = _out(session, numbers)
    found = []
    for place, (before, after) in enumerate(
        zip(now["motions"], without["motions"], strict=True)
    ):
        areas = [one.area for one in out if one.answered[place]]
        found.append(
            Contested(
                Count(len(areas), sum(areas)), tuple(before["results"]), tuple(after["results"])
            )
        )
    return found


def final_results(session: Session) -> list[tuple[str, ...]]:
    """Per motion, in order, the verdicts it can have after all rulings, best first.

    One verdict is certain. ValueError before the count.
    """
    result = body_of(session, "result")
    if result is None:
        raise ValueError("this session is not counted")
    return results_after(session, len(late_excluded(session)))


def results_after(session: Session, rulings: int) -> list[tuple[str, ...]]:
    """The same after so many of the late rulings; after none, as counted."""
    result = body_of(session, "result")
    if result is None:
        raise ValueError("this session is not counted")
    if not rulings:
        return [(motion["result"],) for motion in result["motions"]]
    lines = list(logs.lines(board_of(session), kinds=["late_ruling"]))
    last = parse_canonical(lines[rulings - 1])["body"]
    return [tuple(motion["results"]) for motion in last["motions"]]


def _without(session: Session, numbers: Collection[int]) -> dict[str, Any]:
    result = body_of(session, "result")
    if result is None:
        raise ValueError("this session is not counted")
    return late.finding(terms(session), result["motions"], _out(session, numbers))


def _out(session: Session, numbers: Collection[int]) -> list[late.Excluded]:
    """The counted ballots of these parties, as anybody can see them."""
    parties = session.parties.filter(number__in=numbers, last_seq__isnull=False)
    areas = {party.last_seq: party.area for party in parties if party.last_seq is not None}
    return [
        late.excluded(areas[seq], ballot_in(parse_canonical(line))["answers"])
        for seq, line in logs.lines_at(board_of(session), areas)
    ]
