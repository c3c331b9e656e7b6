"""English pages in a real Chromium, on a narrow phone and at a desk: nothing overflows.

Pictures go to var/screens/en-*.png (not kept in the repository).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from accounts.models import User
from accounts.sessions import SessionStore
from tests.browser.conftest import Open, shoot
from tests.locale.garden import drafted, garden, official, vote_in
from tests.locale.test_pages import SMITH, after_the_close, closed
from voting.models import Ballot
from voting.services.counting import count_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = {"phone": 320, "desk": 1366}


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def english(open_page: Open, width: str, server: str, **options: Any) -> Page:
    page = open_page(locale="en-GB", width=WIDTHS[width], **options)
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": server}]
    )
    return page


def fits(page: Page, name: str, width: str) -> None:
    """No sideways scrolling, no button or heading wider than its place, nothing cut off."""
    assert page.locator("html").get_attribute("lang") == "en"
    overflow = page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          const wide = [...document.querySelectorAll('body *')].filter((one) => {
            const box = one.getBoundingClientRect();
            const hidden = one.closest('.visually-hidden, .skip, svg, thead');
            return box.width && !hidden && (box.right > room + 1 || box.left < -1)
              && !one.closest('[class*=scroll], pre, textarea');
          });
          const cut = [...document.querySelectorAll('button, .button, h1, h2, .tag')]
            .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth);
          const said = (one) => `${one.tagName} ${one.className} ${one.textContent.trim()}`;
          return [document.documentElement.scrollWidth > room, wide.map(said), cut.map(said)];
        }"""
    )
    shoot(page, f"en-{name}-{width}")
    assert overflow == [False, [], []], name


def test_owners_pages(open_page: Open, live_server: Any, width: str) -> None:
    estate = garden()
    vote = vote_in(estate)
    page = english(open_page, width, live_server.url)
    for path, name in (
        ("/", "home"), ("/help", "help"), ("/check", "check"), ("/v/", "verify"),
        ("/nothing", "404"), ("/accounts/login/", "login"),
        (f"/s/{vote.session.code}/", "session-open"),
        (f"/s/{vote.session.code}/board/", "board"),
    ):  # fmt: skip
        page.goto(path)
        fits(page, name, width)
    letter = vote.letters[SMITH]
    page.goto(f"{letter.path}#{letter.token}")
    fits(page, "letter", width)
    with page.expect_navigation():
        page.locator("#start button").click()
    fits(page, "identity", width)
    with page.expect_navigation():
        page.get_by_role("button", name="Send the SMS code").click()
    fits(page, "sms", width)
    digits = re.search(r"\d{6}", MemoryGateway.sent[-1][1])
    assert digits
    page.get_by_label("The 6 digits in the SMS").fill(digits.group())
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/motions/**")
    for label, name in (("For", "question-1"), ("Abstain", "question-2")):
        page.locator("label.choice:visible", has_text=re.compile(f"^\\s*{label}\\s*$")).click()
        fits(page, name, width)
        page.get_by_role("button", name="Next").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Please check")).to_be_visible()
    expect(page.locator("#sealed-note")).to_be_visible()
    fits(page, "review", width)
    page.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_url("**/receipt/")
    fits(page, "receipt", width)
    page.goto(f"/r/{Ballot.objects.get().receipt_code}")
    fits(page, "public-receipt", width)
    closed(vote)
    page.goto(letter.path)
    fits(page, "closed", width)
    count_session(session_id=vote.session.pk, at=after_the_close(vote.session))
    page.goto(f"/s/{vote.session.code}/")
    fits(page, "result", width)


def test_the_largest_letters(open_page: Open, live_server: Any) -> None:
    """30 px letters at 320 px, and the switch of language on the way."""
    vote = vote_in(garden())
    page = open_page(locale="zh-CN", width=320)
    page.context.add_cookies([{"name": "text", "value": "30", "url": live_server.url}])
    letter = vote.letters[SMITH]
    page.goto(f"{letter.path}#{letter.token}")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    # The token in the fragment is the credential: it has to survive the switch.
    assert page.url == f"{live_server.url}{letter.path}#{letter.token}"
    fits(page, "letter-30px", "phone")
    for path, name in (("/", "home"), ("/check", "check"), ("/help", "help")):
        page.goto(path)
        fits(page, f"{name}-30px", "phone")


def test_staff_pages(open_page: Open, live_server: Any, width: str) -> None:
    estate = garden()
    organiser = official("organiser", estate)
    session = drafted(estate, opens_in=timedelta(days=3), lasting=timedelta(days=2))
    vote = vote_in(estate)
    page = english(open_page, width, live_server.url)
    sign_in(page, organiser, live_server.url)
    draft, now, unit = session.code, vote.session.code, estate.units.first().pk
    for picture, name, args in (
        ("home", "staff:home", []),
        ("estate", "staff:estate", [estate.code]),
        ("draft", "staff:session", [draft]),
        ("edit", "staff:session_edit", [draft]),
        ("motion", "staff:motion_new", [draft]),
        ("keys", "staff:keys", [draft]),
        ("session", "staff:session", [now]),
        ("turnout", "staff:turnout", [now]),
        ("heads", "staff:heads", [now]),
        ("letters", "staff:letters", [now]),
        ("roll", "roll:home", [estate.code]),
        ("upload", "roll:upload", [estate.code]),
        ("unit", "roll:unit", [estate.code, unit]),
    ):
        page.goto(reverse(name, args=args))
        fits(page, f"staff-{picture}", width)


def sign_in(page: Page, user: User, server: str) -> None:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": store.session_key or "",
                "url": server,
            }
        ]
    )
