"""Charts as our own SVG: bars with their values as text, for paper and for a phone.

No style attribute and no script (CSP); classes for a page that wants other colours. Text
takes the page's colour. What goes out is hatched besides being red, what was before is an
outline: all three can be told apart in black and white.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from documents.fitting import EM, cut, plain, width

WIDTH = 320  # units; a narrow phone is 320 pixels wide
_SIZE = 13  # of the type, in units
_TITLE, _LABEL, _BAR, _BEFORE, _GAP = 20, 16, 9, 6, 6
_ROW = _LABEL + _BAR + _BEFORE + _GAP
# How each kind of bar looks: in, out, before.
_LOOKS = {
    "in": 'fill="#1a5fb4"',
    "out": 'fill="url(#{name}-h)" stroke="#b3261e"',
    "before": 'fill="none" stroke="currentColor"',
}
_HATCH = (
    '<defs><pattern id="{name}-h" width="4" height="4" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path stroke="#b3261e" stroke-width="4" d="M0 0v4"/>'
    "</pattern></defs>"
)


class Bar(NamedTuple):
    """One heading. `text`, `before_text`: the values as printed; `before` None: not known."""

    label: str
    value: int
    text: str
    before: int | None = None
    before_text: str = ""


class Group(NamedTuple):
    """Bars below one title; `out` is hatched."""

    title: str
    bars: tuple[Bar, ...]
    out: bool = False


def height(groups: Sequence[Group]) -> int:
    """Of the whole drawing, in the units of which it is `WIDTH` wide."""
    return sum(_TITLE + _ROW * len(group.bars) for group in groups)


def bars(
    groups: Sequence[Group],
    *,
    title: str,
    before: str = "上期",
    name: str = "chart",
    wide: int = WIDTH,
    pauses: tuple[str, str, str, str] = ("：", "；", "，", "。"),
) -> str:
    """An ``<svg>`` of horizontal bars, all to one scale. A style sheet gives its size.

    Values are integers of any unit. A negative one has no bar, only its text. `before` is what
    the period before is called. `name` begins every id: a page with two charts needs two.
    `wide`: units across; with fewer the letters are larger where the drawing is. `pauses`: what
    stands after a title, between bars, before the period before and at an end, read aloud.
    """
    all_bars = [bar for group in groups for bar in group.bars]
    words = max((_units(_words(bar, before)) for bar in all_bars), default=0)
    room = max(wide - 1 - words, 0)
    most = max((value for bar in all_bars for value in _values(bar)), default=0)
    left, right, paths, top = [], [], dict.fromkeys(_LOOKS, ""), 0
    for group in groups:
        left.append(f'<text y="{top + 15}" font-weight="bold">{escape(group.title)}</text>')
        top += _TITLE
        for bar in group.bars:
            label = cut(bar.label, (wide - _units(bar.text)) * EM // _SIZE)
            left.append(f'<text y="{top + 12}">{escape(label)}</text>')
            right.append(_at(wide, bar.text, top + 12))
            if then_words := _words(bar, before):
                right.append(_at(wide, then_words, top + _LABEL + 12))
            now, then = (room * value // max(most, 1) for value in _values(bar))
            thick = _BAR + (_BEFORE if bar.before is None else 0)
            paths["out" if group.out else "in"] += _bar(now, bar.value, top + _LABEL, thick)
            paths["before"] += _bar(then, bar.before, top + _LABEL + _BAR, _BEFORE)
            top += _ROW
    drawn = "".join(
        f'<path class="{kind}" {_LOOKS[kind].format(name=name)} d="{path}"/>'
        for kind, path in paths.items()
        if path
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bars money" viewBox="0 0 {wide}'
        f' {top}" role="img" aria-labelledby="{name}-t {name}-d" font-size="{_SIZE}"'
        ' font-family="SimHei,Noto Sans CJK SC,sans-serif" fill="currentColor">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(_spoken(groups, before, pauses))}</desc>'
        f"{_HATCH.format(name=name) if paths['out'] else ''}{drawn}"
        f'{"".join(left)}<g text-anchor="end">{"".join(right)}</g></svg>'
    )


def _values(bar: Bar) -> tuple[int, int]:
    return max(bar.value, 0), max(bar.before or 0, 0)


def _words(bar: Bar, before: str) -> str:
    return "" if bar.before is None else f"{before} {bar.before_text}"


def _units(text: str) -> int:
    """The room a text takes, with a little air."""
    return width(text) * _SIZE // EM + 4 if text else 0


def _at(x: int, text: str, y: int) -> str:
    return f'<text x="{x}" y="{y}">{escape(text)}</text>'


def _bar(length: int, value: int | None, y: int, thick: int) -> str:
    """A box; at least one unit wide where there is anything."""
    if not value or value < 0:
        return ""
    return f"M.5 {y}.5h{max(length, 1)}v{thick}h-{max(length, 1)}z"


def _spoken(groups: Sequence[Group], before: str, pauses: tuple[str, str, str, str]) -> str:
    """Everything the drawing says: a screen reader is told nothing inside an image."""
    colon, semicolon, comma, stop = pauses
    return "".join(
        f"{group.title}{colon}"
        + semicolon.join(
            f"{plain(bar.label)} {bar.text}"
            + (f"{comma}{before} {bar.before_text}" if bar.before is not None else "")
            for bar in group.bars
        )
        + stop
        for group in groups
    )
