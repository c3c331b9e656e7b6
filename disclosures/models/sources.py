"""公共收益来源: where common income comes from, under which contracts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.papers import Paper
from documents.labels import label
from registry.models import Estate, Unit


class Source(models.Model):
    """One thing on common parts that brings income: bays, an advertising frame, a locker."""

    # The keys of domain.headings.SOURCES.
    KINDS = [
        ("parking", _("占用共有道路、场地的车位")),
        ("lift_ad", _("电梯广告")),
        ("outdoor_ad", _("户外广告")),
        ("locker", _("快递柜、售货机等")),
        ("base_station", _("通信基站")),
        ("room", _("公共部位、物业用房出租")),
        ("venue", _("场地、会所等")),
        ("other", _("其他")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="sources")
    number = models.PositiveIntegerField()  # within the estate
    kind = models.CharField(max_length=16, choices=KINDS)
    place = models.CharField(max_length=80)
    quantity = models.CharField(max_length=40, blank=True)  # "12个"
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "number"], name="one_source_per_number"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "parking", "lift_ad", "outdoor_ad", "locker", "base_station", "room",
                        "venue", "other",
                    ]
                ),
                name="source_kind_known",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.place}"

    @property
    def name(self) -> str:
        """As papers and records call it."""
        return f"{label(self, 'kind')} {self.place}"


class Contract(models.Model):
    """Who pays how much for a source, from when to when. Never changed, only ended."""

    PAYERS = [("organisation", _("单位")), ("persons", _("个人"))]
    PRICED = [
        ("month", _("每月")),
        ("quarter", _("每季")),
        ("year", _("每年")),
        ("once", _("一次性")),
    ]

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="contracts")
    number = models.CharField(max_length=40, blank=True)  # as printed on it
    payer = models.CharField(max_length=80)  # an organisation, or "业主" and the like
    payer_kind = models.CharField(max_length=12, choices=PAYERS)
    outsider = models.BooleanField(default=False)  # 对外: not an owner of the estate
    fen = models.BigIntegerField()
    priced = models.CharField(max_length=8, choices=PRICED)
    first = models.DateField()
    last = models.DateField(null=True)  # null: until further notice
    paper = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)  # the last day, where it ended early
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="contract_has_a_price"),
            models.CheckConstraint(
                condition=models.Q(last__isnull=True) | models.Q(last__gte=models.F("first")),
                name="contract_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"contract {self.pk}"

    @property
    def shown_payer(self) -> str:
        """The payer as everybody may read it: people are not named."""
        return self.payer if self.payer_kind == "organisation" else "个人"


class SourceReport(models.Model):
    """An owner says: this is not on the register. Answered in public, by a day."""

    STATES = [("open", _("等待答复")), ("added", _("已补登")), ("answered", _("已答复"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="source_reports")
    number = models.PositiveIntegerField()
    submission = models.CharField(max_length=64)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    filed_by = models.CharField(max_length=80)  # "owner", or the staff who entered it
    filed_at = models.DateTimeField()
    place = models.CharField(max_length=80)
    text = models.CharField(max_length=400)
    covered = models.JSONField(default=list)  # words not shown, see domain.wording
    photo = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=STATES, default="open")
    source = models.ForeignKey(
        Source, null=True, on_delete=models.PROTECT, related_name="reports"
    )
    answer = models.CharField(max_length=600, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_role = models.CharField(max_length=24, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "number"], name="one_report_per_number"),
            models.UniqueConstraint(
                fields=["estate", "submission"], name="one_report_per_submission"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(state="open"), name="reports_due"
            )
        ]

    def __str__(self) -> str:
        return f"report {self.number}"
