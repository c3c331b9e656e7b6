"""Sealing: vectors of the standards, keys by id, and everything that must not open."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core import sealed
from core.sealed import KeyRing, Mark, Sm4Gcm, UnknownKey, key_id, mark_of

ONE, TWO, THREE = bytes(range(32)), b"\x11" * 32, b"\x22" * 32
_PLAIN = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")


def test_aes_256_gcm_is_the_standards() -> None:
    """Test case 16 of the GCM submission to NIST (McGrew, Viega), 256-bit key."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    made = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    _number, cipher = sealed.CIPHERS["aes256"]
    assert cipher(key).encrypt(nonce, _PLAIN, _AAD) == made
    assert cipher(key).decrypt(nonce, made, _AAD) == _PLAIN


def test_sm4_gcm_is_the_standards() -> None:
    """RFC 8998, appendix A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex("".join(two * 8 for two in ("aa", "bb", "cc", "dd", "ee", "ff")))
    plain += bytes.fromhex("ee" * 8 + "aa" * 8)
    made = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, _AAD) == made
    assert Sm4Gcm(key).decrypt(nonce, made, _AAD) == plain


@pytest.mark.parametrize("cipher", ["aes256", "sm4"])
@given(value=st.binary(max_size=200), purpose=st.text(max_size=20))
def test_what_is_sealed_opens(cipher: str, value: bytes, purpose: str) -> None:
    ring = KeyRing(ONE, (TWO,), cipher)
    kept = ring.seal(value, purpose=purpose)
    assert len(kept) == len(value) + 34
    assert mark_of(kept) == mark_of(kept[:6]) == Mark(cipher, key_id(ONE).hex())
    assert ring.open(kept, purpose=purpose) == value
    # Whichever key and cipher seals now.
    assert KeyRing(THREE, (ONE,), "aes256").open(kept, purpose=purpose) == value


@pytest.mark.parametrize("cipher", ["aes256", "sm4"])
def test_nothing_changed_opens(cipher: str) -> None:
    ring = KeyRing(ONE, (TWO,), cipher)
    kept = ring.seal(b"340000", purpose="a.b")
    for place in range(len(kept)):
        changed = bytearray(kept)
        changed[place] ^= 3  # of the second byte: the other cipher
        with pytest.raises((InvalidTag, ValueError)):
            ring.open(bytes(changed), purpose="a.b")
    for length in range(len(kept)):
        with pytest.raises((InvalidTag, ValueError)):
            ring.open(kept[:length], purpose="a.b")
    with pytest.raises(InvalidTag):
        ring.open(kept, purpose="a.c")
    # The same value is never sealed the same way twice.
    assert kept != ring.seal(b"340000", purpose="a.b")


def test_a_key_that_is_not_there_is_named() -> None:
    kept = KeyRing(TWO).seal(b"x", purpose="a.b")
    with pytest.raises(UnknownKey, match=key_id(TWO).hex()):
        KeyRing(ONE).open(kept, purpose="a.b")


def test_the_older_form_opens_under_any_key_of_the_ring() -> None:
    # As databases have it: the version, a nonce, what AES-256-GCM gave.
    kept = b"\x01" + b"\x07" * 12 + AESGCM(TWO).encrypt(b"\x07" * 12, b"old", b"a.b")
    assert mark_of(kept) == Mark("aes256", "")
    assert KeyRing(ONE, (THREE, TWO), "sm4").open(kept, purpose="a.b") == b"old"
    with pytest.raises(InvalidTag):
        KeyRing(ONE, (THREE,)).open(kept, purpose="a.b")
    with pytest.raises(InvalidTag):
        KeyRing(TWO).open(kept, purpose="a.c")


def test_a_ring_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="no cipher"):
        KeyRing(ONE, (), "des")
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(ONE, (b"short",))
    for junk in (b"", b"\x02", b"\x02\x03abcd", b"\x03\x01abcd", b"\x02\x01abc"):
        with pytest.raises(ValueError, match="unknown version"):
            mark_of(junk)


def test_two_keys_of_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "key_id", lambda key: b"same")
    with pytest.raises(ValueError, match="same id"):
        KeyRing(ONE, (TWO,))


def test_a_ring_does_not_show_its_keys() -> None:
    assert ONE.hex() not in repr(KeyRing(ONE))
    assert repr(ONE)[2:20] not in repr(KeyRing(ONE))
