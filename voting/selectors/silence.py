"""Who is deemed to have voted: delivered to for certain, and silent."""

from datetime import datetime

from voting.models import Session
from voting.selectors.board import body_of
from voting.selectors.delivery import proved_deliveries
from voting.selectors.rulings import excluded_parties


def silent_parties(session: Session, *, at: datetime) -> list[int]:
    """Numbers of the parties whose delivery a second person confirmed and who said nothing.

    Nothing at all: no ballot, online or on paper, no paper that came back, no ruling.
    """
    voted = session.parties.filter(ballots__gt=0).values_list("number", flat=True)
    box = body_of(session, "box") or {"entered": [], "spoiled": [], "ruled_out": []}
    returned = {one["party"] for one in (*box["spoiled"], *box["ruled_out"])}
    spoke = {*voted, *box["entered"], *returned, *excluded_parties(session)}
    return sorted(proved_deliveries(session, at=at) - spoke)
