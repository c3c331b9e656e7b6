"""What may be posted in place of a sealed ballot: each is refused, none recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.canonical import canonical
from logbook.models import Log
from voting.models import Ballot
from voting.protocol import ballot, credential
from voting.protocol.shape import NO_HASH, b64, unb64
from voting.selectors import terms

from .story import OUYANG, WANG, Vote, make_vote
from .test_owner_pages import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def vote() -> Vote:
    return make_vote()


def sealed(vote: Vote, unit: str = WANG, **changes: Any) -> tuple[dict[str, Any], int]:
    """A ballot that would be recorded, and the secret that signed it."""
    manifest = terms(vote.session)
    secret, _key = credential.random_key(manifest.suite)
    fields: dict[str, Any] = {
        "party": vote.letters[unit].party.number,
        "key_secret": secret,
        "choices": [[0], [1]],
        "number": 1,
        "previous": NO_HASH,
        "encrypted_by": "browser",
    }
    return ballot.seal(manifest, **fields | changes), secret


def signed(vote: Vote, value: dict[str, Any], secret: int) -> dict[str, Any]:
    bare = {name: part for name, part in value.items() if name != "signature"}
    return ballot.sign(terms(vote.session), bare, secret)


def refused(client: Client, vote: Vote, text: str) -> Any:
    log = Log.objects.get(name__startswith="board/")
    recorded = Ballot.objects.count()
    answer = client.post(vote.url("cast/"), {"ballot": text})
    assert answer.status_code in {400, 409}, answer.status_code
    assert Ballot.objects.count() == recorded
    assert Log.objects.get(pk=log.pk).size == log.size
    return answer


def test_what_the_others_are_changed_from_is_recorded_once(client: Client, vote: Vote) -> None:
    enter(client, vote)
    value, _secret = sealed(vote)
    text = canonical(value).decode()
    for _again in range(2):
        answer = client.post(vote.url("cast/"), {"ballot": text})
        assert (answer.status_code, answer["Location"]) == (303, vote.url("receipt/"))
    assert Ballot.objects.count() == 1


SPELLINGS: dict[str, Callable[[str], str]] = {
    "1.0": lambda text: text.replace('"number":1', '"number":1.0'),
    "1e0": lambda text: text.replace('"number":1', '"number":1e0'),
    "true for 1": lambda text: text.replace('"number":1', '"number":true'),
    "a text for 1": lambda text: text.replace('"number":1', '"number":"1"'),
    "NaN": lambda text: text.replace('"number":1', '"number":NaN'),
    "-0": lambda text: text.replace('"number":1', '"number":-0'),
    "a key twice": lambda text: text.replace('"number":1', '"number":1,"number":1'),
    "a key twice, escaped": lambda text: text.replace('"number":1', '"n\\u0075mber":1'),
    "keys in another order": lambda text: json.dumps(
        dict(reversed(json.loads(text).items())), separators=(",", ":")
    ),
    "a space": lambda text: text.replace('"number":1', '"number": 1'),
    "a line feed": lambda text: text + "\n",
    "a mark of byte order": lambda text: "\ufeff" + text,
    "a lone surrogate": lambda text: text.replace('"browser"', '"\\ud800"'),
    "a key with a lone surrogate": lambda text: text.replace("{", '{"\\udc00":1,', 1),
    "one field more": lambda text: text.replace("{", '{"a":1,', 1),
    "10 MB of it": lambda text: text + " " * 10_000_000,
    "10 MB of digits": lambda text: text.replace('"number":1', '"number":' + "1" * 10_000_000),
    "300 kB": lambda text: text.replace("{", '{"a":"' + "x" * 300_000 + '",', 1),
    "nested deep": lambda text: text.replace(
        '"number":1', '"number":' + "[" * 100_000 + "]" * 100_000
    ),
    "nested deep in objects": lambda text: text.replace(
        '"number":1', '"number":' + '{"a":' * 100_000 + "1" + "}" * 100_000
    ),
    "cut": lambda text: text[: len(text) // 2],
    "twice": lambda text: text * 2,
    "in a list": lambda text: f"[{text}]",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling(client: Client, vote: Vote, spelling: str) -> None:
    enter(client, vote)
    value, _secret = sealed(vote)
    text = canonical(value).decode()
    changed = SPELLINGS[spelling](text)
    assert changed != text
    refused(client, vote, changed)
    assert client.post(vote.url("cast/"), {"ballot": text}).status_code == 303


def with_option(value: dict[str, Any], change: Callable[[bytearray], object]) -> None:
    options = value["answers"][0]["options"]
    data = bytearray(unb64(options[0]))
    change(data)
    options[0] = b64(bytes(data))


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
# Changed, and signed again by whoever cast it: a signature does not make it lawful.
LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a point off the curve": lambda v: with_option(
        v, lambda data: data.__setitem__(64, data[64] ^ 1)
    ),
    "a compressed point": lambda v: with_option(v, lambda data: data.__setitem__(0, 2)),
    "a hybrid point": lambda v: with_option(v, lambda data: data.__setitem__(0, 6)),
    "the identity": lambda v: with_option(
        v, lambda data: data.__setitem__(slice(0, 65), bytes(65))
    ),
    "a scalar as large as the order": lambda v: with_option(
        v,
        lambda data: data.__setitem__(slice(-32, None), ORDER.to_bytes(32, "big")),
    ),
    "options exchanged": lambda v: v["answers"][0]["options"].reverse(),
    "motions exchanged": lambda v: v["answers"].reverse(),
    "a motion left out": lambda v: v["answers"].pop(),
    "a motion more": lambda v: v["answers"].append(None),
    "nothing said": lambda v: v.update(answers=[None, None]),
    "another party": lambda v: v.update(party=v["party"] % 3 + 1),
    "no such party": lambda v: v.update(party=2**53 - 1),
    "the second ballot": lambda v: v.update(number=2),
    "after one that is not there": lambda v: v.update(previous="ab" * 32),
    "encrypted by the server": lambda v: v.update(encrypted_by="server"),
    "another manifest": lambda v: v.update(manifest="ab" * 32),
    "another format": lambda v: v.update(format="yishi-ballot-2"),
    "a sum that is another's": lambda v: v["answers"][0].update(sum=v["answers"][1]["sum"]),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_that_is_signed(client: Client, vote: Vote, lie: str) -> None:
    enter(client, vote)
    value, secret = sealed(vote)
    LIES[lie](value)
    refused(client, vote, canonical(signed(vote, value, secret)).decode())


def test_signed_by_somebody_else(client: Client, vote: Vote) -> None:
    enter(client, vote)
    value, _secret = sealed(vote)
    refused(client, vote, canonical(signed(vote, value, 12345)).decode())


def test_a_neighbours_ballot_replayed_or_under_the_neighbours_key(
    client: Client, vote: Vote
) -> None:
    neighbour = Client()
    enter(neighbour, vote, OUYANG)
    value, secret = sealed(vote, OUYANG)
    text = canonical(value).decode()
    assert neighbour.post(vote.url("cast/"), {"ballot": text}).status_code == 303
    enter(client, vote)
    refused(client, vote, text)
    own = vote.letters[WANG].party.number
    refused(client, vote, canonical(signed(vote, {**value, "party": own}, secret)).decode())
    # Honestly sealed, but with the key that is the neighbour's credential now.
    mine, _secret = sealed(vote, key_secret=secret)
    refused(client, vote, canonical(mine).decode())
    # Whole answers taken over from the neighbour's ballot.
    mine, my_secret = sealed(vote)
    mine["answers"] = value["answers"]
    refused(client, vote, canonical(signed(vote, mine, my_secret)).decode())


def test_after_the_close_and_without_a_second_check(client: Client, vote: Vote) -> None:
    value, _secret = sealed(vote)
    text = canonical(value).decode()
    assert client.post(vote.url("cast/"), {"ballot": text}).status_code in {302, 303, 403}
    client.get(vote.letters[WANG].path)
    client.post(f"{vote.letters[WANG].path}/start", {"login": "", "letter_key": ""})
    assert client.post(vote.url("cast/"), {"ballot": text}).status_code in {302, 303, 403}
    assert not Ballot.objects.exists()
    enter(client, vote)
    vote.session.closes_at = timezone.now() - timedelta(microseconds=1)
    vote.session.save(update_fields=["closes_at"])
    refused(client, vote, text)
