"""`manage.py export_log`: the acts of staff for auditors, or a look at such a file.

    export_log --from 2026-01-01 --to 2026-03-31 --reason "…" --out acts.zip
               [--estate CODE] [--format csv|jsonl]
    export_log --check acts.zip

The export is written down in the log, with the reason. `--check` needs no database: exit
status 0 where signature, list and links are right. docs/operations.md says what is in it.
"""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.deadlines import local_day
from core.errors import RuleViolation
from portal.log_checking import NoExport, check_export
from portal.log_export import (
    Wanted,
    all_logs,
    exported,
    log_of_export,
    note_export,
    range_reasons,
)
from portal.log_lines import WRITERS
from registry.models import Estate

ACTOR = "manage.py export_log"


class Command(BaseCommand):
    help = "Write the acts of staff into a file for auditors, or check such a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--to", dest="last", type=date.fromisoformat)
        parser.add_argument("--estate", metavar="CODE", help="of this estate only")
        parser.add_argument("--format", choices=sorted(WRITERS), default="csv")
        parser.add_argument("--reason", default="", help="why; kept in the log")
        parser.add_argument("--out", metavar="FILE", help="a ZIP file; not one that is there")
        parser.add_argument("--check", metavar="FILE", help="check an export, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check(options["check"])
            return
        missing = [f"--{name}" for name in ("from", "to", "out") if not options[_DEST[name]]]
        if missing:
            raise CommandError(f"还要写：{' '.join(missing)}")
        estate = self._estate(options["estate"])
        wanted = Wanted(options["first"], options["last"], estate)
        now = timezone.now()
        # However long: whoever has the command line needs no limit of a page.
        wrong = range_reasons(wanted.first, wanted.last, local_day(now), longest=None)
        if wrong:
            raise CommandError("；".join(map(str, wrong)))
        out = Path(options["out"])
        if out.exists() or not out.parent.is_dir():
            raise CommandError(f"已经有这个文件，或者没有这个文件夹：{out}")
        try:
            note_export(
                wanted,
                kind=options["format"],
                reason=options["reason"],
                actor=ACTOR,
                log=log_of_export(wanted, None),
                at=now,
            )
        except RuleViolation as refused:
            raise CommandError(f"--reason：{refused}") from refused
        logs = all_logs(estate)
        with out.open("xb") as file:
            for piece in exported(logs, wanted, kind=options["format"], at=now):
                file.write(piece)
        self.stdout.write(f"已写入 {out}，{len(logs)} 本记录。")

    def _estate(self, code: str | None) -> Estate | None:
        if not code:
            return None
        found = Estate.objects.filter(code=code).first()
        if found is None:
            raise CommandError(f"没有这个小区：{code}")
        return found

    def _check(self, path: str) -> None:
        try:
            said = check_export(path)
        except NoExport as error:
            raise CommandError(str(error)) from error
        state = "有不符" if said.faults else "相符"
        self.stdout.write(f"记录 {said.logs} 本，操作 {said.acts} 条：{state}")
        self.stdout.write(f"签名的公钥：{said.key}")
        for fault in said.faults:
            self.stdout.write(f"  {fault}")
        if said.faults:
            raise SystemExit(1)


_DEST = {"from": "first", "to": "last", "out": "out"}
