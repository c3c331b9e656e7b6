"""Spreadsheets the fund centre and the bank take: stable columns, text only, with totals.

Columns are ours alone to append to: others read them by place.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from core.exact import format_area
from registry.domain.sheets import workbook

RELEASE_HEADER = (
    "序号", "清单号", "收款户名", "收款开户行", "收款账号", "金额（元）", "用途", "维修编码",
)  # fmt: skip
SHARES_HEADER = (
    "序号", "房号", "建筑面积（平方米）", "份额", "分摊金额（元）", "分摊前余额（元）",
    "分摊后余额（元）", "欠缴（元）",
)  # fmt: skip
VOTES_HEADER = ("序号", "房号", "专有部分面积（平方米）", "参加表决")
APPLICATION_HEADER = ("项目", "内容")


class ReleaseLine(NamedTuple):
    """One payment as the bank is told."""

    payee: str
    bank: str
    account: str
    fen: int
    purpose: str
    repair: str


class ShareLine(NamedTuple):
    """One unit of a table of shares; `before` None where no balance is known.

    `is_seller`: no unit, the selling organisation of sold public housing (165号令 20).
    """

    label: str
    area: int
    weight: int
    fen: int
    before: int | None
    after: int | None
    owed: int
    is_seller: bool = False


class VoteLine(NamedTuple):
    """One unit of a list of who took part; never how."""

    label: str
    area: int | None
    took_part: bool


def plain_yuan(fen: int) -> str:
    """1234567 is "12345.67": what a bank's system reads."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def control_digest(number: str, lines: Sequence[ReleaseLine]) -> str:
    """SHA-256 of the payments as text, a line each: a changed cell shows."""
    rows = ("\t".join((number, *_plain(one))) for one in lines)
    return sha256("\n".join(rows).encode()).hexdigest()


def release_workbook(number: str, lines: Sequence[ReleaseLine]) -> bytes:
    """划转清单 as the bank takes it, with count, sum and digest below the payments."""
    rows = [
        [str(place), number, one.payee, one.bank, one.account, plain_yuan(one.fen),
         one.purpose, one.repair]
        for place, one in enumerate(lines, 1)
    ]  # fmt: skip
    total = sum(one.fen for one in lines)
    rows += [
        ["合计", number, f"{len(lines)}笔", "", "", plain_yuan(total), "", ""],
        ["校验码", control_digest(number, lines), "", "", "", "", "", ""],
    ]
    widths = (8, 16, 24, 24, 26, 16, 30, 16)
    return workbook(RELEASE_HEADER, rows, title="划转清单", widths=widths)


def shares_workbook(lines: Sequence[ShareLine]) -> bytes:
    """分摊清册."""
    return workbook(
        SHARES_HEADER,
        share_rows(lines),
        title="分摊清册",
        widths=(8, 24, 18, 14, 16, 16, 16, 14),
    )


def share_rows(lines: Sequence[ShareLine]) -> list[list[str]]:
    """The same as texts, the sum below."""
    rows = [
        [str(place), one.label, "" if one.is_seller else format_area(one.area),
         str(one.weight), plain_yuan(one.fen),
         _or_none(one.before), _or_none(one.after), plain_yuan(one.owed)]
        for place, one in enumerate(lines, 1)
    ]  # fmt: skip
    whole = ShareLine(
        f"{sum(not one.is_seller for one in lines)}户",
        sum(one.area for one in lines),
        sum(one.weight for one in lines),
        sum(one.fen for one in lines),
        None,
        None,
        sum(one.owed for one in lines),
    )
    return [
        *rows,
        ["合计", whole.label, format_area(whole.area), str(whole.weight), plain_yuan(whole.fen),
         "", "", plain_yuan(whole.owed)],
    ]  # fmt: skip


def votes_workbook(lines: Sequence[VoteLine], result: str) -> bytes:
    """表决确认明细表: who took part, and what came out; never how anybody voted."""
    rows = [
        [str(place), one.label, "" if one.area is None else format_area(one.area),
         "已参加" if one.took_part else "未参加"]
        for place, one in enumerate(lines, 1)
    ]  # fmt: skip
    area = sum(one.area or 0 for one in lines)
    took = [one for one in lines if one.took_part]
    took_area = sum(one.area or 0 for one in took)
    rows += [
        ["合计", f"{len(lines)}户", format_area(area), ""],
        ["参加", f"{len(took)}户", format_area(took_area), ""],
        ["结果", result, "", ""],
    ]
    return workbook(VOTES_HEADER, rows, title="表决确认明细表", widths=(8, 40, 24, 14))


def application_workbook(said: Mapping[str, str]) -> bytes:
    """使用申请表: one row a field."""
    return workbook(APPLICATION_HEADER, list(said.items()), title="使用申请表", widths=(24, 60))


def _plain(line: ReleaseLine) -> tuple[str, ...]:
    return (
        line.payee,
        line.bank,
        line.account,
        plain_yuan(line.fen),
        line.purpose,
        line.repair,
    )


def _or_none(fen: int | None) -> str:
    return "" if fen is None else plain_yuan(fen)
