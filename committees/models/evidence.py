"""Papers that prove what was reported: kept as pictures of their pages, encrypted."""

from django.db import models

from committees.models.bodies import Committee
from registry.fields import EncryptedTextField, SealedField
from registry.models import Estate


class Evidence(models.Model):
    """One paper or photograph. What was handed in is not kept, only its pages."""

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="+")
    name = EncryptedTextField()  # of the file: people name files after people
    sha256 = models.CharField(max_length=64)  # of what was handed in
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"evidence {self.pk}"


class EvidencePage(models.Model):
    """One page, a picture without where it was taken."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    content = SealedField(purpose="committees.evidencepage.content")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "number"], name="one_page_of_evidence_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"page {self.number} of evidence {self.evidence_id}"


class Filed(models.Model):
    """What proves a committee that was recorded by hand, outside a formation."""

    committee = models.OneToOneField(Committee, on_delete=models.PROTECT, related_name="filed")
    note = EncryptedTextField()
    evidence = models.ForeignKey(
        Evidence, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"papers of committee {self.committee_id}"
