"""What an exclusion after the count can change, without opening any ballot.

The totals are known, the excluded ballots are not. So every motion is weighed twice: with the
excluded as far as possible among those who approved, and as far as possible among those who
did not. Whatever they chose lies between, since more approval never turns a verdict down.
Heads are voting parties, areas integers of 0.01 m².
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voting.domain.thresholds import Count, Majority, Outcome, decide, still_passed


@dataclass(frozen=True, slots=True)
class Announced:
    """A motion as its result was announced.

    `totals`: per option, of a question `for` first. `out`: the excluded parties that took part
    in this motion. `requires`: places of other motions. `seats`: 0 for a question. `elected`:
    options, as announced.
    """

    required: Majority
    participating: Count
    totals: Sequence[Count]
    out: Count
    requires: Sequence[int] = ()
    seats: int = 0
    elected: Sequence[int] = ()

    @property
    def staying(self) -> Count:
        """Who is left among those who took part; known exactly."""
        return Count(
            self.participating.heads - self.out.heads, self.participating.area - self.out.area
        )

    def least(self, option: int) -> Count:
        """All of the excluded had chosen the option, as far as its total allows."""
        return Count(
            *(max(0, had - out) for had, out in zip(self.totals[option], self.out, strict=True))
        )

    def most(self, option: int) -> Count:
        """None of them had chosen it, as far as the others' totals allow."""
        pairs = zip(self.totals[option], self.staying, strict=True)
        return Count(*(min(had, left) for had, left in pairs))


def possible_results(roll: Count, motions: Sequence[Announced]) -> list[tuple[Outcome, ...]]:
    """Per motion the verdicts the exclusion can end in: the best first, one or two.

    An election has both where it is not certain who is elected. ValueError for figures that
    cannot be.
    """
    pairs = [_own(roll, motion) for motion in motions]
    best = _after_dependence(motions, [pair[0] for pair in pairs])
    worst = _after_dependence(motions, [pair[1] for pair in pairs])
    return [
        (high,) if high is low else (high, low) for high, low in zip(best, worst, strict=True)
    ]


def _own(roll: Count, motion: Announced) -> tuple[Outcome, Outcome]:
    """(best, worst) of a motion by itself."""
    if not motion.seats:
        return _verdict(roll, motion, motion.most(0)), _verdict(roll, motion, motion.least(0))
    if _verdict(roll, motion, Count(0, 0)) is Outcome.NO_QUORUM:
        return Outcome.NO_QUORUM, Outcome.NO_QUORUM
    if not _same_seats(roll, motion):
        return Outcome.PASSED, Outcome.REJECTED
    outcome = Outcome.PASSED if motion.elected else Outcome.REJECTED
    return outcome, outcome


def _verdict(roll: Count, motion: Announced, approving: Count) -> Outcome:
    return decide(
        roll=roll,
        participating=motion.staying,
        approving=approving,
        required=motion.required,
    ).outcome


def _same_seats(roll: Count, motion: Announced) -> bool:
    """Whether those announced are elected whatever the excluded had chosen."""
    seated = set(motion.elected)
    full = len(seated) == motion.seats

    def has_majority(count: Count) -> bool:
        return _verdict(roll, motion, count) is Outcome.PASSED

    def stays_out(option: int) -> bool:
        most = motion.most(option)
        beaten = full and all(motion.least(winner) > most for winner in seated)
        return beaten or not has_majority(most)

    return all(
        has_majority(motion.least(option)) if option in seated else stays_out(option)
        for option in range(len(motion.totals))
    )


def _after_dependence(motions: Sequence[Announced], own: Sequence[Outcome]) -> list[Outcome]:
    passed = {place for place, outcome in enumerate(own) if outcome is Outcome.PASSED}
    requires: Mapping[int, Sequence[int]] = {
        place: motion.requires for place, motion in enumerate(motions)
    }
    kept = still_passed(passed, requires)
    return [
        Outcome.REJECTED if place in passed - kept else outcome
        for place, outcome in enumerate(own)
    ]
