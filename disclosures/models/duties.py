"""What is due when: one table for accounts and the three disclosures (三公开)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.papers import Paper
from disclosures.models.publishing import Publication
from documents.models import Document
from registry.models import Estate


class Enrolment(models.Model):
    """From which day on an estate has to publish; what, the profile and its books say."""

    estate = models.OneToOneField(Estate, on_delete=models.PROTECT, related_name="enrolment")
    since = models.DateField()
    has_manager = models.BooleanField(default=True)  # the manager's disclosures are due too
    enrolled_by = models.CharField(max_length=80)
    enrolled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"since {self.since}"


class Disclosure(models.Model):
    """公开的材料 of the property manager: services with prices and standards, complaints."""

    KINDS = [
        ("service", _("物业服务价格、内容及标准")),
        ("complaints", _("投诉渠道及方式")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="disclosures")
    kind = models.CharField(max_length=12, choices=KINDS)
    version = models.PositiveSmallIntegerField()
    manager = models.CharField(max_length=80)
    text = models.TextField()
    paper = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    posted_by = models.CharField(max_length=80)
    posted_at = models.DateTimeField()
    valid_until = models.DateField()  # to be renewed by then

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "kind", "version"], name="one_disclosure_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class Duty(models.Model):
    """One thing due for one period; done once its publication or disclosure is out."""

    KINDS = [
        ("revenue", _("公共收益")),
        ("expenses", _("业主委员会经费")),
        ("fund", _("维修资金使用")),
        ("service", _("物业服务价格、内容及标准")),
        ("complaints", _("投诉渠道及方式")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="duties")
    kind = models.CharField(max_length=12, choices=KINDS)
    first = models.DateField()  # of the period it is about
    last = models.DateField()
    due_on = models.DateField()
    late_on = models.DateField()  # the first day it stands on the late list
    done_at = models.DateTimeField(null=True)
    publication = models.ForeignKey(
        Publication, null=True, on_delete=models.PROTECT, related_name="+"
    )
    disclosure = models.ForeignKey(
        Disclosure, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "kind", "first"], name="one_duty_per_period"
            )
        ]
        indexes = [
            models.Index(
                # `kind` too: the late list of a city is counted from the index alone.
                fields=["late_on", "estate", "kind"],
                condition=models.Q(done_at__isnull=True),
                name="duties_late",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} due {self.due_on}"
