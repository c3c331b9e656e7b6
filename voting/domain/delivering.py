"""Whether a letter counts as delivered (2009 guidance 22 II; Zhoushan 17, Binzhou 13)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

State = Literal["open", "out", "delivered", "failed", "posted", "substituted"]

HANDED = frozenset({"signed", "household", "post", "electronic"})
FAILED = frozenset({"refused", "returned"})
NOTICE_DAYS = 7  # Zhoushan asks 7 days, Binzhou 5: the longer one where nothing is cited


class Mark(NamedTuple):
    """One mark that was not taken back, in order; `until`: when a notice's period is over."""

    kind: str
    until: datetime | None = None


def state_of(marks: Sequence[Mark], *, at: datetime) -> State:
    """Where a letter is: the last mark says it, and what was handed over stays so.

    open: nothing yet; out: on its way; delivered; failed: refused or sent back, to be
    substituted by notice; posted: the notice hangs; substituted: its period is over.
    """
    if any(mark.kind in HANDED for mark in marks):
        return "delivered"
    if not marks:
        return "open"
    last = marks[-1]
    if last.kind == "substituted":
        return "substituted" if last.until is not None and last.until <= at else "posted"
    return "failed" if last.kind in FAILED else "out"


def refusal(kind: str, state: State, *, has_mark: bool) -> str:
    """Why this cannot happen to a letter in that state, or ""."""
    if kind == "taken_back":
        return "" if has_mark else "这一户还没有记录，没有可以撤回的"
    if kind == "substituted" and state != "failed":
        return "只有拒收或者退回的才能公告送达"
    if state == "delivered":
        return "这一户已经记为送达；记错了，先撤回"
    return ""
