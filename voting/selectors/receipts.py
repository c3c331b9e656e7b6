"""Recorded ballots by their receipts; where they stand, never what is in them."""

from core.codes import ALPHABET, read_code
from voting.models import (
    Ballot,
)
from voting.selectors.rulings import excluded_parties, late_excluded

_RECEIPT_CODE = 12


def receipt_by_code(code: str) -> Ballot | None:
    """The recorded ballot of a receipt's code, with its session and party."""
    plain = read_code(code, _RECEIPT_CODE)
    if plain is None:
        return None
    found = Ballot.objects.select_related("session__estate", "party")
    return found.filter(receipt_code=plain).first()


def receipt_state(ballot: Ballot) -> str:
    """Where a ballot stands, never what is in it.

    recorded | replaced | excluded | excluded_late (after the count: the totals hold it still).
    """
    if ballot.number < ballot.party.ballots:
        return "replaced"
    if ballot.party.number in excluded_parties(ballot.session):
        return "excluded"
    late_ones = late_excluded(ballot.session)
    return "excluded_late" if ballot.party.number in late_ones else "recorded"


def ballot_of_number(number: str) -> Ballot | None:
    """The ballot of a receipt's number (16 Crockford characters, 80 bits of the digest)."""
    value = 0
    for character in number:
        value = value * 32 + ALPHABET.index(character)
    # A range, for not every database finds the beginning of a text by its index; g is after f.
    first = f"{value:020x}"
    found = Ballot.objects.filter(digest__gte=first, digest__lt=f"{first}g")
    return found.order_by("digest").first()


def ballot_at(session_code: str, seq: int, digest: str) -> Ballot | None:
    """The ballot at a place of a board, to whoever names its digest too."""
    found = Ballot.objects.select_related("session__board", "party")
    return found.filter(session__code=session_code, seq=seq, digest=digest).first()
