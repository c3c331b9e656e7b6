"""The duties of committees on a day: done, due, overdue, with the rows that prove it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from committees.domain.duties import (
    DUTIES,
    MONTHS,
    RECURRING,
    Due,
    Duty,
    after,
    recurring,
)
from committees.models import Committee, DutyDone, Occasion
from committees.selectors.formation import in_office
from core.deadlines import local_day, start_of
from disclosures.selectors.findings import Evidence, Finding
from documents.labels import label
from documents.wording import day as day_words
from registry.domain.problems import ITEMS, NOT_DILIGENT
from registry.domain.profiles import RuleValue, resolve
from registry.models import Estate
from registry.selectors import profile_for, profile_layers
from voting.models import Session


class Overdue(NamedTuple):
    """A duty of a committee that was to be done and was not. `evidence`: what shows it."""

    committee: Committee
    duty: Duty
    due: Due
    occasion: Occasion | None
    evidence: Sequence[Evidence]


def rule_of(estate: Estate, duty: Duty, on: date) -> RuleValue | None:
    """What an estate's profile says of a duty; None: it has none such."""
    return _rule(profile_for(estate, on), duty)


def overdue(estates: QuerySet[Estate], on: date) -> list[Overdue]:
    """Everything overdue at these estates as a day ends, the longest first; so many queries
    however many estates. What is published is `disclosures`' to watch, and not here."""
    found = list(_Acts(estates, on).overdue())
    return sorted(found, key=lambda one: (one.due.due_on, one.committee.estate_id))


def findings(estates: QuerySet[Estate], on: date) -> list[Finding]:
    """Problem 22 of the city's register, proved by rows: as disclosures.selectors.findings."""
    found = []
    for one in overdue(estates, on):
        place = one.committee.estate
        of = f"occasion:{one.occasion.pk}" if one.occasion else one.duty.code
        since = one.due.due_on + timedelta(days=1)
        found.append(
            Finding(
                f"{NOT_DILIGENT}:{place.code}:{of}:{since}",
                place,
                NOT_DILIGENT,
                ITEMS[NOT_DILIGENT].words,
                "committee",
                label(one.committee, "kind"),
                since,
                one.evidence,
            )
        )
    return sorted(found, key=lambda one: (one.estate.pk, one.since, one.key))


class _Acts:
    """Committees in office at these estates on a day, with what they did by then."""

    def __init__(self, estates: QuerySet[Estate], on: date) -> None:
        self.on, self._end = on, start_of(on + timedelta(days=1))
        self._rules: dict[str, Mapping[str, RuleValue]] = {}
        living = in_office(on).filter(estate__in=estates, recorded_at__lt=self._end)
        self.committees = list(living.select_related("estate"))
        known = unstruck(DutyDone.objects.filter(committee__in=living, day__lte=on), self._end)
        self.done: dict[tuple[int, str], list[DutyDone]] = defaultdict(list)
        self.of_occasion: dict[int, DutyDone] = {}
        for one in known.defer("note"):
            self.done[one.committee_id, one.duty].append(one)
            if one.occasion_id:
                self.of_occasion[one.occasion_id] = one
        self.occasions: dict[int, list[Occasion]] = defaultdict(list)
        happened = unstruck(Occasion.objects.filter(committee__in=living), self._end)
        for event in happened.defer("note"):
            self.occasions[event.committee_id].append(event)
        self.assemblies: dict[int, list[Session]] = defaultdict(list)
        for session in assemblies(estates, self._end):
            self.assemblies[session.estate_id].append(session)

    def rules(self, estate: Estate) -> Mapping[str, RuleValue]:
        code = estate.profile_code
        if code not in self._rules:
            self._rules[code] = resolve(profile_layers(code), self.on)
        return self._rules[code]

    def overdue(self) -> Iterator[Overdue]:
        for committee in self.committees:
            rules = self.rules(committee.estate)
            for duty in DUTIES.values():
                if duty.way == RECURRING and committee.kind in duty.bodies:
                    yield from self._recurring(committee, duty, _rule(rules, duty))
            for occasion in self.occasions.get(committee.pk, ()):
                duty = DUTIES[occasion.duty]
                yield from self._after(committee, duty, occasion, _rule(rules, duty))

    def _recurring(
        self, committee: Committee, duty: Duty, rule: RuleValue | None
    ) -> Iterator[Overdue]:
        if rule is None:
            return
        held = self.assemblies[committee.estate_id] if duty.code == "assembly" else []
        rows = self.done.get((committee.pk, duty.code), [])
        days = [one.day for one in rows] + [held_on(one) for one in held]
        due = recurring(committee.formed_on, MONTHS[rule.value], days, self.on)
        if not due.late:
            return
        last: DutyDone | Session | None = next(
            (one for one in rows if one.day == due.last_done), None
        ) or next((one for one in held if held_on(one) == due.last_done), None)
        since = f"{label(committee, 'kind')}{day_words(committee.formed_on)}成立"
        proofs = [_proof(committee, f"{since}，{_lateness(duty, due)}")]
        if last is not None and due.last_done is not None:
            proofs.append(_proof(last, f"上一次是{day_words(due.last_done)}"))
        yield Overdue(committee, duty, due, None, tuple(proofs))

    def _after(
        self, committee: Committee, duty: Duty, occasion: Occasion, rule: RuleValue | None
    ) -> Iterator[Overdue]:
        if rule is None or occasion.pk in self.of_occasion:
            return
        due = after(occasion.day, int(rule.value), None, self.on, before=duty.before)
        if due.late:
            said = f"{day_words(occasion.day)}{duty.event}，{_lateness(duty, due)}"
            yield Overdue(committee, duty, due, occasion, (_proof(occasion, said),))


def assemblies(estates: QuerySet[Estate], end: datetime) -> QuerySet[Session]:
    """Meetings of all owners that were held here and have their resolution; the newest last."""
    held = Session.objects.filter(
        estate__in=estates, state="resolved", rehearsal=False, scope=[], closes_at__lt=end
    )
    return held.only("estate", "title", "code", "closes_at").order_by("closes_at", "pk")


def held_on(session: Session) -> date:
    """The day on which a meeting of owners ended."""
    assert session.closes_at is not None  # noqa: S101 (it is resolved)
    return local_day(session.closes_at)


def unstruck(rows: QuerySet[Any], end: datetime) -> QuerySet[Any]:
    """What was recorded before an instant and not struck by then."""
    struck_later = Q(strike=None) | Q(strike__struck_at__gte=end)
    return rows.filter(struck_later, recorded_at__lt=end)


def _rule(rules: Mapping[str, RuleValue], duty: Duty) -> RuleValue | None:
    found = rules.get(duty.rule)
    return found if found is not None and found.value is not None else None


def _lateness(duty: Duty, due: Due) -> str:
    # Since when, not for how long: it stays on a public list.
    late = day_words(due.due_on + timedelta(days=1))
    return f"{duty.title}应在{day_words(due.due_on)}以前完成，{late}起逾期"


def _proof(row: Any, sentence: str) -> Evidence:
    return Evidence(row._meta.label_lower, row.pk, sentence)
