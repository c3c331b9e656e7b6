"""Paper ballots, from the envelope to the board.

While voting runs an envelope is only registered, unopened. After the close two people read the
sheet, the second without seeing what the first read; where they differ a third one decides by
the scan. What they agree on is encrypted at once, put on the board, and deleted here.
"""

import json
from datetime import datetime
from secrets import choice, token_bytes
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from accounts.permissions import Permission, roles_with
from accounts.steps import queue_message
from core.canonical import canonical
from core.codes import new_code
from core.errors import RuleViolation
from documents.scans import plain_scan
from logbook.models import Log
from logbook.steps import append_to, locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons
from voting.domain.paper import Reading, place_reasons, read_serial, reading_reasons, same
from voting.domain.reasons import Reason, demand_none
from voting.models import Ballot, PaperBallot, PaperReading, Party, Session
from voting.protocol import ballot as sealing
from voting.protocol import credential
from voting.protocol.hashing import lp
from voting.selectors import asked, conflict_of, phase, serial_of, terms
from voting.selectors.papers import OPEN
from voting.steps import (
    RECEIPT_CODE,
    Signer,
    board_name,
    checkpoint_board,
    points_of,
    seal_box,
    signed_receipt,
    use_once,
)

_PURPOSE = "voting.paper.scan"


@transaction.atomic(durable=True)
def register_paper(
    *, session_id: int, serial: str, place: str, signer: Signer, at: datetime
) -> PaperBallot:
    """Write down that an envelope came back; nobody opens it before the close.

    Possible until the box is counted: what was dropped into it is found when it is opened.
    The owner is told. RuleViolation "paper.invalid", "paper.unknown", "paper.reissued",
    "paper.twice", "paper.role", "paper.none", "paper.not_open", "paper.box_counted".
    """
    session = _locked(session_id)
    _demand_role(signer)
    _demand_taking(session, at)
    demand_none("paper.invalid", place_reasons(place))
    party, serial = _party_of(session, serial)
    known = PaperBallot.objects.filter(session=session, serial=serial).first()
    if known is not None:
        raise RuleViolation(
            "paper.twice",
            f"票号{serial}已经登记过了。手里是同一个信封就放好不动；"
            "如果是两个信封、同一个票号，请把两个都单独放好，马上告诉监票人",
        )
    paper = PaperBallot.objects.create(
        session=session,
        party=party,
        serial=serial,
        place=place.strip(),
        registered_by=signer.actor,
        registered_role=signer.role,
        registered_at=at,
    )
    _record(paper, "paper.registered", signer, at)
    queue_message(
        key=f"session:{session.pk}:paper:{paper.pk}",
        phone=party.phone,
        template="paper_received",
        params={
            "estate": session.estate.name,
            "title": session.title,
            "phone": session.contact_phone,
        },
        at=at,
    )
    return paper


@sensitive_variables("reading", "first")
@transaction.atomic(durable=True)
def enter_paper(
    *,
    paper_id: int,
    reading: Reading,
    signer: Signer,
    at: datetime,
    name: str = "",
    content: bytes = b"",
) -> PaperBallot:
    """What one person reads from a sheet: the first with its scan, the second blind.

    Where both agree, the sheet is settled: on the board, or void. `name`, `content`: a PDF,
    PNG or JPEG of the sheet, from the first person; position and device are taken out of it.
    RuleViolation "paper.invalid" with every reason, "paper.role", "paper.too_early",
    "paper.box_counted", "paper.settled", "paper.conflict", "paper.same_person", "paper.third".
    """
    paper = _readable(paper_id, Permission.ENTER_PAPER, signer)
    reasons = reading_reasons(asked(paper.session), reading)
    if paper.state == "differs":
        raise RuleViolation("paper.third", "两个人录得不一样，要第三个人看着扫描件决定")
    first = paper.readings.filter(step=1).first()
    if first is None:
        demand_none("paper.invalid", [*reasons, *_keep_scan(paper, name, content)])
        _write(paper, 1, reading, signer, at)
        _move(paper, "read_once")
        _record(paper, "paper.read", signer, at, step=1)
        return paper
    if first.actor == signer.actor:
        raise RuleViolation(
            "paper.same_person", "第一遍是您录的，第二遍要换一个人，不能看您录的"
        )
    demand_none("paper.invalid", reasons)
    _write(paper, 2, reading, signer, at)
    if same(_read(first), reading):
        _settle(paper, reading, (_named(first), signer), at)
    else:
        _move(paper, "differs")
        _record(paper, "paper.differs", signer, at, step=2)
    return paper


@sensitive_variables("reading", "earlier")
@transaction.atomic(durable=True)
def arbitrate_paper(
    *, paper_id: int, reading: Reading, signer: Signer, at: datetime
) -> PaperBallot:
    """The third person, who looks at the scan, says what the sheet says; that holds.

    RuleViolation as `enter_paper`, and "paper.agreed" where nobody has to decide.
    """
    paper = _readable(paper_id, Permission.SETTLE_PAPER, signer)
    if paper.state != "differs":
        raise RuleViolation("paper.agreed", "两个人还没有录完，或者录得一样，不用第三个人决定")
    earlier = list(paper.readings.all())
    if signer.actor in {one.actor for one in earlier}:
        raise RuleViolation("paper.same_person", "您录过这一张，要由没有录过的人决定")
    demand_none("paper.invalid", reading_reasons(asked(paper.session), reading))
    _write(paper, 3, reading, signer, at)
    # Beside the third stands the one of the two who read the same, if one did.
    agreeing = [one for one in earlier if same(_read(one), reading)]
    _settle(paper, reading, (_named((agreeing or earlier)[0]), signer), at)
    return paper


@transaction.atomic(durable=True)
def show_scan(*, paper_id: int, signer: Signer, at: datetime) -> tuple[bytes, str]:
    """(the scan, its media type), for who still has to read it; every look is logged.

    RuleViolation "paper.role", "paper.settled" once the sheet is settled, "paper.no_scan".
    """
    paper = PaperBallot.objects.select_related("session__estate").get(pk=paper_id)
    may = {*roles_with(Permission.ENTER_PAPER), *roles_with(Permission.SETTLE_PAPER)}
    if signer.role not in may:
        raise RuleViolation("paper.role", "您的角色不能办这件事")
    if paper.state not in OPEN:
        raise RuleViolation("paper.settled", "这一张已经录完，扫描件封存，不再打开")
    if not paper.scan:
        raise RuleViolation("paper.no_scan", "还没有扫描件")
    _record(paper, "paper.scan_seen", signer, at)
    return open_bytes(bytes(paper.scan), purpose=_PURPOSE), paper.scan_type


# --- what is looked at before ------------------------------------------------------------


def _locked(session_id: int) -> Session:
    locked = Session.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("estate").get(pk=session_id)


def _demand_role(signer: Signer, permission: Permission = Permission.ENTER_PAPER) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("paper.role", "您的角色不能办这件事")


def _demand_taking(session: Session, at: datetime) -> None:
    if not session.paper:
        raise RuleViolation("paper.none", "这次会议不收纸质票，会议公告里写明了")
    if phase(session, at) not in {"open", "closed"}:
        raise RuleViolation("paper.not_open", "投票还没有开始，或者已经计票，不能登记纸质票")
    _demand_box_open(session)


def _demand_box_open(session: Session) -> None:
    if session.state in {"counted", "resolved"} or session.box_counts.filter(state="sealed"):
        raise RuleViolation("paper.box_counted", "票箱已经点清，记入了公告板，不能再改")


def _party_of(session: Session, serial: str) -> tuple[Party, str]:
    """Whose sheet this is, and its serial. RuleViolation says what to do with any other."""
    read = read_serial(serial)
    if read is None:
        raise RuleViolation(
            "paper.unknown", "票号应当像 00042-7K3Q，在表决票右上角。请再扫一次或者照着打"
        )
    mine = Q(serial=read) | Q(reissued_serials__serial=read)
    party = session.parties.filter(mine).first()
    if party is not None and serial_of(party) == read:
        return party, read
    if party is not None:
        raise RuleViolation(
            "paper.reissued",
            f"票号{read}的信已经补发，这一张作废。请单独放好，不要放进票箱；业主要用新的一张",
        )
    if Party.objects.filter(mine).exists():
        raise RuleViolation(
            "paper.unknown", f"票号{read}是另一次会议的，不是这一次的。请单独放好，不要放进票箱"
        )
    raise RuleViolation(
        "paper.unknown",
        f"这次会议没有发过票号{read}。请对照纸上再打一遍；确实是这个号的，单独放好，告诉监票人",
    )


def _readable(paper_id: int, permission: Permission, signer: Signer) -> PaperBallot:
    session = _locked(PaperBallot.objects.values_list("session", flat=True).get(pk=paper_id))
    paper = PaperBallot.objects.select_related("party").get(pk=paper_id)
    paper.session = session
    _demand_role(signer, permission)
    if session.state in {"draft", "frozen", "cancelled"}:
        raise RuleViolation("paper.too_early", "投票截止以前，信封只登记，不拆封，不录入")
    if paper.state not in OPEN:
        raise RuleViolation("paper.settled", "这一张已经录完，或者已经决定不计入")
    _demand_box_open(session)
    boxes = session.box_counts.filter(state__in=("stated", "agreed"))
    if boxes.filter(Q(first_by=signer.actor) | Q(second_by=signer.actor)).exists():
        raise RuleViolation("paper.box_counter", "您清点了票箱，录入要由没有清点的人来办")
    if paper.rulings.filter(state="proposed").exists():
        raise RuleViolation("paper.ruling_open", "这一张有提议在等第二人决定，决定以后再录入")
    cleared = paper.rulings.filter(state="confirmed", counts=True).exists()
    if conflict_of(paper) and not cleared:
        raise RuleViolation(
            "paper.conflict", "这一户在网上也投了票，或者信补发过：先由两个人决定，再拆封"
        )
    return paper


# --- what is written -----------------------------------------------------------------------


def _keep_scan(paper: PaperBallot, name: str, content: bytes) -> list[Reason]:
    """Put the scan on the row, encrypted; what is wrong with it, instead."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    found = attachment_reasons(name=plain, content=content, most=settings.UPLOAD_MAX_BYTES)
    if found:
        return found
    try:
        kept, kind = plain_scan(content)
    except RuleViolation as refused:
        return [Reason(refused.code, str(refused), "content")]
    salt = token_bytes(16)
    suite = terms(paper.session).suite
    paper.scan = seal_bytes(kept, purpose=_PURPOSE)
    paper.scan_type = kind
    paper.scan_salt = salt.hex()
    paper.scan_hash = suite.hash(lp("YISHI-1-paper", salt, kept)).hex()
    paper.save(update_fields=["scan", "scan_type", "scan_salt", "scan_hash"])
    return []


def _write(
    paper: PaperBallot, step: int, reading: Reading, signer: Signer, at: datetime
) -> None:
    PaperReading.objects.create(
        paper=paper,
        step=step,
        actor=signer.actor,
        role=signer.role,
        at=at,
        content=json.dumps(reading.as_json()),
    )


def _read(row: PaperReading) -> Reading:
    return Reading.from_json(json.loads(row.content))


def _named(row: PaperReading) -> Signer:
    return Signer(row.actor, row.role)


def _move(paper: PaperBallot, state: str) -> None:
    paper.state = state
    paper.save(update_fields=["state"])


@sensitive_variables("reading")
def _settle(
    paper: PaperBallot, reading: Reading, signers: tuple[Signer, Signer], at: datetime
) -> None:
    session = paper.session
    log: Log | None = None
    if reading.void:
        paper.state, paper.void = "spoiled", reading.void
    else:
        log = _enter(paper, reading, signers, at)
        paper.state, paper.faults = "entered", list(reading.faults)
    paper.settled_at = at
    paper.save(update_fields=["state", "void", "faults", "ballot", "settled_at"])
    # From here on what was read is on the board, encrypted, or void: it is kept nowhere else.
    paper.readings.update(content="")
    seal_box(session, log or locked_log(board_name(session.code)), at=at)
    checkpoint_board(session, at=at)
    _record(paper, f"paper.{paper.state}", signers[1], at)


@sensitive_variables("reading", "secret", "given")
def _enter(
    paper: PaperBallot, reading: Reading, signers: tuple[Signer, Signer], at: datetime
) -> Log:
    """Encrypt what was read under a key made for this sheet, and put it on the board."""
    session, manifest = paper.session, terms(paper.session)
    party = Party.objects.select_for_update(no_key=True).get(pk=paper.party_id)
    secret, key = credential.random_key(manifest.suite)
    given = sealing.seal(
        manifest,
        party=party.number,
        key_secret=secret,
        choices=reading.answers,
        number=party.ballots + 1,
        previous=party.last_digest,
        encrypted_by=sealing.SERVER,
    )
    parsed = sealing.verify_ballot(
        manifest,
        given,
        expected_key=key,
        expected_number=party.ballots + 1,
        expected_previous=party.last_digest,
        on_paper=True,
    )
    use_once(session.pk, [*points_of(parsed), b"K" + key])
    decided = paper.rulings.filter(state="confirmed", counts=True).first()
    body: dict[str, Any] = {
        "ballot": given,
        "scan": paper.scan_hash,
        "signers": [f"{one.role}/{one.actor}" for one in signers],
        "ruling": decided.hash if decided else None,
    }
    log = locked_log(board_name(session.code))
    entry = append_to(log, "paper", body, at=at)
    party.ballots += 1
    party.last_digest = parsed.digest.hex()
    party.last_seq = entry.seq
    party.save(update_fields=["ballots", "last_digest", "last_seq"])
    paper.ballot = Ballot.objects.create(
        session=session,
        party=party,
        number=party.ballots,
        digest=party.last_digest,
        seq=entry.seq,
        encrypted_by=parsed.encrypted_by,
        receipt=canonical(signed_receipt(manifest, parsed, entry.seq, log)),
        receipt_code=new_code(RECEIPT_CODE, choice),
        submission=f"paper-{paper.pk}",
        recorded_at=at,
    )
    return log


def _record(
    paper: PaperBallot, act: str, signer: Signer, at: datetime, **facts: object
) -> None:
    body = {
        "session": paper.session.code,
        "serial": paper.serial,
        "role": signer.role,
        **facts,
    }
    place = f"estate/{paper.session.estate.code}"
    record_act(place, act, body, actor=signer.actor, at=at)
