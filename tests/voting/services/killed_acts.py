"""Acts after whose commit the process dies, for test_kills."""

import os
import signal
from typing import Any

from voting.services.freezing import freeze_session


def freeze_and_die(**arguments: Any) -> None:
    freeze_session(**arguments)
    os.kill(os.getpid(), signal.SIGKILL)
