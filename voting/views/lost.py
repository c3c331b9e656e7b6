"""「我没收到信」: a new code for an owner far away. No page tells whether a room exists."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.identity import identity_provider
from core.errors import RuleViolation
from voting.forms.owner import DocumentForm, problems
from voting.models import Session
from voting.selectors import phase, session_by_code
from voting.services.lost import (
    Claim,
    answer_by_provider,
    answer_claim,
    claim_of,
    send_claim_code,
)
from voting.views.addresses import client_address, see_other
from voting.views.visits import Visit, begin_visit, pass_check

_KEY = "lost"
_SECONDS = 15 * 60


class ClaimForm(forms.Form):
    """Which room, and the phone on the roll."""

    room = forms.CharField(
        label=gettext_lazy("房号"),
        max_length=80,
        help_text=gettext_lazy("按房产证写，例如 1幢2单元301。"),
        error_messages={"required": gettext_lazy("请输入房号")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("您登记的手机号"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "tel"}),
    )


class ProofForm(DocumentForm):
    """The digits, and the document: both at once, so that neither is judged alone."""

    field_order = ("digits", "family_name", "answer")
    digits = forms.CharField(
        label=gettext_lazy("短信里的 6 位数字"),
        max_length=20,
        error_messages={"required": gettext_lazy("请输入短信里的 6 位数字")},
        widget=forms.TextInput(
            attrs={
                "class": "input digits",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
            }
        ),
    )


class _Later(HttpResponse):
    """A page after which something is done: how long that takes, nobody can measure."""

    def __init__(self, location: str, act: Any) -> None:
        super().__init__(status=303)
        self.headers["Location"] = location
        self._act = act

    def close(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()
        super().close()


@sensitive_post_parameters("room", "phone")
@sensitive_variables("form", "claim")
@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest, code: str) -> HttpResponseBase:
    """Which room is yours?"""
    session = _open(code)
    form = ClaimForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        now = timezone.now()
        try:
            claim = claim_of(
                session_id=session.pk,
                address=client_address(request),
                at=now,
                room=form.cleaned_data["room"].replace("\0", ""),
                phone=form.cleaned_data["phone"].replace("\0", ""),
            )
        except RuleViolation as refused:
            form.add_error(None, str(refused))
            status = 429
        else:
            request.session.cycle_key()
            request.session[_KEY] = {
                "session": session.pk,
                "claim": list(claim),
                "at": int(now.timestamp()),
            }
            where = reverse("voting:lost_check", args=[session.code])
            return _Later(where, lambda: send_claim_code(claim, at=now))
    context = {
        "session": session,
        "form": form,
        "errors": problems(form),
        "provider": identity_provider(),
    }
    return render(request, "voting/owner/lost.html", context, status=status)


@sensitive_post_parameters("digits", "family_name", "answer")
@sensitive_variables("form", "made")
@require_http_methods(["GET", "HEAD", "POST"])
def lost_check(request: HttpRequest, code: str) -> HttpResponseBase:
    """Two proofs; then the new code, shown once."""
    session = _open(code)
    claim = _claim(request, session)
    if claim is None:
        return see_other("voting:lost", session.code)
    form = ProofForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            made = answer_claim(
                claim,
                digits=typed["digits"],
                family_name=typed["family_name"],
                tail=typed["answer"],
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error(None, str(refused))
            status = 429
        else:
            if made:
                return _done(request, session, claim, made)
            form.add_error(
                None,
                _(
                    "核对不上。请再看一遍，或者打页尾的电话。"
                    "短信过了 10 分钟就失效，要过几次的只有最后一条有效；"
                    "可以返回上一页再要一条。"
                ),
            )
    context = {
        "session": session,
        "form": form,
        "errors": problems(form),
        "provider": identity_provider(),
    }
    return render(request, "voting/owner/lost_check.html", context, status=status)


@require_POST
def lost_provider(request: HttpRequest, code: str) -> HttpResponseBase:
    """Off to the government identity provider."""
    session, provider = _open(code), identity_provider()
    if provider is None:
        raise Http404
    if _claim(request, session) is None:
        return see_other("voting:lost", session.code)
    state = get_random_string(32)
    request.session[_KEY] |= {"state": state}
    request.session.modified = True
    back = request.build_absolute_uri(reverse("voting:lost_provider_done", args=[session.code]))
    return redirect(provider.start(state=state, back=back))


@sensitive_variables("person", "made")
@require_safe
def lost_provider_done(request: HttpRequest, code: str) -> HttpResponseBase:
    """Back from it: who the provider vouches for, compared with the roll."""
    session, provider = _open(code), identity_provider()
    if provider is None:
        raise Http404
    claim = _claim(request, session)
    state = request.session.get(_KEY, {}).pop("state", "")
    request.session.modified = True
    if claim is None or not state:
        return see_other("voting:lost", session.code)
    made = None
    if constant_time_compare(request.GET.get("state", ""), state):
        person = provider.finish(query=request.GET.dict())
        if person is not None:
            made = answer_by_provider(claim, person, at=timezone.now())
    if made:
        return _done(request, session, claim, made)
    context = {
        "session": session,
        "form": ProofForm(),
        "errors": [("", _("核对不上。请再看一遍，或者打页尾的电话。"))],
        "provider": provider,
    }
    return render(request, "voting/owner/lost_check.html", context, status=422)


def _done(
    request: HttpRequest, session: Session, claim: Claim, made: tuple[int, str]
) -> HttpResponseBase:
    letter, code = made
    request.session.pop(_KEY, None)
    visit = Visit(party=claim.party, session=session.pk, letter=letter)
    begin_visit(request, session.code, visit)
    pass_check(request, session.code, visit)
    context = {"session": session, "code": code, "phase": phase(session, timezone.now())}
    return render(request, "voting/owner/lost_done.html", context)


def _open(code: str) -> Session:
    session = session_by_code(code)
    if session is None or phase(session, timezone.now()) not in {"announced", "open"}:
        raise Http404
    return session


def _claim(request: HttpRequest, session: Session) -> Claim | None:
    kept = request.session.get(_KEY)
    if not kept or kept["session"] != session.pk:
        return None
    if timezone.now().timestamp() - kept["at"] > _SECONDS:
        return None
    return Claim(*kept["claim"])
