"""Sources, questions, disclosures and the late list on a phone and on a desk: nothing scrolls
sideways. Pictures go to var/screens/."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from disclosures.domain.periods import before, period_of
from disclosures.models import Duty
from disclosures.services.disclosing import disclose
from disclosures.services.duties import enrol, open_duties
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said, report_source
from tests.browser.conftest import Open, shoot
from tests.browser.test_cabinet_journey import aside
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    MANAGER,
    OWNER,
    STREET,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    entered,
    open_books,
    published,
    recorded_source,
    voucher,
)
from tests.disclosures.services.test_duties import PHONES
from tests.factories import make_estate
from tests.town import Town, town

__all__ = ["town"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def full(erasable: None, town: Town, settings: Any, tmp_path: Path) -> dict[str, str]:
    """An estate with something on every page: where each is."""
    can_sign(settings, tmp_path)
    found: dict[str, str] = aside(_filled, town)
    return found


def _filled(town: Town) -> dict[str, str]:
    estate = accounts_estate(town.here.estate)
    now = timezone.now()
    last = before("quarterly", period_of("quarterly", timezone.localdate()))
    lift = recorded_source(estate)
    contracted(lift, last=None)
    recorded_source(estate, "parking", "北侧道路和西侧道路的临时停车位")
    book = open_books(estate, since=last.first)
    booked(book, "advertising", 1_800_000, on=last.first)
    out = published(book, last.first, at=now)
    entered(book, "parking", 100, on=timezone.localdate())

    def say(key: str, text: str) -> Any:
        said = Said(text, None, key)
        return ask(
            publication_id=out.pk, kind="wrong", line=1, said=said, by=OWNER,
            at=now - timedelta(days=20),
        )  # fmt: skip

    first = say("1", "1幢王某某说广告费少记了，合同是每月六千元，三个月应当是一万八千元")
    answer(
        question_id=first.pk, upheld=False, text="合同是18000元，没有少记", covered=["王某某"],
        by=COMMITTEE, at=now,
    )  # fmt: skip
    waiting = say("2", "电梯里的广告为什么只有这一家？\n另外两部电梯的钱在哪里？")
    missing = report_source(
        estate_id=estate.pk, place="北门岗亭旁", said=Said("有一块广告牌，没有登记", None, "r"),
        photo=voucher(), by=OWNER, at=now,
    )  # fmt: skip
    disclose(
        estate_id=estate.pk, manager="样例物业有限公司", said=PHONES, file=voucher(),
        by=MANAGER, at=AT,
    )  # fmt: skip
    for name in ("样例北苑", "样例南苑", "样例东方花园"):
        make_estate(name, authority=town.here.committee)
    since = timezone.localdate() - timedelta(days=600)
    enrol(estate_ids=[estate.pk], since=since, has_manager=True, by=STREET, at=now)
    open_duties(now)
    assert Duty.objects.filter(done_at=None).count() > 5
    code = estate.code
    return {
        "home": "/staff/",
        "estate": f"/staff/accounts/estates/{code}/",
        "sources": f"/staff/sources/estates/{code}/",
        "source_new": f"/staff/sources/estates/{code}/new",
        "source": f"/staff/sources/{lift.pk}/",
        "contract_new": f"/staff/sources/{lift.pk}/contracts/new",
        "report": f"/staff/sources/reports/{missing.pk}/",
        "questions": f"/staff/watching/estates/{code}/questions/",
        "question": f"/staff/watching/questions/{waiting.pk}/",
        "answered": f"/staff/watching/questions/{first.pk}/",
        "question_new": f"/staff/watching/estates/{code}/questions/new",
        "disclosures": f"/staff/watching/estates/{code}/disclosures/",
        "service": f"/staff/watching/estates/{code}/disclosures/new/service",
        "complaints": f"/staff/watching/estates/{code}/disclosures/new/complaints",
    }


OFFICE = {"late": "/staff/watching/", "enrol": "/staff/watching/enrol"}


def sign_in(page: Page, town: Town, name: str, live_server: Any) -> None:
    client = Client()
    client.force_login(town.person(name), backend=BACKEND)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits(
    open_page: Open, live_server: Any, town: Town, full: dict[str, str], width: int
) -> None:
    for who, pages in (("organiser", full), ("bureau", OFFICE)):
        page = open_page(width=width, height=800)
        sign_in(page, town, who, live_server)
        for name, address in pages.items():
            page.goto(address)
            assert page.locator("h1").count() == 1, name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            shoot(page, f"disclosures-{name}-{width}")


def test_an_answer_is_looked_at_before_it_is_out(
    open_page: Open, live_server: Any, town: Town, full: dict[str, str]
) -> None:
    """Without a script, too."""
    page = open_page(js=False)
    sign_in(page, town, "organiser", live_server)
    page.goto(full["question"])
    page.get_by_label("答复", exact=True).fill("另外两部电梯没有广告，合同只有这一份")
    page.get_by_label("原话里要遮盖的词").fill("两部电梯")
    page.get_by_role("button", name="先看公开的样子").click()
    assert "另外＊＊＊＊的钱在哪里" in page.locator("#preview").inner_text()
    shoot(page, "disclosures-preview-360")
    page.get_by_role("button", name="答复并公开").click()
    page.get_by_text("已答复，人人看得到").wait_for()
    shoot(page, "disclosures-done-360")
