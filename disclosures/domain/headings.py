"""What money is booked under, in the books of public revenue and of a committee's expenses.

Civil Code 282: income from common parts belongs to all owners, less reasonable cost. The
headings are those local rules name (清远市物业管理条例 55, 淄博市物业管理条例 58).
"""

from typing import NamedTuple


class Heading(NamedTuple):
    """Its side (in, cost, use) and its name in words."""

    side: str
    title: str


REVENUE = {
    "parking": Heading("in", "车位场地使用费"),
    "advertising": Heading("in", "广告"),
    "rooms": Heading("in", "公共部位和物业用房租金"),
    "telecom": Heading("in", "通信设施占用费"),
    "equipment": Heading("in", "快递柜等设备的场地费"),
    "damages": Heading("in", "公共设施受损赔偿"),
    "interest": Heading("in", "孳息"),
    "other_income": Heading("in", "其他收入"),
    # 合理成本: taken off with proof.
    "upkeep": Heading("cost", "设施维护和能耗"),
    "tax": Heading("cost", "税费"),
    "collection": Heading("cost", "约定的管理成本"),
    "other_cost": Heading("cost", "其他合理成本"),
    # What the rest is used for; each rests on a decision, but for the fund (165号令 27).
    "to_fund": Heading("use", "转入维修资金"),
    "committee": Heading("use", "业委会经费"),
    "fees": Heading("use", "抵减物业费"),
    "other_use": Heading("use", "业主决定的其他用途"),
}
EXPENSES = {
    "from_revenue": Heading("in", "公共收益拨付"),
    "from_owners": Heading("in", "业主筹集"),
    "other_grant": Heading("in", "其他来源"),
    "office": Heading("use", "办公"),
    "meetings": Heading("use", "业主大会会议"),
    "allowances": Heading("use", "委员津贴和补贴"),
    "staff": Heading("use", "聘用人员"),
    "services": Heading("use", "审计、法律等服务"),
    "other_expense": Heading("use", "其他开支"),
}
FUND = {
    "deposits": Heading("in", "交存"),
    "fund_interest": Heading("in", "利息等增值收益"),
    "fund_revenue": Heading("in", "公共收益转入"),
    "corrections": Heading("in", "冲正"),
    "increase": Heading("in", "增加"),
    "repairs": Heading("use", "维修支出"),
    "decrease": Heading("use", "减少"),
}
OF_BOOK = {"revenue": REVENUE, "expenses": EXPENSES, "fund": FUND}
# Where the law asks for a decision of the owners (Civil Code 278 (9), 165号令 27).
DECIDED = frozenset({"committee", "fees", "other_use", "collection", "from_owners"})

BANK = "bank"

SOURCES = {
    "parking": ("占用共有道路、场地的车位", "parking"),
    "lift_ad": ("电梯广告", "advertising"),
    "outdoor_ad": ("户外广告", "advertising"),
    "locker": ("快递柜、售货机等", "equipment"),
    "base_station": ("通信基站", "telecom"),
    "room": ("公共部位、物业用房出租", "rooms"),
    "venue": ("场地、会所等", "rooms"),
    "other": ("其他", "other_income"),
}
# Offered only to be refused with its reason.
PLANNED_PARKING = "planned_parking"
NOT_COMMON = (
    "规划用于停放汽车的车位、车库由建设单位和买受人约定归属（民法典第275条第1款），"
    "出售、附赠、出租的收入不是公共收益；占用业主共有的道路或者其他场地的车位才是（第2款）"
)


def sign(side: str) -> int:
    """What a heading does to the balance: income adds, cost and use take away."""
    return 1 if side == "in" else -1
