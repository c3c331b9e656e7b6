from django.db import migrations, models

from logbook.triggers import erasable


class Migration(migrations.Migration):
    """What was opened for a court goes with the ballots it was opened from."""

    dependencies = [
        ("logbook", "0005_erasure"),
        ("voting", "0022_archives"),
    ]

    operations = [
        migrations.AddField(
            model_name="courtfile",
            name="destroyed_at",
            field=models.DateTimeField(null=True),
        ),
        # No other table is asked: a trigger that names one stops SQLite from altering that one.
        erasable(
            "voting_courtfile",
            same=("id", "order_id", "trustee", "received_at"),
            emptied="content",
            where="OLD.destroyed_at IS NULL AND NEW.destroyed_at >= OLD.received_at",
            years=0,
        ),
    ]
