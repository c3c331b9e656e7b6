"""A process that does one act and is killed on the way: python killed.py JSON.

Not a test: started by test_kills. The JSON names database, letter folder, act, its
arguments, and the function before or after which SIGKILL strikes.
"""

import importlib
import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))


def strike(module: str, name: str, when: str) -> None:
    """Make the process die when it calls module.name, before or after the call's work."""
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real = getattr(owner, last)

    def dying(*args, **kwargs):
        if when == "after":
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, dying)


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    given = json.loads(sys.argv[1])
    settings.DATABASES["default"]["NAME"] = given["database"]
    connection.settings_dict["NAME"] = given["database"]
    settings.LETTER_DIR = Path(given["letters"])
    settings.CA_DIR = Path(given.get("ca", settings.CA_DIR))
    settings.ARCHIVE_DIR = Path(given.get("archives", settings.ARCHIVE_DIR))
    module, name = given["act"]
    act = getattr(importlib.import_module(module), name)
    arguments = given["arguments"]
    if "at" in arguments:
        arguments["at"] = datetime.fromisoformat(arguments["at"])
    if given["strike"]:
        strike(*given["strike"])
    act(*given["positional"], **arguments)


if __name__ == "__main__":
    main()
