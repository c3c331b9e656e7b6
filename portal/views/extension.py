"""The one extension of a vote."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import actor_of, posted
from voting.domain.extending import extension_reasons
from voting.forms.convening import ExtensionForm
from voting.selectors import extension_of, extension_window
from voting.services.extending import extend_voting


@require_http_methods(["GET", "HEAD", "POST"])
def extension(request: HttpRequest, code: str) -> HttpResponse:
    """Until when, why, and whether it is possible at all."""
    found = session_for(request.user, code, Permission.MANAGE_SESSION)
    if found.state == "draft" or not found.manifest:
        raise RuleViolation("extension.draft", _("会议没有进入表决，不能延期"))
    form = ExtensionForm(posted(request))
    if request.method == "POST" and form.is_valid():
        got = form.cleaned_data
        try:
            if not got["understood"]:
                form.add_error("understood", _("请先勾选，确认您知道只能延期一次"))
            else:
                extend_voting(
                    session_id=found.pk,
                    closes_at=got["closes_at"],
                    reason=got["reason"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
        except RuleViolation as refused:
            if refused.code != "extension.invalid":
                raise
            add_reasons(form, refused)
        else:
            if form.is_valid():
                messages.success(
                    request, _("已延期。请打印延期公告张贴；有手机号的业主会收到短信。")
                )
                return redirect("staff:session", found.code)
    window = extension_window(found)
    barred = [
        reason
        for reason in extension_reasons(window, closes_at=None, reason="", at=timezone.now())
        if not reason.field
    ]
    context = {
        "session": found,
        "estate": found.estate,
        "form": form,
        "window": window,
        "barred": barred,
        "extension": extension_of(found),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/extension.html", context, status=status)
