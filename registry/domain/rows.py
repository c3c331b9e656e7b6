"""Rows of a register's export, read into units with their owners, or into faults.

    sheet = prepare(read_table(content, name), mapping)   # merged cells filled in
    units, faults = parse(sheet)

Nothing is guessed: what cannot be read is a Fault with row, column and a reason a clerk
can act on, and every fault of every row is found in one go. A doubt (`is_warning`) blocks
nothing.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from core.errors import RuleViolation
from core.exact import parse_area
from core.tables import Table, fill_merged
from core.text import half_width
from registry.domain import documents, rooms
from registry.domain.columns import COLUMNS

# 10,000 m²: no single unit of a residential estate is larger without a second look.
LARGE_AREA = 1_000_000
MAX_NAME, MAX_LABEL, MAX_CODE, MAX_OWNERS = 120, 80, 40, 50

# The first word that occurs in the cell decides.
USES = {
    "common": "物业 社区用房 居委会用房 公共 共有 配套用房 设备用房",
    "parking": "车位 车库 停车 车棚",
    "storage": "储藏 储物 杂物 地下室 阁楼",
    "shop": "商铺 商业 商服 店铺 门面 店面 网点 营业",
    "residential": "住宅 公寓 居住 成套 别墅 住房",
    "other": "办公 其他 其它 仓储 工业 幼儿园 教育 会所 医疗",
}
BASES = {
    "judgment": "判决 裁定 法律文书 仲裁 调解书 拍卖",
    "inheritance": "继承 遗赠",
    "possession": "占有 未登记 交房 网签",
    "register": "登记 买卖 购买 购房 赠与 互换 首次 转移 房改 自建 产权 拆迁 安置",
}
# The whole cell must be one of the words; the first one is ours.
STATUSES = {
    "delivered": "已交付 已交房 已入住 交付 已办证 已登记 是",
    "unsold": "未售 未出售 未销售 待售 可售 在售 自持",
    "undelivered": "已售未交付 未交付 已售未交 已售未交房 未交房 否",
}
SOURCES = {
    "register": "登记 登记簿 不动产登记簿 产权登记 登记面积",
    "survey": "实测 测绘 实测面积 测绘面积 房产测绘",
    "contract": "合同 买卖合同 合同面积 购房合同",
}

_BETWEEN = re.compile(r"[、,，;；/|\n\r]+")
_UNSOLD = frozenset(STATUSES["unsold"].split())
_NOBODY = {"", "-", "--", "—", "——", "/", "无", "空", "暂无"}
_SHARE = re.compile(r"(\d{1,9})/(\d{1,9})|(\d{1,3}(?:\.\d{1,6})?)%")
_BETWEEN_HAN = re.compile(
    r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])\s+(?=[\u3400-\u9fff\U00020000-\U0003ffff])"
)
_MOBILE = re.compile(r"1\d{10}")
_LANDLINE = re.compile(r"(?:0\d{2,3})?\d{7,8}(?:-?\d{1,6})?|[48]00\d{7}")
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?|(\d{4})(\d{2})(\d{2})"
)
# Columns that say something of the unit, repeated on the rows of its further owners.
_OF_THE_UNIT = (
    "registry_number",
    "house_code",
    "floor",
    "use",
    "area",
    "area_source",
    "status",
)


class Fault(NamedTuple):
    """What is wrong at a row; `column` as the file's header has it, "" for the whole row."""

    row: int
    column: str
    reason: str
    is_warning: bool = False


class OwnerRow(NamedTuple):
    """One owner of a unit, as the row has it."""

    name: str
    kind: str  # "person" or "company"
    document_kind: str
    document_number: str  # cleaned; "" where the row has none
    phone: str
    share_text: str
    is_voter: bool


class UnitRow(NamedTuple):
    """One unit as its row (or its rows) has it; what the file does not say is "" or None.

    `area` in 0.01 m².
    """

    row: int
    label: str
    building: str
    entrance: str
    floor: int | None
    room: str
    registry_number: str
    house_code: str
    use: str
    area: int | None
    area_source: str
    status: str
    basis: str
    owned_from: str  # ISO date or ""
    owners: tuple[OwnerRow, ...]


class Sheet(NamedTuple):
    """A table ready to be parsed, small enough to keep until it is confirmed."""

    header: tuple[str, ...]
    mapping: Mapping[str, str]  # our column → header as written
    rows: Sequence[tuple[int, Sequence[str]]]
    further: frozenset[int]  # rows merged with the one above: further owners of its unit
    damaged: Mapping[
        int, Mapping[int, str]
    ]  # row → column → why its text is not what was meant
    unread: tuple[str, ...] = ()  # names of the file's further sheets


def prepare(table: Table, mapping: Mapping[str, str]) -> Sheet:
    """Fill merged cells, note which rows they join, keep the doubts about cells."""
    index = {key: table.header.index(name) for key, name in mapping.items()}
    damaged: dict[int, dict[int, str]] = defaultdict(dict)
    for fault in table.faults:
        damaged[fault.row][-1 if fault.column is None else fault.column] = fault.reason
    area = index.get("area")
    naming = {index[key] for key in ("room", "address") if key in index}
    further: set[int] = set()
    for merged in table.merged:
        covered = range(merged.first_column, merged.last_column + 1)
        below = range(merged.first_row + 1, merged.last_row + 1)
        if naming.intersection(covered):
            further.update(below)
    for merged in table.merged:
        rows = set(range(merged.first_row + 1, merged.last_row + 1))
        if area in range(merged.first_column, merged.last_column + 1) and rows - further:
            for row in rows | {merged.first_row}:
                damaged[row][area or 0] = "面积是跨了几个房号的合并单元格，请拆开分别填写"
    if table.merged:
        others = [place for place in range(len(table.header)) if place != area]
        table = fill_merged(table, others)
    return Sheet(
        table.header,
        dict(mapping),
        table.rows,
        frozenset(further),
        damaged,
        table.other_sheets,
    )


def parse(sheet: Sheet) -> tuple[list[UnitRow], list[Fault]]:
    """All units of a sheet and all its faults, sorted by row."""
    reader = _Reader(sheet)
    units: dict[str, UnitRow] = {}
    for number, cells in sheet.rows:
        unit = reader.unit(number, cells)
        if unit is None:
            continue
        first = units.get(unit.label)
        if first is None:
            units[unit.label] = unit
        elif number in sheet.further or _shares_the_unit(first, unit):
            units[unit.label] = reader.joined(first, unit)
        else:
            reader.fault("room", f"与第 {first.row} 行是同一房号“{unit.label}”")
    for unit in units.values():
        reader.check_unit(unit)
    reader.check_across(units.values())
    return list(units.values()), sorted(reader.faults, key=lambda fault: fault.row)


class _Reader:
    """Reads row after row; remembers the place of the fault and what was seen before."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.place = {key: sheet.header.index(name) for key, name in sheet.mapping.items()}
        self.faults: list[Fault] = []
        if sheet.unread:
            names = "”、“".join(sheet.unread)
            reason = f"文件里还有工作表“{names}”，没有读取；有房屋的，请并到第一张表里"
            self.faults.append(Fault(0, "", reason, is_warning=True))
        self.row = 0
        self.cells: Sequence[str] = ()

    def fault(self, key: str, reason: str, *, warning: bool = False) -> None:
        """Note a fault of the present row."""
        self.faults.append(Fault(self.row, self.header_of(key), reason, warning))

    def header_of(self, key: str) -> str:
        """The header of one of our columns; for a room without a column, its address's."""
        if key == "room" and key not in self.place:
            key = "address"
        return self.sheet.mapping.get(key, COLUMNS[key].title if key else "")

    def text(self, key: str) -> str:
        """The cell of one of our columns, trimmed; "" where there is no such column."""
        place = self.place.get(key)
        return self.cells[place].strip() if place is not None else ""

    def unit(self, number: int, cells: Sequence[str]) -> UnitRow | None:
        """One row; None where not even its room can be read."""
        self.row, self.cells = number, cells
        if number in self.sheet.damaged:
            self._report_damage()
        use = self._use()
        where = self._where(use)
        if where is None:
            return None
        building, entrance, room = where
        label = rooms.compose_label(building, entrance, room, use)
        if len(label) > MAX_LABEL or len(building) > MAX_CODE or len(room) > MAX_CODE:
            self.fault("room", "房号过长，请核对是否填错了列")
            return None
        owners = self._owners()
        return UnitRow(
            row=number,
            label=label,
            building=building,
            entrance=entrance,
            floor=self._floor(room),
            room=room,
            registry_number=self._code("registry_number"),
            house_code=self._code("house_code"),
            use=use,
            area=self._area(),
            area_source=self._one_of("area_source", SOURCES),
            status=self._status(),
            basis=self._basis(),
            owned_from=self._owned_from(),
            owners=owners,
        )

    def joined(self, first: UnitRow, more: UnitRow) -> UnitRow:
        """The unit with the owners of a further row."""
        for key in _OF_THE_UNIT:
            one, other = getattr(first, key), getattr(more, key)
            if self.text(key) and one != other:
                self.fault(key, f"与第 {first.row} 行是同一套房屋，但这一列不同")
        known = {owner.document_number or owner.name for owner in first.owners}
        for owner in more.owners:
            if (owner.document_number or owner.name) in known:
                self.fault("owners", f"这位业主在第 {first.row} 行的同一套房屋里已经有了")
        return first._replace(owners=first.owners + more.owners)

    def check_unit(self, unit: UnitRow) -> None:
        """What can be said only when all owners of a unit are together."""
        self.row = unit.row
        if not unit.owners and unit.status in ("", "delivered") and unit.use != "common":
            self.fault("owners", "没有业主；如果是建设单位未出售的房屋，请在状态一列写“未售”")
        if len(unit.owners) < 2:
            return
        numbers = [owner.document_number for owner in unit.owners if owner.document_number]
        if len(set(numbers)) < len(numbers):
            self.fault("document_number", "同一套房屋的两位业主证件号码相同")
        unnumbered = [owner.name for owner in unit.owners if not owner.document_number]
        if len(set(unnumbered)) < len(unnumbered):
            self.fault("owners", "同一套房屋有两位同名业主，又没有证件号码，无法区分")
        if sum(owner.is_voter for owner in unit.owners) > 1:
            self.fault("voter", "一套房屋只能推选一位表决人")
        shares = [_fraction(owner.share_text) for owner in unit.owners]
        known_shares = [share for share in shares if share is not None]
        if len(known_shares) == len(shares) > 1 and sum(known_shares) != 1:
            self.fault("share", "各位共有人的份额相加不等于 1", warning=True)

    def check_across(self, units: Iterable[UnitRow]) -> None:
        """Numbers that must not repeat, and one number under two names."""
        seen: dict[tuple[str, str], UnitRow] = {}
        names: dict[str, tuple[str, int]] = {}
        for unit in units:
            self.row = unit.row
            for key in ("registry_number", "house_code"):
                code = getattr(unit, key)
                first = seen.setdefault((key, code), unit) if code else unit
                if first is not unit:
                    self.fault(key, f"与第 {first.row} 行重复，但房号不同")
            for owner in unit.owners:
                if not owner.document_number:
                    continue
                name, row = names.setdefault(owner.document_number, (owner.name, unit.row))
                if name != owner.name:
                    self.fault("owners", f"证件号码与第 {row} 行相同，但姓名不同，请核对")

    def _report_damage(self) -> None:
        used = {place: key for key, place in self.place.items()}
        for column, reason in self.sheet.damaged[self.row].items():
            if column < 0:
                self.fault("", reason)
            elif column in used and used[column] != "owned_from":
                self.fault(used[column], reason)

    def _where(self, use: str) -> tuple[str, str, str] | None:
        room, building = self.text("room"), self.text("building")
        whole = rooms.split_label(room) if room else None
        if building:
            name, entrance = (
                rooms.building_name(building),
                rooms.entrance_name(self.text("entrance")),
            )
            if whole and whole[0] == name:
                # The room repeats its building: 3幢 with 3-2-501.
                return name, entrance or whole[1], whole[2]
            if whole and not entrance and not whole[1] and "-" in rooms.folded(room):
                # 3幢 with 2-501: the part before the dash is the entrance.
                return name, rooms.entrance_name(whole[0].removesuffix("幢")), whole[2]
            if room:
                return name, entrance, rooms.room_name(room)
        else:
            found = whole or rooms.split_label(self.text("address"))
            if found:
                return found
            if room and use in ("parking", "storage", "common"):
                return (
                    {"parking": "车库", "storage": "储藏间"}.get(use, "公共"),
                    "",
                    rooms.room_name(room),
                )
        if not room and not self.text("address"):
            self.fault("room", "没有填房号")
        else:
            self.fault(
                "room", "看不出幢、单元、室，请写成“3幢2单元501室”或“3-2-501”，或分列填写"
            )
        return None

    def _floor(self, room: str) -> int | None:
        text = (
            rooms.folded(self.text("floor"))
            .removeprefix("第")
            .removesuffix("层")
            .removesuffix("楼")
        )
        if not text:
            return rooms.floor_of(room)
        text = text.replace("负", "-").replace("地下", "-").replace("B", "-")
        if re.fullmatch(r"-?\d{1,3}", text):
            return int(text)
        # "3-4" for a maisonette, "1/18" for floor of floors: the door is on the first.
        found = re.match(r"-?\d{1,3}(?=[-/,、至])", text)
        if found:
            return int(found.group())
        self.fault("floor", "楼层不是数字", warning=True)
        return rooms.floor_of(room)

    def _code(self, key: str) -> str:
        code = rooms.folded(self.text(key)) if self.text(key) else ""
        if len(code) > MAX_CODE:
            self.fault(key, f"超过 {MAX_CODE} 个字符")
            return ""
        if documents.number_damage(code).startswith("证件号码被表格"):
            self.fault(key, "被表格软件改成了科学计数，请把这一列设为文本后重填")
            return ""
        return code

    def _use(self) -> str:
        text = self.text("use")
        if not text:
            return _mentioned(self.text("room"), "use")
        use = _mentioned(text, "use")
        if not use:
            self.fault("use", "用途不在已知的范围内，按“其他”处理", warning=True)
        return use or "other"

    def _area(self) -> int | None:
        text = self.text("area")
        if not text:
            return None  # the roll doctor asks for it before a vote
        try:
            area = parse_area(text)
        except RuleViolation as refusal:
            self.fault("area", str(refusal))
            return None
        if area > LARGE_AREA:
            self.fault("area", "面积超过 1 万平方米，请核对", warning=True)
        return area

    def _one_of(self, key: str, known: Mapping[str, str]) -> str:
        text = self.text(key)
        if not text:
            return ""
        plain = rooms.folded(text)
        for value, words in known.items():
            if plain in words.split():
                return value
        self.fault(key, "只能是" + "、".join(words.split()[0] for words in known.values()))
        return ""

    def _status(self) -> str:
        if not self.text("status") and rooms.folded(self.text("owners")) in _UNSOLD:
            return "unsold"
        return self._one_of("status", STATUSES)

    def _basis(self) -> str:
        text = self.text("basis")
        basis = _mentioned(text, "basis")
        if text and not basis:
            self.fault("basis", "权属依据看不懂，请核对", warning=True)
        return basis

    def _owned_from(self) -> str:
        text = half_width(self.text("owned_from"))
        if not text:
            return ""
        found = _DATE.fullmatch(text)
        try:
            parts = [int(part) for part in found.groups() if part] if found else []
            return date(*parts).isoformat() if len(parts) == 3 else self._bad_date()
        except ValueError:
            return self._bad_date()

    def _bad_date(self) -> str:
        self.fault("owned_from", "日期看不懂，请写成 2024-05-01", warning=True)
        return ""

    def _owners(self) -> tuple[OwnerRow, ...]:
        names = [_name(part) for part in _parts(self.text("owners"))]
        names = [name for name in names if name not in _NOBODY and name not in _UNSOLD]
        if not names:
            return ()
        if len(names) > MAX_OWNERS or any(len(name) > MAX_NAME for name in names):
            self.fault("owners", "业主过多或姓名过长，请核对是否填错了列")
            return ()
        for name in names:
            self._check_name(name)
        numbers = self._aligned("document_number", names, documents.clean_number)
        kinds = self._aligned("document_kind", names, str.strip, repeat=True)
        shares = self._aligned("share", names, half_width, repeat=True)
        phones = self._aligned("phone", names, phone_digits, first_only=True)
        voter = _name(self.text("voter"))
        if voter and voter not in names:
            if voter in ("是", "√", "Y", "1"):
                voter = names[0] if len(names) == 1 else ""
            if voter or len(names) > 1:
                self.fault("voter", "表决人不是这套房屋的业主")
        owners = []
        for name, number, kind, share, phone in zip(
            names, numbers, kinds, shares, phones, strict=True
        ):
            number = self._checked_number(number, kind)
            self._check_phone(phone)
            owners.append(
                OwnerRow(
                    name=name,
                    kind="company" if documents.is_company(name, kind) else "person",
                    document_kind=(kind or documents.kind_of_number(number))[:30],
                    document_number=number,
                    phone=phone,
                    share_text=share[:40],
                    is_voter=name == voter,
                )
            )
        return tuple(owners)

    def _aligned(
        self,
        key: str,
        names: Sequence[str],
        clean: Callable[[str], str],
        *,
        repeat: bool = False,
        first_only: bool = False,
    ) -> list[str]:
        """One text per owner from a cell that lists them like the names."""
        text = self.text(key)
        if not text:
            return [""] * len(names)
        parts = [clean(part) for part in _parts(text, slash=key != "share")]
        if len(parts) == len(names):
            return parts
        if len(parts) == 1 and repeat:
            return parts * len(names)
        if len(parts) == 1 and first_only:
            # One number for a household: it is the first owner's, not everybody's.
            return parts + [""] * (len(names) - 1)
        title = COLUMNS[key].title
        self.fault(key, f"业主有 {len(names)} 位，{title}有 {len(parts)} 个，对不上")
        return [""] * len(names)

    def _check_name(self, name: str) -> None:
        if "\ufffd" in name or "?" in name or "？" in name:
            self.fault("owners", "姓名里有没能显示的字，请补上")
        elif any("\ue000" <= letter <= "\uf8ff" for letter in name):
            self.fault(
                "owners", "姓名里有自造字，别的电脑显示不出来，请改用标准字", warning=True
            )
        elif _BETWEEN_HAN.search(name) or not any(letter.isalpha() for letter in name):
            self.fault("owners", "姓名看不懂，请核对")

    def _checked_number(self, number: str, kind: str) -> str:
        if number in _NOBODY:
            return ""
        damage = documents.number_damage(number)
        if damage:
            self.fault("document_number", damage)
            return ""
        doubt = documents.number_doubt(number, kind) or documents.shape_doubt(number, kind)
        if doubt:
            self.fault("document_number", doubt, warning=True)
        return number

    def _check_phone(self, phone: str) -> None:
        if not phone or _MOBILE.fullmatch(phone):
            return
        if _LANDLINE.fullmatch(phone):
            self.fault("phone", "不是手机号，收不到短信", warning=True)
        else:
            self.fault("phone", "电话号码位数不对，请核对")


@lru_cache(maxsize=1024)
def _mentioned(text: str, key: str) -> str:
    """The first kind of which a word occurs in the text, or ""."""
    plain = rooms.folded(text)
    for kind, words in {"use": USES, "basis": BASES}[key].items():
        if any(word in plain for word in words.split()):
            return kind
    return ""


def _shares_the_unit(first: UnitRow, more: UnitRow) -> bool:
    """Two rows of one room that say they are joint owners (共有), one row each."""
    shared = all(
        "共有" in owner.share_text or _fraction(owner.share_text) not in (None, Fraction(1))
        for owner in first.owners + more.owners
    )
    return bool(first.owners and more.owners) and shared


def _parts(text: str, *, slash: bool = True) -> list[str]:
    """The several values of one cell, blanks trimmed, empty ones at the ends dropped."""
    if text.isalnum():
        return [text]
    if not slash:
        text = text.replace("/", "\x00")
    parts = [part.strip() for part in _BETWEEN.split(text)]
    while parts and not parts[-1]:
        parts.pop()
    while parts and not parts[0]:
        parts.pop(0)
    return [part.replace("\x00", "/") for part in parts] if not slash else parts


def _name(text: str) -> str:
    """A name without the blanks people put between two characters: 王　五 is 王五."""
    plain = text if text.isalpha() else " ".join(half_width(text).split())
    return _BETWEEN_HAN.sub("", plain) if " " in plain else plain


def phone_digits(text: str) -> str:
    """A phone number as one looks it up: digits only, without +86; "" for "无" and dashes."""
    digits = re.sub(r"[\s()（）\-—]", "", half_width(text)).removeprefix("+86")
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    return "" if digits in _NOBODY else digits


def _fraction(text: str) -> Fraction | None:
    found = _SHARE.search(text)
    if not found:
        return None
    if found[3]:
        return Fraction(found[3]) / 100
    return Fraction(int(found[1]), int(found[2])) if int(found[2]) else None
