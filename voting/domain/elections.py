"""Who is elected: the majority of the law for each candidate, and the estate's own ranking.

Civil Code art. 278 para. 2 says what a candidate needs (more than half of the heads and of the
area that took part), not who goes first where more have it than there are seats. That is for
the rules of the estate. Without a cited rule, or with a tie across the last seat, nothing is
decided here: those concerned are named as undecided. Heads are voting parties, areas integers
of 0.01 m². Candidates are places on the ballot, from 0.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from voting.domain.thresholds import Count, Majority, Outcome, decide


class Ranking(Enum):
    """How a rule of the estate ranks those who have the majority: a closed list."""

    HEADS = "heads"
    AREA = "area"
    HEADS_THEN_AREA = "heads_then_area"
    AREA_THEN_HEADS = "area_then_heads"
    SHARES = "shares"  # share of heads plus share of area, of those who took part

    def key(self, votes: Count, participating: Count) -> tuple[int, ...]:
        """Greater goes first; equal keys tie. Keys compare under one `participating` only."""
        heads, area = votes
        if self is Ranking.SHARES:
            # heads/P.heads + area/P.area over the common denominator: no fraction is rounded
            return (heads * participating.area + area * participating.heads,)
        return {
            Ranking.HEADS: (heads,),
            Ranking.AREA: (area,),
            Ranking.HEADS_THEN_AREA: (heads, area),
            Ranking.AREA_THEN_HEADS: (area, heads),
        }[self]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an election is held under.

    `minimum`: how many must be elected, and more than half of the seats, for a committee to
    stand; None where no rule says so (杭州市物业管理条例 art. 27 does).
    """

    seats: int
    alternates: int = 0
    ranking: Ranking | None = None
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class Election:
    """What became of an election.

    `qualified`: with the majority, in the ballot's order. Of them `elected` for certain, and
    `undecided`: among whom the seats left must be filled by a run-off or by lot. `alternates`:
    in order of rank, equals in the ballot's order; only where nobody is undecided.
    """

    outcome: Outcome
    qualified: tuple[int, ...] = ()
    elected: tuple[int, ...] = ()
    alternates: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    stands: bool | None = None


def elect(
    terms: Terms,
    *,
    roll: Count,
    participating: Count,
    totals: Sequence[Count],
    required: Majority,
    withdrawn: Collection[int] = (),
) -> Election:
    """Weigh an election by itself. ValueError for figures that cannot be."""
    decisions = [
        decide(roll=roll, participating=participating, approving=count, required=required)
        for count in totals
    ]
    if decisions[0].outcome is Outcome.NO_QUORUM:
        stands = None if terms.minimum is None else False
        return Election(Outcome.NO_QUORUM, stands=stands)
    qualified = tuple(
        place
        for place, decision in enumerate(decisions)
        if decision.outcome is Outcome.PASSED and place not in withdrawn
    )
    filled = min(len(qualified), terms.seats)
    stands = None
    if terms.minimum is not None:
        stands = filled >= terms.minimum and 2 * filled > terms.seats
    if not filled or stands is False:
        return Election(Outcome.REJECTED, qualified, stands=stands)
    elected, alternates, undecided = _seated(terms, participating, totals, qualified)
    return Election(Outcome.PASSED, qualified, elected, alternates, undecided, stands)


def _seated(
    terms: Terms, participating: Count, totals: Sequence[Count], qualified: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    if len(qualified) <= terms.seats:
        return qualified, (), ()
    if terms.ranking is None:
        return (), (), qualified
    ranking = terms.ranking
    keys = {place: ranking.key(totals[place], participating) for place in qualified}
    # A stable sort: equals stay in the ballot's order.
    ranked = sorted(qualified, key=keys.__getitem__, reverse=True)
    ahead, tied = _cut(ranked, keys, terms.seats)
    if tied:
        return tuple(sorted(ahead)), (), tuple(sorted(tied))
    rest = ranked[terms.seats :]
    return tuple(sorted(ahead)), tuple(_cut(rest, keys, terms.alternates)[0]), ()


def _cut(
    ranked: Sequence[int], keys: dict[int, tuple[int, ...]], places: int
) -> tuple[list[int], list[int]]:
    """(those who are among the first `places` for certain, those who tie across the last)."""
    if len(ranked) <= places:
        return list(ranked), []
    first_out = keys[ranked[places]]
    ahead = [one for one in ranked[:places] if keys[one] > first_out]
    if len(ahead) == places:
        return ahead, []
    return ahead, [one for one in ranked if keys[one] == first_out]
