"""The bundle of a session: complete, signed, the same bytes twice, and proof against change."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Job
from core.errors import RuleViolation
from documents.archives import attached, check_archive, entry
from documents.authority import certificates, development_identity
from documents.contents import CONTENTS_NAME, CONTENTS_PATH
from documents.models import Document
from documents.services.posting import add_place, post_paper
from documents.services.stamping import confirm_scan, link_scan
from registry.models import Owner
from tests.documents.test_scans import photo, scan
from tests.elections import frozen_election
from tests.factories import ACTOR, CLOSE, FOR, FREEZE, frozen_vote
from voting import tasks
from voting.models import ArchiveBundle
from voting.services.archiving import (
    Lot,
    archive_path,
    delete_due_archives,
    enter_originals,
    run_archive,
    start_archive,
    take_archive,
)
from voting.services.notices import issue_notice
from voting.services.resolutions import issue_resolution
from voting.verifier.verification import verify

from .test_kills import run

pytestmark = pytest.mark.django_db
DONE = CLOSE + timedelta(days=40)
SHELF = ("3", "12", "1")


@pytest.fixture(autouse=True)
def _signer(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def finished(**fields: Any) -> Any:
    vote = frozen_vote(rehearsal=True, **fields)
    session = vote.session
    notice = issue_notice(session_id=session.pk, at=FREEZE)
    place = add_place(estate_id=session.estate_id, name="大门", actor=ACTOR, at=FREEZE)
    post_paper(
        document_id=notice.pk,
        place_id=place.pk,
        posted_by="王一",
        posted_at=FREEZE,
        photos=[photo()],
        actor=ACTOR,
        at=FREEZE,
    )
    for number in range(1, 7):
        vote.cast(number, [FOR])
    vote.count()
    issue_resolution(session_id=session.pk, at=CLOSE)
    vote.session.refresh_from_db()
    return vote


def make(session: Any) -> ArchiveBundle:
    job = start_archive(session_id=session.pk, actor=ACTOR, at=DONE)
    run_archive(job.pk, at=DONE)
    bundle = ArchiveBundle.objects.select_related("job", "session").get(job=job)
    assert bundle.job.state == "done", bundle.job.message
    return bundle


def roots(settings: Any) -> tuple[bytes, ...]:
    return certificates((Path(settings.CA_DIR) / "ca.pem").read_bytes())


def test_it_works(settings: Any, tmp_path: Path) -> None:
    vote = finished()
    session = vote.session
    serials = sorted(session.parties.values_list("serial", flat=True))
    enter_originals(
        session_id=session.pk,
        lot=Lot("ballots", "", serials[0], serials[2], 3),
        shelf=SHELF,
        actor=ACTOR,
        at=DONE,
    )
    copy = link_scan(
        document_id=session.resolution.pk,
        content=scan(session.resolution.code),
        actor="user:1",
        at=DONE,
    )
    confirm_scan(copy_id=copy.pk, actor="user:2", at=DONE)
    bundle = make(session)
    path = take_archive(session_id=session.pk, actor=ACTOR, at=DONE)
    assert path.stat().st_mode & 0o777 == 0o600
    with ZipFile(path) as packed:
        names = packed.namelist()
        folders = {name.split("/")[0] for name in names}
        assert names[0] == CONTENTS_PATH
        assert {
            "01-公告和公示", "02-张贴", "03-名册", "05-纸质原件", "06-计票", "10-决议",
            "11-盖章扫描件", "13-公告板",
        } <= folders  # fmt: skip
        listed = json.loads(attached(packed.read(CONTENTS_PATH), CONTENTS_NAME))
        assert [item["path"] for item in listed["items"]] == names[1:]
        assert listed["originals"] == [
            ["纸质表决票", f"{serials[0]}至{serials[2]}", "3", *SHELF]
        ]
        roll = packed.read("03-名册/冻结的名册.csv").decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(roll)))[1:]
        assert len(rows) == 6
        assert {row[1] for row in rows} >= {"王**", "李**"}
        packed.extractall(tmp_path / "out")
        everything = b"".join(packed.read(name) for name in names if "公告板" not in name)
    # The board inside is the board, by the verifier that knows nothing of us.
    assert verify(tmp_path / "out" / "13-公告板").ok
    for secret in vote.secrets.values():
        assert secret.token.encode() not in everything
        assert secret.code.encode() not in everything
    phones = [owner.phone for owner in Owner.objects.all() if owner.phone]
    assert phones
    for phone in phones:
        assert phone.encode() not in everything
    verdict = check_archive(path, trust_roots=roots(settings))
    assert verdict.status == "whole", verdict.reasons
    assert (verdict.session, verdict.items) == (session.code, len(names) - 1)
    assert bundle.contents is not None
    assert not bundle.contents.is_public


def test_an_election_is_kept_with_its_list_of_candidates(settings: Any) -> None:
    vote = frozen_election(session={"rehearsal": True})
    for number in range(1, 8):
        vote.cast(number, [FOR, [0, 1, 2, 3, 4]])
    vote.count()
    issue_resolution(session_id=vote.session.pk, at=CLOSE)
    vote.session.refresh_from_db()
    bundle = make(vote.session)
    with ZipFile(archive_path(bundle)) as packed:
        (listed,) = [
            name for name in packed.namelist() if name.endswith(".json") and "04-" in name
        ]
        assert json.loads(packed.read(listed))
    assert check_archive(archive_path(bundle), trust_roots=roots(settings)).status == "whole"


def test_the_same_record_gives_the_same_bytes(settings: Any) -> None:
    session = finished().session
    first = make(session)
    bytes_of_first = archive_path(first).read_bytes()
    second = make(session)
    assert archive_path(second).read_bytes() == bytes_of_first
    assert first.contents == second.contents
    assert Document.objects.filter(kind="contents").count() == 1
    # Something is added: a new list, which takes the place of the old one.
    enter_originals(
        session_id=session.pk,
        lot=Lot("proxies", "", "", "", 5),
        shelf=SHELF,
        actor=ACTOR,
        at=DONE,
    )
    third = make(session)
    first.contents.refresh_from_db()
    assert third.contents != first.contents
    assert first.contents.status == "superseded"
    assert first.contents.superseded_by == third.contents


def forged(path: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with ZipFile(path) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with ZipFile(out, "w") as packed:
        for name, content in files.items():
            packed.writestr(entry(name), content)
    return out


def drop(files: dict[str, bytes]) -> None:
    del files["06-计票/tally.json"]


def add(files: dict[str, bytes]) -> None:
    files["06-计票/另一份.json"] = b"{}"


def alter(files: dict[str, bytes]) -> None:
    name = "03-名册/冻结的名册.csv"
    files[name] = files[name].replace(b"90.00", b"99.00")


def swap(files: dict[str, bytes]) -> None:
    files[CONTENTS_PATH] = files[CONTENTS_PATH][:-40] + b" " * 40


def no_list(files: dict[str, bytes]) -> None:
    del files[CONTENTS_PATH]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (drop, "altered", "少了一件"),
        (add, "altered", "多出一件"),
        (alter, "altered", "被改动过"),
        (swap, "altered", "目录"),
        (no_list, "unknown", "没有签名的目录"),
    ],
)
def test_any_change_is_found(
    settings: Any, tmp_path: Path, bundle_file: Path, change: Any, status: str, said: str
) -> None:
    bad = forged(bundle_file, tmp_path / "bad.zip", change)
    verdict = check_archive(bad, trust_roots=roots(settings))
    assert verdict.status == status
    assert any(said in reason for reason in verdict.reasons), verdict.reasons


@pytest.fixture
def bundle_file() -> Path:
    return archive_path(make(finished().session))


def test_the_command_offline_in_another_process(
    settings: Any, tmp_path: Path, bundle_file: Path
) -> None:
    ca = str(Path(settings.CA_DIR) / "ca.pem")
    command = [sys.executable, "manage.py", "verify_archive"]
    env = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "PATH": "/usr/bin:/bin"}
    root = Path(__file__).resolve().parents[3]

    def said(*arguments: str) -> tuple[int, Any]:
        done = subprocess.run(
            [*command, *arguments, "--json"], capture_output=True, cwd=root, env=env
        )
        return done.returncode, json.loads(done.stdout)

    code, answer = said(str(bundle_file), "--ca", ca)
    assert (code, answer["status"]) == (0, "whole")
    bad = tmp_path / "bad.zip"
    for content in (b"", b"PK\x03\x04", bundle_file.read_bytes()[:-900]):
        bad.write_bytes(content)
        code, answer = said(str(bad), "--ca", ca)
        assert (code, answer["status"]) == (1, "unknown")
    other = tmp_path / "other"
    development_identity(other)
    code, answer = said(str(bundle_file), "--ca", str(other / "ca.pem"))
    assert code == 1
    with pytest.raises(SystemExit):
        call_command("verify_archive", str(bundle_file))  # by the settings' own certificate


def test_not_before_the_resolution_and_one_job_at_a_time() -> None:
    vote = frozen_vote()
    with pytest.raises(RuleViolation) as refused:
        start_archive(session_id=vote.session.pk, actor=ACTOR, at=FREEZE)
    assert refused.value.code == "archive.too_early"
    with pytest.raises(RuleViolation) as refused:
        take_archive(session_id=vote.session.pk, actor=ACTOR, at=FREEZE)
    assert refused.value.code == "archive.not_ready"
    session = finished().session
    first = start_archive(session_id=session.pk, actor=ACTOR, at=DONE)
    assert start_archive(session_id=session.pk, actor=ACTOR, at=DONE) == first


def test_deleted_after_a_day_and_made_again() -> None:
    import os

    session = finished().session
    path = archive_path(make(session))
    assert delete_due_archives() == 0
    day_ago = (timezone.now() - timedelta(hours=25)).timestamp()
    os.utime(path, (day_ago, day_ago))
    assert delete_due_archives() == 1
    with pytest.raises(RuleViolation) as refused:
        take_archive(session_id=session.pk, actor=ACTOR, at=DONE)
    assert refused.value.code == "archive.gone"


@pytest.mark.parametrize(
    ("lot", "shelf", "reasons"),
    [
        (Lot("ballots", "", "00001-XXXX", "", 1), SHELF, {"originals.serial"}),
        (Lot("ballots", "", "", "", 1), SHELF, {"originals.serial"}),
        (Lot("strange", "", "", "", 1), SHELF, {"originals.kind"}),
        (Lot("other", "", "", "", 0), SHELF, {"originals.sheets"}),
        (Lot("other", "", "", "", None), ("", "", ""), {"originals.sheets", "originals.shelf"}),
        (Lot("other", "x" * 81, "", "", 1), SHELF, {"originals.what"}),
    ],
)
def test_originals_that_cannot_be(lot: Lot, shelf: Any, reasons: set[str]) -> None:
    session = frozen_vote().session
    with pytest.raises(RuleViolation) as refused:
        enter_originals(session_id=session.pk, lot=lot, shelf=shelf, actor=ACTOR, at=DONE)
    assert {reason.code for reason in refused.value.facts["reasons"]} == reasons
    assert not session.originals.exists()


def test_a_serial_lies_in_one_box_only() -> None:
    session = frozen_vote().session
    serials = sorted(session.parties.values_list("serial", flat=True))
    keep = {"session_id": session.pk, "shelf": SHELF, "actor": ACTOR, "at": DONE}
    enter_originals(lot=Lot("ballots", "", serials[0], serials[3], 4), **keep)
    with pytest.raises(RuleViolation) as refused:
        enter_originals(lot=Lot("ballots", "", serials[3], serials[5], 3), **keep)
    assert {reason.code for reason in refused.value.facts["reasons"]} == {"originals.twice"}
    with pytest.raises(RuleViolation) as refused:
        enter_originals(lot=Lot("ballots", "", serials[5], serials[4], 2), **keep)
    assert {reason.code for reason in refused.value.facts["reasons"]} == {"originals.order"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
@pytest.mark.parametrize(
    "strike",
    [
        ["voting.services.archiving", "export_board", "after"],
        ["voting.services.archiving", "store_signed", "after"],
        ["voting.services.archiving", "_contents", "after"],
    ],
)
def test_killed_on_the_way_it_is_made_by_the_next(strike: list[str], settings: Any) -> None:
    session = finished().session
    job = start_archive(session_id=session.pk, actor=ACTOR, at=DONE)
    run("voting.services.archiving.run_archive", job.pk, strike=strike, at=DONE)
    assert not list(Path(settings.ARCHIVE_DIR).glob("*.zip"))
    stored = Document.objects.filter(kind="contents").count()
    assert stored == (1 if strike[1] == "_contents" else 0)
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    assert tasks.make_archives(DONE) == 1
    bundle = ArchiveBundle.objects.select_related("session", "job").get()
    assert bundle.job.state == "done"
    assert Document.objects.filter(kind="contents").count() == 1
    assert check_archive(archive_path(bundle), trust_roots=roots(settings)).status == "whole"
