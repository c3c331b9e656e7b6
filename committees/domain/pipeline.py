"""From "has to form" to the handover: the stages, whose turn it is, and until when.

The stages of an owners' committee follow 建房〔2009〕274号 8-16, 31-34, 47-48 and 条例 16.
A property management committee (物管会) is set up by the street office where owners cannot form
one; it is an authority of local regulation, so it has neither a roll nor an election. A renewal
(换届) ends like a first formation. What happened is a day per stage; all else follows from it.

A stage rests on others: nobody is elected who did not stand. The roll is put on show while
candidates are found, and the seal is cut on the paper of the filing (274号 34). A bank opens an
account on that paper too: not before the filing, and no law puts the seal before the account.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

KINDS = ("owners_committee", "management_committee", "renewal")


class Stage(NamedTuple):
    """One step. `turn`: the body that brings it about (of TURNS).

    It is due `period` days (a value of the rule profile) after the stage `counted_from`; where
    `period` is empty, the law sets no deadline. `rests_on`: the stages that come before it;
    one of them that is `optional` need not have been: not every place has candidates vetted.
    """

    code: str
    title: str
    turn: str
    rests_on: tuple[str, ...] = ()
    counted_from: str = ""
    period: str = ""
    optional: bool = False


TURNS: Mapping[str, str] = {
    "developer": "建设单位报告，街道、乡镇核实",
    "street_office": "街道、乡镇",
    "group": "筹备组或者换届小组",
    "committee": "委员会",
    "former": "移交的一方",
}
_DUE = Stage("due", "具备组建条件", "developer")
_CANDIDATES = Stage("candidates", "推荐候选人", "group", ("group",))
_VETTING = Stage("vetting", "联审", "street_office", ("candidates",), optional=True)
_POSTED = Stage("posted", "候选人公示", "group", ("candidates", "vetting"))
_SEAL = Stage("seal", "刻制印章", "committee", ("filed",))
_ACCOUNT = Stage("account", "开立账户", "committee", ("filed",))
_HANDOVER = Stage(
    "handover", "移交", "former", ("elected",), "elected", "committee.handover_days"
)
_BY_ASSEMBLY = (
    Stage("roll", "业主名册公示", "group", ("group",)),
    _CANDIDATES,
    _VETTING,
    _POSTED,
    Stage(
        "elected", "业主大会选举", "group", ("roll", "posted"), "group",
        "formation.assembly_days",
    ),
    Stage(
        "first_meeting", "首次会议", "committee", ("elected",), "elected",
        "committee.first_meeting_days",
    ),
    Stage(
        "filed", "备案回执", "committee", ("elected",), "elected", "committee.filing_days"
    ),
    _SEAL,
    _ACCOUNT,
    _HANDOVER,
)  # fmt: skip
STAGES: Mapping[str, tuple[Stage, ...]] = {
    "owners_committee": (
        _DUE,
        Stage(
            "group", "成立筹备组", "street_office", ("due",), "due", "formation.group_days"
        ),
        *_BY_ASSEMBLY,
    ),
    "management_committee": (
        _DUE,
        Stage("candidates", "推荐成员", "street_office", ("due",)),
        _VETTING,
        Stage("posted", "成员公示", "street_office", ("candidates", "vetting")),
        Stage("elected", "街道办事处公告成立", "street_office", ("posted",)),
        Stage(
            "filed", "报主管部门", "street_office", ("elected",), "elected",
            "committee.filing_days",
        ),
        _SEAL,
        _ACCOUNT,
        _HANDOVER,
    ),
    "renewal": (
        Stage("due", "任期将满", "committee"),
        Stage("group", "成立换届小组", "street_office", ("due",)),
        *_BY_ASSEMBLY,
    ),
}  # fmt: skip
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

    A stage may be reached while one before it is not (an account before the seal): what was
    reached last is the furthest, and what comes next is the first that is open and was not
    passed by: who has been elected is not vetted any more. The filing is never passed by: an
    account that is on record here does not show that it was made.
    """
    stages = STAGES[kind]
    done = [stage for stage in stages if stage.code in reached]
    passed = {code for stage in done for code in resting_on(kind, stage.code)}
    passed &= resting_on(kind, FORMED)
    ahead = [one for one in stages if one.code not in reached and one.code not in passed]
    following = ahead[0] if ahead else None
    last = done[-1] if done else None
    since = reached[last.code] if last else None
    due_on = _due_on(following, reached, periods) if following else None
    late = (today - due_on).days if due_on else 0
    return Standing(
        last, since, (today - since).days if since else 0, following, due_on, max(late, 0)
    )


def stage_of(kind: str, code: str) -> Stage | None:
    """The stage of that code, None where this kind of formation has none."""
    return next((stage for stage in STAGES[kind] if stage.code == code), None)


@cache
def resting_on(kind: str, code: str) -> frozenset[str]:
    """Every stage that comes before this one, however far."""
    found: set[str] = set()
    steps = [code]
    while steps:
        stage = stage_of(kind, steps.pop())
        new = set(stage.rests_on) - found if stage else set()
        found |= new
        steps += new
    return frozenset(found)


def lacking(kind: str, code: str, reached: Mapping[str, date]) -> list[Stage]:
    """The stages a stage rests on directly that were not reached, the optional left out."""
    stage = stage_of(kind, code)
    wanted = [one for one in STAGES[kind] if stage and one.code in stage.rests_on]
    return [one for one in wanted if not one.optional and one.code not in reached]


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
    codes = [stage.code for stage in STAGES[kind] if stage.code in reached]
    return [
        Wrong(code, before)
        for code in codes
        for before in codes
        if before in resting_on(kind, code) and reached[code] < reached[before]
    ]
