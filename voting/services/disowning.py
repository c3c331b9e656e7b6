"""这不是我投的: the owner says that a recorded ballot is not theirs."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from logbook.steps import append_to, locked_log
from voting.models import Objection, Party
from voting.protocol import credential
from voting.protocol.shape import b64
from voting.protocol.suite import suite
from voting.selectors import phase
from voting.services.objections import Objector, Statement, lock_numbers, take_in
from voting.steps import board_name, checkpoint_board, use_once

_TEXT = "名单里有我家的票，不是我家投的。"


class Disowned(NamedTuple):
    """The objection, and whether the owner can vote again at once."""

    objection: Objection
    may_vote: bool


@transaction.atomic(durable=True)
def disown_ballot(
    *, estate_id: int, session_id: int, party_id: int, submission: str, at: datetime
) -> Disowned:
    """Take the objection in, before all others; while voting is open the letter is void too.

    The board gets a credential that nobody holds, every code of the letter stops, and visits
    that began by them end; the owner's own goes on and can vote again where ballots can be
    changed. After the close two people rule on the ballots; after the count, by a late ruling.
    Harmless where it was said already. RuleViolation "objection.too_early",
    "objection.no_ballot", "objection.cancelled".
    """
    estate, session = lock_numbers(estate_id, session_id)
    if session is None:
        raise ValueError("a ballot belongs to a session")
    open_now = phase(session, at) == "open"
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id, session=session)
    before = Objection.objects.filter(
        session=session, party=party_id, not_mine=True, filed_at__lt=at
    ).exists()
    made = take_in(
        estate,
        session,
        said=Statement("took_part", _TEXT, not_mine=True),
        objector=Objector(party_id=party_id),
        submission=submission,
        actor=f"party:{party_id}",
        at=at,
    )
    if open_now and not before:
        _secret, key = credential.random_key(suite(session.suite))  # kept by nobody
        replaced, party.current_key = party.current_key, b64(key)
        use_once(session.pk, [b"K" + key])
        party.save(update_fields=["current_key"])
        party.codes.filter(voided_at__isnull=True).update(voided_at=at)
        body = {
            "party": party.number,
            "key": party.current_key,
            "replaces": replaced,
            "reason": "reissue",
        }
        append_to(locked_log(board_name(session.code)), "credential", body, at=at)
        checkpoint_board(session, at=at)
    return Disowned(made, open_now and session.revote)
