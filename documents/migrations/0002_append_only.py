from django.db import migrations

from logbook.triggers import append_only

# A paper's bytes and facts never change; its status does.
_FIXED = (
    "id",
    "code",
    "number",
    "kind",
    "title",
    "estate_id",
    "pdf",
    "sha256",
    "facts",
    "facts_sha256",
    "signer",
    "issued_at",
)


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [append_only("documents_document", columns=_FIXED)]
