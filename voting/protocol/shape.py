"""Reading untrusted JSON values exactly, and the encodings of §3.

A `Shape` belongs to one check; every method takes a value and where it stands, and gives back
the value with its type, or raises `Refused` with that check. `true` is never a number.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta
from typing import Any

from core.canonical import MAX_INTEGER

from .group import NotAPoint, Point
from .refusal import Refused
from .suite import Suite

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
NO_HASH = "0" * 64


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Strictly the other way: encoding again gives the same text. Raises ValueError."""
    try:
        data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not base64url") from error
    if b64(data) != text:
        raise ValueError("not base64url without padding")
    return data


def round_down(time: str) -> str:
    """A time rounded down to ten minutes."""
    return time[:15] + "0:00Z"


def later(time: str, hours: int) -> str:
    """The time so many hours later."""
    moment = datetime.strptime(time, _TIME_FORMAT) + timedelta(hours=hours)  # noqa: DTZ007
    return moment.strftime(_TIME_FORMAT)


class Shape:
    """Exact readers that refuse in the name of one check."""

    def __init__(self, check: str) -> None:
        self.check = check

    def refuse(self, where: str, why: str) -> Refused:
        """The exception to raise."""
        return Refused(self.check, f"{where}: {why}")

    def fields(self, value: Any, where: str, *fields: str) -> dict[str, Any]:
        """An object with exactly these fields."""
        if type(value) is not dict:
            raise self.refuse(where, "not an object")
        if value.keys() != set(fields):
            missing = sorted(set(fields) - value.keys())
            extra = len(value.keys() - set(fields))
            raise self.refuse(where, f"missing fields {missing}, {extra} unknown fields")
        return value

    def items(self, value: Any, where: str, low: int = 0, high: int | None = None) -> list[Any]:
        """A list of `low` to `high` elements."""
        if type(value) is not list:
            raise self.refuse(where, "not a list")
        if len(value) < low or (high is not None and len(value) > high):
            raise self.refuse(where, f"{len(value)} elements")
        return value

    def integer(self, value: Any, where: str, low: int = 0, high: int = MAX_INTEGER) -> int:
        """An integer from `low` to `high`."""
        if type(value) is not int or not low <= value <= high:
            raise self.refuse(where, f"not an integer from {low} to {high}")
        return value

    def boolean(self, value: Any, where: str) -> bool:
        """true or false."""
        if type(value) is not bool:
            raise self.refuse(where, "neither true nor false")
        return value

    def text(self, value: Any, where: str, pattern: str | None = None) -> str:
        """A text that is not empty, of that pattern where one is given."""
        if type(value) is not str or not value:
            raise self.refuse(where, "not a text")
        if pattern is not None and not re.fullmatch(pattern, value, re.ASCII):
            raise self.refuse(where, "not of the form it must have")
        return value

    def one_of(self, value: Any, where: str, *allowed: str) -> str:
        """One of these texts."""
        if type(value) is not str or value not in allowed:
            raise self.refuse(where, "none of " + ", ".join(allowed))
        return value

    def equal(self, value: Any, where: str, expected: object) -> None:
        """Exactly this value, of this type."""
        if type(value) is not type(expected) or value != expected:
            raise self.refuse(where, "another value than it must be")

    def hash(self, value: Any, where: str) -> bytes:
        """64 lower-case hex digits, as 32 bytes."""
        if type(value) is not str or not _HASH.fullmatch(value):
            raise self.refuse(where, "not 64 lower-case hex digits")
        return bytes.fromhex(value)

    def data(self, value: Any, where: str, *sizes: int) -> bytes:
        """base64url without padding, of one of these sizes in bytes."""
        # the length of the text first: nothing long is decoded
        if type(value) is not str or len(value) > max(sizes) * 2:
            raise self.refuse(where, "not base64url of the right length")
        try:
            data = unb64(value)
        except ValueError as error:
            raise self.refuse(where, "not base64url without padding") from error
        if len(data) not in sizes:
            raise self.refuse(where, f"{len(data)} bytes")
        return data

    def point(self, suite: Suite, value: Any, where: str) -> Point:
        """A point in base64url."""
        return self.point_of(suite, self.data(value, where, 65), where)

    def point_of(self, suite: Suite, data: bytes, where: str) -> Point:
        """A point of 65 bytes."""
        try:
            return Point.parse(suite.group, data)
        except NotAPoint as error:
            raise self.refuse(where, f"no point: {error}") from error

    def aggregate(self, suite: Suite, value: Any, where: str) -> Point:
        """A point or the identity in base64url."""
        data = self.data(value, where, 1, 65)
        try:
            return Point.parse_aggregate(suite.group, data)
        except NotAPoint as error:
            raise self.refuse(where, f"no point: {error}") from error

    def scalar(self, suite: Suite, data: bytes, where: str) -> int:
        """32 bytes, big-endian, below q."""
        scalar = int.from_bytes(data, "big")
        if scalar >= suite.order:
            raise self.refuse(where, "a scalar is not below the order")
        return scalar

    def time(self, value: Any, where: str) -> str:
        """YYYY-MM-DDThh:mm:ssZ, years 2000-2999; texts of this form sort by time."""
        if type(value) is not str or not _TIME.fullmatch(value):
            raise self.refuse(where, "not a time YYYY-MM-DDThh:mm:ssZ")
        try:
            datetime.strptime(value, _TIME_FORMAT)  # noqa: DTZ007
        except ValueError as error:
            raise self.refuse(where, "no such moment") from error
        return value
