"""Periods of a book, how they are closed, and every version that was published."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.books import Book
from disclosures.models.papers import Paper
from documents.models import Document


class Period(models.Model):
    """A period of account. `version` is the last one published; 0: none yet."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="periods")
    first = models.DateField()
    last = models.DateField()
    version = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["first"]
        constraints = [
            models.UniqueConstraint(fields=["book", "first"], name="one_period_per_day"),
            models.CheckConstraint(
                condition=models.Q(last__gt=models.F("first")), name="period_has_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} - {self.last}"


class Closing(models.Model):
    """What whoever holds the money states of a period; another body publishes it or not."""

    STATES = [
        ("prepared", _("等待审核公布")),
        ("returned", _("已退回")),
        ("published", _("已公布")),
    ]

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="closings")
    version = models.PositiveSmallIntegerField()
    bank_fen = models.BigIntegerField(null=True)  # null: fund
    bank_on = models.DateField(null=True)
    statement = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    difference = models.CharField(max_length=300, blank=True)
    explanations = models.JSONField(default=dict)  # key of domain.closing.asked → text
    correction = models.CharField(max_length=300, blank=True)
    figures = models.CharField(max_length=64)  # digest of the entries it was prepared on
    state = models.CharField(max_length=10, choices=STATES, default="prepared")
    reason = models.CharField(max_length=200, blank=True)  # why it was returned
    prepared_by = models.CharField(max_length=80)
    prepared_role = models.CharField(max_length=24)
    prepared_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period"],
                condition=models.Q(state="prepared"),
                name="one_closing_waits_per_period",
            )
        ]

    def __str__(self) -> str:
        return f"closing {self.pk}"


class Publication(models.Model):
    """公布: one version of a period as everybody sees it; frozen, never changed."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="publications")
    version = models.PositiveSmallIntegerField()
    closing = models.OneToOneField(
        Closing, on_delete=models.PROTECT, related_name="publication"
    )
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    csv = models.BinaryField()
    opening_fen = models.BigIntegerField()
    closing_fen = models.BigIntegerField()
    posted_at = models.DateTimeField()
    until = models.DateTimeField()  # end of the publicity period

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "version"], name="one_publication_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class YearAccount(models.Model):
    """年度收支报告 for the owners' assembly: a year of publications on one paper."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="year_accounts")
    year = models.PositiveSmallIntegerField()
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"account of {self.year}"
