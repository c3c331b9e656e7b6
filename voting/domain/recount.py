"""What an exclusion after the count can change, without opening any ballot.

The totals are known, the excluded ballots are not. So every motion is weighed twice: with the
excluded as far as possible among those who approved, and as far as possible among those who
did not. Whatever they chose lies between, since more approval never turns a verdict down.
Heads are voting parties, areas integers of 0.01 m².
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voting.domain.elections import Terms, elect
from voting.domain.silence import majority_option
from voting.domain.thresholds import Count, Majority, Outcome, decide, still_passed


@dataclass(frozen=True, slots=True)
class Announced:
    """A motion as its result was announced.

    `totals`: per option, of a question `for` first. `out`: the excluded parties that took part
    in this motion. `requires`: places of other motions. `election`: its terms, None for a
    question. `withdrawn`: options that stand no longer. `deemed`: who is deemed to have voted
    on a question, None where no rule says so.
    """

    required: Majority
    participating: Count
    totals: Sequence[Count]
    out: Count
    requires: Sequence[int] = ()
    election: Terms | None = None
    withdrawn: Sequence[int] = ()
    deemed: Count | None = None

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
    if motion.election is not None:
        return _election(roll, motion, motion.election)
    ends = [
        _verdict(roll, motion, approving, joined)
        for approving in (motion.most(0), motion.least(0))
        for joined in _joined(motion)
    ]
    return max(ends, key=_BEST_LAST.index), min(ends, key=_BEST_LAST.index)


_BEST_LAST = (Outcome.NO_QUORUM, Outcome.REJECTED, Outcome.PASSED)


def _joined(motion: Announced) -> list[int | None]:
    """The options that silence may join in what is left; None where it may join none."""
    if motion.deemed is None:
        return [None]
    places = range(len(motion.totals))
    may: list[int | None] = [
        place
        for place in places
        if majority_option(motion.staying, [motion.most(place)]) is not None
    ]
    must = any(
        majority_option(motion.staying, [motion.least(place)]) is not None for place in places
    )
    return may if must else [*may, None]


def _verdict(
    roll: Count, motion: Announced, approving: Count, joined: int | None = None
) -> Outcome:
    part = motion.staying
    if joined is not None and motion.deemed is not None:
        part = Count(*(one + more for one, more in zip(part, motion.deemed, strict=True)))
        if joined == 0:
            pairs = zip(approving, motion.deemed, strict=True)
            approving = Count(*(one + more for one, more in pairs))
    return decide(
        roll=roll, participating=part, approving=approving, required=motion.required
    ).outcome


def _election(roll: Count, motion: Announced, terms: Terms) -> tuple[Outcome, Outcome]:
    found = elect(
        terms,
        roll=roll,
        participating=motion.participating,
        totals=motion.totals,
        required=motion.required,
        withdrawn=motion.withdrawn,
    )
    if motion.out.heads == 0:
        return found.outcome, found.outcome
    if _verdict(roll, motion, Count(0, 0)) is Outcome.NO_QUORUM:
        return Outcome.NO_QUORUM, Outcome.NO_QUORUM
    if found.stands is False or not _same_seats(roll, motion, terms, found.elected):
        return Outcome.PASSED, Outcome.REJECTED
    return found.outcome, found.outcome


def _same_seats(roll: Count, motion: Announced, terms: Terms, elected: Sequence[int]) -> bool:
    """Whether just those are elected whatever the excluded had chosen."""
    seated = set(elected)
    full = len(seated) == terms.seats

    def has_majority(count: Count) -> bool:
        return _verdict(roll, motion, count) is Outcome.PASSED

    def stays_out(option: int) -> bool:
        most = motion.most(option)
        if not has_majority(most):
            return True
        if terms.ranking is None or not full:
            return False
        best = terms.ranking.key(most, motion.staying)
        return all(
            terms.ranking.key(motion.least(winner), motion.staying) > best for winner in seated
        )

    return all(
        has_majority(motion.least(option)) if option in seated else stays_out(option)
        for option in range(len(motion.totals))
        if option not in motion.withdrawn
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
