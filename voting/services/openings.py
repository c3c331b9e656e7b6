"""Named votes: every counted ballot is opened after the result, for few eyes only.

The file openings.jsonl lies line by line, encrypted; it is no part of any export. The owner
sees the own line; somebody in office one line at a time, by a request that is logged.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.permissions import Permission, roles_with
from core.canonical import canonical
from core.errors import RuleViolation
from logbook.selectors import lines as lines_of
from logbook.steps import append_to, locked_log, record_act
from registry.fields import data_ring, seal_bytes
from voting.domain.drafts import court_reasons, look_reasons
from voting.domain.reasons import demand_none
from voting.domain.thresholds import Count
from voting.models import Look, OpenedLine, Openings, Session, TrusteeKey
from voting.models.opened import line_purpose
from voting.protocol import handed, openings, sealing
from voting.protocol.hashing import hkdf
from voting.protocol.manifest import Manifest
from voting.protocol.openings import Counted
from voting.protocol.refusal import Refused
from voting.selectors import board_of, body_of, ceremony_of, terms
from voting.selectors.opened import counted_ballots, opened_lines
from voting.selectors.retention import demand_ballots
from voting.steps import board_name, checkpoint_board

MAX_SIZE = 256 * 1024 * 1024  # bytes of a trustee's file: some 4 KB for each ballot
_BATCH = 500
# Who is a party to the vote, or organises it, sees no neighbour's choice, whatever else
# they are.
_NEVER = frozenset({"organiser", "property_manager"})


class Looker(NamedTuple):
    """Who asks: "user:7", with every role held for the estate."""

    actor: str
    roles: Sequence[str]


@transaction.atomic(durable=True)
@sensitive_variables("secret", "lines")
def open_ballots(*, session_id: int, at: datetime) -> Openings:
    """Open every counted ballot with the platform's key: entry `openings`.

    Harmless where it is done already. RuleViolation "openings.secret",
    "openings.not_counted", "openings.trustees", "openings.key_gone".
    """
    session = _counted(session_id)
    done = Openings.objects.filter(session=session).first()
    if done is not None:
        return done
    if ceremony_of(session) is not None:
        raise RuleViolation("openings.trustees", "开票钥匙在保管人手里，要由他们打开单张票")
    key = TrusteeKey.objects.filter(session=session, index=1).first()
    if key is None or key.destroyed_at is not None:
        raise RuleViolation("openings.key_gone", "平台的开票钥匙已经销毁，不能再打开单张票")
    manifest, counted = terms(session), counted_ballots(session)
    secret = int(key.secret, 16)
    lines = list(openings.make_lines(manifest, counted, trustee=1, secret=secret))
    _store(session, 1, counted, lines)
    return _finish(session, manifest, counted, lines, at)


@transaction.atomic(durable=True)
@sensitive_variables("lines")
def deliver_openings(*, session_id: int, content: bytes, at: datetime) -> bool:
    """Take a trustee's sealed openings; the k-th leads to the entry `openings`. Whether it is
    complete now.

    The same trustee's file again does no harm. RuleViolation "openings.*" with the reason.
    """
    session = _counted(session_id)
    if Openings.objects.filter(session=session).exists():
        return True
    demand_ballots(session)
    if ceremony_of(session) is None:
        raise RuleViolation("openings.not_due", "这次会议的开票钥匙不在保管人手里，不用交")
    manifest = terms(session)
    trustee, lines = _unsealed(session, manifest, content)
    came = OpenedLine.objects.filter(session=session)
    if came.filter(trustee=trustee).exists():
        return False
    counted = counted_ballots(session)
    if len(lines) != len(counted):
        raise RuleViolation("openings.proof", "打开的票数和计入的票数不一样，没有收下")
    try:
        for ballot, line in zip(counted, lines, strict=True):
            who, _shares = openings.read_line(manifest, ballot, line)
            if who != trustee:
                raise Refused("openings", "another trustee's line")
    except Refused as refused:
        raise RuleViolation(
            "openings.proof", f"这个文件的证明不成立（{refused.detail}），没有收下"
        ) from refused
    _store(session, trustee, counted, lines)
    if counted and came.values("trustee").distinct().count() < manifest.threshold:
        return False
    _finish(session, manifest, counted, list(opened_lines(session)), at)
    return True


def opening_request(session: Session) -> bytes:
    """The file by which trustees are asked, signed by the board's key."""
    manifest = terms(session)
    value = handed.request(
        manifest,
        result=_result_hash(session, manifest),
        key=sealing.public_key(_private(session, data_ring().keys[0])),
        board_secret=settings.BOARD_KEY,
    )
    return canonical(value) + b"\n"


@transaction.atomic(durable=True)
def look_at_ballot(
    *, session_id: int, number: int, reason: str, court: str, looker: Looker, at: datetime
) -> Look:
    """Write down that somebody in office is shown how party `number` voted, and why.

    `court`: which court asks by which letter, where it is for one. RuleViolation
    "look.invalid" with every reason, "look.role", "look.not_opened", "look.not_counted".
    """
    session = Session.objects.select_related("estate").get(pk=session_id)
    role = _looking_role(looker)
    demand_ballots(session)
    demand_none("look.invalid", look_reasons(reason=reason, court=court))
    if not Openings.objects.filter(session=session).exists():
        raise RuleViolation("look.not_opened", "单张票还没有打开，现在看不到")
    party = session.parties.get(number=number)
    if not OpenedLine.objects.filter(session=session, party=number).exists():
        raise RuleViolation("look.not_counted", "这一户没有计入的票，没有可以看的")
    look = Look.objects.create(
        session=session,
        party=party,
        actor=looker.actor,
        role=role,
        reason=reason.strip(),
        court=court.strip(),
        looked_at=at,
    )
    facts = {
        "session": session.code,
        "party": number,
        "look": look.pk,
        "role": role,
        "court": bool(court.strip()),
    }
    place = f"estate/{session.estate.code}"
    record_act(place, "ballot.looked_at", facts, actor=looker.actor, at=at)
    return look


@transaction.atomic(durable=True)
def record_export(*, session_id: int, number: str, at: datetime) -> None:
    """Write down that the whole file leaves, for the paper of that number.

    RuleViolation "look.not_opened", "look.invalid".
    """
    session = Session.objects.select_related("estate").get(pk=session_id)
    demand_ballots(session)
    demand_none("look.invalid", court_reasons(court="-", number=number))
    if not Openings.objects.filter(session=session).exists():
        raise RuleViolation("look.not_opened", "单张票还没有打开，现在看不到")
    facts = {"session": session.code, "for": number.strip()}
    place = f"estate/{session.estate.code}"
    record_act(place, "openings.exported", facts, actor="operator", at=at)


def may_look(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles for an estate may see single ballots there."""
    held = set(roles)
    return bool(held & set(roles_with(Permission.LOOK_AT_BALLOTS))) and not held & _NEVER


# --- small things ---------------------------------------------------------------------------


def _looking_role(looker: Looker) -> str:
    if not may_look(looker.roles):
        raise RuleViolation(
            "look.role", "只有监票人和街道可以看单张票；兼任组织者或者物业的，也不能看"
        )
    allowed = roles_with(Permission.LOOK_AT_BALLOTS)
    return next(role for role in looker.roles if role in allowed)


def _counted(session_id: int) -> Session:
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.opening_policy != "named":
        raise RuleViolation("openings.secret", "这次会议只公布合计，不打开单张票")
    if session.state not in {"counted", "resolved"}:
        raise RuleViolation("openings.not_counted", "公布结果以后才打开单张票")
    return session


def _store(
    session: Session, trustee: int, counted: Sequence[Counted], lines: Sequence[bytes]
) -> None:
    OpenedLine.objects.bulk_create(
        [
            OpenedLine(
                session=session,
                trustee=trustee,
                party=ballot.party,
                line=seal_bytes(line, purpose=line_purpose(session.pk, trustee, ballot.party)),
            )
            for ballot, line in zip(counted, lines, strict=True)
        ],
        batch_size=_BATCH,
    )


def _finish(
    session: Session,
    manifest: Manifest,
    counted: Sequence[Counted],
    lines: Sequence[bytes],
    at: datetime,
) -> Openings:
    """The entry, once what was opened is found to add up to the result."""
    result = body_of(session, "result")
    if result is None:
        raise ValueError("a counted session has its result")
    totals = [
        [Count(total["heads"], total["area"]) for total in motion["totals"]]
        for motion in result["motions"]
    ]
    openings.verify(manifest, counted, totals, lines)
    digest = sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    body = {"sha256": digest, "ballots": len(counted)}
    append_to(locked_log(board_name(session.code)), "openings", body, at=at)
    checkpoint_board(session, at=at)
    return Openings.objects.create(session=session, opened_at=at)


def _unsealed(session: Session, manifest: Manifest, content: bytes) -> tuple[int, list[bytes]]:
    try:
        head = handed.read_head(manifest, content)
        if head.entry != _result_hash(session, manifest):
            raise RuleViolation("openings.another", "这个文件不是为这次会议的结果做的")
        # Sealed to a key of any of ours: the data key may have been replaced since.
        *some, last = [_private(session, key) for key in data_ring().keys]
        for private in some:
            with suppress(Refused):
                return head.trustee, handed.unseal(manifest, content, private=private)
        return head.trustee, handed.unseal(manifest, content, private=last)
    except Refused as refused:
        raise RuleViolation(
            "openings.file",
            "这不是保管人为这次会议打开单张票的文件，或者不完整：请重新拷贝一份",
        ) from refused


def _result_hash(session: Session, manifest: Manifest) -> str:
    (line,) = lines_of(board_of(session), kinds=["result"])
    return manifest.suite.hash(line).hex()


def _private(session: Session, data_key: bytes) -> bytes:
    """The key trustees seal to; of each session its own, under the key that keeps its data."""
    return hkdf(
        "sha256",
        data_key,
        salt=session.code.encode(),
        info=b"yishi/openings",
        length=sealing.KEY_SIZE,
    )
