"""Find the division that a text in a register names: "大观区、德宽路街道、幸福社区".

index = PlaceIndex(divisions)          # every division of a city, in any order
index.find("安庆市大观区德宽路街道幸福社区居委会")   # its code, or None
index.near("大观区德宽路街道幸富社区")       # what may have been meant
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from core.text import half_width

_BETWEEN = re.compile(r"[\s、,/;()（）·>-]+")
# People write 幸福社区 for 幸福社区居委会; beside a 村委会 of its name that is not enough.
_BODY = re.compile(
    r"(社区居民委员会|社区居委会|社区委员会|居民委员会|居委会|村民委员会|村委会|社区|村)$"
)
_ZONE = "经济开发区"
_CITY, _COUNTY, _COMMUNITY = 2, 3, 5


class Place(NamedTuple):
    """A division: 12-digit code, name, level (1 province to 5 社区), code above or ""."""

    code: str
    name: str
    level: int
    parent: str


class PlaceIndex:
    """Names of places as people write them, each leading to one code."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_code = {one.code: one for one in places}
        whole: dict[str, set[str]] = defaultdict(set)
        short: dict[str, set[str]] = defaultdict(set)
        for one in self._by_code.values():
            if one.level > _CITY:
                for name in self._names(one):
                    whole[_squeezed(name)].add(one.code)
                    short[_short(name)].add(one.code)
        # A name that two places share leads to neither, but a whole name beats a short one.
        self._codes = {
            name: next(iter(codes))
            for names in (short, whole)
            for name, codes in names.items()
            if len(codes) == 1
        }

    def find(self, text: str) -> str | None:
        """The code of the place; None where it names none, or more than one."""
        return self._codes.get(_squeezed(text)) or self._codes.get(_short(text))

    def near(self, text: str) -> list[str]:
        """Up to three places as the register writes them, that may have been meant; where only
        the name of a 社区 or a street was written, up to five that have it."""
        own = _short(text)
        named = [code for code, one in self._by_code.items() if _short(one.name) == own]
        if named:
            return [self.written(code) for code in sorted(named)[:5]]
        close = get_close_matches(_squeezed(text), self._codes, 6, cutoff=0.6)
        codes = dict.fromkeys(self._codes[name] for name in close)
        return [self.written(code) for code in list(codes)[:3]]

    def is_community(self, code: str) -> bool:
        """Whether it is a 社区 or a village, the lowest division."""
        return self._by_code[code].level == _COMMUNITY

    def written(self, code: str) -> str:
        """As the register writes it: 市县(区)、街道、社区."""
        return written([one.name for one in self._chain(self._by_code[code]) if one.level > 1])

    def _chain(self, place: Place) -> list[Place]:
        """From the province, as far as it is known, down to the place."""
        chain = [place]
        while chain[0].parent in self._by_code:
            chain.insert(0, self._by_code[chain[0].parent])
        return chain

    def _names(self, place: Place) -> Iterable[str]:
        """With the city or without; and a community by its street alone."""
        chain = self._chain(place)
        for start in range(len(chain)):
            if chain[start].level > _COUNTY and place.level < _COMMUNITY:
                return
            names = [one.name for one in chain[start:]]
            if len(names) == 1 < len(chain) and place.level > _COUNTY:
                return
            yield "".join(names)
            if any(name.endswith(_ZONE) for name in names):
                yield "".join("经开区" if one.endswith(_ZONE) else one for one in names)


def written(names: Sequence[str]) -> str:
    """City and county together, then the others: "安庆市大观区、德宽路街道、幸福社区"."""
    return "、".join(["".join(names[:2]), *names[2:]])


def _squeezed(text: str) -> str:
    return _BETWEEN.sub("", half_width(text))


def _short(text: str) -> str:
    return _BODY.sub("", _squeezed(text))
