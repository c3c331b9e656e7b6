"""Who proposes and who decides are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0007_reports_due"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        # Who prepared it may take it back.
        two_people(
            "disclosures_closing", "prepared_by", "decided_by", where="{row}state = 'published'"
        ),
    ]
