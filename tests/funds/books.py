"""A special account with the small estate of tests.factories, for tests of the books."""

from datetime import UTC, date, datetime
from itertools import count

from django.db import transaction

from funds.domain.books import Line
from funds.models import FundAccount, SpecialAccount, Voucher
from funds.services.accounts import open_account, open_special_account
from funds.services.books import Basis, draft_voucher, seal_voucher
from funds.steps import note_owed, note_payments
from registry.models import Authority, Estate
from tests.factories import small_estate

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
DRAFTER, SEALER = "user:1", "user:2"
_numbers = count(10**15)


def make_special(
    estate: Estate,
    number: str = "",
    mode: str = "record",
    authority: Authority | None = None,
) -> SpecialAccount:
    return open_special_account(
        authority=authority or estate.authority,
        bank="样例银行",
        number=number or str(next(_numbers)),
        ledger_mode=mode,
        opened_on=date(2020, 1, 1),
        actor=DRAFTER,
        at=AT,
    )


SELLER = "样例机械厂"


def make_account(mode: str = "record", custody: str = "agency") -> FundAccount:
    """The account of the small estate: nine sub-accounts, nothing in them yet.

    Under 公房 two more, the seller's for either building, and `pay_in` was stated.
    """
    estate = small_estate()
    special = make_special(estate, mode=mode)
    account = open_account(
        special_id=special.pk,
        estate=estate,
        custody=custody,
        selling_organisation=SELLER if custody == "public" else "",
        actor=DRAFTER,
        at=AT,
    )
    if custody == "public":
        pay_in(account)
    return account


def pay_in(account: FundAccount, sellers: dict[str, int] | None = None) -> None:
    """State what was first paid in: 20.00 yuan a square metre by owners of homes; by the
    seller for each building as given, or 12 000.00 for 1幢 and 3 000.00 for 2幢."""
    wanted = sellers or {"1幢": 12_000_00, "2幢": 3_000_00}
    for sub in account.subs.select_related("unit", "building"):
        if sub.unit is None:
            sub.first_deposit_fen = wanted.get(sub.building.name, 1_000_00)
        elif sub.unit.use == "residential" and sub.unit.status != "unsold":
            sub.first_deposit_fen = 20 * sub.unit.area
        sub.save()


def book(special: SpecialAccount, lines: list[Line], kind: str = "deposit", **basis) -> Voucher:
    """Draft and seal."""
    voucher = draft(special, lines, kind, **basis)
    return seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)


def draft(
    special: SpecialAccount, lines: list[Line], kind: str = "deposit", **basis
) -> Voucher:
    stated = {"dated_on": DAY, "text": "交存", "paper": "回单1", **basis}
    return draft_voucher(
        special_id=special.pk, basis=Basis(kind, **stated), lines=lines, actor=DRAFTER, at=AT
    )


def deposit(account: FundAccount, fen: int) -> Voucher:
    """The same amount into every sub-account."""
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    lines = [Line("bank", None, fen * len(subs)), *(Line("sub", sub, -fen) for sub in subs)]
    return book(account.special, lines)


def note_owed_of(voucher: Voucher, owed: list[tuple[int, int]]) -> None:
    """Note what units owe with a drafted release."""
    with transaction.atomic():
        note_owed(voucher, owed)


def note_paid_of(voucher: Voucher, paid: list[tuple[int, int]]) -> None:
    """Note which owed amounts a drafted deposit pays."""
    with transaction.atomic():
        note_payments(voucher, paid)
