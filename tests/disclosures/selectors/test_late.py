"""The late list: counted by hand over a small tree of authorities."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.deadlines import start_of
from disclosures.domain.turns import turn
from disclosures.models import Duty, SourceReport
from disclosures.selectors.late import LateList, turn_column
from disclosures.selectors.unheard import with_estates
from disclosures.services.books import change_holder
from disclosures.services.duties import open_duties
from registry.models import Estate
from tests.disclosures.accounts import (
    COMMITTEE,
    FIRST,
    STREET,
    accounts_estate,
    can_sign,
    held,
    open_books,
    published,
)
from tests.disclosures.services.test_duties import enrolled
from tests.town import grant, make_user, town

__all__ = ["town"]

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 20)  # the third quarter is late since 15 November
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _erasable(erasable):
    """Real transactions on SQLite."""


@pytest.fixture
def two(town):
    """One estate here, with a manager, one there, without."""
    here = accounts_estate(town.here.estate)
    there = accounts_estate(town.there.estate)
    enrolled(here)
    enrolled(there, manager=False)
    open_duties(AT)
    return here, there


def listed(user, *, at=None, kind=""):
    found = LateList(user, ON, at)
    keys = list(found.of_kind(kind).values_list("pk", flat=True))
    return [
        (one.duty.estate.name, one.duty.kind, one.days, one.body) for one in found.said(keys)
    ]


def test_an_official_sees_what_is_below_and_nothing_else(town, two):
    # The longest first: due 31 July, 112 days ago; then 30 October.
    assert listed(town.person("bureau")) == [
        ("样例花园", "service", 112, "物业服务企业"),
        ("样例花园", "complaints", 112, "物业服务企业"),
        ("样例花园", "revenue", 21, "物业服务企业"),
        ("样例花园", "expenses", 21, "业主委员会"),
    ]
    assert {one[0] for one in listed(town.person("other bureau"))} == {"西苑"}
    for stranger in ("organiser", "property_manager", "supervisor", "stranger"):
        assert listed(town.person(stranger)) == []


def test_the_city_counts_its_districts(town, two):
    city = make_user("city")
    grant(city, "bureau", town.city)
    totals = LateList(city, ON).totals()
    assert totals.at == town.city
    assert (totals.duties, totals.estates) == (6, 2)
    assert totals.kinds == {
        "revenue": 2, "expenses": 2, "fund": 0, "service": 1, "complaints": 1,
    }  # fmt: skip
    below = [(one.authority.name, one.duties, one.estates) for one in totals.below]
    assert below == [("东区住建局", 4, 1), ("西区住建局", 2, 1)]
    # A level further down, the same estates under the street.
    found = LateList(city, ON, town.there.district.pk).totals()
    assert (found.above, found.duties) == (town.city, 2)
    assert [(one.authority.name, one.duties) for one in found.below] == [("西街道", 2)]
    leaf = LateList(city, ON, town.there.committee.pk).totals()
    assert (leaf.duties, leaf.below) == (2, [])


def test_nobody_looks_at_an_authority_above_or_beside(town, two):
    for other in (town.city, town.there.district):
        with pytest.raises(LookupError):
            LateList(town.person("bureau"), ON, other.pk)


def test_one_kind_alone(town, two):
    assert [one[1] for one in listed(town.person("bureau"), kind="revenue")] == ["revenue"]


def test_two_grants_have_no_common_top(town, two):
    both = make_user("both")
    grant(both, "bureau", town.here.district)
    grant(both, "bureau", town.there.district)
    totals = LateList(both, ON).totals()
    assert totals.at is None
    assert {one.authority for one in totals.below} == {town.here.district, town.there.district}
    assert totals.duties == 6


def test_whoever_holds_the_money_is_named_and_what_is_out_is_gone(
    town, two, settings, tmp_path
):
    can_sign(settings, tmp_path)
    here, _there = two
    book = open_books(here)
    [one] = [row for row in listed(town.person("bureau")) if row[1] == "revenue"]
    assert one[3] == "样例物业服务有限公司"
    change_holder(book_id=book.pk, held=held("committee"), since=FIRST, by=COMMITTEE, at=AT)
    [one] = [row for row in listed(town.person("bureau")) if row[1] == "revenue"]
    assert one[3] == "样例花园业主委员会"
    published(book, at=AT, keeper=COMMITTEE, by=STREET)
    assert "revenue" not in {one[1] for one in listed(town.person("bureau"))}


def test_the_column_is_the_rule(two):
    """The body as the database finds it is the one the domain names."""
    here, _there = two
    open_books(here, "expenses", holder="residents_committee")
    holders = {"expenses": "residents_committee"}
    rows = Duty.objects.filter(estate=here).annotate(turn=turn_column())
    assert {one.kind: one.turn for one in rows} == {
        one.kind: turn(one.kind, holders.get(one.kind, "")) for one in rows
    }


def test_a_longer_list_costs_no_more_queries(town, two, django_assert_max_num_queries):
    user = town.person("bureau")
    for number in range(3):
        estate = Estate.objects.create(
            code=f"MORE{number}", name=f"更多{number}", division=two[0].division,
            authority=town.here.committee, profile_code="accounts",
        )  # fmt: skip
        enrolled(estate)
    open_duties(AT)
    with django_assert_max_num_queries(8):  # grants, authorities and names, counts, keys, rows
        found = LateList(user, ON)
        assert found.totals().duties == 16
        keys = list(found.of_kind("").values_list("pk", flat=True))
        assert len(found.said(keys)) == 16


def test_what_waits_too_long_is_found_by_estate_and_rolled_up(
    town, two, django_assert_num_queries
):
    here, there = two

    def waits(estate, name, days):
        SourceReport.objects.create(
            estate=estate, number=int(name), place=f"{name}幢", text="一块广告牌",
            submission=name, filed_by="owner", filed_at=AT,
            due_at=start_of(ON) - timedelta(days=days),
        )  # fmt: skip

    waits(here, "1", 4)
    waits(here, "2", 0)
    waits(here, "3", -1)  # its last day is today
    waits(there, "4", 9)
    city = make_user("city")
    grant(city, "bureau", town.city)
    found = LateList(city, ON)
    with django_assert_num_queries(2):  # the rows, their estates
        rows = list(with_estates(found.unheard()[:50], ON))
    assert [(place, one.what, one.many, days) for one, place, days in rows] == [
        (there, "reports", 1, 10), (here, "reports", 2, 5),
    ]  # fmt: skip
    with django_assert_num_queries(2):
        totals = found.totals_of(found.unheard_counts())
    assert (totals.duties, totals.estates) == (3, 2)
    below = [(one.authority.name, one.duties, one.estates) for one in totals.below]
    assert below == [("东区住建局", 2, 1), ("西区住建局", 1, 1)]
    official = LateList(town.person("bureau"), ON)
    assert [place for _one, place, _days in with_estates(official.unheard(), ON)] == [here]
    assert list(LateList(town.person("organiser"), ON).unheard()) == []
