"""Stored papers. Bytes and facts never change; only the status does."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import Estate


class Document(models.Model):
    """One official paper, rendered and signed once."""

    STATUS = [("issued", _("有效")), ("superseded", _("已被取代")), ("revoked", _("已撤销"))]

    code = models.CharField(max_length=12, unique=True)  # public: /v/<code>
    number = models.CharField(max_length=60)  # as printed, e.g. 示范花园业〔2026〕3号
    kind = models.CharField(max_length=24)  # resolution, notice, …
    title = models.CharField(max_length=200)
    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="documents")
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    facts = models.BinaryField()  # the attached data, exactly as attached
    facts_sha256 = models.CharField(max_length=64)
    signer = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    is_public = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=STATUS, default="issued")
    status_reason = models.CharField(max_length=300, blank=True)
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="supersedes"
    )

    def __str__(self) -> str:
        return self.number
