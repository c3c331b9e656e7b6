"""What has befallen a decision: challenged, suspended, revoked, superseded; or it holds.

《物业管理条例》 art. 19: a department or the street office orders correction or revokes, and
tells all owners. Civil Code art. 280: a court revokes. Nothing is deleted; what rests on a
decision waits while anything is in its way.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from core.errors import RuleViolation
from voting.domain.drafts import text_reasons
from voting.domain.reasons import Reason

Standing = Literal["holds", "challenged", "correction", "suspended", "superseded", "revoked"]

# What an event puts in the way, and what takes it out of the way again.
_BEGINS = {"challenged", "correction", "suspended", "superseded", "revoked"}
_ENDS = {"challenge_ended": "challenged", "corrected": "correction", "resumed": "suspended"}
_NOTHING_TO_END = {
    "challenge_ended": "没有记录过异议或者诉讼，不能了结",
    "corrected": "没有责令改正，不能登记改正",
    "resumed": "没有中止执行，不能恢复",
}
_GRAVEST: tuple[Standing, ...] = (
    "revoked",
    "superseded",
    "suspended",
    "correction",
    "challenged",
)


class Event(NamedTuple):
    """What happened, as its paper says. `due_on`: until when to correct."""

    kind: str
    authority: str
    reference: str
    dated: date
    reason: str
    due_on: date | None = None


def standing(kinds: Sequence[str]) -> Standing:
    """Where a decision stands after these events, in order."""
    in_the_way = _in_the_way(kinds)
    return next((one for one in _GRAVEST if one in in_the_way), "holds")


def demand_may_follow(kinds: Sequence[str], new: str) -> None:
    """RuleViolation "standing.final", "standing.nothing_to_end"."""
    in_the_way = _in_the_way(kinds)
    if "revoked" in in_the_way:
        raise RuleViolation("standing.final", "这项决定已经撤销，状态不再变")
    if new in _ENDS and _ENDS[new] not in in_the_way:
        raise RuleViolation("standing.nothing_to_end", _NOTHING_TO_END[new])


def event_reasons(event: Event, *, today: date) -> list[Reason]:
    """What is wrong with what was typed."""
    found = []
    if event.kind not in _BEGINS | _ENDS.keys():
        found.append(Reason("standing.kind", "请选发生了什么", "kind"))
    found += text_reasons("authority", "作出的机关", event.authority, 80)
    found += text_reasons("reference", "文号或者案号", event.reference, 80)
    found += text_reasons("reason", "说明", event.reason, 300)
    if event.dated > today:
        found.append(Reason("standing.dated", "文书的日期不能晚于今天", "dated"))
    if event.kind == "correction" and (event.due_on is None or event.due_on < event.dated):
        found.append(Reason("standing.due_on", "责令改正要写明改正的期限", "due_on"))
    return found


def _in_the_way(kinds: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for kind in kinds:
        if kind in _ENDS:
            found.discard(_ENDS[kind])
        else:
            found.add(kind)
    return found
