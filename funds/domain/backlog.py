"""How long what waits has waited, in bands of working days, and how long it usually takes."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# The last working day of each band; what is older falls into one more.
BANDS = (3, 5)


class Heap(NamedTuple):
    """What lies at one step: how many in each band, the fen they ask for, the oldest's days."""

    step: str
    bands: tuple[int, ...]
    fen: int
    oldest: int

    @property
    def total(self) -> int:
        return sum(self.bands)


def heap(step: str, waiting: Iterable[tuple[int, int]]) -> Heap:
    """Of pairs of working days and fen."""
    counted, fen, oldest = [0] * (len(BANDS) + 1), 0, 0
    for days, amount in waiting:
        counted[sum(days > last for last in BANDS)] += 1
        fen, oldest = fen + amount, max(oldest, days)
    return Heap(step, tuple(counted), fen, oldest)


def nearest_rank(numbers: Sequence[int], hundredths: int) -> int | None:
    """The smallest number that at least so many of a hundred do not exceed; None of none.

    The nearest-rank definition: no value that did not occur, nothing to round.
    """
    if not 0 < hundredths <= 100:
        raise ValueError(f"{hundredths} of a hundred")
    ordered = sorted(numbers)
    return ordered[-(-hundredths * len(ordered) // 100) - 1] if ordered else None
