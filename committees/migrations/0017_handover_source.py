"""Who hands over, chosen wrongly, can be put right while nothing was entered on the list."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from logbook.triggers import Statements, append_only, refuses

_KEPT = ("id", "committee_id", "opened_by", "opened_at")
_ENTERED = (
    "EXISTS (SELECT 1 FROM committees_itemstate JOIN committees_handoveritem"
    " ON committees_itemstate.item_id = committees_handoveritem.id"
    " WHERE committees_handoveritem.handover_id = OLD.{column})"
)
_CONFIRMED = (
    "EXISTS (SELECT 1 FROM committees_handover WHERE id = OLD.handover_id"
    " AND confirmed_on IS NOT NULL)"
)
_FIXED = f"({_ENTERED.format(column='handover_id')} OR {_CONFIRMED})"
_ITEMS, _LISTS = "committees_handoveritem", "committees_handover"
_SAID = "what was entered on a list stays on it"


def _free_items(_models: object, editor: BaseDatabaseSchemaEditor) -> None:
    """An item may go with the list it was drawn up with, while nothing was entered on that."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TRIGGER {_ITEMS}_no_delete ON {_ITEMS}")
        editor.execute(
            f"CREATE FUNCTION {_ITEMS}_stay() RETURNS trigger AS $$ BEGIN IF {_FIXED} THEN "
            f"RAISE EXCEPTION '{_SAID}'; END IF; RETURN OLD; END $$ LANGUAGE plpgsql"
        )
        editor.execute(
            f"CREATE TRIGGER {_ITEMS}_stay BEFORE DELETE ON {_ITEMS} "
            f"FOR EACH ROW EXECUTE FUNCTION {_ITEMS}_stay()"
        )
    else:
        editor.execute(f"DROP TRIGGER {_ITEMS}_no_delete")
        editor.execute(
            f"CREATE TRIGGER {_ITEMS}_stay BEFORE DELETE ON {_ITEMS} FOR EACH ROW "
            f"WHEN {_FIXED} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        )


def _hold_items(models: object, editor: BaseDatabaseSchemaEditor) -> None:
    postgres = editor.connection.vendor == "postgresql"
    editor.execute(f"DROP TRIGGER {_ITEMS}_stay" + (f" ON {_ITEMS}" if postgres else ""))
    if postgres:
        editor.execute(f"DROP FUNCTION {_ITEMS}_stay()")
    _both_ways(append_only(_ITEMS), models, editor)


def _free_source(models: object, editor: BaseDatabaseSchemaEditor) -> None:
    _both_ways(append_only(_LISTS, columns=_KEPT), models, editor)


def _hold_source(models: object, editor: BaseDatabaseSchemaEditor) -> None:
    _both_ways(append_only(_LISTS, columns=(*_KEPT, "source")), models, editor)


def _both_ways(held: Statements, models: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away and put them up anew."""
    held.reverse_code(models, editor)
    held.code(models, editor)


class Migration(migrations.Migration):
    dependencies = [("committees", "0016_due_days")]
    operations = [
        Statements(_free_items, _hold_items),
        Statements(_free_source, _hold_source),
        refuses(
            "who handed over stays",
            [
                (
                    _LISTS,
                    "UPDATE",
                    f"(OLD.source <> NEW.source AND {_ENTERED.format(column='id')})",
                )
            ],
        ),
    ]
