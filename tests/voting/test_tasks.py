"""Sweepers: one table for Celery's beat and for `manage.py work`."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from config.celery import app
from logbook.models import Checkpoint
from tests.factories import CLOSE, FOR, OPEN, frozen_vote
from voting import tasks
from voting.models import Session


def test_the_beat_runs_the_table_and_nothing_else():
    import django

    django.setup()
    app.finalize(auto=True)
    app.autodiscover_tasks(force=True)
    app.conf.beat_schedule  # noqa: B018 - reading it makes pending entries settle
    assert set(app.conf.beat_schedule) == {sweeper.name for sweeper in tasks.SWEEPERS}


@pytest.mark.django_db
class TestSweepers:
    def test_work_once_says_what_it_did(self, capsys):
        frozen_vote()
        call_command("work", "--once")
        out = capsys.readouterr().out
        assert [line.split(":")[0] for line in out.splitlines()] == [
            sweeper.name for sweeper in tasks.SWEEPERS
        ]

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
