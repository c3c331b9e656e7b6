"""审核意见书: what the desks said on the use of the fund, and what may be paid to whom (D6).

Under 自管 the committee decides; its paper is a 使用决定书 and says so. It is 审核 (reviewed),
never 核准.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from core.canonical import canonical
from core.exact import capital_yuan, format_area, format_yuan
from documents import rendering
from documents.papers import PaperFacts, fingerprint
from documents.wording import day, moment

OPINION_NAME = "opinion.json"


class OpinionStep(NamedTuple):
    """What one desk said."""

    name: str
    """``街道核实``"""
    body: str
    """The authority or the committee."""
    person: str
    at: datetime
    note: str = ""


class OpinionCheck(NamedTuple):
    """One question of the checklist, answered with yes by every desk."""

    text: str
    article: str


class OpinionInstalment(NamedTuple):
    """One payment: its kind in words, fen, what has to be shown for it."""

    kind: str
    fen: int
    condition: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpinionFacts(PaperFacts):
    """Everything the opinion says. Money in fen, area in 0.01 m²."""

    self_managed: bool
    custody: str
    """``代管``, ``自管`` or ``公房``."""
    applicant: str
    repair: str
    repair_code: str
    kind: str
    """``一般维修`` or ``应急维修``."""
    place: str
    scope: str
    """``全体业主`` or ``1幢、2幢1单元``."""
    units: int
    area: int
    version: int
    version_sha256: str
    budget_fen: int
    contract_fen: int | None
    audited_fen: int | None
    no_audit: str
    decision: str
    """What carries it, in a sentence with numbers of papers."""
    filed_on: date
    steps: tuple[OpinionStep, ...]
    checks: tuple[OpinionCheck, ...]
    amount_fen: int
    instalments: tuple[OpinionInstalment, ...]
    payee: str
    payee_bank: str
    payee_account: str
    """The last four digits behind stars."""
    owed_fen: int
    """What sub-accounts cannot pay now; their owners owe it."""

    @property
    def title(self) -> str:
        what = "使用决定书" if self.self_managed else "审核意见书"
        return f"住宅专项维修资金{what}"

    @property
    def amount_in_words(self) -> str:
        return capital_yuan(self.amount_fen)

    @property
    def version_mark(self) -> str:
        return fingerprint(self.version_sha256)


def opinion_json(facts: OpinionFacts) -> bytes:
    """The opinion as data; amounts as printed are in it beside the fen."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "custody": facts.custody,
            "applicant": facts.applicant,
            "repair": facts.repair,
            "repair_code": facts.repair_code,
            "kind": facts.kind,
            "place": facts.place,
            "scope": facts.scope,
            "units": facts.units,
            "area": format_area(facts.area),
            "version": facts.version,
            "version_sha256": facts.version_sha256,
            "budget_fen": facts.budget_fen,
            "contract_fen": facts.contract_fen,
            "audited_fen": facts.audited_fen,
            "decision": facts.decision,
            "amount_fen": facts.amount_fen,
            "amount": format_yuan(facts.amount_fen),
            "owed_fen": facts.owed_fen,
            "payee": facts.payee,
            "instalments": [
                {"kind": one.kind, "fen": one.fen, "condition": one.condition}
                for one in facts.instalments
            ],
            "steps": [
                {"step": one.name, "body": one.body, "at": moment(one.at), "note": one.note}
                for one in facts.steps
            ],
            "checks": [{"text": one.text, "article": one.article} for one in facts.checks],
            "filed_on": day(facts.filed_on),
        }
    )


def render_opinion(facts: OpinionFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `OPINION_NAME` first."""
    return rendering.render("opinion.html", {}, facts=facts, attachments=attachments)
