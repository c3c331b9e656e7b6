"""What the owners of the sample estate choose, by script."""

from collections.abc import Iterable, Mapping
from random import Random

SEED = 278


def scripted_choices(
    parties: Iterable[str],
    motions: Mapping[str, int],
    *,
    turnout: int = 80,
    seed: int = SEED,
) -> dict[str, dict[str, str]]:
    """Party → motion → 同意, 反对 or 弃权; silent parties are not there.

    `parties` are stable names (say, the label of a party's first unit), `motions` give the
    percentage that agrees, `turnout` the percentage that votes at all. Of the others two
    in three are against. One in fifty leaves a motion out. Each party draws from a
    generator of its own, so that adding one or asking in another order changes nobody.
    """
    chosen: dict[str, dict[str, str]] = {}
    for party in parties:
        pick = Random(f"{seed}/{party}")  # noqa: S311
        if pick.randrange(100) >= turnout:
            continue
        ballot = {}
        for motion, agreeing in motions.items():
            leaves_out, drawn, other = (
                pick.randrange(50) == 0,
                pick.randrange(100),
                pick.randrange(3),
            )
            if not leaves_out:
                ballot[motion] = "同意" if drawn < agreeing else "反对" if other else "弃权"
        if ballot:
            chosen[party] = ballot
    return chosen
