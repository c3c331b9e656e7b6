"""The roll on show: what was posted, what has changed since, what was objected to."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from core.canonical import parse_canonical
from voting.domain.objections import UNSETTLED
from voting.domain.parties import VotingParty
from voting.domain.posting import Posted, by_room, changed, roll_lines
from voting.models import Objection, RollPosting, Session


class Difference(NamedTuple):
    """A room that reads otherwise than posted. `traced`: somebody wrote down why."""

    room: str
    before: str
    after: str
    traced: bool


def posting_of(session: Session) -> RollPosting | None:
    """The posting in force."""
    found = RollPosting.objects.filter(session=session).select_related("document")
    return found.defer("document__pdf", "document__facts").order_by("-pk").first()


def posted_lines(posting: RollPosting) -> list[dict[str, Any]]:
    """What hangs on the board, line by line."""
    lines: list[dict[str, Any]] = parse_canonical(bytes(posting.lines))
    return lines


def roll_objections(session: Session) -> QuerySet[Objection]:
    """Objections to the roll of this session, the oldest first."""
    return session.objections.filter(about="roll").order_by("number")


def posted(session: Session) -> Posted | None:
    """The posting as the domain weighs it."""
    posting = posting_of(session)
    if posting is None:
        return None
    return Posted(
        lines=by_room(posted_lines(posting)),
        ends_at=posting.ends_at,
        traced={change.room: change.after for change in posting.changes.all()},
        unanswered=roll_objections(session).filter(state__in=UNSETTLED).count(),
    )


def differences(session: Session, parties: Sequence[VotingParty]) -> list[Difference]:
    """Every room that reads otherwise now than on the board."""
    before = posted(session)
    if before is None:
        return []
    now = by_room(roll_lines(parties))
    return [
        Difference(
            room,
            before.lines.get(room, ""),
            now.get(room, ""),
            before.traced.get(room) == now.get(room, ""),
        )
        for room in changed(before.lines, now)
    ]
