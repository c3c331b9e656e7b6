"""The bureau head's page: everything it shows, put together from its sources.

One page of a city, a district or a street: a sentence, four numbers, who is ahead and who
behind, the year by month, what is late, what waits for money, how good the data are.
"""

from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.reach import Reach
from committees.domain.formation import Count, Month, Outlook, missing, outlook, ranked, reached
from committees.selectors.cases import Case
from committees.selectors.formation import Formation, Place, whole
from committees.selectors.months import months_of, paced
from committees.selectors.party import party_within
from committees.selectors.pipeline import counted, overdue, overdue_number
from committees.selectors.problems import problem_counts
from committees.selectors.quality import Reported, reported, unreported
from committees.selectors.targets import Target, target_of
from core.exact import share_down
from disclosures.selectors.late import late_numbers
from documents.rankings import share_bar, stack_bar
from funds.models import Instalment, Review
from funds.selectors.backlog import backlog_of
from portal.outlooks import axis_words, expected_words, formation_chart, month_words
from portal.sentences import said

# Fewer estates say nothing about a place.
LEAST = 5
# Of what is late, the page lists so many; the rest is a link away.
LISTED = 10
_STEPS = dict(Review.STEPS) | dict(Instalment.STATES)


class Row(NamedTuple):
    """A place below, its rate drawn, and when it last reported."""

    place: Place
    rate: str
    missing: int | None
    bar: SafeString
    reported: Reported


def overview_of(found: Formation, *, today: date, at: datetime) -> dict[str, Any]:
    """What the page shows of a place."""
    counts = counted(found)
    total, target = whole(counts), target_of(found.at, today)
    months = months_of(found.reach, today.year)
    known = [*months, Month(today, total)]
    ahead = outlook(paced(found.reach, known), target.share) if target else None
    told = reported(found.reach, {pk: one.total for pk, one in counts.items()}, today)
    return {
        "at": found.at,
        "above": found.above,
        "now": at,
        "total": total,
        "rate": share_down(total.formed, total.total),
        "target": target,
        "missing": missing(total.formed, total.total, target.share) if target else None,
        "days_left": (date(today.year, 12, 31) - today).days,
        "grown": f"{total.formed - months[-1].estates.formed:+d}" if months else None,
        "risk": _risk(total, target, ahead),
        "outlook": expected_words(total, ahead) if ahead else "",
        "chart": formation_chart(known, ahead, target, today.year) if total.total else "",
        "axis": axis_words(known, ahead, target) if total.total else "",
        "month_words": month_words(known),
        **_ranking(found, counts, target, told),
        "late": {
            "formations": overdue_number(found.reach, today),
            "problems": sum(one.overdue for one in problem_counts(found.reach, today).values()),
            "publications": late_numbers(found.reach, today),
        },
        "overdue": [_late(one) for one in overdue(found.reach, today, LISTED)],
        **_party(found.reach, total.formed, today),
        **_backlog(found.reach, at),
        "quality": _whole(told),
        "unreported": None if (left := unreported(found.reach)) is None else left.count(),
    }


def _party(reach: Reach, formed: int, today: date) -> dict[str, Any]:
    """Committees that meet the party's share, of those of which it can be told."""
    told = party_within(reach, formed, today)
    return {"party": told, "party_rate": share_down(told.meeting, told.known)}


def _late(case: Case) -> dict[str, Any]:
    following = case.standing.following
    stage = said(following.title) if following else ""
    return {"case": case, "stage": stage, "turn": said(case.turn)}


def _ranking(
    found: Formation, counts: dict[int, Count], target: Target | None, told: dict[int, Reported]
) -> dict[str, Any]:
    places = {one.key or "own": one for one in found.places_of(counts)}
    large, small = ranked([(key, one.estates) for key, one in places.items()], LEAST)
    by_place = _told(found.reach, told)
    rows = {
        key: _row(one, target, by_place.get(key, Reported())) for key, one in places.items()
    }
    return {
        "rows": [rows[key] for key, _count in large],
        "small": [rows[key] for key, _count in small],
        "least": LEAST,
    }


def _told(reach: Reach, told: dict[int, Reported]) -> dict[str, Reported]:
    """By the keys of places: those just below, and what the place answers for itself."""
    rolled = reach.rolled(told, Reported(), Reported.plus)
    found = {str(one.pk): value for one, value in rolled}
    if reach.at is not None and reach.at.pk in told:
        found["own"] = told[reach.at.pk]
    return found


def _row(place: Place, target: Target | None, told: Reported) -> Row:
    count = place.estates
    rate = share_down(count.formed, count.total)
    goal = Fraction(*target.share) if target else None
    share = Fraction(count.formed, count.total) if count.total else Fraction(0)
    spoken = f"{place.name} {rate}"
    bar = mark_safe(share_bar(share, goal, spoken))  # noqa: S308 - our own drawing
    lacking = missing(count.formed, count.total, target.share) if target else None
    return Row(place, rate, lacking, bar, told)


def _backlog(reach: Reach, at: datetime) -> dict[str, Any]:
    """The fund's desks and payments, each heap drawn on one scale."""
    backlog = backlog_of(reach, at=at)
    most = max((one.total for one in backlog.heaps), default=0)
    heaps = []
    for one in backlog.heaps:
        title = _STEPS[one.step]
        spoken = f"{title} " + " / ".join(map(str, one.bands))
        drawn = mark_safe(stack_bar(one.bands, most, spoken))  # noqa: S308 - our own drawing
        heaps.append({"heap": one, "title": title, "bar": drawn})
    return {"backlog": backlog, "heaps": heaps}


def _whole(told: dict[int, Reported]) -> Reported:
    total = Reported()
    for one in told.values():
        total = total.plus(one)
    return total


def _risk(total: Count, target: Target | None, ahead: Outlook | None) -> str:
    """One word for the sentence; "" where there is nothing to say."""
    if target is None or not total.total:
        return ""
    if reached(total.formed, total.total, target.share):
        return _("已经达标")
    if ahead is None or ahead.enough is None:
        return ""
    return _("按现在的速度能达标") if ahead.enough else _("有风险")
