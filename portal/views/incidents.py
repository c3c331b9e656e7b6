"""个人信息安全事件 for operators: counts, never names; and the public page of a notice."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.concerned import by_estate, counts_of, sent_of
from accounts.kinds import kind_words
from accounts.models import Incident, IncidentNotice
from accounts.permissions import Permission, Visitor, require
from accounts.selectors import people_named
from accounts.services.incident_notices import (
    confirm_notice,
    propose_notice,
    withdraw_notice,
)
from accounts.services.incidents import add_step, record_incident
from core.codes import LENGTH, read_code
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.incident_forms import IncidentForm, NoticeForm, StepForm
from portal.views.common import actor_of, posted

_form_page = require_http_methods(["GET", "HEAD", "POST"])


def _incident_for(user: Visitor, pk: int) -> Incident:
    require(user, Permission.KEEP_INCIDENTS)
    found = Incident.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """Every incident, and what the law asks for when there is one."""
    require(request.user, Permission.KEEP_INCIDENTS)
    found = Incident.objects.prefetch_related("estates")
    return _page(request, "staff/incidents/list.html", {"incidents": found})


@_form_page
def incident_new(request: HttpRequest) -> HttpResponse:
    """Write an incident down."""
    require(request.user, Permission.KEEP_INCIDENTS)
    now = timezone.now()
    form = IncidentForm(posted(request), initial={"noticed_at": timezone.localtime(now)})
    if request.method == "POST" and form.is_valid():
        try:
            made = record_incident(**form.cleaned_data, actor=actor_of(request), at=now)
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。请马上采取补救措施，并报告主管部门。"))
            return redirect("staff:incident", made.pk)
    return _page(request, "staff/incidents/new.html", {"form": form})


@_form_page
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """One incident: what was done, how many it concerns, and what comes next."""
    one = _incident_for(request.user, pk)
    now = timezone.now()
    form = StepForm(posted(request), initial={"happened_at": timezone.localtime(now)})
    if request.method == "POST" and form.is_valid():
        try:
            add_step(incident_id=one.pk, **form.cleaned_data, actor=actor_of(request), at=now)
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。"))
            return redirect("staff:incident", one.pk)
    notice = IncidentNotice.objects.filter(incident=one).first()
    steps = list(one.steps.select_related("estate"))
    actors = {one.recorded_by, *(step.taken_by for step in steps)}
    if notice is not None:
        actors |= {notice.proposed_by, notice.confirmed_by}
    context = {
        "incident": one,
        "kinds": kind_words(one.kinds),
        "counts": counts_of(one),
        "estates": by_estate(one),
        "steps": steps,
        "notice": notice,
        "sent": sent_of(one),
        "names": people_named(sorted(actors)),
        "may_confirm": notice is not None and notice.proposed_by != actor_of(request),
        "form": form,
        "hours": int((now - one.noticed_at).total_seconds() // 3600),
    }
    return _page(request, "staff/incidents/incident.html", context)


@_form_page
def incident_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what the persons concerned are told."""
    one = _incident_for(request.user, pk)
    form = NoticeForm(posted(request), initial={"phone": settings.HELP_PHONE})
    if request.method == "POST" and form.is_valid():
        try:
            propose_notice(
                incident_id=one.pk,
                said=form.said(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("通知已写好，另一位管理员确认以后才发。"))
            return redirect("staff:incident", one.pk)
    context = {"incident": one, "form": form, "kinds": kind_words(one.kinds)}
    return _page(request, "staff/incidents/notice.html", context)


@require_POST
def incident_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second operator's word."""
    one = _incident_for(request.user, pk)
    confirm_notice(incident_id=one.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已确认，短信开始发送；夜间不发，等到8:00。"))
    return redirect("staff:incident", one.pk)


@require_POST
def incident_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a notice that nobody confirmed."""
    one = _incident_for(request.user, pk)
    withdraw_notice(incident_id=one.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("通知已撤回，没有发出。"))
    return redirect("staff:incident", one.pk)


@require_safe
def public_notice(request: HttpRequest, code: str) -> HttpResponse:
    """What the persons concerned are told, for everybody with the message's address."""
    known = read_code(code, LENGTH)
    found = IncidentNotice.objects.select_related("incident").filter(
        incident__code=known or "", confirmed_at__isnull=False
    )
    notice = found.first()
    if notice is None:
        raise Http404
    context = {"notice": notice, "kinds": kind_words(notice.incident.kinds)}
    return render(request, "portal/incident.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if form is not None and form.errors else 200
    return render(request, template, {**context, "section": "incidents"}, status=status)
