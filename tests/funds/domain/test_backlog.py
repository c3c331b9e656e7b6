"""Bands of waiting, and what is usual."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.domain.backlog import heap, nearest_rank


def test_the_third_and_the_fifth_day_are_within_their_bands() -> None:
    days = [0, 3, 4, 5, 6, 40]
    found = heap("street", [(day, 100) for day in days])
    assert found == ("street", (2, 2, 2), 600, 40)
    assert found.total == 6
    assert heap("street", []) == ("street", (0, 0, 0), 0, 0)


@pytest.mark.parametrize(
    ("hundredths", "wanted"), [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)]
)
def test_nearest_rank_as_textbooks_have_it(hundredths: int, wanted: int) -> None:
    assert nearest_rank([35, 20, 15, 50, 40], hundredths) == wanted


def test_of_none_there_is_no_rank() -> None:
    assert nearest_rank([], 50) is None
    with pytest.raises(ValueError, match="101"):
        nearest_rank([1], 101)


@given(st.lists(st.integers(0, 400), min_size=1), st.integers(1, 100))
def test_so_many_do_not_exceed_it_and_fewer_would_not_do(
    numbers: list[int], hundredths: int
) -> None:
    found = nearest_rank(numbers, hundredths)
    assert found in numbers
    assert 100 * sum(one <= found for one in numbers) >= hundredths * len(numbers)
    assert 100 * sum(one < found for one in numbers) < hundredths * len(numbers)
    if hundredths == 50:
        assert found == statistics.median_low(numbers)
