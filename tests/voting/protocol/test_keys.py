"""Credentials, Schnorr proofs and trustees' keys."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.sessions import Dice, Setting, polynomial
from voting.protocol import credential, manifest, schnorr, trustees
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64
from voting.protocol.suite import SUITES, draw_scalar, suite

HASHES = {"P256-SHA256": hashes.SHA256(), "SM2-SM3": hashes.SM3()}


@pytest.mark.parametrize("name", SUITES)
@settings(max_examples=10, deadline=None)
@given(token=st.binary(min_size=16, max_size=16), session=st.from_regex(r"[A-Z0-9-]{6,16}\Z"))
def test_credential_agrees_with_another_hkdf(name, token, session):
    chosen = suite(name)
    theirs = HKDF(
        algorithm=HASHES[name], length=48, salt=session.encode(), info=b"YISHI-1-credential"
    ).derive(token)
    secret, key = credential.derive(chosen, session, token)
    assert secret == int.from_bytes(theirs, "big") % chosen.order
    assert key == chosen.group.base(secret).encode()


def test_tokens_have_sixteen_bytes():
    chosen = suite("P256-SHA256")
    assert len(credential.new_token()) == 16
    assert credential.new_token() != credential.new_token()
    for token in (b"", b"x" * 15, b"x" * 17):
        with pytest.raises(ValueError, match="16 bytes"):
            credential.derive(chosen, "ABCDEF", token)


def test_random_key():
    chosen = suite("SM2-SM3")
    secret, key = credential.random_key(chosen)
    assert key == chosen.group.base(secret).encode()
    assert credential.random_key(chosen)[0] != secret


def test_drawn_scalars_are_never_zero():
    assert {draw_scalar(3) for _ in range(100)} == {1, 2}


@pytest.mark.parametrize("name", SUITES)
def test_schnorr(name):
    chosen = suite(name)
    secret, key = credential.random_key(chosen)
    signature = schnorr.sign(chosen, "login", secret, b"message")
    assert schnorr.verify(chosen, "login", key, b"message", signature)
    other = credential.random_key(chosen)[1]
    order = chosen.order.to_bytes(32, "big")
    for tag, k, message, sent in (
        ("ballot", key, b"message", signature),
        ("login", other, b"message", signature),
        ("login", key, b"massage", signature),
        ("login", key, b"message", signature[:-1] + bytes([signature[-1] ^ 1])),
        ("login", key, b"message", signature[:65] + order),
        ("login", key, b"message", signature[:-1]),
        ("login", key, b"message", signature + b"\0"),
        ("login", key, b"message", b"\x06" + signature[1:]),
        ("login", key, b"message", bytes(97)),
        ("login", key[:-1], b"message", signature),
        ("login", b"\0" * 65, b"message", signature),
        ("login", key, b"message", b""),
    ):
        assert not schnorr.verify(chosen, tag, k, message, sent)


def test_login_message():
    message = credential.login_message("YS-2026", b"c" * 32)
    assert message == b"\0\0\0\x07YS-2026\0\0\0\x20" + b"c" * 32
    with pytest.raises(ValueError, match="32 bytes"):
        credential.login_message("YS-2026", b"short")


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (1, 2), (2, 3), (3, 5), (5, 5)])
def test_trustees(threshold, count):
    trustees.check(Setting(threshold=threshold, count=count).manifest)


def changed(setting, **fields):
    return manifest.parse(
        {**setting.manifest.value, "trustees": {**setting.manifest.value["trustees"], **fields}}
    )


def test_a_key_off_the_polynomial():
    setting = Setting(threshold=2, count=3)
    chosen, keys = setting.suite, setting.manifest.value["trustees"]["keys"]
    stray = trustees.announce(
        chosen, setting.session, 12345, name="x", index=3, threshold=2, count=3
    )
    with pytest.raises(Refused, match="trustee 3"):
        trustees.check(changed(setting, keys=[*keys[:2], stray]))
    other = b64(chosen.group.base(7).encode())
    with pytest.raises(Refused, match="election key"):
        trustees.check(changed(setting, election_key=other))
    # keys on a polynomial of a higher degree: each three of them agree with nothing
    order = chosen.order
    curved = [
        trustees.announce(
            chosen,
            setting.session,
            polynomial([5, 6, 7], index, order),
            name="x",
            index=index,
            threshold=2,
            count=3,
        )
        for index in (1, 2, 3)
    ]
    with pytest.raises(Refused, match="polynomial"):
        trustees.check(
            changed(setting, keys=curved, election_key=b64(chosen.group.base(5).encode()))
        )


def test_a_key_without_possession():
    setting = Setting(threshold=2, count=3)
    keys = [dict(key) for key in setting.manifest.value["trustees"]["keys"]]
    keys[0]["proof"], keys[1]["proof"] = keys[1]["proof"], keys[0]["proof"]
    with pytest.raises(Refused, match="possession"):
        trustees.check(changed(setting, keys=keys))
    with pytest.raises(Refused, match="possession"):
        trustees.check(changed(setting, threshold=1))
    # the same keys proved for another session
    value = {**setting.manifest.value, "session": "OTHER-01"}
    with pytest.raises(Refused, match="possession"):
        trustees.check(manifest.parse(value))


def test_alone():
    chosen = suite("P256-SHA256")
    field = trustees.alone(chosen, "YS-2026-01", 99, name="平台", rng=Dice("alone"))
    assert field["threshold"] == 1
    assert field["election_key"] == field["keys"][0]["key"]
    trustees.check(manifest.parse({**Setting().manifest.value, "trustees": field}))


def test_lagrange_by_hand():
    # f(x) = 5 + 3x + 2x² over a prime: f(1) = 10, f(2) = 19, f(4) = 49, f(0) = 5, f(3) = 32
    prime = 10007
    values = {1: 10, 2: 19, 4: 49}
    for at, expected in ((0, 5), (3, 32)):
        total = sum(
            value * trustees.lagrange(prime, list(values), index, at)
            for index, value in values.items()
        )
        assert total % prime == expected
