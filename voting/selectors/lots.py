"""Owners drawn to keep keys."""

import json
from typing import Any, NamedTuple

from voting.domain.lots import FORMAT, drawn
from voting.models import KeyLot, Session


class Lot(NamedTuple):
    """A lot with what it drew: rooms in order, empty before. `first`: (place, room) of ten."""

    row: KeyLot
    size: int
    first: list[tuple[int, str]]


def open_lot(session: Session) -> KeyLot | None:
    """The list that waits for its seed."""
    return KeyLot.objects.filter(session=session, seed="").first()


def lots_of(session: Session, most: int = 10) -> list[Lot]:
    """Every lot of the session, the first one first: drawing again leaves a trace."""
    found = []
    for row in KeyLot.objects.filter(session=session):
        rooms = json.loads(row.rooms)
        order = drawn(rooms, row.seed)[:most] if row.seed else []
        found.append(Lot(row, len(rooms), [(place, rooms[place - 1]) for place in order]))
    return found


def lot_file(row: KeyLot) -> dict[str, Any]:
    """What somebody needs to draw again."""
    rooms = json.loads(row.rooms)
    return {
        "format": FORMAT,
        "session": row.session.code,
        "rooms": rooms,
        "list_sha256": row.list_sha256,
        "source": row.source,
        "seed": row.seed,
        "order": drawn(rooms, row.seed) if row.seed else [],
    }
