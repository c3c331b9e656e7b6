"""Sweepers: one table for Celery's beat and for `manage.py work`."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from config.celery import app
from logbook.models import Checkpoint
from portal import tasks as joined
from tests.factories import CLOSE, FOR, OPEN, frozen_vote
from voting import tasks
from voting.models import Session


def test_the_beat_runs_the_table_and_nothing_else():
    import django

    django.setup()
    app.finalize(auto=True)
    app.autodiscover_tasks(force=True)
    app.conf.beat_schedule  # noqa: B018 - reading it makes pending entries settle
    assert set(app.conf.beat_schedule) == {sweeper.name for sweeper in joined.SWEEPERS}


@pytest.mark.django_db
class TestSweepers:
    def test_work_once_says_what_it_did(self, capsys):
        frozen_vote()
        call_command("work", "--once")
        out = capsys.readouterr().out
        names = [sweeper.name for sweeper in joined.SWEEPERS]
        # At night one line more says how many messages wait for the morning.
        said = [line.split(":")[0] for line in out.splitlines()]
        assert said[: len(names)] == names

    def test_one_failing_session_does_not_hold_up_the_others(self, monkeypatch):
        good, bad = frozen_vote(), frozen_vote()
        real = tasks.close_session

        def close(*, session_id, at):
            if session_id == bad.session.pk:
                raise OSError
            return real(session_id=session_id, at=at)

        monkeypatch.setattr(tasks, "close_session", close)
        assert tasks.close_due(CLOSE) == 1
        states = dict(Session.objects.values_list("pk", "state"))
        assert states == {good.session.pk: "closed", bad.session.pk: "frozen"}

    def test_checkpoints_come_every_ten_minutes_and_only_for_new_entries(self):
        vote = frozen_vote()
        assert tasks.sign_checkpoints(OPEN) == 0  # covered when it was frozen
        vote.cast(1, [FOR], at=OPEN + timedelta(minutes=1))
        assert tasks.sign_checkpoints(OPEN + timedelta(minutes=2)) == 1
        vote.cast(2, [FOR], at=OPEN + timedelta(minutes=3))
        assert tasks.sign_checkpoints(OPEN + timedelta(minutes=9)) == 0
        assert tasks.sign_checkpoints(OPEN + timedelta(minutes=10)) == 1
        sizes = Checkpoint.objects.filter(log=vote.session.board).values_list("size", flat=True)
        assert list(sizes) == [1, 2, 3]

    def test_the_loop_outlives_a_failing_sweeper_and_stops_when_told(self):
        def fail(at):
            raise OSError

        assert joined.run_safely(tasks.Sweeper("x", timedelta(0), fail), OPEN) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_the_worker_does_what_is_due_and_ends_on_a_signal():
    vote = frozen_vote()
    Session.objects.update(opens_at=OPEN - timedelta(days=300), closes_at=OPEN)
    given = {
        "database": str(connection.settings_dict["NAME"]),
        "letters": str(django_settings.LETTER_DIR),
        "act": ["django.core.management", "call_command"],
        "positional": ["work"],
        "arguments": {},
        "strike": None,
    }
    script = Path(__file__).parent / "services" / "killed.py"
    worker = subprocess.Popen([sys.executable, str(script), json.dumps(given)])
    try:
        for _ in range(300):
            vote.session.refresh_from_db()
            if vote.session.state == "counted":
                break
            time.sleep(0.2)
        assert vote.session.state == "counted"
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
