"""An owner's own maintenance fund, behind the letter and the second check."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.errors import RuleViolation
from documents.selectors import document_pdf
from funds.selectors.emergencies import on_show
from funds.selectors.owners import outlook, own_accounts, units_sold_since
from funds.selectors.statements import years_of
from funds.services.statements import issue_statement
from voting.views.visits import Walk, with_visit

# The newest; the yearly statement has them all.
MOVEMENTS = 60


@require_safe
@with_visit(checked=True, owner_only=True)
def own_fund(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Balance, source and movements of each unit, and what a pending repair would leave."""
    walk.demand_valid()
    return _page(request, walk)


@require_POST
@with_visit(checked=True, owner_only=True)
def own_statement(request: HttpRequest, walk: Walk, sub: int, year: int) -> HttpResponseBase:
    """The signed statement of one unit for a year; the same file while the books stay."""
    walk.demand_valid()
    party = walk.party
    held = set(party.units.values_list("unit", flat=True)) - units_sold_since(party)
    own = own_accounts(list(held), today=timezone.localdate())
    if sub not in {one.sub.pk for one in own}:
        raise Http404
    try:
        document = issue_statement(
            sub_id=sub, year=year, actor=f"party:{party.pk}", at=timezone.now()
        )
    except RuleViolation as refused:
        return _page(request, walk, refused=str(refused))
    answer = HttpResponse(document_pdf(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{document.code}.pdf"'
    return answer


def _page(request: HttpRequest, walk: Walk, *, refused: str = "") -> HttpResponse:
    party = walk.party
    units = dict(party.units.order_by("pk").values_list("unit", "label"))
    sold = units_sold_since(party)
    today = timezone.localdate()
    found = own_accounts([unit for unit in units if unit not in sold], today=today)
    known = {account.sub.unit_id for account in found}
    context = {
        "session": party.session,
        "accounts": [(own, years_of(own.since, today=today)) for own in found],
        "shown": MOVEMENTS,
        "sold": [units[unit] for unit in units if unit in sold],
        "without": [units[unit] for unit in units if unit not in known | sold],
        "on_show": on_show([unit for unit in units if unit not in sold], timezone.now()),
        "outlook": outlook(party, found) if len(found) == len(units) else [],
        "refused": refused,
    }
    return render(request, "funds/own.html", context, status=400 if refused else 200)
