from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from logbook.triggers import append_only


_fixed = import_module("documents.migrations.0002_append_only")._FIXED
_put_down = import_module("documents.migrations.0005_standing").put_down


class Migration(migrations.Migration):
    """A paper may be an authority's: what one bureau reports to the next has no estate."""

    dependencies = [
        ("documents", "0005_standing"),
        ("registry", "0003_authority_phone"),
    ]

    operations = [
        _put_down("documents_document"),
        migrations.AddField(
            model_name="document",
            name="authority",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.authority",
            ),
        ),
        migrations.AlterField(
            model_name="document",
            name="estate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="registry.estate",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("authority__isnull", True), ("estate__isnull", False)),
                    models.Q(("authority__isnull", False), ("estate__isnull", True)),
                    _connector="OR",
                ),
                name="a_paper_is_of_one_place",
            ),
        ),
        append_only("documents_document", columns=(*_fixed, "authority_id")),
    ]
