"""Civil Code art. 278: who must take part, and who must agree, by heads and by area.

Heads are voting parties; areas are integers of 0.01 m². Every comparison multiplies
crosswise, because a rounded percentage can say 66.67 % of a quorum that was missed.
"""

from collections.abc import Callable, Collection, Mapping
from enum import Enum, IntEnum
from typing import NamedTuple, TypeVar

_Key = TypeVar("_Key", str, int)


class Count(NamedTuple):
    """The two measures every count in an owners' vote has."""

    heads: int
    area: int


class Matter(IntEnum):
    """The nine matters owners decide jointly, numbered as in art. 278 para. 1."""

    RULES_OF_PROCEDURE = 1
    COVENANT = 2
    COMMITTEE = 3
    PROPERTY_MANAGER = 4
    USE_FUND = 5
    RAISE_FUND = 6
    REBUILD = 7
    USE_COMMON_PARTS = 8
    OTHER = 9


# Civil Code art. 278 para. 1, word for word.
MATTER_TITLES: dict[Matter, str] = {
    Matter.RULES_OF_PROCEDURE: "制定和修改业主大会议事规则",
    Matter.COVENANT: "制定和修改管理规约",
    Matter.COMMITTEE: "选举业主委员会或者更换业主委员会成员",
    Matter.PROPERTY_MANAGER: "选聘和解聘物业服务企业或者其他管理人",
    Matter.USE_FUND: "使用建筑物及其附属设施的维修资金",
    Matter.RAISE_FUND: "筹集建筑物及其附属设施的维修资金",
    Matter.REBUILD: "改建、重建建筑物及其附属设施",
    Matter.USE_COMMON_PARTS: "改变共有部分的用途或者利用共有部分从事经营活动",
    Matter.OTHER: "有关共有和共同管理权利的其他重大事项",
}


class Majority(Enum):
    """What a motion needs among those who take part."""

    HALF = "1/2"
    THREE_QUARTERS = "3/4"

    def reached(self, approving: int, participating: int) -> bool:
        if self is Majority.THREE_QUARTERS:
            # Art. 278 para. 2 with art. 1259: 四分之三以上 includes three quarters.
            return 4 * approving >= 3 * participating
        # Art. 278 para. 2: 过半数 is more than half, so a tie fails.
        return 2 * approving > participating

    def fewest(self, participating: int) -> int:
        """The smallest approval that reaches this majority."""
        if self is Majority.THREE_QUARTERS:
            return -(-3 * participating // 4)
        return participating // 2 + 1


class Outcome(Enum):
    """What became of a motion."""

    PASSED = "passed"
    REJECTED = "rejected"
    NO_QUORUM = "no_quorum"


class Decision(NamedTuple):
    """The verdict and the tests that stood in its way, heads before area.

    `failed` holds "quorum.heads" and "quorum.area" where the quorum was missed and
    nothing else then, because approval is not weighed without a quorum; otherwise
    "approval.heads" and "approval.area".
    """

    outcome: Outcome
    failed: tuple[str, ...]


class FlipMargin(NamedTuple):
    """How little would have turned the verdict (see `flip_margin`)."""

    quorum: Count
    approval: Count | None
    heads: int
    area: int
    together: bool


def majority_for(matter: int) -> Majority:
    """The majority art. 278 para. 2 asks for; ValueError outside 1 to 9."""
    special = {Matter.RAISE_FUND, Matter.REBUILD, Matter.USE_COMMON_PARTS}
    return Majority.THREE_QUARTERS if Matter(matter) in special else Majority.HALF


def decide(
    *, roll: Count, participating: Count, approving: Count, required: Majority
) -> Decision:
    """Weigh one motion; the base of approval is those who take part, not all owners.

    ValueError where more approve than take part, or more take part than are on the roll.
    """
    for name, whole, part in (
        ("participating", roll, participating),
        ("approving", participating, approving),
    ):
        if not (0 <= part.heads <= whole.heads and 0 <= part.area <= whole.area):
            raise ValueError(f"{name} {part} is not within {whole}")
    failed = _failed("quorum", roll, participating, _quorum)
    if failed:
        return Decision(Outcome.NO_QUORUM, failed)
    failed = _failed("approval", participating, approving, required.reached)
    return Decision(Outcome.REJECTED if failed else Outcome.PASSED, failed)


def still_passed(
    passed: Collection[_Key], requires: Mapping[_Key, Collection[_Key]]
) -> set[_Key]:
    """Those of `passed` whose required ones passed too; again until nothing changes."""
    kept = set(passed)
    while fallen := {one for one in kept if not kept.issuperset(requires[one])}:
        kept -= fallen
    return kept


def flip_margin(
    *, roll: Count, participating: Count, approving: Count, required: Majority
) -> FlipMargin | None:
    """How little would have turned this verdict; None where the roll is empty.

    Each test has its own margin, heads in parties and area in 0.01 m²:

    - `quorum`: had so much more taken part, a missed quorum would have been met; had so
      much of those who took part stayed away, a met quorum would have been missed.
    - `approval` (None without a quorum: it was not weighed): had so much of the
      approvals been against or abstained, a reached majority would have been missed;
      had so much of the others who took part approved, a missed one reached.

    `heads` and `area` turn the verdict. A passed motion falls with either of them alone
    (`together` is False; each is the smaller of its two margins). A rejected motion, or
    a missed quorum, needs both at once (`together` is True; 0 means that measure was
    already enough). Turning a missed quorum means meeting it, not passing. The area is
    arithmetic: whether parties of just that size exist is another question.
    """
    if not (roll.heads and roll.area):
        return None
    decision = decide(
        roll=roll, participating=participating, approving=approving, required=required
    )
    quorum = Count(*map(_quorum_margin, roll, participating))
    if decision.outcome is Outcome.NO_QUORUM:
        heads, area = _needed("quorum", quorum, decision)
        return FlipMargin(quorum, None, heads, area, together=True)
    approval = Count(
        *(
            _approval_margin(required, *pair)
            for pair in zip(participating, approving, strict=True)
        )
    )
    if decision.outcome is Outcome.REJECTED:
        heads, area = _needed("approval", approval, decision)
        return FlipMargin(quorum, approval, heads, area, together=True)
    return FlipMargin(
        quorum,
        approval,
        heads=min(quorum.heads, approval.heads),
        area=min(quorum.area, approval.area),
        together=False,
    )


def _quorum(participating: int, roll: int) -> bool:
    # Art. 278 para. 2 with art. 1259: 三分之二以上 includes two thirds. An empty roll
    # has no quorum, or nobody at all could decide.
    return roll > 0 and 3 * participating >= 2 * roll


def _failed(
    test: str, whole: Count, part: Count, reached: Callable[[int, int], bool]
) -> tuple[str, ...]:
    return tuple(
        f"{test}.{measure}"
        for measure in Count._fields
        if not reached(getattr(part, measure), getattr(whole, measure))
    )


def _quorum_margin(roll: int, participating: int) -> int:
    fewest = -(-2 * roll // 3)
    if participating >= fewest:
        return participating - fewest + 1
    return fewest - participating


def _approval_margin(required: Majority, participating: int, approving: int) -> int:
    fewest = required.fewest(participating)
    if approving >= fewest:
        return approving - fewest + 1
    return fewest - approving


def _needed(test: str, margin: Count, decision: Decision) -> Count:
    """The margins of the failed tests alone; a met one needs nothing more."""
    return Count(
        heads=margin.heads if f"{test}.heads" in decision.failed else 0,
        area=margin.area if f"{test}.area" in decision.failed else 0,
    )
