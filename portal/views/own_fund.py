"""An owner's own maintenance fund, behind the letter and the second check."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.deadlines import local_day
from funds.selectors.owners import OwnAccount, own_accounts
from registry.models import Ownership
from voting.models import MotionShare, Party
from voting.views.visits import Walk, with_visit

# The newest; the yearly statement has them all.
MOVEMENTS = 60


class Outlook(NamedTuple):
    """What a repair that is voted on would leave; `left` in fen, negative: to be paid."""

    number: int
    title: str
    share: int
    left: int


@require_safe
@with_visit(checked=True, owner_only=True)
def own_fund(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Balance, source and movements of each unit, and what a pending repair would leave."""
    walk.demand_valid()
    party = walk.party
    units = dict(party.units.order_by("pk").values_list("unit", "label"))
    sold = _sold_since(party, list(units))
    found = own_accounts(
        [unit for unit in units if unit not in sold], today=timezone.localdate()
    )
    known = {account.sub.unit_id for account in found}
    context = {
        "session": party.session,
        "accounts": found,
        "shown": MOVEMENTS,
        "sold": [units[unit] for unit in units if unit in sold],
        "without": [units[unit] for unit in units if unit not in known | sold],
        "outlook": [] if sold else _outlook(party, found, len(units)),
    }
    return render(request, "funds/own.html", context)


def _sold_since(party: Party, units: list[int]) -> set[int]:
    """Units with a new owner since the roll was frozen: the balance went with them (28)."""
    frozen = party.session.frozen_at
    if frozen is None:
        return set()
    newer = Ownership.objects.filter(
        unit__in=units, valid_to__isnull=True, valid_from__gt=local_day(frozen)
    )
    return set(newer.values_list("unit", flat=True))


def _outlook(party: Party, found: list[OwnAccount], units: int) -> list[Outlook]:
    if party.session.state not in {"frozen", "closed", "counted"} or len(found) != units:
        return []
    if any(account.balance is None for account in found):
        return []
    held = sum(account.balance or 0 for account in found)
    shares = MotionShare.objects.filter(party=party, motion__matter=5).select_related("motion")
    return [
        Outlook(one.motion.position, one.motion.title, one.fen, held - one.fen)
        for one in shares.order_by("motion__position")
    ]
