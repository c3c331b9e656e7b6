"""Who may keep the keys of a vote: the organiser's side alone opens nothing."""

import pytest

from voting.domain.keyholders import Holder, holder_reasons


def reasons(*sides):
    holders = [Holder(f"保管人{n}", side) for n, side in enumerate(sides)]
    return [(reason.code, reason.field) for reason in holder_reasons(holders)]


@pytest.mark.parametrize(
    ("sides", "field"),
    [
        (("organiser", "organiser", "lot"), "belongs_2"),
        (("lot", "organiser", "organiser"), "belongs_3"),
        (("organiser",) * 3, "belongs_3"),
        (("organiser", "lot", "organiser", "lot", "organiser"), "belongs_5"),
    ],
)
def test_the_organiser_alone_opens_nothing(sides, field):
    assert reasons(*sides) == [("holder.organiser", field)]


@pytest.mark.parametrize(
    "sides",
    [
        ("organiser", "lot", "lot"),
        ("organiser", "street_office", "company"),
        ("organiser", "organiser", "lot", "lot", "independent"),
        ("lot",) * 5,
    ],
)
def test_together_with_others_it_may(sides):
    assert reasons(*sides) == []
