"""The last day of what comes next is kept with each formation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("committees", "0015_urges"),
        ("registry", "0003_authority_phone"),
        ("voting", "0024_motion_proposal"),
    ]

    operations = [
        migrations.AddField(
            model_name="formation",
            name="due_on",
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name="formation",
            index=models.Index(fields=["ending", "due_on"], name="late_formations"),
        ),
    ]
