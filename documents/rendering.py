"""From template and facts to PDF bytes. The only module that knows WeasyPrint.

Papers are Chinese and are rendered once, so their templates carry no translation tags,
and the engine here is a bare one: it needs no settings and runs in a worker process.
Nothing is fetched: a template may refer to no file and no address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from documents import papers, qr

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_POINT = 72 / 25.4  # points in a millimetre


class Code(NamedTuple):
    """A QR code on an A4 page: its text; millimetres from left and top; its side."""

    text: str
    left: float
    top: float
    side: float

    def drawing(self) -> bytes:
        return qr.drawing(
            self.text,
            left=self.left * _POINT,
            top=(297 - self.top) * _POINT,
            side=self.side * _POINT,
        )


class PageOverflow(Exception):
    """The text does not fit on the pages it has."""


@cache
def _engine() -> Engine:
    return Engine(
        dirs=[str(TEMPLATES / "documents" / "pdf")],
        libraries={"papers": "documents.templatetags.papers"},
        autoescape=True,
    )


@cache
def _style(name: str) -> Any:
    from weasyprint import CSS

    return CSS(string=(TEMPLATES / "documents" / "pdf" / name).read_text("utf-8"))


def _refuse(url: str, *_args: object, **_options: object) -> Any:
    raise ValueError(f"a paper may not fetch {url.split(':')[0]}")


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    facts: papers.PaperFacts,
    attachments: Mapping[str, bytes],
    styles: Sequence[str] = ("paper.css",),
    pages: int | None = None,
) -> bytes:
    """One archival paper: PDF/A-3b, tagged, with its data inside, the same bytes each time.

    Args:
        template: name in ``templates/documents/pdf``; gets ``facts``, ``qr`` (of the
            verification address), ``attached`` (name, SHA-256 and fingerprint of each
            attachment) and ``context``.
        facts: dates come from here, never from the clock.
        attachments: file name to bytes; the first one's fingerprint stands on every page.
        styles: names in the same folder; a later one overrides.
        pages: how many it has to be; None: as many as it needs.

    Raises:
        PageOverflow: it came out as another number of pages.
    """
    from weasyprint import Attachment

    at = facts.issued_at.astimezone(UTC)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in attachments.items()}
    attached = [
        papers.Attachment(name=name, sha256=digest, note="附在本文件内")
        for name, digest in digests.items()
    ]
    common = {
        "facts": facts,
        "qr": code_drawing(facts.verify_url),
        "attached": attached,
        "fingerprint": papers.fingerprint(attached[0].sha256) if attached else "",
    }
    document = _document(template, styles, {**common, **context}, tags=True)
    _demand_pages(document, pages)
    written: bytes = document.write_pdf(
        pdf_variant="pdf/a-3b",
        pdf_tags=True,
        pdf_identifier=hashlib.sha256(facts.code.encode()).digest()[:16],
        attachments=[
            Attachment(string=data, name=name, created=at, modified=at, relationship="Data")
            for name, data in attachments.items()
        ],
    )
    return written


def code_drawing(text: str) -> str:
    """A QR code for a template, ready to stand in it."""
    return mark_safe(qr.svg(text))  # noqa: S308 - our own drawing


def _document(
    template: str, styles: Sequence[str], context: Mapping[str, Any], *, tags: bool = False
) -> Any:
    from weasyprint import HTML

    text = _engine().get_template(template).render(Context(context, use_l10n=False))
    page = HTML(string=text, url_fetcher=_refuse)
    return page.render(stylesheets=[_style(style) for style in styles], pdf_tags=tags)


def _demand_pages(document: Any, pages: int | None) -> None:
    if pages is not None and len(document.pages) != pages:
        raise PageOverflow(f"{len(document.pages)} pages instead of {pages}")


def render_sheets(
    template: str,
    style: str,
    context: Mapping[str, Any],
    *,
    pages: int,
    layers: Sequence[Sequence[int]],
    codes: Mapping[int, Sequence[Code]] | None = None,
) -> bytes:
    """Many plain pages that share their backgrounds (letters). Not archived: no PDF/A.

    The template makes ``pages`` pages. ``layers`` names for every page of the result which
    of them lie on it, lowest first; none is an empty page. What many pages have in common is
    so laid out, painted and stored once. ``codes`` are the QR codes of the template's pages.

    Raises:
        PageOverflow: the template came out as another number of pages.
    """
    document = _document(template, [style], context)
    _demand_pages(document, pages)
    pdf: bytes = document.write_pdf(
        finisher=lambda _document, pdf: _stack(pdf, layers, codes or {})
    )
    return pdf


def _stack(
    pdf: Any, layers: Sequence[Sequence[int]], codes: Mapping[int, Sequence[Code]]
) -> None:
    import pydyf

    made = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    for number, page in enumerate(made):
        content = pdf.objects[int(page["Contents"].split()[0])]
        # Each layer begins by turning the page upside down and must not leave it so.
        content.stream.insert(0, b"q")
        content.stream.append(b"Q")
        content.stream.extend(code.drawing() for code in codes.get(number, ()))
    pdf.pages["Kids"].clear()
    pdf.pages["Count"] = 0
    for stack in layers:
        page = pydyf.Dictionary(made[stack[0] if stack else 0])
        page["Contents"] = pydyf.Array(made[layer]["Contents"] for layer in stack)
        pdf.add_page(page)
