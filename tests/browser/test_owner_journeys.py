"""The owners' journeys of the acceptance list (O1-O4, O8-O10, O13), in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from tests.browser.conftest import Open, shoot
from tests.voting.views.story import WANG, Letter, Vote, make_vote
from voting.models import Ballot, Party

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])


@pytest.fixture
def vote() -> Vote:
    MemoryGateway.sent.clear()
    return make_vote()


def scan(page: Page, letter: Letter) -> None:
    page.goto(f"{letter.path}#{letter.token}")


def sms_digits() -> str:
    _phone, text = MemoryGateway.sent[-1]
    found = re.search(r"\d{6}", text)
    assert found
    return found.group()


def pass_sms(page: Page) -> None:
    page.get_by_role("button", name="发短信验证码").click()
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")


def answer(page: Page, label: str) -> None:
    page.locator("label.choice:visible", has_text=label).click()
    page.get_by_role("button", name="下一步").locator("visible=true").click()


def to_review(page: Page, js: bool, *labels: str) -> None:
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
    for label in labels:
        answer(page, label)
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()


@with_and_without
def test_o1_from_the_letter_to_the_receipt(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    suffix = "js" if js else "nojs"
    scan(page, vote.letters[WANG])
    shoot(page, f"01-letter-{suffix}")
    page.get_by_role("button", name="开始投票").click()
    page.wait_for_url("**/identity/**")
    shoot(page, f"02-identity-{suffix}")
    assert vote.letters[WANG].code not in page.url
    page.get_by_role("button", name="发短信验证码").click()
    shoot(page, f"03-sms-{suffix}")
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")
    shoot(page, f"04-motions-{suffix}")
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
        shoot(page, "05-motion-nojs")
    answer(page, "同意")
    answer(page, "弃权")
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    if js:
        expect(page.locator("#sealed-note")).to_be_visible()
    expect(page.get_by_text("同意", exact=True).locator("visible=true")).to_be_visible()
    shoot(page, f"06-review-{suffix}")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    expect(page.get_by_role("heading", name="已收到您的票")).to_be_visible()
    for choice in ("同意", "反对", "弃权"):
        assert choice not in page.content()
    shoot(page, f"07-receipt-{suffix}")
    ballot = Ballot.objects.get()
    assert ballot.encrypted_by == ("browser" if js else "server")
    assert ballot.replacement is (not js)
    page.goto(f"/r/{ballot.receipt_code}")
    expect(page.get_by_role("heading", name="这张票已记录")).to_be_visible()
    assert "301" not in page.locator("main").inner_text()
    shoot(page, f"08-public-receipt-{suffix}")
    assert Party.objects.get(pk=vote.letters[WANG].party.pk).ballots == 1
