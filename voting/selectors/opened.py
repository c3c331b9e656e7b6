"""Single ballots that were opened. The one place where a choice is read: callers answer for
whom they show it to.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from core.canonical import parse_canonical
from logbook import selectors as logs
from registry.fields import open_bytes
from voting.models import CourtOrder, Look, Motion, OpenedLine, Openings, Party, Session
from voting.models.opened import line_purpose
from voting.protocol import ballot as sealing
from voting.protocol import board, openings
from voting.protocol.openings import Counted
from voting.selectors.board import board_of, body_of
from voting.selectors.keys import Delivery, ceremony_of
from voting.selectors.retention import demand_ballots
from voting.selectors.sessions import terms


class Choice(NamedTuple):
    """A motion, and what was chosen: for | against | abstain | a candidate's id; None: the
    ballot does not take part in this motion."""

    motion: Motion
    chosen: tuple[str, ...] | None


class CourtOpening(NamedTuple):
    """What everybody may know of a ballot opened for a court; `complete`: k have opened."""

    court: str
    number: str
    sha256: str
    signers: tuple[str, ...]
    trustees: tuple[int, ...]
    complete: bool


def counted_ballots(session: Session) -> list[Counted]:
    """The ballots the tally counts, by party. ValueError before the tally.

    RuleViolation "ballots.destroyed".
    """
    demand_ballots(session)
    body = body_of(session, "tally")
    if body is None:
        raise ValueError("this session has no tally")
    seqs = {one["seq"]: one["party"] for one in body["counted"]}
    areas = dict(session.parties.values_list("number", "area"))
    manifest = terms(session)
    found = []
    for seq, line in logs.lines_at(board_of(session), seqs):
        value = _ballot(line)
        party = seqs[seq]
        found.append(
            Counted(
                party,
                seq,
                areas[party],
                sealing.tracker(manifest, value),
                sealing.encoded(value),
            )
        )
    return found


def ballot_to_open(session: Session, party: Party, seq: int) -> Counted:
    """One ballot of the board. RuleViolation "ballots.destroyed"."""
    demand_ballots(session)
    line = logs.line_at(board_of(session), seq)
    if line is None:
        raise ValueError("the board has no such entry")
    value = _ballot(line)
    tracker = sealing.tracker(terms(session), value)
    return Counted(party.number, seq, party.area, tracker, sealing.encoded(value))


def _ballot(line: bytes) -> dict[str, Any]:
    entry = parse_canonical(line)
    ballot: dict[str, Any] = board.ballot_of(entry["type"], entry["body"])
    return ballot


def opened_lines(session: Session) -> Iterator[bytes]:
    """The lines of openings.jsonl in their order, as they are on this side of encryption."""
    rows = OpenedLine.objects.filter(session=session).order_by("trustee", "party")
    for trustee, party, line in rows.values_list("trustee", "party", "line").iterator():
        yield open_bytes(bytes(line), purpose=line_purpose(session.pk, trustee, party))


def opened_choices(party: Party) -> list[Choice] | None:
    """How the party's counted ballot was cast. None where none was opened.

    Only for the owner's own page and for a logged look.
    """
    session = party.session
    if not Openings.objects.filter(session=session).exists():
        return None
    rows = OpenedLine.objects.filter(session=session, party=party.number)
    lines = [
        open_bytes(bytes(line), purpose=line_purpose(session.pk, trustee, party.number))
        for trustee, line in rows.order_by("trustee").values_list("trustee", "line")
    ]
    if not lines:
        return None
    seq = parse_canonical(lines[0])["seq"]
    manifest = terms(session)
    chosen = openings.open_one(manifest, ballot_to_open(session, party, seq), lines)
    return [
        Choice(motion, None if one is None else tuple(term.options[at] for at in one))
        for motion, term, one in zip(
            session.motions.all(), manifest.motions, chosen, strict=True
        )
    ]


def openings_came(session: Session) -> list[Delivery]:
    """Who of the trustees has handed in the openings of a named vote, in order."""
    came = set(
        OpenedLine.objects.filter(session=session).values_list("trustee", flat=True).distinct()
    )
    return [
        Delivery(trustee.index, trustee.name, trustee.index in came)
        for trustee in terms(session).trustees
    ]


def due_to_open(*, by_platform: bool = True) -> QuerySet[Session]:
    """Counted named sessions whose ballots are not opened; the platform's key, or trustees."""
    return Session.objects.filter(
        opening_policy="named",
        state__in=["counted", "resolved"],
        openings__isnull=True,
        board__erasure__isnull=True,
        ceremony__isnull=by_platform,
    )


def waits_for_openings(session: Session) -> bool:
    """Whether trustees are asked for the openings of this session now."""
    due = due_to_open(by_platform=False)
    return ceremony_of(session) is not None and due.filter(pk=session.pk).exists()


def looks_of(session: Session) -> QuerySet[Look]:
    """Who has looked at whose ballot, the newest first."""
    found = Look.objects.filter(session=session).select_related("party").order_by("-pk")
    return found.prefetch_related("party__units")


def looks_at(party: Party) -> QuerySet[Look]:
    """Who has looked at this party's ballot; for its own page."""
    return Look.objects.filter(party=party)


def court_orders_of(session: Session) -> QuerySet[CourtOrder]:
    """What was entered, the oldest first; without the papers."""
    found = CourtOrder.objects.filter(session=session).select_related("ballot__party")
    return found.defer("content").prefetch_related("ballot__party__units", "files")


def court_orders_on(party: Party) -> QuerySet[CourtOrder]:
    """What courts had opened of this party's ballots; for its own page."""
    found = CourtOrder.objects.filter(ballot__party=party, state="confirmed")
    return found.defer("content")


def court_openings(session: Session) -> list[CourtOpening]:
    """What the board says of ballots opened for courts."""
    log, needed = board_of(session), terms(session).threshold
    entries: list[dict[str, Any]] = [
        parse_canonical(line)
        for line in logs.lines(log, kinds=["court_order", "court_opening"])
    ]
    opened: dict[int, list[int]] = {}
    for entry in entries:
        if entry["type"] == "court_opening":
            opened.setdefault(entry["body"]["order"], []).append(entry["body"]["trustee"])
    return [
        _court_opening(entry["body"], opened.get(entry["seq"], []), needed)
        for entry in entries
        if entry["type"] == "court_order"
    ]


def _court_opening(body: dict[str, Any], trustees: Sequence[int], needed: int) -> CourtOpening:
    return CourtOpening(
        body["court"],
        body["number"],
        body["sha256"],
        tuple(body["signers"]),
        tuple(trustees),
        len(trustees) >= needed,
    )
