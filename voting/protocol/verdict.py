"""The verdict (§10): Civil Code 278 for questions, its majority per candidate for elections.

The rule itself stands in `voting.domain.thresholds`; here are dependent motions and seats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voting.domain.thresholds import Count, Majority, Outcome, decide, still_passed

from .manifest import Manifest, Motion


def result_body(
    manifest: Manifest, participating: Sequence[Count], totals: Sequence[Sequence[Count]]
) -> dict[str, Any]:
    """The body of the `result` entry.

    Per motion, in order: who took part, and the total of each option. Raises ValueError for
    figures that cannot be (more votes than voters, more voters than parties).
    """
    roll = Count(manifest.roll_heads, manifest.roll_area)
    motions = []
    for motion, took_part, counts in zip(manifest.motions, participating, totals, strict=True):
        nobody = Count(0, 0)
        majority = Majority(motion.approval)
        quorum = decide(roll=roll, participating=took_part, approving=nobody, required=majority)
        result = {
            "id": motion.id,
            "participating": took_part._asdict(),
            "totals": [count._asdict() for count in counts],
            "quorum_met": quorum.outcome is not Outcome.NO_QUORUM,
        }
        outcomes = [
            decide(roll=roll, participating=took_part, approving=count, required=majority)
            for count in counts
        ]
        if motion.kind == "election":
            approved = [
                option
                for option, decision in enumerate(outcomes)
                if decision.outcome is Outcome.PASSED
            ]
            elected = _seated(motion, counts, approved)
            result["elected"] = [motion.options[option] for option in elected]
            passed = Outcome.PASSED if elected else Outcome.REJECTED
            result["result"] = (passed if result["quorum_met"] else quorum.outcome).value
        else:
            result["result"] = outcomes[0].outcome.value  # the option `for`
        motions.append(result)
    _reject_dependent(manifest, motions)
    return {"motions": motions}


def _seated(motion: Motion, counts: Sequence[Count], approved: list[int]) -> list[int]:
    """Of those with a majority the `max` with most heads, then most area, in ballot order.

    Those who tie across the last seat are left out, all of them.
    """
    seats = motion.high
    ranked = sorted(approved, key=lambda option: counts[option], reverse=True)
    if len(ranked) > seats:
        first_out = counts[ranked[seats]]
        ranked = [option for option in ranked[:seats] if counts[option] > first_out]
    return sorted(ranked)


def _reject_dependent(manifest: Manifest, motions: list[dict[str, Any]]) -> None:
    """A motion is rejected where one it requires did not pass; again until nothing changes."""
    passed = {motion["id"] for motion in motions if motion["result"] == "passed"}
    requires = {motion.id: motion.requires for motion in manifest.motions}
    for result in motions:
        if result["id"] in passed - still_passed(passed, requires):
            result["result"] = Outcome.REJECTED.value
            if "elected" in result:
                result["elected"] = []
