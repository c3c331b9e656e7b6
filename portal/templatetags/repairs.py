"""Money beside a question of the ballot; voting knows none."""

from typing import NamedTuple

from django import template

from funds.selectors.owners import held_by
from voting.models import Party
from voting.selectors.parties import MotionShare

register = template.Library()


class Left(NamedTuple):
    """What a household's sub-accounts hold now, and after its share, in fen."""

    before: int
    after: int

    @property
    def owed(self) -> int:
        return max(0, -self.after)


@register.simple_tag
def repair_balance(item: MotionShare, party: Party) -> Left | None:
    """The balance before and after a repair that was applied for; None where not known."""
    if not item.motion.proposal or item.fen is None:
        return None
    before = held_by(party)
    return None if before is None else Left(before, before - item.fen)
