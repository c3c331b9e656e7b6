"""The party's share of a committee, and what a list of candidates can lead to."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees.domain.party import Count, least_party, meets, prospect, shown


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


small = st.integers(0, 6)


@given(st.integers(1, 7), small, small, st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_every_outcome_is_tried(
    seats: int, party: int, others: int, sitting: tuple[int, int]
) -> None:
    """The oracle is every choice of `seats` from the list."""
    seen = prospect(seats, party, others, sitting=sitting)
    if party + others < seats:
        assert seen is None
        return
    assert seen is not None

    def outcomes(party: int, others: int) -> list[int]:
        people = [1] * party + [0] * others
        return [sum(chosen) for chosen in combinations(people, seats)]

    def met(elected: int) -> bool:
        members = sum(sitting) + seats
        return 2 * (sitting[0] + elected) >= members

    all_of = outcomes(party, others)
    assert (seen.fewest, seen.most) == (min(all_of), max(all_of))
    assert seen.guaranteed is all(met(one) for one in all_of)
    assert seen.possible is any(met(one) for one in all_of)
    if met(seats):  # somebody could reach it
        # The smallest change: no fewer replaced guarantee it, so many do.
        for replaced in range(others + 1):
            guaranteed = all(met(one) for one in outcomes(party + replaced, others - replaced))
            assert guaranteed is (replaced >= seen.replace)
        for added in range(8):
            possible = any(met(one) for one in outcomes(party + added, others))
            assert possible is (added >= seen.add)


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
    seen = prospect(seats, party, others)
    assert seen is not None
    assert (seen.guaranteed, seen.possible) == (guaranteed, possible)
    assert (seen.replace, seen.add) == (replace, add)


def test_no_outcome_without_seats_or_people() -> None:
    assert prospect(0, 3, 3) is None
    assert prospect(5, 2, 2) is None
    with pytest.raises(ValueError, match="below zero"):
        prospect(5, -1, 9)


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
