from importlib import import_module

from django.db import migrations, models

from logbook.triggers import Statements, append_only

_fixed = import_module("documents.migrations.0002_append_only")._FIXED


def put_down(table: str) -> Statements:
    """Take the triggers off a table: SQLite makes it anew, and would lose them unasked."""
    operation = append_only(table)
    return Statements(operation.reverse_code, operation.code)


class Migration(migrations.Migration):
    """What is in the way of what a paper decides, though the paper itself is in force."""

    dependencies = [
        ("documents", "0004_hanging_append_only"),
    ]

    operations = [
        put_down("documents_document"),
        migrations.AddField(
            model_name="document",
            name="standing",
            field=models.CharField(blank=True, default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="document",
            name="standing_note",
            field=models.CharField(blank=True, default="", max_length=600),
            preserve_default=False,
        ),
        append_only("documents_document", columns=_fixed),
    ]
