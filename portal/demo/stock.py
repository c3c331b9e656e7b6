"""An invented stock of estates in real streets and 社区: for the demo and for measuring.

The shape follows what Anhui reported in mid-2023 (10,645 of 15,035 with a committee, 97 % with
some management): mostly urban communities have several estates, villages seldom one; fee
collection lies between 50 % and 98 %. Names of estates and companies are invented; the seed is
fixed, so the same count gives the same stock.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from committees.domain.estate_register import rate_words

SEED = 20260101
_FIRST = "青白金玉银翠碧云星月江湖山林松竹梅兰桂荷枫柳春秋朝晚东西南北"
_SECOND = "枫石湖溪泉岭桥港湾堤洲园庭亭台阁轩榭舍居坊里巷景苑原野田"
_KINDS = ("小区", "花园", "家园", "新村", "公寓", "苑", "府", "城", "华庭", "雅居")
_COMPANIES = ("样例物业", "示例服务", "样本管家", "范例物业", "虚构物业")
_SERVICES = {1: 55, 2: 12, 3: 8, 4: 10, 5: 13, 6: 2}
_PARTY = {1: 2, 2: 4, 3: 34, 4: 20, 5: 40}
# Of a hundred estates: with an owners' committee, with a property management committee.
_OWNERS, _MANAGEMENT = 58, 12


class Stock(NamedTuple):
    """One estate. `place`: its 社区's code. `formed`: code of the register once it formed;
    `month`: in which month of the year that is, 0 for earlier, 13 for not yet."""

    name: str
    small_names: str
    place: str
    boundaries: str
    service: int
    formed: int
    month: int
    party: int
    manager: str
    fee_rate: int | None


def stock(places: Sequence[tuple[str, str]], count: int, *, seed: int = SEED) -> list[Stock]:
    """`count` estates in these 社区 and villages (code and name), in the order of the codes."""
    dice = Random(seed)  # noqa: S311 (invented, and the same every time)
    weights = [1 if name.endswith(("村委会", "村民委员会")) else 14 for _code, name in places]
    chosen = sorted(dice.choices(range(len(places)), weights, k=count))
    found, used = [], set[tuple[str, str]]()
    for place in chosen:
        code = places[place][0]
        name = _name(dice)
        while (code, name) in used:
            name = _name(dice)
        used.add((code, name))
        found.append(_estate(dice, name, code))
    return found


def cells_in(month: int, number: int, one: Stock, place: str) -> list[str | int]:
    """The estate as the register of that month has it; `place` as the register writes it."""
    formed = one.formed if one.month <= month else 3
    rate = rate_words(one.fee_rate)
    return [
        number, one.name, one.small_names, place, one.boundaries, one.service, formed,
        one.party, one.manager, rate,
    ]  # fmt: skip


def _name(dice: Random) -> str:
    return dice.choice(_FIRST) + dice.choice(_SECOND) + dice.choice(_KINDS)


def _estate(dice: Random, name: str, place: str) -> Stock:
    (service,) = dice.choices(list(_SERVICES), list(_SERVICES.values()))
    (party,) = dice.choices(list(_PARTY), list(_PARTY.values()))
    roll = dice.randrange(100)
    formed = 1 if roll < _OWNERS else 2 if roll < _OWNERS + _MANAGEMENT else 3
    # Three of four had formed before the year began; the others did month by month.
    month = 13 if formed == 3 else 0 if dice.random() < 0.75 else dice.randint(1, 12)
    parts = dice.choice((1, 1, 1, 1, 2, 3))
    small = "、".join(f"{name}{part}期" for part in "一二三"[:parts]) if parts > 1 else ""
    sides = (f"{side}至{dice.choice(_FIRST)}{dice.choice(_SECOND)}路" for side in "东南西北")
    managed = service not in (4, 5)
    manager = f"{dice.choice(_FIRST)}{dice.choice(_SECOND)}{dice.choice(_COMPANIES)}有限公司"
    return Stock(
        name,
        small,
        place,
        "，".join(sides),
        service,
        formed,
        month,
        party,
        manager if managed else "",
        dice.randrange(5000, 9800) if managed else None,
    )
