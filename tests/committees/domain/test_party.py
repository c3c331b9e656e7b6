"""The party's share of a committee, and what a list of candidates can lead to."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.party import (
    Count,
    explained_from,
    least_party,
    meets,
    prospect,
    shown,
)


@pytest.mark.parametrize(
    ("party", "members", "met"),
    [
        (0, 0, None),
        (3, 5, True),
        (2, 5, False),
        (2, 4, True),  # after a resignation: half is enough
        (1, 3, False),
        (0, 1, False),
        (5, 5, True),
    ],
)
def test_half_is_enough(party: int, members: int, met: bool | None) -> None:
    assert meets(party, members) is met


def test_more_members_than_there_are_is_nonsense() -> None:
    for party, members in ((-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="members"):
            meets(party, members)


def test_another_share() -> None:
    assert meets(3, 5, (3, 5)) is True
    assert meets(2, 5, (3, 5)) is False
    assert least_party(7, (3, 5)) == 5


@st.composite
def counts(draw: st.DrawFn, most: int) -> Count:
    party, others, unknown = (draw(st.integers(0, most)) for _kind in range(3))
    return Count(party + others + unknown, party, unknown)


def completions(known: Count) -> list[tuple[int, int]]:
    """Whatever the silent would say: members and others."""
    return [
        (known.party + more, known.members - known.party - more)
        for more in range(known.unknown + 1)
    ]


def outcomes(seats: int, party: int, others: int) -> set[int]:
    return {sum(chosen) for chosen in combinations([1] * party + [0] * others, seats)}


def verdicts(seats: int, standing: Count, sitting: Count) -> set[bool]:
    """Of every choice of `seats` from the list, and every answer of the silent."""
    return {
        2 * (party + elected) >= sitting.members + seats
        for party, _others in completions(sitting)
        for by_list in completions(standing)
        for elected in outcomes(seats, *by_list)
    }


@given(st.integers(1, 7), counts(4), counts(2))
def test_every_outcome_is_tried(seats: int, standing: Count, sitting: Count) -> None:
    """The oracle tries all; nothing is said to be certain that one of them contradicts."""
    seen = prospect(seats, standing, sitting=sitting)
    if standing.members < seats:
        assert seen is None
        return
    assert seen is not None
    elected = {one for told in completions(standing) for one in outcomes(seats, *told)}
    assert (seen.fewest, seen.most) == (min(elected), max(elected))
    assert seen.unknown == standing.unknown + sitting.unknown
    all_of = verdicts(seats, standing, sitting)
    assert seen.guaranteed is (all_of == {True})
    assert seen.possible is (True in all_of)


@given(st.integers(1, 7), counts(4), counts(2))
def test_the_smallest_change(seats: int, standing: Count, sitting: Count) -> None:
    seen = prospect(seats, standing, sitting=sitting)
    if seen is None:
        return
    people, party, unknown = standing

    def sure(replaced: int) -> bool:
        """The others give way first: whoever does, the outcome is the same."""
        silent = min(unknown, people - party - replaced)
        new = Count(people, party + replaced, silent)
        return verdicts(seats, new, sitting) == {True}

    # No fewer replaced guarantee it, so many do; 0 where it is so, or none can.
    enough = [number for number in range(people - party + 1) if sure(number)]
    assert seen.replace == (enough[0] if enough else 0)
    more = [
        number
        for number in range(seats + 1)
        if True in verdicts(seats, Count(people + number, party + number, unknown), sitting)
    ]
    assert seen.add == (more[0] if more else 0)


def test_silence_is_not_no() -> None:
    """Eight stand for seven seats; nobody answered, then three said yes."""
    for party, unknown in ((0, 8), (3, 5)):
        seen = prospect(7, Count(8, party, unknown))
        assert seen is not None
        assert (seen.guaranteed, seen.possible) == (False, True)
    seen = prospect(7, Count(8, 3, 0))
    assert seen is not None
    assert not seen.possible


@pytest.mark.parametrize(
    ("seats", "party", "others", "guaranteed", "possible", "replace", "add"),
    [
        (5, 5, 2, True, True, 0, 0),  # two others at most: three members at least
        (5, 3, 3, False, True, 1, 0),
        (5, 2, 4, False, False, 2, 1),
        (7, 4, 3, True, True, 0, 0),  # as many candidates as seats
        (5, 0, 5, False, False, 3, 3),
    ],
)
def test_what_a_list_can_lead_to(
    seats: int,
    party: int,
    others: int,
    guaranteed: bool,
    possible: bool,
    replace: int,
    add: int,
) -> None:
    seen = prospect(seats, Count(party + others, party, 0))
    assert seen is not None
    assert (seen.guaranteed, seen.possible) == (guaranteed, possible)
    assert (seen.replace, seen.add) == (replace, add)


def test_no_outcome_without_seats_or_people() -> None:
    assert prospect(0, Count(6, 3, 0)) is None
    assert prospect(5, Count(4, 2, 0)) is None
    with pytest.raises(ValueError, match="below zero"):
        prospect(5, Count(8, -1, 0))


@pytest.mark.parametrize(
    ("members", "party", "unknown", "verdict"),
    [
        (0, 0, 0, "none"),
        (5, 3, 0, "met"),
        (5, 2, 0, "missed"),
        (5, 3, 2, "met"),  # whatever the two would say
        (5, 2, 1, "open"),
        (5, 1, 1, "missed"),
        (4, 2, 0, "met"),  # half is enough
        (1, 0, 1, "open"),
    ],
)
def test_who_did_not_answer_is_not_known(
    members: int, party: int, unknown: int, verdict: str
) -> None:
    assert Count(members, party, unknown).verdict() == verdict


@given(st.integers(0, 12), st.data())
def test_a_verdict_is_what_every_answer_of_the_silent_agrees_on(
    members: int, data: st.DataObject
) -> None:
    party = data.draw(st.integers(0, members))
    unknown = data.draw(st.integers(0, members - party))
    outcomes = {2 * (party + more) >= members for more in range(unknown + 1)}
    wanted = "open" if len(outcomes) == 2 else "met" if outcomes == {True} else "missed"
    assert Count(members, party, unknown).verdict() == (wanted if members else "none")


@given(st.integers(0, 12), st.data())
def test_what_everybody_is_told_names_nobody(members: int, data: st.DataObject) -> None:
    party = data.draw(st.integers(0, members))
    told = shown(party, members)
    if members < 3:
        assert told is None
        return
    assert told is not None
    low, high = told
    assert low <= party <= high
    # Neither "everybody" nor "nobody" can be told from it.
    assert low < members
    assert high > 0


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ([], None),
        ([(5, 3, 0)], None),
        ([(5, 2, 1)], None),  # nobody knows
        ([(5, 3, 0), (5, 2, 0)], 1),
        ([(5, 2, 0), (4, 1, 0)], 1),  # somebody left: rechecked
        ([(5, 2, 0), (4, 1, 0), (5, 1, 0)], 2),
        ([(5, 1, 1), (5, 1, 0)], 0),  # an answer that changes nothing
        ([(5, 2, 0), (5, 1, 0), (5, 1, 0)], 1),
        ([(5, 2, 0), (4, 2, 0), (4, 1, 0)], 2),  # met in between
        ([(5, 2, 0), (4, 2, 0)], None),
    ],
)
def test_from_which_count_on_it_has_to_be_explained(
    counts: list[tuple[int, int, int]], place: int | None
) -> None:
    assert explained_from([Count(*one) for one in counts]) == place
