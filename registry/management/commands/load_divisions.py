"""manage.py load_divisions [FILE]: a division tree into the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from registry.services.places import DATA, load_divisions


class Command(BaseCommand):
    help = "Load a statistical division tree (the seed cities' by default); safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=DATA / "divisions.csv",
            help="CSV with the columns code, name, level, parent_code",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_divisions(
                actor="manage.py load_divisions", at=timezone.now(), path=options["file"]
            )
        except (OSError, KeyError, UnicodeError) as error:
            raise CommandError(f"cannot read {options['file']}: {error!r}") from error
        self.stdout.write(f"{count} divisions new or changed")
