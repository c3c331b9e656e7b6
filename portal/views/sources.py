"""The register of sources of common income: what brings money, under which contracts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, estate_for
from accounts.selectors import people_named
from disclosures.models import Source
from disclosures.selectors.places import contract_for, source_for
from disclosures.selectors.register import register_of
from disclosures.selectors.rules import account_rules
from disclosures.services import sources as services
from portal.disclosure_forms import ContractForm, EndForm, SourceForm
from portal.sentences import said
from portal.views.account_pages import acting, answer, forming, may_at, uploads
from portal.views.common import posted

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def register(request: HttpRequest, code: str) -> HttpResponse:
    """The register of an estate, and what owners say is missing on it."""
    found = estate_for(request.user, code, _P.VIEW_ACCOUNTS)
    context = {
        "estate": found,
        "register": register_of(found, timezone.localdate()),
        "may": may_at(request, found),
        "now": timezone.now(),
    }
    return answer(request, "disclosures/staff/sources.html", context)


@_form_page
def source_new(request: HttpRequest, code: str) -> HttpResponse:
    """Put a source on the register."""
    found = estate_for(request.user, code, _P.KEEP_ACCOUNTS)
    form = SourceForm(posted(request))

    def act(given: dict[str, Any]) -> HttpResponse:
        made = services.record_source(
            estate_id=found.pk,
            **given,
            by=acting(request, found, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记，请接着登记合同。"))
        return redirect("staff:source", made.pk)

    lead = _("占用业主共有的道路、场地、部位取得的收入。")
    context = {"estate": found, "title": _("登记收益来源"), "lead": lead}
    return forming(request, form, act, context)


@require_safe
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source with its contracts."""
    found = source_for(request.user, pk, _P.VIEW_ACCOUNTS)
    today = timezone.localdate()
    contracts = list(found.contracts.select_related("paper").order_by("-first", "-pk"))
    context = {
        "source": found,
        "estate": found.estate,
        "contracts": [(one, services.runs(one, today)) for one in contracts],
        "recorded_by": people_named([found.recorded_by]).get(found.recorded_by, ""),
        "may": may_at(request, found.estate),
    }
    return answer(request, "disclosures/staff/source.html", context)


@_form_page
def source_end(request: HttpRequest, pk: int) -> HttpResponse:
    """It brings nothing any more."""
    found = source_for(request.user, pk, _P.KEEP_ACCOUNTS)
    form = EndForm(posted(request), initial={"last": timezone.localdate()})

    def act(given: dict[str, Any]) -> HttpResponse:
        services.end_source(
            source_id=pk,
            **given,
            by=acting(request, found.estate, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记终止，登记册上仍看得到。"))
        return redirect("staff:source", pk)

    context = {"estate": found.estate, "title": _("终止：%s") % found.place}
    return forming(request, form, act, context)


@_form_page
def contract_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a contract with its file."""
    found = source_for(request.user, pk, _P.KEEP_ACCOUNTS)
    form = ContractForm(posted(request), request.FILES or None)

    def act(given: dict[str, Any]) -> HttpResponse:
        [(name, content)] = uploads([given["paper"]])
        services.record_contract(
            source_id=pk,
            deal=form.deal(),
            name=name,
            content=content,
            by=acting(request, found.estate, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记合同。"))
        return redirect("staff:source", pk)

    context = {
        "estate": found.estate,
        "title": _("登记合同：%s") % found.place,
        "lead": _contract_lead(found),
    }
    return forming(request, form, act, context)


@_form_page
def contract_end(request: HttpRequest, pk: int) -> HttpResponse:
    """It ended before its day."""
    found = contract_for(request.user, pk, _P.KEEP_ACCOUNTS)
    form = EndForm(posted(request), initial={"last": timezone.localdate()})

    def act(given: dict[str, Any]) -> HttpResponse:
        services.end_contract(
            contract_id=pk,
            **given,
            by=acting(request, found.source.estate, _P.KEEP_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记提前终止。"))
        return redirect("staff:source", found.source_id)

    title = _("合同提前终止：%s") % found.source.place
    return forming(request, form, act, {"estate": found.source.estate, "title": title})


def _contract_lead(found: Source) -> str:
    """What a place asks of bays that are let to outsiders."""
    if found.kind != "parking":
        return ""
    rules = account_rules(found.estate, timezone.localdate())
    months = rules.parking_months
    if months is None:
        return ""
    lead = _("车位对业主以外的人出租，每次租期不得超过%(n)s个月（%(clause)s）。")
    clause = said(rules.clause("revenue.outside_parking_months"))
    return lead % {"n": months, "clause": clause}
