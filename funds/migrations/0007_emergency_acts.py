"""An emergency report and an objection know their act, and what was said of them stays."""

from django.db import migrations, models

from logbook.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("funds", "0014_phone_checks")]

    operations = [
        migrations.AddField(
            "emergency",
            "submission",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "emergency",
            models.UniqueConstraint(
                condition=models.Q(("submission", ""), _negated=True),
                fields=("submission",),
                name="one_emergency_per_act",
            ),
        ),
        migrations.AddField(
            "repairobjection",
            "number",
            models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            "repairobjection",
            "submission",
            models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AlterModelOptions("repairobjection", {"ordering": ["number"]}),
        migrations.AddConstraint(
            "repairobjection",
            models.UniqueConstraint(
                fields=["publicity", "number"], name="one_repair_objection_per_number"
            ),
        ),
        migrations.AddConstraint(
            "repairobjection",
            models.UniqueConstraint(
                fields=["publicity", "submission"], name="one_repair_objection_per_act"
            ),
        ),
        append_only(
            "funds_emergency",
            columns=("id", "request_id", "situation", "danger", "clause", "reported_at"),
        ),
        append_only(
            "funds_repairobjection",
            columns=(
                "id",
                "publicity_id",
                "number",
                "unit_label",
                "text",
                "filed_by",
                "filed_at",
            ),
        ),
    ]
