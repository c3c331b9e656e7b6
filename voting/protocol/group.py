"""Curve arithmetic on the system's libcrypto; the only module that touches ctypes.

`Group` is one of the two curves of prime order, `Point` one of its members. A point comes into
being through `Point.parse`, through arithmetic on points, or from the group itself, so every
`Point` is a member. Every return code is checked: an unset EC_POINT *is* the identity, and one
ignored code would accept every ballot.

Secret scalars go through `Group.base` and `Point.times` only, which OpenSSL runs in constant
time; `Group.combination`, `sum` and `weighted_sum` take time that depends on public input.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

POINT_SIZE = 65
SCALAR_SIZE = 32
IDENTITY = b"\x00"
_UNCOMPRESSED = 4
_CONSTANT_TIME = 4  # BN_FLG_CONSTTIME
_MANY = 2048  # terms of one call: bounds the memory a combination takes


class NotAPoint(ValueError):
    """The bytes are no point of the curve in the encoding asked for."""


class GroupUnavailable(RuntimeError):
    """This machine's libcrypto is missing, too old or without the curve."""


class LibraryFailed(RuntimeError):
    """libcrypto reported a failure that says nothing about the input (out of memory, say)."""


class Curve(NamedTuple):
    """What a curve must be; compared with what libcrypto says at start-up."""

    name: str
    short_name: str  # libcrypto's
    order: int
    generator: bytes


P256 = Curve(
    "P-256",
    "prime256v1",
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
)
SM2 = Curve(
    "sm2p256v1",
    "SM2",
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    bytes.fromhex(
        "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
        "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
    ),
)


def _library_name() -> str:
    for name in ("libcrypto.so.3", ctypes.util.find_library("crypto")):
        if name is None:
            continue
        try:
            version = ctypes.CDLL(name).OpenSSL_version_num
        except (OSError, AttributeError):
            continue
        version.restype = ctypes.c_ulong
        if version() >= 0x30000000:
            return name
    raise GroupUnavailable("OpenSSL 3 (libcrypto.so.3) was not found")


class _Library:
    """The functions we call, with their C types.

    The short ones keep the interpreter's lock (PyDLL), since giving it away costs more than
    they take; the two multiplications let other threads run.
    """

    def __init__(self) -> None:
        name = _library_name()
        short, long = ctypes.PyDLL(name), ctypes.CDLL(name)
        pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
        size = ctypes.c_size_t

        def function(source: Any, symbol: str, result: Any, *arguments: Any) -> Any:
            found = getattr(source, symbol)
            found.restype, found.argtypes = result, arguments
            return found

        self.clear_errors = function(short, "ERR_clear_error", None)
        self.nid = function(short, "OBJ_sn2nid", number, text)
        self.ctx_new = function(short, "BN_CTX_new", pointer)
        self.ctx_free = function(short, "BN_CTX_free", None, pointer)
        self.bn_new = function(short, "BN_new", pointer)
        self.bn_clear_free = function(short, "BN_clear_free", None, pointer)
        self.bn_read = function(short, "BN_bin2bn", pointer, text, number, pointer)
        self.bn_write = function(short, "BN_bn2binpad", number, pointer, text, number)
        self.bn_flags = function(short, "BN_set_flags", None, pointer, number)
        self.group_new = function(short, "EC_GROUP_new_by_curve_name", pointer, number)
        self.group_order = function(short, "EC_GROUP_get0_order", pointer, pointer)
        self.group_cofactor = function(short, "EC_GROUP_get0_cofactor", pointer, pointer)
        self.group_generator = function(short, "EC_GROUP_get0_generator", pointer, pointer)
        self.new = function(short, "EC_POINT_new", pointer, pointer)
        self.free = function(short, "EC_POINT_clear_free", None, pointer)
        self.copy = function(short, "EC_POINT_copy", number, pointer, pointer)
        self.read = function(
            short, "EC_POINT_oct2point", number, pointer, pointer, text, size, pointer
        )
        self.write = function(
            short, "EC_POINT_point2oct", size, pointer, pointer, number, text, size, pointer
        )
        self.to_identity = function(short, "EC_POINT_set_to_infinity", number, pointer, pointer)
        self.is_identity = function(short, "EC_POINT_is_at_infinity", number, pointer, pointer)
        self.add = function(short, "EC_POINT_add", number, *[pointer] * 5)
        self.double = function(short, "EC_POINT_dbl", number, *[pointer] * 4)
        self.invert = function(short, "EC_POINT_invert", number, *[pointer] * 3)
        self.compare = function(short, "EC_POINT_cmp", number, *[pointer] * 4)
        self.multiply = function(long, "EC_POINT_mul", number, *[pointer] * 6)
        try:  # deprecated since OpenSSL 3.0: `Group.combination` can do without
            self.multiply_many = function(
                long, "EC_POINTs_mul", number, *[pointer] * 3, size, *[pointer] * 3
            )
        except AttributeError:
            self.multiply_many = None


@cache
def _library() -> _Library:
    return _Library()


class _Room:
    """One BN_CTX and a pool of big numbers for public scalars; freed when its thread ends."""

    def __init__(self) -> None:
        self._library = _library()
        self.numbers: list[int] = []
        self.context: int = _pointer(self._library.ctx_new())

    def numbers_for(self, scalars: Iterable[int]) -> list[int]:
        """Handles of big numbers that hold the scalars, until the next call."""
        library, numbers = self._library, self.numbers
        used = 0
        for used, scalar in enumerate(scalars, start=1):
            if used > len(numbers):
                numbers.append(_pointer(library.bn_new()))
            data = scalar.to_bytes(SCALAR_SIZE, "big")
            _pointer(library.bn_read(data, SCALAR_SIZE, numbers[used - 1]))
        return numbers[:used]

    def __del__(self) -> None:
        for number in self.numbers:
            self._library.bn_clear_free(number)
        self._library.ctx_free(getattr(self, "context", None))


_threads = threading.local()


def _room() -> _Room:
    room: _Room | None = getattr(_threads, "room", None)
    if room is None:
        room = _threads.room = _Room()
    return room


def _pointer(value: int | None) -> int:
    if not value:
        raise LibraryFailed("libcrypto returned no object")
    return value


def _demand(code: int) -> None:
    if code != 1:
        _library().clear_errors()
        raise LibraryFailed("libcrypto reported a failure")


class Group:
    """One curve. `order` is the prime q; the cofactor is 1, so on the curve is in the group."""

    def __init__(self, curve: Curve, *, many: bool = True) -> None:
        """`many=False` does without EC_POINTs_mul, as a libcrypto that has dropped it would.

        Raises GroupUnavailable.
        """
        self.name = curve.name
        self.order = curve.order
        self._library = _library()
        self.has_many = many and self._library.multiply_many is not None
        nid = self._library.nid(curve.short_name.encode())
        handle = self._library.group_new(nid) if nid else None
        if not handle:
            self._library.clear_errors()
            raise GroupUnavailable(f"this libcrypto has no curve {curve.name}")
        self._handle: int = handle  # never freed: a group lives as long as the process
        self.identity = self._blank()
        _demand(self._library.to_identity(handle, self.identity._handle))
        self.generator = self._blank()
        source = _pointer(self._library.group_generator(handle))
        _demand(self._library.copy(self.generator._handle, source))
        self._self_test(curve)

    def __repr__(self) -> str:
        return f"Group({self.name})"

    def base(self, scalar: int) -> Point:
        """scalar·G; the scalar may be secret, 0 <= scalar < q."""
        return self._single(scalar, None)

    def sum(self, points: Iterable[Point]) -> Point:
        """Sum of points; the identity for none."""
        result = self._copy(self.identity)
        add, handle, context = self._library.add, self._handle, _room().context
        target = result._handle
        for point in points:
            if add(handle, target, target, point._handle, context) != 1:
                _demand(0)
        return result

    def combination(self, generator: int, terms: Sequence[tuple[int, Point]]) -> Point:
        """generator·G + Σ scalar·point, for public scalars 0 <= scalar < q only."""
        if not self.has_many:
            singles = (self._single(scalar, point) for scalar, point in terms)
            return self.sum([self.base(generator), *singles])
        parts = [
            self._many(generator if start == 0 else 0, terms[start : start + _MANY])
            for start in range(0, max(len(terms), 1), _MANY)
        ]
        return parts[0] if len(parts) == 1 else self.sum(parts)

    def weighted_sum(self, points: Sequence[Point], weights: Sequence[int]) -> Point:
        """Σ weight·point for short public weights, by buckets (Pippenger).

        Far fewer additions than multiplying each point: an area has some 18 bits, not 256.
        """
        bits = max(weights, default=0).bit_length()
        if bits == 0:
            return self._copy(self.identity)
        width = min(
            range(1, 13), key=lambda width: -(-bits // width) * (len(points) + (2 << width))
        )
        add, handle, context = self._library.add, self._handle, _room().context
        total = self._copy(self.identity)
        target = total._handle
        mask = (1 << width) - 1
        for shift in reversed(range(0, bits, width)):
            for _ in range(width):
                _demand(self._library.double(handle, target, target, context))
            buckets: list[Point | None] = [None] * (mask + 1)
            for point, weight in zip(points, weights, strict=True):
                digit = weight >> shift & mask
                if digit:
                    bucket = buckets[digit]
                    if bucket is None:
                        buckets[digit] = self._copy(point)
                    elif (
                        add(handle, bucket._handle, bucket._handle, point._handle, context) != 1
                    ):
                        _demand(0)
            part = self._collapse(buckets)  # named, so that it outlives the call
            _demand(add(handle, target, target, part._handle, context))
        return total

    def _collapse(self, buckets: Sequence[Point | None]) -> Point:
        """Σ digit·bucket, from the highest digit down."""
        add, handle, context = self._library.add, self._handle, _room().context
        running, result = self._copy(self.identity), self._copy(self.identity)
        for bucket in reversed(buckets[1:]):
            if bucket is not None:
                _demand(add(handle, running._handle, running._handle, bucket._handle, context))
            _demand(add(handle, result._handle, result._handle, running._handle, context))
        return result

    def _single(self, scalar: int, point: Point | None) -> Point:
        """scalar·point, or scalar·G where no point is given: exactly one scalar, never NULL."""
        if not 0 <= scalar < self.order:
            raise ValueError("a scalar is not below the order")
        library = self._library
        result = self._blank()
        number = _pointer(library.bn_new())
        try:
            library.bn_flags(number, _CONSTANT_TIME)
            data = scalar.to_bytes(SCALAR_SIZE, "big")
            _pointer(library.bn_read(data, SCALAR_SIZE, number))
            # one term only, so that OpenSSL takes its constant-time road
            term = (number, None, None) if point is None else (None, point._handle, number)
            context = _room().context
            _demand(library.multiply(self._handle, result._handle, *term, context))
        finally:
            library.bn_clear_free(number)
        return result

    def _many(self, generator: int, terms: Sequence[tuple[int, Point]]) -> Point:
        room = _room()
        scalars = [generator, *(scalar for scalar, _ in terms)]
        if min(scalars) < 0 or max(scalars) >= self.order:
            raise ValueError("a scalar is not below the order")
        numbers = room.numbers_for(scalars)
        array = ctypes.c_void_p * len(terms)
        result = self._blank()
        _demand(
            self._library.multiply_many(
                self._handle,
                result._handle,
                numbers[0],
                len(terms),
                array(*[point._handle for _, point in terms]),
                array(*numbers[1:]),
                room.context,
            )
        )
        return result

    def _blank(self) -> Point:
        return Point(self, _pointer(self._library.new(self._handle)))

    def _copy(self, point: Point) -> Point:
        result = self._blank()
        _demand(self._library.copy(result._handle, point._handle))
        return result

    def _self_test(self, curve: Curve) -> None:
        """Refuse a library whose curve is another one, or that lets bad points in."""
        order = self._number(self._library.group_order(self._handle))
        cofactor = self._number(self._library.group_cofactor(self._handle))
        if (order, cofactor) != (curve.order, 1) or self.generator.encode() != curve.generator:
            raise GroupUnavailable(f"this libcrypto has another curve {curve.name}")
        beside = bytearray(curve.generator)
        beside[-1] ^= 1
        try:
            Point.parse(self, bytes(beside))
        except NotAPoint:
            pass
        else:
            raise GroupUnavailable("this libcrypto takes points off the curve")
        last = self.base(self.order - 1)
        if (
            not (last + self.generator).is_identity
            or last.times(self.order - 1) != self.generator
        ):
            raise GroupUnavailable("this libcrypto reckons wrongly")

    def _number(self, handle: int | None) -> int:
        out = ctypes.create_string_buffer(SCALAR_SIZE)
        if self._library.bn_write(_pointer(handle), out, SCALAR_SIZE) != SCALAR_SIZE:
            raise LibraryFailed("libcrypto wrote no number")
        return int.from_bytes(out.raw, "big")


class Point:
    """An immutable member of a group. Equality is of points, not of objects."""

    __slots__ = ("_handle", "group")

    def __init__(self, group: Group, handle: int) -> None:
        """For this module only; everybody else starts from `parse`."""
        self.group = group
        self._handle = handle

    def __del__(self) -> None:
        self.group._library.free(self._handle)

    @classmethod
    def parse(cls, group: Group, data: bytes) -> Point:
        """The point of `04 ‖ x ‖ y` (65 bytes). Raises NotAPoint.

        The form is checked before OpenSSL sees it, which itself would take the identity and
        compressed and hybrid forms. Coordinates below the field's prime and the curve's
        equation are checked by EC_POINT_oct2point (tested, and at start-up).
        """
        if type(data) is not bytes or len(data) != POINT_SIZE or data[0] != _UNCOMPRESSED:
            raise NotAPoint("not 65 bytes that begin with 04")
        point = group._blank()
        context = _room().context
        if group._library.read(group._handle, point._handle, data, POINT_SIZE, context) != 1:
            group._library.clear_errors()
            raise NotAPoint("not on the curve")
        return point

    @classmethod
    def parse_aggregate(cls, group: Group, data: bytes) -> Point:
        """As `parse`, or the identity as the single byte 00. Raises NotAPoint."""
        return group.identity if data == IDENTITY else cls.parse(group, data)

    def encode(self) -> bytes:
        """65 bytes, or the single byte 00 for the identity."""
        out = ctypes.create_string_buffer(POINT_SIZE)
        group = self.group
        size = group._library.write(
            group._handle, self._handle, _UNCOMPRESSED, out, POINT_SIZE, _room().context
        )
        if size == POINT_SIZE:
            return out.raw
        if size == 1 and self.is_identity:
            return IDENTITY
        raise LibraryFailed("libcrypto wrote no point")

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        code = self.group._library.is_identity(self.group._handle, self._handle)
        if code not in (0, 1):
            raise LibraryFailed("libcrypto reported a failure")
        return bool(code)

    def times(self, scalar: int) -> Point:
        """scalar·point; the scalar may be secret, 0 <= scalar < q."""
        return self.group._single(scalar, self)

    def __add__(self, other: Point) -> Point:
        group = self.group
        result = group._blank()
        context = _room().context
        _demand(
            group._library.add(
                group._handle, result._handle, self._handle, other._handle, context
            )
        )
        return result

    def __neg__(self) -> Point:
        group = self.group
        result = group._copy(self)
        _demand(group._library.invert(group._handle, result._handle, _room().context))
        return result

    def __sub__(self, other: Point) -> Point:
        return self + -other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        group = self.group
        context = _room().context
        code = group._library.compare(group._handle, self._handle, other._handle, context)
        if code not in (0, 1):
            raise LibraryFailed("libcrypto reported a failure")
        return bool(code == 0)

    def __hash__(self) -> int:
        return hash(self.encode())
