"""Money of a repair: application, shares, payments, the bank's lists, the settlement."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import (
    Permission,
    authorities_for,
    permissions_at,
    require,
    roles_at,
    roles_with,
)
from core.errors import RuleViolation
from core.numbers import number_in
from funds.domain.exports import SHARES_HEADER, share_rows
from funds.domain.instalments import UNDER_WAY
from funds.domain.repairs import State, speaks_for
from funds.endings import settlement_confirmed
from funds.models import ReleaseList, RepairRequest
from funds.selectors.applications import (
    last_application,
    passed_application,
    pending_application,
    sought_of,
    why_returned,
)
from funds.selectors.exports import TABLES, share_lines
from funds.selectors.gates import gate_reasons
from funds.selectors.releases import (
    lists_of,
    money_of,
    owed_left,
    owed_paid,
    paid_by,
    payer_role,
    preview,
    refunds_for,
    releases_for,
    spent_fen,
)
from funds.selectors.repairs import (
    files_of,
    repair_for,
    scope_words,
    settlement_of,
    version_in_force,
)
from funds.services.applications import (
    add_paper,
    draft_application,
    file_application,
    withdraw_application,
)
from funds.services.ending import apply_anew, decide_anew, end_repair
from funds.services.receipts import close_payment, payment_failed
from funds.services.releases import (
    ask_instalment,
    call_in_owed,
    confirm_instalment,
    decline_instalment,
    note_acceptance,
    open_list,
    order_release,
)
from funds.services.settling import (
    confirm_settlement,
    receive_refund,
    reopen_settlement,
    state_settlement,
)
from funds.steps import By, demand_state
from portal.forms import add_reasons
from portal.release_forms import (
    AcceptanceForm,
    ApplicationForm,
    NotPaidForm,
    PaperForm,
    ReasonForm,
    ReceiptForm,
    RefundForm,
    SettlementForm,
    application_initial,
)
from portal.sentences import said
from portal.views.common import actor_of, csv_answer, posted, user_of
from portal.views.roll import workbook_response

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE = 100
# Where an applicant may take a repair off the way it is on.
_LEAVING = (State.DECIDED, State.RETURNED, State.APPROVED)


@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """What waits for who pays: to be confirmed, to be listed, to be closed."""
    require(request.user, _P.RELEASE_FUND)
    return _payments_page(request)


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Put what was chosen on a list for the bank."""
    require(request.user, _P.RELEASE_FUND)
    mine = {one.pk: one for one in releases_for(request.user)}
    chosen = [
        mine[pk] for text in request.POST.getlist("pay") if (pk := number_in(text)) in mine
    ]
    repair = chosen[0].application.request if chosen else None
    try:
        made = order_release(
            instalments=[one.pk for one in chosen],
            by=_payer(request, repair) if repair else By(actor_of(request)),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        return _payments_page(request, refused)
    messages.success(request, _("清单和划转通知已经生成。"))
    return redirect("staff:fund_list", made.pk)


@require_safe
def release_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: its payments, totals, the file for the bank, the notice."""
    made = _list_for(request, pk)
    context = {
        "made": made,
        "me": actor_of(request),
        "instalments": made.instalments.select_related("application__request").order_by("pk"),
    }
    return _page(request, "funds/releases/list.html", context)


@require_POST
def list_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file for the bank, with whole account numbers; taking it is logged."""
    made = _list_for(request, pk)
    content = open_list(list_id=made.pk, actor=actor_of(request), at=timezone.now())
    return workbook_response(content, f"release-{made.special.code}-{made.number}.xlsx")


@require_safe
def money(request: HttpRequest, code: str) -> HttpResponse:
    """A repair's money: what was applied for, each payment, what is owed, the settlement."""
    return _money_page(request, repair_for(request.user, code, _P.VIEW_REPAIR))


@_form_page
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """Write the application down; it is filed from the repair's page."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    if elsewhere := _elsewhere(request, repair, State.DECIDED, State.RETURNED):
        return elsewhere
    by = _applicant(request, repair)
    # The account of a payee is for who applied with it.
    mine = speaks_for(by.role, repair.applicant_kind)
    before = last_application(repair) if mine else None
    initial = application_initial(sought_of(before)) if before else _first_words(repair)
    form = ApplicationForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            draft_application(code=repair.code, sought=form.sought(), by=by, at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已保存。核对以后请提交。"))
            return redirect("staff:fund_money", repair.code)
    context = {
        "repair": repair,
        "form": form,
        "version": version_in_force(repair),
        "returned": why_returned(repair) if mine else "",
    }
    return _page(request, "funds/releases/apply.html", context)


@require_POST
def file(request: HttpRequest, code: str) -> HttpResponse:
    """Hand the application in."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    return _act(
        request,
        repair,
        lambda: file_application(
            code=repair.code, by=_applicant(request, repair), at=timezone.now()
        ),
        _("已提交审核。"),
    )


@_form_page
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take the application back."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    return _reasoned(
        request,
        repair,
        lambda reason: withdraw_application(
            code=repair.code,
            reason=reason,
            by=_applicant(request, repair),
            at=timezone.now(),
        ),
        _("撤回申请"),
        _("已撤回。"),
    )


@_form_page
def paper(request: HttpRequest, code: str) -> HttpResponse:
    """Add a paper that comes after the decision."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    form = PaperForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            add_paper(
                code=repair.code,
                kind=given["kind"],
                name=given["file"].name,
                content=given["file"].read(),
                by=_applicant(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已上传。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("上传文件"), _("上传"), files=True)


@require_safe
def shares(request: HttpRequest, code: str) -> HttpResponse:
    """Every unit's share before anybody decides: balance before, after, what it would owe."""
    repair = repair_for(request.user, code, _P.VIEW_REPAIR)
    version = version_in_force(repair)
    if version is None:
        raise Http404
    application = last_application(repair)
    amount = application.amount_fen if application else version.budget_fen
    rows, totals = preview(version, amount)
    context = {
        "repair": repair,
        "amount": amount,
        "totals": totals,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
    }
    return _page(request, "funds/releases/shares.html", context)


@require_safe
def shares_csv(request: HttpRequest, code: str) -> HttpResponse:
    """分摊清册 as plain text; no names."""
    repair = repair_for(request.user, code, _P.VIEW_REPAIR)
    lines = share_lines(repair)
    if not lines:
        raise Http404
    return csv_answer(SHARES_HEADER, share_rows(lines), f"shares-{repair.code}.csv")


@require_safe
def table(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """A table the fund centre takes."""
    repair = repair_for(request.user, code, _P.VIEW_REPAIR)
    content = TABLES[kind](repair) if kind in TABLES else None
    if content is None:
        raise Http404
    return workbook_response(content, f"{kind}-{repair.code}.xlsx")


@require_POST
def ask(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Ask for an instalment."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    return _act(
        request,
        repair,
        lambda: ask_instalment(
            code=repair.code,
            position=position,
            by=_applicant(request, repair),
            at=timezone.now(),
        ),
        _("已申请付款。"),
    )


@require_POST
def confirm(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Confirm what another person asked for."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    return _act(
        request,
        repair,
        lambda: confirm_instalment(
            code=repair.code,
            position=position,
            by=_payer(request, repair),
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        ),
        _("已确认，可以列入划转清单。"),
    )


@_form_page
def decline(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Send back what was asked for, with the reason."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    return _reasoned(
        request,
        repair,
        lambda reason: decline_instalment(
            code=repair.code,
            position=position,
            reason=reason,
            by=_payer(request, repair),
            at=timezone.now(),
        ),
        _("退回付款申请"),
        _("已退回。"),
    )


@_form_page
def receipt(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Enter the bank's receipt of a payment."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    form = ReceiptForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            close_payment(
                code=repair.code,
                position=position,
                receipt=form.receipt(),
                scan=form.content(),
                by=_payer(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已记账。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("录入银行回单"), _("确认已付"), files=True)


@_form_page
def not_paid(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """The bank says that it has not paid, by a paper."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    form = NotPaidForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            payment_failed(
                code=repair.code,
                position=position,
                reason=form.cleaned_data["reason"],
                scan=form.cleaned_data["file"].read(),
                by=_payer(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记银行没有付款，可以重新申请付款。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("登记银行没有付款"), _("确认没有付"), files=True)


@require_POST
def owed(request: HttpRequest, code: str) -> HttpResponse:
    """Pass on what owners have paid of what they owed."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    return _act(
        request,
        repair,
        lambda: call_in_owed(code=repair.code, by=_payer(request, repair), at=timezone.now()),
        _("补足款可以列入划转清单。"),
    )


@_form_page
def settlement(request: HttpRequest, code: str) -> HttpResponse:
    """State what it cost in the end."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    form = SettlementForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            state_settlement(
                code=repair.code,
                cost=form.cost(),
                by=_applicant(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已填写结算，等另一个人确认。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("填写结算"), _("保存"))


@require_POST
def settlement_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm what another person stated."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    return _act(
        request,
        repair,
        lambda: confirm_settlement(
            code=repair.code,
            by=_payer(request, repair),
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        ),
        _("结算已确认。"),
    )


@_form_page
def anew(request: HttpRequest, code: str) -> HttpResponse:
    """More than was approved: back for a new decision."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    if elsewhere := _elsewhere(request, repair, *_LEAVING, leaving=True):
        return elsewhere
    return _reasoned(
        request,
        repair,
        lambda reason: decide_anew(
            code=repair.code,
            reason=reason,
            by=_applicant(request, repair),
            at=timezone.now(),
        ),
        _("退回重新决定"),
        _("已退回起草，材料和已付的款都保留。"),
    )


@_form_page
def reapply(request: HttpRequest, code: str) -> HttpResponse:
    """Payee or plan was wrong: another application on the same decision."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    if elsewhere := _elsewhere(request, repair, State.APPROVED, leaving=True):
        return elsewhere
    return _reasoned(
        request,
        repair,
        lambda reason: apply_anew(
            code=repair.code,
            reason=reason,
            by=_applicant(request, repair),
            at=timezone.now(),
        ),
        _("重新申请列支"),
        _("可以重新填写列支申请，已付的款都保留。"),
    )


@_form_page
def end(request: HttpRequest, code: str) -> HttpResponse:
    """Give a repair up that was decided."""
    repair = repair_for(request.user, code, _P.APPLY_FUND)
    if elsewhere := _elsewhere(request, repair, *_LEAVING, leaving=True):
        return elsewhere
    return _reasoned(
        request,
        repair,
        lambda reason: end_repair(
            code=repair.code,
            reason=reason,
            by=_applicant(request, repair),
            at=timezone.now(),
        ),
        _("终止这项维修"),
        _("已终止。"),
    )


@_form_page
def unsettle(request: HttpRequest, code: str) -> HttpResponse:
    """Take the confirmation of the final cost back, with the reason."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    return _reasoned(
        request,
        repair,
        lambda reason: reopen_settlement(
            code=repair.code,
            reason=reason,
            by=_payer(request, repair),
            at=timezone.now(),
        ),
        _("退回结算"),
        _("结算已退回，可以更正以后重新确认。"),
    )


@_form_page
def refund(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Enter the bank's receipt of a surplus that came back."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    found = get_object_or_404(repair.refunds, pk=pk)
    form = RefundForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            receive_refund(
                code=repair.code,
                refund_id=found.pk,
                receipt=form.receipt(),
                scan=form.content(),
                by=_payer(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已退回各户。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("录入退款回单"), _("确认已退回"), files=True)


@_form_page
def accepted(request: HttpRequest, code: str) -> HttpResponse:
    """受理号 of the fund centre's own system."""
    repair = repair_for(request.user, code, _P.RELEASE_FUND)
    form = AcceptanceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            note_acceptance(
                code=repair.code,
                number=form.cleaned_data["number"],
                by=_payer(request, repair),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记受理号。"))
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, _("登记受理号"), _("保存"))


def _applicant(request: HttpRequest, repair: RepairRequest) -> By:
    allowed = roles_with(_P.APPLY_FUND)
    roles = [one for one in roles_at(user_of(request), repair.estate) if one in allowed]
    # Whoever holds several, acts in the one that speaks for the applicant.
    roles.sort(key=lambda role: not speaks_for(role, repair.applicant_kind))
    return By(actor_of(request), roles[0] if roles else "")


def _payer(request: HttpRequest, repair: RepairRequest) -> By:
    user = user_of(request)
    role = payer_role(user, repair)
    authority = None
    if role == "bureau" and repair.special is not None:
        own = authorities_for(user, _P.RELEASE_FUND).values_list("pk", flat=True)
        authority = repair.special.authority_id
        authority = authority if authority in set(own) else None
    return By(actor_of(request), role, authority)


def _list_for(request: HttpRequest, pk: int) -> ReleaseList:
    """A list of an estate this person pays for; 404 otherwise."""
    found = ReleaseList.objects.filter(
        paid_by(request.user, "instalments__application__request__"), pk=pk
    )
    made = found.distinct().defer("content").select_related("special", "notice").first()
    if made is None:
        raise Http404
    return made


def _first_words(repair: RepairRequest) -> dict[str, Any]:
    chosen = repair.quotes.filter(is_chosen=True, removed_at=None).first()
    firm = chosen.firm if chosen else ""
    return {"contract_firm": firm, "payee": firm}


def _act(
    request: HttpRequest, repair: RepairRequest, act: Callable[[], object], done: str
) -> HttpResponse:
    try:
        act()
    except RuleViolation as refused:
        repair.refresh_from_db()
        return _money_page(request, repair, refused)
    messages.success(request, done)
    return redirect("staff:fund_money", repair.code)


def _elsewhere(
    request: HttpRequest, repair: RepairRequest, *states: State, leaving: bool = False
) -> HttpResponse | None:
    """To the money page with the sentence, where a form could only be refused: the repair is
    in another state, or `leaving` the way it is on after its final cost was confirmed. What is
    posted is for the command to refuse, under its lock."""
    if request.method == "POST":
        return None
    stated = settlement_of(repair) if leaving else None
    try:
        demand_state(repair, *states)
        if stated is not None and stated.confirmed_at is not None:
            raise settlement_confirmed()
    except RuleViolation as refused:
        messages.warning(request, said(refused))
        return redirect("staff:fund_money", repair.code)
    return None


def _reasoned(
    request: HttpRequest,
    repair: RepairRequest,
    act: Callable[[str], object],
    title: str,
    done: str,
) -> HttpResponse:
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, done)
            return redirect("staff:fund_money", repair.code)
    return _form(request, repair, form, title, title)


def _form(
    request: HttpRequest,
    repair: RepairRequest,
    form: forms.Form,
    title: str,
    button: str,
    *,
    files: bool = False,
) -> HttpResponse:
    context = {"repair": repair, "form": form, "title": title, "button": button, "files": files}
    return _page(request, "funds/releases/form.html", context)


def _money_page(
    request: HttpRequest, repair: RepairRequest, refused: RuleViolation | None = None
) -> HttpResponse:
    may = permissions_at(request.user, repair.estate)
    version = version_in_force(repair)
    pays = _P.RELEASE_FUND in may and bool(payer_role(request.user, repair))
    left = owed_left(repair)
    stated = settlement_of(repair)
    paid_on = money_of(repair)
    applies = _P.APPLY_FUND in may and speaks_for(
        _applicant(request, repair).role, repair.applicant_kind
    )
    context = {
        "repair": repair,
        "version": version,
        "scope": scope_words(repair),
        "pending": pending_application(repair),
        "returned": why_returned(repair) if applies else "",
        "application": passed_application(repair),
        "applications": paid_on,
        "settlement": stated,
        "refunds": repair.refunds.order_by("pk"),
        "lists": lists_of(repair),
        "owed_fen": sum(left.values()),
        "owed_units": len(left),
        "owed_paid": sum(owed_paid(repair).values()) if pays and left else 0,
        "shut": gate_reasons(repair, version),
        "files": files_of(repair),
        "me": actor_of(request),
        "may_apply": applies,
        # Before the final cost is confirmed its applicant may take it off its way.
        "ways_out": applies
        and repair.state in _LEAVING
        and not (stated and stated.confirmed_at),
        "spent": spent_fen(repair),
        "under_way": any(
            one.state in UNDER_WAY for paid in paid_on for one in paid.instalments.all()
        ),
        "pays": pays,
        "voted": version is not None and version.motion_id is not None,
        "history": repair.steps.select_related("authority"),
        "refused": refused.facts.get("reasons") or [refused] if refused else [],
    }
    status = 409 if refused else 200
    return render(
        request, "funds/releases/money.html", {**context, "section": "payments"}, status=status
    )


def _payments_page(request: HttpRequest, refused: RuleViolation | None = None) -> HttpResponse:
    rows = list(releases_for(request.user).select_related("release_list"))
    context = {
        "rows": rows,
        "ready": any(one.state == "ready" for one in rows),
        "refunds": refunds_for(request.user),
        "refused": refused.facts.get("reasons") or [refused] if refused else [],
        "section": "payments",
    }
    return render(
        request, "funds/releases/payments.html", context, status=409 if refused else 200
    )


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "payments"}, status=status)
