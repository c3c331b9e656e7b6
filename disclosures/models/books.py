"""Books of public revenue and of a committee's expenses: entries that never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.papers import Paper
from disclosures.models.sources import Contract
from registry.fields import EncryptedTextField
from registry.models import Estate


class Book(models.Model):
    """账: one kind of money of an estate, apart from every other."""

    KINDS = [
        ("revenue", _("公共收益")),
        ("expenses", _("业主委员会经费")),
        ("fund", _("维修资金使用")),  # no entries here: the books of `funds` are read
    ]
    FREQUENCIES = [
        ("monthly", _("每月")),
        ("quarterly", _("每季")),
        ("half_yearly", _("每半年")),
        ("yearly", _("每年")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="books")
    kind = models.CharField(max_length=8, choices=KINDS)
    frequency = models.CharField(max_length=12, choices=FREQUENCIES)
    opened_on = models.DateField()  # the first day of the first period
    opening_fen = models.BigIntegerField(default=0)
    opening_note = models.CharField(max_length=200, blank=True)  # what the opening rests on
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    last_number = models.PositiveIntegerField(default=0)  # of the last entry reviewed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["estate", "kind"], name="one_book_per_kind"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["revenue", "expenses", "fund"]),
                name="book_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.estate_id}"

    @property
    def log_name(self) -> str:
        """The log its acts are written to."""
        return f"accounts/{self.pk}"


class Holding(models.Model):
    """Who holds the money of a book, in which account, from a day on; the last one counts."""

    HOLDERS = [
        ("committee", _("业主委员会")),
        ("property_manager", _("物业服务企业")),
        ("residents_committee", _("居民委员会")),
    ]

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="holdings")
    holder = models.CharField(max_length=24, choices=HOLDERS)
    name = models.CharField(max_length=80)
    # 单独列账: an account that holds nothing else.
    is_apart = models.BooleanField()
    why_not = models.CharField(max_length=200, blank=True)
    bank = models.CharField(max_length=80, blank=True)
    number = EncryptedTextField()
    number_tail = models.CharField(max_length=4, blank=True)
    since = models.DateField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["since", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def account(self) -> str:
        """The account in words, without its number."""
        if not self.is_apart:
            return f"没有单独的账户：{self.why_not}"
        return f"{self.bank} 尾号{self.number_tail}"


class SplitDecision(models.Model):
    """What share of the net revenue goes to the fund, as the owners decided."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="splits")
    num = models.PositiveIntegerField()
    den = models.PositiveIntegerField()
    since = models.DateField()
    decision = models.CharField(max_length=120)  # number of the resolution
    paper = models.ForeignKey(Paper, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(den__gt=0) & models.Q(num__lte=models.F("den")),
                name="split_is_a_share",
            )
        ]

    def __str__(self) -> str:
        return f"{self.num}/{self.den}"


class Entry(models.Model):
    """一笔: money that came in or went out, with its papers. Reviewed, it never changes."""

    STATES = [
        ("draft", _("待复核")),
        ("returned", _("已退回")),
        ("sealed", _("已复核")),
        ("dropped", _("已作废")),
    ]

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField(null=True)  # from review on, no gap
    submission = models.CharField(max_length=64)
    dated_on = models.DateField()  # the day at the bank
    heading = models.CharField(max_length=16)  # a key of domain.headings
    fen = models.BigIntegerField()
    kept = models.CharField(max_length=16, blank=True)  # cost the payer kept back
    kept_fen = models.BigIntegerField(default=0)
    party = models.CharField(max_length=80)  # who paid or was paid; of people only "业主"
    text = models.CharField(max_length=200)
    contract = models.ForeignKey(
        Contract, null=True, on_delete=models.PROTECT, related_name="entries"
    )
    decision = models.CharField(max_length=120, blank=True)  # what a use rests on
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="reversals"
    )
    state = models.CharField(max_length=8, choices=STATES, default="draft")
    reason = models.CharField(max_length=200, blank=True)  # returned or dropped: why
    entered_by = models.CharField(max_length=80)
    entered_role = models.CharField(max_length=24)
    entered_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=80, blank=True)
    reviewed_role = models.CharField(max_length=24, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    # Where it was first published, fixed at the review: a version that is out takes none.
    period = models.ForeignKey(
        "disclosures.Period", null=True, on_delete=models.PROTECT, related_name="entries"
    )
    version = models.PositiveSmallIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "number"], name="one_entry_per_number"),
            models.UniqueConstraint(
                fields=["book", "submission"], name="one_entry_per_submission"
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=~models.Q(state="dropped"),
                name="one_reversal_per_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sealed")
                ^ (models.Q(number__isnull=True) & models.Q(period__isnull=True)),
                name="reviewed_entries_have_numbers",
            ),
            models.CheckConstraint(
                condition=models.Q(fen__gt=0, kept_fen__gte=0, kept_fen__lte=models.F("fen")),
                name="entry_moves_money",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sealed")
                | ~models.Q(reviewed_by=models.F("entered_by")),
                name="two_people_per_entry",
            ),
        ]
        indexes = [
            models.Index(fields=["period", "number"], name="entries_of_period"),
            models.Index(fields=["book", "state", "dated_on"], name="entries_by_state"),
        ]

    def __str__(self) -> str:
        return f"entry {self.number or f'draft {self.pk}'}"


class Posting(models.Model):
    """分录: debit positive; those of an entry sum to zero. Written at the review."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    ledger = models.CharField(max_length=16)  # BANK or a heading
    fen = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "ledger"], name="one_posting_per_ledger"),
            models.CheckConstraint(condition=~models.Q(fen=0), name="revenue_posting_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.ledger} {self.fen}"


class EntryPaper(models.Model):
    """A paper an entry rests on."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="papers")
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="entries")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "paper"], name="one_paper_once_per_entry")
        ]

    def __str__(self) -> str:
        return f"paper {self.paper_id} of {self.entry_id}"
