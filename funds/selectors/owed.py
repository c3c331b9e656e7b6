"""What units still owe (欠缴): noted by releases, paid by deposits, oldest first."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Sum

from funds.models import OwedAmount, OwedPayment, OwedRelief, SpecialAccount, Voucher

_CHUNK = 500  # below the number of parameters any database takes


class StillOwed(NamedTuple):
    """An owed amount of which something is left to pay, in fen."""

    pk: int
    sub: int
    voucher: int  # its number
    day: date
    text: str
    fen: int
    left: int


def standing_owed() -> QuerySet[OwedAmount]:
    """Owed amounts whose release is sealed and was not taken back."""
    return OwedAmount.objects.filter(voucher__state="sealed").exclude(_reversed("voucher"))


def standing_payments() -> QuerySet[OwedPayment]:
    """Payments whose deposit is sealed and was not taken back."""
    return OwedPayment.objects.filter(voucher__state="sealed").exclude(_reversed("voucher"))


def owed_in(special: SpecialAccount) -> list[StillOwed]:
    """What is still owed to a special account, the oldest first."""
    paid = standing_payments().filter(owed__voucher__special=special)
    off = OwedRelief.objects.filter(owed__voucher__special=special)
    return _left(standing_owed().filter(voucher__special=special), paid, off)


def still_owed_of(subs: Sequence[int], *, until: date | None = None) -> list[StillOwed]:
    """What these sub-accounts still owe, the oldest first; as of a day that is over."""
    wanted = sorted(set(subs))
    found: list[StillOwed] = []
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        owed = standing_owed().filter(sub__in=some)
        paid = standing_payments().filter(owed__sub__in=some)
        off = OwedRelief.objects.filter(owed__sub__in=some)
        if until is not None:
            owed = owed.filter(voucher__dated_on__lte=until)
            paid = paid.filter(voucher__dated_on__lte=until)
            off = off.filter(instalment__paid_on__lte=until)
        found += _left(owed, paid, off)
    return sorted(found, key=lambda one: (one.day, one.voucher, one.pk))


def _left(
    owed: QuerySet[OwedAmount], paid: QuerySet[OwedPayment], off: QuerySet[OwedRelief]
) -> list[StillOwed]:
    sums = Counter(dict(paid.order_by().values_list("owed").annotate(Sum("fen"))))
    sums.update(dict(off.order_by().values_list("owed").annotate(Sum("fen"))))
    rows = owed.order_by("voucher__dated_on", "voucher__number", "pk").values_list(
        "pk", "sub", "voucher__number", "voucher__dated_on", "voucher__text", "fen"
    )
    found = []
    for pk, sub, number, day, text, fen in rows:
        left = fen - sums[pk]
        if left > 0:
            found.append(StillOwed(pk, sub, number or 0, day, text, fen, left))
    return found


def _reversed(field: str) -> Exists:
    return Exists(Voucher.objects.filter(reverses=OuterRef(field), state="sealed"))
