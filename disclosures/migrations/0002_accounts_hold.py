"""What no command may do to the accounts: the database itself refuses it.

An entry is born a draft, is sealed only where its postings balance, with a paper, for a version
of its period that is not out; then it never changes. A period goes from version to version, each
with its publication. On PostgreSQL sealing takes a share lock on the period's row, so that no
entry slips in while a version is published.
"""

from django.db import migrations

from logbook.triggers import append_only

_WHAT = "the accounts hold"
# table, act, when (SQL over OLD and NEW that both databases read)
_RULES = [
    ("entry", "INSERT", "NEW.state <> 'draft'"),
    ("entry", "UPDATE", "OLD.state IN ('sealed', 'dropped')"),
    (
        "entry",
        "UPDATE",
        "NEW.state = 'sealed' AND ("
        "(SELECT COALESCE(SUM(fen), 0) FROM disclosures_posting WHERE entry_id = OLD.id) <> 0 "
        "OR (SELECT COUNT(*) FROM disclosures_posting WHERE entry_id = OLD.id) < 2 "
        "OR (NEW.reverses_id IS NULL AND "
        "NOT EXISTS (SELECT 1 FROM disclosures_entrypaper WHERE entry_id = OLD.id)) "
        "OR NOT EXISTS (SELECT 1 FROM disclosures_period p WHERE p.id = NEW.period_id "
        "AND p.book_id = NEW.book_id AND p.version + 1 = NEW.version "
        "AND NEW.dated_on BETWEEN p.first AND p.last))",
    ),
    ("entry", "DELETE", "1 = 1"),
    (
        "posting",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM disclosures_entry WHERE id = NEW.entry_id "
        "AND state IN ('draft', 'returned'))",
    ),
    (
        "entrypaper",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM disclosures_entry WHERE id = NEW.entry_id "
        "AND state IN ('draft', 'returned'))",
    ),
    ("entrypaper", "UPDATE", "1 = 1"),
    (
        "entrypaper",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM disclosures_entry WHERE id = OLD.entry_id "
        "AND state IN ('draft', 'returned'))",
    ),
    ("period", "INSERT", "NEW.version <> 0"),
    (
        "period",
        "UPDATE",
        "NEW.version <> OLD.version AND NOT (NEW.version = OLD.version + 1 AND "
        "EXISTS (SELECT 1 FROM disclosures_publication WHERE period_id = OLD.id "
        "AND version = NEW.version))",
    ),
    (
        "publication",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM disclosures_period p WHERE p.id = NEW.period_id "
        "AND p.version + 1 = NEW.version)",
    ),
    ("closing", "INSERT", "NEW.state <> 'prepared'"),
    ("closing", "UPDATE", "OLD.state <> 'prepared'"),
    ("question", "UPDATE", "OLD.state <> 'open'"),
    ("sourcereport", "UPDATE", "OLD.state <> 'open'"),
]
_SHARED = """
CREATE FUNCTION disclosures_seal_shares() RETURNS trigger AS $$
BEGIN
  PERFORM 1 FROM disclosures_period WHERE id = NEW.period_id FOR SHARE;
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER disclosures_a_seal_shares BEFORE UPDATE ON disclosures_entry FOR EACH ROW
  WHEN (NEW.state = 'sealed') EXECUTE FUNCTION disclosures_seal_shares();
"""


def _names():
    for place, (table, act, when) in enumerate(_RULES):
        yield f"disclosures_holds_{place}", f"disclosures_{table}", act, when


def install(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(_SHARED)
    for name, table, act, when in _names():
        if editor.connection.vendor == "postgresql":
            gives = "OLD" if act == "DELETE" else "NEW"
            editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger AS $$ BEGIN IF {when} THEN "
                f"RAISE EXCEPTION '{_WHAT}'; END IF; RETURN {gives}; END $$ LANGUAGE plpgsql"
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
    if postgres:
        editor.execute("DROP TRIGGER disclosures_a_seal_shares ON disclosures_entry")
        editor.execute("DROP FUNCTION disclosures_seal_shares()")
    for name, table, _act, _when in _names():
        editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            editor.execute(f"DROP FUNCTION {name}()")


def _stays(table, *columns):
    return append_only(f"disclosures_{table}", columns=("id", *columns) if columns else ())


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_books_and_publications")]
    operations = [
        migrations.RunPython(install, remove),
        _stays("posting"),
        _stays("holding"),
        _stays("splitdecision"),
        _stays("publication"),
        _stays("yearaccount"),
        _stays("disclosure"),
        _stays("book", "estate_id", "kind", "opened_on", "opening_fen", "opened_by"),
        _stays("period", "book_id", "first", "last"),
        _stays(
            "closing", "period_id", "version", "bank_fen", "bank_on", "statement_id",
            "difference", "explanations", "correction", "figures", "prepared_by",
        ),
        _stays("source", "estate_id", "number", "kind", "place", "quantity", "recorded_by"),
        _stays(
            "contract", "source_id", "number", "payer", "payer_kind", "outsider", "fen",
            "priced", "first", "last", "paper_id", "recorded_by",
        ),
        _stays("paper", "estate_id", "kind", "source_sha256", "uploaded_by"),
        _stays("paperpage", "paper_id", "number", "content", "sha256"),
        _stays(
            "question", "estate_id", "publication_id", "number", "kind", "line", "text",
            "unit_id", "filed_by", "due_at",
        ),
        _stays(
            "sourcereport", "estate_id", "number", "unit_id", "filed_by", "place", "text",
            "photo_id", "due_at",
        ),
        _stays("duty", "estate_id", "kind", "first", "last", "due_on", "late_on"),
    ]  # fmt: skip
