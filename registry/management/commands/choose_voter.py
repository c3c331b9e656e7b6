"""manage.py choose_voter: whom the joint owners of a unit chose to vote."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.errors import RuleViolation
from registry.models import Ownership, Unit
from registry.services.titles import choose_voter


class Command(BaseCommand):
    help = "Record the chosen voter of a jointly owned unit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("estate", help="code of the estate")
        parser.add_argument("room", help="label of the unit, e.g. 3幢2单元501室")
        parser.add_argument("name", help="name of the owner chosen")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = Unit.objects.filter(
            estate__code=options["estate"], label=options["room"], is_active=True
        ).first()
        if unit is None:
            raise CommandError("没有这套房屋")
        titles = Ownership.objects.filter(unit=unit, valid_to__isnull=True)
        named = [
            one for one in titles.select_related("owner") if one.owner.name == options["name"]
        ]
        if len(named) != 1:
            raise CommandError("这套房屋没有这位业主，或者有两位同名业主")
        try:
            count = choose_voter(
                unit_id=unit.pk,
                owner_id=named[0].pk,
                actor="manage.py choose_voter",
                at=timezone.now(),
            )
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{count} units")
