"""A share against its target as one flat bar of our own SVG, for a row of a table.

Like `documents.charts`: no style attribute, no script. The numbers stand in the row beside it;
the drawing says its own to whoever hears it read.
"""

from collections.abc import Sequence
from fractions import Fraction
from html import escape

_WIDE, _HIGH = 200, 14


def share_bar(share: Fraction, target: Fraction | None, spoken: str) -> str:
    """An ``<svg>``; shares of 0 to 1. The target is a line through the bar."""
    line = ""
    if target is not None:
        line = f'<path class="target" d="M{_cut(target)} 0v{_HIGH}"/>'
    return _svg(
        f'<rect class="whole" x="0.5" y="2.5" width="{_WIDE - 1}" height="{_HIGH - 5}"/>'
        f'<rect class="part" y="2" width="{_cut(share)}" height="{_HIGH - 4}"/>{line}',
        spoken,
    )


def stack_bar(parts: Sequence[int], most: int, spoken: str) -> str:
    """Parts in a row on a scale of `most`: hollow, grey, full, so that black and white do."""
    looks, x, drawn = ("few", "some", "many"), 0, ""
    for look, part in zip(looks, parts, strict=True):
        wide = (_WIDE - 1) * part // most if most else 0
        if wide:
            height = f'y="2.5" width="{wide}" height="{_HIGH - 5}"'
            drawn += f'<rect class="{look}" x="{x}.5" {height}/>'
        x += wide
    return _svg(drawn, spoken)


def _svg(drawn: str, spoken: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="share" viewBox="0 0 {_WIDE} {_HIGH}"'
        f' role="img"><title>{escape(spoken)}</title>{drawn}</svg>'
    )


def _cut(share: Fraction) -> int:
    kept = min(max(share, Fraction(0)), Fraction(1))
    return _WIDE * kept.numerator // kept.denominator
