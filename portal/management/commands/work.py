"""Run the sweepers where no Celery is: manage.py work [--once]."""

import signal
from threading import Event
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from accounts.services.messages import waiting_messages
from core.deadlines import SHANGHAI
from portal.tasks import SWEEPERS, run_safely, sweep_all

_PAUSE = 1.0  # seconds


class Command(BaseCommand):
    _waiting = 0
    help = "Close, count, resolve, print and send what is due, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="everything due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            for name, done in sweep_all(timezone.now()).items():
                self.stdout.write(f"{name}: {done}")
            self._say_waiting()
            return
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        due = dict.fromkeys(SWEEPERS, 0.0)
        while not stop.is_set():
            for sweeper, when in due.items():
                if monotonic() >= when and not stop.is_set():
                    done = run_safely(sweeper, timezone.now())
                    due[sweeper] = monotonic() + sweeper.every.total_seconds()
                    if done:
                        self.stdout.write(f"{sweeper.name}: {done}")
                    if sweeper.name == "messages":
                        self._say_waiting()
            close_old_connections()
            stop.wait(_PAUSE)

    def _say_waiting(self) -> None:
        """Once for each number: somebody may stand there waiting for a message at night."""
        count, until = waiting_messages(timezone.now())
        if until is not None and count != self._waiting:
            when = until.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
            self.stdout.write(f"短信 {count} 条等到 {when} 以后发（21:00 至 8:00 只发验证码）")
        self._waiting = count
