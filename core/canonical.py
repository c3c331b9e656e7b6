"""One JSON value, one byte string: RFC 8785, narrowed as `docs/protocol.md` §3 says.

Numbers are integers from 0 to 2^53-1, texts hold no lone surrogate, no key occurs twice and
nesting is at most 16 deep. Everything else is refused with `NotCanonical`, never with another
exception: the input may come from anybody.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import rfc8785

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
MAX_LINE = 4 * 1024 * 1024

# A string is swallowed whole, even an unterminated one, so that the scan stays linear.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


class NotCanonical(ValueError):
    """The value or the line is outside the narrowed JSON of the protocol."""


def canonical(value: Any) -> bytes:
    """The one byte string of `value`.

    `value`: dict with text keys, list or tuple, str, bool, None, int 0..2^53-1.
    Raises NotCanonical for anything else.
    """
    _demand_narrow(value, MAX_DEPTH)
    text = _ENCODER.encode(value)
    try:
        if text.isascii() or max(text) <= _LAST_OF_ONE_UNIT:
            return text.encode()
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise NotCanonical("a text holds a lone surrogate") from error


def parse_canonical(line: bytes, limit: int = MAX_LINE) -> Any:
    """The value of `line`, which must be its own canonical form byte for byte.

    `limit`: greatest length in bytes; it and the depth are checked before anything is parsed.
    Raises NotCanonical.
    """
    value = parse_narrow(line, limit)
    if canonical(value) != line:
        raise NotCanonical("not in canonical form")
    return value


def parse_narrow(text: bytes, limit: int = MAX_LINE) -> Any:
    """The value of `text`, narrow but in any order and spacing, for what is typed or sent.

    Raises NotCanonical.
    """
    if len(text) > limit:
        raise NotCanonical(f"longer than {limit} bytes")
    _demand_shallow(text)
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except NotCanonical:
        raise
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise NotCanonical("not JSON") from error
    _demand_narrow(value, MAX_DEPTH)
    return value


def _demand_shallow(text: bytes) -> None:
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise NotCanonical(f"nested deeper than {MAX_DEPTH}")
        elif token in (b"]", b"}"):
            depth -= 1


def _demand_narrow(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not 0 <= value <= MAX_INTEGER:
            raise NotCanonical("a number is outside 0..2^53-1")
    elif kind is dict:
        _demand_depth(depth)
        for key, item in value.items():
            if type(key) is not str:
                raise NotCanonical("a key is not a text")
            _demand_narrow(item, depth - 1)
    elif kind is list or kind is tuple:
        _demand_depth(depth)
        for item in value:
            _demand_narrow(item, depth - 1)
    else:
        raise NotCanonical("only objects, lists, texts, integers, true, false and null")


def _demand_depth(depth: int) -> None:
    if depth == 0:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH}")


def _integer(digits: str) -> int:
    if len(digits) > 16 or digits[0] == "-":
        raise NotCanonical("a number is outside 0..2^53-1")
    return int(digits)


def _no_number(text: str) -> NoReturn:
    raise NotCanonical("a number has a point, an exponent or is not finite")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotCanonical("a key occurs twice")
    return value


# Of a narrow value the standard library writes what RFC 8785 wants, in a quarter of the time,
# except that it sorts keys by characters and not by UTF-16 units: the same up to U+FFFF.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_LAST_OF_ONE_UNIT = "\uffff"

_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_key_twice,
    parse_int=_integer,
    parse_float=_no_number,
    parse_constant=_no_number,
)
