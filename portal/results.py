"""A counted motion as people read it: every test as a fraction, a share and a word."""

from typing import Any, NamedTuple

from core.exact import share_down
from voting.domain.thresholds import Count, Decision, FlipMargin, Majority, decide, flip_margin
from voting.protocol.manifest import Manifest


class TestLine(NamedTuple):
    """One of the four tests of art. 278 para. 2; `share` is rounded down, never up."""

    name: str  # quorum.heads, quorum.area, approval.heads or approval.area
    part: int
    whole: int
    needed: str
    share: str
    met: bool


class MotionLine(NamedTuple):
    """One motion; counts in heads and 0.01 m². No margin where the roll is empty."""

    title: str
    matter: int
    options: list[tuple[str, Count]]
    roll: Count
    participating: Count
    tests: list[TestLine]
    result: str  # passed, rejected or no_quorum, as on the board
    margin: FlipMargin | None
    elected: list[str] | None


def motion_lines(manifest: Manifest, body: dict[str, Any]) -> list[MotionLine]:
    """The `result` entry of a board, beside the terms it was counted under."""
    roll = Count(manifest.roll_heads, manifest.roll_area)
    lines = []
    stated = manifest.value["motions"]
    for motion, words, counted in zip(manifest.motions, stated, body["motions"], strict=True):
        took_part = Count(**counted["participating"])
        totals = [Count(**total) for total in counted["totals"]]
        question = motion.kind == "question"
        majority = Majority(motion.approval)
        approving = totals[0] if question else Count(0, 0)
        terms = {
            "roll": roll,
            "participating": took_part,
            "approving": approving,
            "required": majority,
        }
        lines.append(
            MotionLine(
                title=words["title"],
                matter=motion.matter,
                options=list(zip(motion.options, totals, strict=True)),
                roll=roll,
                participating=took_part,
                tests=_tests(roll, took_part, approving if question else None, majority),
                result=counted["result"],
                margin=flip_margin(**terms) if question else None,  # type: ignore[arg-type]
                elected=counted.get("elected"),
            )
        )
    return lines


def _tests(
    roll: Count, took_part: Count, approving: Count | None, majority: Majority
) -> list[TestLine]:
    weighed = decide(
        roll=roll,
        participating=took_part,
        approving=approving or Count(0, 0),
        required=majority,
    )
    tests = [_test("quorum", measure, took_part, roll, "2/3", weighed) for measure in (0, 1)]
    if approving is not None and not any(name.startswith("quorum") for name in weighed.failed):
        tests += [
            _test("approval", measure, approving, took_part, majority.value, weighed)
            for measure in (0, 1)
        ]
    return tests


def _test(
    kind: str, measure: int, part: Count, whole: Count, needed: str, weighed: Decision
) -> TestLine:
    name = f"{kind}.{Count._fields[measure]}"
    return TestLine(
        name,
        part[measure],
        whole[measure],
        needed,
        share_down(part[measure], whole[measure]),
        name not in weighed.failed,
    )
