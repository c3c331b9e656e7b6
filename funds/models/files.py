"""A file of the fund centre or the bank on its way in: looked at, then confirmed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funds.models.accounts import SpecialAccount
from funds.models.books import Voucher
from funds.models.snapshots import Snapshot
from registry.fields import SealedField


class FundFile(models.Model):
    """One file, kept encrypted in `content` until it is confirmed or given up.

    `as_of`, `source` and `reason` are what was said of balances: the day they are of, who
    stated them, and why they changed where the file itself does not say. Of amounts for units
    `as_of` is the accounting day, `source` the paper they rest on, `text` what the voucher
    says, `settles` whether they pay what the units owe.
    """

    KINDS = [
        ("balances", _("分户余额")),
        ("statement", _("银行对账单")),
        ("opening", _("期初余额")),
        ("deposit", _("交存")),
        ("allocation", _("分配入户")),
    ]
    STATES = [
        ("previewed", _("待确认")),
        ("confirmed", _("已导入")),
        ("dropped", _("已放弃")),
    ]

    special = models.ForeignKey(SpecialAccount, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, choices=KINDS)
    state = models.CharField(max_length=10, choices=STATES, default="previewed")
    as_of = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=200, blank=True)
    settles = models.BooleanField(default=False)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    content = SealedField(default=b"", purpose="funds.fundfile.content")
    snapshot = models.OneToOneField(Snapshot, null=True, blank=True, on_delete=models.PROTECT)
    voucher = models.OneToOneField(Voucher, null=True, blank=True, on_delete=models.PROTECT)
    # How many movements of a statement were new.
    lines = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"
