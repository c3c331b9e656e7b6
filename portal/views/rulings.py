"""Rulings: who took part and should not count; proposed by one person, decided by another."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import Permission, roles_with
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import (
    actor_of,
    kept_paper,
    may_decide,
    posted,
    rooms_found,
    session_context,
    signer_of,
    voter_of,
)
from voting.forms.rulings import ConfirmForm, DeclineForm, ProposeForm
from voting.models import Party, Ruling, Session
from voting.selectors import (
    LateRuling,
    challenge_ends,
    late_finding,
    late_ruling,
    late_rulings,
    phase,
    rulings_of,
)
from voting.services.rulings import (
    confirm_ruling,
    decline_ruling,
    document_of,
    propose_ruling,
    withdraw_ruling,
)

_P = Permission


@require_safe
def rulings(request: HttpRequest, code: str) -> HttpResponse:
    """Until when objections are settled, who may act, and what was decided."""
    session = _closed(request, code, _P.VIEW_TURNOUT)
    context = _context(request, session) | rooms_found(request, session)
    context |= {
        "until": challenge_ends(session),
        "now": timezone.now(),
        "rulings": [(one, ROLE_TITLES[one.proposed_role]) for one in rulings_of(session)],
        "late": late_rulings(session),
        "proposers": _titles(_P.PROPOSE_RULING),
        "deciders": _titles(_P.DECIDE_RULING),
    }
    return render(request, "staff/rulings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ruling_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Propose that the ballots of one household shall not count."""
    session = _closed(request, code, _P.PROPOSE_RULING)
    party = voter_of(session, number)
    form = ProposeForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            made = propose_ruling(
                session_id=session.pk,
                number=party.number,
                reason=form.cleaned_data["reason"],
                name=upload.name if upload else _("没有文件"),
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                signer=signer_of(request, session.estate, _P.PROPOSE_RULING),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已提出。还要另一个人决定，此前这一户的票照常计入。"))
            return redirect("staff:ruling", session.code, made.pk)
    context = _context(request, session) | {
        "party": party,
        "form": form,
        "finding": _finding(session, party),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/ruling_new.html", context, status=status)


@require_safe
def ruling(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One proposal: the reason, the paper, and for the second person the decision."""
    session = _closed(request, code, _P.VIEW_TURNOUT)
    return _page(request, session, _ruling_of(session, pk))


@require_POST
def ruling_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's yes."""
    session = _closed(request, code, _P.DECIDE_RULING)
    found = _ruling_of(session, pk)
    confirm_ruling(
        ruling_id=found.pk,
        signer=signer_of(request, session.estate, _P.DECIDE_RULING, but=found.proposed_role),
        understood="understood" in request.POST,
        at=timezone.now(),
    )
    messages.success(request, _("已裁定，记入公告板。有手机号的业主会收到短信。"))
    return redirect("staff:ruling", session.code, found.pk)


@require_POST
def ruling_decline(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's no."""
    session = _closed(request, code, _P.DECIDE_RULING)
    found = _ruling_of(session, pk)
    form = DeclineForm(request.POST)
    form.is_valid()
    try:
        decline_ruling(
            ruling_id=found.pk,
            reason=form.cleaned_data.get("reason", ""),
            signer=signer_of(
                request, session.estate, _P.DECIDE_RULING, but=found.proposed_role
            ),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "ruling.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, session, found, form)
    messages.success(request, _("已记下：不同意。这一户的票照常计入。"))
    return redirect("staff:ruling", session.code, found.pk)


@require_POST
def ruling_withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Who proposed takes it back."""
    session = _closed(request, code, _P.PROPOSE_RULING)
    found = _ruling_of(session, pk)
    signer = signer_of(request, session.estate, _P.PROPOSE_RULING)
    withdraw_ruling(ruling_id=found.pk, signer=signer, at=timezone.now())
    messages.success(request, _("已撤回。这一户的票照常计入。"))
    return redirect("staff:ruling", session.code, found.pk)


@require_safe
def ruling_document(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The paper a ruling rests on."""
    found = _ruling_of(_closed(request, code, _P.VIEW_TURNOUT), pk)
    return kept_paper(found, document_of(found))


def _page(
    request: HttpRequest, session: Session, found: Ruling, declined: DeclineForm | None = None
) -> HttpResponse:
    finding = _finding(session, found.party) if found.state == "proposed" else None
    context = _context(request, session) | {
        "ruling": found,
        "proposed_role": ROLE_TITLES[found.proposed_role],
        "decided_role": ROLE_TITLES.get(found.decided_role, ""),
        "finding": finding,
        "own": found.proposed_by == actor_of(request),
        "may_decide": may_decide(request, session, found, _P.DECIDE_RULING),
        "deciders": _titles(_P.DECIDE_RULING, but=found.proposed_role),
        "confirm": ConfirmForm(hangs=finding is not None and not finding.stands),
        "decline": declined or DeclineForm(),
    }
    return render(request, "staff/ruling.html", context, status=400 if declined else 200)


def _finding(session: Session, party: Party) -> LateRuling | None:
    """After the count: what excluding the party could change. None before it."""
    if session.state not in {"counted", "resolved"}:
        return None
    found = late_finding(session, party.number)
    return late_ruling(party.number, found, list(session.motions.all()))


def _titles(permission: Permission, *, but: str = "") -> list[object]:
    return [ROLE_TITLES[role] for role in roles_with(permission) if role != but]


def _closed(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if not session.manifest:
        raise Http404
    if session.state not in {"closed", "counted", "resolved"}:
        raise RuleViolation("ruling.too_early", _("投票截止以后才能裁定"))
    return session


def _ruling_of(session: Session, pk: int) -> Ruling:
    found = Ruling.objects.filter(session=session, pk=pk).select_related("party").first()
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, session: Session) -> dict[str, Any]:
    return session_context(request, session) | {"phase": phase(session, timezone.now())}
