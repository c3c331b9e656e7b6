"""Publishing in a process that is killed, for test_races."""

import os
import signal
from datetime import datetime

from disclosures.services.publishing import publish
from tests.disclosures.accounts import COMMITTEE, PHONE


def put_out(closing: int, at: datetime) -> None:
    publish(closing_id=closing, phone=PHONE, by=COMMITTEE, at=at)


def put_out_and_die(closing: int, at: datetime) -> None:
    put_out(closing, at)
    os.kill(os.getpid(), signal.SIGKILL)
