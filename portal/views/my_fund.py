"""The own maintenance fund by the phone on the roll: a number, six digits, fifteen minutes."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.identity import identity_provider
from core.errors import RuleViolation
from documents.selectors import document_pdf
from funds.selectors.owners import own_accounts
from funds.selectors.phones import owners_by_phone
from funds.selectors.statements import years_of
from funds.services.entering import (
    check_own_code,
    owner_vouched_for,
    person_of,
    send_own_code,
)
from funds.services.statements import issue_statement
from portal.forms import add_reasons
from portal.own.forms import WhoForm
from portal.views.common import posted
from portal.views.inside import (
    ASKED,
    ASKED_WHO,
    asked_of,
    door_to,
    drop_asked,
    keep_asked,
    let_in,
    let_in_as,
    let_in_vouched,
    let_out,
    onward,
    owners_inside,
    start_of,
    units_inside,
)
from portal.views.own_fund import MOVEMENTS
from registry.models import Estate, Unit
from voting.views.addresses import client_address

_STATE = "own_provider"
_form_page = require_http_methods(["GET", "HEAD", "POST"])


class PhoneForm(forms.Form):
    """The number that is on the roll."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        help_text=_("名册上登记的、收短信的号码。"),
        error_messages={"required": _("请填写手机号")},
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    """The digits that were sent."""

    answer = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("请填写验证码")},
    )


@_form_page
@never_cache
@sensitive_post_parameters("phone")
def start(request: HttpRequest) -> HttpResponse:
    """Ask for the number; the answer is the same whether it is on the roll or not."""
    form = PhoneForm(posted(request), initial={"next": onward(request.GET.get("next", ""))})
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            send_own_code(
                phone=phone,
                address=client_address(request),
                at=timezone.now(),
                purpose=door_to(form.cleaned_data["next"]).purpose,
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            said = {"phone": phone, "next": onward(form.cleaned_data["next"])}
            return keep_asked(request, redirect("portal:my_code"), ASKED, said)
    return _form(request, "funds/my_start.html", form, onward(form["next"].value() or ""))


@_form_page
@never_cache
@sensitive_post_parameters("answer")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the digits, and weigh them."""
    asked = asked_of(request, ASKED)
    if not asked:
        if request.method == "POST":
            messages.warning(request, _("时间到了，请再填一次手机号。"))
        return redirect("portal:my_start")
    form, wanted = CodeForm(posted(request)), onward(asked["next"])
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["answer"]
        try:
            held = check_own_code(
                phone=asked["phone"],
                answer=typed,
                at=timezone.now(),
                address=client_address(request),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            if held and owners_by_phone(held):
                answer = drop_asked(redirect(wanted or "portal:my_fund"), ASKED)
                return let_in(request, answer, held)
            if held:
                said = {"held": held, "next": wanted}
                answer = drop_asked(redirect("portal:my_who"), ASKED)
                return keep_asked(request, answer, ASKED_WHO, said)
            form.add_error(
                "answer", _("验证码不对或者已经过期。没有收到的，请核对号码是否在名册上")
            )
    return _form(request, "funds/my_code.html", form, wanted)


@_form_page
@never_cache
@sensitive_post_parameters("family_name", "answer")
def who(request: HttpRequest) -> HttpResponse:
    """Which of the people whose number this is: of a family in two flats, say."""
    asked = asked_of(request, ASKED_WHO)
    if not asked:
        return redirect("portal:my_start")
    form, wanted = WhoForm(posted(request)), onward(asked["next"])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            document = person_of(
                held=asked["held"],
                name=said["family_name"],
                tail=said["answer"],
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            if document:
                answer = drop_asked(redirect(wanted or "portal:my_fund"), ASKED_WHO)
                return let_in_as(request, answer, asked["held"], document)
            form.add_error(None, _("姓或者证件号码后六位不对，请核对"))
    return _form(request, "funds/my_who.html", form, wanted)


@require_POST
@never_cache
def provider(request: HttpRequest) -> HttpResponse:
    """Off to the government identity provider, for whom no number on the roll lets in."""
    known = identity_provider()
    if known is None:
        raise Http404
    state = get_random_string(32)
    request.session[_STATE] = [state, onward(request.POST.get("next", ""))]
    back = request.build_absolute_uri(reverse("portal:my_provider_done"))
    return redirect(known.start(state=state, back=back))


@require_safe
@never_cache
@sensitive_variables("person")
def provider_done(request: HttpRequest) -> HttpResponse:
    """Back from it; which part did not fit is not said."""
    known = identity_provider()
    if known is None:
        raise Http404
    state, wanted = request.session.pop(_STATE, ["", ""])
    held = ""
    if state and constant_time_compare(request.GET.get("state", ""), state):
        person = known.finish(query=request.GET.dict())
        held = owner_vouched_for(person) if person is not None else ""
    if held:
        return let_in_vouched(request, redirect(wanted or "portal:my_fund"), held)
    messages.error(request, _("核对不上：没有通过，或者名册上没有这个姓名和证件号码。"))
    return redirect(start_of(wanted))


@require_safe
@never_cache
def fund(request: HttpRequest) -> HttpResponse:
    """What the units of this number's owner hold."""
    units = units_inside(request)
    if units is None:
        # Who owns nothing any more has no account here, and still the own data.
        return redirect("portal:my_data" if owners_inside(request) else "portal:my_start")
    return _page(request, units)


@require_POST
@never_cache
def statement(request: HttpRequest, sub: int, year: int) -> HttpResponse:
    """The signed statement of one unit for a year."""
    units = units_inside(request)
    if units is None:
        return redirect("portal:my_start")
    own = own_accounts(units, today=timezone.localdate())
    if sub not in {one.sub.pk for one in own}:
        raise Http404
    try:
        document = issue_statement(sub_id=sub, year=year, actor="owner", at=timezone.now())
    except RuleViolation as refused:
        return _page(request, units, refused=str(refused))
    answer = HttpResponse(document_pdf(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{document.code}.pdf"'
    return answer


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """Close the door again, on a phone that others use too."""
    return let_out(request, redirect("portal:my_start"))


def _page(request: HttpRequest, units: list[int], *, refused: str = "") -> HttpResponse:
    today = timezone.localdate()
    found = own_accounts(units, today=today)
    known = {one.sub.unit_id for one in found}
    context = {
        "accounts": [(one, years_of(one.since, today=today)) for one in found],
        "without": Unit.objects.filter(pk__in=set(units) - known).order_by("pk"),
        "estates": Estate.objects.filter(units__in=units).distinct().order_by("pk"),
        "shown": MOVEMENTS,
        "refused": refused,
    }
    return render(request, "funds/my_fund.html", context, status=400 if refused else 200)


def _form(request: HttpRequest, template: str, form: forms.Form, wanted: str) -> HttpResponse:
    status = 400 if form.is_bound and form.errors else 200
    context = {
        "form": form,
        "start": start_of(wanted),
        "door": door_to(wanted),
        "wanted": wanted,
        "provider": identity_provider(),
    }
    return render(request, template, context, status=status)
