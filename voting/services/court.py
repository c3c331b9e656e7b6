"""A court has one ballot of a secret vote opened: entered by one person, checked by another.

What is opened is sealed to the key on the court's paper; the platform keeps only that. Who
enters another key than the court's could read the ballot: so two people in two roles look at
the paper, the board shows the key to everybody, and trustees compare it before they open.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.permissions import Permission, roles_with
from accounts.steps import queue_message
from core.errors import RuleViolation
from logbook.models import Log
from logbook.selectors import line_at
from logbook.steps import append_to, locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons, content_type, court_reasons
from voting.domain.reasons import Reason, demand_none
from voting.models import Ballot, CourtFile, CourtOrder, Session, TrusteeKey
from voting.protocol import handed, openings, sealing
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape, unb64
from voting.selectors import board_of, ceremony_of, terms
from voting.selectors.opened import ballot_to_open
from voting.selectors.retention import demand_ballots
from voting.steps import Signer, board_name, checkpoint_board

MAX_SIZE = 1024 * 1024  # bytes of a trustee's file: one ballot
_PURPOSE = "voting.court_order.content"
_KEY = Shape("key")


class Paper(NamedTuple):
    """A court's order: its court and number, the public key it names, and the paper itself,
    a PDF, PNG or JPEG with its file name."""

    court: str
    number: str
    key: str
    name: str
    content: bytes


@transaction.atomic(durable=True)
def enter_court_order(
    *,
    session_id: int,
    ballot_id: int,
    paper: Paper,
    signer: Signer,
    at: datetime,
) -> CourtOrder:
    """Enter what a court orders; nothing is opened yet.

    Entered twice by the same person on the same paper, it is one. RuleViolation
    "court.invalid" with every reason, "court.role", "court.named", "court.too_early",
    "court.open", "court.key_gone", "ballots.destroyed".
    """
    session = _locked(session_id)
    _demand_role(signer, Permission.ENTER_COURT_ORDER)
    _demand_may_open(session)
    plain = paper.name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    demand_none(
        "court.invalid",
        [
            *court_reasons(court=paper.court, number=paper.number),
            *_key_reasons(paper.key),
            *attachment_reasons(
                name=plain, content=paper.content, most=settings.UPLOAD_MAX_BYTES
            ),
        ],
    )
    digest = sha256(paper.content).hexdigest()
    ballot = Ballot.objects.get(pk=ballot_id, session=session)
    waiting = ballot.court_orders.filter(state="proposed").first()
    if waiting is not None:
        if (waiting.proposed_by, waiting.sha256) == (signer.actor, digest):
            return waiting
        raise RuleViolation("court.open", "这张票已经有一份文书在等第二人核对")
    order = CourtOrder.objects.create(
        session=session,
        ballot=ballot,
        court=paper.court.strip(),
        number=paper.number.strip(),
        key=paper.key.strip(),
        document_name=plain,
        content_type=content_type(paper.content) or "",
        content=seal_bytes(paper.content, purpose=_PURPOSE),
        sha256=digest,
        proposed_by=signer.actor,
        proposed_role=signer.role,
        proposed_at=at,
    )
    _record(order, "court_order.entered", signer, at)
    return order


@transaction.atomic(durable=True)
def confirm_court_order(*, order_id: int, signer: Signer, at: datetime) -> CourtOrder:
    """The second person's yes: entry `court_order`; the owner is told.

    With the platform's key the ballot is opened to the court at once (entry
    `court_opening`); trustees are waited for. Harmless where the same person has confirmed
    already. RuleViolation "court.role", "court.same_person", "court.same_role",
    "court.decided", "court.key_gone".
    """
    order = _order(order_id)
    session = order.session
    if (order.state, order.decided_by) == ("confirmed", signer.actor):
        return order
    _demand_second(order, signer)
    _demand_may_open(session)
    log = locked_log(board_name(session.code))
    body = {
        "party": order.ballot.party.number,
        "seq": order.ballot.seq,
        "court": order.court,
        "number": order.number,
        "sha256": order.sha256,
        "key": order.key,
        "signers": [
            f"{order.proposed_role}/{order.proposed_by}",
            f"{signer.role}/{signer.actor}",
        ],
    }
    order.seq = append_to(log, "court_order", body, at=at).seq
    _decide(order, "confirmed", signer, at)
    if ceremony_of(session) is None:
        _open_by_platform(order, log, at)
    _record(order, "court_order.confirmed", signer, at, {"seq": order.seq})
    queue_message(
        key=f"session:{session.pk}:court:{order.pk}",
        phone=order.ballot.party.phone,
        template="ballot_for_court",
        params={
            "estate": session.estate.name,
            "title": session.title,
            "court": order.court,
            "phone": session.contact_phone,
        },
        at=at,
    )
    checkpoint_board(session, at=at)
    return order


@transaction.atomic(durable=True)
def decline_court_order(*, order_id: int, signer: Signer, at: datetime) -> CourtOrder:
    """The second person's no. RuleViolation as in `confirm_court_order`."""
    order = _order(order_id)
    if (order.state, order.decided_by) == ("declined", signer.actor):
        return order
    _demand_second(order, signer)
    _decide(order, "declined", signer, at)
    _record(order, "court_order.declined", signer, at)
    return order


@transaction.atomic(durable=True)
def withdraw_court_order(*, order_id: int, signer: Signer, at: datetime) -> CourtOrder:
    """Who entered it takes it back. RuleViolation "court.not_yours", "court.decided"."""
    order = _order(order_id)
    if order.proposed_by != signer.actor:
        raise RuleViolation("court.not_yours", "只有登记的人可以撤回")
    if order.state == "withdrawn":
        return order
    _demand_undecided(order)
    _decide(order, "withdrawn", signer, at)
    _record(order, "court_order.withdrawn", signer, at)
    return order


@transaction.atomic(durable=True)
def deliver_court_file(*, order_id: int, content: bytes, at: datetime) -> CourtFile:
    """Take what a trustee opened for the court: entry `court_opening` with its hash.

    Nobody here can look inside; the court's tool checks the proofs. The same file again does
    no harm. RuleViolation "court.file", "court.another", "court.twice", "court.not_due".
    """
    order = _order(order_id)
    session = order.session
    demand_ballots(session)
    if order.state != "confirmed" or ceremony_of(session) is None:
        raise RuleViolation("court.not_due", "现在不用交：文书还没有核对，或者不用保管人打开")
    manifest = terms(session)
    try:
        head = handed.read_head(manifest, content)
    except Refused as refused:
        raise RuleViolation(
            "court.file", "这不是保管人为法院打开一张票的文件，或者不完整：请重新拷贝一份"
        ) from refused
    if head.entry != _entry_hash(order):
        raise RuleViolation("court.another", "这个文件是为另一份文书做的")
    came = order.files.filter(trustee=head.trustee).first()
    if came is not None:
        if bytes(came.content) == content:
            return came
        raise RuleViolation("court.twice", f"第{head.trustee}位保管人已经交过另一个文件")
    if order.files.count() >= manifest.threshold:
        raise RuleViolation("court.not_due", "需要的文件已经够了，不用再交")
    log = locked_log(board_name(session.code))
    file = _take(order, log, head.trustee, content, at)
    checkpoint_board(session, at=at)
    return file


def document_of(order: CourtOrder) -> bytes:
    """The court's paper, as it was uploaded."""
    return open_bytes(bytes(order.content), purpose=_PURPOSE)


# --- what is looked at before ---------------------------------------------------------------


def _locked(session_id: int) -> Session:
    locked = Session.objects.select_for_update(of=("self",), no_key=True).select_related(
        "estate"
    )
    return locked.get(pk=session_id)


def _order(order_id: int) -> CourtOrder:
    """The order, read under the lock of its session."""
    session = _locked(CourtOrder.objects.values_list("session", flat=True).get(pk=order_id))
    found = CourtOrder.objects.select_related("ballot__party").defer("content")
    order = found.get(pk=order_id)
    order.session = session
    return order


def _demand_may_open(session: Session) -> None:
    if session.opening_policy != "secret":
        raise RuleViolation("court.named", "这次是记名表决，法院要看的，按“查阅记名票”办理")
    if session.state != "resolved":
        raise RuleViolation("court.too_early", "出了决议以后，才能按法院的要求打开一张票")
    demand_ballots(session)
    if ceremony_of(session) is None and not _platform_key(session):
        raise RuleViolation("court.key_gone", "平台的开票钥匙已经按期销毁，谁也打不开了")


def _platform_key(session: Session) -> TrusteeKey | None:
    keys = TrusteeKey.objects.filter(session=session, index=1, destroyed_at__isnull=True)
    return keys.first()


def _key_reasons(key: str) -> list[Reason]:
    try:
        usable = sealing.takes(_KEY.data(key.strip(), "key", sealing.KEY_SIZE))
    except Refused:
        usable = False
    if usable:
        return []
    return [Reason("court.key", "公钥要和文书上的43个字符完全一样，请逐字核对", "key")]


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("court.role", "您的角色不能办这件事")


def _demand_second(order: CourtOrder, signer: Signer) -> None:
    _demand_undecided(order)
    _demand_role(signer, Permission.CONFIRM_COURT_ORDER)
    if signer.actor == order.proposed_by:
        raise RuleViolation("court.same_person", "登记的人不能自己核对，请另一个人来办")
    if signer.role == order.proposed_role:
        raise RuleViolation("court.same_role", "要由另一种角色的人核对")


def _demand_undecided(order: CourtOrder) -> None:
    if order.state != "proposed":
        raise RuleViolation("court.decided", "这份文书已经有人核对或者撤回了")


# --- what is written ------------------------------------------------------------------------


@sensitive_variables("secret", "lines")
def _open_by_platform(order: CourtOrder, log: Log, at: datetime) -> None:
    key = _platform_key(order.session)
    if key is None:
        raise ValueError("the platform's key was looked for before")
    manifest, secret = terms(order.session), int(key.secret, 16)
    ballot = ballot_to_open(order.session, order.ballot.party, order.ballot.seq)
    lines = list(openings.make_lines(manifest, [ballot], trustee=1, secret=secret))
    # Our own proofs are checked as the court will check them, before anything is sealed.
    openings.open_one(manifest, ballot, lines)
    data = handed.make(
        manifest,
        entry=_entry_hash(order),
        trustee=1,
        recipient=unb64(order.key),
        lines=lines,
    )
    _take(order, log, 1, data, at)


def _take(order: CourtOrder, log: Log, trustee: int, content: bytes, at: datetime) -> CourtFile:
    body = {"order": order.seq, "trustee": trustee, "sha256": sha256(content).hexdigest()}
    append_to(log, "court_opening", body, at=at)
    return CourtFile.objects.create(
        order=order, trustee=trustee, content=content, received_at=at
    )


def _entry_hash(order: CourtOrder) -> str:
    line = None if order.seq is None else line_at(board_of(order.session), order.seq)
    if line is None:
        raise ValueError("a confirmed order stands on the board")
    return terms(order.session).suite.hash(line).hex()


def _decide(order: CourtOrder, state: str, signer: Signer, at: datetime) -> None:
    order.state = state
    order.decided_by, order.decided_role, order.decided_at = signer.actor, signer.role, at
    order.save(update_fields=["state", "seq", "decided_by", "decided_role", "decided_at"])


def _record(
    order: CourtOrder,
    act: str,
    signer: Signer,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    facts = {
        "session": order.session.code,
        "party": order.ballot.party.number,
        "order": order.pk,
        "sha256": order.sha256,
        "role": signer.role,
        **(more or {}),
    }
    place = f"estate/{order.session.estate.code}"
    record_act(place, act, facts, actor=signer.actor, at=at)
