from django.db import migrations

from logbook.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_hanging_and_stamps")]
    operations = [
        append_only(
            "documents_posting",
            columns=(
                "id",
                "document_id",
                "place_id",
                "posted_by",
                "posted_at",
                "recorded_by",
                "recorded_at",
            ),
        ),
        append_only("documents_postingphoto"),
        append_only(
            "documents_stampedcopy",
            columns=(
                "id",
                "document_id",
                "document_sha256",
                "content",
                "content_type",
                "sha256",
                "qr",
                "uploaded_by",
                "uploaded_at",
            ),
        ),
        append_only("documents_seal"),
        append_only(
            "documents_sealcustody",
            columns=("id", "seal_id", "custodian", "since", "witness", "recorded_by"),
        ),
        append_only("documents_sealuse"),
    ]
