"""Canonical JSON: RFC 8785's own example, and everything the protocol narrows away."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import MAX_DEPTH, NotCanonical, canonical, parse_canonical, parse_narrow

# RFC 8785 §3.2.3, the sorting example (its numbers and texts; keys by UTF-16 code units).
RFC_SORTING = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
RFC_ORDER = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_rfc_8785_key_order():
    assert list(json.loads(canonical(RFC_SORTING))) == RFC_ORDER


def test_rfc_8785_strings():
    # RFC 8785 §3.2.2.2: the string of the example document
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical(text) == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@given(values)
def test_parse_gives_back_what_was_written(value):
    assert parse_canonical(canonical(value), 10**6) == value


@given(values)
def test_agrees_with_another_implementation(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_agrees_with_the_standard_library_on_the_value(value):
    assert json.loads(canonical(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        -1,
        2**53,
        float("nan"),
        b"x",
        {1: 2},
        "\ud800",
        {"\udfff": 1},
        {"a": [1.5]},
        object(),
    ],
)
def test_values_outside_the_protocol(value):
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"1.0",
        b"1e3",
        b"-1",
        b"-0",
        b"01",
        b"9007199254740992",
        b"9" * 100_000,
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'"\\ud800"',
        b'"\\u0041"',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b'"a\nb"',
        b"\xef\xbb\xbf1",
        b'{"a":1',
        b'"' + b'\\"' * 50_000,
    ],
)
def test_lines_refused(line):
    with pytest.raises(NotCanonical):
        parse_canonical(line, 10**6)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_a_refusal(opening):
    with pytest.raises(NotCanonical, match="deeper"):
        parse_canonical(opening * 100_000, 10**6)


def test_depth_limit_is_exact_and_brackets_in_texts_do_not_count():
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert parse_canonical(deep, 100)
    with pytest.raises(NotCanonical, match="deeper"):
        parse_canonical(b"[" + deep + b"]", 100)
    text = b'["' + b"[{" * 50 + b'\\"[[[["]'
    assert parse_canonical(text, 1000) == [text[2:-2].decode().replace('\\"', '"')]
    value: list = []
    for _ in range(MAX_DEPTH):
        value = [value]
    with pytest.raises(NotCanonical, match="deeper"):
        canonical(value)


def test_size_is_limited_before_parsing():
    with pytest.raises(NotCanonical, match="longer"):
        parse_canonical(b"[" * 10_000_000, 262_144)


def test_true_stays_true():
    assert parse_canonical(b"true", 10) is True
    assert type(parse_canonical(b"1", 10)) is int


def test_narrow_takes_any_order_and_spacing_but_nothing_wider():
    assert parse_narrow(b'{"b": 1, "a": 2}', 100) == {"a": 2, "b": 1}
    with pytest.raises(NotCanonical):
        parse_narrow(b'{"a": 1, "a": 2}', 100)
