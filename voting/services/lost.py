"""An owner far away who never got the letter: a new code after two proofs of identity.

Every answer is the same whether the room exists or not, whose phone it is, and which of the
proofs was wrong; tries are counted by what was typed, so that rooms nobody has lock as well.
"""

import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.identity import Person
from accounts.phones import clean_phone
from accounts.services.attempts import count_attempt
from core.errors import RuleViolation
from core.text import half_width
from registry.fields import keyed_hash
from voting.domain.people import same_person, tail_of
from voting.models import Party, PartyUnit
from voting.services.entering import send_second_check_code, use_digits
from voting.services.letters import reissue_code

WINDOW = timedelta(minutes=15)
ASKS_PER_ADDRESS = 20  # an address of a mobile network is shared by many
ASKS_PER_ROOM = 5
ANSWERS_PER_ROOM = 5


class Claim(NamedTuple):
    """Who somebody says to be. Both are 0 for nobody; only the server knows.

    `party`: of the room; `by_phone`: the same, where the typed phone is the roll's too.
    """

    party: int
    by_phone: int
    room: str  # keyed hash of what was typed


@sensitive_variables("room", "phone")
def claim_of(*, session_id: int, room: str, phone: str, address: str, at: datetime) -> Claim:
    """Look a room and a phone up; the answer goes to nobody. RuleViolation "lost.too_many"."""
    plain = "".join(half_width(room).split()).removesuffix("室")
    key = keyed_hash(f"{session_id}\x00{plain}", purpose="lost.room")[:32]
    counters = (
        (f"lost-ask:{keyed_hash(address, purpose='lost.address')[:32]}", ASKS_PER_ADDRESS),
        (f"lost-room:{key}", ASKS_PER_ROOM),
    )
    for counter, limit in counters:
        if not count_attempt(counter, limit=limit, window=WINDOW, at=at):
            raise RuleViolation(
                "lost.too_many", _("试得太多了，请过十五分钟再试，或者打电话。")
            )
    try:
        digits = clean_phone(phone)
    except RuleViolation:
        digits = ""
    unit = PartyUnit.objects.filter(
        party__session=session_id, label__in=[plain, f"{plain}室"]
    ).select_related("party")
    found = unit.first()
    party = found.party if found else None
    known = party.phone if party and party.phone else "-"
    same = hmac.compare_digest(known.encode(), digits.encode())
    number = party.pk if party else 0
    return Claim(number, number if same else 0, key)


def send_claim_code(claim: Claim, *, at: datetime) -> None:
    """Send the digits where room and phone fit; after the page has left: it tells nothing."""
    if claim.by_phone:
        try:
            send_second_check_code(party_id=claim.by_phone, at=at, lost_letter=True)
        except RuleViolation:
            return  # asked again too soon, or often today: the page has said what to do


@sensitive_variables("digits", "family_name", "tail", "code")
def answer_claim(
    claim: Claim, *, digits: str, family_name: str, tail: str, at: datetime
) -> tuple[int, str] | None:
    """The issue and its code, where the digits and the document both fit; else None.

    RuleViolation "check.locked" after five answers within 15 minutes, whatever they were.
    """
    _count_answer(claim, at)
    if not claim.by_phone:
        return None
    tails = Party.objects.get(pk=claim.by_phone).document_tails
    # The digits are used up only where the document fits.
    if not same_person(tails, family_name, tail):
        return None
    if not use_digits(claim.by_phone, digits, at):
        return None
    return reissue_code(party_id=claim.by_phone, at=at)


@sensitive_variables("person", "code")
def answer_by_provider(claim: Claim, person: Person, *, at: datetime) -> tuple[int, str] | None:
    """The same for whom a government identity provider vouches for."""
    _count_answer(claim, at)
    if not claim.party:
        return None
    tails = Party.objects.get(pk=claim.party).document_tails
    if not same_person(tails, person.name, tail_of(person.document_number)):
        return None
    return reissue_code(party_id=claim.party, at=at)


def _count_answer(claim: Claim, at: datetime) -> None:
    if not count_attempt(f"lost:{claim.room}", limit=ANSWERS_PER_ROOM, window=WINDOW, at=at):
        raise RuleViolation("check.locked", _("输错次数太多，请过十五分钟再试，或联系组织者。"))
