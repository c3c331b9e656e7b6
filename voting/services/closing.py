"""The end of voting, which comes by the clock."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Sum

from core.errors import RuleViolation
from logbook.steps import append_to, locked_log
from voting.models import Session
from voting.steps import board_name, checkpoint_board


@transaction.atomic(durable=True)
def close_session(*, session_id: int, at: datetime) -> Session:
    """Write down that voting is over, with who took part; once, whoever looks first.

    Harmless where it is closed already. RuleViolation "close.too_early", "close.not_frozen".
    """
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state in {"closed", "counted", "resolved"}:
        return session
    if session.state != "frozen" or session.closes_at is None:
        raise RuleViolation("close.not_frozen", "会议没有进入表决，不能截止")
    if at < session.closes_at:
        raise RuleViolation("close.too_early", "还没有到截止时间")
    # Whoever holds the board's lock has written its ballot; whoever waits will see "closed".
    log = locked_log(board_name(session.code))
    took_part = session.parties.filter(ballots__gt=0).aggregate(
        ballots=Sum("ballots", default=0), parties=Count("pk"), area=Sum("area", default=0)
    )
    append_to(log, "close", {**took_part, "heads": took_part["parties"]}, at=at)
    session.state = "closed"
    session.save(update_fields=["state"])
    checkpoint_board(session, at=at)
    return session
