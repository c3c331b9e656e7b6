from django.db import migrations

from logbook.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("voting", "0001_initial")]
    operations = [
        append_only("voting_ballot"),
        append_only("voting_ballotpoint"),
        append_only(
            "voting_party",
            columns=(
                "id",
                "session_id",
                "number",
                "area",
                "why",
                "is_developer",
                "salt",
                "commitment",
                "key",
                "serial",
            ),
        ),
        append_only("voting_partyunit"),
    ]
