"""The Merkle tree against Certificate Transparency's reference roots and by brute force."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import merkle


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# The eight leaves and the roots used by the reference implementations of RFC 6962.
LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(sha256, number.to_bytes(4, "big")) for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_reference_roots(size):
    hashes = [merkle.leaf_hash(sha256, bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert merkle.root(sha256, hashes).hex() == ROOTS[size]


def definition(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + definition(hashes[:split]) + definition(hashes[split:]))


@pytest.mark.parametrize("size", range(1, 40))
def test_growing_tree_is_the_definition(size):
    assert merkle.root(sha256, leaves(size)) == definition(leaves(size))


@given(st.data())
def test_inclusion(data):
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    proof = merkle.inclusion_proof(sha256, hashes, index)
    good = {
        "leaf": hashes[index],
        "index": index,
        "size": size,
        "proof": proof,
        "root": definition(hashes),
    }
    assert merkle.verify_inclusion(sha256, **good)
    bad = [
        {"leaf": sha256(b"other")},
        {"root": sha256(b"other")},
        {"index": size},
        {"index": -1},
        {"proof": [*proof, sha256(b"more")]},
    ]
    if size > 1:
        bad += [{"proof": proof[1:]}, {"proof": proof[:-1]}, {"index": (index + 1) % size}]
        bad += [{"proof": [sha256(b"x"), *proof[1:]]}]
    for change in bad:
        assert not merkle.verify_inclusion(sha256, **{**good, **change})


@given(st.data())
def test_consistency(data):
    new = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, new))
    hashes = leaves(new)
    proof = merkle.consistency_proof(sha256, hashes, old)
    good = {
        "old": old,
        "new": new,
        "old_root": definition(hashes[:old]),
        "new_root": definition(hashes),
        "proof": proof,
    }
    assert merkle.verify_consistency(sha256, **good)
    bad = [
        {"old_root": sha256(b"x")},
        {"new_root": sha256(b"x")},
        {"old": 0},
        {"old": new + 1},
        {"proof": [*proof, sha256(b"more")]},
    ]
    if old < new:
        bad += [{"proof": proof[1:]}, {"proof": proof[:-1]}, {"proof": []}]
    for change in bad:
        assert not merkle.verify_consistency(sha256, **{**good, **change})


def test_proofs_of_what_is_not_there():
    with pytest.raises(ValueError, match="no such"):
        merkle.inclusion_proof(sha256, leaves(3), 3)
    with pytest.raises(ValueError, match="no such"):
        merkle.consistency_proof(sha256, leaves(3), 4)
