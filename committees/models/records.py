"""The estate register: what was reported of each estate, and the files it came in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.domain.estate_register import PARTY, SERVICES
from registry.fields import EncryptedTextField, SealedField
from registry.models import Authority, Division, Estate


class RegisterImport(models.Model):
    """A register somebody handed in: looked at, then written whole or not at all."""

    STATES = [
        ("previewed", _("等确认")),
        ("confirmed", _("已写入")),
        ("dropped", _("已放弃")),
    ]

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()  # on which things stood as the file says
    reporter = models.CharField(max_length=80)  # 填报单位, as printed
    state = models.CharField(max_length=10, choices=STATES, default="previewed")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    rows = SealedField(purpose="committees.registerimport.rows")  # it names people
    summary = models.JSONField(default=dict)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"register {self.pk}"


class EstateRecord(models.Model):
    """A row of the register; the newest of an estate stands, those before stay."""

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="records")
    day = models.DateField()
    boundaries = models.CharField(max_length=300, blank=True)  # 四至范围
    service = models.PositiveSmallIntegerField(null=True, choices=list(SERVICES.items()))
    party = models.PositiveSmallIntegerField(null=True, choices=list(PARTY.items()))
    manager = EncryptedTextField()  # 物业服务企业及项目负责人: it names a person
    # 物业费收缴率 in hundredths of a percent; the amounts where the reporter gave them.
    fee_rate = models.PositiveSmallIntegerField(null=True)
    fee_paid_fen = models.BigIntegerField(null=True)
    fee_due_fen = models.BigIntegerField(null=True)
    fee_day = models.DateField(null=True)
    reporter = models.CharField(max_length=80)
    batch = models.ForeignKey(RegisterImport, null=True, on_delete=models.PROTECT)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["estate", "-id"], name="newest_record")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fee_rate__isnull=True) | models.Q(fee_rate__lte=10_000),
                name="no_more_is_collected_than_all",
            ),
            models.CheckConstraint(
                condition=models.Q(fee_due_fen__isnull=True)
                | models.Q(fee_due_fen__gt=0, fee_paid_fen__gte=0)
                & models.Q(fee_paid_fen__lte=models.F("fee_due_fen")),
                name="fees_paid_of_fees_due",
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"


class EstateSeen(models.Model):
    """The newest day on which a register named an estate, changed or not."""

    estate = models.OneToOneField(
        Estate, primary_key=True, on_delete=models.PROTECT, related_name="seen"
    )
    day = models.DateField()

    def __str__(self) -> str:
        return f"estate {self.estate_id} seen"


class EstateMove(models.Model):
    """An estate that went to another 社区 or to another authority: never changed afterwards.

    What it was before is here, so that months that ended stay what they were.
    """

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="moves")
    day = models.DateField()  # from which on it belongs to the new place
    from_division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    to_division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    from_authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    to_authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    paper = models.CharField(max_length=200)  # what it rests on: a decision's number
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_division=models.F("to_division"))
                | ~models.Q(from_authority=models.F("to_authority")),
                name="a_move_goes_somewhere",
            )
        ]

    def __str__(self) -> str:
        return f"move {self.pk}"
