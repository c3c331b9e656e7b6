"""An invented small city below real-looking codes, with its authorities and officials."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

from openpyxl import Workbook

from committees.domain.estate_register import HEADER
from committees.models import RegisterImport
from committees.services.register import confirm_register, preview_register
from registry.models import Authority, Division

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
DAY = date(2026, 10, 31)
BY = "user:21"
LONG_AGO = date(2020, 1, 1)


def city() -> Authority:
    """样例市: two districts, a zone that the codes put into one of them, streets, 社区."""
    _division("990000000000", "样例省", 1, None)
    _division("999900000000", "样例市", 2, "990000000000")
    bureau = _authority("city_bureau", "样例市住建局", "999900000000", None)
    zone = _authority("zone_administration", "样例高新区管委会", "999902009000", bureau)
    for district, name in (("999901", "东区"), ("999902", "西区")):
        _division(f"{district}000000", name, 3, "999900000000")
        desk = _authority("district_bureau", f"{name}住建局", f"{district}000000", bureau)
        for street in ("001", "002"):
            code = f"{district}{street}000"
            _division(code, f"{name[0]}{street[-1]}街道", 4, f"{district}000000")
            office = _authority("street_office", f"{name[0]}{street[-1]}街道办事处", code, desk)
            for number in ("001", "002"):
                own = f"{district}{street}{number}"
                _division(own, f"{name[0]}{street[-1]}{number[-1]}社区居委会", 5, code)
                _authority("residents_committee", f"{own}居委会", own, office)
    _division("999902009000", "高新区", 4, "999902000000")
    _division("999902009001", "高新社区居委会", 5, "999902009000")
    zone.division_id = "999902009000"
    zone.save()
    return bureau


def authority(name: str) -> Authority:
    return Authority.objects.get(name=name)


def _division(code: str, name: str, level: int, parent: str | None) -> Division:
    return Division.objects.create(code=code, name=name, level=level, parent_id=parent)


def _authority(kind: str, name: str, division: str, parent: Authority | None) -> Authority:
    known = Division.objects.filter(code=division).exists()
    return Authority.objects.create(
        kind=kind,
        name=name,
        division_id=division if known else None,
        parent=parent,
        valid_from=LONG_AGO,
    )


def line(name: str, place: str = "东区、东1街道、东11社区", **changes: str) -> list[str]:
    """A row of the register; `changes` by column: small, around, service, formed, party,
    manager, rate."""
    row = {"number": "1", "name": name, "small": "", "place": place, "around": "东至一路",
           "service": "1", "formed": "3", "party": "5", "manager": "样例物业",
           "rate": ""}  # fmt: skip
    return list((row | changes).values())


def workbook(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(["住宅物业管理区域信息台账"])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # "=1+1" as somebody typed it after an apostrophe
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hand_in(
    who: Authority, *rows: Sequence[str], day: date = DAY, at: datetime = AT
) -> RegisterImport:
    return preview_register(
        authority_id=who.pk,
        day=day,
        reporter=who.name,
        file_name="台账.xlsx",
        content=workbook(rows),
        actor=BY,
        at=at,
    )


def write(who: Authority, *rows: Sequence[str], day: date = DAY, at: datetime = AT):  # type: ignore[no-untyped-def]
    """Hand a register in and confirm it, whatever it ends."""
    handed_in = hand_in(who, *rows, day=day, at=at)
    return confirm_register(import_id=handed_in.pk, ends=True, actor=BY, at=at)
