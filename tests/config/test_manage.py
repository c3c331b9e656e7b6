"""manage.py before the settings are there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "broken",
    [
        {"DATABASE_URL": "garbage"},
        {"YISHI_VAR_DIR": "/proc/nowhere"},
        {"YISHI_DEBUG": "0", "YISHI_SECRET_KEY": "", "YISHI_VAR_DIR": "/proc/nowhere"},
    ],
)
def test_json_was_asked_for_and_json_comes(broken: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "import_estate", "roll.csv", "--division", "1", "--json"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **broken},
        capture_output=True,
        text=True,
        check=False,
    )
    assert list(json.loads(done.stdout)) == ["error"]
    assert done.returncode == 2
