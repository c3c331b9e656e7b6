"""Exports: complete, consistent while voting goes on, refused into a folder with files."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.factories import CLOSE, FOR, OPEN, draft_session, frozen_vote, small_estate
from voting.protocol import export
from voting.selectors import board_proof
from voting.services.exporting import export_board
from voting.services.letters import _rotate
from voting.tasks import sign_checkpoints
from voting.verifier.verification import verify

pytestmark = pytest.mark.django_db


def test_an_export_in_the_middle_of_the_vote_holds(tmp_path):
    vote = frozen_vote()
    vote.cast(1, [FOR], at=OPEN + timedelta(minutes=1))
    vote.cast(2, [FOR], at=OPEN + timedelta(minutes=2), plain=True)
    export_board(vote.session, tmp_path / "one", at=OPEN + timedelta(minutes=3))
    report = verify(tmp_path / "one")
    failed = [check for check in report.as_json()["checks"] if not check["ok"]]
    assert failed == [], report.as_text()
    lines = (tmp_path / "one" / "checkpoints.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["size"] for line in lines] == [1, 4]


def test_a_letter_reissued_before_the_opening_is_on_a_board_that_holds(tmp_path):
    vote = frozen_vote()
    before = OPEN - timedelta(days=3)
    _rotate(vote.party(1).pk, bytes(16), "0" * 12, "丢失", actor="user:1", at=before)
    vote.cast(2, [FOR])
    vote.count()
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export")
    assert report.ok, report.as_text()


def test_a_receipt_is_honoured_by_the_export_and_by_the_proof(tmp_path):
    vote = frozen_vote()
    recorded = vote.cast(1, [FOR])
    assert board_proof(vote.session, recorded.seq)["checkpoint"] is None
    sign_checkpoints(OPEN + timedelta(minutes=10))
    vote.count()
    proof = board_proof(vote.session, recorded.seq)
    assert json.loads(proof["entry"])["seq"] == recorded.seq
    assert proof["size"] == proof["checkpoint"]["size"] == 6
    assert board_proof(vote.session, 99) is None
    (tmp_path / "receipt.json").write_bytes(bytes(recorded.receipt))
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export", receipt=tmp_path / "receipt.json")
    assert report.ok, report.as_text()


def test_the_command(tmp_path, capsys):
    vote = frozen_vote()
    call_command("export_board", vote.session.code.lower(), "--out", str(tmp_path / "out"))
    assert export.verify(tmp_path / "out")["session"] == vote.session.code
    with pytest.raises(CommandError, match="不是空文件夹"):
        call_command("export_board", vote.session.code, "--out", str(tmp_path / "out"))
    draft = draft_session(small_estate())
    for code in ("NOSUCH12", draft.code):
        with pytest.raises(CommandError, match="没有编号"):
            call_command("export_board", code, "--out", str(tmp_path / "other"))


def test_a_receipt_whose_promise_was_broken_is_refused(tmp_path):
    vote = frozen_vote()
    recorded = vote.cast(1, [FOR])
    vote.count()  # days later: nobody signed a checkpoint meanwhile
    (tmp_path / "receipt.json").write_bytes(bytes(recorded.receipt))
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export", receipt=tmp_path / "receipt.json")
    failed = [check["name"] for check in report.as_json()["checks"] if not check["ok"]]
    assert failed == ["receipt"]
