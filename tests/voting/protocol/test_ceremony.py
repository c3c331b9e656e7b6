"""Keys of k of n: any k decrypt, fewer do not, and whoever cheats is named."""

from __future__ import annotations

import copy
from itertools import combinations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.sessions import Dice, Setting, held_by, polynomial
from voting.protocol import ceremony, dealing, manifest, trustees
from voting.protocol.ceremony import Complaint, WrongFile
from voting.protocol.elgamal import encrypt
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import SUITES

SESSION = "YS-2026-01"


def begun(name: str = "P256-SHA256", k: int = 2, n: int = 3, seed: str = "ceremony") -> Any:
    """(the ceremony at its beginning, the trustees' secrets, the dice)."""
    dice = Dice(seed)
    names = [f"保管人{index}" for index in range(1, n + 1)]
    start = ceremony.begin(name, SESSION, k, names, random=dice.bytes)
    kept = [
        dealing.new_secret(start, index, rng=dice, random=dice.bytes)
        for index in range(1, n + 1)
    ]
    return start, kept, dice


def certified(*args: Any, **kwargs: Any) -> Any:
    start, kept, dice = begun(*args, **kwargs)
    messages = [dealing.certificate(start, secret) for secret in kept]
    return ceremony.advance(start, messages), kept, dice


def reveals(second: Any, kept: Any, dice: Any) -> list[dict[str, Any]]:
    return [dealing.reveal(second, one, rng=dice, random=dice.bytes) for one in kept]


# --- who decrypts -----------------------------------------------------------------------------


@st.composite
def sizes(draw: Any) -> tuple[int, int]:
    n = draw(st.integers(2, 6))
    return draw(st.integers(1, n)), n


@pytest.mark.parametrize("name", SUITES)
@settings(max_examples=8, deadline=None)
@given(size=sizes(), data=st.data())
def test_any_k_decrypt_and_fewer_do_not(name, size, data):
    k, n = size
    finished, keys = held_by(name, SESSION, k, n, Dice(f"{k} of {n}"))
    field = ceremony.outcome(finished)
    checked = manifest.parse({**Setting(name).manifest.value, "trustees": field})
    trustees.check(checked)
    chosen, message = checked.suite, data.draw(st.integers(0, 9))
    text = encrypt(chosen, checked.election_key, message, 987654321)
    order = data.draw(st.permutations(range(1, n + 1)))

    def opened(who: list[int]) -> Any:
        terms = [
            (-trustees.lagrange(chosen.order, who, j) % chosen.order, text.a.times(keys[j]))
            for j in who
        ]
        return text.b + chosen.group.combination(0, terms)

    assert opened(list(order[:k])) == chosen.group.base(message)
    assert opened(list(order)) == chosen.group.base(message)
    if k > 1:
        assert opened(list(order[: k - 1])) != chosen.group.base(message)


def test_the_secret_key_exists_nowhere_and_is_what_k_have_together():
    finished, keys = held_by("P256-SHA256", SESSION, 2, 3, Dice("x"))
    order = finished.suite.order
    together = {
        sum(keys[j] * trustees.lagrange(order, list(pair), j) for j in pair) % order
        for pair in combinations(keys, 2)
    }
    assert len(together) == 1
    secret = together.pop()
    assert (
        b64(finished.suite.group.base(secret).encode())
        == (ceremony.outcome(finished)["election_key"])
    )
    assert secret not in keys.values()


def test_shares_travel_as_the_page_says():
    """Opened again with another HKDF, from the bytes alone."""
    second, kept, dice = certified()
    sealed = unb64(reveals(second, kept, dice)[0]["shares"][2])
    mine = X25519PrivateKey.from_private_bytes(kept[2].decryption)
    common = mine.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    parts = (b"YISHI-1-share", (1).to_bytes(4, "big"), (3).to_bytes(4, "big"))
    parts += (sealed[:32], mine.public_key().public_bytes_raw())
    info = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key = HKDF(SHA256(), 32, second.hashes[1], info).derive(common)
    share = int.from_bytes(AESGCM(key).decrypt(bytes(12), sealed[32:], None), "big")
    assert share == polynomial(list(kept[0].coefficients), 3, second.suite.order)


# --- who cheats -------------------------------------------------------------------------------


def shared_wrongly(second: Any, kept: Any, dice: Any, cheat: int, victim: int) -> Any:
    """Everybody's reveal; the cheat seals another polynomial's share for the victim."""
    sent = reveals(second, kept, dice)
    bent = kept[cheat - 1]._replace(
        coefficients=(*kept[cheat - 1].coefficients[:-1], 7),
    )
    sealed = dealing._seal(
        second, cheat, victim, dealing._value_at(bent, victim, second.suite.order), dice.bytes
    )
    sent[cheat - 1]["shares"][victim - 1] = b64(sealed)
    return ceremony.advance(second, sent)


@settings(max_examples=10, deadline=None)
@given(size=sizes(), data=st.data())
def test_a_wrong_share_is_found_by_whom_it_was_sent_to(size, data):
    k, n = size
    cheat, victim = data.draw(st.permutations(range(1, n + 1)))[:2]
    second, kept, dice = certified(k=k, n=n)
    third = shared_wrongly(second, kept, dice, cheat, victim)
    for secret in kept:
        if secret.number == victim:
            with pytest.raises(Complaint) as found:
                dealing.confirm(third, secret, rng=dice)
            assert (found.value.code, found.value.index) == ("share", cheat)
        else:
            dealing.confirm(third, secret, rng=dice)


def refused(current: Any, message: Any) -> Any:
    with pytest.raises(Refused) as found:
        ceremony.check(current, message)
    return found.value


def test_a_polynomial_changed_after_the_others_were_seen():
    second, kept, dice = certified()
    late = kept[2]._replace(coefficients=(5, 6))
    message = dealing.reveal(second, kept[2], rng=dice, random=dice.bytes)
    points = [b64(second.suite.group.base(a).encode()) for a in late.coefficients]
    found = refused(second, {**message, "coefficients": points})
    assert (found.code, found.index) == ("commitment", 3)


def test_somebody_elses_polynomial_shows_no_possession():
    """A copied commitment is bound to its index, a copied proof too."""
    start, kept, dice = begun()
    messages = [dealing.certificate(start, secret) for secret in kept]
    messages[2]["commitment"] = messages[1]["commitment"]
    second = ceremony.advance(start, messages)
    message = dealing.reveal(second, kept[1], rng=dice, random=dice.bytes)
    shares = [*message["shares"][:1], message["shares"][2], None]
    found = refused(second, {**message, "index": 3, "shares": shares})
    assert (found.code, found.index) == ("commitment", 3)
    fresh, kept, dice = certified()
    one, two = reveals(fresh, kept, dice)[:2]
    found = refused(fresh, {**one, "proof": two["proof"]})
    assert (found.code, found.index) == ("possession", 1)


def test_a_key_that_does_not_follow():
    second, kept, dice = certified()
    third = ceremony.advance(second, reveals(second, kept, dice))
    message, key = dealing.confirm(third, kept[0], rng=dice)
    other = trustees.announce(
        third.suite, SESSION, key + 1, name="x", index=1, threshold=2, count=3
    )
    found = refused(third, {**message, "key": other["key"], "proof": other["proof"]})
    assert (found.code, found.index) == ("key", 1)
    theirs, _ = dealing.confirm(third, kept[1], rng=dice)
    found = refused(third, {**message, "proof": theirs["proof"]})
    assert (found.code, found.index) == ("possession", 1)


@pytest.mark.parametrize("order", [0, 1])
def test_an_encryption_key_of_small_order(order):
    start, kept, _dice = begun()
    message = dealing.certificate(start, kept[0])
    small = bytes([order]) + bytes(31)
    found = refused(start, {**message, "encryption": b64(small)})
    assert (found.code, found.index) == ("encryption", 1)


def test_a_share_that_was_touched_or_is_of_another_ceremony():
    second, kept, dice = certified()
    sent = reveals(second, kept, dice)
    sealed = unb64(sent[0]["shares"][1])
    for bent in (sealed[:-1] + bytes([sealed[-1] ^ 1]), bytes(32) + sealed[32:], bytes(80)):
        touched = copy.deepcopy(sent)
        touched[0]["shares"][1] = b64(bent)
        with pytest.raises(Complaint, match="trustee 1"):
            dealing.confirm(ceremony.advance(second, touched), kept[1], rng=dice)


# --- what is not due --------------------------------------------------------------------------


def test_messages_of_another_ceremony_round_or_kind():
    start, kept, _dice = begun()
    mine = dealing.certificate(start, kept[0])
    again, _kept, _dice = begun(seed="another")
    assert refused(again, mine).code == "ceremony"
    second, _, _ = certified()
    assert refused(second, mine).code == "round"
    for nothing in (None, [], "x", {}, {"format": "yishi-ballot-1"}, {"format": []}):
        assert refused(start, nothing).code == "format"
    assert isinstance(refused(start, {**mine, "index": 4}), Refused)
    assert isinstance(refused(start, {**mine, "index": True}), Refused)
    with pytest.raises(Refused, match="messages"):
        ceremony.advance(start, [mine])
    with pytest.raises(Refused, match="another trustee"):
        ceremony.advance(start, [mine, mine, mine])


def test_a_trustee_sees_that_the_own_certificate_was_exchanged():
    start, kept, dice = begun()
    stranger = dealing.new_secret(start, 1, rng=dice, random=dice.bytes)
    messages = [dealing.certificate(start, secret) for secret in kept]
    messages[0] = dealing.certificate(start, stranger)
    second = ceremony.advance(start, messages)
    for act in (dealing.reveal, dealing.confirm):
        with pytest.raises(WrongFile) as found:
            act(second, kept[0])
        assert found.value.code == "own"


def mutated(value: Any) -> Any:
    """Every leaf and list of a JSON value spoilt, one after the other."""
    if isinstance(value, dict):
        for key in value:
            yield {name: item for name, item in value.items() if name != key}
            yield {**value, f"{key}x": 1}
            for worse in mutated(value[key]):
                yield {**value, key: worse}
    elif isinstance(value, list):
        yield value[:-1]
        yield [*value, None]
        for at, item in enumerate(value):
            for worse in mutated(item):
                yield [*value[:at], worse, *value[at + 1 :]]
    elif isinstance(value, str):
        yield from (value[:-1], value + "A", "", None, 1)
        yield ("A" if value[0] != "A" else "B") + value[1:]
    else:
        yield from (None if value is not None else 0, "1", True, 2**53)


@pytest.mark.parametrize("name", SUITES)
def test_no_field_of_a_transcript_can_be_changed(name):
    """Sealed shares are read by their recipients only; all else by everybody."""
    finished, _keys = held_by(name, SESSION, 2, 2, Dice("mutations"))
    value = finished.value
    assert ceremony.parse(value) == finished
    seen = 0
    for worse in mutated(value):
        try:
            other = ceremony.parse(worse)
        except Refused:
            seen += 1
            continue
        assert other.round < 3
    assert seen > 150


def test_the_fingerprint_is_of_everything():
    one, _ = held_by("P256-SHA256", SESSION, 2, 3, Dice("a"))
    two, _ = held_by("P256-SHA256", SESSION, 2, 3, Dice("b"))
    said = ceremony.fingerprint(one)
    assert [len(group) for group in said.split("-")] == [4] * 8
    assert said != ceremony.fingerprint(two)
    decoded = 0
    for letter in said.replace("-", ""):
        decoded = decoded * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
    assert decoded == int.from_bytes(one.hashes[3], "big") >> 96
    start, _kept, _dice = begun()
    for early in (ceremony.fingerprint, ceremony.outcome):
        with pytest.raises(Refused, match="not finished"):
            early(start)


def test_a_trial_decryption_tells_the_right_key():
    finished, keys = held_by("SM2-SM3", SESSION, 2, 3, Dice("trial"))
    key = unb64(finished.messages(2)[1]["key"])
    assert dealing.decrypts(finished.suite, key, keys[2])
    assert not dealing.decrypts(finished.suite, key, keys[1])


@pytest.mark.parametrize(
    ("k", "names"), [(0, ["甲", "乙"]), (3, ["甲", "乙"]), (1, ["甲"]), (2, ["甲", "甲"])]
)
def test_terms_that_make_no_sense(k, names):
    with pytest.raises(Refused):
        ceremony.begin("P256-SHA256", SESSION, k, names)
