"""Moves stay; what registers named before is taken over from what they told."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Max

from logbook.triggers import append_only


def take_over(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    records = apps.get_model("committees", "EstateRecord").objects.order_by()
    seen = apps.get_model("committees", "EstateSeen")
    rows = records.values_list("estate").annotate(Max("day"))
    seen.objects.bulk_create([seen(estate_id=pk, day=day) for pk, day in rows], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("committees", "0005_seen_and_moves")]
    operations = [
        migrations.RunPython(take_over, migrations.RunPython.noop),
        append_only("committees_estatemove"),
    ]
