"""What becomes of a count: the preliminary result on show, and the standing of a decision."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Document
from registry.fields import EncryptedTextField, SealedField
from voting.models.sessions import Motion, Session


class PreliminaryResult(models.Model):
    """初步统计结果询异公示: the last version holds; a correction starts the period anew."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="preliminaries")
    version = models.PositiveSmallIntegerField()
    document = models.OneToOneField(Document, on_delete=models.PROTECT)
    late_rulings = models.PositiveIntegerField()  # that it takes account of
    posted_at = models.DateTimeField()
    until = models.DateTimeField()  # objections strictly before
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "version"], name="one_preliminary_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"preliminary result {self.version}"


class StandingEvent(models.Model):
    """Something that befell a decision after it was made, on a paper. Rows are only added."""

    KINDS = [
        ("challenged", _("异议或者诉讼中")),
        ("challenge_ended", _("异议或者诉讼已了结，决定维持")),
        ("correction", _("责令限期改正")),
        ("corrected", _("已按要求改正")),
        ("suspended", _("人民法院裁定中止执行")),
        ("resumed", _("恢复执行")),
        ("revoked", _("已撤销")),
        ("superseded", _("已被新的决定取代")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    motion = models.ForeignKey(
        Motion, null=True, on_delete=models.PROTECT, related_name="events"
    )  # null: all of them
    kind = models.CharField(max_length=16, choices=KINDS)
    authority = models.CharField(max_length=80)  # who decided: 某某街道办事处, 某某人民法院
    reference = models.CharField(max_length=80)  # number of the paper
    dated = models.DateField()
    reason = models.CharField(max_length=300)  # public, no personal data
    due_on = models.DateField(null=True)  # until when to correct
    replaced_by = models.ForeignKey(
        Session, null=True, on_delete=models.PROTECT, related_name="replaces"
    )
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="voting.standing.content")
    sha256 = models.CharField(max_length=64)
    recorded_by = models.CharField(max_length=80)
    recorded_role = models.CharField(max_length=24)
    recorded_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} of session {self.session_id}"
