"""Every address and every form of the site, asked for and filled in as nobody should.

No answer is an error of the server, and whoever is refused has a way forward. The world is the
one of tests/permissions/test_matrix.py, so that a new address is tried as soon as it has its
row there. `make fuzz` asks more, with dice of its own.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from documents.authority import development_identity
from tests.fuzz.inputs import ADDRESS_PARTS, TEXTS, filled, forms_of, query
from tests.permissions.everywhere import let_owners_in, pages
from tests.permissions.test_matrix import TABLE, arguments, signed_in
from tests.town import Town, town

__all__ = ["arguments", "town"]
pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("YISHI_FUZZ", "1"))
SEED = int(os.environ.get("YISHI_FUZZ_SEED", "20261130"))
METHODS = ["put", "patch", "delete", "options", "head", "trace"]


class Fuzzer:
    """Asks, undoes, and keeps what went wrong."""

    def __init__(self, town: Town, dice: Random) -> None:
        self.town, self.dice = town, dice
        self.asked: Counter[int] = Counter()
        self.found: dict[str, str] = {}

    def ask(self, who: str, method: str, path: str, sent: Any = None, **more: Any) -> Any:
        """One request, of which nothing stays."""
        client = Client(raise_request_exception=False)
        if who != "anonymous":
            client.cookies = deepcopy(signed_in(self.town, who))
        raised: list[str] = []

        def note(**_kwargs: Any) -> None:
            raised.append(traceback.format_exc(limit=-6))

        got_request_exception.connect(note)
        before = transaction.savepoint()
        try:
            answer = getattr(client, method)(path, sent, **more)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        except Exception as escaped:
            escaped.add_note(f"{method} {path} as {who}: {sent!r:.500}")
            raise
        finally:
            got_request_exception.disconnect(note)
            transaction.savepoint_rollback(before)
        self.asked[answer.status_code] += 1
        if answer.status_code >= 500 or raised:
            last = (raised or ["?"])[-1]
            shown = {name: str(value)[:80] for name, value in (sent or {}).items()}
            self.found.setdefault(
                last.strip().splitlines()[-1][:200] + last[-400:],
                f"{method} {path} as {who}: {shown}\n{last}",
            )
        elif answer.status_code >= 400 and b"<html" in body and b"<a " not in body:
            self.found.setdefault(f"dead end {path}", f"{method} {path} as {who}")
        return answer, body

    def page(self, who: str, path: str) -> None:
        """A page: with strange queries, by strange methods, and each of its forms."""
        answer, body = self.ask(who, "get", path)
        self.ask(who, "get", path, query(self.dice))
        self.ask(who, self.dice.choice(METHODS), path)
        self.ask(who, "post", path, {})
        self.ask(
            who, "post", path, "\x00{" * 9, content_type="application/json"
        ) if self.dice.random() < 0.2 else None
        if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"]:
            return
        for form in forms_of(body.decode()):
            target = urlsplit(form.action)
            goes = target.path or path
            if not goes.startswith("/") or goes.startswith(("/i18n/", "/accounts/logout")):
                continue
            for spoil in (0.1, 0.5):
                method = "post" if form.method == "post" else "get"
                self.ask(who, method, goes, filled(form, self.dice, spoil))

    def strange_address(self, name: str, many: int) -> None:
        """An address with parts that lead nowhere."""
        parts = [self.dice.choice(ADDRESS_PARTS) for _ in range(many)]
        try:
            path = reverse(name, args=parts)
        except NoReverseMatch:
            return  # no such address can be written down
        self.ask("organiser", "get", path)


def test_nothing_breaks(town: Town, arguments: dict[str, Any], settings: Any) -> None:
    development_identity(settings.CA_DIR)  # papers are signed; pages are those of production
    settings.DEBUG = False
    owners = let_owners_in(town, arguments)
    fuzzer = Fuzzer(town, Random(SEED))
    everywhere = list(dict.fromkeys([*pages(arguments), *owners]))
    for _round in range(ROUNDS):
        for who, path in everywhere:
            fuzzer.page(who, path)
        for row in TABLE:
            if row.args:
                fuzzer.strange_address(row.name, len(row.args))
        for text in TEXTS:
            fuzzer.ask("anonymous", "get", "/" + quote(text[:500]))
            fuzzer.ask("anonymous", "get", "/e/" + quote(text[:500]) + "/accounts/")
    print(f"asked {fuzzer.asked.total():,} times: {dict(sorted(fuzzer.asked.items()))}")
    for told in fuzzer.found.values():
        print(told)
    assert sorted(fuzzer.found) == []
