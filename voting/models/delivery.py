"""送达: what happened to each letter on its way, by whom, on what evidence; never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from voting.models.roll import Party
from voting.models.sessions import Session


class DeliveryEvidence(models.Model):
    """A photograph or a signed sheet, encrypted; pictures without their EXIF."""

    KINDS = [
        ("sheet", _("签收表")),
        ("photo", _("照片")),
        ("notice", _("公告送达的张贴照片")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=8, choices=KINDS)
    building = models.CharField(max_length=40, blank=True)
    entrance = models.CharField(max_length=20, blank=True)
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="voting.delivery.content")
    sha256 = models.CharField(max_length=64)  # of what is kept
    added_by = models.CharField(max_length=80)
    added_role = models.CharField(max_length=24)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"evidence {self.pk}"


class DeliveryMark(models.Model):
    """One thing that happened to a party's letter. A mistake is taken back by a further row."""

    KINDS = [
        ("handed_out", _("已交给派送人")),
        ("signed", _("本人签收")),
        ("household", _("同住成年家属签收")),
        ("post", _("按业主给的地址寄送，已签收")),
        ("electronic", _("按业主同意的电子方式送达")),
        ("absent", _("没人在家，还要再去")),
        ("refused", _("拒收")),
        ("returned", _("退回，找不到人")),
        ("substituted", _("公告送达")),
        ("taken_back", _("撤回上一条")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="deliveries")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=12, choices=KINDS)
    takes_back = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="taken_back"
    )
    evidence = models.ForeignKey(
        DeliveryEvidence, null=True, on_delete=models.PROTECT, related_name="marks"
    )
    note = EncryptedTextField()
    posted_on = models.DateField(null=True)  # substituted: when the notice was posted
    until = models.DateTimeField(null=True)  # substituted: when its period is over
    submission = models.CharField(max_length=64)  # sent twice over a bad network, it is one
    marked_by = models.CharField(max_length=80)
    marked_role = models.CharField(max_length=24)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "submission"], name="one_mark_per_submission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DeliveryCheck(models.Model):
    """A second person compared a mark with its evidence."""

    mark = models.OneToOneField(
        DeliveryMark, on_delete=models.PROTECT, primary_key=True, related_name="check_of"
    )
    checked_by = models.CharField(max_length=80)
    checked_role = models.CharField(max_length=24)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"check {self.pk}"
