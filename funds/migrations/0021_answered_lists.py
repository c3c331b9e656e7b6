"""A list is closed once the bank has answered on each payment, paid or not: its label says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funds", "0020_public_housing"),
    ]

    operations = [
        migrations.AlterField(
            model_name="releaselist",
            name="state",
            field=models.CharField(
                choices=[("made", "已生成"), ("closed", "银行已全部答复")],
                default="made",
                max_length=6,
            ),
        ),
    ]
