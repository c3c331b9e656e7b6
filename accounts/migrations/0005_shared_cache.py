"""The table behind the cache where there is no Redis: limits must hold for all workers."""

from django.core.management import call_command
from django.db import migrations

TABLE = "yishi_cache"


def make(apps, schema_editor):
    call_command(
        "createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0
    )


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_sign_ins_and_resets")]
    operations = [migrations.RunPython(make, drop)]
