"""A snapshot is written once, whole, and never again."""

from django.db import migrations

from logbook.triggers import append_only, refuses

_COUNTED = "EXISTS (SELECT 1 FROM committees_snapshotcount WHERE snapshot_id = NEW.snapshot_id)"


class Migration(migrations.Migration):
    dependencies = [("committees", "0003_snapshots")]
    operations = [
        append_only("committees_snapshot"),
        append_only("committees_snapshotestate"),
        append_only("committees_snapshotcount"),
        # The counts come last: nothing joins a snapshot that has them.
        refuses("the snapshot holds", [("committees_snapshotestate", "INSERT", _COUNTED)]),
    ]
