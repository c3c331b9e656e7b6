"""Exclusions after the count (§10): what they can change, found without opening any ballot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from voting.domain.recount import Announced, possible_results
from voting.domain.thresholds import Count, Majority

from .board import RECOUNT, STANDS
from .manifest import Manifest


class Excluded(NamedTuple):
    """A counted ballot taken out: its area, and which motions it answers (for all to see)."""

    area: int
    answered: tuple[bool, ...]


def excluded(area: int, answers: Sequence[object]) -> Excluded:
    """`answers`: of the ballot, None where it does not take part in the motion."""
    return Excluded(area, tuple(answer is not None for answer in answers))


def finding(
    manifest: Manifest, result: Sequence[Mapping[str, Any]], out: Sequence[Excluded]
) -> dict[str, Any]:
    """The fields `finding` and `motions` of a `late_ruling` body.

    `result`: the motions of the `result` entry. `out`: everybody excluded after the count so
    far, the new ruling's party too.
    """
    roll = Count(manifest.roll_heads, manifest.roll_area)
    places = {motion.id: place for place, motion in enumerate(manifest.motions)}
    announced = []
    for place, (motion, stated) in enumerate(zip(manifest.motions, result, strict=True)):
        gone = [one.area for one in out if one.answered[place]]
        announced.append(
            Announced(
                required=Majority(motion.approval),
                participating=Count(**stated["participating"]),
                totals=[Count(**total) for total in stated["totals"]],
                out=Count(len(gone), sum(gone)),
                requires=[places[required] for required in motion.requires],
                election=motion.election,
                withdrawn=[motion.options.index(one) for one in stated.get("withdrawn", ())],
                deemed=_deemed(stated.get("deemed")),
            )
        )
    motions = [
        {"id": motion.id, "results": [outcome.value for outcome in outcomes]}
        for motion, outcomes in zip(
            manifest.motions, possible_results(roll, announced), strict=True
        )
    ]
    stands = all(
        found["results"] == [stated["result"]]
        for found, stated in zip(motions, result, strict=True)
    )
    return {"finding": STANDS if stands else RECOUNT, "motions": motions}


def _deemed(stated: Mapping[str, Any] | None) -> Count | None:
    return None if stated is None else Count(stated["heads"], stated["area"])
