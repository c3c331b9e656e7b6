"""In Chromium: numbers confirmed by a second person, the roll taken away, shut doors."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import ClosedDoor
from registry.models import Owner
from registry.selectors import open_number_checks
from tests.town import Town, make_town

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW = {**PHONE, "width": 360}
BOTH = pytest.mark.parametrize(
    ("js", "screen"), [(True, DESK), (False, NARROW)], ids=["desk", "phone-no-js"]
)


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


@BOTH
def test_the_second_person_holds_numbers_against_the_paper(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    estate = here.here.estate
    owners = list(Owner.objects.filter(estate=estate).order_by("pk")[:3])
    for one in owners:
        one.number_checks.create(entered_by="user:1", entered_at=timezone.now())
    here.person("supervisor")
    page = sign_in(open_page(js=js, **screen), "supervisor")
    page.get_by_role("link", name="3位业主的证件号码").first.click()
    expect(page.locator("main")).not_to_contain_text(owners[0].document_number)
    no_sideways(page)
    shoot(page, f"numbers-masked-{screen['width']}")
    page.get_by_role("button", name="显示这3位的完整号码").click()
    expect(page.locator("main")).to_contain_text(owners[0].document_number)
    no_sideways(page)
    shoot(page, f"numbers-shown-{screen['width']}")
    page.get_by_role("button", name="确认这3位").click()
    expect(page.locator("body")).to_contain_text("已确认3位的证件号码")
    assert not open_number_checks().exists()


@BOTH
def test_the_roll_is_taken_away_for_a_reason(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    here.person("organiser")
    page = sign_in(open_page(js=js, **screen), "organiser")
    page.goto(f"/staff/roll/{here.here.estate.code}/")
    page.get_by_role("link", name="下载名册").click()
    page.get_by_label("为什么要完整的").select_option(label="委托处理终止，交还名册")
    no_sideways(page)
    shoot(page, f"roll-take-{screen['width']}")
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载").click()
    assert taken.value.suggested_filename == f"roll-{here.here.estate.code}.xlsx"


@BOTH
def test_the_list_of_people_leads_to_shut_doors(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    person = here.person("organiser")
    now = timezone.now()
    ClosedDoor.objects.create(
        user=person, page="roll:home", day=now.date(), count=7, last_at=now
    )
    here.person("operator")
    page = sign_in(open_page(js=js, **screen), "operator")
    page.goto("/staff/people/")
    no_sideways(page)
    shoot(page, f"people-doors-{screen['width']}")
    page.get_by_role("link", name="7次").click()
    expect(page.get_by_role("heading", name="没有打开的页面")).to_be_in_viewport()
