"""The cabinet: where originals lie, archive bundles, filings with the street office."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Job
from documents.models import Document
from registry.fields import SealedField
from registry.models import Estate
from voting.models.sessions import Session


class Originals(models.Model):
    """Where paper originals of a session lie (柜、盒、号). A ballot's lie by their serials."""

    KINDS = [
        ("ballots", _("纸质表决票")),
        ("proxies", _("授权委托书")),
        ("posted", _("张贴过的公告、结果")),
        ("stamped", _("盖章的文件")),
        ("other", _("其他")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="originals")
    kind = models.CharField(max_length=10, choices=KINDS)
    what = models.CharField(max_length=80, blank=True)
    first_serial = models.CharField(max_length=12, blank=True)
    last_serial = models.CharField(max_length=12, blank=True)
    sheets = models.PositiveIntegerField()
    cabinet = models.CharField(max_length=20)
    box = models.CharField(max_length=20)
    slot = models.CharField(max_length=20, blank=True)
    entered_by = models.CharField(max_length=80)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"originals {self.pk}"


class ArchiveBundle(models.Model):
    """归档包 of a session. The same record gives the same bytes, made as often as wanted."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="bundles")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="bundle")
    # From making on:
    items_sha256 = models.CharField(max_length=64, blank=True)  # of the list of items
    contents = models.ForeignKey(
        Document, null=True, on_delete=models.PROTECT, related_name="bundles"
    )  # the signed list; one for each different list
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"bundle {self.pk}"


class Filing(models.Model):
    """备案: what has to be filed with the street office in thirty days; never an approval."""

    STATES = [
        ("due", _("等待提交")),
        ("submitted", _("已提交，等待街道接收")),
        ("returned", _("已退回，请补正")),
        ("received", _("已接收备案")),
        ("not_due", _("不需要备案")),
    ]
    KINDS = [("formation", _("成立和选举备案")), ("change", _("变更备案"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="filings")
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="filing")
    kind = models.CharField(max_length=10, choices=KINDS)
    state = models.CharField(max_length=10, choices=STATES, default="due")
    required = models.JSONField(default=list)  # of domain.filing.PAPERS
    due_at = models.DateTimeField()
    due_warning = models.CharField(max_length=200, blank=True)  # holidays not yet published
    opened_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=80, blank=True)
    submitted_at = models.DateTimeField(null=True)
    returned_by = models.CharField(max_length=80, blank=True)
    returned_at = models.DateTimeField(null=True)
    reasons = models.JSONField(default=list)  # [paper, sentence]: all at once
    received_by = models.CharField(max_length=80, blank=True)
    received_at = models.DateTimeField(null=True)
    received_on = models.DateField(null=True)
    receipt_number = models.CharField(max_length=40, blank=True)  # in the street's register
    # 备案回执; null while received: still to be issued.
    receipt = models.OneToOneField(
        Document, null=True, on_delete=models.PROTECT, related_name="receipt_of"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["due", "submitted", "returned", "received", "not_due"]
                ),
                name="filing_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"filing {self.pk}"


class FilingPaper(models.Model):
    """One paper of a filing: one of ours, or a file handed in. A replaced one stays."""

    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="papers")
    item = models.CharField(max_length=10)  # report | covenant | rules | other
    name = models.CharField(max_length=120)
    document = models.ForeignKey(
        Document, null=True, on_delete=models.PROTECT, related_name="filed_in"
    )
    content_type = models.CharField(max_length=60, blank=True)
    content = SealedField(default=b"", purpose="voting.filing.content")
    sha256 = models.CharField(max_length=64)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"paper {self.pk} of filing {self.filing_id}"
