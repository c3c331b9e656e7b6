"""What a committee did of its duties: entered with evidence, struck where it shows nothing."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from committees.domain.duties import DUTIES, OCCASION, PUBLISHED, Duty
from committees.models import Committee, DutyDone, DutyStrike, Occasion
from committees.selectors.duties import rule_of
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from disclosures.models import Paper
from disclosures.steps import By, Pages
from logbook.steps import record_act
from voting.domain.drafts import text_reasons

MOST_NOTE = 300
# A meeting may be announced so long before it is held.
AHEAD = timedelta(days=90)


class Shown(NamedTuple):
    """What shows that a duty was done: in words, with a photograph or scan where there is one.

    `submission` tells a repetition.
    """

    note: str
    file: tuple[str, bytes] | None
    submission: str


@transaction.atomic(durable=True)
def record_occasion(
    *, committee_id: int, duty: str, day: date, shown: Shown, by: By, at: datetime
) -> Occasion:
    """Something happened that sets the days of a duty running; the same submission is one.

    RuleViolation "duty.invalid" with every reason, "duty.role", "duty.ended".
    """
    committee, kind = _ready(committee_id, duty, by)
    known = committee.occasions.filter(submission=shown.submission).first()
    if known is not None:
        return known
    found = text_reasons("note", "说明", shown.note, MOST_NOTE)
    if kind.way != OCCASION or rule_of(committee.estate, kind, local_day(at)) is None:
        found.append(Reason("duty.kind", "这一项不用登记事由，请回到履职清单重新选择", "note"))
    latest = local_day(at) + (AHEAD if kind.before else timedelta())
    if not committee.formed_on <= day <= latest:
        sentence = f"日期要在业主委员会成立那天（{committee.formed_on}）以后，不能晚于{latest}"
        found.append(Reason("duty.day", sentence, "day"))
    demand_none("duty.invalid", found)
    made = committee.occasions.create(
        duty=duty, day=day, note=shown.note.strip(), **_signed(shown.submission, by, at)
    )
    _note(committee, "duty-occasion", {"occasion": made.pk, "duty": duty}, by, at)
    return made


def record_done(
    *,
    committee_id: int,
    duty: str,
    occasion_id: int | None,
    day: date,
    shown: Shown,
    by: By,
    at: datetime,
) -> DutyDone:
    """A duty was done on a day; the same submission is one.

    RuleViolation "duty.invalid" with every reason, "duty.role", "duty.ended", and those of
    documents.intake.pages_of.
    """
    pages = Pages("photo", *shown.file) if shown.file else None
    with transaction.atomic(durable=True):
        committee, kind = _ready(committee_id, duty, by)
        known = committee.done.filter(submission=shown.submission).first()
        if known is not None:
            return known
        occasion = _occasion(committee, duty, occasion_id)
        found = text_reasons("note", "说明", shown.note, MOST_NOTE)
        found += _done_reasons(committee, kind, occasion, day, local_day(at))
        demand_none("duty.invalid", found)
        paper: Paper | None = (
            pages.keep(committee.estate, actor=by.actor, at=at) if pages else None
        )
        made = committee.done.create(
            duty=duty,
            occasion=occasion,
            day=day,
            note=shown.note.strip(),
            paper=paper,
            **_signed(shown.submission, by, at),
        )
        facts = {"done": made.pk, "duty": duty, "day": str(day)}
        facts |= {"sha256": pages.source_sha256} if pages else {}
        _note(committee, "duty-done", facts, by, at)
    return made


@transaction.atomic(durable=True)
def strike_done(*, done_id: int, reason: str, by: By, at: datetime) -> DutyStrike:
    """It counts no more, for a reason; harmless where it is struck. RuleViolation
    "duty.invalid", "duty.role"."""
    done = DutyDone.objects.select_related("committee").get(pk=done_id)
    return _strike(done.committee_id, {"done": done}, reason, by, at)


@transaction.atomic(durable=True)
def strike_occasion(*, occasion_id: int, reason: str, by: By, at: datetime) -> DutyStrike:
    """It did not happen, for a reason; harmless where it is struck. RuleViolation
    "duty.invalid", "duty.role"."""
    occasion = Occasion.objects.select_related("committee").get(pk=occasion_id)
    return _strike(occasion.committee_id, {"occasion": occasion}, reason, by, at)


def _strike(
    committee_id: int,
    of: dict[str, DutyDone] | dict[str, Occasion],
    reason: str,
    by: By,
    at: datetime,
) -> DutyStrike:
    committee = _locked(committee_id, by)
    known = DutyStrike.objects.filter(**of).first()
    if known is not None:
        return known
    found = text_reasons("reason", "原因", reason, MOST_NOTE)
    if not found and not explains(reason):
        found.append(Reason("duty.reason", "请写明为什么划去（至少4个字）", "reason"))
    demand_none("duty.invalid", found)
    made = DutyStrike.objects.create(
        **of, reason=reason.strip(), struck_by=by.actor, struck_role=by.role, struck_at=at
    )
    facts: dict[str, object] = {name: row.pk for name, row in of.items()}
    _note(committee, "duty-struck", facts, by, at)
    return made


def _ready(committee_id: int, duty: str, by: By) -> tuple[Committee, Duty]:
    committee = _locked(committee_id, by)
    if committee.ended_on is not None:
        raise RuleViolation("duty.ended", "这一届已经结束，不能再登记；请登记到现在这一届")
    if duty not in DUTIES:
        raise RuleViolation("duty.kind", "这一项不用登记事由，请回到履职清单重新选择")
    return committee, DUTIES[duty]


def _locked(committee_id: int, by: By) -> Committee:
    """One entry at a time for a committee; by a role that keeps its duties."""
    if by.role not in roles_with(Permission.KEEP_DUTIES):
        raise RuleViolation("duty.role", "您的角色不能登记履职情况")
    rows = Committee.objects.select_for_update(of=("self",), no_key=True)
    found: Committee = rows.select_related("estate").get(pk=committee_id)
    return found


def _occasion(committee: Committee, duty: str, pk: int | None) -> Occasion | None:
    if pk is None:
        return None
    found = committee.occasions.filter(pk=pk, duty=duty, strike=None).first()
    if found is None:
        raise RuleViolation("duty.occasion", "这一件事由已经划去，请刷新页面重新选择")
    return found


def _done_reasons(
    committee: Committee, kind: Duty, occasion: Occasion | None, day: date, today: date
) -> list[Reason]:
    found = []
    if kind.way == PUBLISHED:
        found.append(
            Reason("duty.published", "公布账目请在“小区的账”里办，公布以后这里自动算数", "note")
        )
    if (kind.way == OCCASION) != (occasion is not None):
        found.append(Reason("duty.kind", "请先登记事由，再登记办了没有", "note"))
    if occasion is not None and occasion.done.filter(strike=None).exists():
        found.append(
            Reason("duty.twice", "这一件已经登记过；登记错了的，请先划去再登记", "note")
        )
    earliest = committee.formed_on
    if occasion is not None and not kind.before:
        earliest = max(earliest, occasion.day)
    if not earliest <= day <= today:
        sentence = f"日期不能早于{earliest}，也不能晚于今天"
        found.append(Reason("duty.day", sentence, "day"))
    return found


def _signed(submission: str, by: By, at: datetime) -> dict[str, object]:
    return {
        "submission": submission,
        "recorded_by": by.actor,
        "recorded_role": by.role,
        "recorded_at": at,
    }


def _note(
    committee: Committee, act: str, facts: dict[str, object], by: By, at: datetime
) -> None:
    body = {"committee": committee.pk, "role": by.role, **facts}
    record_act(f"estate/{committee.estate.code}", act, body, actor=by.actor, at=at)
