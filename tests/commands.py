"""A command with a fixed interface, run in this process as from the command line."""

import io
import json
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management.base import BaseCommand


def answer_of(command: type[BaseCommand], *arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit status and what stdout holds, read as the one JSON object it must be.

    A command closes its connections at the end; a test's transaction still needs its own.
    """
    name = command.__module__.rpartition(".")[2]
    out = io.StringIO()
    open_still = patch("django.core.management.base.connections.close_all")
    with pytest.raises(SystemExit) as ended, redirect_stdout(out), open_still:
        command().run_from_argv(["manage.py", name, *map(str, arguments)])
    return int(str(ended.value)), json.loads(out.getvalue())
