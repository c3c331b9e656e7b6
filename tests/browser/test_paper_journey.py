"""C6 in Chromium: envelopes by scanner, two clerks, a third, a conflict, the box, the count."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories import FOR, Vote, even_estate, make_profile
from tests.town import Town, announced, make_town
from tests.voting.services.papers import PNG
from voting.domain.paper import Reading
from voting.models import PaperBallot
from voting.selectors import result_of
from voting.services.box import state_box
from voting.services.closing import close_session
from voting.services.papers import arbitrate_paper, register_paper
from voting.spool import read_spool
from voting.steps import Signer
from voting.tasks import count_due

from .conftest import Open, shoot
from .test_staff_journeys import DESK, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def here(erasable: None) -> Town:
    cache.clear()
    return make_town()


def paper_vote(town: Town, *, days_ago: int) -> Vote:
    make_profile("now", challenge_hours=0)
    estate = even_estate(7, area=lambda _n: 100_00)
    estate.authority, estate.profile_code = town.here.committee, "now"
    estate.save()
    town.here.estate = estate
    session = announced(estate, days_ago=days_ago, paper=True)
    vote = Vote(session, read_spool(session.code) or {})
    inside = session.opens_at + timedelta(hours=1)
    for number in (3, 4, 5, 6):
        vote.cast(number, [FOR], at=inside)
    return vote


def read_sheet(page: Page, vote: Vote, serial: str, answer: str, *, scan: bool) -> None:
    page.goto(f"/staff/sessions/{vote.session.code}/paper/?q={serial}")
    page.get_by_role("radio", name=answer, exact=True).check()
    if scan:
        page.get_by_label(re.compile("照片或扫描件")).set_input_files(
            {"name": "票.png", "mimeType": "image/png", "buffer": PNG}
        )
    page.get_by_role("button", name="录好了").click()


def test_envelopes_one_after_another(open_page: Open, here: Town) -> None:
    """A hand scanner types and presses Enter; there is no JavaScript on this desk."""
    vote = paper_vote(here, days_ago=20)
    here.person("organiser")
    desk = sign_in(open_page(js=False, **PHONE), "organiser")
    desk.goto(f"/staff/sessions/{vote.session.code}/paper/register")
    desk.get_by_label(re.compile("在哪里收到的")).fill("居委会票箱")
    for number in (1, 2):
        serial = vote.party(number).serial
        desk.get_by_label(re.compile("^票号")).fill(serial)
        desk.get_by_label(re.compile("^票号")).press("Enter")
        expect(desk.locator("body")).to_contain_text(f"已登记：{serial}")
        expect(desk.get_by_label(re.compile("在哪里收到的"))).to_have_value("居委会票箱")
    desk.get_by_label(re.compile("^票号")).fill(vote.party(1).serial)
    desk.get_by_label(re.compile("^票号")).press("Enter")
    expect(desk.locator(".errors")).to_contain_text("已经登记过了")
    no_sideways(desk)
    shoot(desk, "staff-paper-register-phone")


def test_from_two_clerks_to_the_count(open_page: Open, here: Town) -> None:
    vote = paper_vote(here, days_ago=28)
    serials: dict[int, Any] = {}
    for number in (1, 2, 3):
        serials[number] = vote.party(number).serial
        register_paper(
            session_id=vote.session.pk,
            serial=serials[number],
            place="居委会",
            signer=Signer("user:0", "organiser"),
            at=vote.session.opens_at + timedelta(hours=2),
        )
    close_session(session_id=vote.session.pk, at=timezone.now())
    for role in ("organiser", "residents_committee", "supervisor"):
        here.person(role)
    one = sign_in(open_page(**DESK), "organiser")
    two = sign_in(open_page(js=False, **PHONE), "residents_committee")
    watch = sign_in(open_page(**DESK), "supervisor")

    one.goto(f"/staff/sessions/{vote.session.code}/")
    one.get_by_role("link", name="纸质票", exact=True).click()
    shoot(one, "staff-paper")
    read_sheet(one, vote, serials[1], "反对", scan=True)
    expect(one.locator("body")).to_contain_text("请另一个人录第二遍")
    two.goto(f"/staff/sessions/{vote.session.code}/paper/?q={serials[1]}")
    expect(two.locator("input:checked")).to_have_count(0)
    no_sideways(two)
    shoot(two, "staff-paper-sheet-phone")
    read_sheet(two, vote, serials[1], "反对", scan=False)
    expect(two.locator("body")).to_contain_text("已加密记入公告板")

    read_sheet(one, vote, serials[2], "同意", scan=True)
    read_sheet(two, vote, serials[2], "弃权", scan=False)
    expect(two.locator("body")).to_contain_text("要第三个人看着扫描件决定")
    arbitrate_paper(
        paper_id=PaperBallot.objects.get(serial=serials[2]).pk,
        reading=Reading("", ((2,),), ("",)),
        signer=Signer("user:98", "street_office"),
        at=timezone.now(),
    )

    one.goto(f"/staff/sessions/{vote.session.code}/paper/?q={serials[3]}")
    expect(one.locator("main")).to_contain_text("这一户在网上也投了票")
    one.get_by_role("link", name="提出计入还是不计入").click()
    one.get_by_role("radio", name=re.compile("不计入")).check()
    one.get_by_label(re.compile("理由")).fill("网上的票已经核对过身份")
    shoot(one, "staff-paper-rule")
    one.get_by_role("button", name="提出", exact=True).click()
    watch.goto(f"/staff/sessions/{vote.session.code}/paper/?q={serials[3]}")
    shoot(watch, "staff-paper-decide")
    watch.get_by_role("button", name="同意", exact=True).click()
    expect(watch.locator("main")).to_contain_text("经两人决定不计入")

    # The box: two people who read no sheet.
    watch.goto(f"/staff/sessions/{vote.session.code}/paper/box")
    watch.get_by_label(re.compile("点出多少张")).fill("3")
    shoot(watch, "staff-paper-box")
    no_sideways(watch)
    watch.get_by_role("button", name="就是这么多").click()
    expect(watch.locator("body")).to_contain_text("请另一个人自己点一遍")
    state_box(
        session_id=vote.session.pk,
        counted=3,
        signer=Signer("user:99", "street_office"),
        at=timezone.now(),
    )
    watch.goto(f"/staff/sessions/{vote.session.code}/paper/")
    expect(watch.locator("main")).to_contain_text("已记入公告板")
    shoot(watch, "staff-paper-done")
    assert PaperBallot.objects.filter(state="entered").count() == 2
    assert count_due(timezone.now()) == 1
    vote.session.refresh_from_db()
    assert result_of(vote.session).ballots.paper == 2
    watch.goto(f"/staff/sessions/{vote.session.code}/result")
    expect(watch.locator("main")).to_contain_text("纸质票")
