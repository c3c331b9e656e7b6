"""Who witnesses a board, and how far they have countersigned."""

from typing import Any, NamedTuple

from logbook import selectors as logs
from registry.models import Estate
from registry.selectors import authority_chain
from voting.models import (
    Session,
    Witness,
    Witnessing,
)
from voting.protocol import consistency
from voting.protocol.shape import b64
from voting.selectors.board import board_of
from voting.selectors.sessions import terms


class WitnessLine(NamedTuple):
    """A witness of a session, and how many entries its last cosignature covers (0: none)."""

    name: str
    key: str
    size: int


class Witnessed(NamedTuple):
    """How far a board is witnessed: `size` entries must be covered by `needed` witnesses."""

    needed: int
    size: int
    lines: tuple[WitnessLine, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Who vouches for all of it: a witness signs only what continues what it signed."""
        return tuple(line.name for line in self.lines if line.size >= self.size)

    @property
    def enough(self) -> bool:
        return len(self.names) >= self.needed


def possible_witnesses(estate: Estate) -> list[Witness]:
    """The keys in force of the authorities responsible for an estate, nearest first."""
    found = (key_of_witness(authority.pk) for authority in authority_chain(estate))
    return [one for one in found if one is not None]


def key_of_witness(authority_id: int) -> Witness | None:
    """The key an authority witnesses with: the one registered last."""
    rows = Witness.objects.filter(authority_id=authority_id).select_related("authority")
    return rows.order_by("pk").last()


def witnessing_of(session: Session) -> Witnessing | None:
    """Whom a draft asks; None where nobody was thought of."""
    return Witnessing.objects.filter(session=session).first()


def asked_to_witness(session: Session) -> tuple[list[str], int]:
    """(public keys, how many are needed) as a draft's manifest would name them."""
    row = witnessing_of(session)
    if row is None:
        return [], 0
    asked = (key_of_witness(pk) for pk in row.asked.order_by("pk").values_list("pk", flat=True))
    return [one.key for one in asked if one is not None], row.needed


def witnessed(session: Session, *, size: int | None = None) -> Witnessed | None:
    """Who vouches for the first `size` entries, by default for all a checkpoint covers.

    None where the manifest names no witness, or the session was called off without one.
    """
    if session.board is None or not (frozen := terms(session)).witnesses:
        return None
    board = session.board
    if size is None:
        last = logs.last_checkpoint(board)
        size = last.size if last else 0
    keys = [b64(key) for key in frozen.witnesses]
    names = dict(Witness.objects.filter(key__in=keys).values_list("key", "authority__name"))
    covered = logs.cosigned_to(board)
    lines = tuple(WitnessLine(names[key], key, covered.get(key, 0)) for key in keys)
    return Witnessed(frozen.witnesses_needed, size, lines)


def witnessed_close(session: Session) -> Witnessed | None:
    """Who vouches for the record as it stood when the vote was over, ballots and all."""
    seq = board_of(session).entries.filter(kind="close").values_list("seq", flat=True).get()
    return witnessed(session, size=seq + 1)


def consistency_file(session: Session, old: int, new: int) -> dict[str, Any] | None:
    """What a witness needs beside the checkpoints, from one checkpoint's size to another's.

    Hashes and the manifest only. None where either is no checkpoint's size.
    """
    board = board_of(session)
    sizes = set(board.checkpoints.filter(size__in=[old, new]).values_list("size", flat=True))
    if not sizes.issuperset({old, new}) or old > new:
        return None
    first = logs.line_at(board, 0) or b""
    return consistency.make(first, old, new, logs.consistency(board, old, new))
