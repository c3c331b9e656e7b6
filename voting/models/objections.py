"""Objections: numbered, answered with reasons, ruled on by two people, never lost."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from registry.models import Estate, Unit
from voting.models.ballots import Ruling
from voting.models.roll import Party
from voting.models.sessions import Session


class Objection(models.Model):
    """异议. Numbered within its session, or within the estate where there is no session yet.

    Who objects is a party of the frozen roll after the second check, or a person who came to
    the office and was entered by staff (`name`, `contact`, perhaps the unit).
    """

    ABOUT = [
        ("roll", _("业主名册")),
        ("took_part", _("参加名单")),
        ("result", _("初步统计结果")),
        ("other", _("其他")),
    ]
    STATES = [
        ("open", _("等待答复")),
        ("answered", _("已答复")),
        ("disputed", _("不服答复，等待裁定")),
        ("proposed", _("裁定等待第二人决定")),
        ("ruled", _("已裁定")),
        ("withdrawn", _("已撤回")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="objections")
    session = models.ForeignKey(
        Session, null=True, on_delete=models.PROTECT, related_name="objections"
    )
    number = models.PositiveIntegerField()
    about = models.CharField(max_length=10, choices=ABOUT)
    not_mine = models.BooleanField(default=False)  # 这不是我投的: goes before the others
    party = models.ForeignKey(
        Party, null=True, on_delete=models.PROTECT, related_name="objections"
    )
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    name = EncryptedTextField()
    contact = EncryptedTextField()
    contact_hash = models.CharField(max_length=64, blank=True)  # keyed, of a mobile number
    text = EncryptedTextField()
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60, blank=True)
    # A paper or a photograph.
    content = SealedField(default=b"", purpose="voting.objection.content")
    sha256 = models.CharField(max_length=64, blank=True)  # of the paper itself
    submission = models.CharField(max_length=64)  # idempotency key of the form
    entered_by = models.CharField(max_length=80)  # "party:7" or "user:3"
    filed_at = models.DateTimeField()
    # In time: what comes next waits until it is settled. `deadline` is null where none ran yet.
    in_time = models.BooleanField()
    deadline = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=STATES, default="open")
    # The next step is due by then; afterwards it lies on the street office's desk.
    due_at = models.DateTimeField()
    upheld = models.BooleanField(null=True)  # by the answer, then by the ruling
    answer = EncryptedTextField()
    answered_by = models.CharField(max_length=80, blank=True)
    answered_role = models.CharField(max_length=24, blank=True)
    answered_at = models.DateTimeField(null=True)
    dispute = EncryptedTextField()  # why the answer is not accepted
    dispute_until = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    finding = EncryptedTextField()
    proposed_upheld = models.BooleanField(null=True)
    proposed_by = models.CharField(max_length=80, blank=True)
    proposed_role = models.CharField(max_length=24, blank=True)
    proposed_at = models.DateTimeField(null=True)
    ruled_by = models.CharField(max_length=80, blank=True)
    ruled_role = models.CharField(max_length=24, blank=True)
    ruled_at = models.DateTimeField(null=True)
    ruling = models.ForeignKey(
        Ruling, null=True, on_delete=models.PROTECT, related_name="objections"
    )  # that excluded the party's ballots
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number"],
                condition=models.Q(session__isnull=False),
                name="one_objection_per_number",
            ),
            models.UniqueConstraint(
                fields=["estate", "number"],
                condition=models.Q(session__isnull=True),
                name="one_estate_objection_per_number",
            ),
            models.UniqueConstraint(
                fields=["estate", "submission"], name="one_objection_per_submission"
            ),
            models.CheckConstraint(
                condition=models.Q(about__in=["roll", "took_part", "result", "other"]),
                name="objection_about_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "open",
                        "answered",
                        "disputed",
                        "proposed",
                        "ruled",
                        "withdrawn",
                    ]
                ),
                name="objection_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"objection {self.number}"


class Recusal(models.Model):
    """回避: a person has a stake in a session, says so, and rules in it no more."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="recusals")
    actor = models.CharField(max_length=80)
    reason = EncryptedTextField()
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "actor"], name="one_recusal_per_person")
        ]

    def __str__(self) -> str:
        return f"recusal {self.pk}"
