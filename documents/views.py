"""Public verification: by code, by QR (which is the code's page) and by upload."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.codes import read_code
from documents import keys, selectors
from documents.forms import VerifyForm
from documents.models import Document, StampedCopy
from documents.papers import fingerprint
from documents.verification import check


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form; an uploaded file is answered on the spot, a code on its own page."""
    if request.method != "POST":
        return render(request, "documents/verify.html", {"form": VerifyForm()})
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {"form": form, "errors": _errors(form)}
        return render(request, "documents/verify.html", context, status=400)
    file = form.cleaned_data["file"]
    if file is None:
        return redirect("documents:paper", code=form.cleaned_data["code"])
    pdf = file.read()
    record = selectors.record_for(pdf)
    verdict = check(pdf, trust_roots=keys.trust_roots(), record=record)
    context = {"verdict": verdict, "rehearsal": _of_rehearsal(verdict.number)}
    return render(request, "documents/verdict.html", context)


@require_safe
def paper(request: HttpRequest, code: str) -> HttpResponse:
    """What is registered under a code, to compare with the paper in hand."""
    read = read_code(code)
    if read is None:
        return _not_registered(request, code)
    if read != code:
        return redirect("documents:paper", code=read)
    document = selectors.document_or_none(code)
    if document is None:
        return _not_registered(request, code)
    return render(request, "documents/paper.html", _registered(document))


@require_safe
def paper_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The signed file itself, byte for byte as issued."""
    response = HttpResponse(selectors.public_pdf(code), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{code}.pdf"'
    return response


@require_safe
def stamped(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A stamped print, scanned back and seen by a second person."""
    return scan_response(selectors.public_scan(code, pk))


def scan_response(found: StampedCopy) -> HttpResponse:
    """A scan's bytes. A PDF comes from a scanner we do not know: no page of ours shows it."""
    response = HttpResponse(selectors.scan_bytes(found), content_type=found.content_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    shown = found.content_type == "image/jpeg"
    how, ending = ("inline", "jpg") if shown else ("attachment", "pdf")
    response["Content-Disposition"] = f'{how}; filename="stamped-{found.pk}.{ending}"'
    return response


def _registered(document: Document) -> dict[str, object]:
    return {
        "document": document,
        "fingerprint": fingerprint(document.facts_sha256),
        "rehearsal": _of_rehearsal(document.number),
        "copies": list(selectors.public_copies(document)),
    }


def _of_rehearsal(number: str) -> bool:
    """Papers of rehearsals have numbers of their own: 某某花园演练〔2026〕1号."""
    return "演练〔" in number


def _not_registered(request: HttpRequest, code: str) -> HttpResponse:
    context = {"typed": code[:40], "form": VerifyForm(initial={"code": code[:40]})}
    return render(request, "documents/not_registered.html", context, status=404)


def _errors(form: VerifyForm) -> list[tuple[str, str]]:
    """For `_errors.html`: the id of the field and the sentence."""
    return [
        (f"id_{field}" if field != "__all__" else "id_code", str(sentence))
        for field, sentences in form.errors.items()
        for sentence in sentences
    ]
