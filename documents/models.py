"""Stored papers, where they hang, their stamped copies, the seals. Contents never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from registry.models import Authority, Estate


class Document(models.Model):
    """One official paper, rendered and signed once."""

    STATUS = [("issued", _("有效")), ("superseded", _("已被取代")), ("revoked", _("已撤销"))]

    code = models.CharField(max_length=12, unique=True)  # public: /v/<code>
    number = models.CharField(max_length=60)  # as printed, e.g. 示范花园业〔2026〕3号
    kind = models.CharField(max_length=24)  # resolution, notice, …
    title = models.CharField(max_length=200)
    # Of an estate, or of an authority: what one bureau reports to the next has no estate.
    estate = models.ForeignKey(
        Estate, null=True, on_delete=models.PROTECT, related_name="documents"
    )
    authority = models.ForeignKey(
        Authority, null=True, on_delete=models.PROTECT, related_name="+"
    )
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    facts = models.BinaryField()  # the attached data, exactly as attached
    facts_sha256 = models.CharField(max_length=64)
    signer = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    is_public = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=STATUS, default="issued")
    status_reason = models.CharField(max_length=300, blank=True)
    # What is in the way of what it decides, though the paper itself is in force: "" |
    # challenged | correction | suspended | revoked or superseded (in part), and a sentence.
    standing = models.CharField(max_length=12, blank=True)
    standing_note = models.CharField(max_length=600, blank=True)
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="supersedes"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(estate__isnull=False, authority__isnull=True)
                | models.Q(estate__isnull=True, authority__isnull=False),
                name="a_paper_is_of_one_place",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def walls(self) -> Estate:
        """The estate where it hangs. ValueError for a paper of an authority."""
        if self.estate is None:
            raise ValueError(f"{self.number} hangs on no wall")
        return self.estate


class PostingPlace(models.Model):
    """张贴处: a notice board or an entrance of an estate where papers have to hang."""

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="posting_places")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "name"],
                condition=models.Q(is_active=True),
                name="one_living_posting_place_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Posting(models.Model):
    """张贴: one paper on one wall, from when to when, by whom."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="postings")
    place = models.ForeignKey(PostingPlace, on_delete=models.PROTECT, related_name="postings")
    posted_by = EncryptedTextField()
    posted_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    taken_down_at = models.DateTimeField(null=True)
    taken_down_by = EncryptedTextField()
    taken_down_recorded_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "place"],
                condition=models.Q(taken_down_at__isnull=True),
                name="one_hanging_copy_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"posting {self.pk}"


class PostingPhoto(models.Model):
    """A photograph of a posting: taken when it was hung, or when it was taken down."""

    MOMENTS = [("posted", _("张贴时")), ("taken_down", _("取下时"))]

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="photos")
    moment = models.CharField(max_length=10, choices=MOMENTS)
    # JPEG without EXIF: passers-by may be on it.
    content = SealedField(purpose="documents.photo.content")
    sha256 = models.CharField(max_length=64)  # of the JPEG
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"photo {self.pk}"


class StampedCopy(models.Model):
    """盖章扫描件: the stamped print of a paper, scanned back and seen by a second person."""

    STATES = [
        ("uploaded", _("等待第二人看过")),
        ("confirmed", _("已由第二人确认")),
        ("declined", _("没有确认")),
    ]
    READS = [("read", _("扫描件上的二维码就是这份文件")), ("none", _("没有读到二维码"))]

    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="stamped_copies"
    )
    document_sha256 = models.CharField(max_length=64)  # of the paper it is a print of
    content = SealedField(purpose="documents.scan.content")
    content_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)  # of the scan as kept
    qr = models.CharField(max_length=4, choices=READS)
    state = models.CharField(max_length=10, choices=STATES, default="uploaded")
    uploaded_by = models.CharField(max_length=80)
    uploaded_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)  # why it was declined

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "sha256"],
                condition=~models.Q(state="declined"),
                name="one_stamped_copy_per_scan",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["uploaded", "confirmed", "declined"]),
                name="stamped_copy_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"stamped copy {self.pk}"


class Seal(models.Model):
    """印章: one seal of an estate's owners, as registered."""

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="seals")
    name = models.CharField(max_length=80)  # 样例花园业主委员会公章
    number = models.CharField(max_length=40, blank=True)  # 印章备案编码
    registered_by = models.CharField(max_length=80)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "name"], name="one_seal_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class SealCustody(models.Model):
    """Who keeps a seal, from which day to which; null: keeps it now."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="custodies")
    custodian = EncryptedTextField()
    since = models.DateField()
    until = models.DateField(null=True)
    witness = EncryptedTextField()  # who saw the handover (监交人)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seal"],
                condition=models.Q(until__isnull=True),
                name="one_custodian_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"custody {self.pk}"


class SealUse(models.Model):
    """用印: one use of a seal, on which paper, approved by whom."""

    custody = models.ForeignKey(SealCustody, on_delete=models.PROTECT, related_name="uses")
    document = models.ForeignKey(
        Document, null=True, on_delete=models.PROTECT, related_name="seal_uses"
    )
    paper = models.CharField(max_length=200)  # what was stamped, in words
    copies = models.PositiveSmallIntegerField()
    approved_by = EncryptedTextField()
    used_on = models.DateField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"use {self.pk}"
