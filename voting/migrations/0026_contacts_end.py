"""How an objector was reached may be emptied once the objection is settled; all else stays."""

from importlib import import_module

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from logbook.triggers import Statements, append_only, refuses

_TABLE = "voting_objection"
_SAID = import_module("voting.migrations.0010_objections")._SAID
_CONTACT = ("contact", "contact_hash")
_CHANGED = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in _CONTACT)
_EMPTIED = " AND ".join(f"length(NEW.{column}) = 0" for column in _CONTACT)
_SETTLED = "OLD.session_id IS NOT NULL AND OLD.state IN ('answered', 'ruled', 'withdrawn')"


def _hold(columns: tuple[str, ...], models: object, editor: BaseDatabaseSchemaEditor) -> None:
    held = append_only(_TABLE, columns=columns)
    held.reverse_code(models, editor)
    held.code(models, editor)


def _free(models: object, editor: BaseDatabaseSchemaEditor) -> None:
    _hold(tuple(one for one in _SAID if one not in _CONTACT), models, editor)


def _hold_all(models: object, editor: BaseDatabaseSchemaEditor) -> None:
    _hold(_SAID, models, editor)


class Migration(migrations.Migration):
    dependencies = [("voting", "0025_two_people")]
    operations = [
        Statements(_free, _hold_all),
        refuses(
            f"{_TABLE} is append-only",
            [(_TABLE, "UPDATE", f"(({_CHANGED}) AND NOT ({_EMPTIED} AND {_SETTLED}))")],
        ),
    ]
