"""Celery against a real Redis: beat and worker run the table of sweepers by themselves."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates import copy_empty

ROOT = Path(__file__).resolve().parents[2]
WAIT = 60.0  # seconds; a worker starts in five on a quiet machine


@pytest.fixture
def surroundings(django_db_setup: None, tmp_path: Path) -> dict[str, str]:
    """A database and keys of its own, and the tests' Redis."""
    migrated = copy_empty(tmp_path / "celery.sqlite3")
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    database = f"sqlite:///{tmp_path / 'celery.sqlite3'}"
    surroundings = {
        **os.environ,
        "YISHI_VAR_DIR": str(tmp_path),
        "YISHI_DEBUG": "1",
        "DATABASE_URL": database,
        "REDIS_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "C_FORCE_ROOT": "1",
    }
    if not migrated:
        run(surroundings, "manage.py", "migrate", "-v", "0")
    return surroundings


def run(surroundings: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def worker_log(surroundings: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "--pool", "solo"]
    command += ["--loglevel", "INFO"]
    path = tmp_path / "worker.log"
    with path.open("w") as log:
        process = subprocess.Popen(
            [*command, "-s", str(tmp_path / "beat"), "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=surroundings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        yield path
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.redis
def test_beat_and_worker_run_the_sweepers(worker_log: Path) -> None:
    until = time.monotonic() + WAIT
    done = 0
    while done < 3 and time.monotonic() < until:
        time.sleep(1)
        done = len(
            re.findall(r"Task portal\.tasks\.sweep\[\S+\] succeeded", worker_log.read_text())
        )
    log = worker_log.read_text()
    assert done >= 3, log[-2000:]
    assert "Traceback" not in log
