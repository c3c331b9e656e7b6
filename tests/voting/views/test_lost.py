"""「我没收到信」: two proofs, one answer for everybody else, and nothing that tells."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.identity import Person, TestIdentityProvider
from accounts.models import Message
from core.canonical import parse_canonical
from logbook import selectors as logs
from voting.models import LetterCode
from voting.selectors import board_of
from voting.services.closing import close_session

from .story import PHONE, WANG, Vote, make_vote
from .test_owner_pages import TAIL, close, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def vote() -> Vote:
    return make_vote()


def url(vote: Vote, tail: str = "") -> str:
    return f"/s/{vote.code}/lost/{tail}"


def ask(client: Client, vote: Vote, room: str = WANG, phone: str = PHONE):
    return client.post(url(vote), {"room": room, "phone": phone})


def sent_digits() -> str:
    return re.search(r"\d{6}", MemoryGateway.sent[-1][1])[0]


def prove(client: Client, vote: Vote, digits: str, name: str = "王", tail: str = "01001X"):
    typed = {"digits": digits, "family_name": name, "answer": tail}
    return client.post(url(vote, "check"), typed)


def test_a_new_code_once_and_the_old_letter_void(client: Client, vote: Vote) -> None:
    assert url(vote) in client.get(f"/s/{vote.code}/").content.decode()
    answer = ask(client, vote, " 1幢2单元301 ", "+86 100-0000-0001")
    assert (answer.status_code, answer["Location"]) == (303, url(vote, "check"))
    assert MemoryGateway.sent[-1][0] == PHONE
    page = prove(client, vote, sent_digits())
    assert page.status_code == 200
    code = re.search(r"\w{4}-\w{4}-\w{4}", page.content.decode())[0]
    assert client.get(vote.letters[WANG].path).status_code == 410
    assert Client().get(f"/q/{code}").status_code == 200
    (entry,) = logs.lines(board_of(vote.session), kinds=["credential"])
    assert parse_canonical(entry)["body"]["reason"] == "reissue"
    assert [one.phone for one in Message.objects.filter(template="letter_reissued")] == [PHONE]
    assert code.replace("-", "") not in str(list(LetterCode.objects.values()))
    # Past both proofs, this browser may vote at once.
    assert client.get(vote.url("motions/")).status_code == 200
    assert client.get(url(vote, "check")).status_code == 303  # and the code is gone


@pytest.mark.parametrize(
    ("room", "phone"),
    [("9幢9单元999室", PHONE), (WANG, "10000000009"), (WANG, ""), ("2幢1单元602室", PHONE)],
)
def test_nobody_learns_what_was_wrong(client: Client, vote: Vote, room, phone) -> None:
    """Another room, another phone, no phone, the developer's: as for the right ones."""
    pages = []
    for asked, given, digits, tail in (
        (room, phone, "123456", "01001X"),
        (WANG, PHONE, "123456", "01001X"),  # right room and phone, wrong digits
        (WANG, PHONE, None, "999999"),  # right digits, wrong document
    ):
        visitor = Client(REMOTE_ADDR=f"10.0.0.{len(pages)}")
        before = len(MemoryGateway.sent)
        answer = ask(visitor, vote, asked, given)
        assert answer.status_code == 303
        if (asked, given) == (room, phone):
            assert len(MemoryGateway.sent) == before
        if digits is None:
            digits = sent_digits()
        assert text_of(visitor.get(url(vote, "check"))) == text_of(
            visitor.get(url(vote, "check"))
        )
        page = prove(visitor, vote, digits, tail=tail)
        assert page.status_code == 422
        pages.append(re.sub(r'value="[^"]*"', "", page.content.decode()))
    assert pages[0] == pages[1] == pages[2]
    assert client.get(vote.letters[WANG].path).status_code == 200  # nothing was changed


@pytest.mark.parametrize("room", [WANG, "9幢9单元999室"])
def test_limits_are_the_same_for_rooms_that_exist_and_others(vote: Vote, room) -> None:
    statuses = []
    for number in range(7):
        visitor = Client(REMOTE_ADDR=f"10.0.1.{number}")
        statuses.append(ask(visitor, vote, room, "10000000009").status_code)
    assert statuses == [303] * 5 + [429] * 2


@pytest.mark.parametrize("room", [WANG, "9幢9单元999室"])
def test_answers_lock(client: Client, vote: Vote, room) -> None:
    ask(client, vote, room)
    statuses = [prove(client, vote, "123456").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_without_a_claim_before_or_after_the_vote(client: Client, vote: Vote) -> None:
    assert prove(client, vote, "123456")["Location"] == url(vote)
    assert ask(client, vote, room="").status_code == 422
    close(vote)
    close_session(session_id=vote.session.pk, at=timezone.now())
    assert client.get(url(vote)).status_code == 404


def test_a_government_identity_provider(client: Client, vote: Vote, settings) -> None:
    assert client.post(url(vote, "identity")).status_code == 404
    settings.IDENTITY_PROVIDER = "accounts.identity.TestIdentityProvider"
    TestIdentityProvider.person = Person("王小明", "99999919800101001X")
    ask(client, vote, phone="")
    there = client.post(url(vote, "identity"))
    assert there.status_code == 302
    forged = client.get(url(vote, "identity/done"), {"state": "x", "ticket": "test"})
    assert forged.status_code == 422
    there = client.post(url(vote, "identity"))
    page = client.get(there["Location"])
    assert page.status_code == 200
    assert "您的新码" in text_of(page)
    # Somebody else, vouched for as well, is not the owner.
    TestIdentityProvider.person = Person("李小明", "99999919800101001X")
    other = Client()
    ask(other, vote, phone="")
    assert other.get(other.post(url(vote, "identity"))["Location"]).status_code == 422


def test_the_cast_is_known() -> None:
    assert TAIL[WANG] == ("王", "01001X")
