"""Authorities to vote (委托): made by the owner online, or entered from paper by two people.

The agent gets a code of the own and a second check on the own phone, never the principal's
letter. Of instructions nothing is kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from secrets import choice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.permissions import Permission, roles_with
from accounts.phones import clean_phone, phone_hash
from accounts.steps import queue_message
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from registry.selectors import works_for_manager
from voting.domain.drafts import attachment_reasons, content_type, ruling_reasons
from voting.domain.reasons import Reason, demand_none
from voting.domain.standins import Authority, Standing, authority_reasons
from voting.models import Party, Proxy, Session
from voting.selectors import other_principals, phase
from voting.services.entering import code_hmac
from voting.steps import Signer

_PURPOSE = "voting.proxy.content"
OWNER = "owner"


class Granted(NamedTuple):
    """An authority in force and the agent's code: shown once, never stored."""

    proxy: Proxy
    code: str

    def __repr__(self) -> str:
        return "Granted(***)"


class Stated(NamedTuple):
    """What was typed of an authority, as typed."""

    agent: str
    phone: str
    motions: Sequence[int]
    powers: str
    signed_on: date | None
    until: date | None
    by_owner: bool


@transaction.atomic(durable=True)
@sensitive_variables("stated", "code")
def grant_proxy(*, party_id: int, stated: Stated, at: datetime) -> Granted:
    """The owner, past the own second check, authorises an agent; in force at once.

    RuleViolation "proxy.invalid" with every reason (Civil Code 165; profile `proxy_max`).
    """
    party = _locked(Party.objects.values_list("session", flat=True).get(pk=party_id), party_id)
    authority, reasons = _weighed(party, stated, at)
    demand_none("proxy.invalid", reasons)
    proxy = _row(party, authority, at, state="active", entered_by=OWNER)
    code = _new_code(proxy)
    proxy.save()
    _record(proxy, "proxy.granted", OWNER, at)
    _tell(proxy, at)
    return Granted(proxy, code)


@transaction.atomic(durable=True)
@sensitive_variables("stated", "content")
def enter_proxy(
    *,
    session_id: int,
    number: int,
    stated: Stated,
    name: str,
    content: bytes,
    signer: Signer,
    at: datetime,
) -> Proxy:
    """Enter a paper authority (委托书) of party `number`; a second person confirms it.

    `name`, `content`: a picture or PDF of the paper. Entered twice by one person from one
    paper, it is one. RuleViolation "proxy.invalid" with every reason, "proxy.role".
    """
    _demand_role(signer, Permission.ENTER_STANDIN)
    party = _locked(session_id, Party.objects.get(session=session_id, number=number).pk)
    digest = sha256(content).hexdigest()
    same = party.proxies.filter(state="waiting", entered_by=signer.actor, sha256=digest)
    if content and (waiting := same.first()):
        return waiting
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    authority, reasons = _weighed(party, stated, at)
    reasons += attachment_reasons(name=plain, content=content, most=settings.UPLOAD_MAX_BYTES)
    demand_none("proxy.invalid", reasons)
    proxy = _row(
        party,
        authority,
        at,
        state="waiting",
        entered_by=signer.actor,
        entered_role=signer.role,
        document_name=plain,
        content_type=content_type(content) or "",
        content=seal_bytes(content, purpose=_PURPOSE),
        sha256=digest,
    )
    proxy.save()
    _record(proxy, "proxy.entered", signer.actor, at)
    return proxy


@transaction.atomic(durable=True)
@sensitive_variables("code")
def confirm_proxy(*, proxy_id: int, signer: Signer, at: datetime) -> Granted:
    """The second person has compared the paper: in force from now on.

    Weighed once more, for others may have been entered meanwhile. RuleViolation
    "proxy.decided", "proxy.same_person", "proxy.role", "proxy.invalid".
    """
    proxy = _proxy(proxy_id)
    _demand_second(proxy, signer)
    stated = Stated(
        proxy.agent_name,
        proxy.agent_phone,
        proxy.motions,
        proxy.powers,
        proxy.signed_on,
        proxy.until,
        by_owner=True,
    )
    _authority, reasons = _weighed(proxy.party, stated, at, but=proxy.pk)
    demand_none("proxy.invalid", reasons)
    proxy.state = "active"
    code = _new_code(proxy)
    _decide(proxy, signer, at)
    _record(proxy, "proxy.confirmed", signer.actor, at)
    _tell(proxy, at)
    return Granted(proxy, code)


@transaction.atomic(durable=True)
def decline_proxy(*, proxy_id: int, reason: str, signer: Signer, at: datetime) -> Proxy:
    """The second person found that the paper does not say so.

    RuleViolation "proxy.decided", "proxy.same_person", "proxy.role", "proxy.reason".
    """
    proxy = _proxy(proxy_id)
    _demand_second(proxy, signer)
    demand_none("proxy.reason", ruling_reasons(reason=reason))
    proxy.state, proxy.answer = "declined", reason.strip()
    _decide(proxy, signer, at)
    _record(proxy, "proxy.declined", signer.actor, at)
    return proxy


@transaction.atomic(durable=True)
def revoke_proxy(*, proxy_id: int, actor: str, reason: str, at: datetime) -> Proxy:
    """End an authority before the agent has voted; harmless where it is ended.

    After that the owner votes in person, which replaces the agent's ballot. RuleViolation
    "proxy.has_voted".
    """
    proxy = _proxy(proxy_id)
    if proxy.state not in ("waiting", "active"):
        return proxy
    if proxy.ballots.exists():
        raise RuleViolation(
            "proxy.has_voted",
            "受托人已经投票，不能再撤销；业主本人投一次，就取代受托人投的票",
        )
    told = proxy.state == "active"
    proxy.state, proxy.answer = "revoked", reason.strip()[:500]
    proxy.decided_by, proxy.decided_at = actor, at
    proxy.save()
    _record(proxy, "proxy.revoked", actor, at)
    if told:
        _queue(proxy, "proxy_revoked", proxy.agent_phone, at)
    return proxy


@transaction.atomic(durable=True)
@sensitive_variables("code")
def renew_proxy_code(*, proxy_id: int, actor: str, at: datetime) -> Granted:
    """A new code for an agent who lost it; the old one is void.

    RuleViolation "proxy.not_active".
    """
    proxy = _proxy(proxy_id)
    if proxy.state != "active" or phase(proxy.session, at) not in {"announced", "open"}:
        raise RuleViolation("proxy.not_active", "这项委托已经结束，不能再发码")
    code = _new_code(proxy)
    proxy.save(update_fields=["code_hmac"])
    _record(proxy, "proxy.code_renewed", actor, at)
    return Granted(proxy, code)


def document_of_proxy(proxy: Proxy) -> bytes:
    """The paper as it was uploaded; b"" where the owner made it online, or it went with the
    ballots."""
    sealed = bytes(proxy.content)
    return open_bytes(sealed, purpose=_PURPOSE) if sealed else b""


# --- what is looked at before ------------------------------------------------------------


def _locked(session_id: int, party_id: int) -> Party:
    # The session's lock keeps two authorities for one agent from passing the cap together.
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id, session=session)
    party.session = session
    return party


def _proxy(proxy_id: int) -> Proxy:
    """The authority, read under the locks of its session and party."""
    place = Proxy.objects.values_list("session", "party").get(pk=proxy_id)
    party = _locked(*place)
    proxy = Proxy.objects.get(pk=proxy_id)
    proxy.party, proxy.session = party, party.session
    return proxy


def _weighed(
    party: Party, stated: Stated, at: datetime, *, but: int = 0
) -> tuple[Authority, list[Reason]]:
    session = party.session
    if session.closes_at is None:
        raise ValueError("authorities are of a frozen session")
    found: list[Reason] = []
    try:
        phone = clean_phone(stated.phone)
    except RuleViolation as refused:
        phone, found = "", [Reason(refused.code, str(refused), "phone")]
    authority = Authority(
        agent=stated.agent.strip(),
        phone=phone,
        motions=tuple(sorted(set(stated.motions))),
        powers=stated.powers,
        signed_on=stated.signed_on,
        until=stated.until,
        by_owner=stated.by_owner,
    )
    most = session.profile.get("proxy_max")
    standing = Standing(
        today=local_day(at),
        closes_on=local_day(session.closes_at),
        motions=tuple(session.motions.values_list("position", flat=True)),
        voted=party.ballots > 0,
        over=phase(session, at) not in {"announced", "open"},
        has_agent=party.proxies.filter(state__in=("waiting", "active"))
        .exclude(pk=but)
        .exists(),
        principals=other_principals(party, phone_hash(phone)) if phone else 0,
        most=most["value"] if most else None,
        is_manager_staff=works_for_manager(
            session.estate_id, name=authority.agent, phone_hash=phone_hash(phone)
        ),
        is_principal=bool(phone) and phone == party.phone,
    )
    judged = authority_reasons(authority, standing)
    if found:  # said better already
        judged = [one for one in judged if one.code != "proxy.phone"]
    return authority, found + judged


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("proxy.role", "您的角色不能办这件事")


def _demand_second(proxy: Proxy, signer: Signer) -> None:
    if proxy.state != "waiting":
        raise RuleViolation("proxy.decided", "这项委托已经有人决定或者撤销了")
    _demand_role(signer, Permission.CONFIRM_STANDIN)
    if signer.actor == proxy.entered_by:
        raise RuleViolation("proxy.same_person", "录入的人不能自己确认，请另一个人来办")


# --- what is written -----------------------------------------------------------------------


def _row(party: Party, authority: Authority, at: datetime, **fields: Any) -> Proxy:
    if authority.signed_on is None or authority.until is None:
        raise ValueError("an authority without its days was refused before")
    return Proxy(
        session=party.session,
        party=party,
        agent_name=authority.agent,
        agent_phone=authority.phone,
        agent_phone_hash=phone_hash(authority.phone),
        motions=list(authority.motions),
        powers=authority.powers,
        signed_on=authority.signed_on,
        until=authority.until,
        entered_at=at,
        **fields,
    )


def _new_code(proxy: Proxy) -> str:
    code = new_code(LENGTH, choice)
    proxy.code_hmac = code_hmac(code)
    return code


def _decide(proxy: Proxy, signer: Signer, at: datetime) -> None:
    proxy.decided_by, proxy.decided_role, proxy.decided_at = signer.actor, signer.role, at
    proxy.save()


def _tell(proxy: Proxy, at: datetime) -> None:
    _queue(proxy, "proxy_granted", proxy.party.phone, at)
    _queue(proxy, "proxy_asked", proxy.agent_phone, at)


def _queue(proxy: Proxy, template: str, phone: str, at: datetime) -> None:
    session = proxy.session
    queue_message(
        key=f"session:{session.pk}:{template}:{proxy.pk}",
        phone=phone,
        template=template,
        params={
            "estate": session.estate.name,
            "title": session.title,
            "phone": session.contact_phone,
        },
        at=at,
    )


def _record(proxy: Proxy, act: str, actor: str, at: datetime) -> None:
    facts = {"session": proxy.session.code, "party": proxy.party.number, "proxy": proxy.pk}
    if proxy.sha256:
        facts["sha256"] = proxy.sha256
    record_act(f"estate/{proxy.session.estate.code}", act, facts, actor=actor, at=at)
