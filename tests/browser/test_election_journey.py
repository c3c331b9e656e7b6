"""An election in Chromium: drafted at a desk, voted on a phone with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from tests.elections import open_election
from tests.factories import FOR
from tests.town import Town, make_town
from voting.models import Candidate
from voting.selectors import result_of
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.elections import withdraw_candidate

from .conftest import Open, shoot
from .test_owner_journeys import pass_sms
from .test_staff_journeys import DESK, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_voting_for_a_committee(  # noqa: C901 (one way, told in order)
    open_page: Open, erasable: None, js: bool
) -> None:
    cache.clear()
    vote = open_election(seats=3, by_election=True)
    names = list(
        Candidate.objects.filter(election__motion__session=vote.session)
        .order_by("place")
        .values_list("name", flat=True)
    )
    gone = Candidate.objects.get(election__motion__session=vote.session, place=6)
    withdraw_candidate(candidate_id=gone.pk, content=PDF, actor="user:1", at=timezone.now())
    secret = vote.secrets[1]
    page = open_page(js=js)
    suffix = "js" if js else "nojs"
    page.goto(f"/q/{secret.code}#{secret.token}")
    page.locator("#start button").click()
    pass_sms(page)
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
    page.locator("label.choice:visible", has_text="同意").first.click()
    page.get_by_role("button", name="下一步").locator("visible=true").click()
    ballot = page.locator("fieldset:visible")
    expect(ballot).to_contain_text("应选 3 人，候选人 6 人（差额选举）")
    expect(ballot).to_contain_text("本人已经退出，选了也不会当选")
    assert ballot.locator("input:checked").count() == 0
    shown = ballot.locator("label.candidate").all_inner_texts()
    assert [names[n] in text for n, text in enumerate(shown)] == [True] * 6
    for label in ballot.locator("label.choice").all():
        box = label.bounding_box()
        assert box
        assert box["height"] >= 60
    no_sideways(page)
    shoot(page, f"election-{suffix}")
    next_ = page.get_by_role("button", name="下一步").locator("visible=true")
    next_.click()
    expect(page.get_by_text("一个也不选，请勾").locator("visible=true").first).to_be_visible()
    if js:
        expect(page.get_by_text("还可以选 3 人").locator("visible=true")).to_be_visible()
    for number in range(4):
        ballot.locator("label.candidate").nth(number).click()
    if js:
        expect(page.get_by_text("选多了：最多 3 人").locator("visible=true")).to_be_visible()
    next_.click()
    expect(page.get_by_text("最多选 3 人").locator("visible=true").last).to_be_visible()
    shoot(page, f"election-too-many-{suffix}")
    ballot.locator("label.candidate").nth(3).click()
    if js:
        expect(page.get_by_text("已经选满").locator("visible=true")).to_be_visible()
    ballot.locator("label.aside").first.click()
    next_.click()
    expect(
        page.get_by_text("就不能再勾下面的两项").locator("visible=true").first
    ).to_be_visible()
    ballot.locator("label.aside").first.click()
    next_.click()
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    summary = page.locator(".summary:visible").first
    for name in names[:3]:
        expect(summary).to_contain_text(name)
    if js:
        expect(page.locator("#sealed-note")).to_be_visible()
    shoot(page, f"election-review-{suffix}")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    for name in names:
        expect(page.locator("main")).not_to_contain_text(name)
    at = timezone.now()
    for number in range(2, 8):
        vote.cast(number, [FOR, [0, 1, 2]], at=at)
    vote.session.refresh_from_db()
    close_session(session_id=vote.session.pk, at=vote.session.closes_at)
    count_session(session_id=vote.session.pk, at=vote.session.closes_at)
    vote.session.refresh_from_db()
    election = result_of(vote.session).motions[1]
    assert [one.votes.heads for one in election.standings] == [7, 7, 7, 0, 0, 0]
    page.goto(f"/s/{vote.session.code}/")
    expect(page.locator("main")).to_contain_text("当选3人")
    no_sideways(page)
    shoot(page, f"election-result-{suffix}")


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def test_drafting_an_election(open_page: Open, here: Town) -> None:
    from tests.town import draft

    session = draft(here.here.estate)
    here.person("organiser")
    desk = sign_in(open_page(**DESK), "organiser")
    desk.goto(f"/staff/sessions/{session.code}/")
    desk.get_by_role("link", name="增加选举").click()
    desk.get_by_role("button", name="保存选举").click()
    expect(desk.locator(".errors")).to_contain_text("应选人数请填1到15")
    desk.get_by_label("选举标题").fill("选举业主委员会委员")
    desk.get_by_label("要业主决定的内容").fill("补选委员一名。")
    desk.get_by_label("应选几人").fill("1")
    desk.get_by_label("这是补选").check()
    desk.get_by_label("同意的人数多的在前").check()
    desk.get_by_role("button", name="保存选举").click()
    expect(desk.locator(".errors")).to_contain_text("依据哪一条")
    desk.get_by_label("排名次的规则原文和出处").fill("议事规则第二十条")
    desk.get_by_role("button", name="保存选举").click()
    for name, room in (("王一", "1幢1单元101室"), ("李二", "1幢1单元102室")):
        desk.get_by_role("link", name="增加候选人").click()
        desk.get_by_role("textbox", name="姓名").fill(name)
        desk.get_by_role("textbox", name="房屋").fill(room)
        desk.get_by_role("button", name="保存候选人").click()
        expect(desk.locator(".errors")).to_contain_text("六项条件")
        for box in desk.locator("input[name=conditions]").all():
            box.check()
        desk.get_by_label(re.compile("本人已单独签字")).check()
        desk.get_by_role("button", name="保存候选人").click()
    shoot(desk, "staff-election")
    desk.get_by_label("现场念出的话或数字").fill("3 8 1")
    desk.get_by_role("button", name="抽签").click()
    expect(desk.locator("main")).to_contain_text("现场念出的是“3 8 1”")
    phone = sign_in(open_page(js=False, **PHONE), "organiser")
    phone.goto(desk.url.split("#")[0])
    no_sideways(phone)
    shoot(phone, "staff-election-phone")
    desk.goto(f"/staff/sessions/{session.code}/")
    expect(desk.locator("main")).to_contain_text("1. ")
    desk.get_by_role("link", name="未表态规则").click()
    desk.get_by_label("规则原文").fill("议事规则第十二条：未表态的视为同意多数意见。")
    desk.get_by_role("button", name="保存", exact=True).click()
    expect(desk.locator(".errors")).to_contain_text("请填写在哪一条")
