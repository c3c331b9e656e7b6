"""Figures come with their month and stay; what was signed off is not written again."""

from django.db import migrations

from logbook.triggers import append_only, refuses

_COUNTED = "EXISTS (SELECT 1 FROM committees_snapshotcount WHERE snapshot_id = NEW.snapshot_id)"


class Migration(migrations.Migration):
    dependencies = [("committees", "0013_reports")]
    operations = [
        append_only("committees_snapshotfigure"),
        append_only(
            "committees_report",
            columns=(
                "id", "authority_id", "above_id", "kind", "first", "last", "due_on", "clause",
                "as_of", "version", "why", "figures", "drafted_by", "drafted_at",
            ),
        ),
        refuses(
            "the report holds",
            [
                # As the estates of a snapshot: the counts come last.
                ("committees_snapshotfigure", "INSERT", _COUNTED),
                (
                    "committees_report",
                    "UPDATE",
                    "OLD.state IN ('received', 'returned', 'dropped')",
                ),
                (
                    "committees_report",
                    "UPDATE",
                    "OLD.state <> 'draft' AND (OLD.text <> NEW.text "
                    "OR OLD.document_id <> NEW.document_id OR OLD.signed_by <> NEW.signed_by)",
                ),
                (
                    "committees_report",
                    "UPDATE",
                    "OLD.handed_in_by <> '' AND OLD.handed_in_by <> NEW.handed_in_by",
                ),
            ],
        ),
    ]  # fmt: skip
