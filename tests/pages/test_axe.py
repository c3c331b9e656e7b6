"""axe (Deque) on every page of the site, and the width of a small phone.

Every address of the table of tests/permissions that answers with a page to somebody, and each
form there as it comes back when it is sent empty. The pages come from Django's test client;
Chromium draws them with their style sheets and scripts. So one world, undone at the end,
serves some hundred pages. Started apart from tests/browser: papers are signed here, for which
no event loop may run yet.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.staticfiles import finders
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, Route, sync_playwright

from documents.authority import development_identity
from tests.browser.conftest import ARGS, CHROMIUM
from tests.fuzz.inputs import forms_of
from tests.permissions.everywhere import let_owners_in, pages
from tests.permissions.test_matrix import arguments, signed_in
from tests.town import Town, town

__all__ = ["arguments", "town"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PARTS = 2  # one world each, for as many processes
PHONE, SMALL = (390, 844), (320, 640)
HTML = {"Content-Type": "text/html; charset=utf-8"}
OFFLINE = Path("static/offline/yishi-ceremony.html")
FEWEST = 200  # of a part: as many answers are pages at least

AXE = """() => axe.run(document, {resultTypes: ["violations"]})
    .then(found => found.violations.map(one => [one.impact, one.id,
        one.nodes.slice(0, 3).map(node => node.target.join(" ") + " " + node.html.slice(0, 160)
            + (node.any[0] ? " " + node.any[0].message : ""))]))"""
WIDTH = """size => {
    const root = document.documentElement, wide = root.clientWidth;
    root.className = "text-" + size;
    if (root.scrollWidth <= wide) return "";
    const out = [...document.body.querySelectorAll("*")].filter(
        one => one.getBoundingClientRect().right > wide + 1);
    return root.scrollWidth + " at " + size + ": " + out.slice(0, 4).map(
        one => one.tagName + "." + one.className).join(", ");
}"""


class Shown(NamedTuple):
    """What somebody was answered."""

    name: str
    path: str
    body: str
    headers: dict[str, str]


class Asking:
    """Asks as one of the people of the town; nothing stays of it."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def __call__(self, who: str, path: str, *, post: bool = False) -> Any:
        client = Client(raise_request_exception=False)
        if who != "anonymous":
            client.cookies = deepcopy(signed_in(self.town, who))
        before = transaction.savepoint()
        try:
            return client.post(path) if post else client.get(path)
        finally:
            transaction.savepoint_rollback(before)


def page_of(name: str, path: str, answer: Any) -> Shown | None:
    if answer.status_code >= 500:
        raise AssertionError(name)
    if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.streaming:
        return None
    kept = ("Content-Type", "Content-Security-Policy")
    headers = {key: answer.headers[key] for key in kept if key in answer.headers}
    return Shown(name, path, answer.content.decode(), headers)


def shown(ask: Asking, everywhere: list[tuple[str, str]]) -> Iterator[Shown]:
    """Each page that is there, each of its forms sent empty, and one of each refusal."""
    refused = set(range(300, 400))  # those lead on, and are no pages
    for who, path in everywhere:
        answer = ask(who, path)
        if answer.status_code in refused:
            continue
        page = page_of(f"{who} {path} {answer.status_code}", path, answer)
        if page is None:
            continue
        if answer.status_code != 200:
            refused.add(answer.status_code)
        yield page
        targets = {
            urlsplit(form.action).path or path
            for form in forms_of(page.body)
            if form.method == "post"
        }
        for target in sorted(targets):
            if not target.startswith("/") or target.startswith(("/i18n/", "/accounts/logout")):
                continue
            answer = ask(who, target, post=True)
            if answer.status_code in (400, 422):
                back = page_of(f"{who} POST {target} {answer.status_code}", target, answer)
                if back is not None:
                    yield back


class Screen:
    """One tab of Chromium, in which pages are put that were answered before."""

    def __init__(self, browser: Browser) -> None:
        context = browser.new_context(base_url="http://testserver", locale="zh-CN")
        context.add_init_script(AXE_SCRIPT)
        context.route("**/*", self._answer)
        self.tab: Page = context.new_page()
        self.now = Shown("", "", "", {})

    def show(self, page: Shown) -> None:
        self.now = page
        self.tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        self.tab.goto(page.path)
        self.tab.locator("h1:visible").first.wait_for(timeout=5_000)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.is_navigation_request():
            route.fulfill(status=200, headers=self.now.headers, body=self.now.body)
        elif path.startswith("/static/") and (found := finders.find(path[8:])):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(status=200, content_type=kind, body=Path(found).read_bytes())
        else:
            route.fulfill(status=404, body="")  # pictures, and what scripts ask for

    def wrong(self) -> Iterator[str]:
        """What axe finds on a phone, and what is wider than a small one."""
        for impact, rule, where in self.tab.evaluate(AXE):
            yield f"{impact} {rule}: {where}"
        self.tab.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
        for size in ("18", "30"):  # the smallest and the largest letters somebody may choose
            if wide := self.tab.evaluate(WIDTH, size):
                yield f"wide {wide}"


def test_what_is_wrong_is_found() -> None:
    """A picture without words and a box wider than a phone: the two ways to look do see."""
    body = (
        '<!doctype html><html lang="zh"><head><title>x</title></head><body><main><h1>x</h1>'
        '<img src="/x.png"><div class="w">x</div></main></body></html>'
    )
    with _screen() as screen:
        screen.show(Shown("", "/x", body, HTML))
        screen.tab.add_style_tag(content=".w { width: 400px; }")
        picture, wide, _again = screen.wrong()
    assert picture.startswith("critical image-alt")
    assert re.match(r"wide 4\d\d at 18: DIV.w$", wide)


@contextmanager
def _screen() -> Iterator[Screen]:
    # Until the end of the block an event loop runs, in which the database is another's.
    with sync_playwright() as playwright:
        yield Screen(playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS))


@pytest.fixture
def everywhere(town: Town, arguments: dict[str, Any], settings: Any) -> list[tuple[str, str]]:
    development_identity(settings.CA_DIR)
    settings.DEBUG = False
    owners = let_owners_in(town, arguments)
    return list(dict.fromkeys([*pages(arguments), *owners]))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page(town: Town, everywhere: list[tuple[str, str]], part: int) -> None:
    answered = list(shown(Asking(town), everywhere[part::PARTS]))
    answered.append(Shown(str(OFFLINE), "/offline", OFFLINE.read_text("utf-8"), HTML))
    assert len(answered) >= FEWEST
    wrong = []
    with _screen() as screen:
        for page in answered:
            screen.show(page)
            wrong += [f"{page.name}: {one}" for one in screen.wrong()]
    assert wrong == []
