"""The special account at the bank, the accounts of estates in it, the sub-accounts of units."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funds.domain.public_housing import seller_label
from registry.fields import EncryptedTextField
from registry.models import Authority, Building, Estate, Unit


class SpecialAccount(models.Model):
    """专户: one bank account that holds the maintenance fund of many estates."""

    MODES = [
        ("mirror", _("中心记账（导入截至余额）")),  # another system keeps the books
        ("record", _("本平台记账")),
    ]

    code = models.CharField(max_length=12, unique=True)  # public, random
    authority = models.ForeignKey(
        Authority, on_delete=models.PROTECT, related_name="special_accounts"
    )
    bank = models.CharField(max_length=80)
    number = EncryptedTextField()
    number_hash = models.CharField(max_length=64, unique=True)
    number_tail = models.CharField(max_length=4)
    ledger_mode = models.CharField(max_length=8, choices=MODES, default="mirror")
    opened_on = models.DateField()
    # The last voucher sealed; numbers have no gap.
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ledger_mode__in=["mirror", "record"]),
                name="ledger_mode_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.bank} …{self.number_tail}"

    @property
    def log_name(self) -> str:
        """The log its acts are written to."""
        return f"fund/{self.code}"


class FundAccount(models.Model):
    """账: what the special account holds for one estate, or one building (165号令 10)."""

    CUSTODIES = [("agency", _("代管")), ("self", _("自管")), ("public", _("公房"))]

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="accounts"
    )
    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="fund_accounts")
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT)
    custody = models.CharField(max_length=8, choices=CUSTODIES, default="agency")
    # 售房单位 of sold public housing (165号令 11); empty elsewhere
    selling_organisation = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["special", "estate", "selling_organisation"],
                condition=models.Q(building__isnull=True),
                name="one_account_per_estate",
            ),
            models.UniqueConstraint(
                fields=["special", "building", "selling_organisation"],
                condition=models.Q(building__isnull=False),
                name="one_account_per_building",
            ),
            models.CheckConstraint(
                condition=models.Q(custody__in=["agency", "self", "public"]),
                name="custody_known",
            ),
        ]

    def __str__(self) -> str:
        return f"fund account {self.pk}"


class SubAccount(models.Model):
    """分户账: one per unit, the developer's unsold ones included (165号令 10).

    Under 公房 also one per building without a unit: what the selling organisation paid in from
    the sale of that building and still owns (165号令 7, 8, 11).
    """

    account = models.ForeignKey(FundAccount, on_delete=models.PROTECT, related_name="subs")
    unit = models.ForeignKey(
        Unit, null=True, on_delete=models.PROTECT, related_name="sub_accounts"
    )
    # Of the selling organisation's only.
    building = models.ForeignKey(
        Building, null=True, on_delete=models.PROTECT, related_name="seller_accounts"
    )
    # 首期交存额, what 30 % is reckoned of; null: not known (未建立). Of the selling
    # organisation's: all it paid in for the building, which grows while flats are sold.
    first_deposit_fen = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "unit"], name="one_sub_account_per_unit"
            ),
            models.UniqueConstraint(
                fields=["account", "building"], name="one_seller_account_per_building"
            ),
            models.CheckConstraint(
                condition=models.Q(unit__isnull=True) ^ models.Q(building__isnull=True),
                name="sub_account_of_unit_or_seller",
            ),
        ]

    def __str__(self) -> str:
        return f"sub-account {self.pk}"

    @property
    def label(self) -> str:
        """The room, or the selling organisation with its building."""
        if self.unit is not None:
            return self.unit.label
        assert self.building is not None  # noqa: S101 (one of the two, by constraint)
        return seller_label(self.building.name, self.account.selling_organisation)
