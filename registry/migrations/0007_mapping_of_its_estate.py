"""What columns mean is remembered by estate, no longer for the whole platform.

Rows kept until now do not say whose they are; one organiser's would steer another's file. They
are dropped: headers are recognised by name again, or mapped once more.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_proposals"),
    ]

    operations = [
        migrations.DeleteModel(name="ColumnMapping"),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("header_sha256", models.CharField(max_length=64)),
                ("mapping", models.JSONField()),
                (
                    "estate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="column_mappings",
                        to="registry.estate",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("estate", "header_sha256"),
                        name="one_mapping_per_estate_and_headers",
                    )
                ],
            },
        ),
    ]
