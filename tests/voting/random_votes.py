"""Random small votes in plain figures: elections, dependence, withdrawals, silence."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.voting.sessions import SILENCE, election, question
from tests.voting.slow_count import Ballots
from voting.domain.elections import Ranking
from voting.domain.thresholds import Count


@dataclass
class RandomVote:
    """`silent`: areas of those deemed to have voted, None where no rule says so."""

    motions: list[dict[str, Any]]
    roll: list[int]
    ballots: Ballots
    withdrawn: dict[str, set[str]]
    silence: Any
    silent: list[int] | None

    @property
    def deemed(self) -> Count:
        return Count(len(self.silent or []), sum(self.silent or []))

    def figures(self) -> tuple[list[Count], list[list[Count]]]:
        """(who took part, the totals of every option) per motion."""

        def count(areas: list[int]) -> Count:
            return Count(len(areas), sum(areas))

        given = [
            [(area, answers[at]) for area, answers in self.ballots if answers[at] is not None]
            for at in range(len(self.motions))
        ]
        totals = [
            [
                count([area for area, chosen in there if option in chosen])
                for option in range(len(motion["options"]))
            ]
            for motion, there in zip(self.motions, given, strict=True)
        ]
        return [count([area for area, _ in there]) for there in given], totals


def random_vote(chance: Random) -> RandomVote:
    """A vote that is often close: equal areas, few candidates, ties and missed quorums."""
    voting = chance.randint(3, 12)
    others = chance.randint(0, 5)
    roll = [chance.choice([100, 100, 100, 200, 317]) for _ in range(voting + others)]
    candidates = chance.randint(1, 5)
    seats = chance.randint(1, 4)
    cited = {"minimum": chance.randint(1, seats), "clause": "议事规则第二十二条"}
    motions = [
        question("m1", approval=chance.choice(["1/2", "3/4"])),
        election(
            "e1",
            candidates=candidates,
            seats=seats,
            alternates=chance.randint(0, candidates),
            ranking=chance.choice([*(rule.value for rule in Ranking), None]),
            stands=chance.choice([None, cited]),
            requires=chance.choice([[], ["m1"]]),
        ),
        question("m2", requires=chance.choice([[], ["e1"], ["m1", "e1"]])),
    ]
    favourites = range(chance.randint(1, candidates))
    ballots: Ballots = []
    for area in roll[:voting]:
        marks = sorted({chance.choice(favourites) for _ in range(motions[1]["max"])})
        ballots.append(
            (
                area,
                [
                    chance.choice([[0], [0], [0], [1], [2], None]),
                    chance.choice([marks, marks, marks, [], None]),
                    chance.choice([[0], [0], [1], None]),
                ],
            )
        )
    silent = sorted(chance.sample(roll[voting:], chance.randint(0, others)))
    deemed = chance.random() < 0.5
    return RandomVote(
        motions=motions,
        roll=roll,
        ballots=ballots,
        withdrawn={"e1": {"c1"}} if chance.random() < 0.2 else {},
        silence=SILENCE if deemed else None,
        silent=silent if deemed else None,
    )
