"""个人信息安全事件 (PIPL 57): what happened, what was done step by step, who was told.

No row names a person. Whom it concerns is asked of the rolls of the estates it touches.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField
from registry.models import Estate


class Incident(models.Model):
    """Personal data leaked, were changed or lost, or may have been."""

    NATURES = [("leak", _("泄露")), ("change", _("篡改")), ("loss", _("丢失"))]

    code = models.CharField(max_length=12, unique=True)  # public, random: of the notice's page
    nature = models.CharField(max_length=8, choices=NATURES)
    noticed_at = models.DateTimeField()
    what = EncryptedTextField()
    kinds = models.JSONField(default=list)  # codes of `accounts.kinds.KINDS`
    estates = models.ManyToManyField(Estate, related_name="incidents")
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"incident {self.pk}"


class IncidentStep(models.Model):
    """One thing that was done about an incident. The database refuses to change it."""

    KINDS = [
        ("remedy", _("采取补救措施")),
        ("authority", _("报告主管部门")),
        ("found", _("查明新的情况")),
        ("untold", _("决定不通知个人")),
        ("letter", _("书面通知没有手机号的人")),
        ("closed", _("处置结束")),
    ]

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=KINDS)
    estate = models.ForeignKey(Estate, null=True, on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    text = EncryptedTextField()
    taken_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"step {self.pk} of incident {self.incident_id}"


class IncidentNotice(models.Model):
    """What the persons concerned are told: public text, sent when a second person agreed.

    `done_to`: owners up to this number have their message; `queued_at`: all have.
    """

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="notice")
    cause = models.TextField()
    harm = models.TextField()
    measures = models.TextField()
    advice = models.TextField()
    contact = models.CharField(max_length=80)
    phone = models.CharField(max_length=24)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    done_to = models.BigIntegerField(default=0)
    queued_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=models.F("proposed_by")),
                name="incident_notice_by_two",
            )
        ]

    def __str__(self) -> str:
        return f"notice of incident {self.incident_id}"
