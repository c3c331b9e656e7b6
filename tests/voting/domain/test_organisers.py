"""建房〔2009〕274号 art. 10: an odd number, owners at least half, the street at the head."""

import pytest

from voting.domain.organisers import (
    SIDES,
    SUPERVISORS,
    Person,
    group_reasons,
    people_reasons,
    supervisor_reasons,
)


def group(owners, others, *, head="street_office", heads=1):
    """A group of so many owners and others; the head comes first and is among the others."""
    people = [Person(f"组长{n}", head, True) for n in range(heads)]
    people += [Person(f"业主{n}", "owner") for n in range(owners)]
    people += [Person(f"其他{n}", "developer") for n in range(others - heads)]
    return people


def codes(members, kind="preparatory_group", **more):
    return [reason.code for reason in group_reasons(kind, members, **more)]


@pytest.mark.parametrize(
    ("owners", "others", "expected"),
    [
        (3, 2, []),
        (4, 3, []),
        (2, 3, ["organiser.owners"]),  # 2 of 5
        (3, 4, ["organiser.owners"]),  # 3 of 7
        (3, 3, ["organiser.even"]),  # exactly half is enough, an even number is not
        (4, 2, ["organiser.even"]),
        (2, 4, ["organiser.even", "organiser.owners"]),
    ],
)
def test_an_odd_number_with_owners_at_least_half(owners, others, expected):
    assert codes(group(owners, others)) == expected


@pytest.mark.parametrize(
    ("head", "heads"),
    [("owner", 1), ("residents_committee", 1), ("street_office", 0), ("street_office", 2)],
)
def test_headed_by_one_representative_of_the_street(head, heads):
    assert codes(group(5, 2, head=head, heads=heads)) == ["organiser.head"]


def test_a_province_may_want_more_of_them():
    # 山东省物业管理条例 art. 21: seven at least.
    assert codes(group(3, 2), least=7) == ["organiser.few"]
    assert codes(group(4, 3), least=7) == []


def test_a_renewal_group_is_named_and_a_committee_is_no_group():
    assert codes([], "renewal_group") == ["organiser.members"]
    assert codes(group(2, 2), "renewal_group") == []
    assert codes([], "owners_committee") == []


def test_every_row_is_looked_at():
    people = [
        Person("", "owner"),
        Person("甲", "nobody"),
        Person("甲", "owner"),
        Person("字" * 21, "owner"),
        Person("乙\u202e", "owner"),
    ]
    found = {(r.code, r.field) for r in people_reasons(people, SIDES, who="成员")}
    assert found == {
        ("people.name", "name_1"),
        ("people.side", "side_2"),
        ("people.twice", "name_3"),
        ("people.unreadable", "name_4"),
        ("people.unreadable", "name_5"),
    }


def test_nobody_supervises_the_own_count():
    members = group(3, 2)
    given = [Person("监票甲", "owner"), Person("业主1", "owner")]
    found = supervisor_reasons(given, least=2, members=members, organiser="筹备组")
    assert [reason.code for reason in found] == ["supervisors.organiser"]
    found = supervisor_reasons(given[:1], least=2, members=members, organiser="监票甲")
    assert [reason.code for reason in found] == ["supervisors.few", "supervisors.organiser"]


def test_no_company_supervises():
    assert not {"property_manager", "developer"} & set(SUPERVISORS)
