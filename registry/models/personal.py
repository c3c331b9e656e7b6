"""What becomes of a person's own data: another phone number, and requests about the data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField
from registry.models.roll import Owner


class PhoneChange(models.Model):
    """Another phone number for an owner, not in force before the old one was told.

    `proposed` at the desk or by a file, until another person confirms it; then `held` a day;
    then `done`, or `stopped` on the way. The numbers are emptied when the row is old.
    """

    WAYS = [("own", _("本人在网上")), ("desk", _("柜台办理")), ("file", _("名册文件"))]
    STATES = [
        ("proposed", _("等第二人确认")),
        ("held", _("等待生效")),
        ("done", _("已生效")),
        ("stopped", _("已停止")),
    ]
    OPEN = ("proposed", "held")

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="phone_changes")
    way = models.CharField(max_length=4, choices=WAYS)
    state = models.CharField(max_length=8, choices=STATES)
    phone = EncryptedTextField()  # the new number; empty takes the number off the roll
    old_phone = EncryptedTextField()  # who is told, and what frozen rolls still carry
    asked_by = models.CharField(max_length=80)
    asked_role = models.CharField(max_length=24, blank=True)
    asked_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_role = models.CharField(max_length=24, blank=True)
    takes_effect_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)
    # Rolls that were frozen beside it have been looked at.
    followed = models.BooleanField(default=False)
    reason = EncryptedTextField()  # why it was stopped

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(state__in=("proposed", "held")),
                name="one_open_phone_change",
            ),
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=models.F("asked_by")),
                name="phone_change_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=("held", "done"))
                | models.Q(takes_effect_at__isnull=False),
                name="phone_change_has_its_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"phone change {self.pk}"


class NumberCheck(models.Model):
    """A document number written for an owner where others were before: proof of nothing yet.

    Until another person has held it against the paper (`confirmed_at`) no check before a vote
    and no door to the own data takes it. It tells owners apart from the first.
    """

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="number_checks")
    entered_by = models.CharField(max_length=80)
    entered_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_role = models.CharField(max_length=24, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(confirmed_at__isnull=True),
                name="one_open_number_check",
            ),
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=models.F("entered_by")),
                name="number_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"number check {self.pk}"


class RollNotice(models.Model):
    """What befell an owner's title without the owner asking: told to the phone on the roll.

    Written in the transaction that changes the roll; a sweeper tells it.
    """

    KINDS = [
        ("ended", _("权属登记给了他人")),
        ("joined", _("增加了共有人")),
        ("voter", _("登记了由谁表决")),
        ("number", _("登记了证件号码")),
    ]

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=8, choices=KINDS)
    noted_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(told_at__isnull=True), name="notices_to_tell"
            )
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"


class DataRequest(models.Model):
    """What an owner asks of whoever keeps the roll (PIPL 45-48, 50), and the answer."""

    KINDS = [
        ("correct", _("更正或者补充")),
        ("erase", _("删除")),
        ("explain", _("说明怎样处理我的信息")),
        ("other", _("其他")),
    ]
    STATES = [
        ("open", _("等待答复")),
        ("granted", _("已照办")),
        ("partly", _("部分照办")),
        ("refused", _("没有照办")),
    ]

    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8, choices=KINDS)
    text = EncryptedTextField()
    state = models.CharField(max_length=8, choices=STATES, default="open")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    answer = EncryptedTextField()
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"request {self.pk}"
