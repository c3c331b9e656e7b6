"""Where every formation is: what was reported by hand, merged with what happened here.

cases = pipeline(reach, today)          # open formations, the latest first
overdue(reach, today, 10)               # those longest past a deadline
overdue_number(reach, today)            # how many are
stage_counts(cases)                     # authority -> stage that comes next -> how many
counted(found)                          # authority -> estates, with those that have to form
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.reach import Reach
from committees.domain.formation import Count
from committees.domain.pipeline import STAGES, Stage, standing
from committees.models import (
    Committee,
    Formation,
    Handover,
    Inquiry,
    InquiryReply,
    Reached,
)
from committees.selectors.acts import Act, acts_of, among
from committees.selectors.cases import Asked, Case, Told
from committees.selectors.formation import Formation as Watched
from committees.selectors.formation import per_place
from registry.domain.profiles import RuleValue, resolve
from registry.selectors import profile_layers


def pipeline(reach: Reach, today: date) -> list[Case]:
    """Every open formation in a place, the latest first; a fixed number of queries."""
    cases = _cases(reach.narrowed(Formation.objects.filter(ending="")), today)
    return [one for one in cases if reach.has(one.formation.estate.authority_id)]


def pipeline_within(within: Q, today: date) -> list[Case]:
    """The same; `within`: of formations, by their estate."""
    return _cases(Formation.objects.filter(within, ending=""), today)


def _cases(rows: QuerySet[Formation], today: date) -> list[Case]:
    formations = list(rows.select_related("estate__authority"))
    cases = cases_of(formations, today) if formations else []
    cases.sort(key=_urgency)
    return cases


def overdue(reach: Reach, today: date, limit: int) -> list[Case]:
    """The open formations longest past the deadline of their next stage."""
    rows = reach.narrowed(late_formations(today)).values_list("pk", "estate__authority")
    keys = list(islice((pk for pk, place in rows if reach.has(place)), limit))
    return late_of(_cases(Formation.objects.filter(pk__in=keys), today))


def overdue_within(within: Q, today: date, limit: int) -> list[Case]:
    """The same; `within`: of formations, by their estate."""
    keys = list(late_formations(today).filter(within).values_list("pk", flat=True)[:limit])
    return late_of(_cases(Formation.objects.filter(pk__in=keys), today))


def overdue_number(reach: Reach, today: date) -> int:
    """How many formations are past a deadline; one query."""
    return sum(per_place(late_formations(today).order_by(), reach).values())


def late_formations(today: date) -> QuerySet[Formation]:
    """Open formations past a deadline, by the day that is kept with each, the latest first."""
    return Formation.objects.filter(ending="", due_on__lt=today).order_by("due_on", "pk")


def late_of(cases: Iterable[Case]) -> list[Case]:
    """Those past the deadline of their next stage."""
    return [one for one in cases if one.standing.late]


def stage_counts(cases: Iterable[Case]) -> dict[int, Counter[str]]:
    """By authority, how many wait for each stage ("" where all is done)."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for one in cases:
        following = one.standing.following
        found[one.formation.estate.authority_id][following.code if following else ""] += 1
    return dict(found)


def counted(found: Watched) -> dict[int, Count]:
    """Of each authority, the estates it answers for itself, with those that have to form.

    Due is one with a committee in office, and one with an open formation of which any stage was
    reported: no step is taken before the conditions are met. Three queries.
    """
    newer = Reached.objects.filter(
        formation=OuterRef("formation"), stage=OuterRef("stage"), pk__gt=OuterRef("pk")
    )
    standing_rows = Reached.objects.filter(
        ~Exists(newer), formation=OuterRef("pk"), day__isnull=False
    )
    living = Committee.objects.filter(ended_on__isnull=True, estate=OuterRef("estate"))
    waiting = Formation.objects.filter(Exists(standing_rows), ~Exists(living), ending="")
    begun = per_place(waiting, found.reach)
    return {
        place: count._replace(due=count.formed + begun.get(place, 0), due_formed=count.formed)
        for place, count in found.counts().items()
    }


def case_of(formation: Formation, today: date) -> Case:
    """One formation, with what was written of it."""
    return cases_of([formation], today, full=True)[0]


def cases_of(formations: Sequence[Formation], today: date, *, full: bool = False) -> list[Case]:
    """Of formations with their estates; the number of queries does not grow with theirs.

    `full`: with the notes, which are encrypted and take their time.
    """
    rows = reports_of(formations) if full else {}
    days = {key: told[-1].day for key, told in rows.items()} if full else _reported(formations)
    acts, asked = acts_of(formations), asked_of(formations)
    sources = dict(
        Handover.objects.filter(among("committee", formations, "committee")).values_list(
            "committee", "source"
        )
    )
    rules = _rules({one.estate.profile_code for one in formations}, today)
    periods = {code: _periods(values) for code, values in rules.items()}
    found = []
    for one in formations:
        replies = asked.get(one.pk, [])
        told = [
            _told(
                stage,
                days.get((one.pk, stage.code)),
                rows.get((one.pk, stage.code), ()),
                acts[one.pk],
                replies,
            )
            for stage in STAGES[one.kind]
        ]
        reached = {each.stage.code: each.day for each in told if each.day is not None}
        values = rules[one.estate.profile_code]
        seen = standing(one.kind, reached, periods[one.estate.profile_code], today)
        period = seen.following.period if seen.following else ""
        clause = values[period].clause if period in values else ""
        source = sources.get(one.committee_id or 0, "")
        unread = period in values and not values[period].usable
        found.append(Case(one, told, replies, seen, clause, source, unread))
    return found


def reports_of(formations: Sequence[Formation]) -> dict[tuple[int, str], list[Reached]]:
    """What was reported by hand, by formation and stage, the newest last."""
    rows = Reached.objects.filter(among("formation", formations))
    found: dict[tuple[int, str], list[Reached]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.formation_id, row.stage].append(row)
    return dict(found)


def _reported(formations: Sequence[Formation]) -> dict[tuple[int, str], date | None]:
    """The days alone, of thousands."""
    rows = Reached.objects.filter(among("formation", formations))
    told = rows.order_by("pk").values_list("formation", "stage", "day")
    return {(formation, stage): day for formation, stage, day in told}


def asked_of(formations: Sequence[Formation]) -> dict[int, list[Asked]]:
    """The departments that were asked, in the order they were."""
    replies = Prefetch("replies", queryset=InquiryReply.objects.order_by("pk"))
    rows = Inquiry.objects.filter(among("formation", formations))
    found: dict[int, list[Asked]] = defaultdict(list)
    for row in rows.order_by("pk").prefetch_related(replies):
        given = list(row.replies.all())
        found[row.formation_id].append(Asked(row, given[-1] if given else None))
    return dict(found)


def _told(
    stage: Stage,
    reported: date | None,
    rows: Sequence[Reached],
    acts: Mapping[str, Act],
    asked: Sequence[Asked],
) -> Told:
    row = rows[-1] if rows else None
    if stage.code == "vetting" and asked:
        days = [one.reply.day for one in asked if one.reply is not None]
        if len(days) < len(asked) or any(one.objects for one in asked):
            return Told(stage, None, None, row, rows)
        return Told(stage, max(days), Act(max(days), "各部门的答复"), row, rows)
    act = acts.get(stage.code)
    return Told(stage, act.day if act else reported, act, row, rows)


def _rules(codes: Iterable[str], on: date) -> dict[str, dict[str, RuleValue]]:
    return {code: resolve(profile_layers(code), on) for code in codes}


def _periods(values: Mapping[str, RuleValue]) -> dict[str, int]:
    """The periods in days among the rules."""
    return {
        name: stated.value
        for name, stated in values.items()
        if name.endswith("_days") and isinstance(stated.value, int)
    }


def _urgency(case: Case) -> tuple[int, date, date, int]:
    seen = case.standing
    return -seen.late, seen.due_on or date.max, seen.since or date.max, case.formation.pk
