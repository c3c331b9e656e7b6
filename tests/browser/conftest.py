"""One Chromium for all browser tests, and pages that must not stumble.

With YISHI_SCREENS=1 pictures of the pages go to var/screens/ (not kept in the repository).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = os.environ.get("TEST_CHROMIUM") or "/usr/bin/chromium"
SCREENS = Path(__file__).resolve().parents[2] / "var" / "screens"

Open = Callable[..., Page]
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright's own loop runs in this thread, where tests also ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A page; a script error or a refusal by the content security policy fails the test."""
    page = context.new_page()
    errors: list[str] = []
    _listen(page, errors)
    yield page
    answered = ("404", "status of 410")  # a browser calls these answers errors
    assert [error for error in errors if not any(one in error for one in answered)] == []


def _listen(page: Page, errors: list[str]) -> None:
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)


@pytest.fixture(scope="module")
def erasable(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """SQLite is emptied after each test by DELETE, which append-only tables refuse."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        triggers = _sqlite_triggers(cursor)
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _name, sql in triggers:
            cursor.execute(sql)


def _sqlite_triggers(cursor: Any) -> list[tuple[str, str]]:
    if connection.vendor != "sqlite":
        return []
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return list(cursor.fetchall())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def open_page(
    erasable: None, chromium: Browser, live_server: Any, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """A phone's page on the whole site: `open_page(js=False, width=320, …)`."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(*, js: bool = True, width: int = 360, height: int = 740, **options: Any) -> Page:
        context = chromium.new_context(
            **{
                "locale": "zh-CN",
                "viewport": {"width": width, "height": height},
                "device_scale_factor": 2,
                "java_script_enabled": js,
                "base_url": live_server.url,
                **options,
            }
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        _listen(page, errors)
        return page

    yield make
    for context in contexts:
        if request.node.stash.get(FAILED, False):
            for page in context.pages:  # what a user would have seen, for who reads the failure
                print(f"== {page.url}\n{page.locator('body').inner_text()[:3000]}")
        context.close()
    # A refusal (4xx) is reported on the console too, and is what some journeys are about; so is
    # a provider that is down (503).
    told = ("status of 4", "status of 503")
    assert [error for error in errors if not any(one in error for one in told)] == []


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page for people to look at, where somebody will."""
    if not os.environ.get("YISHI_SCREENS"):
        return
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
