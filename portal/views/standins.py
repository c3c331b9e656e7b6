"""Agents, assistance and sales: entered by one person, confirmed by another."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted, searched, signer_of, user_of
from voting.forms.standins import AssistForm, PaperProxyForm, TitleForm, WhyForm
from voting.models import Assistance, Party, Proxy, Session, Transfer
from voting.selectors import assistances_of, parties_with_room, phase, proxies_of, transfers_of
from voting.services.assisting import Circumstances, start_assistance
from voting.services.proxies import (
    confirm_proxy,
    decline_proxy,
    document_of_proxy,
    enter_proxy,
    renew_proxy_code,
    revoke_proxy,
)
from voting.services.transfers import (
    confirm_transfer,
    decline_transfer,
    document_of_transfer,
    propose_transfer,
)
from voting.views.visits import Visit, begin_visit

_P = Permission
_SHOWN = 30


@require_safe
def standins(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody who votes for somebody else, and where to begin a new one."""
    session = _announced(request, code, _P.VIEW_TURNOUT)
    search = searched(request)
    context = _context(request, session) | {
        "proxies": proxies_of(session),
        "assistances": assistances_of(session),
        "transfers": transfers_of(session),
        "search": search,
        "found": parties_with_room(session, search)[:_SHOWN] if search else [],
    }
    return render(request, "staff/standins.html", context)


# --- agents ------------------------------------------------------------------------------


@sensitive_post_parameters("agent", "phone")
@sensitive_variables("form")
@require_http_methods(["GET", "HEAD", "POST"])
def proxy_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Enter an authority from its paper."""
    session = _announced(request, code, _P.ENTER_STANDIN)
    party = _party(session, number)
    closes = session.closes_at or timezone.now()
    form = PaperProxyForm(
        posted(request),
        request.FILES or None,
        asked=list(session.motions.values_list("position", "title")),
        initial={"until": localdate(closes)},
    )
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            made = enter_proxy(
                session_id=session.pk,
                number=party.number,
                stated=form.stated(),
                name=upload.name if upload else _("没有文件"),
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                signer=signer_of(request, session.estate, _P.ENTER_STANDIN),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已录入。还要另一个人对照委托书确认，此前不生效。"))
            return redirect("staff:proxy", session.code, made.pk)
    context = _context(request, session) | {"party": party, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/proxy_new.html", context, status=status)


@require_safe
def proxy(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One authority; for the second person the paper and the decision."""
    session = _announced(request, code, _P.VIEW_TURNOUT)
    return _proxy_page(request, session, _proxy_of(session, pk))


@sensitive_variables("granted")
@require_POST
def proxy_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's yes; the agent's code is shown this once."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    granted = confirm_proxy(
        proxy_id=_proxy_of(session, pk).pk,
        signer=signer_of(request, session.estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    return _proxy_page(request, session, _proxy_of(session, pk), code=granted.code)


@require_POST
def proxy_decline(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's no."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    decline_proxy(
        proxy_id=_proxy_of(session, pk).pk,
        reason=request.POST.get("reason", ""),
        signer=signer_of(request, session.estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    messages.success(request, _("已记下：没有通过。"))
    return redirect("staff:proxy", session.code, pk)


@require_POST
def proxy_revoke(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The owner asked at the desk to end it."""
    session = _announced(request, code, _P.ENTER_STANDIN)
    revoke_proxy(
        proxy_id=_proxy_of(session, pk).pk,
        actor=actor_of(request),
        reason=request.POST.get("reason", ""),
        at=timezone.now(),
    )
    messages.success(request, _("委托已撤销。"))
    return redirect("staff:proxy", session.code, pk)


@sensitive_variables("granted")
@require_POST
def proxy_code(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A new code for an agent who lost it."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    granted = renew_proxy_code(
        proxy_id=_proxy_of(session, pk).pk, actor=actor_of(request), at=timezone.now()
    )
    return _proxy_page(request, session, _proxy_of(session, pk), code=granted.code)


@require_safe
def proxy_document(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The paper."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    found = _proxy_of(session, pk)
    if not found.content:
        raise Http404
    return _document(document_of_proxy(found), found.content_type, found.sha256)


def _proxy_page(
    request: HttpRequest, session: Session, found: Proxy, *, code: str = ""
) -> HttpResponse:
    may = permissions_at(request.user, session.estate)
    waiting = found.state == "waiting"
    context = _context(request, session) | {
        "proxy": found,
        "agent_code": code,
        "cast": found.ballots.exists(),
        "may_decide": waiting
        and _P.CONFIRM_STANDIN in may
        and found.entered_by != actor_of(request),
        # A name and a phone are for whoever enters and compares papers.
        "sees_agent": bool({_P.ENTER_STANDIN, _P.CONFIRM_STANDIN} & may),
        "form": WhyForm(),
    }
    return render(request, "staff/proxy.html", context)


# --- assistance ----------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def assist_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Begin to operate for an owner: where, and before whom."""
    session = _announced(request, code, _P.ASSIST)
    party = _party(session, number)
    form = AssistForm(posted(request))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        stated = Circumstances(
            typed["method"],
            [typed["first"], typed["second"]],
            typed["present"],
            typed["recording"],
        )
        try:
            made = start_assistance(
                session_id=session.pk,
                number=party.number,
                stated=stated,
                barred=[user_of(request).display_name],
                signer=signer_of(request, session.estate, _P.ASSIST),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:assist", session.code, made.pk)
    context = _context(request, session) | {"party": party, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/assist_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def assist(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """What to read out, with its reference; then the device shows the owner's own pages."""
    session = _announced(request, code, _P.ASSIST)
    found = Assistance.objects.filter(session=session, pk=pk).select_related("party").first()
    if found is None or found.started_by != actor_of(request):
        raise Http404
    if request.method == "POST":
        visit = Visit(party=found.party_id, session=session.pk, assistance=found.pk)
        begin_visit(request, session.code, visit)
        return redirect("voting:identity", session.code)
    context = _context(request, session) | {"assistance": found, "party": found.party}
    return render(request, "staff/assist.html", context)


# --- sales -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def transfer_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Propose that the new owner of a household gets the letter."""
    session = _announced(request, code, _P.ENTER_STANDIN)
    party = _party(session, number)
    form = TitleForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            made = propose_transfer(
                session_id=session.pk,
                number=party.number,
                name=upload.name if upload else _("没有文件"),
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                signer=signer_of(request, session.estate, _P.ENTER_STANDIN),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已提出。另一个人确认以前，信照旧有效。"))
            return redirect("staff:transfer", session.code, made.pk)
    context = _context(request, session) | {"party": party, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/transfer_new.html", context, status=status)


@require_safe
def transfer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One sale: the title, and for the second person the decision."""
    session = _announced(request, code, _P.VIEW_TURNOUT)
    found = _transfer_of(session, pk)
    may = permissions_at(request.user, session.estate)
    context = _context(request, session) | {
        "transfer": found,
        "may_decide": found.state == "proposed"
        and _P.CONFIRM_STANDIN in may
        and found.proposed_by != actor_of(request),
        "form": WhyForm(),
    }
    return render(request, "staff/transfer.html", context)


@require_POST
def transfer_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's yes."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    confirm_transfer(
        transfer_id=_transfer_of(session, pk).pk,
        signer=signer_of(request, session.estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    messages.success(request, _("原来的信已作废。请组织者给新业主补发一封。"))
    return redirect("staff:transfer", session.code, pk)


@require_POST
def transfer_decline(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's no."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    decline_transfer(
        transfer_id=_transfer_of(session, pk).pk,
        reason=request.POST.get("reason", ""),
        signer=signer_of(request, session.estate, _P.CONFIRM_STANDIN),
        at=timezone.now(),
    )
    messages.success(request, _("已记下：不改发。"))
    return redirect("staff:transfer", session.code, pk)


@require_safe
def transfer_document(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The title."""
    session = _announced(request, code, _P.CONFIRM_STANDIN)
    found = _transfer_of(session, pk)
    if not found.content:
        raise Http404
    return _document(document_of_transfer(found), found.content_type, found.sha256)


# --- shared ----------------------------------------------------------------------------------


def _document(content: bytes, content_type: str, sha256: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{sha256[:12]}"'
    return response


def _announced(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if not session.manifest:
        raise Http404
    return session


def _party(session: Session, number: int) -> Party:
    found = session.parties.filter(number=number).prefetch_related("units").first()
    if found is None:
        raise Http404
    return found


def _proxy_of(session: Session, pk: int) -> Proxy:
    found = Proxy.objects.filter(session=session, pk=pk).select_related("party").first()
    if found is None:
        raise Http404
    return found


def _transfer_of(session: Session, pk: int) -> Transfer:
    found = Transfer.objects.filter(session=session, pk=pk).select_related("party").first()
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, session: Session) -> dict[str, Any]:
    may = permissions_at(request.user, session.estate)
    return {
        "session": session,
        "estate": session.estate,
        "phase": phase(session, timezone.now()),
        "may": {permission.value: True for permission in may},
    }
