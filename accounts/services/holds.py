"""依法保全: an operator holds what a court or an authority wants kept, and lifts it again."""

from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.holds import lock_holds
from accounts.models import LegalHold
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import explains
from logbook.steps import PLATFORM_LOG, record_act
from registry.models import Estate


@transaction.atomic(durable=True)
def set_hold(
    *,
    estate: Estate | None,
    session_code: str = "",
    reason: str,
    until: date | None = None,
    actor: str,
    at: datetime,
) -> LegalHold:
    """From now on nothing of it is deleted; when this returns, what is there stays.

    Whoever calls has looked the session up in that estate. RuleViolation "hold.reason",
    "hold.until".
    """
    if not reason.strip():
        raise RuleViolation("hold.reason", _("请写明依据：哪个机关、哪份文书"))
    day = local_day(at)
    if until is not None and until < day:
        raise RuleViolation("hold.until", _("保全的最后一天不能早于今天"))
    lock_holds()
    hold = LegalHold.objects.create(
        estate=estate,
        session_code=session_code,
        reason=reason.strip(),
        since=day,
        until=until,
        set_by=actor,
        set_at=at,
    )
    _record(hold, "hold.set", hold.reason, actor, at)
    return hold


@transaction.atomic(durable=True)
def lift_hold(*, hold_id: int, reason: str, actor: str, at: datetime) -> LegalHold:
    """What it held follows the usual periods again. Lifted already: nothing is done.

    Not by the operator who set it: what is lifted may be gone within the hour. Whoever has
    the server's command line has every row anyway and is not asked for a second person.
    RuleViolation "hold.reason", "hold.same_person".
    """
    if not explains(reason):
        raise RuleViolation("hold.reason", _("请写明依据：哪个机关、哪份文书，至少四个字"))
    lock_holds()
    hold = LegalHold.objects.select_related("estate").get(pk=hold_id)
    if hold.lifted_at is None:
        if actor == hold.set_by and actor.startswith("user:"):
            raise RuleViolation(
                "hold.same_person", _("这项保全是您设置的，不能由您解除，请由另一位管理员解除")
            )
        hold.lift_reason, hold.lifted_by, hold.lifted_at = reason.strip(), actor, at
        hold.save(update_fields=["lift_reason", "lifted_by", "lifted_at"])
        _record(hold, "hold.lifted", hold.lift_reason, actor, at)
    return hold


def _record(hold: LegalHold, act: str, reason: str, actor: str, at: datetime) -> None:
    facts = {
        "hold": hold.pk,
        "session": hold.session_code,
        "until": hold.until.isoformat() if hold.until else "",
        "reason_sha256": sha256(reason.encode()).hexdigest(),
    }
    place = f"estate/{hold.estate.code}" if hold.estate else PLATFORM_LOG
    record_act(place, act, facts, actor=actor, at=at)
