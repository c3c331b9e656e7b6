"""Signing in, in real Chromium: A2 (single sign-on, a group taken away, break-glass), an
invited official's first day, and a committee's with a phone of 320 px and no JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from accounts.models import Message, RoleGrant
from accounts.oidc.issuer import forget_discovery
from accounts.services.people import invite_user
from logbook.models import Entry
from tests.app_digits import app_digits
from tests.oidc_provider import CLIENT, SECRET, Provider
from tests.town import PASSWORD, Town, grant, make_user

from .conftest import Open, shoot
from .test_staff_journeys import DESK, here, no_sideways

__all__ = ["here"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def provider(here: Town, live_server: Any, settings: Any, tmp_path: Path) -> Iterator[Provider]:
    made = Provider(redirect_uri=f"{live_server.url}/accounts/oidc/callback/")
    made.people["wu"] = {"name": "吴敏", "groups": ["east-street"]}
    mapping = tmp_path / "groups.json"
    groups = {"east-street": {"role": "street_office", "authority": "东街道"}}
    mapping.write_text(json.dumps({"groups": groups}), encoding="utf-8")
    settings.PUBLIC_URL, settings.REQUIRE_MFA = live_server.url, True
    settings.OIDC_ISSUER, settings.OIDC_RECHECK_SECONDS = made.issuer, 0
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_GROUPS_FILE = str(mapping)
    forget_discovery()
    yield made
    made.close()
    forget_discovery()


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_a2_single_sign_on(open_page: Open, here: Town, provider: Provider, js: bool) -> None:
    """The policy `form-action 'self'` lets the browser leave and come back."""
    page = open_page(js=js, **DESK)
    page.goto("/staff/estates/")
    shoot(page, "sign-in-sso-desk")
    page.get_by_role("link", name="用政务统一身份认证登录").click()
    assert page.url.startswith(provider.issuer)
    page.get_by_role("button", name="wu").click()
    page.wait_for_url("**/staff/estates/")
    expect(page.locator("main")).to_contain_text("样例花园")
    assert RoleGrant.objects.get(role="street_office").granted_by.startswith("oidc:")
    # The group goes, and with it the next page.
    provider.people["wu"]["groups"] = []
    page.goto("/staff/")
    expect(page.get_by_role("heading", level=1)).to_have_text("您的账号还没有这里的岗位")
    shoot(page, "sign-in-no-role-desk")
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="工作人员登录")).to_be_visible()


def test_a2_break_glass(open_page: Open, here: Town, provider: Provider) -> None:
    boss = make_user("boss", phone="10000000001")
    other = make_user("other-boss", phone="10000000002")
    grant(boss, "operator", None)
    grant(other, "operator", None)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(boss, secret)
    provider.down = True
    page = open_page(width=360)
    page.goto("/staff/people/")
    page.get_by_role("link", name="用政务统一身份认证登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("政务统一身份认证暂时连不上")
    shoot(page, "sign-in-down-phone")
    page.get_by_role("link", name="回到登录页").click()
    page.get_by_label("用户名或手机号").fill("boss")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    no_sideways(page)
    shoot(page, "sign-in-second-factor-phone")
    page.get_by_label("6位数字").fill(app_digits(secret, left=10))
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/staff/**")
    assert [one.kind for one in Entry.objects.filter(log__name="platform")] == ["break_glass"]
    assert [one.phone for one in Message.objects.all()] == [other.phone]


def code_of(page: Page) -> str:
    page.wait_for_load_state()
    found = re.search(r"\d{6}", MemoryGateway.sent[-1][1])
    assert found
    MemoryGateway.sent.clear()
    return found[0]


def test_the_first_day_of_an_official(open_page: Open, here: Town, settings: Any) -> None:
    """Invitation, code, password, app, recovery codes on paper; and the browser's list."""
    settings.REQUIRE_MFA = True
    boss, now = here.person("operator"), timezone.now()
    user = invite_user(
        username="li", display_name="李工", phone="10000000008", actor=boss, at=now
    )
    grant(user, "street_office", here.here.street)
    page = open_page(**DESK)
    page.goto("/accounts/login/code/?next=/staff/")
    page.get_by_label("手机号").fill("10000000008")
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("验证码").fill(code_of(page))
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_text("请先设一个密码")).to_be_visible()
    shoot(page, "sign-in-set-password-desk")
    for field in page.locator("input[type=password]").all():
        field.fill("Kq7-entirely-new-words")
    page.locator("main form button.button").first.click()
    page.goto("/staff/")
    expect(page.get_by_text("需要第二道验证")).to_be_visible()
    shoot(page, "sign-in-set-up-app-desk")
    shown = page.locator("#authenticator_secret, input[readonly]").first.input_value()
    page.locator("input[name=code]").fill(app_digits(shown, left=10))
    page.locator("main form button.button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("恢复码")
    assert page.locator("ol code").count() == 10
    shoot(page, "recovery-codes-desk")
    page.emulate_media(media="print")
    shoot(page, "recovery-codes-print")
    expect(page.get_by_role("link", name="换一批")).to_be_hidden()
    expect(page.get_by_role("link", name="收好了，去待办")).to_be_hidden()
    expect(page.locator("ol code").first).to_be_visible()
    page.emulate_media(media="screen")
    page.goto("/staff/")
    expect(page).to_have_url(re.compile("/staff/$"))
    page.goto("/accounts/2fa/")
    shoot(page, "security-desk")
    page.get_by_role("link", name="查看").nth(0).click()
    page.goto("/accounts/sessions/")
    shoot(page, "sessions-desk")
    expect(page.get_by_text("就是这个")).to_be_visible()


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_a_committee_member_with_a_small_phone(
    open_page: Open, here: Town, settings: Any, js: bool
) -> None:
    settings.REQUIRE_MFA = True
    user = make_user("organiser-li", phone="10000000008")
    grant(user, "organiser", here.here.estate)
    page = open_page(js=js, width=320, height=640)
    page.goto("/staff/")
    no_sideways(page) if js else None
    shoot(page, f"sign-in-320-{'js' if js else 'no-js'}")
    page.get_by_label("用户名或手机号").fill("organiser-li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("还差一步")).to_be_visible()
    page.get_by_role("button", name="发送验证码").click()
    expect(page.get_by_text("尾号0008")).to_be_visible()
    shoot(page, f"second-code-320-{'js' if js else 'no-js'}")
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_text("验证码不对").first).to_be_visible()
    page.get_by_label("验证码").fill(code_of(page))
    page.get_by_role("button", name="确认").click()
    page.wait_for_url("**/staff/")
    page.goto("/accounts/sessions/")
    shoot(page, "sessions-320")
    page.get_by_role("link", name="返回安全设置").click()
    shoot(page, "security-320")


def test_tables_are_read_under_the_policy(open_page: Open, here: Town) -> None:
    """Django's admin runs no inline script and no inline style here."""
    here.person("operator")
    page = open_page(**DESK)
    page.goto("/staff/tables/")
    page.get_by_label("用户名或手机号").fill("operator")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/staff/tables/")
    shoot(page, "tables-desk")
    page.goto("/staff/tables/registry/estate/")
    page.locator("#result_list a").first.click()
    shoot(page, "tables-row-desk")
    assert page.locator("main form input[type=submit], .submit-row input").count() == 0


def test_two_operators_let_a_person_in_again(open_page: Open, here: Town) -> None:
    one, two = (make_user(name, phone=f"1000000002{n}") for n, name in enumerate(["甲", "乙"]))
    grant(one, "operator", None)
    grant(two, "operator", None)
    lost = make_user("lost", phone="10000000008")
    page = open_page(**DESK)
    page.goto(f"/staff/people/{lost.pk}")
    page.get_by_label("用户名或手机号").fill("甲")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("link", name="申请重置登录方式").click()
    shoot(page, "reset-desk")
    page.locator("[name=reason]").fill("当面核实")
    page.get_by_role("button", name="申请重置").click()
    expect(page.get_by_text("由另一位管理员确认")).to_be_visible()
    assert page.get_by_role("button", name="确认重置").count() == 0
    other = open_page(width=360)
    other.goto(f"/staff/people/{lost.pk}")
    other.get_by_label("用户名或手机号").fill("乙")
    other.get_by_label("密码").fill(PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    shoot(other, "reset-confirm-phone")
    other.get_by_role("button", name="已核实本人，确认重置").click()
    expect(other.get_by_text("已重置")).to_be_visible()
    lost.refresh_from_db()
    assert not lost.has_usable_password()
