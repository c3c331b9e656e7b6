"""`manage.py rotate_keys [--dry-run]`: give everything that is encrypted the present key.

The site may run. Killed at any point, it is started again and does what is left. Exit status
0 only where nothing has another key afterwards. docs/operations.md says in which order.
"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import ProgrammingError
from django.utils import timezone

from core.sealed import Mark
from portal.rotation import counts_by_key, current_mark, rotate_keys, values_left
from registry.resealing import ROWS

ACTOR = "manage.py rotate_keys"


class Command(BaseCommand):
    help = "Seal everything encrypted under the present data key and cipher."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count by key, no more")
        parser.add_argument(
            "--batch", type=int, default=ROWS, help="rows of one transaction, at most"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            sys.exit(1 if self._count() else 0)
        try:
            said = rotate_keys(
                actor=ACTOR,
                at=timezone.now(),
                rows=max(1, options["batch"]),
                tell=lambda label, done: self.stdout.write(f"{label}: {done}"),
            )
        except ProgrammingError as error:
            self.stderr.write(f"数据库拒绝了：请用建表的那个账号（表的所有者）运行。{error}")
            sys.exit(2)
        self.stdout.write(f"重新加密 {sum(said.resealed.values())} 行（个文件）。")
        for label, count in said.unreadable.items():
            self.stdout.write(f"解不开 {label}: {count}（缺钥匙，或者被改动过）")
        left = self._count()
        if left and not said.unreadable:
            self.stdout.write("还有进程在用旧钥匙写：全部重启以后再运行一次。")
        sys.exit(1 if left else 0)

    def _count(self) -> int:
        counts, current = counts_by_key(), current_mark()
        self.stdout.write(f"现在用的：{_named(current)}")
        for label, counted in counts.items():
            parts = [f"{_named(mark)} {count}" for mark, count in sorted(counted.items())]
            self.stdout.write(f"  {label}: {'，'.join(parts)}")
        left = values_left(counts)
        self.stdout.write(f"不是现在这把钥匙的：{left}")
        return left


def _named(mark: Mark) -> str:
    return f"{mark.cipher}/{mark.key or '（旧格式，没有编号）'}"
