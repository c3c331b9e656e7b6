"""What reports count beside formation, by the authority that answers for an estate itself.

A collector is asked for days and gives numbers by authority; all are asked alike, as a month
is frozen and for the daily dispatch. One more figure is one more line of `COLLECTORS`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from committees.domain.party import Count as Members
from committees.domain.reports import COUNTED, FORMATION
from committees.models import PartyCount
from committees.selectors.duties import overdue
from committees.selectors.formation import in_office
from committees.selectors.months import standing_on
from committees.selectors.party import SHARE, share_in
from committees.selectors.problems import counted_in
from core.deadlines import start_of
from disclosures.models import Duty
from funds.models import FundApplication, Instalment
from registry.domain.profiles import resolve
from registry.models import Estate
from registry.selectors import profile_layers
from voting.models import Ballot, PaperBallot, Session

# (first day, last day) → authority → number
Collector = Callable[[date, date], Mapping[int, int]]


def figures_of(first: date, last: date) -> dict[int, dict[str, int]]:
    """Authority → code → number for every figure; stocks as `last` ends."""
    found: dict[int, dict[str, int]] = {}
    for code, collect in COLLECTORS:
        for place, number in collect(first, last).items():
            found.setdefault(place, {})[code] = number
    return found


def formation_of(last: date) -> dict[int, dict[str, int]]:
    """Authority → estates, owners' and management committees as a day ends, as known now."""
    found: dict[int, dict[str, int]] = {}
    for one in standing_on(last):
        numbers = found.setdefault(one.authority, dict.fromkeys(FORMATION, 0))
        numbers["estates"] += 1
        if one.formed:
            numbers[one.formed] += 1
    return found


def dispatched(day: date) -> list[dict[int, dict[str, int]]]:
    """The same of one day, for the daily dispatch."""
    return [formation_of(day), figures_of(day, day)]


def _party_known(_first: date, last: date) -> Mapping[int, int]:
    return Counter(place for place, _verdict in _party(last))


def _party_met(_first: date, last: date) -> Mapping[int, int]:
    return Counter(place for place, verdict in _party(last) if verdict == "met")


def _party(last: date) -> Iterator[tuple[int, str]]:
    """Of each committee in office whose share can be told: its authority, and whether it is
    met; as `committees.selectors.party`, as that day ended."""
    known = PartyCount.objects.filter(committee__in=in_office(last), recorded_at__lt=_end(last))
    newest = known.order_by().values("committee").annotate(last=Max("pk")).values("last")
    rows = PartyCount.objects.filter(pk__in=newest).values_list(
        "committee__estate__authority", "committee__estate__profile_code",
        "members", "party", "unknown",
    )  # fmt: skip
    shares: dict[str, tuple[int, int]] = {}
    for place, code, *numbers in rows:
        if code not in shares:
            shares[code] = share_in(resolve(profile_layers(code), last).get(SHARE))
        verdict = Members(*numbers).verdict(shares[code])
        if verdict in ("met", "missed"):
            yield place, verdict


def _problems(name: str) -> Collector:
    """One number of the problem register, of these days or as the last of them ends."""

    def collect(first: date, last: date) -> Mapping[int, int]:
        counted = counted_in(first, last)
        return {place: getattr(one, name) for place, one in counted.items()}

    return collect


def _late(last: date) -> QuerySet[Duty]:
    """As `disclosures.selectors.late`, as that day ended."""
    open_then = Q(done_at=None) | Q(done_at__gte=_end(last))
    return Duty.objects.filter(open_then, late_on__lte=last)


def _late_publications(_first: date, last: date) -> Mapping[int, int]:
    return _by_authority(_late(last), "estate__authority")


def _late_estates(_first: date, last: date) -> Mapping[int, int]:
    return _by_authority(_late(last), "estate__authority", Count("estate", distinct=True))


def _late_duties(_first: date, last: date) -> Mapping[int, int]:
    found = overdue(Estate.objects.all(), last)
    return Counter(one.committee.estate.authority_id for one in found)


def _fund_review(_first: date, last: date) -> Mapping[int, int]:
    waiting = Q(state="filed") | Q(settled_at__gte=_end(last))
    rows = FundApplication.objects.filter(waiting, filed_at__lt=_end(last))
    return _by_authority(rows, "request__estate__authority")


def _fund_asked(_first: date, last: date) -> Mapping[int, int]:
    waiting = Q(state="asked") | Q(confirmed_at__gte=_end(last))
    return _instalments(waiting, asked_at__lt=_end(last))


def _fund_ready(_first: date, last: date) -> Mapping[int, int]:
    waiting = Q(state="ready") | Q(release_list__made_at__gte=_end(last))
    return _instalments(waiting, confirmed_at__lt=_end(last))


def _fund_ordered(_first: date, last: date) -> Mapping[int, int]:
    waiting = Q(state="ordered") | Q(state="paid", paid_on__gt=last)
    return _instalments(waiting, release_list__made_at__lt=_end(last))


def _instalments(waiting: Q, **since: datetime) -> Mapping[int, int]:
    rows = Instalment.objects.filter(waiting, **since).exclude(state="cancelled")
    return _by_authority(rows, "application__request__estate__authority")


def _held(first: date, last: date, path: str = "") -> Q:
    """Votes held here that ended in these days; a rehearsal is none."""
    states = ["closed", "counted", "resolved"]
    return Q(
        **{
            f"{path}state__in": states,
            f"{path}rehearsal": False,
            f"{path}closes_at__gte": start_of(first),
            f"{path}closes_at__lt": _end(last),
        }
    )


def _sessions(first: date, last: date) -> Mapping[int, int]:
    return _by_authority(Session.objects.filter(_held(first, last)), "estate__authority")


def _votes_online(first: date, last: date) -> Mapping[int, int]:
    rows = Ballot.objects.filter(_held(first, last, "session__"), paper=None)
    many = Count("party", distinct=True)
    return _by_authority(rows, "session__estate__authority", many)


def _votes_paper(first: date, last: date) -> Mapping[int, int]:
    rows = PaperBallot.objects.filter(_held(first, last, "session__"), state="entered")
    return _by_authority(rows, "session__estate__authority")


COLLECTORS: tuple[tuple[str, Collector], ...] = (
    ("party_known", _party_known),
    ("party_met", _party_met),
    ("problems_found", _problems("found")),
    ("problems_closed", _problems("closed")),
    ("problems_open", _problems("open")),
    ("problems_late", _problems("overdue")),
    ("late_publications", _late_publications),
    ("late_estates", _late_estates),
    ("late_duties", _late_duties),
    ("fund_review", _fund_review),
    ("fund_asked", _fund_asked),
    ("fund_ready", _fund_ready),
    ("fund_ordered", _fund_ordered),
    ("sessions", _sessions),
    ("votes_online", _votes_online),
    ("votes_paper", _votes_paper),
)
assert [code for code, _collect in COLLECTORS] == list(COUNTED)  # noqa: S101 (one list of words)


def _by_authority(rows: QuerySet[Any], path: str, many: Count | None = None) -> dict[int, int]:
    counted = rows.order_by().values_list(path).annotate(many=many or Count("pk"))
    return {place: number for place, number in counted if number}


def _end(last: date) -> datetime:
    return start_of(last + timedelta(days=1))
