"""What a committee did of its duties, and what it is reported to have done against the list."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.domain.breaches import PROHIBITED
from committees.domain.breaches import STATES as _STATES
from committees.models.bodies import Committee
from disclosures.models import Paper
from registry.fields import EncryptedTextField
from registry.models import Estate, Unit


class Occasion(models.Model):
    """Something that sets the days of a duty running: a decision, a change."""

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="occasions")
    duty = models.CharField(max_length=12)  # a key of domain.duties.DUTIES
    day = models.DateField()
    note = EncryptedTextField()
    submission = models.CharField(max_length=64)
    recorded_by = models.CharField(max_length=80)
    recorded_role = models.CharField(max_length=24)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "submission"], name="one_occasion_per_submission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.day}"


class DutyDone(models.Model):
    """That a duty was done on a day, with what shows it."""

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="done")
    duty = models.CharField(max_length=12)
    occasion = models.ForeignKey(
        Occasion, null=True, on_delete=models.PROTECT, related_name="done"
    )
    day = models.DateField()
    note = EncryptedTextField()
    paper = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    submission = models.CharField(max_length=64)
    recorded_by = models.CharField(max_length=80)
    recorded_role = models.CharField(max_length=24)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "submission"], name="one_deed_per_submission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.day}"


class DutyStrike(models.Model):
    """What was entered by mistake, or shows nothing: it stays, and counts no more."""

    done = models.OneToOneField(
        DutyDone, null=True, on_delete=models.PROTECT, related_name="strike"
    )
    occasion = models.OneToOneField(
        Occasion, null=True, on_delete=models.PROTECT, related_name="strike"
    )
    reason = EncryptedTextField()
    struck_by = models.CharField(max_length=80)
    struck_role = models.CharField(max_length=24)
    struck_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done__isnull=True, occasion__isnull=False)
                | models.Q(done__isnull=False, occasion__isnull=True),
                name="a_strike_is_of_one_row",
            )
        ]

    def __str__(self) -> str:
        return f"strike {self.pk}"


class Breach(models.Model):
    """A report that a committee did what the list prohibits. It names people: never public."""

    SOURCES = [
        ("owner", _("业主网上反映")),
        ("visit", _("来访")),
        ("letter", _("来信")),
        ("hotline", _("热线转办（12345、1584）")),
        ("petition", _("信访转办")),
        ("inspection", _("检查发现")),
        ("other", _("其他")),
    ]
    STATES = [
        ("reported", _("等受理")),
        ("taken_up", _("已受理")),
        ("asked", _("已请业委会说明")),
        ("answered", _("业委会已说明")),
        ("founded", _("属实")),
        ("unfounded", _("不属实")),
        ("passed_on", _("已移送")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="breaches")
    committee = models.ForeignKey(Committee, null=True, on_delete=models.PROTECT)
    number = models.PositiveIntegerField()  # within the estate
    act = models.PositiveSmallIntegerField()  # a key of domain.breaches.PROHIBITED
    day = models.DateField(null=True)  # on which it happened, where that is known
    text = EncryptedTextField()
    source = models.CharField(max_length=10, choices=SOURCES)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    submission = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=STATES, default="reported")
    filed_by = models.CharField(max_length=80)  # "owner", or the staff who entered it
    filed_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "number"], name="one_breach_per_number"),
            models.UniqueConstraint(
                fields=["estate", "submission"], name="one_breach_per_submission"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=_STATES),
                name="breach_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(act__range=(1, 10)), name="breach_act_known"
            ),
        ]

    def __str__(self) -> str:
        return f"breach {self.number}"

    @property
    def act_words(self) -> str:
        """What it is said to be, in the words of the list."""
        return PROHIBITED[self.act]


class BreachStep(models.Model):
    """One step of handling a report, called by the state it leads to."""

    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()  # from 1
    kind = models.CharField(max_length=10, choices=Breach.STATES)
    text = EncryptedTextField()
    taken_by = models.CharField(max_length=80)
    taken_role = models.CharField(max_length=24)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["breach", "number"], name="one_step_per_number")
        ]

    def __str__(self) -> str:
        return f"step {self.number}"
