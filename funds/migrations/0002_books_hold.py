"""What no command may do to the books: the database itself refuses it.

A voucher is born a draft, is sealed only where its postings balance, and never changes after;
postings join drafts only. Sealing and a posting on its way in cannot pass each other: on
PostgreSQL a posting takes a share lock on its voucher's row.
"""

from django.db import migrations

from logbook.triggers import append_only

_SQLITE = [
    ("voucher_birth", "INSERT ON funds_voucher", "NEW.state <> 'draft'"),
    ("voucher_change", "UPDATE ON funds_voucher", "OLD.state <> 'draft'"),
    (
        "voucher_seal",
        "UPDATE ON funds_voucher",
        "NEW.state = 'sealed' AND ("
        "(SELECT COALESCE(SUM(fen), 0) FROM funds_posting WHERE voucher_id = OLD.id) <> 0 OR "
        "(SELECT COUNT(*) FROM funds_posting WHERE voucher_id = OLD.id) < 2)",
    ),
    ("voucher_end", "DELETE ON funds_voucher", "1"),
    (
        "posting_birth",
        "INSERT ON funds_posting",
        "(SELECT state FROM funds_voucher WHERE id = NEW.voucher_id) IS NOT 'draft'",
    ),
]
_POSTGRES = """
CREATE FUNCTION funds_voucher_holds() RETURNS trigger AS $$
DECLARE total numeric; rows bigint;
BEGIN
  IF TG_OP = 'DELETE' OR (TG_OP = 'INSERT' AND NEW.state <> 'draft')
     OR (TG_OP = 'UPDATE' AND OLD.state <> 'draft') THEN
    RAISE EXCEPTION 'the books hold: {what}';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.state = 'sealed' THEN
    SELECT COALESCE(SUM(fen), 0), COUNT(*) INTO total, rows
      FROM funds_posting WHERE voucher_id = OLD.id;
    IF total <> 0 OR rows < 2 THEN RAISE EXCEPTION 'the books hold: {what}'; END IF;
  END IF;
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER funds_voucher_holds BEFORE INSERT OR UPDATE OR DELETE ON funds_voucher
  FOR EACH ROW EXECUTE FUNCTION funds_voucher_holds();
CREATE FUNCTION funds_posting_birth() RETURNS trigger AS $$
BEGIN
  PERFORM 1 FROM funds_voucher WHERE id = NEW.voucher_id AND state = 'draft' FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the books hold: {what}'; END IF;
  RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER funds_posting_birth BEFORE INSERT ON funds_posting
  FOR EACH ROW EXECUTE FUNCTION funds_posting_birth();
""".replace("{what}", "a voucher is drafted, sealed in balance, and then stays")


def install(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(_POSTGRES)
        return
    for name, act, when in _SQLITE:
        editor.execute(
            f"CREATE TRIGGER funds_{name} BEFORE {act} FOR EACH ROW WHEN {when} "
            "BEGIN SELECT RAISE(ABORT, 'the books hold'); END"
        )


def remove(apps, editor):
    if editor.connection.vendor == "postgresql":
        for table, name in (("voucher", "voucher_holds"), ("posting", "posting_birth")):
            editor.execute(f"DROP TRIGGER funds_{name} ON funds_{table}")
            editor.execute(f"DROP FUNCTION funds_{name}()")
        return
    for name, _act, _when in _SQLITE:
        editor.execute(f"DROP TRIGGER funds_{name}")


class Migration(migrations.Migration):
    dependencies = [("funds", "0001_accounts_and_books")]
    operations = [
        migrations.RunPython(install, remove),
        append_only("funds_posting"),
        append_only("funds_snapshot"),
        append_only("funds_snapshotline"),
        append_only(
            "funds_statementline",
            columns=(
                "id",
                "special_id",
                "serial",
                "dated_on",
                "fen",
                "balance_fen",
                "position",
            ),
        ),
        append_only("funds_owedamount", columns=("id", "sub_id", "voucher_id", "fen")),
        append_only(
            "funds_specialaccount", columns=("id", "code", "number_hash", "ledger_mode")
        ),
    ]
