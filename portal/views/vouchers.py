"""Vouchers of books kept here: drafted by one person, sealed by another, never changed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.selectors import people_named
from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import format_yuan
from funds.domain.books import Line
from funds.models import FundFile, SpecialAccount, SubAccount, Voucher
from funds.selectors.balances import ledger_totals
from funds.selectors.files import look_at_amounts
from funds.selectors.interest import allotment_of, seen_digest
from funds.selectors.vouchers import (
    found_vouchers,
    ledger_sums,
    paper_of,
    repair_of,
    rows_of,
)
from funds.services.books import draft_reversal, drop_voucher, seal_voucher
from funds.services.files import drop_file
from funds.services.vouchers import (
    UnitAmount,
    draft_allotment,
    draft_amounts,
    draft_receipt,
    draft_unit,
    take_amounts,
)
from portal.forms import ReasonForm, add_reasons
from portal.views.common import actor_of, csv_answer, posted, searched
from portal.views.funds import CHUNK, special_for
from portal.voucher_forms import (
    AllotmentForm,
    AmountsForm,
    ReceiptForm,
    ReversalForm,
    UnitForm,
)

_form_page = require_http_methods(["GET", "HEAD", "POST"])
SHOWN, A_PAGE = 200, 50


def books_for(request: HttpRequest, code: str) -> SpecialAccount:
    """The special account of that code whose books are kept here; 404 else."""
    found = special_for(request, code)
    if found.ledger_mode != "record":
        raise Http404
    return found


@require_safe
def vouchers(request: HttpRequest, code: str) -> HttpResponse:
    """All vouchers, the newest first; by state, by number."""
    special = books_for(request, code)
    state, search = request.GET.get("state", ""), searched(request)
    page = Paginator(found_vouchers(special, state, search), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "special": special,
        "page": page,
        "state": state,
        "states": Voucher.STATES,
        "search": search,
        "totals": ledger_totals(special),
    }
    return _page(request, "funds/vouchers.html", context)


@require_safe
def voucher(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One voucher with its postings, room by room, and what it rests on."""
    special = books_for(request, code)
    return _voucher_page(request, special, _voucher(special, pk))


@require_POST
def voucher_seal(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Check and book it."""
    return _act(
        request,
        code,
        pk,
        lambda one: seal_voucher(voucher_id=one.pk, actor=actor_of(request), at=timezone.now()),
        _("已复核入账。"),
    )


@require_POST
def voucher_drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a draft up, with a reason."""
    return _act(
        request,
        code,
        pk,
        lambda one: drop_voucher(
            voucher_id=one.pk,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        ),
        _("已作废。"),
    )


@_form_page
def voucher_reverse(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Draft the taking back of a sealed voucher."""
    special = books_for(request, code)
    found = _voucher(special, pk)
    form = ReversalForm(posted(request), initial=_today())

    def draft(given: dict[str, Any]) -> Voucher:
        return draft_reversal(
            voucher_id=found.pk, **given, actor=actor_of(request), at=timezone.now()
        )

    return _drafting(
        request, special, form, draft, "funds/voucher_reverse.html", {"voucher": found}
    )


@_form_page
def unit_new(request: HttpRequest, code: str) -> HttpResponse:
    """Draft what one unit is credited."""
    special = books_for(request, code)
    form = UnitForm(posted(request), initial=_today())

    def draft(given: dict[str, Any]) -> Voucher:
        return draft_unit(
            special_id=special.pk,
            basis=form.basis(),
            unit=UnitAmount(
                given["estate"].strip(), given["room"].strip(), given["amount"], given["first"]
            ),
            settles=given["settles"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {"title": _("一户的交存、期初或分配")}
    return _drafting(request, special, form, draft, "funds/voucher_new.html", context)


@_form_page
def receipt_new(request: HttpRequest, code: str) -> HttpResponse:
    """Draft money that came in and is not allotted yet."""
    special = books_for(request, code)
    form = ReceiptForm(posted(request), initial=_today())

    def draft(given: dict[str, Any]) -> Voucher:
        return draft_receipt(
            special_id=special.pk,
            basis=form.basis(),
            fen=given["amount"],
            actor=actor_of(request),
            at=timezone.now(),
        )

    context = {"title": _("待分配入账或者利息入账")}
    return _drafting(request, special, form, draft, "funds/voucher_new.html", context)


@_form_page
def amounts_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take a table of amounts in; nothing is drafted yet."""
    special = books_for(request, code)
    form = AmountsForm(posted(request), request.FILES or None, initial=_today())
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = take_amounts(
                special_id=special.pk,
                basis=form.basis(),
                settles=form.cleaned_data["settles"],
                file_name=file.name,
                content=file.read(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:fund_amounts", code, kept.pk)
    return _page(request, "funds/amounts_new.html", {"special": special, "form": form})


@require_safe
def amounts(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What a table would credit to whom, or every fault of it."""
    special = books_for(request, code)
    return _amounts_page(request, special, _file(special, pk))


@require_POST
def amounts_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Draft the voucher of a table."""
    special = books_for(request, code)
    kept = _file(special, pk)
    try:
        made = draft_amounts(file_id=kept.pk, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        kept.refresh_from_db()
        return _amounts_page(request, special, kept, refused=str(refused))
    messages.success(request, _("已制单，请另一个人复核。"))
    return redirect("staff:fund_voucher", code, made.pk)


@require_POST
def amounts_drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a table up."""
    special = books_for(request, code)
    kept = _file(special, pk)
    try:
        drop_file(file_id=kept.pk, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        return _amounts_page(request, special, kept, refused=str(refused))
    messages.success(request, _("已放弃，文件已删除。"))
    return redirect("staff:fund_vouchers", code)


@_form_page
def allotment_new(request: HttpRequest, code: str) -> HttpResponse:
    """Allot interest: see what every unit gets, then draft just that."""
    special = books_for(request, code)
    held = ledger_totals(special)["interest"]
    initial = {**_today(), "until": local_day(timezone.now())}
    if held > 0:
        initial["amount"] = format_yuan(held)
    form = AllotmentForm(posted(request), initial=initial)
    context: dict[str, Any] = {"special": special, "form": form, "held": held}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if given["seen"] and "draft" in request.POST:
                made = draft_allotment(
                    special_id=special.pk,
                    fen=given["amount"],
                    since=given["since"],
                    until=given["until"],
                    basis=form.basis("allotment"),
                    seen=given["seen"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
                messages.success(request, _("已制单，请另一个人复核。"))
                return redirect("staff:fund_voucher", code, made.pk)
            lines = allotment_of(
                special, given["amount"], since=given["since"], until=given["until"]
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            if "table" in request.POST:
                return _allotment_table(special, lines)
            context |= {
                "rows": _named(lines[:SHOWN]),
                "units": len(lines),
                "shown": SHOWN,
                "seen": seen_digest(lines),
            }
    return _page(request, "funds/allotment_new.html", context)


def _voucher(special: SpecialAccount, pk: int) -> Voucher:
    found: Voucher = get_object_or_404(special.vouchers.select_related("reverses"), pk=pk)
    return found


def _file(special: SpecialAccount, pk: int) -> FundFile:
    tables: QuerySet[FundFile] = special.files.exclude(kind__in=["balances", "statement"])
    kept = get_object_or_404(tables.select_related("voucher"), pk=pk)
    kept.special = special
    return kept


def _today() -> dict[str, object]:
    return {"dated_on": local_day(timezone.now())}


def _drafting(
    request: HttpRequest,
    special: SpecialAccount,
    form: forms.Form,
    draft: Callable[[dict[str, Any]], Voucher],
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            made = draft(form.cleaned_data)
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已制单，请另一个人复核。"))
            return redirect("staff:fund_voucher", special.code, made.pk)
    return _page(request, template, {"special": special, "form": form, **context})


def _act(
    request: HttpRequest, code: str, pk: int, act: Callable[[Voucher], Voucher], done: str
) -> HttpResponse:
    special = books_for(request, code)
    found = _voucher(special, pk)
    try:
        act(found)
    except RuleViolation as refused:
        found.refresh_from_db()
        return _voucher_page(request, special, found, refused=str(refused))
    messages.success(request, done)
    return redirect("staff:fund_voucher", code, pk)


def _voucher_page(
    request: HttpRequest, special: SpecialAccount, found: Voucher, *, refused: str = ""
) -> HttpResponse:
    rows, count = rows_of(found, most=SHOWN)
    names = people_named([found.drafted_by, found.sealed_by])
    context = {
        "special": special,
        "voucher": found,
        "rows": rows,
        "count": count,
        "shown": SHOWN,
        "sums": ledger_sums(found),
        "drafted_by": names.get(found.drafted_by, found.drafted_by),
        "sealed_by": names.get(found.sealed_by, found.sealed_by),
        "own": found.drafted_by == actor_of(request),
        "document": paper_of(found),
        "repair": repair_of(found),
        "reversal": found.reversals.exclude(state="dropped").first(),
        "lines": [
            part.line
            for match in found.match_parts.filter(stands=True)
            for part in match.match.parts.filter(line__isnull=False).select_related("line")
        ],
        "owed": found.owed.select_related("sub__unit", "sub__building", "sub__account")[:SHOWN],
        "settles": found.settles.select_related(
            "owed__sub__unit", "owed__sub__building", "owed__sub__account", "owed__voucher"
        )[:SHOWN],
        "reason_form": ReasonForm(),
        "refused": refused,
    }
    status = 400 if refused else 200
    return render(request, "funds/voucher.html", {**context, "section": "funds"}, status=status)


def _amounts_page(
    request: HttpRequest, special: SpecialAccount, kept: FundFile, *, refused: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {"special": special, "file": kept, "shown": SHOWN}
    if kept.state == "previewed":
        look = look_at_amounts(kept)
        context |= {"look": look, "rows": look.amounts[:SHOWN], "faults": look.faults[:SHOWN]}
    context |= {"refused": refused, "section": "funds"}
    return render(request, "funds/amounts.html", context, status=400 if refused else 200)


def _named(lines: list[Line]) -> list[tuple[SubAccount, int]]:
    """Each credit with its sub-account, whose unit and estate are at hand."""
    subs: dict[int, SubAccount] = {}
    for start in range(0, len(lines), CHUNK):
        some = [line.sub for line in lines[start : start + CHUNK]]
        rows = SubAccount.objects.select_related("unit", "building", "account__estate")
        subs |= rows.in_bulk(some)
    return [(subs[line.sub], -line.fen) for line in lines if line.sub is not None]


def _allotment_table(special: SpecialAccount, lines: list[Line]) -> HttpResponse:
    rows = [
        (sub.account.estate.name, sub.label, format_yuan(fen)) for sub, fen in _named(lines)
    ]
    return csv_answer(["小区", "房号", "利息（元）"], rows, f"interest-{special.code}.csv")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "funds"}, status=status)
