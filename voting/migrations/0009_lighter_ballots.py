import django.db.models.deletion
from django.db import migrations, models

from logbook.triggers import Statements, append_only


def put_down(table: str) -> Statements:
    """Take the triggers off a table: SQLite makes it anew, and would lose them unasked."""
    operation = append_only(table)
    return Statements(operation.reverse_code, operation.code)


class Migration(migrations.Migration):
    """Fewer indexes and checks for every ballot; a receipt's number is found by index."""

    dependencies = [("voting", "0008_witnesses")]

    operations = [
        put_down("voting_ballot"),
        put_down("voting_ballotpoint"),
        migrations.RemoveConstraint(model_name="ballot", name="one_ballot_per_digest"),
        migrations.AlterField(
            model_name="ballot",
            name="party",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="recorded",
                to="voting.party",
            ),
        ),
        migrations.AlterField(
            model_name="ballotpoint",
            name="session",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="voting.session",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                fields=("digest", "session"), name="one_ballot_per_digest"
            ),
        ),
        append_only("voting_ballot"),
        append_only("voting_ballotpoint"),
    ]
