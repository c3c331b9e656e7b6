"""What a count says: verdicts in words, each test as fraction and share, and the margin.

Heads are voting parties, areas integers of 0.01 m². The figures come from the board's
`result` entry; every verdict is weighed again here from the figures, so that page, paper and
board cannot disagree unseen (ValueError where they do).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from core.exact import format_area, share_down
from voting.domain.thresholds import (
    Count,
    FlipMargin,
    Majority,
    Outcome,
    decide,
    flip_margin,
    still_passed,
)

_WORDS = {
    Outcome.PASSED: "通过",
    Outcome.REJECTED: "未通过",
    Outcome.NO_QUORUM: "参加表决的业主不足，未形成决定",
}


class Question(NamedTuple):
    """A motion as it was asked; `key` is its id on the board."""

    key: str
    position: int
    matter: int
    title: str
    text: str
    required: Majority
    requires: tuple[str, ...] = ()  # keys of questions that must pass too


class Ballots(NamedTuple):
    """How the counted ballots came in: encrypted by a browser, by the server, or on paper.

    `excluded` parties are not among them.
    """

    counted: int
    by_browser: int
    by_server: int
    paper: int
    replacement: int
    excluded: int
    # Cast by agents, and by somebody who operated the device; of how many heads and what area.
    proxies: Count = Count(0, 0)
    assisted: Count = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Test:
    """One of the four tests: `part` of `whole` against `needed`; equal to it is enough."""

    name: str  # quorum.heads | quorum.area | approval.heads | approval.area
    part: int
    whole: int
    needed: int
    fraction: str  # 2/3 | 1/2 | 3/4
    met: bool

    @property
    def share(self) -> str:
        """In percent, cut off after two digits."""
        return share_down(self.part, self.whole)

    @property
    def is_area(self) -> bool:
        return self.name.endswith(".area")


@dataclass(frozen=True, slots=True)
class MotionOutcome:
    """One motion with its figures and what article 278 makes of them.

    `tests` has four, or the two of the quorum where it was missed: then approval is not
    weighed.
    """

    question: Question
    participating: Count
    votes_for: Count
    against: Count
    abstain: Count
    quorum_met: bool
    result: str  # passed | rejected | no_quorum
    failed: tuple[str, ...]
    tests: tuple[Test, ...]
    flip: FlipMargin | None

    @property
    def words(self) -> str:
        return _WORDS[Outcome(self.result)]

    @property
    def flip_words(self) -> str:
        """How little would have turned the verdict, in one sentence."""
        if self.flip is None:
            return ""
        if self.flip.approval is not None and self.result == "passed":
            few = "不过半数" if self.question.required is Majority.HALF else "不足四分之三"
            return (
                f"参加表决的再少{_either(self.flip.quorum)}，就不足三分之二；"
                f"同意的再少{_either(self.flip.approval)}，就{few}。"
            )
        heads = f"{self.flip.heads}人" if self.flip.heads else ""
        area = f"{format_area(self.flip.area)}平方米" if self.flip.area else ""
        need = "和".join(filter(None, (heads, area)))
        if self.result == "rejected":
            return f"还差{need}同意。"
        return f"还差{need}参加。"


def _either(few: Count) -> str:
    return f"{few.heads}人或{format_area(few.area)}平方米"


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The result of a session. `participating`: who cast a counted ballot."""

    roll: Count
    participating: Count
    motions: tuple[MotionOutcome, ...]
    ballots: Ballots


def session_result(
    *,
    roll: Count,
    participating: Count,
    questions: Sequence[Question],
    body: Mapping[str, Any],
    ballots: Ballots,
) -> SessionResult:
    """The result from the body of the board's `result` entry."""
    outcomes = _dependent(
        [
            _outcome(roll, question, stated)
            for question, stated in zip(questions, body["motions"], strict=True)
        ]
    )
    for outcome, stated in zip(outcomes, body["motions"], strict=True):
        if stated["id"] != outcome.question.key or stated["result"] != outcome.result:
            raise ValueError(f"the board says otherwise about {outcome.question.key}")
    return SessionResult(roll, participating, outcomes, ballots)


def _dependent(weighed: Sequence[MotionOutcome]) -> tuple[MotionOutcome, ...]:
    """What passed by its own figures falls where something it requires did not pass."""
    passed = {one.question.key for one in weighed if one.result == Outcome.PASSED.value}
    requires = {one.question.key: one.question.requires for one in weighed}
    fallen = passed - still_passed(passed, requires)
    return tuple(
        replace(one, result=Outcome.REJECTED.value, failed=("requires",), flip=None)
        if one.question.key in fallen
        else one
        for one in weighed
    )


def tally_json(result: SessionResult) -> dict[str, Any]:
    """The tally as `manage.py count --json` prints one; a motion is named by its position."""
    return {
        "roll": _count_json(result.roll),
        "motions": [
            {
                "motion": str(motion.question.position),
                "matter": motion.question.matter,
                "participating": _count_json(motion.participating),
                "quorum_met": motion.quorum_met,
                "for": _count_json(motion.votes_for),
                "against": _count_json(motion.against),
                "abstain": _count_json(motion.abstain),
                "required": motion.question.required.value,
                "result": motion.result,
                "failed": list(motion.failed),
            }
            for motion in result.motions
        ],
        "faults": [],
    }


def _outcome(roll: Count, question: Question, stated: Mapping[str, Any]) -> MotionOutcome:
    participating = Count(**stated["participating"])
    votes_for, against, abstain = (Count(**total) for total in stated["totals"])
    required = question.required
    decision = decide(
        roll=roll, participating=participating, approving=votes_for, required=required
    )
    tests = [
        _test("quorum.heads", participating.heads, roll.heads, None, decision.failed),
        _test("quorum.area", participating.area, roll.area, None, decision.failed),
    ]
    if decision.outcome is not Outcome.NO_QUORUM:
        for side in Count._fields:
            part, whole = getattr(votes_for, side), getattr(participating, side)
            tests.append(_test(f"approval.{side}", part, whole, required, decision.failed))
    return MotionOutcome(
        question=question,
        participating=participating,
        votes_for=votes_for,
        against=against,
        abstain=abstain,
        quorum_met=decision.outcome is not Outcome.NO_QUORUM,
        result=decision.outcome.value,
        failed=decision.failed,
        tests=tuple(tests),
        flip=flip_margin(
            roll=roll, participating=participating, approving=votes_for, required=required
        ),
    )


def _test(
    name: str, part: int, whole: int, required: Majority | None, failed: Sequence[str]
) -> Test:
    needed = -(-2 * whole // 3) if required is None else required.fewest(whole)
    fraction = "2/3" if required is None else required.value
    return Test(name, part, whole, needed, fraction, name not in failed)


def _count_json(count: Count) -> dict[str, Any]:
    return {"heads": count.heads, "area": format_area(count.area)}
