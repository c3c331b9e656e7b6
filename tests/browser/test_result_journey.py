"""From the close to the resolution (C7), and "this is not my vote" by phone, in Chromium."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Message
from tests.town import grant, make_user
from tests.voting.views.story import LI, OUYANG, WANG, Vote, make_vote
from voting.models import Ballot, Objection
from voting.selectors import preliminary_of
from voting.services.casting import cast_plain
from voting.services.resolutions import post_preliminary
from voting.tasks import sweep_all

from .conftest import Open, shoot
from .test_owner_journeys import (
    answer,
    ended,
    in_thread,
    scan,
    sms_digits,
    with_and_without,
)
from .test_owner_journeys import end as close_and_count
from .test_staff_journeys import DESK, PDF, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def vote() -> Vote:
    cache.clear()
    return make_vote()


def cast(vote: Vote, unit: str, choices: Any) -> None:
    cast_plain(
        session_id=vote.session.pk,
        party_id=vote.letters[unit].party.pk,
        submission=vote.letters[unit].party.commitment,
        choices=choices,
        at=timezone.now(),
    )


def check_sms(page: Page) -> None:
    page.get_by_role("button", name="发短信验证码").click()
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()


@with_and_without
def test_not_mine_by_the_letter_and_voted_again_at_once(
    open_page: Open, vote: Vote, js: bool
) -> None:
    """Somebody else has voted with this household's letter."""
    cast(vote, WANG, [[1], [1]])
    page = open_page(js=js)
    scan(page, vote.letters[WANG])
    page.get_by_role("button", name="这不是我投的").click()
    check_sms(page)
    page.wait_for_url("**/not-mine/**")
    expect(page.get_by_role("heading", name="这张票不是您家投的？")).to_be_visible()
    no_sideways(page)
    shoot(page, f"60-not-mine-{'js' if js else 'nojs'}")
    page.get_by_role("button", name="是的，不是我家投的").click()
    expect(page.get_by_role("heading", name="已登记：不是您家投的")).to_be_visible()
    no_sideways(page)
    shoot(page, f"61-disowned-{'js' if js else 'nojs'}")
    page.get_by_role("link", name="重新投票").click()
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
    answer(page, "同意")
    answer(page, "弃权")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    first, second = Ballot.objects.order_by("number")
    assert second.encrypted_by == ("browser" if js else "server")
    assert second.replacement
    assert Objection.objects.get().not_mine
    # The letter opens nothing any more.
    thief = open_page(js=js)
    scan(thief, vote.letters[WANG])
    expect(thief.locator("h1")).to_contain_text("已经作废")
    assert first.party == second.party


@with_and_without
def test_not_mine_by_the_sms(open_page: Open, vote: Vote, js: bool) -> None:
    cast(vote, WANG, [[1], [1]])
    page = open_page(js=js, width=320)
    address = Message.objects.get(template="ballot_recorded").params["url"]
    page.goto(re.sub(r"^https?://[^/]+", "", address))
    no_sideways(page)
    shoot(page, f"62-not-mine-sms-{'js' if js else 'nojs'}")
    page.get_by_role("button", name="不是我家投的，去登记").click()
    check_sms(page)
    page.wait_for_url("**/not-mine/**")
    page.get_by_role("button", name="是的，不是我家投的").click()
    expect(page.get_by_text("补发通知书")).to_be_visible()
    assert Objection.objects.get().party == vote.letters[WANG].party


def test_c7_from_the_close_to_the_resolution(
    open_page: Open, vote: Vote, settings: Any
) -> None:
    settings.DEBUG = True  # signed by the development authority
    value = {"value": 7, "clause": "测试条款", "profile": "test", "verified": True}
    vote.session.profile["prelim_result_post_days"] = value
    vote.session.save(update_fields=["profile"])
    estate = vote.session.estate
    grant(make_user("organiser"), "organiser", estate)
    grant(make_user("supervisor"), "supervisor", estate)
    for unit, choices in ((WANG, [[0], [1]]), (OUYANG, [[0], [1]]), (LI, [[0], None])):
        cast(vote, unit, choices)
    vote.session.closes_at = timezone.now() - timedelta(minutes=1)
    vote.session.save(update_fields=["closes_at"])
    close_and_count(vote)
    now = timezone.now()
    in_thread(lambda: post_preliminary(session_id=vote.session.pk, at=now))
    sweep = sweep_all  # tells the owners; nothing is issued yet
    in_thread(lambda: sweep(now))
    assert Message.objects.filter(template="preliminary_posted").exists()

    public = open_page()
    public.goto(f"/s/{vote.code}/")
    expect(public.get_by_text("这是初步统计结果，还不是决定。")).to_be_visible()
    no_sideways(public)
    shoot(public, "63-preliminary-phone")
    public.set_viewport_size({"width": 1366, "height": 768})
    shoot(public, "63-preliminary-desk")

    owner = open_page()
    scan(owner, vote.letters[WANG])
    owner.get_by_role("button", name="看参加名单").click()
    check_sms(owner)
    owner.wait_for_url("**/participants/**")
    shoot(owner, "64-participants-phone")
    owner.get_by_role("link", name="对名单或者结果有异议").click()
    owner.get_by_role("link", name="提出异议").click()
    owner.get_by_role("button", name="提出", exact=True).click()
    expect(owner.locator(".errors")).to_contain_text("请选对什么有异议")
    owner.locator("label.choice", has_text="初步统计结果").click()
    owner.get_by_label(re.compile("异议的内容和理由")).fill("第一项少算了一户")
    owner.get_by_label(re.compile("材料或者照片")).set_input_files(
        {"name": "照片.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    no_sideways(owner)
    shoot(owner, "65-objection-phone")
    owner.get_by_role("button", name="提出", exact=True).click()
    expect(owner.locator("main")).to_contain_text("等待答复")

    desk = sign_in(open_page(**DESK), "organiser")
    desk.get_by_role("link", name=re.compile("第1号异议等答复")).click()
    no_sideways(desk)
    shoot(desk, "staff-objection-desk")
    desk.get_by_label("不采纳").check()
    desk.get_by_label(re.compile("理由")).fill("逐户核对，没有少算")
    desk.get_by_role("button", name="答复", exact=True).click()
    expect(desk.locator("main")).to_contain_text("已答复")
    shoot(desk, "staff-objection-answered-desk")

    owner.reload()
    expect(owner.locator("main")).to_contain_text("逐户核对，没有少算")
    no_sideways(owner)
    shoot(owner, "66-answered-phone")

    # The period is over and the objection settled: the clock issues the resolution.
    posted = preliminary_of(vote.session)
    assert posted is not None
    in_thread(lambda: sweep_all(posted.until - timedelta(minutes=1)))
    vote.session.refresh_from_db()
    assert vote.session.resolution is None
    in_thread(lambda: sweep_all(posted.until))
    vote.session.refresh_from_db()
    assert vote.session.resolution is not None
    assert Message.objects.filter(template="result_published").exists()
    public.reload()
    public.get_by_role("link", name="看决议文件").click()
    expect(public.get_by_role("heading", name="现在有效")).to_be_visible()
    assert ended(vote) < posted.until
    desk.goto(f"/staff/sessions/{vote.code}/")
    no_sideways(desk)
    shoot(desk, "staff-result-timeline-desk")
