"""python manage.py export_openings SESSION --out FILE --for NUMBER: all of a named vote."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import RuleViolation
from voting.models import Session
from voting.selectors.opened import opened_lines
from voting.services.openings import record_export


class Command(BaseCommand):
    help = "Write openings.jsonl, for a court or an audit; the estate's log says so first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", help="the session's public code")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument(
            "--for", dest="number", required=True, help="number of the paper that asks for it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        session = Session.objects.filter(code=str(options["session"]).upper()).first()
        if session is None:
            raise CommandError("no such session")
        try:
            # For this user alone, and nothing is overwritten.
            handle = os.open(options["out"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror}") from error
        with os.fdopen(handle, "wb") as file:
            try:
                record_export(
                    session_id=session.pk, number=options["number"], at=timezone.now()
                )
            except RuleViolation as refused:
                options["out"].unlink()
                raise CommandError(str(refused)) from refused
            for line in opened_lines(session):
                file.write(line + b"\n")
