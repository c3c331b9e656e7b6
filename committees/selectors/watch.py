"""What committees in office need: a re-election, a renewal, an explanation. For worklists."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count as Number
from django.db.models import Exists, F, Max, OuterRef, Q

from committees.domain.party import Count
from committees.domain.terms import term
from committees.models import Committee, Formation, PartyCount
from committees.selectors.bodies import DEFAULT_LEAD, LEAD, whole_once
from committees.selectors.party import SHARE, share_in, unexplained_since
from registry.domain.profiles import RuleValue, resolve
from registry.selectors import profile_layers

# No rule has a renewal begin earlier than half a year before the end.
_AHEAD = timedelta(days=200)


class Need(NamedTuple):
    """A committee and until when something is to be done; None: at once."""

    committee: Committee
    by: date | None


def too_few(within: Q) -> list[Need]:
    """With fewer than half of the seats filled: all are elected anew (274号 46).

    While members are still being written down, empty seats say nothing. `within`: of
    committees, by their estate. One query.
    """
    seated = Number("members", filter=Q(members__ending="") & ~Q(members__office="alternate"))
    rows = (
        Committee.objects.filter(
            within, whole_once(), ended_on__isnull=True, members__isnull=False
        )
        .annotate(seated=seated)
        .filter(seats__gt=2 * F("seated"))
        .select_related("estate")
    )
    return [Need(one, None) for one in rows]


def to_renew(within: Q, today: date) -> list[Need]:
    """Whose re-election is due and that nobody has taken up; one query and the profiles."""
    running = Formation.objects.filter(estate=OuterRef("estate"), ending="")
    rows = (
        Committee.objects.filter(
            within, ended_on__isnull=True, kind="owners", last_day__lte=today + _AHEAD
        )
        .exclude(Exists(running))
        .select_related("estate")
        .order_by("last_day")
    )
    rules = _Rules(today)
    found = []
    for one in rows:
        stated = rules.of(one, LEAD)
        lead = int(stated.value) if stated else DEFAULT_LEAD
        if one.last_day and term(one.last_day, lead, today).due:
            found.append(Need(one, one.last_day))
    return found


def unexplained(within: Q, today: date) -> list[Need]:
    """Below the party's share for certain, without an explanation of how it came to that:
    looked at anew whenever somebody leaves."""
    newest = PartyCount.objects.order_by().values("committee").annotate(last=Max("pk"))
    living = Committee.objects.filter(within, ended_on__isnull=True)
    rows = PartyCount.objects.filter(
        committee__in=living, pk__in=newest.values("last")
    ).select_related("committee__estate")
    rules = _Rules(today)
    below, shares = [], {}
    for row in rows:
        share = share_in(rules.of(row.committee, SHARE))
        if Count(row.members, row.party, row.unknown).verdict(share) == "missed":
            below.append(row.committee)
            shares[row.committee_id] = share
    wanted = unexplained_since(below, shares) if below else {}
    return [Need(one, None) for one in below if one.pk in wanted]


class _Rules:
    """The rules of each profile, looked up once."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._known: dict[str, dict[str, RuleValue]] = {}

    def of(self, committee: Committee, name: str) -> RuleValue | None:
        code = committee.estate.profile_code
        if code not in self._known:
            self._known[code] = resolve(profile_layers(code), self._on)
        return self._known[code].get(name)
