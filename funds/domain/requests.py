"""What an ordinary request must say before owners are asked: every gap, section by section.

165号令: 《住宅专项维修资金管理办法》；条例: 《物业管理条例》.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from core.exact import format_yuan
from core.phones import PUBLIC_PHONE, is_public_phone
from core.reasons import Reason, explains
from core.tables import Table
from core.text import half_width
from funds.domain.repairs import EXCLUSIONS, PARTS, SPEAKS_FOR
from funds.domain.sheets import RowFault

MAX_FEN = 999_999_999_999  # 9,999,999,999.99 yuan, as core.exact.parse_yuan takes it
MOST_QUOTES = 10
_SHARE = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,4}))?")

# Field → (name, most characters).
TEXTS = {
    "title": ("名称", 80),
    "place": ("位置", 120),
    "fault": ("问题", 600),
    "applicant": ("申请人名称", 80),
    "contact_phone": ("联系电话", 30),
    "plan": ("维修方案", 1500),
    "budget_note": ("预算和报价不同的原因", 300),
    "few_quotes": ("报价不够的原因", 300),
    "warranty_note": ("保修期怎样核对的", 200),
    "share_clause": ("分摊的约定", 300),
}

# 165号令 25: what the fund never pays, and who pays instead.
_PAYS_INSTEAD = {
    "builder": "这笔费用应当由建设单位或者施工单位承担，"
    "不能用维修资金（165号令第二十五条第一项）",
    "utilities": "这笔费用应当由供水、供电、供气、供热、通讯、有线电视等单位承担，"
    "不能用维修资金（165号令第二十五条第二项）",
    "person": "这笔费用应当由造成损坏的人承担，不能用维修资金（165号令第二十五条第三项）",
    "manager": "这笔费用应当由物业服务企业按合同承担，"
    "不能用维修资金（165号令第二十五条第四项）",
}

# Section → title; the pages of a draft, in order.
SECTIONS = {
    "what": "哪里坏了",
    "scope": "哪些房屋受益",
    "applicant": "谁来申请",
    "warranty": "保修期",
    "exclusions": "不能列支的四种费用",
    "plan": "怎么修，花多少钱",
    "quotes": "报价",
    "files": "照片和文件",
    "shares": "怎么分摊",
}


class Offered(NamedTuple):
    """A quote as the checks see it."""

    firm: str
    fen: int
    chosen: bool
    has_file: bool


class Draft(NamedTuple):
    """A request before it is submitted."""

    title: str
    part: str
    place: str
    fault: str
    applicant_kind: str
    applicant: str
    contact_phone: str
    plan: str
    budget_fen: int | None
    budget_note: str
    quotes: Sequence[Offered]
    few_quotes: str
    warranty_until: date | None
    warranty_note: str
    exclusions: Mapping[str, str]
    share_basis: str
    share_clause: str
    files: Collection[str]  # their kinds
    has_public_file: bool
    shared: Collection[str]  # agreed weights: unit ids as text
    units: Collection[str]  # of the scope
    without_sub: Sequence[str]  # rooms
    without_area: Sequence[str]
    without_deposit: Sequence[str] = ()  # sentences; sold public housing only


class Section(NamedTuple):
    """A section with what is missing in it; done where nothing is."""

    name: str
    title: str
    reasons: tuple[Reason, ...]


def applicant_kinds(roles: Collection[str], allowed: Sequence[str]) -> list[str]:
    """The kinds a person in these roles may name, in the profile's order."""
    named = {kind for role in roles for kind in SPEAKS_FOR.get(role, ())}
    return [kind for kind in allowed if kind in named]


def shape_reasons(changes: Mapping[str, Any]) -> list[Reason]:
    """What cannot even be kept in a draft: too long, no date, no amount."""
    found = []
    for name, (label, most) in TEXTS.items():
        text = changes.get(name, "")
        if not isinstance(text, str) or any(_is_control(sign) for sign in text):
            found.append(Reason(f"repair.{name}", f"{label}里有不能显示的字符", name))
        elif len(text) > most:
            found.append(Reason(f"repair.{name}", f"{label}最多{most}个字", name))
    if changes.get("part") and changes["part"] not in PARTS:
        found.append(Reason("repair.part", "请选择共用部位或者设施设备", "part"))
    fen = changes.get("budget_fen")
    if fen is not None and (type(fen) is not int or not 0 < fen <= MAX_FEN):
        sentence = "预算要大于零，最多 9,999,999,999.99 元"
        found.append(Reason("repair.budget", sentence, "budget_fen"))
    exclusions = changes.get("exclusions", {})
    if set(exclusions) - set(EXCLUSIONS) or set(exclusions.values()) - {"", "yes", "no"}:
        found.append(Reason("repair.exclusions", "四种费用逐项选“是”或者“不是”", "exclusions"))
    if changes.get("share_basis", "area") not in ("area", "agreed"):
        found.append(Reason("repair.shares", "请选择怎么分摊", "share_basis"))
    return found


def sections(
    draft: Draft, *, kinds: Collection[str], min_quotes: int, today: date
) -> list[Section]:
    """The whole checklist. `kinds`: of applicants, by the profile."""
    by_section = {
        "what": _what(draft),
        "scope": _scope(draft),
        "applicant": _applicant(draft, kinds),
        "warranty": _warranty(draft, today),
        "exclusions": _exclusions(draft),
        "plan": _plan(draft),
        "quotes": _quotes(draft, min_quotes),
        "files": _files(draft),
        "shares": _shares(draft),
    }
    return [Section(name, title, tuple(by_section[name])) for name, title in SECTIONS.items()]


def _what(draft: Draft) -> Iterator[Reason]:
    # 165号令 2, 3: common parts and common facilities only.
    if draft.part not in PARTS:
        yield Reason("repair.part", "请选择共用部位或者设施设备", "part")
    for name, sentence in (
        ("title", "请写一个名称，例如“更换1幢电梯曳引机”"),
        ("place", "请写明在哪里，例如“1幢1单元电梯”"),
        ("fault", "请写明坏成什么样，业主要看得懂"),
    ):
        if not getattr(draft, name).strip():
            yield Reason(f"repair.{name}", sentence, name)


def _scope(draft: Draft) -> Iterator[Reason]:
    # 165号令 19: who benefits, pays; and so decides.
    if not draft.units:
        yield Reason("repair.scope", "这个范围里没有可以分摊的房屋", "scope")
    for rooms, what in ((draft.without_area, "没有面积"), (draft.without_sub, "没有分户账")):
        if rooms:
            shown = "、".join(rooms[:10]) + ("等" if len(rooms) > 10 else "")
            yield Reason("repair.units", f"{len(rooms)}处房屋{what}：{shown}", "scope")


def _applicant(draft: Draft, kinds: Collection[str]) -> Iterator[Reason]:
    if draft.applicant_kind not in kinds:
        yield Reason(
            "repair.applicant_kind", "按这里的规定，这一类申请人不能申请", "applicant_kind"
        )
    if not draft.applicant.strip():
        yield Reason("repair.applicant", "请填写申请人的名称", "applicant")
    if not is_public_phone(draft.contact_phone):
        yield Reason("repair.contact_phone", PUBLIC_PHONE, "contact_phone")


def _warranty(draft: Draft, today: date) -> Iterator[Reason]:
    # 条例 53, 165号令 18: only once the warranty of the part is over.
    if draft.warranty_until is not None:
        if draft.warranty_until >= today:
            yield Reason(
                "repair.warranty",
                f"保修期到{draft.warranty_until}才满：请建设单位保修，现在不能用维修资金"
                "（物业管理条例第五十三条）",
                "warranty_until",
            )
    elif not explains(draft.warranty_note):
        yield Reason(
            "repair.warranty",
            "请填写保修期到哪一天；查不到的，写明怎样核对保修期已满",
            "warranty_until",
        )


def _exclusions(draft: Draft) -> Iterator[Reason]:
    for key in EXCLUSIONS:
        if draft.exclusions.get(key) == "yes":
            yield Reason("repair.excluded", _PAYS_INSTEAD[key], key)
    open_ones = sum(draft.exclusions.get(key) not in ("yes", "no") for key in EXCLUSIONS)
    if open_ones:
        yield Reason("repair.exclusions", f"还有{open_ones}种费用没有回答是不是", "exclusions")


def _plan(draft: Draft) -> Iterator[Reason]:
    if not explains(draft.plan):
        yield Reason("repair.plan", "请写明怎么修：做什么、用什么材料、多长时间", "plan")
    if draft.budget_fen is None:
        yield Reason("repair.budget", "请填写预算金额", "budget_fen")
        return
    chosen = next((quote for quote in draft.quotes if quote.chosen), None)
    if chosen and chosen.fen != draft.budget_fen and not explains(draft.budget_note):
        yield Reason(
            "repair.budget_note",
            f"预算{format_yuan(draft.budget_fen)}元，选定的报价{format_yuan(chosen.fen)}元，"
            "两个不一样，请写明原因",
            "budget_note",
        )


def _quotes(draft: Draft, least: int) -> Iterator[Reason]:
    count = len(draft.quotes)
    if count < least and not explains(draft.few_quotes):
        yield Reason(
            "repair.quotes",
            f"至少要{least}家报价，现在有{count}家；没有那么多的，写明原因",
            "few_quotes",
        )
    if count and not any(quote.chosen for quote in draft.quotes):
        yield Reason("repair.chosen", "请选定一家报价", "chosen")
    for number, quote in enumerate(draft.quotes, start=1):
        if not quote.has_file:
            yield Reason("repair.quote_file", f"第{number}家没有报价单文件", "quotes")


def _files(draft: Draft) -> Iterator[Reason]:
    if "photo_before" not in draft.files:
        yield Reason("repair.photos", "请上传维修前的照片", "files")
    if not draft.has_public_file:
        yield Reason(
            "repair.public_files",
            "至少要有一份给业主看的文件或照片：上传时选“可以公开”",
            "files",
        )


def _shares(draft: Draft) -> Iterator[Reason]:
    # 165号令 20(2): owners and the selling organisation by what they paid in.
    for sentence in draft.without_deposit:
        yield Reason("repair.deposits", sentence, "shares")
    # Civil Code 283: as agreed; where nothing is, by area.
    if draft.share_basis != "agreed":
        return
    if not draft.share_clause.strip():
        yield Reason("repair.share_clause", "请抄写约定的条款，写明出处", "share_clause")
    if "agreement" not in draft.files:
        yield Reason("repair.agreement", "请上传写有约定的文件", "files")
    if set(draft.shared) != set(draft.units):
        yield Reason(
            "repair.shares", "约定的分摊要写明范围里每一户的份额，不多也不少", "shares"
        )


def read_shares(
    table: Table, rooms: Mapping[str, int]
) -> tuple[dict[str, int], list[RowFault]]:
    """Unit id as text → weight, of a sheet 房号, 份额; and every fault.

    `rooms`: label → unit. A share is a number with at most four digits after the point; what
    counts is its part of their sum.
    """
    faults = [
        RowFault(
            table.header_row,
            f"没有“{name}”一列" if not count else f"“{name}”一列出现了两次",
        )
        for name in ("房号", "份额")
        if (count := table.header.count(name)) != 1
    ]
    if faults:
        return {}, faults
    room_at, share_at = table.header.index("房号"), table.header.index("份额")
    known = {_room(label): unit for label, unit in rooms.items()}
    weights: dict[str, int] = {}
    first: dict[int, int] = {}
    for row in table.rows:
        unit = known.get(_room(row.cells[room_at]))
        weight = _share(row.cells[share_at])
        if unit is None:
            faults.append(RowFault(row.number, "范围里没有这一户，请照名册写房号"))
        elif first.setdefault(unit, row.number) != row.number:
            faults.append(RowFault(row.number, f"与第 {first[unit]} 行是同一户"))
        if weight is None:
            faults.append(RowFault(row.number, "份额要写成数字，不能为负，最多四位小数"))
        elif unit is not None:
            weights[str(unit)] = weight
    missing = [label for label, unit in rooms.items() if unit not in first]
    if missing:
        shown = "、".join(missing[:10]) + ("等" if len(missing) > 10 else "")
        faults.append(RowFault(0, f"少了{len(missing)}户：{shown}"))
    if weights and not any(weights.values()):
        faults.append(RowFault(0, "约定的份额不能全部为零"))
    return weights, faults


def _room(text: str) -> str:
    return "".join(half_width(text).split()).casefold()


def _share(text: str) -> int | None:
    found = _SHARE.fullmatch(half_width(text).strip().removesuffix("%").strip())
    return int(found[1] + (found[2] or "").ljust(4, "0")) if found else None


def _is_control(sign: str) -> bool:
    return sign not in "\n\r\t" and (
        sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff"
    )
