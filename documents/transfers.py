"""划转通知: which payments the bank is told to make, from which special account, on what.

The paper names accounts by their last digits; the file with the whole numbers goes to the
bank apart, and its count, sum and SHA-256 stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.canonical import canonical
from core.exact import capital_yuan, format_yuan
from documents import rendering
from documents.papers import PaperFacts

TRANSFER_NAME = "transfer.json"


class TransferLine(NamedTuple):
    """One payment; `account` masked."""

    repair: str
    repair_code: str
    kind: str
    opinion: str
    payee: str
    bank: str
    account: str
    fen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferFacts(PaperFacts):
    """Everything the notice says."""

    self_managed: bool
    bank: str
    special: str
    """The special account by its last digits."""
    list_number: int
    lines: tuple[TransferLine, ...]
    file_sha256: str

    @property
    def title(self) -> str:
        return "住宅专项维修资金划转通知"

    @property
    def total_fen(self) -> int:
        return sum(one.fen for one in self.lines)

    @property
    def total_in_words(self) -> str:
        return capital_yuan(self.total_fen)


def transfer_json(facts: TransferFacts) -> bytes:
    """The notice as data."""
    return canonical(
        {
            "estate": facts.estate,
            "number": facts.number,
            "issuer": facts.issuer,
            "bank": facts.bank,
            "special": facts.special,
            "list": facts.list_number,
            "count": len(facts.lines),
            "total_fen": facts.total_fen,
            "total": format_yuan(facts.total_fen),
            "file_sha256": facts.file_sha256,
            "lines": [one._asdict() for one in facts.lines],
        }
    )


def render_transfer(facts: TransferFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, `TRANSFER_NAME` first."""
    return rendering.render("transfer.html", {}, facts=facts, attachments=attachments)
