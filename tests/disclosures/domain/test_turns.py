"""Whose turn it is, by the law's addressees."""

import pytest

from disclosures.domain.turns import body_name, role_of, turn

# Civil Code 943 addresses the property manager; 165号令 30 the committee.
CASES = [
    ("revenue", "", "property_manager"),
    ("revenue", "committee", "committee"),
    ("revenue", "residents_committee", "residents_committee"),
    ("expenses", "", "committee"),
    ("expenses", "residents_committee", "residents_committee"),
    ("fund", "", "committee"),
    ("service", "committee", "property_manager"),
    ("complaints", "", "property_manager"),
]


@pytest.mark.parametrize(("kind", "holder", "body"), CASES)
def test_whose_turn_it_is(kind, holder, body):
    assert turn(kind, holder) == body


def test_a_body_has_a_role_and_a_name():
    assert role_of("committee") == "organiser"
    assert body_name("property_manager") == "物业服务企业"
