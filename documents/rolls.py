"""名册公示: the roll for the notice board, rooms and areas without names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from documents import rendering
from documents.papers import Count, PaperFacts
from registry.domain.rooms import natural


class RollRow(NamedTuple):
    """One room: `area` in 0.01 m²; `heads` says how it is counted."""

    room: str
    area: int
    heads: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RollFacts(PaperFacts):
    """Everything the paper says."""

    session_title: str
    organiser: str
    phone: str
    place: str
    roll: Count
    rows: tuple[RollRow, ...]
    until: datetime
    """The first instant after the period of objection."""
    clause: str

    @property
    def title(self) -> str:
        return f"{self.estate}业主名册公示"


def render_roll(facts: RollFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF with the list inside as data."""
    rows = sorted(facts.rows, key=lambda row: natural(row.room))  # to find one's own
    half = -(-len(rows) // 2)
    pairs = [
        (row, rows[half + place] if half + place < len(rows) else None)
        for place, row in enumerate(rows[:half])
    ]
    return rendering.render("roll.html", {"pairs": pairs}, facts=facts, attachments=attachments)
