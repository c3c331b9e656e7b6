"""Money of a repair: what each unit has borne, what its sub-account can give, what is due."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from accounts.permissions import Permission, Visitor, authorities_for, estates_for, roles_at
from funds.domain.applications import BALANCE
from funds.domain.apportionment import apportion
from funds.domain.books import charge
from funds.domain.instalments import GONE, OVER, UNDER_WAY, Part
from funds.domain.repairs import plain_place
from funds.models import (
    FundAccount,
    FundApplication,
    Instalment,
    InstalmentShare,
    OwedAmount,
    Refund,
    RefundShare,
    ReleaseList,
    RepairRequest,
    RepairVersion,
    Settlement,
    VersionUnit,
)
from funds.selectors.files import last_snapshot
from funds.selectors.owed import standing_payments
from funds.selectors.positions import balances_in
from registry.models import Estate

_CHUNK = 500  # below the number of parameters any database takes


class Preview(NamedTuple):
    """One unit before anything is decided: amounts in fen; `before` None: not stated yet.

    `unit` without a unit of its own: the selling organisation of sold public housing.
    """

    unit: VersionUnit
    share: int
    before: int | None
    after: int | None
    owed: int


class Totals(NamedTuple):
    """The sums of a preview, in fen; `units`: households, `sellers`: of `share` theirs."""

    units: int
    area: int
    share: int
    owed: int
    sellers: int


def available_in(accounts: Iterable[FundAccount]) -> dict[int, int]:
    """Sub-account → what a release can take from it now, in fen.

    The balance, less what is ordered and has not left yet; where the fund centre keeps the
    books, less what left and plus what came back since the day its balances are of.
    """
    found: dict[int, int] = {}
    for account in accounts:
        held = Counter(balances_in(account))
        held.subtract(reserved_in(account))
        if account.special.ledger_mode == "mirror":
            held.subtract(_since_stated(account))
        found |= held
    return found


# What is ordered from the bank is on its way; what owners paid of what they owed is kept for
# the firm from the moment it was asked for.
_KEPT = Q(instalment__state="ordered") | Q(
    instalment__kind=BALANCE, instalment__state__in=UNDER_WAY
)


def reserved_in(account: FundAccount) -> Mapping[int, int]:
    """Sub-account → what of it is kept for payments that have not left yet, in fen."""
    kept = InstalmentShare.objects.filter(_KEPT, unit__sub__account=account, fen__gt=0)
    return dict(kept.order_by().values_list("unit__sub").annotate(Sum("fen")))


def reserved_of(subs: Sequence[int]) -> Counter[int]:
    """The same for these sub-accounts."""
    found = Counter[int]()
    for start in range(0, len(subs), _CHUNK):
        kept = InstalmentShare.objects.filter(
            _KEPT, unit__sub__in=subs[start : start + _CHUNK], fen__gt=0
        )
        found.update(dict(kept.order_by().values_list("unit__sub").annotate(Sum("fen"))))
    return found


def _since_stated(account: FundAccount) -> Mapping[int, int]:
    last = last_snapshot(account.special)
    if last is None:
        return {}
    # Ordered when the balances of the same day were here already: they cannot have it.
    later = Q(instalment__paid_on__gt=last.as_of) | Q(
        instalment__paid_on=last.as_of,
        instalment__release_list__made_at__gt=last.imported_at,
    )
    paid = InstalmentShare.objects.filter(
        later, instalment__state="paid", unit__sub__account=account
    )
    back = RefundShare.objects.filter(
        refund__state="received",
        refund__received_on__gt=last.as_of,
        unit__sub__account=account,
    )
    moved = Counter(dict(paid.order_by().values_list("unit__sub").annotate(Sum("fen"))))
    moved.subtract(dict(back.order_by().values_list("unit__sub").annotate(Sum("fen"))))
    return moved


def accounts_of(version: RepairVersion) -> QuerySet[FundAccount]:
    """The accounts the units of a version have their sub-accounts in."""
    return (
        FundAccount.objects.filter(subs__repair_units__version=version)
        .distinct()
        .select_related("special")
    )


def taken_by(request: RepairRequest) -> dict[int, int]:
    """Sub-account → what it has borne of a repair, owed parts included, less what came back."""
    taken = Counter[int]()
    shares = InstalmentShare.objects.filter(
        instalment__application__request=request, instalment__state__in=GONE
    ).exclude(instalment__kind=BALANCE)
    rows = shares.order_by().values_list("unit__sub")
    for sub, fen in rows.annotate(total=Sum(F("fen") + F("owed_fen"))):
        taken[sub] += fen
    back = RefundShare.objects.filter(refund__request=request)
    taken.subtract(dict(back.order_by().values_list("unit__sub").annotate(Sum("fen"))))
    return dict(taken)


def parts_of(version: RepairVersion) -> tuple[list[VersionUnit], list[Part]]:
    """The units of a version as they stand: what each has borne, what each can give."""
    units = list(version.units.order_by("pk"))
    taken = taken_by(version.request)
    can_give = available_in(accounts_of(version))
    return units, [
        Part(one.label, one.weight, taken.get(one.sub_id, 0), can_give.get(one.sub_id, 0))
        for one in units
    ]


def owed_left(request: RepairRequest) -> dict[int, int]:
    """Sub-account → what of its shares is owed and not paid to the firm yet, in fen."""
    shares = InstalmentShare.objects.filter(instalment__application__request=request)
    owed = shares.filter(instalment__state__in=GONE).exclude(owed_fen=0)
    left = Counter(dict(owed.order_by().values_list("unit__sub").annotate(Sum("owed_fen"))))
    made_up = shares.filter(instalment__kind=BALANCE).exclude(instalment__state__in=OVER)
    left.subtract(dict(made_up.order_by().values_list("unit__sub").annotate(Sum("fen"))))
    return {sub: fen for sub, fen in left.items() if fen > 0}


def owed_paid(request: RepairRequest) -> dict[int, int]:
    """Sub-account → what owed was paid by its owner and can go on to the firm, in fen.

    In our books by the deposits that say so, as far as nothing else took the money; where the
    fund centre keeps them, where the balance covers all that the unit owes.
    """
    left = owed_left(request)
    if not left or request.special is None:
        return {}
    paid_on = FundApplication.objects.filter(
        request=request, instalments__shares__owed_fen__gt=0
    ).select_related("version__request")
    version = paid_on.latest("number").version
    can_give = available_in(accounts_of(version))
    if request.special.ledger_mode == "mirror":
        return {sub: fen for sub, fen in left.items() if can_give.get(sub, 0) >= fen}
    of_this = OwedAmount.objects.filter(voucher__instalment__application__request=request)
    payments = standing_payments().filter(owed__in=of_this)
    paid = dict(payments.order_by().values_list("owed__sub").annotate(Sum("fen")))
    passed_on = InstalmentShare.objects.filter(
        instalment__application__request=request, instalment__kind=BALANCE
    ).exclude(instalment__state__in=OVER)
    gone = dict(passed_on.order_by().values_list("unit__sub").annotate(Sum("fen")))
    found = {}
    for sub, fen in left.items():
        came_in = paid.get(sub, 0) - gone.get(sub, 0)
        found[sub] = min(fen, came_in, can_give.get(sub, 0))
    return {sub: fen for sub, fen in found.items() if fen > 0}


def preview(version: RepairVersion, amount_fen: int) -> tuple[list[Preview], Totals]:
    """Every unit's share of an amount, and its sub-account before and after it."""
    units = list(version.units.order_by("pk"))
    shares = apportion(amount_fen, [(one.label, one.weight) for one in units])
    can_give = available_in(accounts_of(version))
    taken = taken_by(version.request)
    rows = []
    for one, share in zip(units, shares, strict=True):
        before = can_give.get(one.sub_id)
        due = share - taken.get(one.sub_id, 0)
        if before is None:
            rows.append(Preview(one, share, None, None, 0))
            continue
        paid, owed = charge(due, before) if due >= 0 else (due, 0)
        rows.append(Preview(one, share, before, before - paid, owed))
    totals = Totals(
        sum(one.unit.unit_id is not None for one in rows),
        sum(one.unit.area for one in rows),
        sum(one.share for one in rows),
        sum(one.owed for one in rows),
        sum(one.share for one in rows if one.unit.unit_id is None),
    )
    return rows, totals


def paid_instalments(request: RepairRequest) -> QuerySet[Instalment]:
    """What already left for a repair, whatever application it was part of."""
    return Instalment.objects.filter(
        application__request=request, state="paid", payable_fen__gt=0
    )


def spent_fen(request: RepairRequest) -> int:
    """What the firm has got and keeps: what is still owed to it is not in it; in fen."""
    paid = paid_instalments(request).aggregate(sum=Sum("payable_fen"))["sum"] or 0
    back = request.refunds.filter(state="received").aggregate(sum=Sum("fen"))["sum"] or 0
    return int(paid - back)


def refunds_expected(request: RepairRequest) -> bool:
    """Whether money has to come back and has not."""
    return request.refunds.filter(state="expected").exists()


def own_warranty(estate: Estate, part: str, place: str, on: date) -> Settlement | None:
    """The repair of the same part and place whose own warranty still runs on a day."""
    wanted = plain_place(place)
    running = Settlement.objects.filter(
        request__estate=estate,
        request__part=part,
        confirmed_at__isnull=False,
        warranty_until__gte=on,
    ).select_related("request")
    return next(
        (one for one in running.order_by("-pk") if plain_place(one.request.place) == wanted),
        None,
    )


def releases_for(user: Visitor) -> QuerySet[Instalment]:
    """The instalments this person pays out: of estates where the custody is this role's."""
    return (
        Instalment.objects.filter(paid_by(user, "application__request__"), state__in=UNDER_WAY)
        .select_related("application__request__estate", "application__request__special")
        .order_by("pk")
    )


def refunds_for(user: Visitor) -> QuerySet[Refund]:
    """Money that is expected back to accounts this person pays from, the oldest first."""
    return (
        Refund.objects.filter(paid_by(user, "request__"), state="expected")
        .select_related("request__estate")
        .order_by("pk")
    )


def paid_by(user: Visitor, path: str = "") -> Q:
    """The repairs this person pays for: 自管 the committee's, else the department's that keeps
    the special account. `path` leads to the repair."""
    committees = estates_for(user, Permission.DECIDE_FUND).values("pk")
    own = authorities_for(user, Permission.RELEASE_FUND).values_list("pk", flat=True)
    return Q(**{f"{path}custody": "self", f"{path}estate__in": committees}) | (
        ~Q(**{f"{path}custody": "self"}) & Q(**{f"{path}special__authority__in": list(own)})
    )


def payer_role(user: Visitor, request: RepairRequest) -> str:
    """The role in which `user` pays for this repair; "" where none does.

    代管 and 公房: the department (165号令 22); 自管: the committee (165号令 23).
    """
    if request.custody == "self":
        return "organiser" if "organiser" in roles_at(user, request.estate) else ""
    kept_by = authorities_for(user, Permission.RELEASE_FUND).filter(
        special_accounts=request.special_id
    )
    return "bureau" if kept_by.exists() else ""


def lists_of(request: RepairRequest) -> QuerySet[ReleaseList]:
    """The release lists that hold an instalment of a repair, newest first."""
    return (
        ReleaseList.objects.filter(instalments__application__request=request)
        .distinct()
        .defer("content")
        .order_by("-pk")
    )


def money_of(request: RepairRequest) -> list[FundApplication]:
    """The applications that money left or will leave on, with their instalments."""
    return list(
        request.applications.filter(state="passed")
        .order_by("number")
        .prefetch_related("instalments__release_list", "instalments__voucher")
    )


def unpaid(application: FundApplication) -> QuerySet[Instalment]:
    """The instalments of an application that are neither paid nor given up."""
    return application.instalments.exclude(state__in=["paid", *OVER])


def serial_used(special_id: int, serial: str) -> bool:
    """Whether a bank's serial closed another payment or refund of this special account."""
    here = Q(application__request__special=special_id)
    return (
        Instalment.objects.filter(here, bank_serial=serial).exists()
        or RepairRequest.objects.filter(
            special=special_id, refunds__bank_serial=serial
        ).exists()
    )
