"""What `manage.py demo` leaves for the reader of its terminal."""

import json
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message
from portal.demo import leavings
from portal.management.commands import demo
from tests.factories import AGAINST, CLOSE, FOR, frozen_vote
from voting.tasks import sweep_all

pytestmark = pytest.mark.django_db


def test_no_message_of_the_story_is_left_for_the_terminal():
    """A day's sweep sends 200; the open vote alone has more."""
    then = timezone.now() - timedelta(days=2)
    Message.objects.bulk_create(
        Message(
            key=f"story:{number}",
            phone=f"1000000{number:04}",
            template="ballot_recorded",
            params={
                "estate": "青枫苑",
                "title": "会议",
                "phone": "0556-0000000",
                "url": "http://127.0.0.1:8000/r/7K4M2QXH9T3W/not-mine",
            },
            not_before=then,
            created_at=then,
        )
        for number in range(450)
    )
    MemoryGateway.sent.clear()
    demo._send_the_rest()
    assert not Message.objects.filter(state="queued").exists()
    assert len(MemoryGateway.sent) == 450


def test_a_second_demo_beside_a_running_one_is_refused(settings, tmp_path):
    settings.DEBUG, settings.VAR_DIR = True, tmp_path
    with demo._only_one(), pytest.raises(CommandError, match="Ctrl-C"):
        call_command("demo", no_serve=True)
    assert not (tmp_path / "demo").exists()


def test_the_boards_it_leaves_are_verified_and_every_forged_one_is_refused(settings, tmp_path):
    """The same functions, on a small vote: all six kinds, under the server's own keys."""
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_vote(matters=(5, 8))
    for number in (1, 2, 3, 4, 6):
        vote.cast(number, [FOR, AGAINST])
    sweep_all(CLOSE)
    vote.session.refresh_from_db()
    story = SimpleNamespace(ended=vote.session)
    board, forged = tmp_path / "board", tmp_path / "forged"
    root = leavings.write_board(story, board)
    kinds = leavings.write_forged(story, board, forged, root)
    assert sorted(path.name for path in forged.iterdir()) == sorted(kinds)
    assert len(kinds) == 6
    surface = {"files", "canonical", "manifest", "chain", "checkpoints", "roll"}
    assert not surface & set(kinds.values())
    for kind, check in kinds.items():
        given = ["--json", *(["--root", root] if check == "origin" else [])]
        done = subprocess.run(
            [sys.executable, "-m", "voting.verifier", forged / kind, *given],
            capture_output=True, cwd=settings.BASE_DIR,
        )  # fmt: skip
        report = json.loads(done.stdout)
        assert (done.returncode, report["ok"]) == (1, False)
        assert [one["name"] for one in report["checks"] if not one["ok"]][:1] == [check]
