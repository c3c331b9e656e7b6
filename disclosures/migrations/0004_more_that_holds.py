"""More that no command may do: postings of another amount than the entry's, periods that overlap,
pages that join or leave a paper that was looked over, an end of a contract that is taken back."""

from django.db import migrations

_WHAT = "the accounts hold"
_RULES = [
    (
        "entry",
        "UPDATE",
        "NEW.state = 'sealed' AND NOT EXISTS (SELECT 1 FROM disclosures_posting "
        "WHERE entry_id = OLD.id AND ledger = NEW.heading AND fen IN (NEW.fen, -NEW.fen))",
    ),
    (
        "period",
        "INSERT",
        "EXISTS (SELECT 1 FROM disclosures_period p WHERE p.book_id = NEW.book_id "
        "AND p.first <= NEW.last AND NEW.first <= p.last)",
    ),
    (
        "paperpage",
        "INSERT",
        "EXISTS (SELECT 1 FROM disclosures_paper WHERE id = NEW.paper_id "
        "AND looked_at IS NOT NULL)",
    ),
    ("paper", "UPDATE", "OLD.looked_at IS NOT NULL AND NEW.looked_at IS NULL"),
    ("contract", "UPDATE", "OLD.ended_on IS NOT NULL"),
    ("source", "UPDATE", "OLD.ended_on IS NOT NULL"),
]


def _names():
    for place, (table, act, when) in enumerate(_RULES):
        yield f"disclosures_more_{place}", f"disclosures_{table}", act, when


def install(apps, editor):
    for name, table, act, when in _names():
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger AS $$ BEGIN IF {when} THEN "
                f"RAISE EXCEPTION '{_WHAT}'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
            )
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{_WHAT}'); END"
            )


def remove(apps, editor):
    postgres = editor.connection.vendor == "postgresql"
    for name, table, _act, _when in _names():
        editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            editor.execute(f"DROP FUNCTION {name}()")


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0003_late_index")]
    operations = [migrations.RunPython(install, remove)]
