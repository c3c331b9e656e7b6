"""A year's shares by month as our own SVG: a line, the target, what is needed, what to expect.

Like `documents.charts`: no style attribute, no script, values as text, told apart in black and
white (whole, dotted, dashed), and everything read aloud.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from typing import NamedTuple

_WIDE, _HIGH = 440, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 64, 12, 24
_SIZE = 13
_LEAST = Fraction(1, 5)  # the axis shows at least so much
_WHOLE, _DOTTED, _DASHED = (
    'stroke-width="2"',
    'stroke-dasharray="2 4"',
    'stroke-dasharray="8 4"',
)


class Point(NamedTuple):
    """A share of 0 to 1 in a month (1 to 12), with its text."""

    month: int
    share: Fraction
    text: str


def trend(
    points: Sequence[Point],
    *,
    title: str,
    target: Fraction | None = None,
    target_text: str = "",
    needed: bool = False,
    expected: Point | None = None,
    spoken: str,
    name: str = "trend",
) -> str:
    """An ``<svg>``. `needed`: draw the straight way from the last point to the target in
    December. `expected`: where the year may end. `spoken`: the whole in words."""
    right = _WIDE - _RIGHT
    others = [] if target is None else [target]
    others += [] if expected is None else [expected.share]
    scale = _Scale(*span([*(one.share for one in points), *others]))
    lines = [f'<path class="axis" d="M{_LEFT} {_TOP}V{_HIGH - _BOTTOM}H{right}"/>']
    words = [_text(_x(month), _HIGH - 6, str(month), "middle") for month in range(1, 13)]
    words += [_text(_LEFT + 4, _TOP + 10, percent(scale.high))]
    words += [_text(_LEFT + 4, _HIGH - _BOTTOM - 4, percent(scale.low))]
    dots = [(_x(one.month), scale.y(one.share)) for one in points]
    if target is not None:
        lines.append(
            _line("target", _DOTTED, (_LEFT, scale.y(target)), (right, scale.y(target)))
        )
        words.append(_text(right + 6, scale.y(target) + 4, target_text))
    heights = [] if target is None else [scale.y(target)]
    if dots:
        lines.append(_line("line", _WHOLE, *dots))
        words += [f'<circle cx="{x}" cy="{y}" r="3"/>' for x, y in dots]
        x, y = dots[-1]
        # Below the point where the target's line would cross it.
        above = all(abs(y - 12 - height) > _SIZE for height in heights)
        words.append(_text(x, y - 8 if above else y + 18, points[-1].text, "middle"))
    if dots and points[-1].month < 12:
        if needed and target is not None:
            lines.append(_line("pace", _DOTTED, dots[-1], (_x(12), scale.y(target))))
        if expected is not None:
            end = (_x(12), scale.y(expected.share))
            lines.append(_line("outlook", _DASHED, dots[-1], end))
            words.append(_text(right + 6, _apart(end[1], heights) + 4, expected.text))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="trend" viewBox="0 0 {_WIDE} {_HIGH}"'
        f' role="img" aria-labelledby="{name}-t {name}-d" font-size="{_SIZE}"'
        ' font-family="SimHei,Noto Sans CJK SC,sans-serif" fill="currentColor">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(spoken)}</desc>'
        f'<g fill="none" stroke="currentColor">{"".join(lines)}</g>{"".join(words)}</svg>'
    )


def span(shares: Iterable[Fraction]) -> tuple[Fraction, Fraction]:
    """The lowest and the highest share the axis shows: the tenths around all that is drawn, so
    that a year of small steps is no flat line."""
    known = list(shares)
    low, high = (min(known), max(known)) if known else (Fraction(0), Fraction(1))
    least = max(Fraction(low * 10 // 1, 10), Fraction(0))
    most = min(-Fraction(-high * 10 // 1, 10), Fraction(1))
    if most - least >= _LEAST:
        return least, most
    most = min(least + _LEAST, Fraction(1))
    return most - _LEAST, most


def percent(share: Fraction) -> str:
    """A tenth as the axis names it."""
    return f"{share * 100}%"


def _apart(y: int, heights: Sequence[int]) -> int:
    """A height for words, moved away from those that stand there already."""
    for height in heights:
        if abs(y - height) < _SIZE + 2:
            return height + _SIZE + 2 if y >= height else height - _SIZE - 2
    return y


def _line(kind: str, look: str, *places: tuple[int, int]) -> str:
    way = "L".join(f"{x} {y}" for x, y in places)
    return f'<path class="{kind}" {look} d="M{way}"/>'


def _x(month: int) -> int:
    return _LEFT + (_WIDE - _LEFT - _RIGHT) * (2 * month - 1) // 24


class _Scale(NamedTuple):
    """Heights by share, between two shares."""

    low: Fraction
    high: Fraction

    def y(self, share: Fraction) -> int:
        kept = (min(max(share, self.low), self.high) - self.low) / (self.high - self.low)
        return _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * kept.numerator // kept.denominator


def _text(x: int, y: int, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
