"""工作报表: what an authority reports to the one above it, with its figures.

Shape of its data (``report.json``, canonical JSON, travels inside the PDF): figures by place
as printed (``null`` where none was kept), days as in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.canonical import canonical
from documents import rendering
from documents.papers import PaperFacts

REPORT_NAME = "report.json"
_BESIDE = 4  # places in one table


class ReportRow(NamedTuple):
    """A place and its figures, in the order of the columns; None: none was kept."""

    name: str
    values: tuple[int | None, ...]


class ReportBelow(NamedTuple):
    """A place below and whether it has handed its own report in."""

    name: str
    state: str


class ReportTable(NamedTuple):
    """Some places as columns, figures as rows."""

    names: tuple[str, ...]
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFacts(PaperFacts):
    """Everything the report says. ValueError where its rows do not fit its columns, or do not
    add up to the last."""

    heading: str
    """``2026年10月工作月报``"""
    above: str
    """To whom; empty where there is nobody."""
    version: int
    why: str
    as_of: date
    due_on: date
    clause: str
    columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    total: ReportRow
    rates: tuple[tuple[str, str], ...]
    """What and its share in words, ``不适用`` where there is nothing."""
    text: tuple[str, ...]
    below: tuple[ReportBelow, ...]

    def __post_init__(self) -> None:
        for row in (*self.rows, self.total):
            if len(row.values) != len(self.columns):
                raise ValueError("a row that does not fit the columns")
        for place, value in enumerate(self.total.values):
            column = [row.values[place] for row in self.rows]
            known = [number for number in column if number is not None]
            if value != (sum(known) if len(known) == len(column) else None):
                raise ValueError("rows do not add up to their total")

    @property
    def title(self) -> str:
        return f"{self.estate}{self.heading}"

    @property
    def numeral(self) -> dict[str, str]:
        """Each part that is there with the numeral of its heading."""
        there = {
            "figures": True,
            "places": len(self.rows) > 1,
            "text": True,
            "below": bool(self.below),
        }
        parts = [one for one, is_there in there.items() if is_there]
        return dict(zip(parts, "一二三四"[: len(parts)], strict=True))

    @property
    def totals(self) -> list[tuple[str, int | None]]:
        """Each figure with its words."""
        return list(zip(self.columns, self.total.values, strict=True))

    @property
    def tables(self) -> list[ReportTable]:
        """The places as columns, so many beside each other as A4 upright holds."""
        return [
            ReportTable(
                tuple(row.name for row in some),
                tuple(
                    ReportRow(words, tuple(row.values[place] for row in some))
                    for place, words in enumerate(self.columns)
                ),
            )
            for some in (
                self.rows[place : place + _BESIDE]
                for place in range(0, len(self.rows), _BESIDE)
            )
        ]


def report_json(facts: ReportFacts) -> bytes:
    """The report as data."""
    return canonical(
        {
            "number": facts.number,
            "authority": facts.estate,
            "above": facts.above,
            "heading": facts.heading,
            "version": facts.version,
            "why": facts.why,
            "as_of": facts.as_of.isoformat(),
            "due_on": facts.due_on.isoformat(),
            "clause": facts.clause,
            "columns": list(facts.columns),
            "rows": [{"name": row.name, "values": list(row.values)} for row in facts.rows],
            "total": list(facts.total.values),
            "rates": [list(one) for one in facts.rates],
            "text": list(facts.text),
            "below": [one._asdict() for one in facts.below],
        }
    )


def render_report(facts: ReportFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `REPORT_NAME` first."""
    return rendering.render(
        "authority_report.html",
        {},
        facts=facts,
        attachments=attachments,
        styles=("paper.css", "authority_report.css"),
    )
