"""Figures frozen with a month, and the reports drawn up from them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.models.snapshots import Snapshot
from documents.models import Document
from registry.models import Authority


class SnapshotFigure(models.Model):
    """One number of one authority as a month ended, of what it answers for itself."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="figures")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)  # a key of domain.reports.COUNTED
    value = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "authority", "code"],
                name="one_figure_per_authority_and_month",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value}"


class Report(models.Model):
    """One version of what an authority reports to the one above it.

    `figures`: {"rows": [{"name", "values": {code: number or null}}, …], "below": [{"name",
    "state", "on", "late"}, …]}, frozen when it was drawn up.
    """

    KINDS = [("monthly", _("月报")), ("summary", _("阶段总结"))]
    STATES = [
        ("draft", _("填写中")),
        ("signed", _("已审签，还没有报送")),
        ("handed_in", _("已报送，等接收")),
        ("received", _("已接收")),
        ("returned", _("已退回")),
        ("dropped", _("已放弃")),
    ]

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="reports")
    # Where it is handed in: the authority above when it was drawn up; null: there is none.
    above = models.ForeignKey(
        Authority, null=True, on_delete=models.PROTECT, related_name="reports_below"
    )
    kind = models.CharField(max_length=8, choices=KINDS)
    first = models.DateField()
    last = models.DateField()
    due_on = models.DateField()
    clause = models.CharField(max_length=200)
    as_of = models.DateField()  # the day as whose end the figures stand
    version = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=300, blank=True)  # of a correction
    state = models.CharField(max_length=10, choices=STATES, default="draft")
    figures = models.JSONField()
    text = models.TextField()
    drafted_by = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    edited_by = models.CharField(max_length=80)
    signed_by = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)
    document = models.OneToOneField(Document, null=True, on_delete=models.PROTECT)
    handed_in_by = models.CharField(max_length=80, blank=True)
    handed_in_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # why it was sent back

    class Meta:
        ordering = ["last", "authority", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "kind", "last", "version"], name="one_report_per_version"
            ),
            models.UniqueConstraint(
                fields=["authority", "kind", "last"],
                condition=models.Q(state__in=["draft", "signed", "handed_in"]),
                name="one_report_is_worked_on",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "draft",
                        "signed",
                        "handed_in",
                        "received",
                        "returned",
                        "dropped",
                    ]
                ),
                name="report_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by="") | ~models.Q(signed_by=models.F("drafted_by")),
                name="another_person_signs_a_report",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "dropped"])
                | models.Q(document__isnull=False, signed_at__isnull=False),
                name="a_signed_report_has_its_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.last} version {self.version}"
