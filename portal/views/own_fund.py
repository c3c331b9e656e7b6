"""An owner's own maintenance fund, behind the letter and the second check."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funds.selectors.owners import outlook, own_accounts, units_sold_since
from voting.views.visits import Walk, with_visit

# The newest; the yearly statement has them all.
MOVEMENTS = 60


@require_safe
@with_visit(checked=True, owner_only=True)
def own_fund(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Balance, source and movements of each unit, and what a pending repair would leave."""
    walk.demand_valid()
    party = walk.party
    units = dict(party.units.order_by("pk").values_list("unit", "label"))
    sold = units_sold_since(party)
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
        "outlook": outlook(party, found) if len(found) == len(units) else [],
    }
    return render(request, "funds/own.html", context)
