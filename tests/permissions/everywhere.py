"""Every page of the site with somebody who may see it, for tests that look at all of them.

The world is the one of test_matrix.py, so that a new address is looked at as soon as it has
its row there; owners who came with a letter are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.gateways import MemoryGateway
from accounts.phones import phone_hash
from registry.models import Owner, Ownership
from tests.accounts.entering import Browser, sent_code
from tests.disclosures.accounts import (
    FIRST,
    accounts_estate,
    add_rules,
    booked,
    open_books,
    published,
)
from tests.permissions.test_matrix import ENTRANCE, OWN_PAGES, PUBLIC, TABLE, Row
from tests.town import Town, grant, make_user
from tests.voting.views.story import LI, OUYANG, WANG, Vote, make_vote
from tests.voting.views.test_owner_pages import cast, enter
from voting.models import Ballot

PHONE = "10000000002"
VOTE = "a voter's"


def let_owners_in(town: Town, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """Owners past the letter and the second check ("voter", "voted"), one with a phone on
    the roll ("owner"), accounts that are published, votes further on, and somebody who has
    just proved a second factor; (who, path) of what is seen there and nowhere else.

    Papers are signed here: `settings.CA_DIR` has to hold an identity.
    """
    vote = make_vote()
    arguments[VOTE] = vote.code
    town.cookies["voter"] = _entered(vote, WANG).cookies
    voted = _entered(vote, LI)
    town.cookies["voted"] = voted.cookies
    receipt = cast(voted, vote)["Location"]
    code = Ballot.objects.get(session=vote.session).receipt_code
    found = [
        ("voted", receipt),
        ("anonymous", reverse("voting:public_receipt", args=[code])),
        ("anonymous", reverse("documents:paper", args=[arguments["paper"]])),
        ("anonymous", vote.letters[OUYANG].path),
        *(("voter", vote.url(f"motions/?step={step}")) for step in (0, 1)),
        *_further_on(arguments),
        *_accounts(town),
        *_own_factors(town),
    ]
    add_rules(town.here.estate)  # every estate made here wrote the one profile anew
    return found


def _entered(vote: Vote, unit: str) -> Client:
    client = Client()
    enter(client, vote, unit)
    return client


def _further_on(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Votes that are closed, on paper, counted; those of the last were never resolved."""
    for state in ("closed", "papers", "contest", "sitting", "named", "resolved"):
        yield "organiser", reverse("staff:session", args=[arguments[state]])
        for name in ("session", "board", "public_objections"):
            if name != "board" or state in ("closed", "papers"):
                yield "anonymous", reverse(f"voting:{name}", args=[arguments[state]])


def _accounts(town: Town) -> Iterator[tuple[str, str]]:
    """What is published, to everybody; what an owner may ask about it."""
    estate = accounts_estate()
    book = open_books(estate)
    booked(book, "advertising", 100_00)
    published(book)
    title = Ownership.objects.filter(unit__estate=estate, valid_to=None)[0]
    Owner.objects.filter(pk=title.owner_id).update(phone_hash=phone_hash(PHONE))
    owner = Client()
    MemoryGateway.sent.clear()
    owner.post("/my/", {"phone": PHONE})
    owner.post("/my/code", {"answer": sent_code()})
    town.cookies["owner"] = owner.cookies
    account = {"code": estate.code, "kind": "revenue", "first": FIRST}
    of_version: dict[str, dict[str, int]] = {
        "": {}, "_version": {"version": 1}, "_lines": {}, "_line": {"number": 1},
        "_questions": {},
    }  # fmt: skip
    yield "anonymous", reverse("portal:accounts_home", args=[estate.code])
    for tail, more in of_version.items():
        yield "anonymous", reverse(f"portal:accounts{tail}", kwargs=account | more)
    yield "owner", reverse("portal:my_ask", kwargs=account)
    for name in ("report", "breach"):
        yield "owner", reverse(f"portal:my_{name}", args=[estate.code])
    for name in ("accounts", "fund"):
        yield "owner", reverse(f"portal:my_{name}")


def _own_factors(town: Town) -> Iterator[tuple[str, str]]:
    """Pages that ask for the password again, by two who just gave it: without an app, with."""
    for name in ("without an app", "with an app"):
        browser = Browser(make_user(name.replace(" ", "_")))
        grant(browser.user, "organiser", town.here.estate)
        if name == "with an app":
            browser.has_app()
            browser.has_recovery_codes()
        browser.password()
        yield name, reverse("mfa_authenticate")
        if name == "with an app":
            browser.app()
        town.cookies[name] = browser.client.cookies
        for page in OWN_PAGES:
            yield name, reverse(page)


def path_of(row: Row, arguments: dict[str, Any]) -> str:
    return reverse(row.name, args=[arguments[name] for name in row.args])


def pages(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(who, path) of every row, once each, by somebody who may, and of what is public."""
    seen = set()
    for row in TABLE:
        path = path_of(row, arguments)
        who = min(row.may - {"anonymous"}, default="stranger")
        if (who, path) not in seen:
            seen.add((who, path))
            yield who, path
    for name, args in PUBLIC.items():
        yield "anonymous", reverse(name, args=[arguments[arg] for arg in args])
        if name.startswith(("voting:", "portal:own_")) and "session" in args:
            mine = [arguments[VOTE if arg == "session" else arg] for arg in args]
            yield "voter", reverse(name, args=mine)
    for name in ENTRANCE:
        yield "anonymous", reverse(name)
    for name in OWN_PAGES:
        yield "organiser", reverse(name)
