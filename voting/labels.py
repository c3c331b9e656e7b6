"""What a session and its motions are called on staff pages, in plain words."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from voting.domain.thresholds import MATTER_TITLES, Majority, Matter, majority_for

_Text = object  # a lazy translation


class MatterLabel(NamedTuple):
    """One of the nine matters: the law's words, what it means, what it needs."""

    number: int
    title: _Text
    meaning: _Text
    threshold: _Text


THRESHOLDS: dict[Majority, _Text] = {
    Majority.HALF: _("参加表决的业主中，人数和面积都要超过一半同意"),
    Majority.THREE_QUARTERS: _("参加表决的业主中，人数和面积都要达到四分之三同意"),
}

_MEANINGS: dict[Matter, _Text] = {
    Matter.RULES_OF_PROCEDURE: _("业主大会怎么开、怎么表决"),
    Matter.COVENANT: _("全体业主要遵守的约定，例如养宠物、装修、停车"),
    Matter.COMMITTEE: _("选出或者更换业委会的人；只能由全体业主表决"),
    Matter.PROPERTY_MANAGER: _("请谁来管小区，或者不再请谁；只能由全体业主表决"),
    Matter.USE_FUND: _("花已经交存的维修资金，例如修电梯、修屋面、做防水"),
    Matter.RAISE_FUND: _("维修资金不够时再交一笔"),
    Matter.REBUILD: _("改变房屋和设施本身，例如加装电梯、拆了重建"),
    Matter.USE_COMMON_PARTS: _("把共有的地方换个用途，或者拿来经营，例如出租、放广告"),
    Matter.OTHER: _("以上没有列出的其他重大事情"),
}

MATTERS: list[MatterLabel] = [
    MatterLabel(
        matter.value,
        _(MATTER_TITLES[matter]),
        _MEANINGS[matter],
        THRESHOLDS[majority_for(matter)],
    )
    for matter in Matter
]

WHY_ONE_HEAD: dict[str, _Text] = {
    "one_unit": _("一套房屋，一个业主"),
    "several_units": _("同一个业主的几套房屋，面积相加，人数算一"),
    "joint": _("几个人共有，人数算一"),
    "developer": _("建设单位未售和已售未交付的房屋，合计算一"),
}
"""SPC interpretation on condominium ownership (2020), art. 9, in plain words."""


def door(building: str, entrance: str) -> str:
    """A building and its entrance as they stand on the door: 3幢2单元."""
    numbered = entrance.isalnum() and entrance.isascii()
    return building + (f"{entrance}单元" if numbered else entrance)
