"""物业服务信息公开: what a property manager discloses about its service, or where to complain.

Shape of its data (``disclosure.json``, canonical JSON, travels inside the PDF): the paper's
own words, days as in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.canonical import canonical
from documents import rendering
from documents.papers import PaperFacts

DISCLOSURE_NAME = "disclosure.json"
NAMES = {
    "service": "物业服务价格、内容及标准公开",
    "complaints": "物业服务投诉渠道及方式公开",
}


class Part(NamedTuple):
    """A heading and its text; lines of the text stay lines."""

    title: str
    text: str

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]


class Row(NamedTuple):
    """A line of the table: what, and the phone or hours."""

    label: str
    value: str


class File(NamedTuple):
    """What was handed in with it: its name, SHA-256 and how many pages."""

    name: str
    sha256: str
    pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DisclosureFacts(PaperFacts):
    """Everything the paper says. ValueError for a kind there is not, or nothing said."""

    kind: str
    """A key of `NAMES`."""
    manager: str
    version: int
    replaces: str
    """Number of the paper it supersedes; empty in the first."""
    parts: tuple[Part, ...]
    rows: tuple[Row, ...]
    file: File | None
    valid_until: date
    clause: str
    """Why it has to be renewed by then."""
    page_url: str

    def __post_init__(self) -> None:
        if self.kind not in NAMES or not (self.parts or self.rows):
            raise ValueError("no such kind, or nothing is disclosed")

    @property
    def title(self) -> str:
        return f"{self.estate}{NAMES[self.kind]}"


def disclosure_json(facts: DisclosureFacts) -> bytes:
    """The paper as data."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "kind": facts.kind,
            "manager": facts.manager,
            "version": facts.version,
            "replaces": facts.replaces,
            "parts": [one._asdict() for one in facts.parts],
            "rows": [one._asdict() for one in facts.rows],
            "file": facts.file and facts.file._asdict(),
            "valid_until": facts.valid_until.isoformat(),
            "clause": facts.clause,
            "page": facts.page_url,
        }
    )


def render_disclosure(facts: DisclosureFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `DISCLOSURE_NAME` first."""
    return rendering.render("disclosure.html", {}, facts=facts, attachments=attachments)
