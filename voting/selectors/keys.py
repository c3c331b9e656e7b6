"""Who keeps the keys, and who of them has opened."""

from typing import NamedTuple

from core.canonical import parse_canonical
from logbook import selectors as logs
from voting.models import (
    KeyCeremony,
    Session,
)
from voting.protocol import ceremony
from voting.protocol.ceremony import Ceremony
from voting.selectors.board import board_of
from voting.selectors.sessions import terms


class Delivery(NamedTuple):
    """A trustee, and whether the share has come."""

    number: int
    name: str
    delivered: bool


def ceremony_of(session: Session) -> KeyCeremony | None:
    """The session's trustees; None where the platform has the only key."""
    return KeyCeremony.objects.filter(session=session).prefetch_related("holders").first()


def transcript_of(row: KeyCeremony) -> Ceremony:
    """The ceremony with its complete rounds, every message checked again."""
    current = ceremony.parse(parse_canonical(bytes(row.terms)))
    holders = list(row.holders.all())
    for field in ROUND_FIELDS:
        sent = [bytes(getattr(holder, field)) for holder in holders]
        if not all(sent):
            break
        current = ceremony.advance(current, [parse_canonical(line) for line in sent])
    return current


ROUND_FIELDS = ("certificate", "reveal", "confirmation")


def deliveries(session: Session) -> list[Delivery]:
    """Who of the trustees has opened, in order; the board is the record."""
    came = {
        parse_canonical(line)["body"]["trustee"]
        for line in logs.lines(board_of(session), kinds=["decryption"])
    }
    return [
        Delivery(trustee.index, trustee.name, trustee.index in came)
        for trustee in terms(session).trustees
    ]
