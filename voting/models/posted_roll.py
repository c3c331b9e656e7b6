"""The roll on show before it is frozen, and what was changed since, and why."""

from django.db import models

from documents.models import Document
from voting.models.objections import Objection
from voting.models.sessions import Session


class RollPosting(models.Model):
    """名册公示 of a draft; the last one is in force."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="postings")
    lines = models.BinaryField()  # canonical JSON, domain.posting.roll_lines
    heads = models.PositiveIntegerField()
    area = models.BigIntegerField()
    days = models.PositiveSmallIntegerField()
    clause = models.CharField(max_length=300)
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="posting")
    posted_by = models.CharField(max_length=80)
    posted_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"posting {self.pk}"


class RollChange(models.Model):
    """Why one room reads otherwise than it was posted; the last row of a room is in force."""

    posting = models.ForeignKey(RollPosting, on_delete=models.PROTECT, related_name="changes")
    room = models.CharField(max_length=80)
    before = models.CharField(max_length=80, blank=True)  # as compared, see domain.posting
    after = models.CharField(max_length=80, blank=True)
    objection = models.ForeignKey(
        Objection, null=True, on_delete=models.PROTECT, related_name="roll_changes"
    )
    reason = models.CharField(max_length=300)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"change {self.pk}"
