"""Acts on payments in a process that is killed, for test_release_kills."""

import os
import signal
from datetime import datetime

from core.deadlines import local_day
from funds.services.receipts import close_payment
from funds.services.releases import order_release
from funds.steps import Receipt
from tests.funds.repairs import OFFICIAL, SECOND


def order(instalments: list[int], at: datetime) -> None:
    order_release(instalments=instalments, by=OFFICIAL, at=at)


def order_and_die(instalments: list[int], at: datetime) -> None:
    order(instalments, at)
    os.kill(os.getpid(), signal.SIGKILL)


def close(code: str, fen: int, account: str, at: datetime) -> None:
    close_payment(
        code=code,
        position=1,
        receipt=Receipt("S1", local_day(at), fen, account),
        scan=b"%PDF-1.4\n%%EOF\n",
        by=SECOND,
        at=at,
    )
