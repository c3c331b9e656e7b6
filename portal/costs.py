"""What the motions of a session would cost every party: money, which voting does not know."""

from collections.abc import Callable, Sequence

from funds.domain.apportionment import share_table
from voting.domain.parties import PartyArea
from voting.models import Session


def share_tables(session: Session) -> dict[int, Callable[[Sequence[PartyArea]], Sequence[int]]]:
    """Motion id → its table, for motions that cost something."""
    return {
        motion.pk: share_table(motion.cost_fen)
        for motion in session.motions.all()
        if motion.cost_fen
    }
