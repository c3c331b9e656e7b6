"""Whether a sheet counts: one person proposes, another one in another role decides.

Where a party voted online and on paper the profile says which prevails (EV-06 of the national
model: online); nobody picks silently. A sheet ruled out stays sealed and is never read.
"""

from datetime import datetime
from hashlib import sha256
from secrets import token_bytes

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from accounts.steps import queue_message
from core.canonical import canonical
from core.errors import RuleViolation
from logbook.steps import locked_log, record_act
from registry.fields import open_bytes, seal_bytes
from voting.domain.drafts import attachment_reasons, content_type, ruling_reasons
from voting.domain.reasons import demand_none
from voting.models import PaperBallot, PaperRuling, Session
from voting.protocol.hashing import lp
from voting.selectors import conflict_of, demand_unconcerned, terms
from voting.selectors.papers import OPEN
from voting.steps import Signer, board_name, checkpoint_board, seal_box

_PURPOSE = "voting.paper_ruling.content"


@transaction.atomic(durable=True)
def propose_paper_ruling(
    *,
    paper_id: int,
    counts: bool,
    reason: str,
    signer: Signer,
    at: datetime,
    name: str = "",
    content: bytes = b"",
) -> PaperRuling:
    """Propose that a sheet does not count, or that it counts instead of an online ballot.

    The latter needs evidence on paper (`name`, `content`: PDF, PNG or JPEG). RuleViolation
    "paper_ruling.invalid" with every reason, "paper_ruling.role", "paper_ruling.too_early",
    "paper_ruling.settled", "paper_ruling.open", "paper_ruling.no_conflict",
    "ruling.concerned".
    """
    paper = _locked(paper_id)
    _demand_role(signer, Permission.PROPOSE_RULING)
    demand_unconcerned(signer.actor, paper.session, parties=[paper.party])
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    found = ruling_reasons(reason=reason)
    if content or counts:
        most = settings.UPLOAD_MAX_BYTES
        found += attachment_reasons(name=plain, content=content, most=most)
    demand_none("paper_ruling.invalid", found)
    waiting = paper.rulings.filter(state__in=("proposed", "confirmed")).first()
    if waiting is not None:
        again = (signer.actor, counts, "proposed")
        if (waiting.proposed_by, waiting.counts, waiting.state) == again:
            return waiting
        raise RuleViolation("paper_ruling.open", "这一张已经决定过，或者有提议在等第二人决定")
    conflict = conflict_of(paper)
    if counts and not conflict:
        raise RuleViolation("paper_ruling.no_conflict", "这一张没有冲突，照常录入就计入")
    if counts and conflict == "second":
        raise RuleViolation(
            "paper_ruling.no_conflict", "这一户已经录入了一张纸质票，只能算一张"
        )
    ruling = PaperRuling.objects.create(
        paper=paper,
        counts=counts,
        reason=reason.strip(),
        document_name=plain if content else "",
        content_type=content_type(content) or "",
        content=seal_bytes(content, purpose=_PURPOSE) if content else b"",
        sha256=sha256(content).hexdigest() if content else "",
        proposed_by=signer.actor,
        proposed_role=signer.role,
        proposed_at=at,
    )
    _record(ruling, "paper_ruling.proposed", signer, at)
    return ruling


@transaction.atomic(durable=True)
def decide_paper_ruling(
    *, ruling_id: int, agree: bool, signer: Signer, at: datetime, reason: str = ""
) -> PaperRuling:
    """The second person's yes or no. The owner of the sheet is told of a yes.

    RuleViolation "paper_ruling.role", "paper_ruling.same_person", "paper_ruling.same_role",
    "paper_ruling.decided", "paper_ruling.settled", "ruling.concerned", "paper_ruling.invalid"
    for a no without reason.
    """
    paper_id = PaperRuling.objects.values_list("paper", flat=True).get(pk=ruling_id)
    paper = _locked(paper_id)
    ruling = PaperRuling.objects.defer("content").get(pk=ruling_id)
    ruling.paper = paper
    _demand_role(signer, Permission.DECIDE_RULING)
    if ruling.state != "proposed":
        raise RuleViolation("paper_ruling.decided", "这项提议已经有人决定了")
    if signer.actor == ruling.proposed_by:
        raise RuleViolation("paper_ruling.same_person", "提议的人不能自己决定，请另一个人来办")
    if signer.role == ruling.proposed_role:
        raise RuleViolation("paper_ruling.same_role", "要由另一种角色的人决定")
    demand_unconcerned(signer.actor, paper.session, parties=[paper.party])
    if not agree:
        demand_none("paper_ruling.invalid", ruling_reasons(reason=reason))
        ruling.answer = reason.strip()
    ruling.state = "confirmed" if agree else "declined"
    ruling.decided_by, ruling.decided_role, ruling.decided_at = signer.actor, signer.role, at
    if agree:
        _commit(ruling)
    ruling.save(
        update_fields=[
            *("state", "answer", "salt", "hash"),
            *("decided_by", "decided_role", "decided_at"),
        ]
    )
    if agree:
        _act_on(ruling, at)
    _record(ruling, f"paper_ruling.{ruling.state}", signer, at)
    return ruling


def document_of_paper_ruling(ruling: PaperRuling) -> bytes:
    """The evidence, as it was uploaded."""
    return open_bytes(bytes(ruling.content), purpose=_PURPOSE)


def _locked(paper_id: int) -> PaperBallot:
    """The sheet, read under the lock of its session."""
    session_id = PaperBallot.objects.values_list("session", flat=True).get(pk=paper_id)
    locked = Session.objects.select_for_update(of=("self",), no_key=True)
    session = locked.select_related("estate").get(pk=session_id)
    paper = PaperBallot.objects.select_related("party").defer("scan").get(pk=paper_id)
    paper.session = session
    if session.state != "closed":
        raise RuleViolation(
            "paper_ruling.too_early", "投票截止以后、计票以前，才决定纸质票计不计入"
        )
    if paper.state not in OPEN:
        raise RuleViolation("paper_ruling.settled", "这一张已经录完，或者已经决定不计入")
    return paper


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("paper_ruling.role", "您的角色不能办这件事")


def _commit(ruling: PaperRuling) -> None:
    """The hash that stands on the board, over who decided what and why."""
    salt = token_bytes(16)
    text = canonical(
        {
            "serial": ruling.paper.serial,
            "counts": ruling.counts,
            "reason": ruling.reason,
            "sha256": ruling.sha256,
            "signers": [
                f"{ruling.proposed_role}/{ruling.proposed_by}",
                f"{ruling.decided_role}/{ruling.decided_by}",
            ],
        }
    )
    suite = terms(ruling.paper.session).suite
    ruling.salt = salt.hex()
    ruling.hash = suite.hash(lp("YISHI-1-paper-ruling", salt, text)).hex()


def _act_on(ruling: PaperRuling, at: datetime) -> None:
    paper = ruling.paper
    session = paper.session
    if not ruling.counts:
        paper.state, paper.settled_at = "ruled_out", at
        paper.save(update_fields=["state", "settled_at"])
        paper.readings.update(content="")
        seal_box(session, locked_log(board_name(session.code)), at=at)
        checkpoint_board(session, at=at)
    queue_message(
        key=f"session:{session.pk}:paper_ruling:{ruling.pk}",
        phone=paper.party.phone,
        template="paper_counts" if ruling.counts else "paper_not_counted",
        params={
            "estate": session.estate.name,
            "title": session.title,
            "phone": session.contact_phone,
        },
        at=at,
    )


def _record(ruling: PaperRuling, act: str, signer: Signer, at: datetime) -> None:
    facts = {
        "session": ruling.paper.session.code,
        "serial": ruling.paper.serial,
        "counts": ruling.counts,
        "sha256": ruling.sha256,
        "role": signer.role,
    }
    place = f"estate/{ruling.paper.session.estate.code}"
    record_act(place, act, facts, actor=signer.actor, at=at)
