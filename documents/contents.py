"""The contents list of a bundle (归档目录): every item with its hash, and the handover.

Shape of its data (``contents.json``, canonical JSON): ``{"session", "title", "estate",
"items": [{"path", "title", "size", "sha256"}, …], "originals": [[text, …], …]}``; sizes are
bytes, paths as in the zip file, in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.canonical import canonical
from documents import rendering
from documents.papers import PaperFacts

CONTENTS_NAME = "contents.json"
CONTENTS_PATH = "00-目录.pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One file of a bundle."""

    path: str
    title: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentsFacts(PaperFacts):
    """Everything the list says."""

    title: str
    session_code: str
    session_title: str
    division: str
    items: tuple[Item, ...]
    originals: tuple[tuple[str, ...], ...]
    """Rows of what, serials, sheets, cabinet, box, number."""
    retention: tuple[str, ...]
    """How long what is kept, a sentence each."""


def contents_json(facts: ContentsFacts) -> bytes:
    """The list as data; it depends on the record alone, not on when it is made."""
    return canonical(
        {
            "session": facts.session_code,
            "title": facts.session_title,
            "estate": facts.estate,
            "items": [
                {
                    "path": item.path,
                    "title": item.title,
                    "size": item.size,
                    "sha256": item.sha256,
                }
                for item in facts.items
            ],
            "originals": [list(row) for row in facts.originals],
        }
    )


def render_contents(facts: ContentsFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `CONTENTS_NAME` first."""
    return rendering.render("contents.html", {}, facts=facts, attachments=attachments)


def item(path: str, title: str, content: bytes) -> Item:
    """An item of these bytes."""
    digest = hashlib.sha256(content).hexdigest()
    return Item(path=path, title=title, size=len(content), sha256=digest)
