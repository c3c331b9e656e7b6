"""A party whose units are sold in mid-vote: a cast vote stands; else the new owner votes.

The buyer is who the registry names today. Area and heads stay as frozen. Where only a part of
a party's units was sold, the party stays with the seller (docs/decisions/0040).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.permissions import Permission, roles_with
from accounts.phones import phone_hash
from accounts.steps import queue_message
from core.errors import RuleViolation
from documents.papers import masked_names
from logbook.steps import append_to, locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from registry.selectors import TitledOwner
from voting.domain.drafts import attachment_reasons, content_type, ruling_reasons
from voting.domain.people import tail_of, tails
from voting.domain.reasons import Reason, demand_none
from voting.models import CheckCode, Party, Session, Transfer
from voting.protocol import board, credential
from voting.protocol.shape import b64
from voting.protocol.suite import suite
from voting.selectors import phase
from voting.selectors.holders import holders_today
from voting.steps import Signer, board_name, use_once

_PURPOSE = "voting.transfer.content"


@transaction.atomic(durable=True)
@sensitive_variables("content")
def propose_transfer(
    *, session_id: int, number: int, name: str, content: bytes, signer: Signer, at: datetime
) -> Transfer:
    """Propose that the new owner of party `number` gets the letter; nothing changes yet.

    `name`, `content`: the title. The registry must name the new owner already. RuleViolation
    "transfer.invalid" with every reason, "transfer.role".
    """
    _demand_role(signer, Permission.ENTER_STANDIN)
    party = _locked(session_id, number)
    digest = sha256(content).hexdigest()
    waiting = party.transfers.filter(state="proposed").first()
    if waiting and (waiting.proposed_by, waiting.sha256) == (signer.actor, digest):
        return waiting
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    _owners, reasons = _weighed(party, at)
    if waiting:
        reasons.append(Reason("transfer.waiting", "这一户已经有一项在等第二人确认"))
    reasons += attachment_reasons(name=plain, content=content, most=settings.UPLOAD_MAX_BYTES)
    demand_none("transfer.invalid", reasons)
    made = Transfer.objects.create(
        session=party.session,
        party=party,
        document_name=plain,
        content_type=content_type(content) or "",
        content=seal_bytes(content, purpose=_PURPOSE),
        sha256=digest,
        proposed_by=signer.actor,
        proposed_role=signer.role,
        proposed_at=at,
    )
    _record(made, "transfer.proposed", signer, at)
    return made


@transaction.atomic(durable=True)
def confirm_transfer(*, transfer_id: int, signer: Signer, at: datetime) -> Transfer:
    """The second person's yes: the seller's letter is void, the buyer's phone and number count.

    The new letter is printed by whoever prints letters (reissue). Harmless where it is done.
    RuleViolation "transfer.invalid", "transfer.decided", "transfer.same_person".
    """
    found = _transfer(transfer_id)
    if (found.state, found.decided_by) == ("confirmed", signer.actor):
        return found
    _demand_second(found, signer)
    party, session = found.party, found.session
    owners, reasons = _weighed(party, at)
    demand_none("transfer.invalid", reasons)
    told = {party.phone}
    found.was = json.dumps(
        {"name": party.name, "phone": party.phone, "tails": party.document_tails},
        ensure_ascii=False,
    )
    voters = [one for one in owners if one.is_voter] or list(owners)
    party.name = masked_names([one.name for one in owners])
    party.phone = next((one.phone for one in voters if one.phone), "")
    party.document_tails = tails((one.name, tail_of(one.document_number)) for one in voters)
    chosen = suite(session.suite)
    # Nobody keeps the secret: the buyer's letter brings the next key.
    _secret, key = credential.random_key(chosen)
    body = {
        "party": party.number,
        "key": b64(key),
        "replaces": party.current_key,
        "reason": board.TRANSFER,
    }
    party.current_key = b64(key)
    party.save(update_fields=["name", "phone", "document_tails", "current_key"])
    use_once(session.pk, [b"K" + key])
    party.codes.filter(voided_at__isnull=True).update(voided_at=at)
    CheckCode.objects.filter(party=party).delete()
    party.proxies.filter(state__in=("waiting", "active")).update(
        state="revoked", decided_by=signer.actor, decided_at=at
    )
    _decide(found, "confirmed", signer, at)
    told.add(party.phone)
    for phone in sorted(told):
        queue_message(
            key=f"session:{session.pk}:transfer:{found.pk}:{phone_hash(phone)[:8]}",
            phone=phone,
            template="letter_transferred",
            params={
                "estate": session.estate.name,
                "title": session.title,
                "phone": session.contact_phone,
            },
            at=at,
        )
    append_to(locked_log(board_name(session.code)), board.CREDENTIAL, body, at=at)
    _record(found, "transfer.confirmed", signer, at)
    return found


@transaction.atomic(durable=True)
def decline_transfer(
    *, transfer_id: int, reason: str, signer: Signer, at: datetime
) -> Transfer:
    """The second person's no; the letter stays as it is."""
    found = _transfer(transfer_id)
    _demand_second(found, signer)
    demand_none("transfer.reason", ruling_reasons(reason=reason))
    found.answer = reason.strip()
    _decide(found, "declined", signer, at)
    _record(found, "transfer.declined", signer, at)
    return found


def document_of_transfer(transfer: Transfer) -> bytes:
    """The title as it was uploaded; b"" once it went with the ballots."""
    sealed = bytes(transfer.content)
    return open_bytes(sealed, purpose=_PURPOSE) if sealed else b""


def _weighed(party: Party, at: datetime) -> tuple[Sequence[TitledOwner], list[Reason]]:
    """Today's owners of the party's units, and what stands against giving them the vote."""
    found = []
    if party.ballots:
        # EV-08: what was cast before the title passed stands.
        found.append(Reason("transfer.voted", "这一户已经投票，投了的票有效，不能改发"))
    if phase(party.session, at) not in {"announced", "open"}:
        found.append(Reason("transfer.over", "投票已经截止，不能改发"))
    now = holders_today(party)
    if party.is_developer:
        found.append(
            Reason("transfer.developer", "建设单位的房屋合起来是一票，卖了几处也不能拆开改发")
        )
    elif not now.alike:
        found.append(
            Reason(
                "transfer.partial",
                "只有一部分房屋换了业主：面积和人数已经锁定，这一票仍由原来的业主投",
            )
        )
    elif now.as_frozen:
        found.append(
            Reason("transfer.none", "名册上的业主没有变，先在名册里登记权属转移再来办")
        )
    elif not now.owners:
        found.append(Reason("transfer.nobody", "名册上没有新业主"))
    return now.owners, found


def _locked(session_id: int, number: int) -> Party:
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    party = Party.objects.select_for_update(no_key=True).get(session=session, number=number)
    party.session = session
    return party


def _transfer(transfer_id: int) -> Transfer:
    place = Transfer.objects.values_list("session", "party__number").get(pk=transfer_id)
    party = _locked(*place)
    found = Transfer.objects.defer("content").get(pk=transfer_id)
    found.party, found.session = party, party.session
    return found


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("transfer.role", "您的角色不能办这件事")


def _demand_second(found: Transfer, signer: Signer) -> None:
    if found.state != "proposed":
        raise RuleViolation("transfer.decided", "这一项已经有人决定了")
    _demand_role(signer, Permission.CONFIRM_STANDIN)
    if signer.actor == found.proposed_by:
        raise RuleViolation("transfer.same_person", "提出的人不能自己确认，请另一个人来办")


def _decide(found: Transfer, state: str, signer: Signer, at: datetime) -> None:
    found.state = state
    found.decided_by, found.decided_role, found.decided_at = signer.actor, signer.role, at
    found.save(
        update_fields=["state", "decided_by", "decided_role", "decided_at", "answer", "was"]
    )


def _record(found: Transfer, act: str, signer: Signer, at: datetime) -> None:
    facts = {
        "session": found.session.code,
        "party": found.party.number,
        "sha256": found.sha256,
        "role": signer.role,
    }
    place = f"estate/{found.session.estate.code}"
    record_act(place, act, facts, actor=signer.actor, at=at)
