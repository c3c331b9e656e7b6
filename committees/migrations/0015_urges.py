"""Reminders of formations past their deadline; they stay."""

import django.db.models.deletion
from django.db import migrations, models

from logbook.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("committees", "0014_reports_hold"),
        ("registry", "0003_authority_phone"),
    ]

    operations = [
        migrations.CreateModel(
            name="Urge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("stage", models.CharField(max_length=14)),
                ("recorded_by", models.CharField(max_length=80)),
                ("recorded_at", models.DateTimeField()),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.authority",
                    ),
                ),
                (
                    "formation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="urges",
                        to="committees.formation",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("formation", "authority", "day"), name="one_urge_a_day"
                    )
                ],
            },
        ),
        append_only("committees_urge"),
    ]
