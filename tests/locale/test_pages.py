"""Owners' and the public's pages in English, over HTTP: no Chinese but names and titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from accounts.gateways import MemoryGateway
from documents.models import Document
from documents.selectors import public_pdf
from documents.steps import mark_revoked
from registry.models import Estate
from tests.locale.garden import CHINESE, PHONE, Vote, chinese_in, garden, reader, vote_in
from voting.models import Ballot, CheckCode, Session
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.drafting import cancel_session
from voting.services.entering import MAX_GUESSES
from voting.services.letters import reissue_letter
from voting.services.resolutions import issue_resolution

pytestmark = pytest.mark.django_db
SMITH, JONES = "Flat 302", "Flat 101"
DAY = timedelta(days=1)


@pytest.fixture
def estate() -> Estate:
    return garden()


@pytest.fixture
def client() -> Client:
    return reader()


def started(client: Client, vote: Vote, unit: str = SMITH) -> None:
    client.post(f"{vote.letters[unit].path}/start", {"login": "", "letter_key": ""})


def entered(client: Client, vote: Vote, unit: str = SMITH) -> None:
    started(client, vote, unit)
    assert checked(client, vote, unit).status_code == 303


def checked(client: Client, vote: Vote, unit: str) -> Any:
    if unit == JONES:  # who has no phone on the roll
        typed = {"family_name": "J", "answer": "01002X"}
        return client.post(vote.url("identity/document/"), typed)
    CheckCode.objects.all().delete()  # a minute passed
    client.post(vote.url("identity/send"))
    found = re.findall(r"\d{6}", MemoryGateway.sent[-1][1])
    return client.post(vote.url("identity/sms/"), {"answer": found[0]})


def cast(client: Client, vote: Vote, *answers: str) -> Any:
    for step, given in enumerate(answers):
        client.post(vote.url(f"motions/?step={step}"), {"answer": given})
    page = client.get(vote.url("review/")).content.decode()
    found = re.search(r'name="submission" value="([^"]+)"', page)
    assert found
    return client.post(vote.url("submit/"), {"submission": found[1]})


def after_the_close(session: Session) -> Any:
    assert session.closes_at
    return session.closes_at + 30 * DAY


def closed(vote: Vote) -> None:
    session = vote.session
    session.opens_at -= 30 * DAY
    session.closes_at = timezone.now() - timedelta(minutes=1)
    session.save(update_fields=["opens_at", "closes_at"])
    close_session(session_id=session.pk, at=timezone.now())
    session.refresh_from_db()


@pytest.mark.parametrize("path", ["/", "/help", "/check", "/v/", "/accounts/login/"])
def test_pages_for_everybody(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert chinese_in(answer) == []


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/q/", {"code": ""}),
        ("/q/", {"code": "short"}),
        ("/q/", {"code": "7" * 61}),
        ("/check", {"number": ""}),
        ("/check", {"number": "short"}),
        ("/check", {"number": "Y6K8-Q6VB-N0YR-HNRK"}),
        ("/check", {"receipt": ""}),
        ("/check", {"receipt": "not a receipt"}),
        ("/v/", {}),
        ("/v/", {"code": "short"}),
        ("/i18n/text-size", {"size": "7"}),
        ("/accounts/login/", {"login": "nobody", "password": "wrong"}),
        ("/accounts/login/code/", {"phone": "nobody"}),
    ],
)
def test_what_is_typed_wrongly(client: Client, path: str, typed: dict[str, str]) -> None:
    answer = client.post(path, typed)
    assert answer.status_code in {200, 400, 422}
    assert chinese_in(answer) == []


def test_what_is_not_there(client: Client) -> None:
    for path in ("/nothing", "/r/ZZZZZZZZ", "/v/nothing", "/q/0123456789AB", "/vote/X/"):
        answer = client.get(path)
        assert answer.status_code >= 400
        assert chinese_in(answer) == []
    guesses = [client.get(f"/q/0123456789{number:02}") for number in range(MAX_GUESSES)]
    assert guesses[-1].status_code == 429
    assert chinese_in(guesses[-1]) == []
    strict = reader()
    strict.handler.enforce_csrf_checks = True
    refused = strict.post("/check", {"number": ""})
    assert refused.status_code == 403
    assert chinese_in(refused) == []


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "500.html"])
def test_error_pages_drawn_without_a_request(name: str) -> None:
    with override("en"):
        assert CHINESE.findall(render_to_string(name)) == []


def test_letters_before_after_and_instead(client: Client, estate: Estate) -> None:
    early = vote_in(estate, opens_in=3 * DAY)
    answers = [client.get(early.letters[SMITH].path)]
    cancel_session(session_id=early.session.pk, reason="rain", actor="test", at=timezone.now())
    answers.append(client.get(early.letters[SMITH].path))
    late = vote_in(estate, opens_in=-9 * DAY, lasting=8 * DAY)
    answers.append(client.get(late.letters[SMITH].path))
    now = vote_in(estate)
    old = now.letters[SMITH]
    reissue_letter(party_id=old.party.pk, actor="test", at=timezone.now(), reason="lost")
    answers += [client.get(old.path), client.get(now.letters[JONES].path)]
    answers.append(client.get(f"/s/{early.session.code}/"))
    titles = [re.search(r"<h1.*?</h1>", one.content.decode(), re.S) for one in answers]
    assert len({found[0] for found in titles if found}) == 6
    for answer in answers:
        assert chinese_in(answer) == []


@pytest.mark.parametrize("change", [{}, {"revote": False}, {"allow_document_check": False}])
def test_the_way_through_a_vote(
    client: Client, estate: Estate, change: dict[str, bool]
) -> None:
    vote = vote_in(estate, **change)

    def reads(answer: Any, status: int = 200) -> str:
        assert answer.status_code == status
        assert chinese_in(answer) == []
        return str(answer.content.decode())

    reads(client.get(vote.url("motions/")), 403)
    reads(client.get(vote.letters[SMITH].path))
    started(client, vote)
    reads(client.get(vote.url("identity/")))
    client.post(vote.url("identity/send"))
    ((_phone, sms),) = [one for one in MemoryGateway.sent if one[0] == PHONE]
    reads(client.post(vote.url("identity/send")), 429)
    reads(client.get(vote.url("identity/sms/")))
    for wrong in ("", "12", "000000"):
        reads(client.post(vote.url("identity/sms/"), {"answer": wrong}), 422)
    assert "SMS code" in reads(client.get(vote.url("identity/document/")))
    for typed in ({"answer": ""}, {"family_name": "S", "answer": "01001X"}):
        reads(client.post(vote.url("identity/document/"), typed), 422)
    other = reader()
    started(other, vote, JONES)
    page = reads(other.get(vote.url("identity/document/")))
    if change.get("allow_document_check", True):
        for typed in ({"answer": ""}, {"family_name": "J", "answer": "1"}):
            reads(other.post(vote.url("identity/document/"), typed), 422)
    else:
        assert "please use an SMS code" in page
    digits = re.search(r"\d{6}", sms)
    assert digits
    client.post(vote.url("identity/sms/"), {"answer": digits[0]})

    page = reads(client.get(vote.url("motions/")))
    assert "Question 1 of 2" in page
    reads(client.get(vote.url("motions/?step=0")))
    reads(client.post(vote.url("motions/?step=0"), {}), 422)
    for step in (0, 1):
        client.post(vote.url(f"motions/?step={step}"), {"answer": "none"})
    assert "at least one question" in reads(client.get(vote.url("review/")))
    assert cast(client, vote, "0", "2").status_code == 303
    reads(client.get(vote.url("receipt/")))
    ballot = Ballot.objects.get()
    reads(client.get(f"/r/{ballot.receipt_code}"))
    text = bytes(ballot.receipt).decode()
    assert "agrees with the record" in reads(client.post("/check", {"receipt": text}))
    reads(client.get(vote.letters[SMITH].path))


def test_too_late_in_the_middle_of_a_vote(client: Client, estate: Estate) -> None:
    vote = vote_in(estate)
    entered(client, vote)
    closed(vote)
    for path in (vote.url("review/"), vote.url("motions/"), vote.letters[SMITH].path):
        assert chinese_in(client.get(path, follow=True)) == []
    assert chinese_in(client.post(vote.url("cast/"), {"ballot": "x"}, follow=True)) == []


def test_five_wrong_answers_and_no_phone(client: Client, estate: Estate) -> None:
    vote = vote_in(estate)
    started(client, vote, JONES)
    assert chinese_in(client.get(vote.url("identity/"))) == []
    assert chinese_in(client.post(vote.url("identity/send"))) == []
    wrong = {"family_name": "J", "answer": "999999"}
    answers = [client.post(vote.url("identity/document/"), wrong) for _each in range(6)]
    assert [one.status_code for one in answers] == [422] * 5 + [429]
    assert [chinese_in(one) for one in answers] == [[]] * 6
    calls = vote_in(estate, allow_document_check=False)
    started(client, calls, JONES)
    assert chinese_in(client.get(calls.url("identity/"))) == []


def test_the_session_from_open_to_resolved(
    client: Client, estate: Estate, settings: Any
) -> None:
    settings.DEBUG = True  # signed by the development authority
    vote = vote_in(estate)
    first, second = reader(), reader()
    for owner, unit, answers in ((first, SMITH, "01"), (second, JONES, "02")):
        entered(owner, vote, unit)
        assert cast(owner, vote, *answers).status_code == 303
    at = f"/s/{vote.session.code}/"
    paths = [at, f"{at}board/", *(f"/r/{one.receipt_code}" for one in Ballot.objects.all())]

    def every_page(*data: str) -> None:
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200
            assert chinese_in(answer, *data) == []

    every_page()
    closed(vote)
    every_page()
    assert chinese_in(client.get(vote.letters[SMITH].path)) == []
    entered(first, vote)
    listed = first.get(vote.url("participants/"))
    assert listed.status_code == 200
    assert chinese_in(listed) == []
    count_session(session_id=vote.session.pk, at=after_the_close(vote.session))
    every_page()
    issue_resolution(session_id=vote.session.pk, at=after_the_close(vote.session))
    every_page()
    _papers(client, Document.objects.get())


def _papers(client: Client, paper: Document) -> None:
    """The resolution is an official text: its own words stay Chinese."""
    words = (paper.title, paper.number, paper.signer)
    pdf = public_pdf(paper.code)

    def shown(file: bytes) -> Any:
        return client.post("/v/", {"file": SimpleUploadedFile("paper.pdf", bytes(file))})

    checks: list[tuple[str, Callable[[], Any]]] = [
        ("registered and valid", lambda: client.get(f"/v/{paper.code}")),
        ("Agrees with the record", lambda: shown(pdf)),
        ("Altered", lambda: shown(pdf + b"\n")),
        ("Altered", lambda: shown(pdf[:-100])),
        ("Altered", lambda: shown(pdf.replace(b"%PDF-1.7", b"%PDF-1.6"))),
        ("Unknown", lambda: shown(b"%PDF-1.4\n%%EOF\n")),
    ]
    for said, ask in checks:
        answer = ask()
        assert said in answer.content.decode()
        assert chinese_in(answer, *words) == []


def test_revoked_papers(client: Client, estate: Estate, settings: Any) -> None:
    settings.DEBUG = True
    vote = vote_in(estate)
    closed(vote)
    count_session(session_id=vote.session.pk, at=after_the_close(vote.session))
    issue_resolution(session_id=vote.session.pk, at=after_the_close(vote.session))
    paper = Document.objects.get()
    with transaction.atomic():
        mark_revoked(paper, reason="")
    answer = client.get(f"/v/{paper.code}")
    assert "revoked" in answer.content.decode()
    assert chinese_in(answer, paper.title, paper.number, paper.signer) == []


def test_the_switch_keeps_the_page(client: Client, estate: Estate) -> None:
    vote = vote_in(estate)
    client.cookies.clear()
    for path in (
        vote.letters[SMITH].path,
        f"/s/{vote.session.code}/?from=letter",
        "/v/ZZZZZZZZZZZZ",
        "/help",
    ):
        page = client.get(path).content.decode()
        assert '<html lang="zh-hans"' in page
        form = re.search(
            r'<form[^>]*action="([^"]+)" data-switch="language".*?</form>', page, re.S
        )
        assert form
        back = re.search(r'name="next" value="([^"]*)"', form[0])
        assert back
        answer = client.post(form[1], {"next": back[1], "language": "en"})
        assert (answer.status_code, answer["Location"]) == (302, path)
        assert '<html lang="en"' in client.get(path).content.decode()
        client.cookies.clear()


def test_a_browser_that_asks_for_english_gets_it() -> None:
    page = Client(headers={"accept-language": "en-GB,en;q=0.9"}).get("/").content.decode()
    assert "Vote with your letter" in page
