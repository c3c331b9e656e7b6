"""A vote in words and bars, for the staff pages. Participation and results; no choice."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.exact import format_area, share_down
from portal.results import MotionLine
from voting.labels import MATTERS, WHY_ONE_HEAD, MatterLabel, door
from voting.selectors import Turnout

register = template.Library()

_OUTCOMES = {
    "passed": gettext_lazy("通过"),
    "rejected": gettext_lazy("不通过"),
    "no_quorum": gettext_lazy("参加的人数或面积不够，不能作出决定"),
}
_TESTS = {
    "quorum.heads": gettext_lazy("参加的人数"),
    "quorum.area": gettext_lazy("参加的面积（平方米）"),
    "approval.heads": gettext_lazy("同意的人数"),
    "approval.area": gettext_lazy("同意的面积（平方米）"),
}
_MAJORITIES = {
    "2/3": gettext_lazy("三分之二以上（含）"),
    "1/2": gettext_lazy("超过一半"),
    "3/4": gettext_lazy("四分之三以上（含）"),
}
_OPTIONS = {
    "for": gettext_lazy("同意"),
    "against": gettext_lazy("反对"),
    "abstain": gettext_lazy("弃权"),
}

# The drawing's own units; the page scales it.
_WIDTH, _ROW, _HEIGHT = 360, 40, 10


@register.filter
def outcome_name(result: str) -> object:
    """What became of a motion."""
    return _OUTCOMES[result]


@register.filter
def test_name(name: str) -> object:
    """One of the four tests."""
    return _TESTS[name]


@register.filter
def is_area(name: str) -> bool:
    """Whether a test weighs areas."""
    return name.endswith(".area")


@register.filter
def majority_words(needed: str) -> object:
    """A fraction in words; whether equality is enough differs."""
    return _MAJORITIES[needed]


@register.filter
def option_name(option: str) -> object:
    """An answer, or a candidate's name."""
    return _OPTIONS.get(option, option)


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
def margin_words(line: MotionLine) -> str:
    """How little would have turned the result, in one sentence."""
    if line.margin is None:
        return ""
    gap = {"heads": line.margin.heads, "area": format_area(line.margin.area)}
    if not line.margin.together:
        return _("少%(heads)d人，或者少%(area)s平方米，结果就会变成不通过。") % gap
    needs = []
    if line.margin.heads:
        needs.append(_("%(heads)d人") % gap)
    if line.margin.area:
        needs.append(_("%(area)s平方米") % gap)
    more = _("和").join(needs)
    if line.result == "no_quorum":
        return _("再有%(more)s参加，才够作出决定。") % {"more": more}
    return _("参加的业主里再有%(more)s改为同意，结果就会变成通过。") % {"more": more}


@register.simple_tag
def turnout_bars(places: list[Turnout]) -> SafeString:
    """One bar for each door: its heads, and how many of them took part."""
    rows = format_html_join(
        "\n",
        '<g transform="translate(0 {})"><text x="0" y="13">{}</text>'
        '<text x="{}" y="13" text-anchor="end">{}／{}（{}）</text>'
        '<rect class="whole" x="0.5" y="18.5" width="{}" height="{}"></rect>'
        '<rect class="part" x="0.5" y="18.5" width="{}" height="{}"></rect></g>',
        (
            (
                _ROW * position,
                door_name(place),
                _WIDTH,
                place.heads_voted,
                place.heads,
                share_down(place.heads_voted, place.heads),
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
