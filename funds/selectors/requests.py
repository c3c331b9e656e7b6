"""What the pages of an ordinary request read: its gaps, its units, where it can be voted on."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import QuerySet

from core.errors import RuleViolation
from funds.domain.apportionment import apportion
from funds.domain.requests import Draft, Offered, Section, sections
from funds.models import FundAccount, PlanItem, Quote, RepairRequest, RepairVersion
from funds.selectors.applications import passed_application
from funds.selectors.positions import balances_in
from funds.selectors.releases import taken_by
from funds.selectors.repairs import ScopeUnit, files_of, fund_rules, scope_units, settlement_of
from funds.selectors.sharing import deposit_reasons, sharing_of
from registry.models import Estate
from voting.domain.drafts import same_scope
from voting.models import Session


class UnitShare(NamedTuple):
    """A unit's share and what it leaves, in fen; `before` None where no balance is stated.

    `is_seller`: no unit, the selling organisation of sold public housing.
    """

    label: str
    area: int | None
    share: int
    before: int | None
    is_seller: bool = False
    taken: int = 0  # of the share already borne

    @property
    def after(self) -> int | None:
        return None if self.before is None else self.before - (self.share - self.taken)

    @property
    def owed(self) -> int:
        """What the sub-account cannot pay."""
        return 0 if self.after is None else max(0, -self.after)


class Joinable(NamedTuple):
    """A draft session a request can join, and who its organiser is."""

    pk: int
    title: str
    organiser: str


def quotes_of(request: RepairRequest) -> QuerySet[Quote]:
    """The quotes that stand, in the order they came in."""
    return request.quotes.filter(removed_at=None).select_related("file").defer("file__content")


def draft_of(request: RepairRequest, units: Sequence[ScopeUnit], *, today: date) -> Draft:
    """A request as the checks see it. `units`: of `scope_units`."""
    files = list(files_of(request).values_list("pk", "kind", "is_public"))
    kept = {pk for pk, _kind, _public in files}
    return Draft(
        title=request.title,
        part=request.part,
        place=request.place,
        fault=request.fault,
        applicant_kind=request.applicant_kind,
        applicant=request.applicant,
        contact_phone=request.contact_phone,
        plan=request.plan,
        budget_fen=request.budget_fen,
        budget_note=request.budget_note,
        quotes=[
            Offered(one.firm, one.fen, one.is_chosen, one.file_id in kept)
            for one in quotes_of(request)
        ],
        few_quotes=request.few_quotes,
        warranty_until=request.warranty_until,
        warranty_note=request.warranty_note,
        exclusions=request.exclusions,
        share_basis=request.share_basis,
        share_clause=request.share_clause,
        files={kind for _pk, kind, _public in files},
        has_public_file=any(public for _pk, _kind, public in files),
        shared=set(request.agreed_weights),
        units={str(one.unit) for one in units},
        without_sub=[one.label for one in units if one.sub is None],
        without_area=[one.label for one in units if one.area is None],
        without_deposit=[str(one) for one in deposit_reasons(request.estate, units, on=today)],
    )


def checklist(
    request: RepairRequest, units: Sequence[ScopeUnit], *, today: date
) -> list[Section]:
    """Every section of a draft with what is missing in it."""
    rules = fund_rules(request.estate, today)
    return sections(
        draft_of(request, units, today=today),
        kinds=rules["fund.applicants"].value,
        min_quotes=rules["fund.min_quotes"].value,
        today=today,
    )


def preview(
    request: RepairRequest, units: Sequence[ScopeUnit], *, today: date
) -> list[UnitShare]:
    """Every unit's share of the budget and balance; empty as long as nothing can be shared.

    After the units the selling organisations of sold public housing (165号令 20).
    """
    if not request.budget_fen or not units:
        return []
    if request.share_basis == "agreed":
        bases = [request.agreed_weights.get(str(one.unit), 0) for one in units]
    else:
        bases = [one.area or 0 for one in units]
    if not any(bases):
        return []
    try:
        sharing = sharing_of(request.estate, units, bases, on=today)
    except RuleViolation:
        return []  # the checklist says what is missing
    weighed = [
        *((one.label, weight) for one, weight in zip(units, sharing.weights, strict=True)),
        *((one.label, one.weight) for one in sharing.sellers),
    ]
    if not any(weight for _label, weight in weighed):
        return []
    shares = apportion(request.budget_fen, weighed)
    held = _balances({one.account for one in units if one.account is not None})
    rows = [
        UnitShare(one.label, one.area, fen, held.get(one.sub) if one.sub else None)
        for one, fen in zip(units, shares[: len(units)], strict=True)
    ]
    rows += [
        UnitShare(one.label, None, fen, held.get(one.sub), is_seller=True)
        for one, fen in zip(sharing.sellers, shares[len(units) :], strict=True)
    ]
    return rows


def frozen_shares(version: RepairVersion) -> list[UnitShare]:
    """The same of a version: by its weights as frozen, with the balances of today.

    Of the final cost once it is confirmed, else of what was approved, else of the budget; less
    what has been borne already, which is gone from the balance.
    """
    request = version.request
    settlement, application = settlement_of(request), passed_application(request)
    amount = version.budget_fen
    if application is not None and application.version_id == version.pk:
        amount = application.amount_fen
        if settlement is not None and settlement.confirmed_at is not None:
            amount = settlement.final_fen
    units = list(version.units.order_by("pk").select_related("sub"))
    shares = apportion(amount, [(one.label, one.weight) for one in units])
    held = _balances({one.sub.account_id for one in units})
    taken = taken_by(request)
    return [
        UnitShare(
            one.label,
            one.area,
            share,
            held.get(one.sub_id),
            one.unit_id is None,
            taken.get(one.sub_id, 0),
        )
        for one, share in zip(units, shares, strict=True)
    ]


def sessions_to_join(request: RepairRequest) -> list[Joinable]:
    """Draft sessions of exactly this scope, in which the owners can be asked."""
    drafts = Session.objects.filter(
        estate=request.estate_id, state="draft", rehearsal=False
    ).order_by("-pk")
    return [
        Joinable(one.pk, one.title, one.organiser)
        for one in drafts
        if same_scope(one.scope, request.scope)
    ]


def before_the_owners() -> QuerySet[RepairRequest]:
    """Repairs whose vote may be over: resolved, called off, or rehearsed only."""
    return (
        RepairRequest.objects.filter(
            state="voting",
            versions__verdict="",
            versions__motion__session__state__in=("resolved", "cancelled"),
        )
        .order_by("pk")
        .distinct()
    )


def plan_of(estate: Estate, *, published: bool = False) -> QuerySet[PlanItem]:
    """维修项目清单 of an estate by year, the newest year first."""
    found = estate.plan_items.order_by("-year", "pk")
    return found.exclude(published_at=None) if published else found


def units_now(request: RepairRequest, *, today: date) -> list[ScopeUnit]:
    """The units that would decide and pay if the request were submitted today."""
    return scope_units(request.estate, request.scope, on=today)


def _balances(accounts: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for account in FundAccount.objects.filter(pk__in=accounts).select_related("special"):
        found |= balances_in(account)
    return found
