"""移交: what a committee takes over, item by item, from the one before or the developer."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.models.bodies import Committee
from registry.fields import EncryptedTextField


class Handover(models.Model):
    """The list of one committee; confirmed by somebody who entered none of it."""

    SOURCES = [
        ("former", _("原业主委员会")),
        ("preparatory_group", _("筹备组")),
        ("developer", _("建设单位")),
        ("residents_committee", _("居委会")),
        ("management_committee", _("原物业管理委员会")),
    ]

    committee = models.OneToOneField(
        Committee, on_delete=models.PROTECT, related_name="handover"
    )
    source = models.CharField(max_length=20, choices=SOURCES)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    confirmed_on = models.DateField(null=True)
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"handover {self.pk}"


class HandoverItem(models.Model):
    """One thing on the list: of the standard list, or added."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "position"], name="one_item_per_position"
            ),
            models.UniqueConstraint(fields=["handover", "title"], name="one_item_per_title"),
        ]

    def __str__(self) -> str:
        return self.title


class ItemState(models.Model):
    """What became of an item; the newest stands. No person is named in public."""

    STATES = [
        ("handed", _("已移交")),
        ("missing", _("没有或者交不出")),
        ("open", _("还没有移交")),
    ]

    item = models.ForeignKey(HandoverItem, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=8, choices=STATES)
    day = models.DateField()
    received_by = models.CharField(max_length=40, blank=True)  # an office: 主任, 档案管理
    note = EncryptedTextField()  # why it is missing, or what was handed over
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.state} of item {self.item_id}"
