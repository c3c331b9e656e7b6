"""Counting tries in the database, so that a limit holds across processes and restarts."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.failures import note_limit
from accounts.models import Attempts


def count_attempt(key: str, *, limit: int, window: timedelta, at: datetime) -> bool:
    """Count one try under `key`; False once `limit` were counted within `window`.

    `key` must not show personal data: use numbers of rows or keyed hashes. Call it outside
    the transaction whose refusal would undo the count.
    """
    reached = False
    with transaction.atomic():
        Attempts.objects.get_or_create(key=key, defaults={"window_started_at": at})
        row = Attempts.objects.select_for_update(no_key=True).get(key=key)
        if at - row.window_started_at >= window:
            row.count, row.window_started_at = 0, at
        allowed = row.count < limit
        row.count += allowed
        reached = allowed and row.count == limit
        row.save(update_fields=["count", "window_started_at"])
    if reached:  # once a window, however often somebody tries on
        note_limit(key.split(":")[0], of=key)
    return allowed


def attempts_left(key: str, *, limit: int, window: timedelta, at: datetime) -> int:
    """How many tries remain under `key`, without counting one."""
    row = Attempts.objects.filter(key=key).first()
    if row is None or at - row.window_started_at >= window:
        return limit
    return max(0, limit - row.count)


def forget_attempts(key: str) -> None:
    """Start again: the right answer was given, or a person at the desk lifted the lock."""
    Attempts.objects.filter(key=key).delete()
