"""Questions of owners to what was published: asked on a line, answered in public."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.publishing import Publication
from registry.models import Estate, Unit


class Question(models.Model):
    """One question, or "this figure is wrong". What was written never changes."""

    KINDS = [("question", _("提问")), ("wrong", _("这个数字不对"))]
    STATES = [
        ("open", _("等待答复")),
        ("answered", _("已答复")),
        ("upheld", _("业主说得对，将更正")),
        ("withdrawn", _("已撤回")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="questions")
    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="questions"
    )
    number = models.PositiveIntegerField()  # within the estate
    submission = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=KINDS)
    line = models.PositiveIntegerField(null=True)  # number of the entry; null: the whole
    text = models.CharField(max_length=400)
    covered = models.JSONField(default=list)  # words not shown, see domain.wording
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    filed_by = models.CharField(max_length=80)  # "owner", or the staff who entered it
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=STATES, default="open")
    answer = models.CharField(max_length=600, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_role = models.CharField(max_length=24, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "number"], name="one_question_per_number"
            ),
            models.UniqueConstraint(
                fields=["estate", "submission"], name="one_question_per_submission"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="questions_due")]

    def __str__(self) -> str:
        return f"question {self.number}"
