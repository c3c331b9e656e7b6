"""Acts after whose commit the process dies, for test_kills."""

import os
import signal
from typing import Any

from voting.services.court import confirm_court_order
from voting.services.freezing import freeze_session
from voting.services.keyholding import take_message
from voting.services.opening import deliver_share
from voting.services.rulings import Signer, confirm_ruling


def freeze_and_die(**arguments: Any) -> None:
    freeze_session(**arguments)
    os.kill(os.getpid(), signal.SIGKILL)


def take(content: str, **arguments: Any) -> None:
    take_message(content=content.encode(), **arguments)


def deliver(content: str, **arguments: Any) -> None:
    deliver_share(content=content.encode(), **arguments)


def confirm(actor: str, role: str, **arguments: Any) -> None:
    confirm_ruling(signer=Signer(actor, role), **arguments)


def confirm_court(actor: str, role: str, **arguments: Any) -> None:
    confirm_court_order(signer=Signer(actor, role), **arguments)
