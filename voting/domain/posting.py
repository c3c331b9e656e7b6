"""名册公示: rooms, areas and heads, without names, on show for objections before the roll is
frozen (建房〔2009〕274号 art. 12); every difference since then has its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from voting.domain.parties import VotingParty
from voting.domain.reasons import Reason

_SHOWN = 10


class Posted(NamedTuple):
    """A posting: its lines by room, its end, and what was written down since.

    `traced`: room → the line it was changed to ("" where it left the roll).
    """

    lines: Mapping[str, str]
    ends_at: datetime
    traced: Mapping[str, str]
    unanswered: int


def roll_lines(parties: Sequence[VotingParty]) -> list[dict[str, Any]]:
    """What is posted: per room its area (0.01 m²), why its head is one, of how many rooms.

    No name, and not which other rooms: an owner knows the own ones.
    """
    lines = [
        {
            "room": title.label,
            "area": title.area or 0,
            "why": party.why,
            "rooms": len(party.titles),
        }
        for party in parties
        for title in party.titles
    ]
    return lines


def by_room(lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Lines as compared: room → everything else of it."""
    return {
        str(line["room"]): f"{line['area']} {line['why']} {line['rooms']}" for line in lines
    }


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Rooms that came, went or read differently, in the order of the posting."""
    return [
        room
        for room in dict.fromkeys([*before, *now])
        if before.get(room, "") != now.get(room, "")
    ]


def untraced(posted: Posted, now: Mapping[str, str]) -> list[str]:
    """Changed rooms of which nobody has written down why they read as they do now."""
    return [
        room
        for room in changed(posted.lines, now)
        if posted.traced.get(room) != now.get(room, "")
    ]


def posting_reasons(
    posted: Posted | None, now: Mapping[str, str], *, at: datetime
) -> list[Reason]:
    """Why the posting does not yet let the roll be frozen."""
    if posted is None:
        return [Reason("posting.missing", "名册还没有公示", "posting")]
    found = []
    if at < posted.ends_at:
        found.append(Reason("posting.running", "名册公示的期限没有到", "posting"))
    if posted.unanswered:
        sentence = f"对名册的异议还有{posted.unanswered}件没有办完"
        found.append(Reason("posting.objections", sentence, "posting"))
    rooms = untraced(posted, now)
    if rooms:
        shown = "、".join(rooms[:_SHOWN]) + ("等" if len(rooms) > _SHOWN else "")
        sentence = f"公示以后{len(rooms)}处变动没有写明依据：{shown}"
        found.append(Reason("posting.untraced", sentence, "posting"))
    return found
