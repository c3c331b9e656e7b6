"""Yearly papers: of a unit for its owner, of an account for everybody."""

from django.db import models

from documents.models import Document
from funds.models.accounts import FundAccount, SubAccount


class YearPaper(models.Model):
    """The paper of one year of a sub-account, or of an account.

    `content_sha256`: of what it says without number and day of issue. While the books say the
    same, the same paper is handed out; a later one supersedes it.
    """

    sub = models.ForeignKey(
        SubAccount, null=True, on_delete=models.PROTECT, related_name="year_papers"
    )
    account = models.ForeignKey(
        FundAccount, null=True, on_delete=models.PROTECT, related_name="year_papers"
    )
    year = models.PositiveSmallIntegerField()
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    table = models.BinaryField(default=b"")  # the list by rooms, of an account
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sub__isnull=True) ^ models.Q(account__isnull=True),
                name="year_paper_of_unit_or_account",
            )
        ]

    def __str__(self) -> str:
        return f"paper of {self.year}"
