"""A vote in words and bars, for the staff pages. Participation only; no choice."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.exact import share_down
from voting.labels import MATTERS, WHY_ONE_HEAD, MatterLabel, door
from voting.selectors import Turnout

register = template.Library()

# The drawing's own units; the page scales it.
_WIDTH, _ROW, _HEIGHT = 360, 40, 10


@register.filter
def why_one(why: str) -> object:
    """Why these units are one head."""
    return WHY_ONE_HEAD[why]


@register.simple_tag
def matter_label(matter: int) -> MatterLabel:
    """One of the nine matters."""
    return MATTERS[matter - 1]


@register.simple_tag
def door_title(building: str, entrance: str) -> str:
    """3幢2单元, or 3幢 where there is one door."""
    return door(building, entrance)


@register.filter
def door_name(place: Turnout) -> str:
    """The same for a line of the turnout."""
    return door(place.building, place.entrance)


@register.simple_tag
def turnout_bars(places: list[Turnout]) -> SafeString:
    """One bar for each door: its heads, and how many of them took part."""
    rows = format_html_join(
        "\n",
        '<g transform="translate(0 {})"><text x="0" y="13">{}</text>'
        '<text x="{}" y="13" text-anchor="end">{}</text>'
        '<rect class="whole" x="0.5" y="18.5" width="{}" height="{}"></rect>'
        '<rect class="part" x="0.5" y="18.5" width="{}" height="{}"></rect></g>',
        (
            (
                _ROW * position,
                door_name(place),
                _WIDTH,
                _("%(voted)s／%(heads)s（%(share)s）")
                % {
                    "voted": place.heads_voted,
                    "heads": place.heads,
                    "share": share_down(place.heads_voted, place.heads),
                },
                _WIDTH - 1,
                _HEIGHT,
                (_WIDTH - 1) * place.heads_voted // max(1, place.heads),
                _HEIGHT,
            )
            for position, place in enumerate(places)
        ),
    )
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-labelledby="bars-title">'
        '<title id="bars-title">{}</title>{}</svg>',
        _WIDTH,
        _ROW * max(1, len(places)),
        _("各楼幢、单元已参加的人数，数字见下表"),
        rows,
    )
