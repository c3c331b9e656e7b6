"""The proof: complete, bound to its place, and checked by textbook arithmetic too."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.sessions import Dice
from voting.protocol import elgamal, proof
from voting.protocol.batch import Batch
from voting.protocol.proof import Place
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape
from voting.protocol.suite import SUITES, suite

PLACE = Place("sum", b"c" * 32, 1, 3)


def make(name, value, low, high, claimed=None, seed="proof"):
    chosen, dice = suite(name), Dice(seed)
    key = chosen.group.base(dice(chosen.order))
    r = dice(chosen.order)
    text = elgamal.encrypt(chosen, key, value, r)
    pending = proof.commit(
        chosen,
        key,
        value=value if claimed is None else claimed,
        randomness=r,
        low=low,
        high=high,
        draw=dice,
    )
    return chosen, key, text, proof.respond(chosen, pending, PLACE)


def both_roads(chosen, key, text, data, low, high, place=PLACE):
    parsed = proof.parse(chosen, Shape("test"), data, low, high, "here")
    batch = Batch(chosen, key)
    of_a, of_b = proof.weigh(chosen, batch, parsed, place, low)
    batch.add(of_a, text.a)
    batch.add(of_b, text.b)
    alone = proof.holds(chosen, key, text, parsed, place, low)
    assert batch.holds() == alone
    return alone


ranges = st.tuples(st.integers(0, 2), st.integers(0, 3)).map(lambda t: (t[0], t[0] + t[1]))


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(SUITES), bounds=ranges, data=st.data())
def test_it_works_for_every_value_of_every_range(name, bounds, data):
    low, high = bounds
    value = data.draw(st.integers(low, high))
    chosen, key, text, sent = make(name, value, low, high)
    assert len(sent) == proof.size(low, high)
    assert both_roads(chosen, key, text, sent, low, high)


def test_sizes_of_the_protocol():
    assert proof.size(0, 1) == 356
    assert proof.size(1, 1) == 162
    assert all(proof.size(0, n) == (n + 1) * 194 - 32 for n in range(1, 6))


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize(("value", "claimed"), [(2, 1), (2, 0), (0, 1), (1, 0), (-1, 0)])
def test_a_lie_about_the_value_does_not_hold(name, value, claimed):
    chosen, key, text, sent = make(name, value % suite(name).order, 0, 1, claimed)
    assert not both_roads(chosen, key, text, sent, 0, 1)


@pytest.mark.parametrize(
    "place",
    [
        PLACE._replace(tag="bit"),
        PLACE._replace(context=b"d" * 32),
        PLACE._replace(motion=2),
        PLACE._replace(option=2),
    ],
)
def test_it_holds_at_its_place_only(place):
    chosen, key, text, sent = make("P256-SHA256", 1, 0, 1)
    assert not both_roads(chosen, key, text, sent, 0, 1, place)


def test_another_key_or_ciphertext():
    chosen, key, text, sent = make("P256-SHA256", 1, 0, 1)
    _, other_key, other, _ = make("P256-SHA256", 1, 0, 1, seed="other")
    assert not both_roads(chosen, other_key, text, sent, 0, 1)
    assert not both_roads(chosen, key, other, sent, 0, 1)


@pytest.mark.parametrize("position", range(0, 356, 7))
def test_every_changed_byte(position):
    chosen, key, text, sent = make("P256-SHA256", 0, 0, 1)
    changed = sent[:position] + bytes([sent[position] ^ 4]) + sent[position + 1 :]
    with contextlib.suppress(Refused):  # a point off the curve does not even parse
        assert not both_roads(chosen, key, text, changed, 0, 1)


def add(prime, left, right):
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % prime == 0:
        return None
    if left == right:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, prime)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, prime)
    x = (slope * slope - x1 - x2) % prime
    return x, (slope * (x1 - x) - y1) % prime


def times(prime, scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = add(prime, result, point)
        point = add(prime, point, point)
        scalar >>= 1
    return result


def coordinates(data):
    return int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:65], "big")


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("value", [0, 1, 2])
def test_the_equations_of_the_page_by_textbook_arithmetic(name, value):
    """§6 word for word over plain integers, with nothing of our group module but bytes."""
    chosen, key, text, sent = make(name, value, 0, 2)
    q = chosen.order
    prime = {
        "P256-SHA256": 2**256 - 2**224 + 2**192 + 2**96 - 1,
        "SM2-SM3": 2**256 - 2**224 - 2**96 + 2**64 - 1,
    }[name]
    generator, y = coordinates(chosen.group.generator.encode()), coordinates(key.encode())
    a_text, b_text = coordinates(text.a.encode()), coordinates(text.b.encode())
    commitments = [coordinates(sent[at : at + 65]) for at in range(0, 390, 65)]
    numbers = [int.from_bytes(sent[at : at + 32], "big") for at in range(390, len(sent), 32)]
    lengths = [32, 4, 4, 390]
    parts = [b"c" * 32, (1).to_bytes(4, "big"), (3).to_bytes(4, "big"), sent[:390]]
    data = b"".join(
        size.to_bytes(4, "big") + part for size, part in zip(lengths, parts, strict=True)
    )
    e = chosen.scalar("sum", data)
    challenges = [*numbers[:2], (e - numbers[0] - numbers[1]) % q]
    for v, (c, s) in enumerate(zip(challenges, numbers[2:], strict=True)):
        a, b = commitments[2 * v], commitments[2 * v + 1]
        assert times(prime, s, generator) == add(prime, a, times(prime, c, a_text))
        minus_v = times(prime, (q - v) % q, generator)
        shifted = add(prime, b_text, minus_v)
        assert times(prime, s, y) == add(prime, b, times(prime, c, shifted))
