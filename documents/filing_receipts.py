"""备案回执: that papers were received, by whom and when; it says that it approves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.canonical import canonical
from documents import rendering
from documents.papers import Attachment, PaperFacts
from documents.wording import day

RECEIPT_NAME = "receipt.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingReceiptFacts(PaperFacts):
    """Everything the receipt says."""

    title: str
    submitted_by: str
    """The organiser, in words."""
    submitted_on: date
    occasion: str
    """``2026年首次业主大会会议：成立和选举备案``"""
    register_number: str
    received_on: date
    papers: tuple[Attachment, ...]
    """Name, SHA-256 and in the note the item of the law's list."""


def receipt_json(facts: FilingReceiptFacts) -> bytes:
    """The receipt as data."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "register_number": facts.register_number,
            "occasion": facts.occasion,
            "submitted_by": facts.submitted_by,
            "submitted_on": day(facts.submitted_on),
            "received_by": facts.issuer,
            "received_on": day(facts.received_on),
            "approval": False,
            "papers": [
                {"item": paper.note, "name": paper.name, "sha256": paper.sha256}
                for paper in facts.papers
            ],
        }
    )


def render_receipt(facts: FilingReceiptFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `RECEIPT_NAME` first."""
    return rendering.render("filing_receipt.html", {}, facts=facts, attachments=attachments)
