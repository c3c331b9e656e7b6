"""Emergency repairs: the report, the finding on site, the decision, the publicity after it."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Document
from funds.models.repairs import RepairRequest
from registry.fields import EncryptedTextField
from registry.models import Authority


class Emergency(models.Model):
    """What makes a repair urgent, and its clock.

    `situation`: a code of domain.emergencies. `clause`: what an applicant other than the
    assembly or the committee rests on (Civil Code 281).
    """

    request = models.OneToOneField(
        RepairRequest, on_delete=models.PROTECT, related_name="emergency"
    )
    situation = models.CharField(max_length=4)
    danger = models.CharField(max_length=600)
    clause = models.CharField(max_length=200, blank=True)
    submission = models.CharField(max_length=64, blank=True)  # names the act of reporting
    reported_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # when the whole clock runs out
    fell_back_at = models.DateTimeField(null=True)
    fall_back_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=~models.Q(submission=""),
                name="one_emergency_per_act",
            )
        ]

    def __str__(self) -> str:
        return f"{self.situation} of {self.request_id}"

    @property
    def released_at(self) -> datetime | None:
        """When the first money left, which the clock is for; the approval, where none leaves
        before acceptance."""
        acts = self.request.steps.filter(kind__in=("instalment_paid", "approved"))
        found = dict(acts.order_by("-pk").values_list("kind", "at"))
        early = self.request.applications.filter(
            state="passed", instalments__kind__in=("start", "advance", "milestone")
        )
        return found.get("instalment_paid" if early.exists() else "approved")


class EmergencyFinding(models.Model):
    """认定: what was found on site, by whom, who was there."""

    request = models.ForeignKey(
        RepairRequest, on_delete=models.PROTECT, related_name="findings"
    )
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT)
    found_by = models.CharField(max_length=80)
    on_site_at = models.DateTimeField()
    position = models.CharField(max_length=120)
    present = EncryptedTextField()  # who was there: names stay inside
    parties = models.JSONField(default=list)  # as what: owner, committee, manager, …
    photos = models.JSONField(default=list)  # SHA-256 of RepairFile
    qualifies = models.BooleanField()
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"finding {self.pk}"


class EmergencyDecision(models.Model):
    """The decision to repair without a vote, by whom the profile says."""

    request = models.ForeignKey(
        RepairRequest, on_delete=models.PROTECT, related_name="emergency_decisions"
    )
    decided_by_kind = models.CharField(max_length=24)  # owners_committee, street_office, …
    decided_by = models.CharField(max_length=80)
    role = models.CharField(max_length=24)
    authorises = models.BooleanField()
    reason = models.CharField(max_length=400)
    most_fen = models.BigIntegerField()  # what may be spent
    advance_fen = models.BigIntegerField(default=0)  # of it, before acceptance
    clause = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"emergency decision {self.pk}"


class RepairPublicity(models.Model):
    """公示 of what an emergency repair cost and who bears what; objections until its end."""

    request = models.ForeignKey(
        RepairRequest, on_delete=models.PROTECT, related_name="publicities"
    )
    version = models.PositiveSmallIntegerField(default=1)
    document = models.OneToOneField(Document, on_delete=models.PROTECT)
    posted_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "version"], name="one_publicity_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"publicity {self.pk}"


class RepairObjection(models.Model):
    """An owner's objection to an emergency repair, its cost or its shares."""

    STATES = [
        ("open", _("等待答复")),
        ("answered", _("已答复")),
        ("upheld", _("异议成立")),
        ("withdrawn", _("已撤回")),
    ]

    publicity = models.ForeignKey(
        RepairPublicity, on_delete=models.PROTECT, related_name="objections"
    )
    number = models.PositiveIntegerField()  # from 1, of the repair
    submission = models.CharField(max_length=64)  # names the act: sent twice, it is one
    unit_label = EncryptedTextField()
    text = EncryptedTextField()
    state = models.CharField(max_length=10, choices=STATES, default="open")
    filed_by = models.CharField(max_length=80)  # "party:7", or who entered it
    filed_at = models.DateTimeField()
    answer = models.CharField(max_length=600, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["publicity", "number"], name="one_repair_objection_per_number"
            ),
            models.UniqueConstraint(
                fields=["publicity", "submission"], name="one_repair_objection_per_act"
            ),
        ]

    def __str__(self) -> str:
        return f"objection {self.pk}"
