"""Pages of one's own sign-in that allauth does not have."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.password_change import logout_on_password_change
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.factors import Factor
from accounts.failures import note_refused
from accounts.forms import SecondCodeForm
from accounts.gate import factors_shown
from accounts.models import SignIn, User
from accounts.oidc.adapters import SocialAccountAdapter, refusal
from accounts.oidc.issuer import ProviderUnreachable, is_enabled
from accounts.oidc.provider import PROVIDER_ID, CallbackView, IssuerAdapter
from accounts.oidc.standing import keep_tokens
from accounts.receivers import SIGN_IN
from accounts.second_code import is_sent, send_second_code, take_second_code
from accounts.services.entrance import forget_password
from accounts.services.sessions import end_others, end_own
from core.errors import RuleViolation


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def second_code(request: HttpRequest) -> HttpResponse:
    """The SMS code as the second factor of somebody who typed a password."""
    user, now = _person(request), timezone.now()
    wanted = _wanted(request)
    if not user.phone:
        return redirect("mfa_index")
    if request.method == "POST" and "send" in request.POST:
        send_second_code(request, user, at=now)
        messages.success(request, _("验证码已发送，10分钟内有效。"))
        return redirect(f"{reverse('account_second_code')}?{_query(wanted)}")
    form = SecondCodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            take_second_code(request, user, form.cleaned_data["code"], at=now)
        except RuleViolation as refused:
            form.add_error("code", str(refused))
        else:
            return redirect(wanted)
    context = {
        "form": form,
        "sent": is_sent(request, now),
        "phone_end": user.phone[-4:],
        "wanted": wanted,
    }
    status = 400 if form.errors else 200
    return render(request, "account/second_code.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """A new password for who proved the phone and another thing, but not the old one."""
    shown = factors_shown(request)
    able = {Factor.CODE, Factor.DEVICE} <= shown
    if request.method == "POST" and able:
        user = _person(request)
        forget_password(user=user, at=timezone.now())
        user.refresh_from_db()
        logout_on_password_change(request, user)
        return redirect("account_set_password")
    return render(request, "account/forgotten.html", {"able": able})


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    rows = SignIn.objects.filter(user=_person(request), ended_at=None).order_by("-seen_at")
    context = {"rows": rows, "current": request.session.get(SIGN_IN)}
    return render(request, "account/sessions.html", context)


@login_required
@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own browsers."""
    user = _person(request)
    get_object_or_404(SignIn, user=user, pk=pk)
    if pk == request.session.get(SIGN_IN):
        return redirect("account_logout")
    end_own(user=user, pk=pk, at=timezone.now())
    messages.success(request, _("已让那个浏览器退出。"))
    return redirect("account_sessions")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End all of one's browsers but this one."""
    ended = end_others(
        user=_person(request), keep=request.session.get(SIGN_IN, 0), at=timezone.now()
    )
    messages.success(request, _("已让其他%(n)s个浏览器退出。") % {"n": ended})
    return redirect("account_sessions")


@require_safe
def oidc_login(request: HttpRequest) -> HttpResponse:
    """To the identity provider. A link, not a form: `form-action 'self'` would stop one."""
    if not is_enabled():
        raise Http404
    if request.user.is_authenticated:
        return redirect("staff:home")
    provider = SocialAccountAdapter(request).get_provider(request, PROVIDER_ID)
    try:
        answer: HttpResponse = provider.redirect(request, "login", next_url=_wanted(request))
    except ProviderUnreachable:
        return refusal(request, "down", status=503)
    except (OAuth2Error, ValueError, OSError):
        return refusal(request, "setup", status=503)
    return answer


@require_safe
def oidc_callback(request: HttpRequest) -> HttpResponse:
    """Back from the identity provider."""
    if not is_enabled():
        raise Http404
    adapter = IssuerAdapter(request, PROVIDER_ID)
    answer: HttpResponse = CallbackView.adapter_view(adapter)(request)
    if request.user.is_authenticated and hasattr(adapter, "claims"):
        keep_tokens(request, adapter.answer, adapter.claims)
    return answer


def too_many(request: HttpRequest) -> HttpResponse:
    """The page of allauth's limits by address (handler429)."""
    match = request.resolver_match
    note_refused((match and match.url_name) or "", request)
    return render(request, "429.html", status=429)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (login_required)
    return request.user


def _wanted(request: HttpRequest) -> str:
    said: Any = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(said, allowed_hosts=None):
        return str(said)
    return reverse("staff:home")


def _query(wanted: str) -> str:
    return urlencode({"next": wanted})
