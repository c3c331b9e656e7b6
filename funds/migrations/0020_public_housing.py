"""The selling organisation of sold public housing: an account and a share without a unit."""

import django.db.models.deletion
from django.db import migrations, models

from logbook.triggers import append_only


_GUARD = append_only("funds_versionunit")


def unguard(apps, editor):
    """SQLite rebuilds a table whose column changes, and drops its triggers with the old one."""
    on = " ON funds_versionunit" if editor.connection.vendor == "postgresql" else ""
    for act in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS funds_versionunit_no_{act}{on}")


def at_once(editor):
    """PostgreSQL alters no table in a transaction that has rows of it still to be checked."""
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def open_sellers(apps, editor):
    """What `open_account` opens since: one for each building with homes."""
    at_once(editor)
    SubAccount = apps.get_model("funds", "SubAccount")
    homes = SubAccount.objects.filter(account__custody="public", unit__use="residential")
    SubAccount.objects.bulk_create(
        SubAccount(account_id=account, building_id=building)
        for account, building in sorted(set(homes.values_list("account", "unit__building")))
    )


def close_sellers(apps, editor):
    """Back only where nothing was ever paid or borne by one: the database refuses the rest."""
    at_once(editor)
    apps.get_model("funds", "SubAccount").objects.filter(unit=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("funds", "0015_endings"),
        ("registry", "0003_authority_phone"),
    ]

    operations = [
        migrations.RunPython(unguard, _GUARD.code),
        migrations.AddField(
            model_name="subaccount",
            name="building",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="seller_accounts",
                to="registry.building",
            ),
        ),
        migrations.AlterField(
            model_name="subaccount",
            name="unit",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sub_accounts",
                to="registry.unit",
            ),
        ),
        migrations.AlterField(
            model_name="versionunit",
            name="unit",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="registry.unit",
            ),
        ),
        migrations.AlterField(
            model_name="versionunit",
            name="label",
            field=models.CharField(max_length=160),
        ),
        migrations.AddConstraint(
            model_name="subaccount",
            constraint=models.UniqueConstraint(
                fields=("account", "building"), name="one_seller_account_per_building"
            ),
        ),
        migrations.AddConstraint(
            model_name="subaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unit__isnull", True), ("building__isnull", True), _connector="XOR"
                ),
                name="sub_account_of_unit_or_seller",
            ),
        ),
        migrations.AddConstraint(
            model_name="versionunit",
            constraint=models.UniqueConstraint(
                fields=("version", "sub"), name="one_share_per_sub_account"
            ),
        ),
        _GUARD,
        migrations.RunPython(open_sellers, close_sellers),
    ]
