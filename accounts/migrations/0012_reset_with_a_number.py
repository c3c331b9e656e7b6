"""A reset may put another number on record: its keyed hash, typed again by who confirms."""

from django.db import migrations, models

from logbook.triggers import Statements, two_people

# SQLite rebuilds a table that gets a column, and drops its triggers with the old one.
_GUARDS = [
    two_people("accounts_reset", first, "settled_by_id", where="{row}done")
    for first in ("asked_by_id", "user_id")
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_holds_two_people"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        *(Statements(guard.reverse_code, guard.code) for guard in _GUARDS),
        migrations.AddField(
            model_name="reset",
            name="phone_hash",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        *_GUARDS,
    ]
