"""`manage.py verify_document`, as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from documents.management.commands.verify_document import Command
from documents.steps import mark_revoked, store_signed
from tests.documents import samples
from tests.factories import make_estate

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
NOWHERE = {"PATH": os.environ["PATH"], "YISHI_DEBUG": "0", "DATABASE_URL": "nonsense"}


def run(*arguments: str) -> tuple[dict[str, Any], int]:
    """In this process, as from the command line."""
    command = Command(stdout=StringIO(), stderr=StringIO())
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "verify_document", *arguments, "--json"])
    printed = command.stdout.getvalue()  # type: ignore[attr-defined]
    return json.loads(printed), int(str(ended.value))


def test_offline_where_nothing_is_configured(
    signed: bytes, ca_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "genuine.pdf").write_bytes(signed)
    (tmp_path / "altered.pdf").write_bytes(signed + b"\n")
    (tmp_path / "empty.pdf").write_bytes(b"")
    wanted = {"genuine": 0, "altered": 1, "empty": 1}
    for name, status in wanted.items():
        answer = subprocess.run(
            [
                sys.executable,
                str(MANAGE),
                "verify_document",
                f"{name}.pdf",
                "--offline",
                "--ca",
                str(ca_dir / "ca.pem"),
                "--json",
            ],
            cwd=tmp_path,
            env=NOWHERE,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == status, answer.stderr
        verdict = json.loads(answer.stdout)
        assert verdict["status"] == name.replace("empty", "unknown")
        assert {"superseded", "revoked"} <= set(verdict["not_checked"])


def ask(path: Path) -> tuple[dict[str, Any], int]:
    """The same, leaving the test's connection open."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_document", str(path), "--json", stdout=out)
    return json.loads(out.getvalue()), int(str(ended.value))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--frob",),
        ("a", "b"),
        ("--offline",),
        ("none.pdf",),
        ("/",),
        ("/dev/zero",),
        ("a\0b",),
        (__file__, "--offline"),
        (__file__, "--offline", "--ca"),
        (__file__, "--offline", "--ca", "none.pem"),
        (__file__, "--offline", "--ca", __file__),
    ],
)
def test_one_object_whatever_the_input(arguments: tuple[str, ...]) -> None:
    verdict, status = run(*arguments)
    assert verdict["status"] == "unknown"
    assert verdict["reasons"]
    assert status != 0


def test_offline_claims_no_agreement_with_the_register(
    signed: bytes, ca_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "genuine.pdf"
    path.write_bytes(signed)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "verify_document", str(path), offline=True, ca=str(ca_dir / "ca.pem"), stdout=out
        )
    assert ended.value.code == 0
    assert "与登记一致" not in out.getvalue()
    assert "没有与登记核对" in out.getvalue()


@pytest.mark.django_db
def test_against_the_register(
    settings: Any, ca_dir: Path, unsigned: bytes, identity: object, tmp_path: Path
) -> None:
    settings.CA_DIR = ca_dir
    facts = samples.resolution()
    with transaction.atomic():
        document = store_signed(
            facts=facts,
            kind="resolution",
            title=facts.title,
            estate=make_estate(),
            pdf=unsigned,
            data=samples.TALLY,
        )
    path = tmp_path / "paper.pdf"
    path.write_bytes(bytes(document.pdf))
    verdict, status = ask(path)
    assert (verdict["status"], verdict["not_checked"], status) == ("genuine", [], 0)
    assert verdict["number"] == document.number
    mark_revoked(document, reason="撤销")
    assert [ask(path)[0]["status"], ask(path)[1]] == ["revoked", 1]
    path.write_bytes(bytes(document.pdf)[:-1])
    assert ask(path)[0]["status"] == "altered"
    path.write_bytes(b"")
    assert ask(path)[0]["status"] == "unknown"
