"""Every reason at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import RuleViolation


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to put right: a stable code, a sentence, and the field it stands beside."""

    code: str
    sentence: str
    field: str = ""
    place: int = 0  # of a motion, where it is about one

    def __str__(self) -> str:
        return self.sentence


# "x" explains nothing to whoever reads the evidence years later.
LEAST_REASON = 4


def explains(text: str) -> bool:
    """Whether a free-text reason kept as evidence is long enough to say something."""
    return len(text.strip()) >= LEAST_REASON


def demand_none(code: str, reasons: Sequence[Reason]) -> None:
    """RuleViolation `code` with facts["reasons"], where there is any reason."""
    if reasons:
        sentence = "；".join(reason.sentence for reason in reasons)
        raise RuleViolation(code, sentence, reasons=list(reasons))
