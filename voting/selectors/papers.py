"""Paper ballots: what came back, what waits for whom, whether the box balances.

Nothing here returns what anybody read from a sheet.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from voting.domain.paper import Asked, Balance
from voting.models import BoxCount, PaperBallot, PaperRuling, Party, ReissuedSerial, Session
from voting.selectors.board import body_of
from voting.selectors.sessions import terms

OPEN = ("sealed", "read_once", "differs")


class PaperFigures(NamedTuple):
    """Numbers anybody may see: sheets sent out, and sheets that came back."""

    issued: int
    returned: int


class Desk(NamedTuple):
    """Sheets by what they wait for; all without their scans."""

    conflicts: list[PaperBallot]  # two people decide first
    first: list[PaperBallot]
    second: list[PaperBallot]
    third: list[PaperBallot]
    settled: list[PaperBallot]


def reissued_serials(session: Session) -> dict[int, str]:
    """The serials in force of parties whose letter was reissued, by the party's key."""
    rows = ReissuedSerial.objects.filter(party__session=session).order_by("pk")
    return dict(rows.values_list("party_id", "serial"))


def serial_of(party: Party) -> str:
    """The serial in force of a party's sheet."""
    last = party.reissued_serials.order_by("pk").last()
    return last.serial if last else party.serial


def papers_of(session: Session) -> QuerySet[PaperBallot]:
    """Every sheet that came back, by serial, with party and rooms; without scans."""
    found = PaperBallot.objects.filter(session=session).select_related("party", "session")
    return (
        found.defer("scan", "session__manifest", "session__profile")
        .prefetch_related("party__units", "readings")
        .order_by("serial")
    )


def paper_of(session: Session, pk: int) -> PaperBallot | None:
    """One sheet of a session."""
    return papers_of(session).filter(pk=pk).first()


def paper_of_serial(session: Session, serial: str) -> PaperBallot | None:
    """The sheet of a serial, if it came back."""
    return papers_of(session).filter(serial=serial).first()


def conflict_of(paper: PaperBallot) -> str:
    """Why two people must decide first: online | reissued | second, or "".

    From the close on; before it nobody knows who will vote online too.
    """
    if paper.serial != serial_of(paper.party):
        return "reissued"
    others = PaperBallot.objects.filter(party=paper.party_id, state="entered")
    if others.exclude(pk=paper.pk).exists():
        return "second"
    return "online" if paper.party.ballots and paper.state != "entered" else ""


def paper_ruling_of(paper: PaperBallot) -> PaperRuling | None:
    """What two people decided about a sheet, or one proposes."""
    rulings = paper.rulings.filter(state__in=("proposed", "confirmed")).defer("content")
    return rulings.first()


def decided_to_count(paper: PaperBallot) -> bool:
    """Whether two people decided that the sheet counts."""
    return paper.rulings.filter(state="confirmed", counts=True).exists()


def desk(session: Session) -> Desk:
    """After the close: what waits for whom."""
    counts = PaperRuling.objects.filter(paper=OuterRef("pk"), state="confirmed", counts=True)
    lists: dict[str, list[PaperBallot]] = {name: [] for name in Desk._fields}
    for paper in papers_of(session).annotate(cleared=Exists(counts)):
        lists[_place(paper)].append(paper)
    return Desk(**lists)


def _place(paper: PaperBallot) -> str:
    if paper.state not in OPEN:
        return "settled"
    if not paper.cleared and conflict_of(paper):  # type: ignore[attr-defined]
        return "conflicts"
    return {"sealed": "first", "read_once": "second", "differs": "third"}[paper.state]


def balance_of(session: Session) -> Balance:
    """The sheets that came back, by what became of them."""
    sums = PaperBallot.objects.filter(session=session).aggregate(
        entered=Count("pk", filter=Q(state="entered")),
        spoiled=Count("pk", filter=Q(state="spoiled")),
        ruled_out=Count("pk", filter=Q(state="ruled_out")),
        open=Count("pk", filter=Q(state__in=OPEN)),
    )
    return Balance(**sums)


def box_count_of(session: Session) -> BoxCount | None:
    """The statement about the box that stands: stated, agreed or on the board."""
    return session.box_counts.filter(state__in=("stated", "agreed", "sealed")).first()


def box_counts_of(session: Session) -> QuerySet[BoxCount]:
    """Every statement, the oldest first."""
    return session.box_counts.order_by("pk")


def box_is_open(session: Session) -> bool:
    """Whether paper is taken and nobody has counted the box yet. From the close on."""
    return terms(session).paper and body_of(session, "box") is None


def paper_figures(session: Session) -> PaperFigures:
    """Sent out and come back, as anybody may see."""
    returned = PaperBallot.objects.filter(session=session).count()
    return PaperFigures(session.parties.count(), returned)


def not_returned(session: Session) -> Sequence[Party]:
    """Parties whose sheet has not come back, with their rooms, by number."""
    serials = reissued_serials(session)
    returned = set(
        PaperBallot.objects.filter(session=session).values_list("party_id", "serial")
    )
    parties = session.parties.order_by("number").prefetch_related("units")
    return [
        party
        for party in parties
        if (party.pk, serials.get(party.pk, party.serial)) not in returned
    ]


def asked(session: Session) -> list[Asked]:
    """What a sheet can say, motion by motion, as the manifest has it."""
    return [
        Asked(len(motion.options), motion.low, motion.high) for motion in terms(session).motions
    ]


def papers_by_serial(serial: str) -> list[PaperBallot]:
    """Sheets of this serial in any session, the newest session first."""
    found = PaperBallot.objects.filter(serial=serial, session__state__in=_SHOWN)
    found = found.select_related("session__estate", "party", "ballot").defer("scan")
    return list(found.order_by(F("session_id").desc()))


_SHOWN = ("frozen", "closed", "counted", "resolved")
