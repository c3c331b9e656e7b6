"""Who hands a report in and who takes it in above are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("committees", "0018_stage_despite_objection"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        two_people("committees_report", "handed_in_by", "decided_by"),
    ]
