"""Why somebody goes on with a stage although a department objects is kept with the stage.

The column is added by hand: Django makes an SQLite table anew for it, which loses its triggers.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import registry.fields
from logbook.triggers import Statements

_TABLE = "committees_reached"


def _add(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
    kind = "bytea" if editor.connection.vendor == "postgresql" else "BLOB"
    editor.execute(f"ALTER TABLE {_TABLE} ADD COLUMN despite {kind} NULL")


def _drop(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(f"ALTER TABLE {_TABLE} DROP COLUMN despite")


class Migration(migrations.Migration):
    dependencies = [("committees", "0017_handover_source")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[Statements(_add, _drop)],
            state_operations=[
                migrations.AddField(
                    model_name="reached",
                    name="despite",
                    field=registry.fields.EncryptedTextField(default=None, null=True),
                ),
            ],
        ),
    ]
