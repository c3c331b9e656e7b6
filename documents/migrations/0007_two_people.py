"""Who proposes and who decides are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0006_authority_papers"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        two_people("documents_stampedcopy", "uploaded_by", "decided_by"),
    ]
