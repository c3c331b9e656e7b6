"""manage.py confirm_profile_value: a named official answers for an unverified value."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.errors import RuleViolation
from registry.services.profiles import confirm_profile_value


class Command(BaseCommand):
    help = "Record that a named official confirms a value whose clause could not be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="profile, e.g. anhui")
        parser.add_argument("name", help="value, e.g. notice_days")
        parser.add_argument("--official", required=True, help="name and post")
        parser.add_argument("--seen", required=True, help="document and article relied on")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            confirm_profile_value(
                code=options["code"],
                name=options["name"],
                official=options["official"],
                seen=options["seen"],
                actor="manage.py confirm_profile_value",
                at=timezone.now(),
            )
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{options['code']}: {options['name']} confirmed")
