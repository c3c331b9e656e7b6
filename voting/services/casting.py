"""Recording a ballot.

A ballot is checked before anything is locked; under the locks (party, then board) only what
others could have changed is looked at again. A choice is never stored, logged, or part of
an exception; frames that hold one are kept out of error reports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import choice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from accounts.steps import queue_message
from accounts.texts import TEXTS
from accounts.texts import gaps as text_gaps
from core.canonical import NotCanonical, canonical
from core.codes import new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import append_all, locked_log
from voting.models import Assistance, Ballot, HelpedBallot, Party, Proxy, Session
from voting.protocol import ballot as sealing
from voting.protocol import board, credential
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64, unb64
from voting.selectors import terms, was_by_agent
from voting.steps import RECEIPT_CODE, board_name, points_of, signed_receipt, use_once

_TRIES = 3
_SUBMISSION = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_PLACE = ("ballots", "last_digest", "current_key")


class Helper(NamedTuple):
    """Who casts for the owner: `reason` PROXY or ASSISTED, and that row's key."""

    reason: str
    pk: int


# A tablet that lies about is no standing authority.
ASSISTED_WITHIN = timedelta(hours=1)


def cast_sealed(
    *,
    session_id: int,
    party_id: int,
    submission: str,
    ballot: Mapping[str, Any],
    replacement_key: str | None,
    helper: Helper | None = None,
    at: datetime,
) -> Ballot:
    """Record a ballot the owner's browser encrypted and signed.

    `submission` names the act: cast twice, it is recorded once, and so is the same ballot.
    `replacement_key` (base64url): a key the browser made after the second check; it takes
    the place of the party's credential, and a `helper` always needs one. RuleViolation
    "vote.not_open", "vote.closed", "ballot.refused" (facts: check, detail of the protocol),
    "ballot.overtaken"; "proxy.ended", "proxy.matter", "assist.over" for a helper.
    """
    _demand_submission(submission)
    party = _party(session_id, party_id)
    given = dict(ballot)
    repeated = party.ballots and _recorded(party, submission, _digest(party.session, given))
    if repeated:
        return repeated
    _demand_open(party.session, at)
    after_proxy = _demand_revote(party, helper)
    if given.get("encrypted_by") != sealing.BROWSER:
        raise _refusal(Refused("ballots.shape", "encrypted_by: not browser"))
    if replacement_key is None and helper is not None:
        raise _refusal(Refused("ballots.credential", "a helper uses no letter"))
    if replacement_key is not None:
        _demand_fresh(party, replacement_key)
    try:
        parsed = sealing.verify_ballot(
            terms(party.session),
            given,
            expected_key=_key(
                party.current_key if replacement_key is None else replacement_key
            ),
            expected_number=party.ballots + 1,
            expected_previous=party.last_digest,
            after_proxy=after_proxy,
        )
    except Refused as refused:
        # Not the next ballot of its party: the owner has voted meanwhile, in another window.
        overtaken = refused.check == "ballots.sequence"
        raise (_overtaken() if overtaken else _refusal(refused)) from None
    if parsed.party != party.number:
        raise _refusal(Refused("ballots.credential", "another party's number"))
    return _record(_Cast(party, submission, given, parsed, replacement_key, helper), at=at)


@sensitive_variables("choices", "secret", "given")
def cast_plain(
    *,
    session_id: int,
    party_id: int,
    submission: str,
    choices: Sequence[Sequence[int] | None],
    helper: Helper | None = None,
    at: datetime,
) -> Ballot:
    """Encrypt the choices at once with a fresh replacement credential, and record them.

    `choices`: per motion in order None (does not take part) or the chosen option indexes.
    RuleViolation "ballot.choices" where the manifest does not allow them, else as
    `cast_sealed`.
    """
    _demand_submission(submission)
    for _try in range(_TRIES):
        party = _party(session_id, party_id)
        repeated = party.ballots and _recorded(party, submission, "")
        if repeated:
            return repeated
        _demand_open(party.session, at)
        after_proxy = _demand_revote(party, helper)
        manifest = terms(party.session)
        secret, key = credential.random_key(manifest.suite)
        try:
            given = sealing.seal(
                manifest,
                party=party.number,
                key_secret=secret,
                choices=choices,
                number=party.ballots + 1,
                previous=party.last_digest,
                encrypted_by=sealing.SERVER,
            )
        except ValueError:
            raise RuleViolation(
                "ballot.choices", "每一项最多选一个答案，至少要对一项表态"
            ) from None
        parsed = sealing.verify_ballot(
            manifest,
            given,
            expected_key=key,
            expected_number=party.ballots + 1,
            expected_previous=party.last_digest,
            after_proxy=after_proxy,
        )
        try:
            return _record(_Cast(party, submission, given, parsed, b64(key), helper), at=at)
        except RuleViolation as refusal:
            if refusal.code != "ballot.overtaken":
                raise
    raise _overtaken()


@dataclass(frozen=True)
class _Cast:
    """A ballot that holds, and what it was checked against."""

    party: Party  # as read without a lock, with its session
    submission: str
    value: dict[str, Any]
    parsed: sealing.Ballot
    replacement_key: str | None
    helper: Helper | None


def _party(session_id: int, party_id: int) -> Party:
    return (
        Party.objects.select_related("session")
        .only(
            *("number", "key", "phone", "session_id", *_PLACE),
            "session__code",
            "session__title",
            "session__state",
            "session__opens_at",
            "session__closes_at",
            "session__revote",
            "session__manifest_hash",
            "session__contact_phone",
        )
        .get(pk=party_id, session_id=session_id)
    )


def _demand_submission(submission: str) -> None:
    if not _SUBMISSION.fullmatch(submission):
        raise RuleViolation("ballot.submission", "表单不完整，请回到投票页面再投")


def _recorded(party: Party, submission: str, digest: str) -> Ballot | None:
    same = Q(submission=submission) | Q(digest=digest)
    return Ballot.objects.filter(same, party_id=party.pk).first()


def _digest(session: Session, given: dict[str, Any]) -> str:
    try:
        return sealing.tracker(terms(session), given)
    except NotCanonical as error:
        raise _refusal(Refused("ballots.shape", str(error))) from None


def _demand_open(session: Session, at: datetime) -> None:
    if session.opens_at is None or session.closes_at is None or session.state == "draft":
        raise RuleViolation("vote.not_open", "投票还没有开始")
    if session.state == "cancelled":
        raise RuleViolation("vote.cancelled", "这次投票已经取消")
    if session.state != "frozen" or at >= session.closes_at:
        raise RuleViolation("vote.closed", "投票已经截止，这张票没有记录")
    if at < session.opens_at:
        raise RuleViolation("vote.not_open", "投票还没有开始")


def _demand_revote(party: Party, helper: Helper | None) -> bool:
    """Whether the ballot before was the agent's and this one is not.

    That one the owner replaces even where ballots cannot be changed. RuleViolation
    "ballot.no_revote".
    """
    if not party.ballots:
        return False
    by_agent = helper is not None and helper.reason == board.PROXY
    after_proxy = not by_agent and was_by_agent(party)
    if not (party.session.revote or after_proxy):
        raise _no_revote()
    return after_proxy


def _key(text: str) -> bytes:
    try:
        return unb64(text)
    except ValueError:
        raise Refused("ballots.credential", "the replacement key is no key") from None


def _demand_fresh(party: Party, key: str) -> None:
    """A replacement is a key nobody has on this roll, the party itself included."""
    if (
        key == party.current_key
        or Party.objects.filter(session_id=party.session_id, key=key).exists()
    ):
        raise _refusal(Refused("ballots.credential", "the replacement key is in use"))


def _record(cast: _Cast, *, at: datetime) -> Ballot:
    try:
        return _append(cast, at=at)
    except IntegrityError:
        # The points, the digest or the number were on the board already.
        raise _refusal(
            Refused("ballots.unique", "a part of this ballot was used before")
        ) from None


@transaction.atomic(durable=True)
def _append(cast: _Cast, *, at: datetime) -> Ballot:
    party, session = cast.party, cast.party.session
    digest = cast.parsed.digest.hex()
    now = Party.objects.select_for_update(no_key=True).values_list(*_PLACE).get(pk=party.pk)
    if now != (party.ballots, party.last_digest, party.current_key):
        repeated = _recorded(party, cast.submission, digest)
        if repeated:
            return repeated
        party.ballots = now[0]
        _demand_revote(party, cast.helper)
        raise _overtaken()
    if cast.helper is not None:
        _demand_helper(cast, at)
    use_once(session.pk, _points(cast))
    receipt_code = new_code(RECEIPT_CODE, choice)
    _tell_owner(session, party, cast, receipt_code, at)
    acts: list[tuple[str, Mapping[str, Any]]] = [("ballot", cast.value)]
    if cast.replacement_key is not None:
        body = {
            "party": party.number,
            "key": cast.replacement_key,
            "replaces": party.current_key,
            "reason": cast.helper.reason if cast.helper else board.CODE,
        }
        acts.insert(0, ("credential", body))
        party.current_key = cast.replacement_key
    # From here on every other ballot of this session waits.
    log = locked_log(board_name(session.code))
    _demand_open(Session.objects.only("state", "opens_at", "closes_at").get(pk=session.pk), at)
    entry = append_all(log, acts, at=at)[-1]
    party.ballots += 1
    party.last_digest = digest
    party.last_seq = entry.seq
    party.save(update_fields=["ballots", "last_digest", "last_seq", "current_key"])
    made = Ballot.objects.create(
        session_id=session.pk,
        party=party,
        number=party.ballots,
        digest=digest,
        seq=entry.seq,
        encrypted_by=cast.parsed.encrypted_by,
        replacement=party.current_key != party.key,
        receipt=canonical(signed_receipt(terms(session), cast.parsed, entry.seq, log)),
        receipt_code=receipt_code,
        submission=cast.submission,
        recorded_at=at,
    )
    if cast.helper is not None:
        by_agent = cast.helper.reason == board.PROXY
        HelpedBallot.objects.create(
            ballot=made,
            proxy_id=cast.helper.pk if by_agent else None,
            assistance_id=None if by_agent else cast.helper.pk,
        )
    return made


def _demand_helper(cast: _Cast, at: datetime) -> None:
    """Under the party's lock: the agent's authority, or the assistance, still holds."""
    party, helper = cast.party, cast.helper
    if helper is None:
        return
    if helper.reason == board.PROXY:
        proxy = Proxy.objects.only("state", "motions", "until").get(pk=helper.pk, party=party)
        # Civil Code 173: revoked, or over with its period; and the owner voting ends it.
        ended = proxy.state != "active" or local_day(at) > proxy.until
        if ended or (party.ballots and not was_by_agent(party)):
            raise RuleViolation(
                "proxy.ended",
                "委托已经结束：撤销了、业主本人投了票，或者期限过了。这张票没有记录",
            )
        outside = [
            number
            for number, answer in enumerate(cast.value["answers"], start=1)
            if answer is not None and number not in proxy.motions
        ]
        if outside:
            raise RuleViolation("proxy.matter", "这张票里有没有委托给您的事项，没有记录")
        return
    row = Assistance.objects.only("started_at").get(pk=helper.pk, party=party)
    used = HelpedBallot.objects.filter(assistance=helper.pk).exists()
    if used or at - row.started_at > ASSISTED_WITHIN:
        raise RuleViolation(
            "assist.over", "这次代操作已经用过，或者过了一小时。请工作人员重新开始"
        )


def _points(cast: _Cast) -> list[bytes]:
    """What nobody may use again on this board: ciphertexts, and a replacement key."""
    used = points_of(cast.parsed)
    return used if cast.replacement_key is None else [*used, b"K" + cast.parsed.key_bytes]


def _tell_owner(
    session: Session, party: Party, cast: _Cast, receipt_code: str, at: datetime
) -> None:
    """An SMS on every accepted ballot: the defence against votes behind an owner's back."""
    gaps = {
        "estate": terms(session).value["estate"],
        "title": session.title,
        "phone": session.contact_phone,
        "url": f"{settings.PUBLIC_URL}/r/{receipt_code}/not-mine",
    }
    _tell_agent(party, cast, gaps, at)
    if not party.phone:
        return
    number = party.ballots + 1
    texts = ["ballot_recorded" if number == 1 else "ballot_replaced"]
    if cast.helper is not None:
        by_agent = cast.helper.reason == board.PROXY
        texts = ["ballot_by_proxy" if by_agent else "ballot_assisted"]
    elif cast.replacement_key is not None and party.current_key == party.key:
        texts.append("credential_replaced")
        # The letter's own key ends here; later replacements replace replacements.
    for template in texts:
        queue_message(
            key=f"session:{session.pk}:party:{party.pk}:{template}:{number}",
            phone=party.phone,
            template=template,
            params={gap: gaps[gap] for gap in text_gaps(TEXTS[template])},
            at=at,
        )


def _tell_agent(party: Party, cast: _Cast, gaps: dict[str, str], at: datetime) -> None:
    """Tell the agent too: that the ballot came, or that the owner has replaced it."""
    template = "proxy_replaced"
    if cast.helper is not None and cast.helper.reason == board.PROXY:
        template = "proxy_voted"
        proxy = Proxy.objects.only("agent_phone").get(pk=cast.helper.pk)
    elif party.ballots and was_by_agent(party):
        last = HelpedBallot.objects.select_related("proxy")
        found = last.get(ballot__party=party, ballot__number=party.ballots).proxy
        if found is None:
            return
        proxy = found
    else:
        return
    queue_message(
        key=f"session:{party.session_id}:party:{party.pk}:{template}:{party.ballots + 1}",
        phone=proxy.agent_phone,
        template=template,
        params={gap: gaps[gap] for gap in text_gaps(TEXTS[template])},
        at=at,
    )


def _refusal(refused: Refused) -> RuleViolation:
    return RuleViolation(
        "ballot.refused",
        "这张票没有通过检查，没有记录。信补发过的，请用新的一封；没有补发过的，请回到投票页面重新投一次",
        check=refused.check,
        detail=refused.detail,
    )


def _overtaken() -> RuleViolation:
    return RuleViolation(
        "ballot.overtaken", "您家刚在别处投过票或补过信。请回到投票页面，看清楚后再投"
    )


def _no_revote() -> RuleViolation:
    return RuleViolation("ballot.no_revote", "您家已经投过票，这次投票不能改票")
