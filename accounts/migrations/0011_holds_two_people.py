"""Whoever sets a legal hold does not lift it, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_two_people"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        # The server's command line is no person: it may do both.
        two_people(
            "accounts_legalhold",
            "set_by",
            "lifted_by",
            where="substr({row}\"lifted_by\", 1, 5) = 'user:'",
        ),
    ]
