"""Write the export of one session: manage.py export_board SESSION --out DIR."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import RuleViolation
from voting.selectors import session_by_code
from voting.services.exporting import export_board


class Command(BaseCommand):
    help = "Write a session's board as a folder that `python -m voting.verifier` checks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("session", metavar="SESSION", help="the public code")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        session = session_by_code(options["session"])
        if session is None or session.board is None:
            raise CommandError(f"没有编号为 {options['session']} 的已公告会议")
        try:
            export_board(session, options["out"])
        except RuleViolation as refused:
            raise CommandError(str(refused)) from refused
        except FileExistsError:
            raise CommandError(f"{options['out']} 不是空文件夹") from None
        self.stdout.write(f"{options['out']}")
