"""Posting and stamping through the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from documents.authority import development_identity
from documents.models import Posting, PostingPlace, StampedCopy
from tests.documents.test_scans import photo, scan
from tests.factories import make_profile
from tests.town import Town, announced, draft
from voting.models import Session
from voting.selectors import hanging
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.extending import extend_voting
from voting.services.notices import issue_notice
from voting.services.posting import post_roll
from voting.services.resolutions import post_preliminary


@pytest.fixture
def session(town: Town, settings: Any, tmp_path: Path) -> Session:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    made = announced(town.here.estate)
    issue_notice(session_id=made.pk, at=made.frozen_at)
    made.refresh_from_db()
    return made


def enter(town: Town, who: str) -> Client:
    client = Client()
    client.force_login(town.person(who), backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(content: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def minute(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_from_the_worklist_to_the_wall_and_down_again(town: Town, session: Session) -> None:
    desk = enter(town, "organiser")
    assert "张贴公告" in desk.get("/staff/").content.decode()
    page = f"/staff/sessions/{session.code}/postings"
    assert "还没有写明要张贴在哪些地方" in desk.get(page).content.decode()
    for name in ("大门公告栏", "1幢1单元门口"):
        desk.post(f"/staff/estates/{session.estate.code}/places", {"name": name})
    gate, door = PostingPlace.objects.all()
    assert desk.get(page).content.decode().count("还没有张贴") == 2
    hang = f"/staff/papers/{session.notice.code}/post/{gate.pk}"
    # Nothing typed: every reason, what was typed kept, nothing written.
    wrong = desk.post(hang, {"posted_by": "王一", "posted_at": ""})
    assert wrong.status_code == 400
    assert "请填写日期和时间" in wrong.content.decode()
    assert "王一" in wrong.content.decode()
    assert not Posting.objects.exists()
    bad = desk.post(
        hang, {"posted_by": "王一", "posted_at": minute(timezone.now()), "photo": upload(b"MZ")}
    )
    assert bad.status_code == 400
    assert "只收 PNG、JPEG 文件" in bad.content.decode()
    good = desk.post(
        hang,
        {"posted_by": "王一", "posted_at": minute(timezone.now()), "photo": upload(photo())},
        follow=True,
    )
    posting = Posting.objects.get()
    assert good.redirect_chain[-1][0] == f"/staff/postings/{posting.pk}"
    picture = desk.get(f"/staff/postings/{posting.pk}/photos/{posting.photos.get().pk}")
    assert picture.headers["Content-Type"] == "image/jpeg"
    listed = desk.get(page).content.decode()
    assert listed.count("还没有张贴") == 1
    assert "张贴公告" in desk.get("/staff/").content.decode()  # the door is still missing
    desk.post(
        f"/staff/papers/{session.notice.code}/post/{door.pk}",
        {"posted_by": "王一", "posted_at": minute(timezone.now())},
    )
    assert "张贴公告" not in desk.get("/staff/").content.decode()
    assert "没有照片" in desk.get(page).content.decode()
    down = desk.post(
        f"/staff/postings/{posting.pk}/down",
        {"posted_by": "李二", "posted_at": minute(timezone.now())},
    )
    assert down.status_code == 302
    assert "提前取下了" in desk.get(page).content.decode()


def test_the_posted_roll_hangs_while_it_is_on_show(
    town: Town, settings: Any, tmp_path: Path
) -> None:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    made = draft(town.here.estate)
    desk = enter(town, "organiser")
    page = f"/staff/sessions/{made.code}/postings"
    assert desk.get(page).status_code == 404  # nothing of a draft hangs yet
    desk.post(f"/staff/estates/{made.estate.code}/places", {"name": "大门公告栏"})
    desk.post(f"/staff/sessions/{made.code}/roll/post")
    assert "业主名册公示" in desk.get(page).content.decode()
    paper = made.postings.get().document
    hang = f"/staff/papers/{paper.code}/post/{PostingPlace.objects.get().pk}"
    now = {"posted_by": "王一", "posted_at": minute(timezone.now()), "photo": upload(photo())}
    listed = desk.post(hang, now, follow=True).content.decode()
    assert page in listed  # and the way back to where all of them hang
    (wall,) = hanging(made, timezone.now())[0].walls
    assert (wall.state, wall.late) == ("hangs", False)


def test_late_early_and_missing_are_told_apart(town: Town, session: Session) -> None:
    estate = session.estate
    walls = [PostingPlace.objects.create(estate=estate, name=f"{n}号") for n in range(4)]
    day = session.notice.issued_at

    def hung(place: PostingPlace, hours: int, down: Any = None) -> None:
        Posting.objects.create(
            document=session.notice,
            place=place,
            posted_by="王一",
            posted_at=day + timedelta(hours=hours),
            recorded_by="user:1",
            recorded_at=day,
            taken_down_at=down,
        )

    hung(walls[0], 0)
    hung(walls[1], 48)
    hung(walls[2], 0, session.closes_at - timedelta(seconds=1))
    [paper] = hanging(session, day + timedelta(days=3))
    assert [(wall.state, wall.late, wall.photographed) for wall in paper.walls] == [
        ("hangs", False, False),
        ("hangs", True, False),
        ("early", False, False),
        ("missing", False, True),
    ]
    assert paper.overdue
    assert paper.missing == 4
    assert paper.duty.until == session.closes_at


def test_the_preliminary_result_is_on_the_worklist_until_it_hangs(
    town: Town, settings: Any, tmp_path: Path
) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    make_profile("steps", challenge_hours=0, prelim_result_post_days=7)
    estate = town.here.estate
    estate.profile_code = "steps"
    estate.save()
    made = announced(estate, days_ago=28)
    close_session(session_id=made.pk, at=timezone.now())
    count_session(session_id=made.pk, at=timezone.now())
    desk = enter(town, "organiser")
    task = "张贴初步统计结果"
    assert task not in desk.get("/staff/").content.decode()
    posted = post_preliminary(session_id=made.pk, at=timezone.now())
    assert task in desk.get("/staff/").content.decode()
    gate = PostingPlace.objects.create(estate=estate, name="大门公告栏")
    assert task in desk.get("/staff/").content.decode()
    Posting.objects.create(
        document=posted.document,
        place=gate,
        posted_by="王一",
        posted_at=posted.posted_at,
        recorded_by="user:1",
        recorded_at=posted.posted_at,
    )
    assert task not in desk.get("/staff/").content.decode()


def test_the_posted_roll_and_an_extension_are_on_the_worklist(
    town: Town, settings: Any, tmp_path: Path
) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    make_profile("wall", roll_posting_days=7)
    make_profile("long", max_extension_days=5)
    estate, desk = town.here.estate, enter(town, "organiser")
    estate.profile_code = "wall"
    estate.save()
    before = draft(estate)
    assert "张贴名册公示" not in desk.get("/staff/").content.decode()
    post_roll(session_id=before.pk, actor="user:1", at=timezone.now())
    assert "张贴名册公示" in desk.get("/staff/").content.decode()
    estate.profile_code = "long"
    estate.save()
    running = announced(estate, days_ago=20)
    assert "张贴延期公告" not in desk.get("/staff/").content.decode()
    extend_voting(
        session_id=running.pk,
        closes_at=running.closes_at + timedelta(days=2),
        reason="参加的人数还不到三分之二",
        actor="user:1",
        at=timezone.now(),
    )
    assert "张贴延期公告" in desk.get("/staff/").content.decode()


def test_stamped_and_scanned_back(town: Town, session: Session) -> None:
    code = session.notice.code
    desk, other = enter(town, "organiser"), enter(town, "supervisor")
    page = f"/staff/papers/{code}/stamp"
    assert "打印盖章" in desk.get(page).content.decode()
    assert desk.get(f"/staff/papers/{code}/pdf").content.startswith(b"%PDF-")
    for content, said in (
        (b"", "空的"),
        (b"MZ\x90\0", "只收 PDF"),
        (scan("0123456789AB"), "另一份文件"),
    ):
        answer = desk.post(f"/staff/papers/{code}/scans", {"content": upload(content)})
        assert answer.status_code == 400
        assert said in answer.content.decode()
    desk.post(f"/staff/papers/{code}/scans", {"content": upload(scan(code))})
    copy = StampedCopy.objects.get()
    assert desk.get(f"/staff/papers/{code}/scans/{copy.pk}").status_code == 200
    assert "要另一个人来确认" in desk.get(page).content.decode()
    assert desk.post(f"/staff/papers/{code}/scans/{copy.pk}/confirm").status_code == 409
    empty = other.post(f"/staff/papers/{code}/scans/{copy.pk}/decline", {"reason": ""})
    assert empty.status_code == 400
    other.post(f"/staff/papers/{code}/scans/{copy.pk}/confirm")
    assert f"/v/{code}/stamped/{copy.pk}" in Client().get(f"/v/{code}").content.decode()


def test_the_notice_as_a_page(town: Town, session: Session) -> None:
    said = Client().get(f"/s/{session.code}/notice/").content.decode()
    assert session.notice.number in said
    assert "一名受托人最多接受 3 名业主委托" in said
    assert f"/v/{session.notice.code}" in said
    assert f"/s/{session.code}/notice/" in Client().get(f"/s/{session.code}/").content.decode()
    assert Client().get("/s/NONE/notice/").status_code == 404
