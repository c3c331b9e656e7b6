"""Who proposes and who decides are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_incidents"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        # Who asked may withdraw.
        two_people("accounts_reset", "asked_by_id", "settled_by_id", where="{row}done"),
        two_people("accounts_reset", "user_id", "settled_by_id", where="{row}done"),
    ]
