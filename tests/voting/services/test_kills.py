"""kill -9 in the middle of an act: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from accounts.models import Job, Message
from logbook.selectors import lines
from tests.factories import (
    ACTOR,
    CLOSE,
    FOR,
    FREEZE,
    OPEN,
    draft_session,
    frozen_vote,
    small_estate,
)
from voting import tasks
from voting.models import Ballot, LetterCode, Party, Session
from voting.protocol import credential
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import suite
from voting.services import letters
from voting.services.casting import cast_sealed
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session
from voting.spool import letters_path, read_spool
from voting.verifier.verification import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
SCRIPT = Path(__file__).with_name("killed.py")
SERVICES = "voting.services"


def run(act: str, *positional: Any, strike: list[str] | None = None, **arguments: Any) -> None:
    """Do the act in another process, which must die where it is struck."""
    module, name = act.rsplit(".", 1)
    given = {
        "database": str(connection.settings_dict["NAME"]),
        "letters": str(django_settings.LETTER_DIR),
        "ca": str(django_settings.CA_DIR),
        "archives": str(django_settings.ARCHIVE_DIR),
        "act": [module, name],
        "positional": positional,
        "arguments": {
            key: value.isoformat() if key == "at" else value for key, value in arguments.items()
        },
        "strike": strike,
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(given)], capture_output=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize(
    "strike",
    [
        [f"{SERVICES}.freezing", "PartyUnit.objects.bulk_create", "after"],
        [f"{SERVICES}.freezing", "write_spool", "before"],
        ["voting.spool", "os.fsync", "before"],
        [f"{SERVICES}.freezing", "write_spool", "after"],
    ],
)
def test_freezing_killed_before_its_commit_can_be_done_again(strike):
    session = draft_session(small_estate())
    freeze = {"session_id": session.pk, "actor": ACTOR, "at": FREEZE}
    run(f"{SERVICES}.freezing.freeze_session", strike=strike, **freeze)
    session.refresh_from_db()
    assert session.state == "draft"
    assert not Party.objects.exists()
    assert not LetterCode.objects.exists()
    freeze_session(**freeze)
    keys_fit_the_spool(session)


def test_freezing_killed_after_its_commit_is_done_and_its_letters_can_be_printed():
    session = draft_session(small_estate())
    run(
        "tests.voting.services.killed_acts.freeze_and_die",
        session_id=session.pk,
        actor=ACTOR,
        at=FREEZE,
    )
    session.refresh_from_db()
    assert session.state == "frozen"
    keys_fit_the_spool(session)


def keys_fit_the_spool(session: Session) -> None:
    secrets = read_spool(session.code)
    parties = {party.number: party for party in session.parties.all()}
    assert set(secrets) == set(parties)
    for number, secret in secrets.items():
        _k, key = credential.derive(suite(session.suite), session.code, unb64(secret.token))
        assert parties[number].key == b64(key)


@pytest.mark.parametrize(
    ("strike", "recorded"),
    [
        ([f"{SERVICES}.casting", "use_once", "after"], 0),
        ([f"{SERVICES}.casting", "append_all", "after"], 0),
        ([f"{SERVICES}.casting", "Ballot.objects.create", "after"], 0),
        ([f"{SERVICES}.casting", "_append", "after"], 1),
    ],
)
def test_casting_killed_anywhere_is_one_ballot_in_the_end(strike, recorded, tmp_path):
    vote = frozen_vote()
    form = {
        "session_id": vote.session.pk,
        "party_id": vote.party(1).pk,
        "submission": "form-1",
        "ballot": vote.sealed(1, [FOR]),
        "replacement_key": None,
        "at": OPEN,
    }
    run(f"{SERVICES}.casting.cast_sealed", strike=strike, **form)
    assert Ballot.objects.count() == Message.objects.count() == recorded
    assert len(list(lines(vote.session.board))) == 1 + recorded
    vote.cast(2, [FOR])  # nobody is locked out
    cast_sealed(**form)  # the owner taps again
    assert vote.party(1).ballots == 1
    vote.count()
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


@pytest.mark.parametrize(
    "strike",
    [
        [f"{SERVICES}.closing", "append_to", "after"],
        ["voting.tasks", "close_session", "after"],
        [f"{SERVICES}.counting", "tally.aggregate", "after"],
        [f"{SERVICES}.counting", "checkpoint_board", "after"],
    ],
)
def test_a_sweeper_killed_leaves_the_rest_to_the_next(strike, tmp_path, settings):
    vote = frozen_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    run("voting.tasks.sweep_all", strike=strike, at=CLOSE)
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    tasks.sweep_all(CLOSE)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export")
    assert report.ok, report.as_text()


@pytest.mark.parametrize("when", ["before", "after"])
def test_printing_killed_is_taken_up_and_gives_the_same_letters(when, monkeypatch):
    vote = frozen_vote()
    job = letters.start_letters(session_id=vote.session.pk, actor=ACTOR, at=FREEZE)
    run(f"{SERVICES}.letters.run_letters", job.pk, strike=["documents.letters", "join", when])
    job.refresh_from_db()
    assert job.state == "running"
    assert not letters_path(vote.session.code).exists()
    assert letters.due_letter_jobs() == []  # for all we know it is still at work
    Job.objects.update(heartbeat_at=timezone.now() - letters.SILENCE)
    tasks.print_letters(FREEZE)
    job.refresh_from_db()
    assert job.state == "done"
    assert letters_path(vote.session.code).stat().st_size > 10_000
    assert read_spool(vote.session.code) == vote.secrets
