"""未表态: owners to whom the papers were delivered and who said nothing.

Silence is no vote. Only where the rules of the estate say so (建房〔2009〕274号 art. 26
leaves it to them) does it join the majority of those who voted, and then never in an election
or a first assembly. The count of the votes themselves always stands beside it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from voting.domain.thresholds import Count, Majority, Outcome, decide


class Weighed(NamedTuple):
    """A question with those deemed to have voted.

    `joined`: the option (by place) the silent join, None where they join nothing. `actual`:
    the verdict of the votes alone.
    """

    joined: int | None
    participating: Count
    approving: Count
    outcome: Outcome
    actual: Outcome


def majority_option(participating: Count, totals: Sequence[Count]) -> int | None:
    """The option with more than half of the votes cast, by heads and by area at once.

    None where the two point at different options, or either at none (a tie, or no option with
    more than half): then there is no majority that silence could join.
    """
    for option, count in enumerate(totals):
        if all(2 * part > whole for part, whole in zip(count, participating, strict=True)):
            return option
    return None


def weigh(
    *,
    roll: Count,
    participating: Count,
    totals: Sequence[Count],
    required: Majority,
    deemed: Count,
) -> Weighed:
    """Weigh a question (`for` is option 0) with `deemed` parties that said nothing.

    ValueError for figures that cannot be.
    """
    actual = decide(
        roll=roll, participating=participating, approving=totals[0], required=required
    ).outcome
    joined = majority_option(participating, totals)
    if joined is None:
        return Weighed(None, participating, totals[0], actual, actual)
    all_of_them = _plus(participating, deemed)
    approving = _plus(totals[0], deemed) if joined == 0 else totals[0]
    outcome = decide(
        roll=roll, participating=all_of_them, approving=approving, required=required
    ).outcome
    return Weighed(joined, all_of_them, approving, outcome, actual)


def _plus(one: Count, other: Count) -> Count:
    return Count(one.heads + other.heads, one.area + other.area)
