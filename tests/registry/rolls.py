"""Rolls for tests: invented people of the reserved region 999999, and files holding them."""

import csv
import io
from datetime import UTC, date, datetime

import openpyxl

from registry.models import Authority, Division, Estate
from registry.services.imports import confirm_import, preview_import

AT = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
HEADER = (
    "不动产单元号", "坐落", "幢号", "单元", "层", "室号", "规划用途", "建筑面积(㎡)",
    "面积来源", "权利人", "证件种类", "证件号码", "共有情况", "取得方式", "联系电话", "状态",
)  # fmt: skip


def number(serial: int) -> str:
    """An identity number of region 999999, which no place has; its check digit is right."""
    body = f"999999{serial:011}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def line(**cells: str) -> tuple[str, ...]:
    """A row of HEADER: room 101 of building 1, all other cells by keyword."""
    known = {
        "幢号": "1幢", "单元": "1", "层": "1", "室号": "101", "规划用途": "成套住宅",
        "建筑面积(㎡)": "89.50", "面积来源": "登记", "权利人": "王五", "证件种类": "身份证",
        "证件号码": number(1), "共有情况": "单独所有", "取得方式": "买卖", "状态": "已交付",
    }  # fmt: skip
    known.update(cells)
    return tuple(known.get(name, "") for name in HEADER)


def roll_lines(count: int) -> list[tuple[str, ...]]:
    """An estate of `count` units, 100 to a building, every owner another."""
    return [
        line(
            不动产单元号=f"340802001001GB00001F{index:08}",
            幢号=f"{index // 100 + 1}幢",
            单元=str(index // 50 % 2 + 1),
            层=str(index // 2 % 25 + 1),
            室号=f"{index // 2 % 25 + 1}{index % 2 + 1:02}",
            权利人=f"王{chr(0x4E00 + index % 2000)}",
            证件号码=number(index),
            联系电话=f"1000{index:07}",
            **{"建筑面积(㎡)": f"{60 + index % 90}.{index % 100:02}"},
        )
        for index in range(count)
    ]


def as_csv(rows, header=HEADER, encoding="utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows, header=HEADER, merges=()) -> bytes:
    book = openpyxl.Workbook(write_only=not merges)
    sheet = book.create_sheet() if not merges else book.active
    for row in [header, *rows]:
        sheet.append(row)
    for merged in merges:
        sheet.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_estate(name: str = "样板苑") -> Estate:
    division, _made = Division.objects.get_or_create(
        code="340802001001", defaults={"name": "吴樾居委会", "level": 5}
    )
    authority, _made = Authority.objects.get_or_create(
        division=division,
        kind="residents_committee",
        defaults={"name": "吴樾居委会", "valid_from": date(2023, 1, 1)},
    )
    return Estate.objects.create(
        code=f"E{Estate.objects.count():07}", name=name, division=division, authority=authority
    )


def previewed(estate, rows, *, at=AT, header=HEADER, actor="clerk", **more):
    return preview_import(
        estate_id=estate.pk,
        file_name="roll.csv",
        content=as_csv(rows, header),
        mapping=None,
        actor=actor,
        at=at,
        **more,
    )


def imported(estate, rows, *, at=AT, **more):
    return confirm_import(
        import_id=previewed(estate, rows, at=at, **more).pk, actor="clerk", at=at
    )
