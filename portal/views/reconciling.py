"""Reconciliation: what the bank says against the books; what units owe."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.selectors import people_named
from core.errors import RuleViolation
from core.exact import format_yuan
from core.numbers import number_in
from funds.models import BankMatch, SpecialAccount, SubAccount
from funds.selectors.owed import StillOwed, owed_in
from funds.selectors.reconciling import (
    bank_amounts,
    difference_of,
    openings_to_match,
    suggestions,
    unbooked_lines,
    unseen_vouchers,
)
from funds.services.reconciling import match_bank, undo_match
from portal.views.common import actor_of, csv_answer
from portal.views.funds import CHUNK
from portal.views.vouchers import books_for

SHOWN, A_PAGE = 200, 100


@require_safe
def reconcile(request: HttpRequest, code: str) -> HttpResponse:
    """Lines nobody booked, vouchers the bank has not seen, and why the sums differ."""
    return _page(request, books_for(request, code))


@require_POST
def match(request: HttpRequest, code: str) -> HttpResponse:
    """State that lines of the bank and vouchers are the same money."""
    special = books_for(request, code)
    try:
        match_bank(
            special_id=special.pk,
            lines=_numbers(request, "line"),
            vouchers=_numbers(request, "voucher"),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        return _page(request, special, refused=str(refused))
    messages.success(request, _("已勾对。"))
    return redirect("staff:fund_reconcile", code)


@require_safe
def matches(request: HttpRequest, code: str) -> HttpResponse:
    """What was matched, the newest first; those undone too."""
    return _matches_page(request, books_for(request, code))


@require_POST
def match_undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a match back, with a reason."""
    special = books_for(request, code)
    found = get_object_or_404(special.bank_matches, pk=pk)
    try:
        undo_match(
            match_id=found.pk,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        return _matches_page(request, special, refused=str(refused))
    messages.success(request, _("已撤销勾对。"))
    return redirect("staff:fund_matches", code)


@require_safe
def owed(request: HttpRequest, code: str) -> HttpResponse:
    """欠缴名单: what units still owe beyond what their sub-accounts could pay."""
    special = books_for(request, code)
    every = owed_in(special)
    page = Paginator(every, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "special": special,
        "page": page,
        "rows": _named(list(page)),
        "total": sum(one.left for one in every),
        "section": "funds",
    }
    return render(request, "funds/owed.html", context)


@require_safe
def owed_list(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a table to work with; no names."""
    special = books_for(request, code)
    header = ["小区", "房号", "凭证号", "日期", "摘要", "欠缴（元）", "还欠（元）"]
    rows = [
        (sub.account.estate.name, sub.label, one.voucher, one.day, one.text,
         format_yuan(one.fen), format_yuan(one.left))
        for one, sub in _named(owed_in(special))
    ]  # fmt: skip
    return csv_answer(header, rows, f"owed-{special.code}.csv")


def _named(rows: list[StillOwed]) -> list[tuple[StillOwed, SubAccount]]:
    subs: dict[int, SubAccount] = {}
    for start in range(0, len(rows), CHUNK):
        some = [one.sub for one in rows[start : start + CHUNK]]
        found = SubAccount.objects.select_related("unit", "building", "account__estate")
        subs |= found.in_bulk(some)
    return [(one, subs[one.sub]) for one in rows]


def _numbers(request: HttpRequest, name: str) -> list[int]:
    """What was ticked; what is no number of ours was ticked by nobody."""
    given = request.POST.getlist(name)[:SHOWN]
    return [number for one in given if (number := number_in(one))]


def _page(request: HttpRequest, special: SpecialAccount, *, refused: str = "") -> HttpResponse:
    lines, unseen = unbooked_lines(special), unseen_vouchers(special)
    shown, loose = list(lines[:SHOWN]), list(unseen[:SHOWN])
    if shown:
        loose += openings_to_match(special)[:SHOWN]
    amounts = bank_amounts([one.pk for one in loose])
    context: dict[str, Any] = {
        "special": special,
        "difference": difference_of(special),
        "lines": shown,
        "line_count": lines.count(),
        "vouchers": [(one, amounts[one.pk]) for one in loose],
        "voucher_count": unseen.count(),
        "suggestions": suggestions(shown, loose, amounts),
        "shown": SHOWN,
        "ticked": (_numbers(request, "line"), _numbers(request, "voucher")),
        "refused": refused,
        "section": "funds",
    }
    return render(request, "funds/reconcile.html", context, status=400 if refused else 200)


def _matches_page(
    request: HttpRequest, special: SpecialAccount, *, refused: str = ""
) -> HttpResponse:
    every = BankMatch.objects.filter(special=special).prefetch_related(
        "parts__line", "parts__voucher"
    )
    page = Paginator(every.order_by("-pk"), A_PAGE).get_page(request.GET.get("page"))
    names = people_named([actor for one in page for actor in (one.made_by, one.undone_by)])
    rows = [
        (
            one,
            [part.line for part in one.parts.all() if part.line],
            [part.voucher for part in one.parts.all() if part.voucher],
            names.get(one.made_by, one.made_by),
            names.get(one.undone_by, one.undone_by),
        )
        for one in page
    ]
    context = {
        "special": special, "page": page, "rows": rows, "refused": refused, "section": "funds"
    }  # fmt: skip
    return render(request, "funds/matches.html", context, status=400 if refused else 200)
