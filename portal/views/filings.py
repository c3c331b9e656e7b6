"""备案: the organiser's papers, and the street office's desk."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.paper_forms import FilingPaperForm, ReceiveForm, ReturnForm
from portal.selectors import session_for
from portal.views.common import actor_of
from voting.domain.filing import PAPERS
from voting.models import Filing, FilingPaper
from voting.selectors import papers_of_filing
from voting.services.filing import (
    add_paper,
    content_of_paper,
    receive_filing,
    remove_paper,
    return_filing,
    submit_filing,
)

_P = Permission


@require_safe
def filing(request: HttpRequest, code: str) -> HttpResponse:
    """What has to be filed, what is there, and whose turn it is."""
    return _page(request, _filing(request, code, _P.SUPERVISE))


@require_POST
def filing_paper_add(request: HttpRequest, code: str) -> HttpResponse:
    """The organiser adds a paper."""
    found = _filing(request, code, _P.FILE_PAPERS)
    form = FilingPaperForm(request.POST, request.FILES)
    form.is_valid()
    upload = form.cleaned_data.get("content")
    try:
        add_paper(
            filing_id=found.pk,
            item=form.cleaned_data.get("item", ""),
            name=upload.name if upload else _("没有文件"),
            content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "filing.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, found, {"paper": form})
    return redirect("staff:filing", code)


@require_POST
def filing_paper_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The organiser takes one out."""
    found = _filing(request, code, _P.FILE_PAPERS)
    paper = _paper_of(found, pk)
    remove_paper(paper_id=paper.pk, actor=actor_of(request), at=timezone.now())
    return redirect("staff:filing", code)


@require_safe
def filing_paper(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """An uploaded paper, as it was handed in."""
    paper = _paper_of(_filing(request, code, _P.SUPERVISE), pk)
    if paper.document_id is not None:
        raise Http404
    response = HttpResponse(content_of_paper(paper), content_type=paper.content_type)
    response["Content-Disposition"] = f'attachment; filename="{paper.sha256[:12]}"'
    return response


@require_POST
def filing_submit(request: HttpRequest, code: str) -> HttpResponse:
    """To the street office."""
    found = _filing(request, code, _P.FILE_PAPERS)
    submit_filing(filing_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已提交给街道。"))
    return redirect("staff:filing", code)


@require_POST
def filing_return(request: HttpRequest, code: str) -> HttpResponse:
    """Back, with every reason at once."""
    found = _filing(request, code, _P.RECEIVE_FILING)
    form = ReturnForm(request.POST)
    form.is_valid()
    try:
        return_filing(
            filing_id=found.pk,
            reasons=form.cleaned_data,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "filing.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, found, {"back": form})
    messages.success(request, _("已退回，原因都告诉了组织者。"))
    return redirect("staff:filing", code)


@require_POST
def filing_receive(request: HttpRequest, code: str) -> HttpResponse:
    """Taken in; the receipt follows by itself."""
    found = _filing(request, code, _P.RECEIVE_FILING)
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        return _page(request, found, {"receive": form})
    try:
        receive_filing(
            filing_id=found.pk,
            **form.cleaned_data,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "filing.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, found, {"receive": form})
    messages.success(request, _("已接收。备案回执一会儿自动生成。"))
    return redirect("staff:filing", code)


def _filing(request: HttpRequest, code: str, permission: Permission) -> Filing:
    session = session_for(request.user, code, permission)
    found = (
        Filing.objects.filter(session=session)
        .exclude(state="not_due")
        .select_related("receipt")
        .defer("receipt__pdf", "receipt__facts")
        .first()
    )
    if found is None:
        raise Http404
    found.session = session
    return found


def _paper_of(found: Filing, pk: int) -> FilingPaper:
    paper = found.papers.filter(pk=pk).first()
    if paper is None:
        raise Http404
    return paper


def _page(
    request: HttpRequest, found: Filing, wrong: dict[str, Any] | None = None
) -> HttpResponse:
    wrong = wrong or {}
    session = found.session
    papers = papers_of_filing(found)
    may = permissions_at(request.user, session.estate)
    context = {
        "session": session,
        "estate": session.estate,
        "filing": found,
        "rows": [
            {
                "label": label,
                "needed": item in found.required,
                "papers": [paper for paper in papers if paper.item == item],
            }
            for item, label in PAPERS.items()
        ],
        "reasons": [(PAPERS[item], text) for item, text in found.reasons],
        "now": timezone.now(),
        "paper": FilingPaperForm(),
        "back": ReturnForm(auto_id="id_r_%s"),
        "receive": ReceiveForm(),
        "may": {permission.value: True for permission in may},
    } | wrong
    return render(request, "staff/filing.html", context, status=400 if wrong else 200)
