"""The curves against the textbook and `cryptography`, and everything to be refused."""

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from voting.protocol import group as module
from voting.protocol.group import (
    P256,
    SM2,
    Curve,
    Group,
    GroupUnavailable,
    NotAPoint,
    Point,
)

GROUPS = {
    "p256": Group(P256),
    "sm2": Group(SM2),
    "p256-singles": Group(P256, many=False),
    "sm2-singles": Group(SM2, many=False),
}
each = pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)

FIELD = {
    "P-256": (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    "sm2p256v1": (
        0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
        0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    ),
}


def affine_add(prime, left, right):
    """The textbook's addition for a = -3; None is the identity. The oracle for both curves."""
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


def affine_times(prime, scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = affine_add(prime, result, point)
        point = affine_add(prime, point, point)
        scalar >>= 1
    return result


def encoded(point):
    if point is None:
        return b"\x00"
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def textbook(group):
    data = group.generator.encode()
    start = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    return FIELD[group.name][0], start


@each
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_agrees_with_the_textbook(group, data):
    prime, start = textbook(group)
    scalars = data.draw(
        st.lists(
            st.integers(0, group.order - 1) | st.sampled_from([0, 1, 2, group.order - 1]),
            min_size=3,
            max_size=3,
        )
    )
    a, b, c = scalars
    assert group.base(a).encode() == encoded(affine_times(prime, a, start))
    point = group.base(b)
    assert point.times(c).encode() == encoded(affine_times(prime, b * c % group.order, start))
    total = (a + b * c) % group.order
    expected = encoded(affine_times(prime, total, start))
    assert group.combination(a, [(c, point)]).encode() == expected
    assert (group.base(a) + point.times(c)).encode() == expected
    assert (group.base(a) - point.times(c) - group.base(a) + point.times(c)).is_identity


def test_agrees_with_cryptography():
    for scalar in (1, 2, 3, 12345, P256.order - 1):
        key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
        theirs = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert GROUPS["p256"].base(scalar).encode() == theirs


def test_sm2_public_key_of_the_standard():
    # GB/T 32918.5 Annex A.2: private key and public key of the signature example
    secret = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    x = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    y = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    assert GROUPS["sm2"].base(secret).encode().hex() == "04" + x + y


@each
@pytest.mark.parametrize("count", [0, 1, 2, 63, 2048, 2049])
def test_combination_of_many(group, count):
    if count > 63 and not group.has_many:
        count = 70
    secrets = [7919 * n + 3 for n in range(count)]
    points = [group.base(secret) for secret in secrets[:40]]
    terms = [(n * n + 1, points[n % 40]) for n in range(count)]
    expected = 5 + sum((n * n + 1) * secrets[n % 40] for n in range(count))
    assert group.combination(5, terms) == group.base(expected % group.order)


@each
def test_cancelling_combination_is_the_identity(group):
    point = group.base(77)
    assert group.combination(group.order - 77, [(1, point)]).is_identity
    assert group.combination(0, []).is_identity
    assert not group.combination(1, [(1, point)]).is_identity
    assert group.combination(0, [(3, group.identity)]).is_identity


@each
@settings(max_examples=25, deadline=None)
@given(weights=st.lists(st.integers(0, 2**22), max_size=20))
def test_weighted_sum(group, weights):
    points = [group.base(3 * n + 1) for n in range(len(weights))]
    expected = sum(weight * (3 * n + 1) for n, weight in enumerate(weights))
    assert group.weighted_sum(points, weights) == group.base(expected % group.order)
    assert group.sum(points) == group.base(sum(3 * n + 1 for n in range(len(weights))))


@each
def test_forms_that_are_not_points(group):
    good = group.base(5).encode()
    assert Point.parse(group, good).encode() == good
    prime, b = FIELD[group.name]
    x = int.from_bytes(good[1:33], "big")
    odd = good[-1] & 1
    beside = bytearray(good)
    beside[40] ^= 1
    # a point with small x, and the same point with x + p in 32 bytes
    small = next(
        (n, pow(n**3 - 3 * n + b, (prime + 1) // 4, prime))
        for n in range(1, 100)
        if pow(n**3 - 3 * n + b, (prime - 1) // 2, prime) == 1
    )
    assert Point.parse(group, encoded(small))
    unreduced = b"\x04" + (small[0] + prime).to_bytes(32, "big") + small[1].to_bytes(32, "big")
    bad = [
        b"",
        b"\x00",
        b"\x00" * 65,
        bytes([2 + odd]) + x.to_bytes(32, "big"),
        bytes([6 + odd]) + good[1:],
        bytes([2 + odd]) + good[1:],
        good[:-1],
        good + b"\x00",
        bytes(beside),
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        unreduced,
        GROUPS["sm2" if group.name == "P-256" else "p256"].base(5).encode(),
        bytearray(good),
        good.hex(),
        None,
    ]
    for data in bad:
        with pytest.raises(NotAPoint):
            Point.parse(group, data)
    assert Point.parse_aggregate(group, b"\x00").is_identity
    with pytest.raises(NotAPoint):
        Point.parse_aggregate(group, b"\x00" * 65)


@each
def test_scalars_must_be_below_the_order(group):
    for scalar in (-1, group.order, 2**256):
        with pytest.raises(ValueError, match="below the order"):
            group.base(scalar)
        with pytest.raises(ValueError, match="below the order"):
            group.generator.times(scalar)
        with pytest.raises(ValueError, match="below the order"):
            group.combination(scalar, [])
        with pytest.raises(ValueError, match="below the order"):
            group.combination(0, [(scalar, group.generator)])


def test_points_of_two_curves_do_not_mix():
    with pytest.raises(module.LibraryFailed):
        GROUPS["p256"].generator + GROUPS["sm2"].generator


def test_a_missing_curve_is_refused():
    with pytest.raises(GroupUnavailable, match="no curve"):
        Group(Curve("SM2", "no-such-curve", SM2.order, SM2.generator))


def test_another_curve_under_the_name_is_refused():
    with pytest.raises(GroupUnavailable, match="another curve"):
        Group(Curve("P-256", "SM2", P256.order, P256.generator))
    with pytest.raises(GroupUnavailable, match="another curve"):
        Group(P256._replace(order=P256.order - 2))


@pytest.mark.parametrize(
    "symbol", ["multiply", "multiply_many", "add", "copy", "compare", "is_identity", "write"]
)
def test_every_failure_of_the_library_is_an_exception(symbol, monkeypatch):
    group = Group(P256)
    point = group.base(3)
    monkeypatch.setattr(group._library, symbol, lambda *arguments: -1)

    def everything():
        group.combination(2, [(1, point)])
        group.base(2)
        group.sum([point, point])
        group.weighted_sum([point, point], [3, 3])
        _ = point == group.generator
        _ = point.is_identity
        point.encode()

    with pytest.raises(module.LibraryFailed):
        everything()


def test_no_memory_is_an_exception(monkeypatch):
    group = Group(P256)
    monkeypatch.setattr(group._library, "new", lambda *arguments: None)
    with pytest.raises(module.LibraryFailed):
        group.base(2)


def test_threads_have_their_own_context():
    group = GROUPS["p256"]
    contexts, wrong = set(), []

    def work(start):
        contexts.add(module._room().context)
        point = group.base(start)
        for n in range(200):
            expected = group.base((n + start * (n + 1)) % group.order)
            if group.combination(n, [(n + 1, point)]) != expected:
                wrong.append((start, n))
        barrier.wait()

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=work, args=(n + 2,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(contexts) == 4


def test_memory_is_given_back():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    group = GROUPS["p256"]
    data = group.base(9).encode()

    def work():
        for _ in range(20_000):
            point = Point.parse(group, data)
            group.sum([point, -point])
        for _ in range(300):
            group.combination(3, [(5, Point.parse(group, data))] * 20)
            group.base(4)

    work()
    before = resident()
    work()
    assert resident() - before < 4_000_000


def test_equality_is_of_points():
    group = GROUPS["p256"]
    assert group.base(2) == group.generator + group.generator
    assert hash(group.base(2)) == hash(group.generator + group.generator)
    assert group.base(2) != group.base(3)
    assert group.base(2) != "point"
    assert group.identity.encode() == b"\x00"


def test_a_machine_without_libcrypto(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(module.ctypes, "CDLL", missing)
    with pytest.raises(GroupUnavailable, match="not found"):
        module._library_name()


def test_an_old_libcrypto_is_passed_over(monkeypatch):
    class Old:
        @staticmethod
        def OpenSSL_version_num():
            return 0x1010117F

    monkeypatch.setattr(module.ctypes, "CDLL", lambda name: Old)
    with pytest.raises(GroupUnavailable, match="not found"):
        module._library_name()


def test_a_libcrypto_that_dropped_the_deprecated_function(monkeypatch):
    class Without:
        def __init__(self, name):
            self._real = real(name)

        def __getattr__(self, symbol):
            if symbol == "EC_POINTs_mul":
                raise AttributeError(symbol)
            return getattr(self._real, symbol)

    real = module.ctypes.CDLL
    name = module._library_name()
    monkeypatch.setattr(module, "_library_name", lambda: name)
    monkeypatch.setattr(module.ctypes, "CDLL", Without)
    library = module._Library()
    assert library.multiply_many is None
    monkeypatch.setattr(module, "_library", lambda: library)
    group = Group(P256)
    assert not group.has_many
    assert group.combination(2, [(3, group.base(5))]) == group.base(17)


def test_a_python_without_the_hash(monkeypatch):
    from voting.protocol import suite as suites

    def no_sm3(data):
        raise ValueError("unsupported hash type sm3")

    parts = {"SM2-SM3": (SM2, no_sm3, "sm3")}
    monkeypatch.setattr(suites, "_PARTS", parts)
    with pytest.raises(GroupUnavailable, match="no hash sm3"):
        suites.suite.__wrapped__("SM2-SM3")
