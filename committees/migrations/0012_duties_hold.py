"""What was done, reported and said of it stays; a report moves on by its steps alone."""

from django.db import migrations

from logbook.triggers import append_only, refuses


class Migration(migrations.Migration):
    dependencies = [("committees", "0011_duties")]
    operations = [
        append_only("committees_occasion"),
        append_only("committees_dutydone"),
        append_only("committees_dutystrike"),
        append_only("committees_breachstep"),
        append_only(
            "committees_breach",
            columns=(
                "id", "estate_id", "committee_id", "number", "act", "day", "text", "source",
                "unit_id", "submission", "filed_by", "filed_at",
            ),
        ),
        refuses(
            "a report that is settled stays so",
            [("committees_breach", "UPDATE", "OLD.state IN ('founded', 'unfounded')")],
        ),
    ]  # fmt: skip
