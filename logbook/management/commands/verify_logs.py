"""`manage.py verify_logs`: is every log what was written?

    verify_logs [NAME…] [--json]       every link, leaf and signed head
    verify_logs --save heads.json      also keep the heads, to be put where nobody can write
    verify_logs --against heads.json   also compare with heads that were kept, or that an
                                       export for auditors brought along

With --json, stdout is one JSON object: {"ok": bool, "logs": int, "entries": int, "faults":
[{"log": str, "seq": int | null, "what": str}]}. Exit status 0 only when all is well.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum

from logbook.checking import Fault, Head, against, check, heads
from logbook.models import Log

_WORDS = {
    "gap": "这里缺一条",
    "empty": "内容空了，没有销毁的登记",
    "line": "这一条写的序号或者种类不对",
    "link": "和前一条接不上",
    "leaf": "内容和指纹不符",
    "size": "条数不对",
    "head": "末尾的指纹不对",
    "checkpoint": "和签过名的检查点不符",
    "missing": "整本不见了",
    "shorter": "比留存的短，末尾被删了",
    "rewritten": "和留存的指纹不符，重写过",
}


class Command(BaseCommand):
    help = "Verify the logs: all well (exit 0) or what is wrong (exit 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="of these logs only")
        parser.add_argument("--save", metavar="FILE", help="keep the heads in this file")
        parser.add_argument("--against", metavar="FILE", help="compare with heads kept before")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Log.objects.order_by("name")
        if options["names"]:
            found = found.filter(name__in=options["names"])
            if unknown := set(options["names"]) - set(found.values_list("name", flat=True)):
                raise CommandError(f"没有这本记录：{'、'.join(sorted(unknown))}")
        faults: list[Fault] = []
        if options["against"]:
            faults += against(_kept(options["against"]))
        faults += [fault for log in found for fault in check(log)]
        if options["save"]:
            told = {name: list(head) for name, head in heads().items()}
            Path(options["save"]).write_text(json.dumps(told, indent=1), encoding="utf-8")
        counts = {"logs": found.count(), "entries": found.aggregate(n=Sum("size"))["n"] or 0}
        if options["json"]:
            answer = {"ok": not faults, **counts, "faults": [one._asdict() for one in faults]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write(
                f"记录 {counts['logs']} 本，{counts['entries']} 条："
                f"{'全部相符' if not faults else '有不符'}"
            )
            for one in faults:
                place = "" if one.seq is None else f" 第{one.seq}条"
                self.stdout.write(f"  {one.log}{place}：{_WORDS[one.what]}")
        if faults:
            raise SystemExit(1)


def _kept(path: str) -> dict[str, Head]:
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        # An export for auditors has them beside its signature (`manage.py export_log`).
        told = told["logs"] if told.get("type") == "heads" else told
        return {str(name): Head(int(size), str(head)) for name, (size, head) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise CommandError(f"读不了留存的指纹：{path}") from error
