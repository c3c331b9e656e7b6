"""manage.py load_authorities --city CODE: the tree of authorities a city's divisions imply."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.errors import RuleViolation
from registry.services.places import load_authorities


class Command(BaseCommand):
    help = "Create the authorities that follow from a city's division tree; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--city", required=True, help="12-digit code of the city")
        parser.add_argument(
            "--from",
            dest="valid_from",
            type=date.fromisoformat,
            default=date(2023, 1, 1),
            help="first day of validity (default 2023-01-01)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_authorities(
                city=options["city"],
                valid_from=options["valid_from"],
                actor="manage.py load_authorities",
                at=timezone.now(),
            )
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{count} authorities created")
