"""Who is one head: SPC interpretation (2020) art. 9, and design §3."""

from hypothesis import given
from hypothesis import strategies as st

from voting.domain.parties import (
    Holder,
    Title,
    faults,
    group,
    on_roll,
    party_areas,
)


def holder(name, **fields):
    return Holder(document_hash=f"hash of {name}", name=name, **fields)


def title(unit, *holders, area=100_00, **fields):
    return Title(
        **{
            "unit": unit,
            "label": f"1幢{unit}室",
            "building": "1幢",
            "area": area,
            "holders": holders,
            **fields,
        }
    )


WANG, LI, BUILDER = holder("王一"), holder("李二"), holder("样例建设有限公司")


def grouped(*titles):
    return [(party.why, [one.unit for one in party.titles]) for party in group(titles)]


def test_one_unit_is_one_head():
    assert grouped(title(1, WANG), title(2, LI)) == [("one_unit", [1]), ("one_unit", [2])]


def test_one_owner_of_several_units_is_one_head_and_areas_add():
    (party,) = group([title(1, WANG, area=90_00), title(7, WANG, area=10_50)])
    assert (party.why, party.area) == ("several_units", 100_50)


def test_the_same_name_is_not_the_same_owner():
    other = Holder(document_hash="another number", name="王一")
    assert len(group([title(1, WANG), title(2, other)])) == 2


def test_joint_owners_are_one_head_and_another_set_is_another_party():
    assert grouped(title(1, WANG, LI), title(2, LI, WANG), title(3, WANG)) == [
        ("joint", [1, 2]),
        ("one_unit", [3]),
    ]


def test_unsold_and_undelivered_units_are_one_head_whoever_is_named():
    assert grouped(
        title(1, BUILDER, status="unsold"),
        title(2, WANG, status="undelivered"),
        title(3, status="unsold"),
        title(4, WANG),
        title(5, BUILDER),
    ) == [("developer", [1, 2, 3]), ("one_unit", [4]), ("one_unit", [5])]


def test_the_buyer_of_an_undelivered_unit_does_not_speak_for_the_developer():
    (party,) = group([title(1, BUILDER, status="unsold"), title(2, WANG, status="undelivered")])
    assert party.holders == (BUILDER,)


def test_joint_owners_vote_by_the_one_they_chose():
    chosen = holder("钱五", is_voter=True, phone="10000000009")
    (party,) = group([title(1, holder("赵四", phone="10000000001"), chosen)])
    assert (party.voters, party.phone) == ((chosen,), "10000000009")


def test_without_a_chosen_voter_any_of_them():
    (party,) = group([title(1, WANG, LI)])
    assert party.voters == (WANG, LI)


def test_spaces_count_only_where_the_rules_say_so():
    units = [title(1, WANG), title(2, LI, use="parking"), title(3, LI, use="storage")]
    assert [one.unit for one in on_roll(units, parking="none")] == [1]
    assert len(on_roll(units, parking="full")) == 3


def test_every_fault_is_found():
    found = faults([title(1, area=None), title(2, WANG, area=None), title(3, status="unsold")])
    assert found == [
        ("area.missing", "1幢1室"),
        ("owner.missing", "1幢1室"),
        ("area.missing", "1幢2室"),
    ]


@st.composite
def rolls(draw):
    owners = [holder(str(number)) for number in range(4)]
    size = draw(st.integers(0, 12))
    return [
        title(
            unit,
            *draw(st.lists(st.sampled_from(owners), min_size=1, max_size=3, unique=True)),
            area=draw(st.integers(1, 10**7)),
            status=draw(st.sampled_from(["delivered", "unsold", "undelivered"])),
        )
        for unit in range(size)
    ]


@given(rolls())
def test_every_unit_belongs_to_exactly_one_party(titles):
    parties = group(titles)
    units = [one.unit for party in parties for one in party.titles]
    assert sorted(units) == [one.unit for one in titles]
    assert [party.number for party in parties] == list(range(1, len(parties) + 1))
    assert sum(party.area for party in parties) == sum(one.area for one in titles)
    # Counted another way: a set of owners is a head, and so is the developer.
    heads = {
        "developer" if one.status != "delivered" else frozenset(map(id, one.holders))
        for one in titles
    }
    assert len(parties) == len(heads)
    assert [sum(areas.units) for areas in party_areas(parties)] == [
        party.area for party in parties
    ]
