"""Who bears a repair beside the units: the selling organisations of sold public housing."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from core.reasons import Reason, demand_none
from funds.domain.public_housing import Body, seller_label, weigh
from funds.models import FundAccount, SubAccount
from funds.selectors.repairs import ScopeUnit, scope_units
from registry.models import Building, Estate

_SHOWN = 10  # accounts named in one sentence


class SellerPart(NamedTuple):
    """A selling organisation's account for one building, and what it weighs."""

    sub: int
    account: int
    label: str
    deposit_fen: int
    weight: int


class Ratio(NamedTuple):
    """What owners and their selling organisation paid in, in fen: how the two share."""

    organisation: str
    owners_fen: int
    seller_fen: int


class Sharing(NamedTuple):
    """What each unit weighs, in the order given, and who weighs beside them."""

    weights: list[int]
    sellers: list[SellerPart]
    ratios: list[Ratio]


class _Found(NamedTuple):
    """One public account as far as a repair touches it.

    `homes`: sold homes of its buildings with their deposits, whether in the scope or not.
    """

    account: FundAccount
    homes: list[tuple[str, int | None]]
    sellers: list[tuple[int | None, str, int | None]]  # sub-account, label, deposit

    @property
    def missing(self) -> list[str]:
        return [
            *(label for label, fen in self.homes if fen is None),
            *(label for _sub, label, fen in self.sellers if fen is None),
        ]


def sharing_of(
    estate: Estate, units: Sequence[ScopeUnit], bases: Sequence[int], *, on: date
) -> Sharing:
    """What everybody weighs where each unit weighs `bases` by area or agreement.

    Without sold public housing just that. The ratio is of the first deposits of all sold homes
    in the buildings concerned and what the seller paid in for these buildings.
    RuleViolation "repair.deposits" where one is not on record, "repair.weights".
    """
    found = _public(estate, units, on)
    if not found:
        return Sharing(list(bases), [], [])
    demand_none("repair.deposits", _reasons(found))
    place = {one.account.pk: number for number, one in enumerate(found)}
    bodies = [
        Body(
            sum(fen or 0 for _label, fen in one.homes),
            tuple(fen or 0 for _sub, _label, fen in one.sellers),
        )
        for one in found
    ]
    weights = weigh(
        [
            (base, place.get(unit.account or 0) if unit.is_sold_home else None)
            for unit, base in zip(units, bases, strict=True)
        ],
        bodies,
    )
    return Sharing(
        weights.units,
        [
            SellerPart(sub or 0, one.account.pk, label, fen or 0, weight)
            for one, held in zip(found, weights.sellers, strict=True)
            for (sub, label, fen), weight in zip(one.sellers, held, strict=True)
        ],
        [
            Ratio(one.account.selling_organisation, body.owners, sum(body.sellers))
            for one, body in zip(found, bodies, strict=True)
        ],
    )


def deposit_reasons(estate: Estate, units: Sequence[ScopeUnit], *, on: date) -> list[Reason]:
    """Which first deposits are not on record, so that nothing can be shared by them."""
    return _reasons(_public(estate, units, on))


def _reasons(found: Sequence[_Found]) -> list[Reason]:
    missing = [label for one in found for label in one.missing]
    if not missing:
        return []
    shown = "、".join(missing[:_SHOWN]) + ("等" if len(missing) > _SHOWN else "")
    sentence = (
        f"有{len(missing)}个分户账没有登记首期交存额，业主和售房单位没有比例可以分摊"
        f"（165号令第二十条），请先登记：{shown}"
    )
    return [Reason("repair.deposits", sentence, "shares")]


def _public(estate: Estate, units: Sequence[ScopeUnit], on: date) -> list[_Found]:
    """The public accounts in which sold homes of the scope are, with what was paid in."""
    accounts = FundAccount.objects.filter(
        pk__in={one.account for one in units if one.account}, custody="public"
    ).order_by("pk")
    public = {one.pk: one for one in accounts}
    touched = {
        (one.account, one.building)
        for one in units
        if one.is_sold_home and one.account in public
    }
    if not touched:
        return []
    buildings = dict(
        Building.objects.filter(pk__in={building for _account, building in touched})
        .order_by("pk")
        .values_list("pk", "name")
    )
    whole = [{"building": pk, "entrance": None} for pk in buildings]
    homes = [
        one
        for one in scope_units(estate, whole, on=on)
        if one.is_sold_home and (one.account, one.building) in touched
    ]
    rows = SubAccount.objects.filter(account__in=public)
    firsts = dict(rows.values_list("pk", "first_deposit_fen"))
    sellers = {
        (account, building): pk
        for pk, account, building in rows.filter(unit=None).values_list(
            "pk", "account", "building"
        )
    }
    found = []
    for account in accounts:
        mine = [pk for pk in buildings if (account.pk, pk) in touched]
        if not mine:
            continue
        held = []
        for pk in mine:
            sub = sellers.get((account.pk, pk))
            label = seller_label(buildings[pk], account.selling_organisation)
            held.append((sub, label, firsts.get(sub) if sub else None))
        deposits = [
            (one.label, firsts.get(one.sub) if one.sub else None)
            for one in homes
            if one.account == account.pk
        ]
        found.append(_Found(account, deposits, held))
    return found
