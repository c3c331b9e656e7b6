"""Questions to the owners about common income, in words that can be answered 同意 or 反对."""

from typing import NamedTuple

from core.exact import format_yuan

# Civil Code 278 (8): using common parts for business asks for the higher majority; (9) else.
PURPOSES = {
    "accept": 9,
    "use": 9,
    "business": 8,
}


class Year(NamedTuple):
    """A year's account as the owners read it; fen."""

    year: int
    number: str  # of the paper
    fingerprint: str
    income: int
    cost: int
    used: int
    closing: int


class Words(NamedTuple):
    """A motion as it is put: `matter` of Civil Code 278."""

    matter: int
    title: str
    text: str


def motion_words(purpose: str, year: Year) -> Words:
    """The motion of a purpose, which the organiser may edit; KeyError for another."""
    facts = (
        f"{year.year}年度公共收益收支报告（{year.number}，指纹 {year.fingerprint}，附后）："
        f"收入 {format_yuan(year.income)} 元，合理成本 {format_yuan(year.cost)} 元，"
        f"使用 {format_yuan(year.used)} 元，年末余额 {format_yuan(year.closing)} 元。"
    )
    if purpose == "accept":
        title = f"审议{year.year}年度公共收益收支报告"
        asks = "是否同意接受这份报告？不影响业主对报告中的数字继续提出疑问、要求更正。"
    elif purpose == "use":
        title = f"决定{year.year}年末公共收益余额的使用"
        asks = (
            "拟将余额的百分之____转入住宅专项维修资金，其余用于________。是否同意？"
            "没有形成决定的，按规定转入住宅专项维修资金。"
        )
    else:
        title = "利用共有部分从事经营活动"
        asks = (
            "拟在________（位置）设置________，由________经营，期限____，"
            "每年收益不低于____元，收益归全体业主，记入公共收益账。是否同意？"
        )
    return Words(PURPOSES[purpose], title, f"{facts}\n{asks}")
