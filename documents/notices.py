"""The notice of a vote (表决公告, D1): an A3 sheet for the wall, and the same words as data.

Shape of its data (``notice.json``, canonical JSON, travels inside the PDF and makes the web
page): every text is what is printed, in the order in which it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.canonical import canonical
from documents import rendering
from documents.papers import Attachment, PaperFacts
from documents.wording import end_of

NOTICE_NAME = "notice.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeMotion:
    """One question, and what it needs to pass."""

    position: int
    title: str
    text: str
    matter: str
    """``民法典第二百七十八条第一款第（五）项：使用…``"""
    condition: str
    cost: str = ""
    """``1,234.50元``; empty where it costs nothing."""
    candidates: tuple[str, ...] = ()
    """Of an election, in drawn order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A short label and its text."""

    label: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeFacts(PaperFacts):
    """Everything the notice says (experience D1)."""

    title: str
    session_code: str
    intro: str
    scope: tuple[Point, ...]
    times: tuple[Point, ...]
    motions: tuple[NoticeMotion, ...]
    ways: tuple[Point, ...]
    rules: tuple[str, ...]
    materials_url: str
    materials: tuple[Attachment, ...]
    watchers: tuple[Point, ...]
    hang_until: datetime

    @property
    def keep(self) -> str:
        """Until when it must stay on the wall."""
        return end_of(self.hang_until)


def notice_json(facts: NoticeFacts) -> bytes:
    """The same words as data."""
    return canonical(
        {
            "title": facts.title,
            "number": facts.number,
            "session": facts.session_code,
            "estate": facts.estate,
            "issuer": facts.issuer,
            "specimen": facts.specimen,
            "intro": facts.intro,
            "scope": _points(facts.scope),
            "times": _points(facts.times),
            "motions": [
                {
                    "position": motion.position,
                    "title": motion.title,
                    "text": motion.text,
                    "matter": motion.matter,
                    "condition": motion.condition,
                    "cost": motion.cost,
                    "candidates": list(motion.candidates),
                }
                for motion in facts.motions
            ],
            "ways": _points(facts.ways),
            "rules": list(facts.rules),
            "materials_url": facts.materials_url,
            "materials": [
                {"name": file.name, "sha256": file.sha256} for file in facts.materials
            ],
            "watchers": _points(facts.watchers),
            "hang_until": facts.keep,
        }
    )


def render_notice(facts: NoticeFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF, A3 portrait; ``attachments`` travel inside, `NOTICE_NAME` first."""
    return rendering.render(
        "notice.html",
        {
            "materials_qr": rendering.code_drawing(facts.materials_url),
            # Broken by meaning: the name of the place, then what it is about.
            "title": facts.title.partition(facts.estate),
        },
        facts=facts,
        attachments=attachments,
        styles=("paper.css", "poster.css"),
    )


def _points(points: tuple[Point, ...]) -> list[dict[str, Any]]:
    return [{"label": point.label, "text": point.text} for point in points]
