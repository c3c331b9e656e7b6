"""Reports that wait too long are found by their day, as questions are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0006_questions_any_time")]

    operations = [
        migrations.AddIndex(
            model_name="sourcereport",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["due_at"], name="reports_due"
            ),
        ),
    ]
