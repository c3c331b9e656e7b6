"""The yearly paper that publishes an account of the fund (165号令 30)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import RuleViolation
from funds.models import SpecialAccount, YearPaper
from funds.services.statements import issue_report
from portal.views.common import actor_of
from portal.views.funds import special_for

_YEARS = 5


@require_safe
def reports(request: HttpRequest, code: str) -> HttpResponse:
    """Every account with the papers of its years, and those that can be issued."""
    return _page(request, special_for(request, code))


@require_POST
def report_issue(request: HttpRequest, code: str, account: int, year: int) -> HttpResponse:
    """Issue the paper of a year; the same one while the books stay as they are."""
    special = special_for(request, code)
    found = get_object_or_404(special.accounts, pk=account)
    try:
        made = issue_report(
            account_id=found.pk, year=year, actor=actor_of(request), at=timezone.now()
        )
    except RuleViolation as refused:
        return _page(request, special, refused=str(refused))
    text = _("公布文件 %(number)s 有效。") % {"number": made.document.number}
    messages.success(request, text)
    return redirect("staff:fund_reports", code)


@require_safe
def report_table(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The list by rooms that belongs to a paper, byte for byte; no names."""
    special = special_for(request, code)
    found = YearPaper.objects.filter(account__special=special, pk=pk).first()
    if found is None:
        raise Http404
    answer = HttpResponse(bytes(found.table), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="fund-{found.year}-{pk}.csv"'
    return answer


def _page(request: HttpRequest, special: SpecialAccount, *, refused: str = "") -> HttpResponse:
    last = timezone.localdate().year - 1
    papers: dict[tuple[int | None, int], YearPaper] = {}
    issued = (
        YearPaper.objects.filter(account__special=special, document__status="issued")
        .select_related("document")
        .defer("table", "document__pdf", "document__facts")
    )
    for one in issued:
        papers[one.account_id, one.year] = one
    years = range(last, last - _YEARS, -1)
    accounts = special.accounts.select_related("estate", "building").order_by(
        "estate__name", "building__name", "pk"
    )
    context = {
        "special": special,
        "accounts": [
            (one, [(year, papers.get((one.pk, year))) for year in years]) for one in accounts
        ],
        "refused": refused,
        "section": "funds",
    }
    return render(request, "funds/reports.html", context, status=400 if refused else 200)
