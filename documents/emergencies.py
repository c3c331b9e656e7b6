"""应急维修公示: what a repair without a vote cost, and who bears what, for the wall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from documents import rendering
from documents.papers import PaperFacts


class ShareRow(NamedTuple):
    """One room: `area` in 0.01 m², `fen` of the final cost."""

    room: str
    area: int
    fen: int


class PaperSeen(NamedTuple):
    """A paper the cost rests on, so that whoever has it can compare."""

    kind: str
    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EmergencyFacts(PaperFacts):
    """Everything the paper says. No names of people."""

    repair: str
    """The code of the repair."""
    repair_title: str
    version: int
    correction: str
    """What changed since the last publicity; empty in the first."""
    situation: str
    place: str
    applicant: str
    phone: str
    reported_at: datetime
    found: str
    """Who found what on site, as a sentence."""
    decided: str
    """Who decided and on what clause, as a sentence."""
    most_fen: int
    done: str
    """How it was repaired."""
    final_fen: int
    accepted_on: date
    warranty_until: date | None
    basis: str
    """How the cost is shared, as a sentence."""
    papers: tuple[PaperSeen, ...]
    rows: tuple[ShareRow, ...]
    sellers: tuple[ShareRow, ...] = ()
    """Selling organisations of sold public housing (售房单位), and what each bears."""
    until: datetime
    """The first instant after the period of objection."""
    clause: str

    @property
    def title(self) -> str:
        return f"{self.estate}应急维修公示"

    @property
    def area(self) -> int:
        """Of all rooms of the scope, in 0.01 m²."""
        return sum(row.area for row in self.rows)


def render_emergency(facts: EmergencyFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF with the list inside as data."""
    half = -(-len(facts.rows) // 2)
    pairs = [
        (row, facts.rows[half + place] if half + place < len(facts.rows) else None)
        for place, row in enumerate(facts.rows[:half])
    ]
    context = {"pairs": pairs, "total": sum(row.fen for row in facts.rows + facts.sellers)}
    return rendering.render("emergency.html", context, facts=facts, attachments=attachments)
