"""Small writes that join the caller's transaction and refuse to run without one."""

from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.db import transaction

from accounts.models import Message, SignIn, User
from accounts.texts import TEXTS, rendered


def queue_message(
    *,
    key: str,
    phone: str,
    template: str,
    params: dict[str, str],
    at: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Put an SMS into the outbox, once per `key` however often this runs.

    `key` names the event and the person, e.g. "session:12:opened:party:7". False
    where there is no phone to send to. ValueError where the text and its gaps do not fit.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a message is queued inside the caller's transaction only")
    if template not in TEXTS:
        raise ValueError(f"no message text {template}")
    rendered(template, params)
    if not phone:
        return False
    message = Message(
        key=key,
        phone=phone,
        template=template,
        params=params,
        not_before=not_before or at,
        created_at=at,
    )
    # One statement where get_or_create needs four: every ballot queues a message.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return True


def end_sign_ins(
    user: User, *, at: datetime, keep: int | None = None, only: int | None = None
) -> int:
    """End a person's signed-in browsers, all but `keep` or `only` one; returns how many."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("sessions are ended inside the caller's transaction only")
    rows = SignIn.objects.filter(user=user, ended_at=None)
    if keep is not None:
        rows = rows.exclude(pk=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    ended = list(rows)
    for one in ended:
        if one.session:
            store.delete(one.session)
    return SignIn.objects.filter(pk__in=[one.pk for one in ended]).update(
        session="", ended_at=at
    )
