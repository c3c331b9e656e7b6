"""An estate's committee as its page shows it: seats, term, the party's share, candidates."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from committees.domain.party import NOBODY, Count, Prospect, prospect
from committees.domain.terms import Standing, Term, standing, term
from committees.models import (
    Committee,
    Formation,
    Member,
    Nominee,
    PartyAnswer,
    PartyCount,
)
from committees.selectors.party import (
    answers_of_candidates,
    answers_of_members,
    answers_of_nominees,
    counted,
    newest_count,
    share_of,
)
from registry.models import Estate
from registry.selectors import profile_for
from voting.models import Candidate, Election

LEAD = "committee.reelection_lead_days"
DEFAULT_LEAD = 90  # 274号 47: three months


class Seat(NamedTuple):
    """A member, with what was said of the party last."""

    member: Member
    answer: PartyAnswer | None


class Body(NamedTuple):
    """A committee. `seats`: None where their number is not known; `term`: None likewise."""

    committee: Committee
    seated: Sequence[Seat]
    alternates: Sequence[Seat]
    left: Sequence[Member]
    seats: Standing | None
    term: Term | None
    party: Count
    verdict: str
    share: tuple[int, int]
    share_clause: str

    @property
    def no_chair(self) -> bool:
        """Whether all who sit are known, enough of them, and none of them presides."""
        whole = self.seats is not None and self.seats.complete and not self.seats.too_few
        offices = {one.member.office for one in self.seated}
        return bool(self.seated) and whole and "chair" not in offices


class Slate(NamedTuple):
    """Those who stand, with their answers, and what the seats can come to."""

    title: str
    seats: int | None
    people: Sequence[tuple[Candidate | Nominee, PartyAnswer | None]]
    outlook: Prospect | None
    share: tuple[int, int]
    by_election: bool


def in_office_at(estate: Estate) -> Committee | None:
    """The committee in office."""
    return Committee.objects.filter(estate=estate, ended_on__isnull=True).first()


def open_formation_at(estate: Estate) -> Formation | None:
    """The formation under way."""
    found = Formation.objects.filter(estate=estate, ending="").select_related("estate")
    return found.first()


def body_of(committee: Committee, today: date) -> Body:
    """A committee with everybody on it."""
    members = list(committee.members.order_by("pk"))
    living = [one for one in members if not one.ending]
    answers = answers_of_members(living)
    order = [office for office, _title in Member.OFFICES]
    living.sort(key=lambda one: (order.index(one.office), one.pk))
    seats = [Seat(one, answers.get(one.pk)) for one in living]
    seated = [one for one in seats if one.member.office != "alternate"]
    share, clause = share_of(committee.estate, today)
    given = {one.member.pk: one.answer for one in seated if one.answer}
    party = counted(len(seated), given)
    return Body(
        committee,
        seated,
        [one for one in seats if one.member.office == "alternate"],
        [one for one in members if one.ending],
        _standing(committee, len(seated)),
        term_of(committee, today),
        party,
        party.verdict(share),
        share,
        clause,
    )


def term_of(committee: Committee, today: date) -> Term | None:
    """Where its term is; None where the last day is not known."""
    if committee.last_day is None:
        return None
    stated = profile_for(committee.estate, today).get(LEAD)
    lead = int(stated.value) if stated else DEFAULT_LEAD
    return term(committee.last_day, lead, today)


def slates_of(estate: Estate, today: date) -> list[Slate]:
    """Of the elections to a committee here that are not over, and the list kept by hand."""
    share, _clause = share_of(estate, today)
    rows = (
        Election.objects.filter(
            motion__session__estate=estate,
            motion__session__state__in=("draft", "frozen", "closed", "counted"),
            motion__session__rehearsal=False,
        )
        .select_related("motion__session")
        .defer("draw_secret", "motion__session__manifest")
        .order_by("pk")
    )
    found = [_of_election(one, estate, share) for one in rows]
    formation = open_formation_at(estate)
    if formation is not None and formation.committee_id is None:
        nominees = list(formation.nominees.filter(withdrawn_on__isnull=True))
        if nominees:
            answers = answers_of_nominees(nominees)
            found.append(_slate("", formation.seats, nominees, answers, share))
    return found


def _of_election(election: Election, estate: Estate, share: tuple[int, int]) -> Slate:
    candidates = list(
        election.candidates.filter(withdrawn_at__isnull=True)
        .defer("withdrawal")
        .order_by("place", "pk")
    )
    sitting = NOBODY
    committee = in_office_at(estate) if election.by_election else None
    if committee is not None and (now := newest_count(committee)) is not None:
        sitting = now
    answers = answers_of_candidates(candidates)
    title = election.motion.session.title
    return _slate(
        title, election.seats, candidates, answers, share, sitting, election.by_election
    )


def _slate(
    title: str,
    seats: int | None,
    people: Sequence[Candidate | Nominee],
    answers: Mapping[int, PartyAnswer],
    share: tuple[int, int],
    sitting: Count = NOBODY,
    by_election: bool = False,
) -> Slate:
    count = counted(len(people), answers)
    outlook = prospect(seats or 0, count, sitting=sitting, share=share)
    rows = [(one, answers.get(one.pk)) for one in people]
    return Slate(title, seats, rows, outlook, share, by_election)


def whole_once() -> Q:
    """Committees of which everybody is on record, or was once: elected here, every seat taken
    on some day, or somebody left. Until then members are still being written down."""
    full = PartyCount.objects.filter(committee=OuterRef("pk"), members__gte=OuterRef("seats"))
    left = Member.objects.filter(committee=OuterRef("pk")).exclude(ending__in=("", "term"))
    return Q(source="election") | Q(Exists(full)) | Q(Exists(left))


def _standing(committee: Committee, members: int) -> Standing | None:
    if committee.seats is None:
        return None
    whole = Committee.objects.filter(whole_once(), pk=committee.pk).exists()
    return standing(members, committee.seats, complete=whole)
