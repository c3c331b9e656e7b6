"""From "has to form" to the handover: the stages, whose turn it is, and until when.

The stages of an owners' committee follow 建房〔2009〕274号 8-16, 31-34, 47-48 and 条例 16.
A property management committee (物管会) is set up by the street office where owners cannot form
one; it is an authority of local regulation, so it has neither a roll nor an election. A renewal
(换届) ends like a first formation. What happened is a day per stage; all else follows from it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

KINDS = ("owners_committee", "management_committee", "renewal")


class Stage(NamedTuple):
    """One step. `turn`: the body that brings it about.

    It is due `period` days (a value of the rule profile) after the stage `counted_from`; where
    `period` is empty, the law sets no deadline.
    """

    code: str
    title: str
    turn: str
    counted_from: str = ""
    period: str = ""


_DUE = Stage("due", "具备组建条件", "developer")
_ROLL = Stage("roll", "业主名册公示", "group")
_CANDIDATES = Stage("candidates", "推荐候选人", "group")
_VETTING = Stage("vetting", "联审", "street_office")
_POSTED = Stage("posted", "候选人公示", "group")
_ACCOUNT = Stage("account", "开立账户", "committee")
_HANDOVER = Stage("handover", "移交", "former", "elected", "committee.handover_days")
_AFTER_ELECTION = (
    Stage("elected", "业主大会选举", "group", "group", "formation.assembly_days"),
    Stage("first_meeting", "首次会议", "committee", "elected", "committee.first_meeting_days"),
    Stage("filed", "备案回执", "committee", "elected", "committee.filing_days"),
    Stage("seal", "刻制印章", "committee"),
    _ACCOUNT,
    _HANDOVER,
)
STAGES: Mapping[str, tuple[Stage, ...]] = {
    "owners_committee": (
        _DUE,
        Stage("group", "成立筹备组", "street_office", "due", "formation.group_days"),
        _ROLL,
        _CANDIDATES,
        _VETTING,
        _POSTED,
        *_AFTER_ELECTION,
    ),
    "management_committee": (
        _DUE,
        Stage("candidates", "推荐成员", "street_office"),
        _VETTING,
        Stage("posted", "成员公示", "street_office"),
        Stage("elected", "街道办事处公告成立", "street_office"),
        Stage("filed", "报主管部门", "street_office", "elected", "committee.filing_days"),
        Stage("seal", "刻制印章", "committee"),
        _ACCOUNT,
        _HANDOVER,
    ),
    "renewal": (
        Stage("due", "任期将满", "committee"),
        Stage("group", "成立换届小组", "street_office"),
        _ROLL,
        _CANDIDATES,
        _VETTING,
        _POSTED,
        *_AFTER_ELECTION,
    ),
}
# From this stage on the estate counts as having formed.
FORMED = "elected"


class Standing(NamedTuple):
    """Where a formation is on a day.

    `stage` was reached last, on `since`; `days` in it. `following` comes next, None: all is
    done. `due_on`: its last day by the profile, None: the law sets none. `late`: days past it.
    """

    stage: Stage | None
    since: date | None
    days: int
    following: Stage | None
    due_on: date | None
    late: int


def standing(
    kind: str, reached: Mapping[str, date], periods: Mapping[str, int], today: date
) -> Standing:
    """Reads where a formation is from the day on which each stage was reached.

    A stage may be reached while one before it is not (an account before the seal): what comes
    next is the first that is open, and what was reached last is the furthest.
    """
    stages = STAGES[kind]
    done = [stage for stage in stages if stage.code in reached]
    following = next((stage for stage in stages if stage.code not in reached), None)
    last = done[-1] if done else None
    since = reached[last.code] if last else None
    due_on = _due_on(following, reached, periods) if following else None
    late = (today - due_on).days if due_on else 0
    return Standing(
        last, since, (today - since).days if since else 0, following, due_on, max(late, 0)
    )


def _due_on(
    stage: Stage, reached: Mapping[str, date], periods: Mapping[str, int]
) -> date | None:
    """The day a period was counted from is not counted (Civil Code art. 201)."""
    start, days = reached.get(stage.counted_from), periods.get(stage.period)
    return start + timedelta(days=days) if start and days is not None else None


class Wrong(NamedTuple):
    """A day that cannot be, with the stage it contradicts."""

    code: str
    other: str


def out_of_order(kind: str, reached: Mapping[str, date]) -> Sequence[Wrong]:
    """Stages reached before one they rest on: nobody is elected before standing."""
    codes = [stage.code for stage in STAGES[kind]]
    free = {"seal", "account", "handover"}  # in any order, but after the election
    known = [code for code in codes if code in reached]
    found = []
    for place, code in enumerate(known):
        for before in known[:place]:
            if before in free and code in free:
                continue
            if reached[code] < reached[before]:
                found.append(Wrong(code, before))
    return found
