"""The sample estate as a real-estate register exports it, by hand of several clerks."""

import io
from decimal import Decimal

from openpyxl import Workbook

from core.exact import format_area
from portal.demo.sample_estate import Fault, SampleEstate, Unit

AS_EXPORTED, IMPORTABLE, SETTLED = range(3)

HEADER = (
    "不动产单元号",
    "房屋编码",
    "坐落",
    "幢号",
    "单元",
    "层",
    "室号（房号）",
    "用途",
    "建筑面积",
    "面积来源",
    "状态",
    "权利人",
    "证件种类",
    "证件号码",
    "共有情况",
    "取得方式",
    "联系电话",
    "表决人",
)

# One clerk merged the cells of the building number, the others did not.
_MERGED_BUILDINGS = ("3幢", "9幢")
_ADDRESS = "安庆市大观区示例路8号青枫苑"
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def register_export(estate: SampleEstate, stage: int) -> bytes:
    """The estate as an .xlsx, with the faults that are still in it at this stage."""
    faults = [fault for fault in estate.faults if _shown_at(fault, stage)]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "房屋权利人"
    sheet.append(["不动产登记信息查询结果（示例，人员均为虚构）"])
    sheet.merge_cells(end_column=len(HEADER), start_row=1, end_row=1, start_column=1)
    sheet.append(HEADER)
    shown = {(fault.room, fault.column): fault.shown for fault in faults if fault.column}
    merged: dict[str, list[int]] = {}
    for number, unit in enumerate(estate.units, 3):
        cells = dict(zip(HEADER, _cells(unit, number), strict=True))
        cells |= {
            column: value for (room, column), value in shown.items() if room == unit.label
        }
        sheet.append(list(cells.values()))
        if unit.building in _MERGED_BUILDINGS:
            merged.setdefault(unit.building, []).append(number)
    for rows in merged.values():
        for row in rows[1:]:
            sheet.cell(row, 4).value = None
        sheet.merge_cells(start_row=rows[0], end_row=rows[-1], start_column=4, end_column=4)
    twice = {fault.room for fault in faults if fault.kind == "room_twice"}
    for unit in estate.units:
        if unit.label in twice:
            sheet.append(_second_row(unit))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cells(unit: Unit, number: int) -> list[object]:
    """A row as clerks write it: numbers, texts and full-width texts by turns."""
    index = number - 2
    area = format_area(unit.area)
    written: object = Decimal(area)
    if index % 7 == 3:
        written = area if index % 2 else area.translate(_FULL_WIDTH)
    numbers = "、".join(owner.number for owner in unit.owners)
    phones = "、".join(owner.phone for owner in unit.owners if owner.phone)
    kinds = dict.fromkeys(owner.document_kind for owner in unit.owners)
    address = f"{_ADDRESS}{unit.label}"
    return [
        f"999999001001GB00001F{index:08}",
        f"SF{index:06}",
        address,
        unit.building,
        unit.entrance,
        unit.floor,
        int(unit.room) if unit.building in ("7幢", "8幢") else unit.room,
        unit.use,
        written,
        unit.area_source,
        unit.status,
        "、".join(owner.name for owner in unit.owners),
        "、".join(kinds),
        numbers.lower() if index % 3 == 0 else numbers,
        unit.share,
        unit.basis,
        f"{phones[:3]} {phones[3:7]} {phones[7:]}" if index % 29 == 0 else phones,
        unit.voter,
    ]


def _second_row(unit: Unit) -> list[object]:
    """The same flat once more, spelt otherwise and without its numbers."""
    cells = dict(zip(HEADER, _cells(unit, 3), strict=True))
    cells |= {
        "不动产单元号": "",
        "房屋编码": "",
        "幢号": unit.building.replace("幢", "＃"),
        "单元": f"{unit.entrance}单元",
        "室号（房号）": f"{unit.room}室".translate(_FULL_WIDTH),
    }
    return list(cells.values())


def _shown_at(fault: Fault, stage: int) -> bool:
    return stage == AS_EXPORTED or (stage == IMPORTABLE and fault.found_by == "doctor")
