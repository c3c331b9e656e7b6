"""The books: vouchers are drafted, then sealed; a sealed one never changes (triggers)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funds.models.accounts import SpecialAccount, SubAccount


class Voucher(models.Model):
    """记账凭证: postings that balance, and the paper they rest on."""

    KINDS = [
        ("opening", _("期初")),
        ("deposit", _("交存")),
        ("receipt", _("待分配入账")),
        ("allocation", _("分配入户")),
        ("interest", _("利息入账")),
        ("allotment", _("利息分配")),
        ("release", _("划转支出")),
        ("refund", _("退回")),
        ("revenue", _("公共收益转入")),
        ("reversal", _("冲正")),
    ]
    STATES = [("draft", _("待复核")), ("sealed", _("已复核入账")), ("dropped", _("已作废"))]

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="vouchers"
    )
    number = models.PositiveIntegerField(null=True, blank=True)  # from sealing on, no gap
    kind = models.CharField(max_length=12, choices=KINDS)
    dated_on = models.DateField()  # accounting day
    text = models.CharField(max_length=200)
    paper = models.CharField(max_length=120)  # number or name of the paper it rests on
    paper_sha256 = models.CharField(max_length=64, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals"
    )
    state = models.CharField(max_length=8, choices=STATES, default="draft")
    drafted_by = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    sealed_by = models.CharField(max_length=80, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # of its content, as in the log

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["special", "number"], name="one_voucher_per_number"
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=~models.Q(state="dropped"),
                name="one_reversal_per_voucher",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sealed") ^ models.Q(number__isnull=True),
                name="sealed_vouchers_have_numbers",
            ),
        ]

    def __str__(self) -> str:
        return f"voucher {self.number or f'draft {self.pk}'}"


class Posting(models.Model):
    """分录: `fen` positive is debit, negative credit; those of a voucher sum to zero.

    Money at the bank is a debit; what belongs to a unit, and what is not allotted yet,
    are credits, so a sub-account's balance is minus the sum of its postings.
    """

    LEDGER = [
        ("bank", _("银行存款")),
        ("sub", _("分户账")),
        ("interest", _("待分配利息")),
        ("unallocated", _("待分配交存")),
    ]

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="postings")
    ledger = models.CharField(max_length=12, choices=LEDGER)
    sub = models.ForeignKey(
        SubAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ledger="sub") ^ models.Q(sub__isnull=True),
                name="sub_ledger_names_a_sub_account",
            ),
            models.CheckConstraint(
                condition=models.Q(ledger__in=["bank", "sub", "interest", "unallocated"]),
                name="ledger_known",
            ),
            models.CheckConstraint(condition=~models.Q(fen=0), name="posting_moves_money"),
        ]

    def __str__(self) -> str:
        return f"{self.ledger} {self.fen}"


class OwedAmount(models.Model):
    """欠缴: what a unit's share exceeded its balance by; never a silent negative.

    Written while its voucher is a draft; it stands while that is sealed and not reversed.
    """

    sub = models.ForeignKey(SubAccount, on_delete=models.PROTECT, related_name="owed")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="owed")
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="owed_is_positive"),
            models.UniqueConstraint(
                fields=["voucher", "sub"], name="one_owed_amount_per_voucher"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fen} owed"


class OwedPayment(models.Model):
    """What a deposit pays of an owed amount; it counts as its voucher does."""

    owed = models.ForeignKey(OwedAmount, on_delete=models.PROTECT, related_name="payments")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="settles")
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="owed_paid_positive"),
            models.UniqueConstraint(
                fields=["owed", "voucher"], name="one_payment_per_owed_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fen} paid"


class StatementLine(models.Model):
    """One line of a bank statement; `fen` positive came in, negative went out."""

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="statement_lines"
    )
    serial = models.CharField(max_length=60)  # the bank's number of the movement
    dated_on = models.DateField()
    fen = models.BigIntegerField()
    balance_fen = models.BigIntegerField(null=True, blank=True)  # after it, as the bank says
    position = models.PositiveIntegerField()  # in order of the statements
    text = models.CharField(max_length=200, blank=True)
    imported_by = models.CharField(max_length=80)
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["special", "serial"], name="one_line_per_bank_serial"
            )
        ]

    def __str__(self) -> str:
        return self.serial


class BankMatch(models.Model):
    """勾对: lines of the bank and vouchers that are the same money, as a person confirmed.

    One line to one voucher, or one of either to several of the other; their sums are equal.
    What was undone stays, and says by whom and why.
    """

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="bank_matches"
    )
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)  # why it was undone

    def __str__(self) -> str:
        return f"match {self.pk}"


class MatchPart(models.Model):
    """A line or a voucher in a match; each is in one that stands at most."""

    match = models.ForeignKey(BankMatch, on_delete=models.PROTECT, related_name="parts")
    line = models.ForeignKey(
        StatementLine, null=True, on_delete=models.PROTECT, related_name="match_parts"
    )
    voucher = models.ForeignKey(
        Voucher, null=True, on_delete=models.PROTECT, related_name="match_parts"
    )
    stands = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(line__isnull=True) ^ models.Q(voucher__isnull=True),
                name="match_part_is_line_or_voucher",
            ),
            models.UniqueConstraint(
                fields=["line"], condition=models.Q(stands=True), name="one_match_per_line"
            ),
            models.UniqueConstraint(
                fields=["voucher"],
                condition=models.Q(stands=True),
                name="one_match_per_voucher",
            ),
        ]

    def __str__(self) -> str:
        return f"part of match {self.match_id}"
