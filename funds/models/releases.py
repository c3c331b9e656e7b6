"""From a decision to the money: the application, its review, instalments, settlement."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Document
from funds.models.accounts import SpecialAccount
from funds.models.books import OwedAmount, Voucher
from funds.models.repairs import RepairRequest, RepairVersion, VersionUnit
from registry.fields import EncryptedTextField, SealedField
from registry.models import Authority


class FundApplication(models.Model):
    """列支申请: how much of the fund, to whom, in which instalments, on which decision.

    A returned one stays as it was filed; the next is a new row with the next number, its
    fields taken over.
    """

    STATES = [
        ("draft", _("填写中")),
        ("filed", _("审核中")),
        ("passed", _("审核通过")),
        ("returned", _("已退回")),
        ("withdrawn", _("已撤回")),
    ]

    request = models.ForeignKey(
        RepairRequest, on_delete=models.PROTECT, related_name="applications"
    )
    number = models.PositiveSmallIntegerField()  # from 1
    version = models.ForeignKey(RepairVersion, on_delete=models.PROTECT)
    amount_fen = models.BigIntegerField()
    contract_fen = models.BigIntegerField(null=True, blank=True)
    audited_fen = models.BigIntegerField(null=True, blank=True)  # 造价审核
    no_audit = models.CharField(max_length=200, blank=True)  # why there is none
    contract_firm = models.CharField(max_length=80, blank=True)
    payee = models.CharField(max_length=80)
    payee_bank = models.CharField(max_length=80)
    payee_account = EncryptedTextField()
    payee_hash = models.CharField(max_length=64, blank=True)
    payee_tail = models.CharField(max_length=4, blank=True)
    payee_reason = models.CharField(max_length=200, blank=True)  # why not the firm chosen
    papers = models.JSONField(default=list)  # kind and SHA-256 of RepairFile, once filed
    state = models.CharField(max_length=10, choices=STATES, default="draft")
    made_by = models.CharField(max_length=80)  # who drafted it; never its reviewer
    filed_by = models.CharField(max_length=80, blank=True)
    filed_role = models.CharField(max_length=24, blank=True)
    filed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # passed or returned
    opinion = models.OneToOneField(  # 审核意见书
        Document, null=True, on_delete=models.PROTECT, related_name="opinion_on"
    )
    # 受理号 of the fund centre's own system, where it keeps the books.
    acceptance_number = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="one_application_per_number"
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(state__in=["draft", "filed"]),
                name="one_pending_application",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0), name="application_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"application {self.number} of {self.request_id}"


class Review(models.Model):
    """One desk's word on an application: every check answered, all reasons at once."""

    STEPS = [
        ("street", _("街道核实")),
        ("bureau", _("主管部门审核")),
        ("second", _("第二人复核")),
        ("committee", _("业委会决定")),
        ("committee_second", _("业委会第二人确认")),
        ("seller", _("售房单位同意")),
    ]
    OUTCOMES = [("pass", _("通过")), ("return", _("退回"))]

    application = models.ForeignKey(
        FundApplication, on_delete=models.PROTECT, related_name="reviews"
    )
    step = models.CharField(max_length=16, choices=STEPS)
    outcome = models.CharField(max_length=6, choices=OUTCOMES)
    checks = models.JSONField()  # code → {"ok": bool, "note": text}
    note = models.CharField(max_length=400, blank=True)
    reviewer = models.CharField(max_length=80)
    reviewer_name = models.CharField(max_length=40)  # as printed on the opinion
    role = models.CharField(max_length=24)
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT)
    deputises = models.CharField(max_length=200, blank=True)  # for whose desk, and why
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "step"], name="one_review_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.outcome}"


class ReleaseList(models.Model):
    """划转清单: what the bank is told to pay, as one file with control totals."""

    STATES = [("made", _("已生成")), ("closed", _("银行已全部答复"))]

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="release_lists"
    )
    number = models.PositiveIntegerField()  # from 1, no gap
    total_fen = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    content = SealedField(purpose="funds.releaselist")  # account numbers
    sha256 = models.CharField(max_length=64)
    notice = models.OneToOneField(Document, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=6, choices=STATES, default="made")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["special", "number"], name="one_release_list_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"release list {self.number}"


class Instalment(models.Model):
    """One payment to the firm, bound to what has to be shown for it."""

    KINDS = [
        ("start", _("开工款")),
        ("advance", _("应急预拨款")),
        ("milestone", _("进度款")),
        ("final", _("尾款")),
        ("balance", _("补足款")),  # what owners owed, once they have paid it
        (
            "relief",
            _("冲减欠缴"),
        ),  # owed above what is due; moves no money
    ]
    STATES = [
        ("planned", _("未到条件")),
        ("asked", _("已申请，待确认")),
        ("ready", _("可以划转")),
        ("ordered", _("已列入划转清单")),
        ("paid", _("已付")),
        ("failed", _("银行没有付")),
        ("cancelled", _("已取消")),
    ]

    application = models.ForeignKey(
        FundApplication, on_delete=models.PROTECT, related_name="instalments"
    )
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=KINDS)
    fen = models.BigIntegerField()
    condition = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=STATES, default="planned")
    papers = models.JSONField(default=list)  # SHA-256 of the RepairFile it was asked for with
    asked_by = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    release_list = models.ForeignKey(
        ReleaseList, null=True, on_delete=models.PROTECT, related_name="instalments"
    )
    payable_fen = models.BigIntegerField(null=True)  # once ordered: what the units can pay
    bank_serial = models.CharField(max_length=60, blank=True)
    paid_on = models.DateField(null=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True)  # of the bank's answer
    closed_by = models.CharField(max_length=80, blank=True)  # who entered the bank's answer
    voucher = models.OneToOneField(Voucher, null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "position"], name="one_instalment_per_position"
            ),
            # A final one of nothing only moves single fen among the units.
            models.CheckConstraint(
                condition=models.Q(fen__gt=0)
                | models.Q(fen=0, kind="final")
                | models.Q(fen__lt=0, kind="relief"),
                name="instalment_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"instalment {self.position} of {self.application_id}"


class InstalmentShare(models.Model):
    """What a unit bears of an instalment: `fen` from its sub-account, `owed_fen` still owed.

    Negative `fen` comes back to the sub-account (settlement below what was paid); negative
    `owed_fen` is owed no more.
    """

    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="shares")
    unit = models.ForeignKey(VersionUnit, on_delete=models.PROTECT, related_name="paid")
    fen = models.BigIntegerField()
    owed_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instalment", "unit"], name="one_share_per_instalment"
            ),
            # What falls away of an owed amount moves no money.
            models.CheckConstraint(
                condition=models.Q(owed_fen__gte=0) | models.Q(fen=0),
                name="instalment_owed_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fen}"


class OwedRelief(models.Model):
    """What of an owed amount of our books falls away: the repair cost less, or is over."""

    owed = models.ForeignKey(OwedAmount, on_delete=models.PROTECT, related_name="reliefs")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="reliefs")
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="owed_relief_positive"),
            models.UniqueConstraint(
                fields=["owed", "instalment"], name="one_relief_per_owed_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fen} owed no more"


class Settlement(models.Model):
    """结算: the final cost by its papers, and what the repair's own warranty covers."""

    request = models.OneToOneField(
        RepairRequest, on_delete=models.PROTECT, related_name="settlement"
    )
    final_fen = models.BigIntegerField()
    audited_fen = models.BigIntegerField(null=True, blank=True)  # 结算审核
    no_audit = models.CharField(max_length=200, blank=True)  # why there is none
    accepted_on = models.DateField()
    warranty_until = models.DateField(null=True)  # of the repair itself
    papers = models.JSONField(default=list)  # SHA-256 of RepairFile
    note = models.CharField(max_length=400, blank=True)
    stated_by = models.CharField(max_length=80)
    stated_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(final_fen__gte=0), name="final_cost_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"settlement of {self.request_id}"


class Refund(models.Model):
    """Money that came back to the fund from a repair, to each unit by its share."""

    STATES = [
        ("expected", _("待退回")),
        ("received", _("已退回入户")),
        ("cancelled", _("已取消")),  # the settlement it followed from was taken back
    ]

    request = models.ForeignKey(RepairRequest, on_delete=models.PROTECT, related_name="refunds")
    fen = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=STATES, default="expected")
    bank_serial = models.CharField(max_length=60, blank=True)
    received_on = models.DateField(null=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True)
    received_by = models.CharField(max_length=80, blank=True)
    noted_by = models.CharField(max_length=80)
    noted_at = models.DateTimeField()
    voucher = models.OneToOneField(Voucher, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="refund_positive")
        ]

    def __str__(self) -> str:
        return f"refund of {self.fen}"


class RefundShare(models.Model):
    """What of a refund goes to a unit, in fen."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="shares")
    unit = models.ForeignKey(VersionUnit, on_delete=models.PROTECT, related_name="refunded")
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund", "unit"], name="one_share_per_refund")
        ]

    def __str__(self) -> str:
        return f"{self.fen}"
