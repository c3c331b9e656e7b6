"""The maintenance fund, for the authority that keeps it: accounts, balances, statements."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import (
    Permission,
    authorities_reached,
    estates_for,
    refuse_strange,
    require,
)
from core.errors import RuleViolation
from core.exact import format_yuan
from funds.models import FundFile, SpecialAccount, SubAccount
from funds.selectors import Low, look_at_balances, look_at_statement, standing_of, to_replenish
from funds.selectors.reconciling import unbooked_lines
from funds.services.accounts import open_account, open_special_account
from funds.services.files import Said, confirm_file, drop_file, take_file
from portal.forms import add_reasons
from portal.fund_forms import AccountForm, BalancesForm, SpecialForm, StatementForm
from portal.views.common import actor_of, csv_answer, posted

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
# A page stays readable.
SHOWN, ROOMS_A_PAGE = 200, 100
CHUNK = 500  # below the number of parameters any database takes


def special_for(request: HttpRequest, code: str) -> SpecialAccount:
    """The special account of that code; 404 unless this person keeps it."""
    refuse_strange(code)
    found = (
        SpecialAccount.objects.filter(
            authority__in=authorities_reached(request.user, _P.KEEP_FUND), code=code.upper()
        )
        .select_related("authority")
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The special accounts this person keeps, with what they hold."""
    require(request.user, _P.KEEP_FUND)
    reached = authorities_reached(request.user, _P.KEEP_FUND)
    specials = (
        SpecialAccount.objects.filter(authority__in=reached)
        .select_related("authority")
        .order_by("authority__name", "bank", "pk")
    )
    page = Paginator(specials, SHOWN).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [(one, standing_of(one, today=today)) for one in page]
    return _page(request, "funds/home.html", {"rows": rows, "page": page})


@_form_page
def special_new(request: HttpRequest) -> HttpResponse:
    """Enter a bank account of the fund."""
    require(request.user, _P.KEEP_FUND)
    reached = authorities_reached(request.user, _P.KEEP_FUND).order_by("pk")
    form = SpecialForm(posted(request), authorities=reached)
    if request.method == "POST" and form.is_valid():
        try:
            made = open_special_account(
                **form.cleaned_data, actor=actor_of(request), at=timezone.now()
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。接着开立小区的账。"))
            return redirect("staff:fund", made.code)
    return _page(request, "funds/special_new.html", {"form": form})


@require_safe
def special(request: HttpRequest, code: str) -> HttpResponse:
    """One special account: what each account in it holds, and the files that came in."""
    found = special_for(request, code)
    context = {
        "special": found,
        "standing": standing_of(found, today=timezone.localdate()),
        "files": found.files.defer("content").order_by("-pk")[:50],
        "unbooked": unbooked_lines(found).count(),
        "low": len(to_replenish(found)),
    }
    return _page(request, "funds/special.html", context)


@_form_page
def account_new(request: HttpRequest, code: str) -> HttpResponse:
    """Open the account of an estate or a building, with all its sub-accounts."""
    found = special_for(request, code)
    form = AccountForm(posted(request))
    if request.method == "POST" and form.is_valid():
        estate, building = form.place(estates_for(request.user, _P.KEEP_FUND))
        if estate is not None and not form.errors:
            try:
                account = open_account(
                    special_id=found.pk,
                    estate=estate,
                    building=building,
                    custody=form.cleaned_data["custody"],
                    selling_organisation=form.cleaned_data["selling_organisation"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except RuleViolation as refused:
                add_reasons(form, refused)
            else:
                count = account.subs.exclude(unit=None).count()
                text = _("已开立，共%(n)s户分户账。") % {"n": count}
                messages.success(request, text)
                return redirect("staff:fund", code)
    return _page(request, "funds/account_new.html", {"special": found, "form": form})


@_form_page
def file_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file of the fund centre or the bank in; nothing is written yet."""
    found = special_for(request, code)
    mirror = found.ledger_mode == "mirror"
    form = (BalancesForm if mirror else StatementForm)(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        said = Said(given["as_of"], given["source"], given["reason"]) if mirror else Said()
        try:
            kept = take_file(
                special_id=found.pk,
                kind="balances" if mirror else "statement",
                file_name=given["file"].name,
                content=given["file"].read(),
                said=said,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:fund_file", code, kept.pk)
    return _page(request, "funds/file_new.html", {"special": found, "form": form})


@require_safe
def file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What a file would write, with every fault; or what became of it."""
    found = special_for(request, code)
    kept = get_object_or_404(_files(found).select_related("snapshot"), pk=pk)
    return _file_page(request, found, kept)


@require_POST
def file_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write down what a file says."""
    return _settle(request, code, pk, confirm_file, _("已导入。"))


@require_POST
def file_drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a file up."""
    return _settle(request, code, pk, drop_file, _("已放弃，文件已删除。"))


@require_safe
def replenish(request: HttpRequest, code: str) -> HttpResponse:
    """续交名单: whose sub-account is below 30 % of its first deposit."""
    found = special_for(request, code)
    page = Paginator(to_replenish(found), ROOMS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "special": found,
        "page": page,
        "rows": _named(list(page)),
        "standing": standing_of(found, today=timezone.localdate()),
    }
    return _page(request, "funds/replenish.html", context)


@require_safe
def replenish_list(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a table to work with: estate, room, amounts in yuan; no names."""
    found = special_for(request, code)
    rows = (
        (sub.account.estate.name, sub.label, format_yuan(low.balance),
         format_yuan(low.first_deposit))
        for low, sub in _named(to_replenish(found))
    )  # fmt: skip
    header = ["小区", "房号", "余额（元）", "首期交存额（元）"]
    return csv_answer(header, rows, f"replenish-{found.code}.csv")


def _files(found: SpecialAccount) -> QuerySet[FundFile]:
    """What comes from a fund centre or a bank; tables of amounts have pages of their own."""
    files: QuerySet[FundFile] = found.files.filter(kind__in=["balances", "statement"])
    return files


def _settle(
    request: HttpRequest, code: str, pk: int, act: Callable[..., FundFile], done: str
) -> HttpResponse:
    found = special_for(request, code)
    kept = get_object_or_404(_files(found), pk=pk)
    try:
        act(file_id=kept.pk, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        kept.refresh_from_db()
        return _file_page(request, found, kept, refused=str(refused))
    messages.success(request, done)
    return redirect("staff:fund", code)


def _named(lows: Sequence[Low]) -> list[tuple[Low, SubAccount]]:
    """Each with its sub-account, whose unit and estate are at hand."""
    subs: dict[int, SubAccount] = {}
    for start in range(0, len(lows), CHUNK):
        some = [low.sub for low in lows[start : start + CHUNK]]
        rows = SubAccount.objects.select_related("unit", "building", "account__estate")
        subs |= rows.in_bulk(some)
    return [(low, subs[low.sub]) for low in lows]


def _file_page(
    request: HttpRequest, found: SpecialAccount, kept: FundFile, *, refused: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {"special": found, "file": kept, "shown": SHOWN}
    kept.special = found
    if kept.state == "previewed":
        if kept.kind == "balances":
            look = look_at_balances(kept)
            context |= {"look": look, "changed": look.changed[:SHOWN]}
        else:
            statement = look_at_statement(kept)
            context |= {"look": statement, "lines": statement.lines[:SHOWN]}
        context["faults"] = context["look"].faults[:SHOWN]
    context["refused"] = refused
    status = 400 if refused else 200
    return render(request, "funds/file.html", {**context, "section": "funds"}, status=status)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "funds"}, status=status)
