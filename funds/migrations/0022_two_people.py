"""Who proposes and who decides are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people


class Migration(migrations.Migration):
    dependencies = [
        ("funds", "0021_answered_lists"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        two_people("funds_voucher", "drafted_by", "sealed_by"),
        two_people("funds_instalment", "asked_by", "confirmed_by"),
        two_people("funds_settlement", "stated_by", "confirmed_by"),
        two_people("funds_refund", "noted_by", "received_by"),
    ]
