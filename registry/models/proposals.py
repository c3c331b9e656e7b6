"""What one person wrote for the roll and another has to confirm."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField
from registry.models.roll import Estate, Unit


class RollProposal(models.Model):
    """A correction of a room that waits: nothing of it is on the roll before it is `done`.

    `content` is what the form said, as JSON; emptied when it ends, for then the roll has it
    or nobody.
    """

    KINDS = [
        ("transfer", _("权属转移")),
        ("voter", _("表决人")),
        ("area", _("面积")),
    ]
    STATES = [
        ("waiting", _("等第二人确认")),
        ("done", _("已确认")),
        ("dropped", _("没有采用")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.CASCADE, related_name="proposals")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=8, choices=KINDS)
    state = models.CharField(max_length=8, choices=STATES, default="waiting")
    content = EncryptedTextField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind"],
                condition=models.Q(state="waiting"),
                name="one_waiting_proposal_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done", ended_by=models.F("asked_by")),
                name="proposal_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"
