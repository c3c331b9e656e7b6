"""Sending short messages: codes at once, everything else from the outbox."""

import logging
from datetime import datetime, time, timedelta
from threading import Thread

from django.conf import settings
from django.db.models import Count, Min

from accounts.gateways import gateway
from accounts.models import Message
from accounts.phones import phone_hash
from accounts.services.attempts import count_attempt
from accounts.texts import CODES, COUNTED, URGENT, rendered
from core.deadlines import SHANGHAI, local_day
from core.errors import RuleViolation

logger = logging.getLogger(__name__)

# To one number in 24 hours, of each kind: at most 40 in all, and from a stranger who knows no
# more than a number and its room 25.
CODES_A_DAY = 10
FEWER_A_DAY = {"lost": 5, "new_phone": 5}
# Nobody is woken for a reminder; a code is asked for by the person who waits for it.
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
# A worker that dies while sending leaves its message alone for so long.
LEASE = timedelta(minutes=5)
MAX_TRIES = 6


def send_code(
    *,
    phone: str,
    template: str,
    params: dict[str, str],
    key: str,
    at: datetime,
    aside: bool = False,
    counted: str = "",
) -> None:
    """Send a one-time code now; it is never stored. `aside`: the page does not wait for the
    gateway, so that how long it takes tells nobody whether a number is known. `counted`: as
    what it is counted, where not by its text.

    RuleViolation sms.daily_limit after ten codes of one kind to one number in 24 hours,
    whoever asks: an attacker must not be able to ring somebody's phone all day.
    """
    if template not in CODES:
        raise ValueError(f"no code text {template}")
    if not may_get_code(phone, at, counted or COUNTED[template]):
        raise RuleViolation(
            "sms.daily_limit",
            "这个手机号今天收到的验证码已达上限，请明天再试，或打电话请工作人员协助",
        )
    said = {"phone": phone, "text": rendered(template, params), "key": key}
    if not aside or settings.CELERY_TASK_ALWAYS_EAGER:
        gateway().send(**said)
    else:
        Thread(target=_sent_aside, kwargs=said, daemon=True).start()


def may_get_code(phone: str, at: datetime, counted: str) -> bool:
    """Count a code of a kind for a number, known here or not; False once it had its share.

    `counted`: a value of `texts.COUNTED`, or "lost".
    """
    counter = f"sms-day:{counted}:{phone_hash(phone)[:40]}"
    limit = FEWER_A_DAY.get(counted, CODES_A_DAY)
    return count_attempt(counter, limit=limit, window=timedelta(days=1), at=at)


def _sent_aside(*, phone: str, text: str, key: str) -> None:
    try:
        gateway().send(phone=phone, text=text, key=key)
    except Exception as error:
        # Nobody waits for it any more; the person asks for another code.
        logger.warning("a code did not leave: %s", type(error).__name__)


def send_due_messages(*, at: datetime, limit: int = 200) -> int:
    """Send what is due in the outbox; returns how many left the house. A sweeper.

    Two sweepers never send one message together: each first moves its lease, and only
    one of them changes the row. A message whose sender died is tried again under the
    same key, by which the gateway knows a repetition.
    """
    due = Message.objects.filter(state="queued", not_before__lte=at)
    if is_quiet(at):
        due = due.filter(template__in=URGENT)
    return sum(_send(message, at) for message in due.order_by("id")[:limit])


def waiting_messages(at: datetime) -> tuple[int, datetime | None]:
    """How many messages wait in the outbox, and when the first of them can go; None: now."""
    patient = Message.objects.filter(state="queued").exclude(template__in=URGENT)
    waiting = patient.aggregate(count=Count("pk"), first=Min("not_before"))
    if not waiting["count"]:
        return 0, None
    first = leaves_at(max(at, waiting["first"]))
    return waiting["count"], first if first > at else None


def leaves_at(at: datetime) -> datetime:
    """When a message that is due at `at` and can wait leaves: at once, or in the morning."""
    if not is_quiet(at):
        return at
    evening = at.astimezone(SHANGHAI).time() >= QUIET_FROM
    return datetime.combine(local_day(at) + timedelta(days=evening), QUIET_UNTIL, SHANGHAI)


def is_quiet(at: datetime) -> bool:
    """Whether `at` lies between 21:00 and 08:00 in Shanghai."""
    clock = at.astimezone(SHANGHAI).time()
    return clock >= QUIET_FROM or clock < QUIET_UNTIL


def _send(message: Message, at: datetime) -> bool:
    mine = Message.objects.filter(
        pk=message.pk, state="queued", not_before=message.not_before
    ).update(not_before=at + LEASE, attempts=message.attempts + 1)
    if not mine:
        return False
    row = Message.objects.filter(pk=message.pk)
    try:
        gateway().send(
            phone=message.phone,
            text=rendered(message.template, message.params),
            key=message.key,
        )
    except Exception as error:
        tries = message.attempts + 1
        # The number itself stays out of the log.
        logger.warning("message %s: %s", message.pk, type(error).__name__)
        if tries >= MAX_TRIES:
            row.update(state="failed")
        else:
            row.update(not_before=at + timedelta(minutes=2**tries))
        return False
    row.update(state="sent", sent_at=at)
    return True
