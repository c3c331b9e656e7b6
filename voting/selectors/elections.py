"""Elections as drafted and as announced."""

from typing import Any

from voting.domain.candidates import Ballot
from voting.models import Candidate, Election, Motion


def is_election(motion: Motion) -> bool:
    """Whether the motion fills seats; a query unless the election was fetched with it."""
    return hasattr(motion, "election")


def drafted(election: Election) -> Ballot:
    """An election as the domain weighs it."""
    candidates = list(election.candidates.all())
    return Ballot(
        position=election.motion.position,
        seats=election.seats,
        alternates=election.alternates,
        ranked=bool(election.ranking),
        conditions=[len(one.conditions) for one in candidates],
        consented=[bool(one.consent_by) for one in candidates],
        drawn=election.drawn_at is not None,
        by_election=election.by_election,
    )


def election_of(motion: Motion) -> Election | None:
    """The election a motion is, or None for a question."""
    return Election.objects.filter(motion=motion).first()


def candidates_of(motion: Motion) -> list[Candidate]:
    """In the ballot's order, once drawn; before, in the order they were added."""
    return list(
        Candidate.objects.filter(election__motion=motion)
        .select_related("photo")
        .defer("photo__content", "withdrawal")
        .order_by("place", "pk")
    )


def candidates_file(election: Election) -> dict[str, Any]:
    """The list as announced, and all that is needed to draw its order again (protocol §16)."""
    candidates = election.candidates.select_related("photo").order_by("place")
    return {
        "format": "yishi-candidates-1",
        "motion": str(election.motion.position),
        "commitment": election.draw_commitment,
        "secret": election.draw_secret,
        "words": election.draw_words,
        "candidates": [
            {
                "option": str(one.place),
                "name": one.name,
                "room": one.room,
                "statement": one.statement,
                "photo": one.photo.sha256 if one.photo else None,
            }
            for one in candidates
        ],
    }
