"""`manage.py file_findings`: put what the system finds on the problem register now.

The sweeper "findings" does the same every hour; twice is once.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from committees.tasks import file_due_findings


class Command(BaseCommand):
    help = "File problems 15, 16, 18 and 22 that rows prove into the problem register."

    def handle(self, *args: Any, **options: Any) -> None:
        done = file_due_findings(timezone.now())
        self.stdout.write(f"有新情况的小区：{done} 个")
