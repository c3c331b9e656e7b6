"""manage.py import_estate: a roll file into the registry, or only its faults.

    manage.py import_estate FILE --division CODE [--check] [--json]

Without --check the file is previewed and confirmed in one go; a file with a fault is
refused as a whole. An estate of that name in that 社区 is brought up to date, else it is
founded. With --check nothing is written and no database is needed.

With --json, stdout is exactly one JSON object whatever the input:
    {"ok": bool, "estate": code or null, "units": int, "area": "0.00",
     "new": int, "changed": int, "unchanged": int, "gone": int, "findings": int,
     "faults": [{"row": int, "column": str, "reason": str}], "warnings": [the same]}
`row` counts the header as the row it stands in; 0 means the file as a whole. Exit status 0
only where there was no fault.
"""

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from django.core.management.base import CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from core.errors import RuleViolation
from core.exact import format_area
from core.tables import Table, content_of, read_table
from registry.domain.columns import mapping_faults, recognise
from registry.domain.difference import retirement
from registry.domain.rows import Fault, parse, prepare
from registry.management.json_command import JsonCommand
from registry.models import Authority, Division, Estate
from registry.services import imports, places, profiles

ACTOR = "manage.py import_estate"
NO_DATABASE = "数据库连不上，或者还没有建表；请检查 DATABASE_URL，并运行 migrate"
Value = TypeVar("Value")


class Command(JsonCommand):
    help = "Import a roll (.xlsx, .xls, .csv) into an estate, or check it."
    usage = "命令的参数不对，应为 import_estate 文件 --division 区划代码 [--check] [--json]"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # Not required by argparse: a missing one is a fault like any other.
        parser.add_argument("file", nargs="?", help="the register's export")
        parser.add_argument("--division", help="12-digit code of the 社区 or village")
        parser.add_argument(
            "--name", default="", help="name of the estate (default: the file's)"
        )
        parser.add_argument("--part", action="store_true", help="the file lists a part only")
        parser.add_argument(
            "--check", action="store_true", help="write nothing, name the faults"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except Exception:
            if "--json" not in argv:
                raise
            # Whoever reads JSON gets JSON; the cause is for whoever reads stderr.
            traceback.print_exc()
            self.refuse("程序出错，没有写入任何内容；原因见错误输出")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = _run(options)
        except RuleViolation as refusal:
            result = _refused(str(refusal))
        except DatabaseError:
            result = _refused(NO_DATABASE)
        self._end(result, as_json=options["json"])

    def refuse(self, reason: str) -> NoReturn:
        self._end(_refused(reason), as_json=True)

    def _end(self, result: dict[str, Any], *, as_json: bool) -> NoReturn:
        status = 0 if result["ok"] else 1
        self.end(result, _lines(result), as_json=as_json, status=status)


def _run(options: dict[str, Any]) -> dict[str, Any]:
    division, wrong = _or_reason(lambda: _division(options["division"]))
    content, unreadable = _or_reason(lambda: _content(options["file"]))
    table = None
    if content is not None:
        table, unreadable = _or_reason(lambda: read_table(content, options["file"]))
    name = options["name"].strip() or Path(options["file"] or "").stem.strip()
    checked = _checked(table, division, name) if table else _refused(*unreadable)
    if wrong:
        checked["faults"] = _refused(*wrong)["faults"] + checked["faults"]
        checked["ok"] = False
    if options["check"] or content is None or division is None or not checked["ok"]:
        return checked
    estate = _estate(division, name)
    kept = imports.preview_import(
        estate_id=estate.pk,
        file_name=Path(options["file"]).name,
        content=content,
        mapping=None,
        actor=ACTOR,
        at=timezone.now(),
        whole=not options["part"],
    )
    loss = retirement(kept.summary)
    kept = imports.confirm_import(
        import_id=kept.pk, actor=ACTOR, at=timezone.now(), retiring=True
    )
    written = _result([], estate=estate.code, summary=kept.summary)
    loss = loss and f"{loss}（命令里加 --part；这次导入可以在名册页面撤销）"
    of_the_roll = [_fault(Fault(0, "", loss, is_warning=True))] if loss else []
    return {**written, "warnings": of_the_roll + checked["warnings"]}


def _or_reason(read: Callable[[], Value]) -> tuple[Value | None, list[str]]:
    """What was read, or why not: a wrong file does not hide a wrong place."""
    try:
        return read(), []
    except RuleViolation as refusal:
        return None, [str(refusal)]


def _checked(table: Table, division: str | None, name: str) -> dict[str, Any]:
    mapping = _mapping(table, division, name)
    missing = mapping_faults(mapping, table.header)
    if missing:
        return _result(_of_the_file(missing))
    units, faults = parse(prepare(table, mapping))
    if not units and not faults:
        return _result(_of_the_file(["表格里没有一套房屋"]))
    summary = {"units": len(units), "area": sum(unit.area or 0 for unit in units)}
    return _result(faults, summary=summary)


def _mapping(table: Table, division: str | None, name: str) -> dict[str, str]:
    """What the estate used for these headers before, where there is a database to ask."""
    try:
        estate = _found(division, name) if division else None
    except DatabaseError:
        estate = None
    known = imports.known_mapping(estate.pk, table.header) if estate else None
    return known or recognise(table.header)


def _content(path: str | None) -> bytes:
    if not path:
        raise RuleViolation("file.none", "没有给出文件")
    return content_of(path)


def _division(code: str | None) -> str:
    if not code:
        raise RuleViolation("division.none", "没有给出 --division 区划代码")
    shipped = {place.code for place in places.shipped_divisions() if place.level == 5}
    # A tree the installation loaded itself needs the database, the shipped one does not.
    if code not in shipped and not Division.objects.filter(pk=code, level=5).exists():
        raise RuleViolation(
            "division.unknown", "区划代码应当是已收录的社区（村）一级的 12 位代码，请核对"
        )
    return code


def _estate(division: str, name: str) -> Estate:
    """The estate of that name in that place; founded, with all it stands on, if new."""
    estate = _found(division, name)
    if estate is not None:
        return estate
    now = timezone.now()
    if not Division.objects.filter(pk=division).exists():
        places.load_divisions(actor=ACTOR, at=now)
    if not Authority.objects.filter(division_id=division).exists():
        city = division[:4] + "00000000"
        today = timezone.localdate(now)
        places.load_authorities(city=city, valid_from=today, actor=ACTOR, at=now)
    profiles.load_profiles(actor=ACTOR, at=now)
    return places.create_estate(name=name, division_code=division, actor=ACTOR, at=now)


def _found(division: str, name: str) -> Estate | None:
    return Estate.objects.filter(division_id=division, name=name[:80]).first()


def _of_the_file(reasons: Iterable[str]) -> list[Fault]:
    return [Fault(0, "", reason) for reason in reasons]


def _refused(*reasons: str) -> dict[str, Any]:
    return _result(_of_the_file(reasons))


def _result(
    faults: list[Fault], *, estate: str | None = None, summary: dict[str, Any] | None = None
) -> dict[str, Any]:
    counted = summary or {}
    blocking = [_fault(fault) for fault in faults if not fault.is_warning]
    return {
        "ok": not blocking,
        "estate": estate,
        "area": format_area(counted.get("area", 0)),
        **{
            name: counted.get(name, 0)
            for name in ("units", "new", "changed", "unchanged", "gone", "findings")
        },
        "faults": blocking,
        "warnings": [_fault(fault) for fault in faults if fault.is_warning],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {"row": fault.row, "column": fault.column, "reason": fault.reason}


def _lines(result: dict[str, Any]) -> list[str]:
    lines = [
        f"房屋 {result['units']} 套，建筑面积合计 {result['area']} 平方米",
    ]
    if result["estate"] and result["ok"]:
        lines.append(
            f"已导入 {result['estate']}：新增 {result['new']}、变更 {result['changed']}、"
            f"不变 {result['unchanged']}、失效 {result['gone']}；"
            f"名册检查有 {result['findings']} 处待处理"
        )
    elif not result["ok"]:
        lines.append("没有写入任何内容。")
    for title, faults in (("错误", result["faults"]), ("提示", result["warnings"])):
        lines += [f"{title}：{_place(fault)}{fault['reason']}" for fault in faults]
    return lines


def _place(fault: dict[str, Any]) -> str:
    if not fault["row"]:
        return ""
    return f"第 {fault['row']} 行 {fault['column']}：".replace(" ：", "：")
