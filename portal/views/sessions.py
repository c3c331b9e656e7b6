"""A session from the first draft to its announcement."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from core.deadlines import earliest_opening, start_of
from core.errors import RuleViolation
from funds.domain.apportionment import share_table
from portal.costs import share_tables
from portal.forms import add_reasons
from portal.leaks import leaks_of
from portal.selectors import doors_of, session_for
from portal.views.announced import announced
from portal.views.common import actor_of, posted
from registry.models import Estate
from registry.selectors import profile_for
from voting.forms.staff import (
    AnnounceForm,
    AttachmentForm,
    CancelForm,
    MotionForm,
    SessionForm,
    scope_values,
)
from voting.models import Attachment, Motion, Session
from voting.selectors import is_election, requirements_of, why_not_cancelled
from voting.services.drafting import (
    add_attachment,
    cancel_session,
    create_session,
    edit_session,
    remove_attachment,
    remove_motion,
    save_motion,
)
from voting.services.freezing import freeze_session, weigh

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@_form_page
def session_new(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a draft."""
    estate = estate_for(request.user, code, _P.MANAGE_SESSION)
    form = SessionForm(
        posted(request), doors=doors_of(estate), initial={"paper": _paper_on_request(estate)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            session = create_session(
                estate_id=estate.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("草稿已保存。接着写表决事项。"))
            return redirect("staff:motion_new", session.code)
    context = {"form": form, "estate": estate, **_notice(estate)}
    return _form(request, "staff/session_form.html", context)


@require_safe
def session(request: HttpRequest, code: str) -> HttpResponse:
    """A draft with everything still to do, or an announced session with its timeline."""
    found = session_for(request.user, code, _P.VIEW_SESSION)
    may = permissions_at(request.user, found.estate)
    if found.state != "draft":
        return announced(request, found, may)
    weighed = weigh(found, at=timezone.now(), share_tables=share_tables(found))
    context = _draft_context(found, may) | {
        "reasons": weighed.reasons,
        "lines": weighed.lines,
        "leaks": leaks_of(party.area for party in weighed.parties),
    }
    return render(request, "staff/draft.html", context)


@_form_page
def session_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change the terms of a draft."""
    draft = _draft(request, code)
    stored = {name: getattr(draft, name) for name in SessionForm.base_fields}
    form = SessionForm(
        posted(request),
        doors=doors_of(draft.estate),
        initial=stored | {"scope": scope_values(draft.scope)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_session(
                session_id=draft.pk,
                changes=form.cleaned_data,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已保存。"))
            return redirect("staff:session", draft.code)
    context = {
        "form": form,
        "session": draft,
        "estate": draft.estate,
        **_notice(draft.estate, draft),
    }
    return _form(request, "staff/session_form.html", context)


@_form_page
def motion_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a motion at the end."""
    return _motion(request, _draft(request, code), None)


@_form_page
def motion_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change a motion of a draft, and its attachments."""
    draft = _draft(request, code)
    motion = _motion_of(draft, pk)
    if is_election(motion):
        return redirect("staff:election", draft.code, motion.pk)
    if motion.proposal:
        messages.error(request, _("这一项由维修申请生成，不能在这里改；要改请申请人撤回。"))
        return redirect("staff:session", draft.code)
    return _motion(request, draft, motion)


@_form_page
def motion_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a motion out of a draft."""
    draft = _draft(request, code)
    motion = _motion_of(draft, pk)
    if request.method == "POST":
        remove_motion(motion_id=motion.pk, actor=actor_of(request), at=timezone.now())
        messages.success(request, _("事项已删除。"))
        return redirect("staff:session", draft.code)
    context = {"session": draft, "estate": draft.estate, "motion": motion}
    return render(request, "staff/motion_remove.html", context)


@require_POST
def attachment_add(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Attach a file to a motion."""
    draft = _draft(request, code)
    motion = _motion_of(draft, pk)
    form = AttachmentForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            add_attachment(
                motion_id=motion.pk,
                name=upload.name,
                # One byte too many is enough to be refused; the rest is never read.
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("附件已加上。"))
            return redirect("staff:motion_edit", draft.code, motion.pk)
    unchanged = MotionForm(motion=motion, others=_others(draft, motion))
    return _motion_page(request, draft, motion, unchanged, form)


@require_POST
def attachment_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a file out of a draft."""
    draft = _draft(request, code)
    file = _file_of(draft, pk)
    remove_attachment(attachment_id=file.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("附件已删除。"))
    return redirect("staff:motion_edit", draft.code, file.motion_id)


@require_safe
def attachment(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A file of a motion, as uploaded, to look at before the announcement."""
    found = session_for(request.user, code, _P.VIEW_SESSION)
    file = _file_of(found, pk)
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{file.sha256[:12]}"'
    return response


@_form_page
def announce(request: HttpRequest, code: str) -> HttpResponse:
    """The last look before nothing can be changed; posting freezes."""
    draft = _draft(request, code)
    tables = share_tables(draft)
    weighed = weigh(draft, at=timezone.now(), share_tables=tables)
    if weighed.reasons:
        context = _draft_context(draft, permissions_at(request.user, draft.estate))
        context |= {
            "reasons": weighed.reasons,
            "lines": weighed.lines,
            "refused": request.method == "POST",
        }
        return render(request, "staff/draft.html", context, status=409)
    form = AnnounceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        freeze_session(
            session_id=draft.pk,
            actor=actor_of(request),
            at=timezone.now(),
            share_tables=tables,
        )
        if weighed.letters is None:
            messages.success(request, _("已公告。接着打印通知书。"))
            return redirect("staff:letters", draft.code)
        messages.success(request, _("已公告。请制信人把通知书发出。"))
        return redirect("staff:session", draft.code)
    context = _draft_context(draft, frozenset()) | {
        "form": form,
        "heads": len(weighed.parties),
        "area": sum(party.area for party in weighed.parties),
        "joint": sum(party.why == "joint" for party in weighed.parties),
        "several": sum(party.why == "several_units" for party in weighed.parties),
        "leaks": leaks_of(party.area for party in weighed.parties),
    }
    return _form(request, "staff/announce.html", context)


@_form_page
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Call a session off, at the latest before it opens."""
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    form = CancelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        cancel_session(
            session_id=found.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("会议已取消。"))
        return redirect("staff:estate", found.estate.code)
    context = {
        "form": form,
        "session": found,
        "estate": found.estate,
        "too_late": why_not_cancelled(found, timezone.now()),
    }
    return _form(request, "staff/cancel.html", context)


def _motion(request: HttpRequest, draft: Session, motion: Motion | None) -> HttpResponse:
    form = MotionForm(posted(request), motion=motion, others=_others(draft, motion))
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_motion(
                session_id=draft.pk,
                motion_id=motion.pk if motion else None,
                **{**form.cleaned_data, "matter": int(form.cleaned_data["matter"])},
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("事项已保存。"))
            if motion is None:
                return redirect("staff:motion_edit", draft.code, saved.pk)
            return redirect("staff:session", draft.code)
    return _motion_page(request, draft, motion, form, AttachmentForm())


def _others(draft: Session, motion: Motion | None) -> list[Motion]:
    """The motions this one can hang on."""
    return list(draft.motions.exclude(pk=motion.pk if motion else 0))


def _motion_page(
    request: HttpRequest,
    draft: Session,
    motion: Motion | None,
    form: MotionForm,
    files: AttachmentForm,
) -> HttpResponse:
    context = {
        "session": draft,
        "estate": draft.estate,
        "motion": motion,
        "form": form,
        "files": files,
        "preview": _preview(draft, motion),
    }
    status = 400 if form.errors or files.errors else 200
    return render(request, "staff/motion_form.html", context, status=status)


def _preview(draft: Session, motion: Motion | None) -> dict[str, Any] | None:
    """What the smallest, the middle and the largest party would pay."""
    if motion is None or not motion.cost_fen:
        return None
    areas = weigh(draft, at=timezone.now()).areas
    if not areas:
        return None
    paid = zip(share_table(motion.cost_fen)(areas), areas, strict=True)
    rows = sorted((party.area, fen) for fen, party in paid)
    return {
        "rows": [
            (_("面积最小的一户"), *rows[0]),
            (_("居中的一户"), *rows[len(rows) // 2]),
            (_("面积最大的一户"), *rows[-1]),
        ],
        "heads": len(rows),
        "area": sum(area for area, _fen in rows),
        "fen": sum(fen for _area, fen in rows),
    }


def _draft(request: HttpRequest, code: str) -> Session:
    found = session_for(request.user, code, _P.MANAGE_SESSION)
    if found.state != "draft":
        raise RuleViolation("session.not_draft", _("会议已经公告，事项、名册和时间都不能再改"))
    return found


def _motion_of(draft: Session, pk: int) -> Motion:
    motion = draft.motions.filter(pk=pk).first()
    if motion is None:
        raise Http404
    return motion


def _file_of(session: Session, pk: int) -> Attachment:
    file = Attachment.objects.filter(pk=pk, motion__session=session).first()
    if file is None:
        raise Http404
    return file


def _draft_context(draft: Session, may: frozenset[Permission]) -> dict[str, Any]:
    chosen = set(scope_values(draft.scope))
    doors = SessionForm(doors=doors_of(draft.estate)).fields["scope"].choices  # type: ignore[attr-defined]
    return {
        "session": draft,
        "estate": draft.estate,
        "motions": draft.motions.prefetch_related("attachments"),
        "requires": requirements_of(draft),
        "scope": [label for value, label in doors if value in chosen],
        "may": {permission.value: True for permission in may},
        **_notice(draft.estate, draft),
    }


def _paper_on_request(estate: Estate) -> bool:
    """Whether the estate's rules give owners a paper ballot who ask for one."""
    rules = profile_for(estate, timezone.localdate())
    return "paper_on_request" not in rules or bool(rules["paper_on_request"].value)


def _notice(estate: Estate, draft: Session | None = None) -> dict[str, Any]:
    """The notice period of the estate's rules, and the first opening it allows."""
    now = timezone.now()
    rules = profile_for(estate, timezone.localdate(now))
    names = ["notice_days"]
    if draft is not None and draft.meeting == "extraordinary":
        names.insert(0, "notice_days_extraordinary")
    days = next((rules[name].value for name in names if name in rules), 15)
    posted = now
    if draft is not None and draft.notice_on is not None:
        posted = max(now, start_of(draft.notice_on))
    return {"notice_days": days, "earliest": earliest_opening(posted, days)}


def _form(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    status = 400 if context["form"].errors else 200
    return render(request, template, context, status=status)
