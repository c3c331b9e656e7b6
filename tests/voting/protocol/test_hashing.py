"""Hashing against the vectors of RFC 9380, RFC 5869, GB/T 32905 and FIPS 180-4."""

import hashlib

import pytest

from voting.protocol import hashing
from voting.protocol.suite import SUITES, suite

# RFC 9380 appendix K.1: expand_message_xmd(SHA-256), len_in_bytes = 0x20 and 0x80
XMD_DST = b"QUUX-V01-CS02-with-expander-SHA256-128"
XMD = [
    (b"", 0x20, "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"),
    (b"abc", 0x20, "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"),
    (
        b"abcdef0123456789",
        0x20,
        "eff31487c770a893cfb36f912fbfcbff40d5661771ca4b2cb4eafe524333f5c1",
    ),
    (
        b"",
        0x80,
        "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbe"
        "e0d121587713a3e0dd4d5e69e93eb7cd4f5df4cd103e188cf60cb02edc3edf18"
        "eda8576c412b18ffb658e3dd6ec849469b979d444cf7b26911a08e63cf31f9dc"
        "c541708d3491184472c2c29bb749d4286b004ceb5ee6b9a7fa5b646c993f0ced",
    ),
]


@pytest.mark.parametrize(("message", "length", "expected"), XMD)
def test_expand_message_xmd(message, length, expected):
    out = hashing.expand_message_xmd(hashing.sha256, message, XMD_DST, length)
    assert out.hex() == expected


def test_expand_message_xmd_has_limits():
    for dst, length in ((b"x" * 256, 48), (b"x", 0), (b"x", 255 * 32 + 1)):
        with pytest.raises(ValueError, match="cannot"):
            hashing.expand_message_xmd(hashing.sha256, b"", dst, length)


# RFC 5869 appendix A, cases 1 to 3
HKDF = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x00, 0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        "0b" * 22,
        "",
        "",
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("secret", "salt", "info", "length", "expected"), HKDF)
def test_hkdf(secret, salt, info, length, expected):
    out = hashing.hkdf(
        "sha256",
        bytes.fromhex(secret),
        salt=bytes.fromhex(salt),
        info=bytes.fromhex(info),
        length=length,
    )
    assert out.hex() == expected


def test_sm3():
    # GB/T 32905-2016 appendix A
    assert hashing.sm3(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    assert hashing.sm3(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_sha256():
    assert hashing.sha256(b"abc").hex() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_prefixes():
    assert hashing.lp(b"", "议") == bytes.fromhex("00000000 00000003 e8aeae")
    assert hashing.u32(1) == b"\0\0\0\1"
    assert hashing.u64(2**40) == bytes.fromhex("0000010000000000")
    with pytest.raises(OverflowError):
        hashing.u32(2**32)


@pytest.mark.parametrize("name", SUITES)
def test_scalar_is_the_definition(name):
    chosen = suite(name)
    dst = b"YISHI-1-" + name.encode() + b"-bit"
    out = hashing.expand_message_xmd(chosen.hash, b"data", dst, 48)
    assert chosen.scalar("bit", b"data") == int(out.hex(), 16) % chosen.order
    assert chosen.scalar("sum", b"data") != chosen.scalar("bit", b"data")
    assert chosen.hash(b"x") == hashlib.new(chosen.hash_name, b"x").digest()
