"""Who makes the letters of a draft, the roll for it, and the keys that come back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.costs import share_tables
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.domain.letter_makers import KINDS
from voting.forms.letter_makers import LetterKeysForm, MakerForm
from voting.models import Session
from voting.protocol.letters import MAX_SIZE
from voting.selectors import letter_maker_of
from voting.services.lettering import (
    choose_letter_maker,
    hand_out_roll,
    let_platform_make,
    restart_letters,
    take_letter_keys,
)

_P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def letter_maker(request: HttpRequest, code: str) -> HttpResponse:
    """信由谁制作: the platform, or somebody outside and how far they are. Posting chooses."""
    if request.method != "POST":
        return _page(request, session_for(request.user, code, _P.MAKE_LETTERS))
    draft = _draft(request, code, _P.MANAGE_SESSION)
    form = MakerForm(posted(request))
    if form.is_valid():
        choose_letter_maker(
            session_id=draft.pk,
            **form.cleaned_data,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return redirect("staff:letter_maker", draft.code)
    return _page(request, draft, form=form)


@require_POST
def letter_platform(request: HttpRequest, code: str) -> HttpResponse:
    """Let the platform make the letters."""
    draft = _draft(request, code, _P.MANAGE_SESSION)
    let_platform_make(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:letter_maker", draft.code)


@require_POST
def letter_roll(request: HttpRequest, code: str) -> HttpResponse:
    """Hand the roll out; who took it is in the log, and nothing of it stays here."""
    draft = _draft(request, code, _P.MAKE_LETTERS)
    try:
        content = hand_out_roll(
            session_id=draft.pk,
            share_tables=share_tables(draft),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "letters.not_ready":
            raise
        return _page(request, draft, reasons=refused.facts["reasons"])
    response = HttpResponse(content, content_type="application/json")
    name = f"letter-roll-{draft.code}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def letter_keys(request: HttpRequest, code: str) -> HttpResponse:
    """Take the keys file."""
    draft = _draft(request, code, _P.MAKE_LETTERS)
    form = LetterKeysForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            take_letter_keys(
                session_id=draft.pk,
                content=form.cleaned_data["content"].read(MAX_SIZE + 2),
                share_tables=share_tables(draft),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:letter_maker", draft.code)
    return _page(request, draft, keys=form)


@require_POST
def letter_restart(request: HttpRequest, code: str) -> HttpResponse:
    """Drop the keys that came; the letters made with them are void."""
    draft = _draft(request, code, _P.MANAGE_SESSION)
    restart_letters(session_id=draft.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:letter_maker", draft.code)


def _page(
    request: HttpRequest,
    session: Session,
    *,
    form: MakerForm | None = None,
    keys: LetterKeysForm | None = None,
    reasons: object = (),
) -> HttpResponse:
    may = permissions_at(request.user, session.estate)
    draft = session.state == "draft"
    maker = letter_maker_of(session)
    context = {
        "session": session,
        "estate": session.estate,
        "maker": maker,
        "kind": KINDS[maker.kind] if maker else "",
        "form": form or MakerForm(),
        "keys": keys or LetterKeysForm(),
        "reasons": reasons,
        "may_choose": draft and _P.MANAGE_SESSION in may,
        "may_make": draft and _P.MAKE_LETTERS in may,
    }
    refused = any(one is not None and one.errors for one in (form, keys))
    status = 409 if reasons else 400 if refused else 200
    return render(request, "staff/letter_maker.html", context, status=status)


def _draft(request: HttpRequest, code: str, permission: Permission) -> Session:
    found = session_for(request.user, code, permission)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，通知书由谁制作不能再改"))
    return found
