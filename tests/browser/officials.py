"""Officials of the invented city at their desks; a clock that stands where a test sets it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from core.deadlines import SHANGHAI
from registry.models import Authority
from tests.town import grant, make_user

BACKEND = "django.contrib.auth.backends.ModelBackend"


class Clock:
    """What `timezone.now()` says everywhere in this process."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def set(self, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
        """Another moment of the same year, in Shanghai."""
        self.now = datetime(self.now.year, month, day, hour, minute, tzinfo=SHANGHAI)
        return self.now

    def __call__(self) -> datetime:
        return self.now.astimezone(timezone.get_default_timezone())


def session_of(who: Authority, role: str, name: str = "") -> str:
    """Somebody new with this role there, signed in; the key of the session."""
    user = make_user(name or f"{role}_{who.pk}")
    grant(user, role, who)
    return session_again(user.username)


def session_again(name: str) -> str:
    """The same person signed in anew: a session does not last for days."""
    client = Client()
    client.force_login(User.objects.get(username=name), backend=BACKEND)
    return str(client.cookies["sessionid"].value)


def seated(page: Page, session: str, server: Any) -> Page:
    """The page, signed in."""
    cookie: Any = {"name": "sessionid", "value": session, "url": server.url}
    page.context.add_cookies([cookie])
    return page
