"""Invented bulletins. Nobody here is real and no amount was ever paid."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from documents.bulletins import BulletinFacts, Heading, Line
from documents.year_accounts import YearAccountFacts, YearHeading, YearPeriod
from tests.documents import samples

PAGE = "https://vote.example.gov.cn/garden/money/2026-3"


def headings(lines: tuple[Line, ...], past: dict[str, tuple[int, int]] | None = None) -> Any:
    """Totals as somebody with pencil and paper makes them; `past`: before and a year ago."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line.side, line.account] += line.fen
    return tuple(
        Heading(*key, fen, *(past or {}).get(key[1], (None, None))) for key, fen in sums.items()
    )


def line(number: int, side: str, account: str, party: str, fen: int, **more: Any) -> Line:
    known = Line(number, date(2026, 8, 3), side, account, party, "第三季度", "", fen, 2)
    return known._replace(**more)


_BOOK = """
in 车位场地使用费 临时停车（道闸系统） 停车收费公示2025-04 28_614_50
in 车位场地使用费 月租车位86户 停车收费公示2025-04 38_700_00
in 广告 样例鑫达文化传媒有限公司 电梯广告合同2026-02 18_000_00
in 广告 样例明日广告有限公司 道闸广告合同2025-11 6_400_00
in 快递柜等设备的场地费 样例蜂巢网络科技有限公司 场地合同2024-07 4_500_00
in 通信设施占用费 样例铁塔公司 基站协议2023-01 5_000_00
in 孳息 样例银行 - 83_17
cost 设施维护和能耗 样例供电公司 电费清单7—9月 6_231_40
cost 设施维护和能耗 样例安达电子有限公司 道闸维修合同2026-05 3_980_00
cost 税费 样例税务局 完税证明 2_917_33
cost 约定的管理成本 样例物业服务有限公司 物业服务合同第21条 15_000_00
use 转入维修资金 住宅专项维修资金专户 业主大会决议〔2026〕3号 52_000_00
use 业委会经费 业主委员会 业主大会决议〔2025〕7号 6_000_00
"""
QUARTER = tuple(
    line(n, side, account, party, int(fen), basis=basis.strip("-"))
    for n, (side, account, party, basis, fen) in enumerate(
        map(str.split, _BOOK.split("\n")[1:-1]), 1
    )
)
PAST = {
    "车位场地使用费": (65_210_00, 58_000_00),
    "广告": (24_400_00, 18_000_00),
    "快递柜等设备的场地费": (4_500_00, 4_500_00),
    "通信设施占用费": (5_000_00, 5_000_00),
    "孳息": (79_02, 61_44),
    "设施维护和能耗": (6_120_00, 7_015_20),
    "税费": (2_870_00, 2_400_00),
    "约定的管理成本": (15_000_00, 12_000_00),
    "转入维修资金": (50_000_00, 40_000_00),
    "业委会经费": (6_000_00, 6_000_00),
}


def bulletin(lines: tuple[Line, ...] = QUARTER, **changes: Any) -> BulletinFacts:
    """A quarter of a middling estate; what the lines make follows from them."""
    opening = changes.pop("opening_fen", 213_456_78)
    signs = {"in": 1, "cost": -1, "use": -1}
    closing = opening + sum(signs[one.side] * one.fen for one in lines)
    past = changes.pop("past", PAST)
    known: dict[str, Any] = {
        "number": "样例花园业〔2026〕18号",
        "code": samples.CODE,
        "verify_url": samples.URL,
        "estate": "样例花园",
        "issued_at": datetime(2026, 10, 12, 2, 0, tzinfo=UTC),
        "issuer": "样例花园业主委员会",
        "kind": "revenue",
        "first": date(2026, 7, 1),
        "last": date(2026, 9, 30),
        "version": 1,
        "correction": "",
        "holder": "样例物业服务有限公司",
        "account": "样例银行迎江支行，尾号0427（公共收益专户）",
        "opening_fen": opening,
        "closing_fen": closing,
        "lines": lines,
        "headings": headings(lines, past),
        "bank_fen": closing,
        "bank_on": date(2026, 9, 30),
        "difference": "",
        "due_to_fund_fen": 51_218_96,
        "to_fund_fen": 52_000_00,
        "households": 612,
        "explanations": (
            "设施维护和能耗比上期多：8月道闸主板雷击损坏，更换主板3,980.00元。",
            "场地租赁没有收入：3号商铺8月退租，正在重新招租。",
        ),
        "prepared": "样例物业服务有限公司",
        "reviewed": "样例花园业主委员会",
        "page_url": PAGE,
        "phone": "0000-0000000",
        "until": datetime(2026, 11, 11, 16, 0, tzinfo=UTC),
        "clause": "民法典第二百八十二条、第九百四十三条",
    }
    return BulletinFacts(**{**known, **changes})


def crowd(count: int, parties: int, accounts: int = 12) -> tuple[Line, ...]:
    """The worst case: many lines, payers and headings, all with long words."""
    sides = ("in", "in", "cost", "use")
    return tuple(
        line(
            n + 1,
            sides[n % accounts % 4],
            f"科目第{n % accounts + 1}号公共部位租金",
            f"样例市第{n * 7 % parties + 1}联合文化传媒发展有限责任公司",
            1_000 + n * 7_919 % 1_000_000,
            basis=f"业主大会二〇二六年第一次会议决议〔2026〕{n % 9 + 1}号",
        )
        for n in range(count)
    )


def changed(facts: BulletinFacts, **changes: Any) -> BulletinFacts:
    return replace(facts, **changes)


def year(**changes: Any) -> YearAccountFacts:
    """Four quarters alike, each with 1,000 yuan more income than the one before."""
    starts = ((1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31))
    opening, periods = 100_000_00, []
    for n, (first, last, day) in enumerate(starts):
        came, cost, use = 90_000_00 + n * 1_000_00, 20_000_00, 60_000_00
        closing = opening + came - cost - use
        periods.append(
            YearPeriod(
                date(2026, first, 1), date(2026, last, day), opening, came, cost, use, closing,
                35_000_00, 35_000_00 - n * 100, f"样例花园业〔2026〕{n + 5}号", samples.CODE,
                1 + n % 2, date(2026 + (n == 3), last % 12 + 1, 12),
            )
        )  # fmt: skip
        opening = closing
    known: dict[str, Any] = {
        "number": "样例花园业〔2027〕2号",
        "code": samples.CODE,
        "verify_url": samples.URL,
        "estate": "样例花园",
        "issued_at": datetime(2027, 2, 1, 2, 0, tzinfo=UTC),
        "issuer": "样例花园业主委员会",
        "year": 2026,
        "holder": "样例物业服务有限公司",
        "account": "样例银行迎江支行，尾号0427（公共收益专户）",
        "periods": tuple(periods),
        "headings": (
            YearHeading("in", "车位场地使用费", 266_000_00, 250_000_00),
            YearHeading("in", "广告", 100_000_00, None),
            YearHeading("cost", "设施维护和能耗", 80_000_00, 85_000_00),
            YearHeading("use", "转入维修资金", 139_994_00, 120_000_00),
            YearHeading("use", "业委会经费", 100_006_00, 90_000_00),
        ),
        "households": 612,
        "open_questions": 2,
        "explanations": ("广告收入上年没有单独公布。",),
        "prepared": "样例物业服务有限公司",
        "reviewed": "样例花园业主委员会监督小组",
        "clause": "民法典第二百八十二条、第九百四十三条",
    }
    return YearAccountFacts(**{**known, **changes})
