"""The verdict (§10): Civil Code 278 for questions, its majority per candidate for elections.

The rules themselves stand in `voting.domain`; here is what the `result` entry says of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from voting.domain.elections import elect
from voting.domain.silence import weigh
from voting.domain.thresholds import Count, Majority, Outcome, still_passed

from .manifest import Manifest, Motion

NOBODY = Count(0, 0)
_SEATED = ("elected", "alternates", "undecided")


def result_body(
    manifest: Manifest,
    participating: Sequence[Count],
    totals: Sequence[Sequence[Count]],
    *,
    withdrawn: Mapping[str, Collection[str]] | None = None,
    deemed: Count = NOBODY,
) -> dict[str, Any]:
    """The body of the `result` entry.

    Per motion, in order: who took part, and the total of each option. `withdrawn`: per
    election the candidates who stand no longer; `deemed`: who is deemed to have voted. Raises
    ValueError for figures that cannot be (more votes than voters, more voters than parties).
    """
    roll = Count(manifest.roll_heads, manifest.roll_area)
    motions = []
    for motion, took_part, counts in zip(manifest.motions, participating, totals, strict=True):
        result: dict[str, Any] = {
            "id": motion.id,
            "participating": took_part._asdict(),
            "totals": [count._asdict() for count in counts],
        }
        if motion.election is not None:
            gone = (withdrawn or {}).get(motion.id, ())
            result |= _election(motion, roll, took_part, counts, gone)
        else:
            result |= _question(motion, roll, took_part, counts, deemed)
        if not manifest.silence:
            del result["actual"], result["deemed"]
        motions.append(result)
    _reject_dependent(manifest, motions, "result")
    if manifest.silence:
        _reject_dependent(manifest, motions, "actual")
    for result in motions:
        if result["result"] != Outcome.PASSED.value:
            result |= {field: [] for field in _SEATED if field in result}
    return {"motions": motions}


def _question(
    motion: Motion, roll: Count, took_part: Count, counts: Sequence[Count], deemed: Count
) -> dict[str, Any]:
    majority = Majority(motion.approval)
    weighed = weigh(
        roll=roll, participating=took_part, totals=counts, required=majority, deemed=deemed
    )
    joined = None if weighed.joined is None else motion.options[weighed.joined]
    return {
        "quorum_met": weighed.outcome is not Outcome.NO_QUORUM,
        "result": weighed.outcome.value,
        "actual": weighed.actual.value,
        "deemed": {"joined": joined, **deemed._asdict()},
    }


def _election(
    motion: Motion,
    roll: Count,
    took_part: Count,
    counts: Sequence[Count],
    withdrawn: Collection[str],
) -> dict[str, Any]:
    if motion.election is None:
        raise ValueError("not an election")
    gone = [place for place, option in enumerate(motion.options) if option in withdrawn]
    found = elect(
        motion.election,
        roll=roll,
        participating=took_part,
        totals=counts,
        required=Majority(motion.approval),
        withdrawn=gone,
    )

    def named(places: Sequence[int]) -> list[str]:
        return [motion.options[place] for place in places]

    return {
        "quorum_met": found.outcome is not Outcome.NO_QUORUM,
        "result": found.outcome.value,
        "actual": found.outcome.value,
        "deemed": None,  # silence elects nobody
        "withdrawn": named(gone),
        "qualified": named(found.qualified),
        "elected": named(found.elected),
        "alternates": named(found.alternates),
        "undecided": named(found.undecided),
        "stands": found.stands,
    }


def _reject_dependent(
    manifest: Manifest, motions: Sequence[dict[str, Any]], field: str
) -> None:
    """A motion is rejected where one it requires did not pass; again until nothing changes."""
    passed = {motion["id"] for motion in motions if motion[field] == Outcome.PASSED.value}
    requires = {motion.id: motion.requires for motion in manifest.motions}
    kept = still_passed(passed, requires)
    for result in motions:
        if result["id"] in passed - kept:
            result[field] = Outcome.REJECTED.value
