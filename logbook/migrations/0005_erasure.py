import django.db.models.deletion
from django.db import migrations, models

from logbook.triggers import append_only, erasable


class Migration(migrations.Migration):
    """Ballots are emptied when their time is over; every other change is refused as before."""

    dependencies = [
        ("logbook", "0004_cosignatures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lines", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "log",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasure",
                        to="logbook.log",
                    ),
                ),
            ],
        ),
        append_only("logbook_erasure"),
        erasable(
            "logbook_entry",
            same=("id", "log_id", "seq", "kind", "leaf_hash", "recorded_at"),
            emptied="line",
            where="OLD.kind IN ('ballot', 'paper') AND EXISTS ("
            "SELECT 1 FROM logbook_erasure e "
            "WHERE e.log_id = OLD.log_id AND e.at >= {later:OLD.recorded_at})",
            years=3,  # core.retention.LEAST_YEARS, as it was when this was written
        ),
    ]
