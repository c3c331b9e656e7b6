"""Who was elected to a committee by an owners' meeting held here."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from committees.models import Committee, Formation, Member
from committees.selectors.acts import meetings_of
from core.deadlines import local_day
from registry.models import Estate
from voting.models import Candidate, Session
from voting.selectors import candidates_of, result_of

_OFFICES = {"elected": "member", "alternate": "alternate"}


class Won(NamedTuple):
    """The outcome of an election: on which day, for how many seats, who got one."""

    session: Session
    day: date
    seats: int
    people: Sequence[tuple[Candidate, str]]  # with the office

    def members(self, committee: Committee, *, actor: str, at: datetime) -> list[Member]:
        """The same as members of a committee, not saved."""
        return [
            Member(
                committee=committee,
                name=candidate.name,
                office=office,
                since=self.day,
                candidate=candidate,
                recorded_by=actor,
                recorded_at=at,
            )
            for candidate, office in self.people
        ]


def winners_of(formation: Formation) -> Won | None:
    """Of the newest meeting of a formation that elected a committee; None: none did yet."""
    for session in meetings_of(formation):
        if (won := won_in(session, by_election=False)) is not None:
            return won
    return None


def won_in(session: Session, *, by_election: bool) -> Won | None:
    """The outcome of an election in a meeting that has its resolution; None: nobody was
    elected, or no committee stands by the estate's own rule."""
    if session.state != "resolved" or session.resolution is None:
        return None
    for outcome in result_of(session).motions:
        terms = outcome.question.election
        if terms is None or outcome.result != "passed" or outcome.stands is False:
            continue
        motion = session.motions.select_related("election").get(
            position=outcome.question.position
        )
        if motion.election.by_election != by_election:
            continue
        by_place = {str(one.place): one for one in candidates_of(motion)}
        people = [
            (by_place[one.candidate.option], _OFFICES[one.state])
            for one in outcome.standings
            if one.state in _OFFICES
        ]
        if any(office == "member" for _candidate, office in people):
            day = local_day(session.resolution.issued_at)
            return Won(session, day, motion.election.seats, people)
    return None


def awaiting_seats() -> QuerySet[Formation]:
    """Open formations without a committee, of estates where a meeting has its resolution."""
    resolved = Session.objects.filter(
        estate=OuterRef("estate"),
        state="resolved",
        rehearsal=False,
        motions__election__by_election=False,
    )
    return Formation.objects.filter(Exists(resolved), ending="", committee__isnull=True)


def by_elections_of(estate: Estate, committee: Committee) -> list[Won]:
    """By-elections held here whose winners are not on the committee yet."""
    sessions = (
        Session.objects.filter(estate=estate, state="resolved", rehearsal=False)
        .filter(motions__election__by_election=True, created_at__gte=committee.recorded_at)
        .select_related("resolution")
        .order_by("pk")
        .distinct()
    )
    seated = set(
        Member.objects.filter(committee=committee, candidate__isnull=False).values_list(
            "candidate", flat=True
        )
    )
    found = []
    for session in sessions:
        won = won_in(session, by_election=True)
        if won and any(candidate.pk not in seated for candidate, _office in won.people):
            found.append(won)
    return found
