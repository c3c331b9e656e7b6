"""A3 of the acceptance list, in Chromium: an operator looks through an official's eyes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from logbook.models import Entry
from tests.town import Town, announced, make_town

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


@pytest.mark.parametrize(
    ("js", "screen"), [(True, DESK), (False, PHONE)], ids=["desk", "phone-no-js"]
)
def test_a3_looking_is_read_only_bannered_and_traced(
    open_page: Open, here: Town, js: bool, screen: dict[str, Any]
) -> None:
    session = announced(here.here.estate)
    street = here.person("street_office")
    here.person("operator")
    page = sign_in(open_page(js=js, **screen), "operator")
    page.goto(f"/staff/people/{street.pk}")
    page.get_by_role("link", name="查看这个人的页面").click()
    page.get_by_label("原因").fill("来电说待办里少了一件")
    page.get_by_role("button", name="开始查看").click()
    page.wait_for_url("**/staff/")
    banner = page.get_by_role("status")
    expect(banner).to_contain_text(f"您正在查看{street}的页面，只能看")
    expect(banner).to_contain_text("来电说待办里少了一件")
    no_sideways(page)
    shoot(page, f"looking-{screen['width']}")

    page.goto(f"/staff/sessions/{session.code}/")
    expect(banner).to_be_visible()
    # What names people is not there; what would do something is refused.
    assert page.goto(f"/staff/sessions/{session.code}/missing").status == 404  # type: ignore[union-attr]
    code = here.here.estate.code
    page.goto(f"/staff/estates/{code}/office")
    page.locator("main form input[type=text], main form input[type=tel]").first.fill("0556-1")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("只能看，不能办理")
    expect(page.locator("main")).to_contain_text("什么也没有改动")
    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="结束查看").click()
    expect(page.locator("body")).to_contain_text("查看已结束")
    assert page.get_by_role("status").filter(has_text="您正在查看").count() == 0

    rows = Entry.objects.filter(log__name="platform", kind__startswith="looking.")
    kinds = [one.kind for one in rows.order_by("seq")]
    assert kinds == ["looking.began", "looking.refused", "looking.ended"]
    began = json.loads(bytes(rows.order_by("seq")[0].line))["body"]
    assert (began["user"], began["reason"]) == (street.pk, "来电说待办里少了一件")
