"""The late list of a city is counted from the index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0002_accounts_hold")]

    operations = [
        migrations.RemoveIndex(model_name="duty", name="duties_not_done"),
        migrations.AddIndex(
            model_name="duty",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["late_on", "estate", "kind"],
                name="duties_late",
            ),
        ),
    ]
