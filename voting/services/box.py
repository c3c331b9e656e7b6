"""The ballot box: two people, who entered no sheet, say how many papers were in it."""

from datetime import datetime

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.errors import RuleViolation
from logbook.steps import locked_log, record_act
from voting.models import BoxCount, PaperReading, Session
from voting.selectors import box_count_of
from voting.steps import Signer, board_name, checkpoint_board, seal_box

MOST = 100_000


@transaction.atomic(durable=True)
def state_box(*, session_id: int, counted: int, signer: Signer, at: datetime) -> BoxCount:
    """One person's count of the papers in the box; a second one's count stands beside it.

    Where two agree and every sheet is accounted for, the entry `box` is made at once;
    otherwise as soon as the last sheet is settled. Before that a new count replaces the
    earlier ones, which stay on record. RuleViolation "box.role", "box.too_early", "box.none",
    "box.sealed", "box.clerk" (who entered a sheet), "box.number", "box.registered".
    """
    locked = Session.objects.select_for_update(of=("self",), no_key=True)
    session = locked.select_related("estate").get(pk=session_id)
    _demand(session, counted, signer)
    standing = box_count_of(session)
    if standing is not None and standing.state == "sealed":
        raise RuleViolation("box.sealed", "票箱已经点清，记入了公告板，不能再改")
    if standing is not None and standing.state == "stated":
        if standing.first_by != signer.actor:
            return _second(session, standing, counted, signer, at)
        if standing.counted == counted:
            return standing
    if standing is not None:
        standing.state = "replaced"
        standing.save(update_fields=["state"])
    made = BoxCount.objects.create(
        session=session,
        counted=counted,
        first_by=signer.actor,
        first_role=signer.role,
        first_at=at,
    )
    _record(session, "box.stated", counted, signer, at)
    return made


def _demand(session: Session, counted: int, signer: Signer) -> None:
    if signer.role not in roles_with(Permission.COUNT_BOX):
        raise RuleViolation("box.role", "您的角色不能办这件事")
    if not session.paper:
        raise RuleViolation("box.none", "这次会议不收纸质票，没有票箱要清点")
    if session.state in {"draft", "frozen", "cancelled"}:
        raise RuleViolation("box.too_early", "投票截止以后才打开票箱清点")
    if type(counted) is not int or not 0 <= counted <= MOST:
        raise RuleViolation("box.number", "张数请填一个整数，没有就填0")
    if PaperReading.objects.filter(paper__session=session, actor=signer.actor).exists():
        raise RuleViolation("box.clerk", "您录入过纸质票，张数要由没有录入过的人清点")


def _second(
    session: Session, standing: BoxCount, counted: int, signer: Signer, at: datetime
) -> BoxCount:
    standing.second_by, standing.second_role, standing.second_at = (
        signer.actor,
        signer.role,
        at,
    )
    standing.state = "agreed" if standing.counted == counted else "differs"
    standing.save(update_fields=["state", "second_by", "second_role", "second_at"])
    agreed = standing.state == "agreed"
    if agreed:
        seal_box(session, locked_log(board_name(session.code)), at=at)
        checkpoint_board(session, at=at)
        standing.refresh_from_db()
    _record(session, "box.agreed" if agreed else "box.differs", counted, signer, at)
    return standing


def _record(session: Session, act: str, counted: int, signer: Signer, at: datetime) -> None:
    facts = {"session": session.code, "counted": counted, "role": signer.role}
    place = f"estate/{session.estate.code}"
    record_act(place, act, facts, actor=signer.actor, at=at)
