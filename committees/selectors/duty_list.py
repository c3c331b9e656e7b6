"""The list of duties (履职清单) of one committee, as its page and the public page show it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Prefetch

from committees.domain.duties import (
    DUTIES,
    MONTHS,
    OCCASION,
    PUBLISHED,
    RECURRING,
    Due,
    Duty,
    Period,
    after,
    periods,
    recurring,
)
from committees.models import Committee, DutyDone, Occasion
from committees.selectors.duties import assemblies, held_on
from committees.selectors.formation import in_office
from core.deadlines import start_of
from disclosures.models import Duty as Publishing
from disclosures.models import PaperPage
from registry.domain.profiles import RuleValue
from registry.models import Estate
from registry.selectors import profile_for
from voting.models import Session

SHOWN = 12  # of what was done, on the page


class Act(NamedTuple):
    """Once that a duty was done: a row somebody entered, or a meeting of owners held here."""

    day: date
    done: DutyDone | None
    session: Session | None

    @property
    def counts(self) -> bool:
        return self.done is None or not hasattr(self.done, "strike")


class Event(NamedTuple):
    """What set the days running, and what was done of it. `due` None: it was struck."""

    occasion: Occasion
    due: Due | None
    done: DutyDone | None


class Row(NamedTuple):
    """One duty. `rule` None: without a period. `published`: of accounts, the newest first."""

    duty: Duty
    rule: RuleValue | None
    due: Due | None
    acts: Sequence[Act]
    periods: Sequence[Period]
    events: Sequence[Event]
    published: Sequence[Publishing]

    @property
    def late(self) -> int:
        """Days past the earliest day of what is not done."""
        days = [one.due.late for one in self.events if one.due and one.done is None]
        return max([*days, self.due.late if self.due else 0], default=0)

    @property
    def last_done(self) -> date | None:
        """The newest day on which it was done."""
        days = [one.day for one in self.acts if one.counts]
        days += [one.last for one in self.published if one.done_at]
        return max(days, default=None)


def committee_of(estate: Estate) -> Committee | None:
    """The committee in office at an estate."""
    return in_office().filter(estate=estate).select_related("estate").first()


def list_of(committee: Committee, on: date) -> list[Row]:
    """The duties of a committee on a day; those its place has no rule for are left out."""
    rules = profile_for(committee.estate, on)
    pages = Prefetch("paper__pages", PaperPage.objects.only("number", "paper"))
    done = committee.done.select_related("strike", "occasion", "paper")
    by_duty: dict[str, list[DutyDone]] = {code: [] for code in DUTIES}
    for one in done.prefetch_related(pages):
        by_duty[one.duty].append(one)
    rows = []
    for duty in DUTIES.values():
        rule = rules.get(duty.rule)
        if committee.kind not in duty.bodies or (duty.rule and (not rule or not rule.value)):
            continue
        rows.append(_row(committee, duty, rule, by_duty[duty.code], on))
    return rows


def _row(
    committee: Committee, duty: Duty, rule: RuleValue | None, done: list[DutyDone], on: date
) -> Row:
    acts = [Act(one.day, one, None) for one in done]
    blank = Row(duty, rule, None, acts[::-1][:SHOWN], (), (), ())
    if duty.way == PUBLISHED:
        return _published(committee.estate, blank, on)
    if duty.way == RECURRING and rule is not None:
        return _recurring(committee, blank, acts, MONTHS[rule.value], on)
    if duty.way == OCCASION and rule is not None:
        return _events(committee, blank, done, int(rule.value), on)
    return blank


def _recurring(committee: Committee, row: Row, acts: list[Act], months: int, on: date) -> Row:
    if row.duty.code == "assembly":
        end = start_of(on + timedelta(days=1))
        held = assemblies(Estate.objects.filter(pk=committee.estate_id), end)
        acts += [Act(held_on(one), None, one) for one in held]
    acts.sort(key=lambda one: one.day, reverse=True)
    days = [one.day for one in acts if one.counts]
    return row._replace(
        due=recurring(committee.formed_on, months, days, on),
        acts=[one for one in acts if one.day >= committee.formed_on][:SHOWN],
        periods=periods(committee.formed_on, months, days, on),
    )


def _events(committee: Committee, row: Row, done: list[DutyDone], days: int, on: date) -> Row:
    of: Mapping[int | None, DutyDone] = {
        one.occasion_id: one for one in done if not hasattr(one, "strike")
    }
    happened = committee.occasions.filter(duty=row.duty.code).select_related("strike")
    events = []
    for occasion in happened.order_by("-day", "-pk"):
        answer = of.get(occasion.pk)
        due = after(
            occasion.day, days, answer.day if answer else None, on, before=row.duty.before
        )
        events.append(Event(occasion, None if hasattr(occasion, "strike") else due, answer))
    return row._replace(events=events[:SHOWN])


def _published(estate: Estate, row: Row, on: date) -> Row:
    """As `disclosures` watches it; the earliest that is not done is what is due."""
    known = estate.duties.filter(kind=row.duty.code).order_by("-due_on")
    waiting = known.filter(done_at=None).last()
    due = None
    if waiting is not None:
        due = Due(None, waiting.due_on, max((on - waiting.due_on).days, 0))
    return row._replace(due=due, published=list(known[:SHOWN]))
