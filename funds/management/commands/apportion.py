"""`manage.py apportion`: share an amount among units by area, to the fen.

    manage.py apportion --units FILE --amount YUAN [--json]

FILE (.csv, .xlsx, .xls) has the columns 房号 and 建筑面积. With --json, stdout is exactly one
JSON object whatever the input: {"total_fen": int, "shares": [{"unit": str, "fen": int}, …]},
every unit in the order of the file, a share of 0 too; where nothing could be shared, total_fen
is 0, shares is [] and "faults": [{"row": int, "reason": str}] says why. Exit status 0 only
where it was shared. No database is needed.
"""

from typing import Any, NoReturn

from django.core.management.base import CommandParser

from core.errors import RuleViolation
from core.exact import format_area, format_yuan, parse_yuan
from core.tables import content_of, read_table
from funds.domain.apportionment import apportion
from funds.domain.sheets import RowFault
from funds.domain.unit_list import UnitArea, read_units
from registry.management.json_command import JsonCommand


class Command(JsonCommand):
    help = "Share an amount among units by exclusive area (Civil Code art. 283)."
    usage = "命令的参数不对，应为 apportion --units 文件 --amount 金额（元） [--json]"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # Not required by argparse: a missing one is a fault like any other.
        parser.add_argument("--units", metavar="FILE", help="columns 房号, 建筑面积")
        parser.add_argument("--amount", metavar="YUAN", help="e.g. 186400.00")

    def refuse(self, reason: str) -> NoReturn:
        self._refuse([RowFault(0, reason)], as_json=True)

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        units, faults = _units(options["units"])
        try:
            amount = parse_yuan(options["amount"] or "")
        except RuleViolation as refused:
            faults = [RowFault(0, str(refused)), *faults]
        if faults:
            self._refuse(faults, as_json=as_json)
        shares = apportion(amount, units)
        answer = {
            "total_fen": amount,
            "shares": [
                {"unit": one.unit, "fen": fen} for one, fen in zip(units, shares, strict=True)
            ],
        }
        lines = [
            f"{one.unit}　{format_area(one.area)} 平方米　{format_yuan(fen)} 元"
            for one, fen in zip(units, shares, strict=True)
        ]
        lines.append(f"合计　{len(units)} 套　{format_yuan(amount)} 元")
        self.end(answer, lines, as_json=as_json, status=0)

    def _refuse(self, faults: list[RowFault], *, as_json: bool) -> NoReturn:
        answer = {
            "total_fen": 0,
            "shares": [],
            "faults": [{"row": fault.row, "reason": fault.reason} for fault in faults],
        }
        lines = ["没有分摊：请先改正下列问题。"]
        lines += [
            f"{f'第 {fault.row} 行：' if fault.row else ''}{fault.reason}" for fault in faults
        ]
        self.end(answer, lines, as_json=as_json, status=1)


def _units(path: str | None) -> tuple[list[UnitArea], list[RowFault]]:
    if not path:
        return [], [RowFault(0, "没有给出 --units 文件")]
    try:
        return read_units(read_table(content_of(path), path))
    except RuleViolation as refused:
        return [], [RowFault(0, str(refused))]
