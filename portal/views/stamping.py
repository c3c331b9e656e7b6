"""打印盖章: print a paper, stamp it, scan it back; a second person looks at the scan."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from core.errors import RuleViolation
from documents.models import Document, StampedCopy
from documents.papers import fingerprint
from documents.selectors import document_pdf, papers_of, stamped_copies
from documents.services.stamping import confirm_scan, decline_scan, link_scan
from documents.views import scan_response
from portal.forms import add_reasons
from portal.paper_forms import DeclineScanForm, ScanForm, content_of
from portal.selectors import document_for
from portal.views.common import actor_of
from portal.views.postings import session_of

_P = Permission


@require_safe
def papers(request: HttpRequest, code: str) -> HttpResponse:
    """Every paper of an estate, and which of them came back stamped."""
    estate = estate_for(request.user, code, _P.SUPERVISE)
    listed = list(papers_of(estate.pk).prefetch_related("stamped_copies")[:200])
    context = {"estate": estate, "papers": listed}
    return render(request, "staff/papers.html", context)


@require_safe
def stamp(request: HttpRequest, code: str) -> HttpResponse:
    """Print, stamp, scan back; and what came back so far."""
    return _page(request, document_for(request.user, code, _P.SUPERVISE))


@require_safe
def stamp_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The signed file, for printing; papers that are not public too."""
    document = document_for(request.user, code, _P.SUPERVISE)
    response = HttpResponse(document_pdf(document), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{document.code}.pdf"'
    return response


@require_POST
def scan_upload(request: HttpRequest, code: str) -> HttpResponse:
    """A scan comes in."""
    document = document_for(request.user, code, _P.STAMP_PAPERS)
    form = ScanForm(request.POST, request.FILES)
    form.is_valid()
    try:
        link_scan(
            document_id=document.pk,
            content=content_of(form.cleaned_data.get("content")),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        add_reasons(form, refused)
        return _page(request, document, scan=form)
    messages.success(request, _("已收到。另一个人看过、确认以后，才会在核验页面上显示。"))
    return redirect("staff:stamp", document.code)


@require_safe
def scan(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A scan as kept."""
    document = document_for(request.user, code, _P.SUPERVISE)
    found = StampedCopy.objects.filter(document=document, pk=pk).first()
    if found is None:
        raise Http404
    return scan_response(found)


@require_POST
def scan_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person: it shows that paper."""
    document, found = _scan_of(request, code, pk)
    confirm_scan(copy_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已确认。"))
    return redirect("staff:stamp", document.code)


@require_POST
def scan_decline(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person: it does not."""
    document, found = _scan_of(request, code, pk)
    form = DeclineScanForm(request.POST)
    form.is_valid()
    try:
        decline_scan(
            copy_id=found.pk,
            reason=form.cleaned_data.get("reason", ""),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except RuleViolation as refused:
        if refused.code != "stamp.invalid":
            raise
        add_reasons(form, refused)
        return _page(request, document, decline=form)
    messages.success(request, _("已记下：这份扫描件不采用。"))
    return redirect("staff:stamp", document.code)


def _scan_of(request: HttpRequest, code: str, pk: int) -> tuple[Document, StampedCopy]:
    document = document_for(request.user, code, _P.STAMP_PAPERS)
    found = stamped_copies(document).filter(pk=pk).first()
    if found is None:
        raise Http404
    return document, found


def _page(
    request: HttpRequest,
    document: Document,
    *,
    scan: ScanForm | None = None,
    decline: DeclineScanForm | None = None,
) -> HttpResponse:
    may = permissions_at(request.user, document.walls)
    context = {
        "estate": document.walls,
        "document": document,
        "session": session_of(document.pk),
        "fingerprint": fingerprint(document.facts_sha256),
        "copies": list(stamped_copies(document)),
        "actor": actor_of(request),
        "scan": scan or ScanForm(),
        "decline": decline or DeclineScanForm(),
        "may": {permission.value: True for permission in may},
    }
    wrong = (scan is not None and scan.errors) or (decline is not None and decline.errors)
    return render(request, "staff/stamp.html", context, status=400 if wrong else 200)
