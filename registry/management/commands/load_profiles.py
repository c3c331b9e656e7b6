"""manage.py load_profiles: the shipped rule profiles into the database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from registry.services.profiles import load_profiles


class Command(BaseCommand):
    help = "Load the shipped rule profiles; safe to repeat, confirmations are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_profiles(actor="manage.py load_profiles", at=timezone.now())
        self.stdout.write(f"{count} profiles new or changed")
