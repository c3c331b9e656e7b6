"""What was reported, and by whom, stays; a committee ends once, a file is decided on once."""

from django.db import migrations

from logbook.triggers import append_only, refuses


class Migration(migrations.Migration):
    dependencies = [("committees", "0001_registers")]
    operations = [
        append_only("committees_estaterecord"),
        append_only(
            "committees_committee",
            columns=("id", "estate_id", "kind", "formed_on", "recorded_by", "recorded_at"),
        ),
        append_only(
            "committees_registerimport",
            columns=("id", "authority_id", "day", "reporter", "file_sha256", "rows", "actor"),
        ),
        refuses(
            "the registers hold",
            [
                ("committees_committee", "UPDATE", "OLD.ended_on IS NOT NULL"),
                ("committees_registerimport", "UPDATE", "OLD.state <> 'previewed'"),
            ],
        ),
    ]
