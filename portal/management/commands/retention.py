"""`manage.py retention [--apply]`: what is kept for how long, and what would go now.

Without --apply nothing is changed. With it just that goes which the list named; the sweepers
do the same by themselves. What a legal hold keeps is counted and stays.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from core.deadlines import local_day
from portal.retention import OUTSIDE, apply, what_is_due


class Command(BaseCommand):
    help = "List what would be deleted because its time is over; --apply deletes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        for rule, due in what_is_due(at):
            oldest = f"，最早 {local_day(due.oldest)}" if due.oldest else ""
            held = f"，依法保全不动 {due.held}" if due.held else ""
            self.stdout.write(f"{rule.name}: {due.rows}{oldest}{held}")
            self.stdout.write(f"    {rule.thing}：{rule.kept}，{rule.then}。{rule.basis}")
        for thing, basis, kept in OUTSIDE:
            self.stdout.write(f"（不由本程序删除）{thing}：{kept}。{basis}")
        if not options["apply"]:
            self.stdout.write("以上只是清单，什么也没有删除。加 --apply 才执行。")
            return
        for name, done in apply(at).items():
            self.stdout.write(f"已执行 {name}: {done}")
