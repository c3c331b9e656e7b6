"""manage.py load_divisions: the shipped division tree into the database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from registry.services.places import load_divisions


class Command(BaseCommand):
    help = "Load the statistical division tree of the seed cities; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_divisions(actor="manage.py load_divisions", at=timezone.now())
        self.stdout.write(f"{count} divisions new or changed")
