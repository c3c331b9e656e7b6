"""Invented people for the sample estate.

No number or phone can belong to anybody: identity numbers carry region 999999, which GB/T
2260 has never assigned (so do credit codes), and phones begin with 100, which is no mobile
prefix. Check digits are right, so that only planted slips are reported as slips.
"""

from random import Random
from typing import NamedTuple

from registry.domain.documents import credit_check_letter, identity_check_digit

REGION = "999999"
_FAMILY_NAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN_NAMES = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉红建国志海燕文斌春梅秀珍晓东波宁慧云峰林鑫宇浩然子"
    "涵雨欣怡佳琪思源嘉诚德福根生长安松柏青山流水小满立秋望舒清和景行知远若谷怀瑾"
)
# Written by people every day, missing from many fonts and from GBK.
RARE_NAMES = ("䶮", "㛃", "𬭎", "喆")


class Owner(NamedTuple):
    """A person or company; `phone` is "" where none is known."""

    name: str
    document_kind: str
    number: str
    phone: str


class People:
    """Draws people, each with a number and phone of their own."""

    def __init__(self, pick: Random) -> None:
        self._pick = pick
        self._drawn = 0

    def person(self, name: str = "", *, has_phone: bool = True) -> Owner:
        """A citizen born 1938 to 2003, the number unique by its serial."""
        self._drawn += 1
        if not name:
            given = "".join(self._pick.choices(_GIVEN_NAMES, k=self._pick.choice((1, 2, 2))))
            name = self._pick.choice(_FAMILY_NAMES) + given
        year, month, day = (
            self._pick.randint(*between) for between in ((1938, 2003), (1, 12), (1, 28))
        )
        born = f"{year}{month:02}{day:02}"
        number = f"{REGION}{born}{self._drawn % 1000:03}"
        return Owner(
            name, "居民身份证", number + identity_check_digit(number), self._phone(has_phone)
        )

    def company(self, name: str) -> Owner:
        """A company; its credit code carries the same region."""
        self._drawn += 1
        code = f"91{REGION}MA{self._drawn:07}"
        return Owner(
            name, "统一社会信用代码", code + credit_check_letter(code), self._phone(True)
        )

    def foreigner(self, name: str) -> Owner:
        """Somebody whose document is a passport."""
        self._drawn += 1
        return Owner(name, "护照", f"X0{self._drawn:07}", self._phone(True))

    def _phone(self, has_phone: bool) -> str:
        return f"1000000{self._drawn:04}" if has_phone else ""
