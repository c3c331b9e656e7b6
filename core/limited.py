"""What strangers hand in is read where it can do little harm: in a process of its own.

A parser can be led to ask for terabytes, to run for hours, or to do what the file says. It
works without our environment (keys, passwords), can open no file, no socket and nothing else
that has a number, and has bounded memory and time. It answers on its standard output; a file
that took it over can lie there, and has our user's rights over processes, not over files.
"""

import json
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from core.errors import RuleViolation

_ROOT = Path(__file__).parent.parent
_REFUSED = 3


class Failed(Exception):
    """The reader died, ran out of memory or was too slow."""


def answer(module: str, content: bytes, *words: str, memory: int, seconds: int) -> bytes:
    """What `module`.answer(content, *words) returns in a process with `memory` bytes.

    The RuleViolation it raised (code and sentence); Failed. Whatever the module needs is
    imported with it: once it is asked, nothing can be opened any more, not even a module.
    """
    command = [sys.executable, "-s", "-m", "core.limited", module, str(memory), str(seconds)]
    try:
        child = subprocess.run(  # noqa: S603 (our own modules)
            [*command, *words],
            cwd=_ROOT,
            env={},
            input=content,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed from None
    if child.returncode == _REFUSED:
        raise RuleViolation(*json.loads(child.stdout))
    if child.returncode:
        raise Failed
    return child.stdout


def main() -> int:
    module, memory, seconds, *words = sys.argv[1:]
    read = import_module(module).answer
    _lock(int(memory), int(seconds))
    content = sys.stdin.buffer.read()
    code = 0
    try:
        said: bytes = read(content, *words)
    except RuleViolation as refused:
        said, code = json.dumps([refused.code, str(refused)]).encode(), _REFUSED
    sys.stdout.buffer.write(said)
    return code


def _lock(memory: int, seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        # Nought, not three: who closes the standard input gets no place for a socket by it.
        (resource.RLIMIT_NOFILE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main())
