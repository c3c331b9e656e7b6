"""延期公告: the paper that says voting ends later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from documents import rendering
from documents.papers import PaperFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionFacts(PaperFacts):
    """Everything the announcement says."""

    session_title: str
    session_code: str
    organiser: str
    phone: str
    closed_at_first: datetime
    closes_at: datetime
    reason: str
    clause: str
    """Where the rules allow it."""

    @property
    def title(self) -> str:
        return f"{self.estate}关于延长投票时间的公告"


def render_extension(facts: ExtensionFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF with its data inside."""
    return rendering.render("extension.html", {}, facts=facts, attachments=attachments)
