"""Papers as pictures: what was handed in is made plain, looked at, covered, then shown."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import SealedField
from registry.models import Estate


class Paper(models.Model):
    """A voucher, contract, statement or photograph: pages that are pictures, nothing else."""

    KINDS = [
        ("voucher", _("原始凭证")),
        ("contract", _("合同")),
        ("statement", _("银行对账单")),
        ("decision", _("业主的决定")),
        ("photo", _("照片")),
        ("disclosure", _("公开的材料")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=KINDS)
    name = models.CharField(max_length=80)  # as whoever handed it in calls it
    # Of what was handed in, which is not kept: whoever has it can compare.
    source_sha256 = models.CharField(max_length=64)
    uploaded_by = models.CharField(max_length=80)
    uploaded_at = models.DateTimeField()
    # Somebody looked at every page for what must not be shown; null: nobody has.
    looked_by = models.CharField(max_length=80, blank=True)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class PaperPage(models.Model):
    """One page. `content` is encrypted; `shown` is the picture with the boxes burnt in."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    content = SealedField(purpose="disclosures.paperpage")
    sha256 = models.CharField(max_length=64)  # of the plain page
    # [[left, top, width, height], …] in thousandths of the page
    boxes = models.JSONField(default=list)
    shown = models.BinaryField(default=b"")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "number"], name="one_page_per_number")
        ]

    def __str__(self) -> str:
        return f"page {self.number} of {self.paper_id}"


class LaterCover(models.Model):
    """What was covered on a page that everybody could see already, and why: shown with it."""

    page = models.ForeignKey(PaperPage, on_delete=models.PROTECT, related_name="later")
    added = models.PositiveSmallIntegerField()  # boxes
    reason = models.CharField(max_length=200)
    covered_by = models.CharField(max_length=80)
    covered_role = models.CharField(max_length=24)
    covered_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.added} boxes later on {self.page_id}"
