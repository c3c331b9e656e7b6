"""How a session is convened: who calls it and on what paper, who demanded it, who supervises
the count, what the street office says of the draft, and its one extension.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Document
from registry.fields import EncryptedTextField, SealedField
from registry.models import Unit
from voting.models.sessions import Motion, Session


class Basis(models.Model):
    """依据文件: the paper by which the organiser may convene (notice, filing certificate)."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="basis")
    title = models.CharField(max_length=120)
    number = models.CharField(max_length=60, blank=True)  # 文号, as printed
    dated_on = models.DateField()
    file_name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="voting.basis.content")
    sha256 = models.CharField(max_length=64)  # of the document itself

    def __str__(self) -> str:
        return self.title


class GroupMember(models.Model):
    """成员 of a preparatory or renewal group. Public as a count by side; by name on consent."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="members")
    position = models.PositiveSmallIntegerField()
    name = EncryptedTextField()
    side = models.CharField(max_length=24)  # domain.organisers.SIDES
    is_head = models.BooleanField(default=False)
    consents = models.BooleanField(default=False)  # separate consent (PIPL 25)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "position"], name="one_member_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"member {self.position}"


class Supervisor(models.Model):
    """监票人 of a session, named before it is announced."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="supervisors")
    position = models.PositiveSmallIntegerField()
    name = EncryptedTextField()
    side = models.CharField(max_length=24)  # domain.organisers.SUPERVISORS
    consents = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "position"], name="one_supervisor_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"supervisor {self.position}"


class Demand(models.Model):
    """业主提议: owners who want an extraordinary meeting, by the units they signed for."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="demand")
    received_on = models.DateField()
    about = models.CharField(max_length=300)
    units = models.ManyToManyField(Unit)

    def __str__(self) -> str:
        return f"demand of {self.received_on}"


class Waiver(models.Model):
    """Why a motion's wording is right although the check doubts it; of this wording only."""

    motion = models.OneToOneField(Motion, on_delete=models.CASCADE, related_name="waiver")
    sha256 = models.CharField(max_length=64)  # of matter, title and text
    reason = models.CharField(max_length=300)
    waived_by = models.CharField(max_length=80)
    waived_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"waiver of motion {self.motion_id}"


class Review(models.Model):
    """指导: a draft before the street office, for a fixed number of working days.

    Over by the clock; silence is no comment. Nobody refuses anything here.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="reviews")
    sha256 = models.CharField(max_length=64)  # of what was handed in, see domain.reviewing
    days = models.PositiveSmallIntegerField()
    clause = models.CharField(max_length=300)
    submitted_by = models.CharField(max_length=80)
    submitted_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    warning = models.CharField(max_length=200, blank=True)  # a year without known holidays
    ended_at = models.DateTimeField(null=True)  # the street said it has nothing more to say
    ended_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"review {self.pk}"


class ReviewComment(models.Model):
    """One reason of law of the street office, and what the organiser says to it."""

    ANSWERS = [("answered", _("已答复")), ("fixed", _("已修改"))]

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="comments")
    clause = models.CharField(max_length=24)  # domain.reviewing.CLAUSES
    text = EncryptedTextField()
    raised_by = models.CharField(max_length=80)
    raised_at = models.DateTimeField()
    answer_kind = models.CharField(max_length=10, choices=ANSWERS, blank=True)
    answer = EncryptedTextField()
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Extension(models.Model):
    """延期: the end of voting moved once, by a signed announcement whose hash is on board."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="extension")
    closed_at_first = models.DateTimeField()  # the end as announced
    closes_at = models.DateTimeField()
    reason = models.CharField(max_length=300)  # printed on the announcement
    document = models.OneToOneField(Document, on_delete=models.PROTECT)
    extended_by = models.CharField(max_length=80)
    extended_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # owners were sent a message

    def __str__(self) -> str:
        return f"extension of session {self.session_id}"
