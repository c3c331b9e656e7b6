"""What people said of the party, by consent, and what committees come to.

Only whoever keeps the members of an estate sees who said what; everybody above sees counts,
and everybody else what `committees.domain.party.shown` leaves of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from django.db.models import Count as Number
from django.db.models import Max, Q, QuerySet

from accounts.reach import Reach
from committees.domain.party import HALF, Count, explained_from
from committees.models import (
    Committee,
    Explanation,
    Member,
    Nominee,
    PartyAnswer,
    PartyCount,
)
from registry.domain.profiles import RuleValue, resolve
from registry.fields import keyed_hash
from registry.models import Estate
from registry.selectors import profile_for, profile_layers
from voting.models import Candidate

SHARE = "party_ratio.share"
_NAME = "committees.partyanswer.name"


class PartyCounts(NamedTuple):
    """Committees of one authority. `known`: those that meet or miss the share whatever the
    silent would say, `meeting` of them meet it; `members`, `party`: in those; `unknown`:
    committees of which it cannot be told, `empty` of them have no members on record."""

    known: int = 0
    meeting: int = 0
    members: int = 0
    party: int = 0
    unknown: int = 0
    empty: int = 0

    def plus(self, other: "PartyCounts") -> "PartyCounts":
        """Both places together."""
        return PartyCounts(*(one + more for one, more in zip(self, other, strict=True)))


def name_hash(name: str) -> str:
    """By which an answer knows whose it is."""
    return keyed_hash(name, purpose=_NAME)


def answers_of_members(members: Iterable[Member]) -> dict[int, PartyAnswer]:
    """The newest answer of each member; what a candidate answered goes with the seat."""
    people = list(members)
    by_candidate = {one.candidate_id: one for one in people if one.candidate_id}
    rows = PartyAnswer.objects.filter(
        Q(member__in=[one.pk for one in people]) | Q(candidate__in=list(by_candidate))
    )
    found = {}
    for row in rows.order_by("pk"):
        if row.member_id is not None:
            found[row.member_id] = row
            continue
        seat = by_candidate[row.candidate_id or 0]
        if row.name_hash == name_hash(seat.name):
            found[seat.pk] = row
    return found


def answers_of_candidates(candidates: Iterable[Candidate]) -> dict[int, PartyAnswer]:
    """The newest answer of each candidate of an election here, under that name."""
    names = {one.pk: name_hash(one.name) for one in candidates}
    rows = PartyAnswer.objects.filter(candidate__in=list(names)).order_by("pk")
    return {
        row.candidate_id: row
        for row in rows
        if row.candidate_id and row.name_hash == names[row.candidate_id]
    }


def answers_of_nominees(nominees: Iterable[Nominee]) -> dict[int, PartyAnswer]:
    """The newest answer of each candidate of a list kept by hand."""
    rows = PartyAnswer.objects.filter(nominee__in=[one.pk for one in nominees])
    return {row.nominee_id: row for row in rows.order_by("pk") if row.nominee_id}


def counted(people: int, answers: Mapping[int, PartyAnswer]) -> Count:
    """Of so many people, with the newest answer of those who gave one."""
    given = [row.answer for row in answers.values()]
    party, others = given.count("yes"), given.count("no")
    return Count(people, party, people - party - others)


def tally_of(committee: Committee) -> Count:
    """A committee's members today; a 候补 has no seat."""
    seated = list(committee.members.filter(ending="").exclude(office="alternate"))
    return counted(len(seated), answers_of_members(seated))


def newest_count(committee: Committee) -> Count | None:
    """The last count that was written down."""
    found = committee.party_counts.last()
    return Count(found.members, found.party, found.unknown) if found else None


def unexplained_since(
    committees: Iterable[Committee], shares: Mapping[int, tuple[int, int]]
) -> dict[int, datetime]:
    """Of the committees below the share without an explanation that is younger than what made
    them miss it: since when, by committee. `shares`: by committee. Two queries."""
    keys = [one.pk for one in committees]
    rows = PartyCount.objects.filter(committee__in=keys).order_by("pk")
    counts: dict[int, list[PartyCount]] = defaultdict(list)
    for row in rows:
        counts[row.committee_id].append(row)
    told = dict(
        Explanation.objects.filter(committee__in=keys)
        .order_by()
        .values_list("committee")
        .annotate(last=Max("recorded_at"))
    )
    found = {}
    for key, known in counts.items():
        read = [Count(one.members, one.party, one.unknown) for one in known]
        place = explained_from(read, shares[key])
        if place is None:
            continue
        since = known[place].recorded_at
        if key not in told or told[key] < since:
            found[key] = since
    return found


def lacks_explanation(committee: Committee, share: tuple[int, int]) -> bool:
    """Whether a (new) 情况说明 is wanted."""
    return bool(unexplained_since([committee], {committee.pk: share}))


def first_whole_count(committee: Committee) -> Count | None:
    """The first count with every seat taken and every answer known: what everybody is told.

    It stays for the term. A number that followed each resignation would tell what the person
    who left had said.
    """
    found = committee.party_counts.filter(unknown=0, members=committee.seats or 0).first()
    return Count(found.members, found.party, 0) if found and found.members else None


def share_of(estate: Estate, on: date) -> tuple[tuple[int, int], str]:
    """The share wanted by the rules in force, with the clause; a half where none says."""
    stated = profile_for(estate, on).get(SHARE)
    return share_in(stated), stated.clause if stated else ""


def party_within(reach: Reach, formed: int, today: date) -> PartyCounts:
    """Of the committees in office in a place, of which there are `formed`; one query and the
    profiles."""
    newest = _newest().filter(
        reach.within("committee__estate__"), committee__ended_on__isnull=True
    )
    rows = newest.order_by().values_list(
        "committee__estate__profile_code", "members", "party", "unknown"
    )
    share = cache(lambda code: share_in(resolve(profile_layers(code), today).get(SHARE)))
    found = PartyCounts()
    for code, members, party, unknown, number in rows.annotate(Number("pk")):
        verdict = Count(members, party, unknown).verdict(share(code))
        found = found.plus(_of(verdict, members, party, number))
    silent = formed - found.known - found.unknown  # nobody was ever on record
    return found.plus(PartyCounts(unknown=silent, empty=silent))


class Listed(NamedTuple):
    """A committee with its newest count, None where nobody is on record. `verdict`: of
    committees.domain.party.Count."""

    committee: Committee
    told: Count | None
    verdict: str


def listed(reach: Reach, state: str, today: date) -> list[Listed]:
    """The committees behind a number of the share: "met", "missed", both ("known"), or
    "unknown"."""
    newest = {one.committee_id: Count(one.members, one.party, one.unknown) for one in _newest()}
    share = cache(lambda code: share_in(resolve(profile_layers(code), today).get(SHARE)))
    found = []
    living = reach.narrowed(Committee.objects.filter(ended_on__isnull=True))
    for one in living.select_related("estate__authority").order_by("estate__name", "pk"):
        if not reach.has(one.estate.authority_id):
            continue
        count = newest.get(one.pk)
        verdict = count.verdict(share(one.estate.profile_code)) if count else "none"
        known = "known" if verdict in ("met", "missed") else "unknown"
        if state in (verdict, known):
            found.append(Listed(one, count, verdict))
    return found


def _newest() -> QuerySet[PartyCount]:
    """Of each committee the count that stands."""
    last = PartyCount.objects.order_by().values("committee").annotate(last=Max("pk"))
    return PartyCount.objects.filter(pk__in=last.values("last"))


def _of(verdict: str, members: int, party: int, number: int) -> PartyCounts:
    """Of so many committees with the same count."""
    if verdict in ("met", "missed"):
        meeting = number if verdict == "met" else 0
        return PartyCounts(number, meeting, members * number, party * number)
    return PartyCounts(unknown=number, empty=number if verdict == "none" else 0)


def share_in(stated: RuleValue | None) -> tuple[int, int]:
    """The share as the domain takes it; a half where no rule says."""
    if stated is None:
        return HALF
    num, den = stated.value
    return int(num), int(den)
