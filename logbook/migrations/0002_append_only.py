from django.db import migrations

from logbook.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("logbook", "0001_initial")]
    operations = [append_only("logbook_entry"), append_only("logbook_checkpoint")]
