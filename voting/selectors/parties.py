"""The roll, one party of it, and who took part; never how."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from registry.domain.rooms import natural
from voting.models import (
    Attachment,
    Ballot,
    Candidate,
    Election,
    Motion,
    Party,
    PartyUnit,
    Session,
)
from voting.models import MotionShare as ShareRow
from voting.selectors.elections import candidates_of, is_election
from voting.selectors.sessions import terms


class HeadLine(NamedTuple):
    """One head of the "why one head" list; areas in 0.01 m²."""

    number: int
    why: str  # one_unit | several_units | joint | developer
    units: tuple[tuple[str, int], ...]  # label, area
    area: int


class Turnout(NamedTuple):
    """Who took part, in one place; building and entrance are "" for the whole roll.

    A party with units in several places stands in each of them with its area there, so
    only the first line (the whole roll) has heads that add up to the roll's.
    """

    building: str
    entrance: str
    heads: int
    heads_voted: int
    area: int
    area_voted: int


class MotionShare(NamedTuple):
    """A motion, and what the party would pay if it passes (fen; None: no money)."""

    motion: Motion
    fen: int | None
    election: Election | None = None
    candidates: Sequence[Candidate] = ()

    @property
    def most(self) -> int:
        """How many candidates one ballot may choose; 0 for a question."""
        return min(self.election.seats, len(self.candidates)) if self.election else 0

    @property
    def lefts(self) -> range:
        """How many more may still be chosen: every number that can be said."""
        return range(self.most + 1)

    @property
    def differing(self) -> bool:
        """差额: more candidates than seats."""
        return self.election is not None and len(self.candidates) > self.election.seats


class BallotTerms(NamedTuple):
    """What the party's next ballot must carry, for the page that encrypts it."""

    manifest: dict[str, Any]
    party: int
    number: int
    previous: str
    key: str


def motions_with_shares(party: Party) -> list[MotionShare]:
    """The motions in order, each with the party's share of its cost."""
    shares = dict(ShareRow.objects.filter(party=party).values_list("motion_id", "fen"))
    motions = (
        Motion.objects.filter(session_id=party.session_id)
        .select_related("election")
        .prefetch_related(Prefetch("attachments", queryset=Attachment.objects.defer("content")))
    )
    return [
        MotionShare(
            motion,
            shares.get(motion.pk),
            motion.election if is_election(motion) else None,
            candidates_of(motion) if is_election(motion) else (),
        )
        for motion in motions
    ]


def ballot_terms(party: Party) -> BallotTerms:
    """What the next ballot of the party must carry; the state may have moved when it comes."""
    return BallotTerms(
        manifest=terms(party.session).value,
        party=party.number,
        number=party.ballots + 1,
        previous=party.last_digest,
        key=party.current_key,
    )


def last_ballot(party: Party) -> Ballot | None:
    """The party's ballot that stands, unless a ruling excludes it."""
    return Ballot.objects.filter(party=party).order_by("-number").first()


def letter_key(party: Party) -> str:
    """The key that the secret of the party's letter makes, while that is the valid one.

    "" where another may have taken its place: the letter's code was used, somebody voted for
    the owner. A letter made again has a key of its own, which holds until the next ballot.
    """
    if party.current_key == party.key:
        return party.key
    issue = party.codes.filter(voided_at__isnull=True).order_by("issued_at", "pk").last()
    if issue is None or party.codes.count() < 2:
        return ""
    later = Ballot.objects.filter(party=party, recorded_at__gte=issue.issued_at)
    return "" if later.exists() else party.current_key


def why_one_head(session: Session) -> Iterator[HeadLine]:
    """Every head with its units and the reason; sums are the manifest's heads and area."""
    units = Prefetch("units", queryset=PartyUnit.objects.order_by("pk"))
    parties = session.parties.only("number", "why", "area").prefetch_related(units)
    for party in parties.order_by("number").iterator(chunk_size=500):
        yield HeadLine(
            party.number,
            party.why,
            tuple((unit.label, unit.area) for unit in party.units.all()),
            party.area,
        )


def turnout(session: Session) -> list[Turnout]:
    """The whole roll first, then by building and entrance in walking order."""
    voted = Q(party__ballots__gt=0)
    places = (
        PartyUnit.objects.filter(party__session=session)
        .values("building", "entrance")
        .annotate(
            heads=Count("party", distinct=True),
            heads_voted=Count("party", filter=voted, distinct=True),
            place_area=Sum("area", default=0),
            place_voted=Sum("area", filter=voted, default=0),
        )
        .order_by("building", "entrance")
    )
    lines = [Turnout(*row) for row in places.values_list(*_PLACE)]
    lines.sort(key=lambda line: (natural(line.building), natural(line.entrance)))
    whole = session.parties.aggregate(
        heads=Count("pk"),
        heads_voted=Count("pk", filter=Q(ballots__gt=0)),
        area_voted=Sum("area", filter=Q(ballots__gt=0), default=0),
        area=Sum("area", default=0),
    )
    return [Turnout(building="", entrance="", **whole), *lines]


_PLACE = ("building", "entrance", "heads", "heads_voted", "place_area", "place_voted")


def not_yet_voted(session: Session) -> Sequence[Party]:
    """The parties without a ballot, with their units, in walking order (by number)."""
    return list(session.parties.filter(ballots=0).order_by("number").prefetch_related("units"))


def took_part(session: Session) -> Sequence[Party]:
    """The parties with a ballot: owners see their rooms before the count."""
    return list(
        session.parties.filter(ballots__gt=0).order_by("number").prefetch_related("units")
    )


def parties_with_room(session: Session, search: str) -> QuerySet[Party]:
    """Parties one of whose rooms has this in its label, by number, with their rooms."""
    found = session.parties.filter(units__label__icontains=search).distinct()
    return found.order_by("number").prefetch_related("units")
