"""In Chromium: what two people do to a roll, the roll taken away, shut doors."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import ClosedDoor
from core.exact import format_area
from registry.models import Owner, Ownership, Unit
from registry.selectors import open_number_checks
from registry.services.imports import preview_import
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
def test_a_room_and_a_file_wait_for_the_second_person(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    estate = here.here.estate
    room = estate.units.order_by("pk")[0]
    who = here.person("organiser")
    here.person("supervisor")
    clerk = sign_in(open_page(js=js, **screen), "organiser")
    clerk.goto(f"/staff/roll/{estate.code}/units/{room.pk}/")
    clerk.get_by_label("建筑面积（平方米）").fill("77.5")
    clerk.get_by_label("面积来源").select_option(label="实测")
    clerk.get_by_role("button", name="保存面积").click()
    expect(clerk.locator("main")).to_contain_text("1条更正等另一个人确认")
    no_sideways(clerk)
    shoot(clerk, f"roll-room-waits-{screen['width']}")
    page = sign_in(open_page(js=js, **screen), "supervisor")
    page.get_by_role("link", name="名册更正1条").first.click()
    expect(page.locator("main")).to_contain_text("77.50 平方米（实测）")
    no_sideways(page)
    shoot(page, f"roll-changes-{screen['width']}")
    page.get_by_role("button", name="对照过材料，确认").click()
    expect(page.locator("body")).to_contain_text("已确认，写入名册。")
    assert Unit.objects.get(pk=room.pk).area == 77_50
    line = f"{room.label},{format_area(room.area or 0)},何新"
    kept = preview_import(
        estate_id=estate.pk, file_name="更正的名册.csv",
        content=f"房号,建筑面积,业主\n{line}\n".encode(), mapping=None, whole=False,
        actor=f"user:{who.pk}", at=timezone.now(),
    )  # fmt: skip
    clerk.goto(f"/staff/roll/{estate.code}/imports/{kept.pk}/")
    expect(clerk.locator("main")).to_contain_text("请没有经手的另一个人")
    expect(clerk.get_by_role("button", name="确认导入")).to_have_count(0)
    no_sideways(clerk)
    shoot(clerk, f"roll-file-waits-{screen['width']}")
    page.goto(f"/staff/roll/{estate.code}/changes/")
    page.get_by_role("link", name="更正的名册.csv").click()
    expect(page.locator("main")).to_contain_text("新业主：何新")
    no_sideways(page)
    shoot(page, f"roll-file-second-{screen['width']}")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("body")).to_contain_text("已导入名册")
    held = Ownership.objects.get(unit=room, valid_to__isnull=True)
    assert held.owner.name == "何新"


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
