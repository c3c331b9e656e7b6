"""维修项目清单, 年度修缮计划: kept by whoever may apply, read by everybody once published."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at, refuse_strange
from core.errors import RuleViolation
from funds.models import PlanItem
from funds.selectors.requests import plan_of
from funds.services.plans import carry_over, drop_item, publish_year, put_item
from portal.forms import add_reasons
from portal.repair_forms import ItemForm, WhyForm
from portal.selectors import doors_of
from portal.sentences import said
from portal.views.common import actor_of, posted
from registry.models import Estate
from voting.forms.staff import scope_values

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """The items of an estate by year, those not published yet among them."""
    estate = estate_for(request.user, code, _P.VIEW_REPAIR)
    may = permissions_at(request.user, estate)
    items = plan_of(estate)
    unpublished = {
        item.year for item in items if item.state == "planned" and item.published_at is None
    }
    context = {
        "estate": estate,
        "items": items,
        "may_apply": _P.APPLY_FUND in may,
        "unpublished": unpublished,
    }
    return _page(request, "funds/repairs/plan.html", context)


@_form_page
def item_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add an item."""
    return _item(request, estate_for(request.user, code, _P.APPLY_FUND), None)


@_form_page
def item_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change an item that owners do not see yet."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    return _item(request, estate, get_object_or_404(estate.plan_items, pk=pk))


@require_POST
def publish(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Show the plan of a year to the owners."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    try:
        publish_year(estate_id=estate.pk, year=year, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        messages.error(request, said(refused))
    else:
        messages.success(request, _("%(year)s年的计划已向业主公布。") % {"year": year})
    return redirect("staff:repair_plan", estate.code)


@_form_page
def item_drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Cancel an item, with the reason."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    item = get_object_or_404(estate.plan_items, pk=pk)
    form = WhyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            drop_item(
                estate_id=estate.pk,
                item_id=item.pk,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已取消。"))
            return redirect("staff:repair_plan", estate.code)
    context = {"estate": estate, "item": item, "form": form}
    return _page(request, "funds/repairs/item_drop.html", context)


@require_POST
def item_carry(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Put an item into the next year's plan."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    item = get_object_or_404(estate.plan_items, pk=pk)
    try:
        moved = carry_over(
            estate_id=estate.pk, item_id=item.pk, actor=actor_of(request), at=timezone.now()
        )
    except RuleViolation as refused:
        messages.error(request, said(refused))
    else:
        messages.success(request, _("已移到%(year)s年。") % {"year": moved.year})
    return redirect("staff:repair_plan", estate.code)


@require_safe
def public_plan(request: HttpRequest, code: str) -> HttpResponse:
    """What owners see: the published items, with what became of each."""
    refuse_strange(code)
    estate = Estate.objects.filter(code=code.upper()).first()
    if estate is None:
        raise Http404
    items = plan_of(estate, published=True)
    return render(request, "funds/plan.html", {"estate": estate, "items": items})


def _item(request: HttpRequest, estate: Estate, item: PlanItem | None) -> HttpResponse:
    initial: dict[str, Any] = {"year": timezone.localdate().year + 1}
    if item is not None:
        names = ("year", "part", "place", "condition")
        initial = {name: getattr(item, name) for name in names}
        initial["scope"] = scope_values(item.scope)
        if item.estimate_fen:
            initial["estimate_fen"] = f"{item.estimate_fen // 100}.{item.estimate_fen % 100:02}"
    form = ItemForm(posted(request), doors=doors_of(estate), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            put_item(
                estate_id=estate.pk,
                item_id=item.pk if item else None,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已保存。公布以后业主才看得到。"))
            return redirect("staff:repair_plan", estate.code)
    context = {"estate": estate, "item": item, "form": form}
    return _page(request, "funds/repairs/item.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "repairs"}, status=status)
