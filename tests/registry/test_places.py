"""Divisions, authorities and estates."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from core.errors import RuleViolation
from registry.models import Authority, Division, Estate
from registry.selectors import authority_chain, estates_under, guiding_authority
from registry.services.places import (
    create_estate,
    end_authority,
    load_authorities,
    load_divisions,
    set_authority_phone,
)
from tests.factories import make_estate

AT = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
ANQING, ZAOZHUANG = "340800000000", "370400000000"


@pytest.fixture
def anqing(db):
    load_divisions(actor="t", at=AT)
    load_authorities(city=ANQING, valid_from=date(2023, 1, 1), actor="t", at=AT)


def test_divisions_are_the_file_and_loading_twice_changes_nothing(db):
    path = Path(__file__).parents[2] / "registry" / "data" / "divisions.csv"
    with path.open(encoding="utf-8-sig") as file:
        codes = {row["code"]: row["parent_code"] for row in csv.DictReader(file)}
    assert load_divisions(actor="t", at=AT) == len(codes)
    assert load_divisions(actor="t", at=AT) == 0
    assert dict(Division.objects.values_list("code", "parent_id")) == {
        code: parent or None for code, parent in codes.items()
    }


def test_a_changed_name_is_brought_up_to_date(db):
    load_divisions(actor="t", at=AT)
    Division.objects.filter(code=ANQING).update(name="旧名")
    assert load_divisions(actor="t", at=AT) == 1
    assert Division.objects.get(code=ANQING).name == "安庆市"


def test_a_city_may_bring_its_own_tree(db, tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text(
        "code,name,level,parent_code\n990000000000,某省,province,\n"
        "990100000000,某市,city,990000000000\n",
        encoding="utf-8",
    )
    call_command("load_divisions", str(path))
    assert Division.objects.get(code="990100000000").parent_id == "990000000000"


def test_both_zones_report_to_the_city_though_the_codes_say_otherwise(anqing):
    zones = Authority.objects.filter(
        kind="zone_administration", parent__kind="city_bureau"
    ).values_list("name", "division_id")
    assert dict(zones) == {
        "安庆市经开区管委会": "340871000000",
        "安庆市高新区管委会": "340803402000",
    }
    street = Authority.objects.get(division_id="340871001000")
    assert street.name == "菱北街道办事处"
    assert street.parent.name == "安庆市经开区管委会"
    # The zone stands for its division; no second authority answers for the same place.
    assert Authority.objects.filter(division_id="340803402000").count() == 1


def test_zaozhuang_has_a_zone_without_a_code(db):
    load_divisions(actor="t", at=AT)
    load_authorities(city=ZAOZHUANG, valid_from=date(2023, 1, 1), actor="t", at=AT)
    zone = Authority.objects.get(name="枣庄高新区国土住建社会事业局")
    assert zone.division is None
    assert zone.parent.name == "枣庄市住房和城乡建设局"


def test_every_division_of_the_city_has_one_authority(anqing):
    codes = set(Division.objects.filter(code__startswith="3408").values_list("code", flat=True))
    held = list(Authority.objects.exclude(division=None).values_list("division_id", flat=True))
    assert sorted(held) == sorted(codes)
    assert load_authorities(city=ANQING, valid_from=date(2024, 1, 1), actor="t", at=AT) == 0


def test_an_estate_is_found_from_every_authority_above_it_and_no_other(anqing):
    estate = create_estate(name="样板苑", division_code="340802001001", actor="t", at=AT)
    chain = authority_chain(estate)
    assert [one.kind for one in chain] == [
        "residents_committee", "street_office", "district_bureau", "city_bureau",
    ]  # fmt: skip
    for authority in chain:
        assert list(estates_under(authority)) == [estate]
    other = Authority.objects.get(division_id="340803000000")
    assert not estates_under(other).exists()
    assert len(estate.code) == 8


@pytest.mark.parametrize("code", ["340802001000", "999999999999", "abc", ""])
def test_an_estate_lies_in_a_neighbourhood(anqing, code):
    with pytest.raises(RuleViolation) as caught:
        create_estate(name="样板苑", division_code=code, actor="t", at=AT)
    assert caught.value.code == "division.unknown"
    assert not Estate.objects.exists()


def test_the_citys_profile_is_taken_where_it_is_loaded(anqing):
    assert (
        create_estate(name="甲", division_code="340802001001", actor="t", at=AT).profile_code
        == "national"
    )
    call_command("load_profiles")
    assert (
        create_estate(name="乙", division_code="340802001001", actor="t", at=AT).profile_code
        == "anqing"
    )


def test_an_authority_in_use_cannot_end(anqing):
    create_estate(name="样板苑", division_code="340802001001", actor="t", at=AT)
    authority = Authority.objects.get(division_id="340802001001")
    with pytest.raises(RuleViolation):
        end_authority(authority_id=authority.pk, last_day=date(2026, 1, 1), actor="t", at=AT)
    idle = Authority.objects.get(division_id="340802001007")
    end_authority(authority_id=idle.pk, last_day=date(2026, 1, 1), actor="t", at=AT)
    idle.refresh_from_db()
    assert idle.valid_to == date(2026, 1, 1)


def test_what_is_founded_after_midnight_is_of_the_new_day(db):
    # One o'clock on 29 November in Anqing is still the 28th in UTC.
    at = datetime(2026, 11, 28, 17, 0, tzinfo=UTC)
    load_divisions(actor="t", at=at)
    load_authorities(city=ANQING, valid_from=date(2026, 11, 29), actor="t", at=at)
    estate = create_estate(name="样板苑", division_code="340802001001", actor="t", at=at)
    assert estate.authority.valid_from == date(2026, 11, 29)


@pytest.mark.parametrize("phone", ["0000-0000000", "12345", "0000-0000000转3", "+86 000", ""])
def test_an_office_says_its_phone_and_takes_it_back(db, phone):
    office = make_estate().authority
    for typed in (phone, f" {phone} "):
        set_authority_phone(authority_id=office.pk, phone=typed, actor="user:1", at=AT)
        office.refresh_from_db()
        assert office.phone == phone


@pytest.mark.parametrize("phone", ["王主任", "0000-0000000转", "1234", "0" * 21, "-00000", "-"])
def test_what_is_no_phone_is_refused(db, phone):
    office = make_estate().authority
    with pytest.raises(RuleViolation) as refused:
        set_authority_phone(authority_id=office.pk, phone=phone, actor="user:1", at=AT)
    assert refused.value.code == "authority.phone"
    office.refresh_from_db()
    assert office.phone == ""


def test_the_street_office_guides_even_where_a_committee_is_responsible(db):
    estate = make_estate()
    street = estate.authority
    assert guiding_authority(estate) == street
    estate.authority = Authority.objects.create(
        name="居委会", kind="residents_committee", parent=street, valid_from=street.valid_from
    )
    assert guiding_authority(estate) == street
    estate.authority = Authority.objects.create(
        name="管委会", kind="zone_administration", valid_from=street.valid_from
    )
    assert guiding_authority(estate) == estate.authority
