"""Keys of 2 of 3 through the pages: every file that is due is taken, every other is refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.canonical import canonical
from logbook.models import Entry
from portal.selectors import worklist_for
from tests.factories import AGAINST, FOR, Vote
from tests.town import Town, draft
from tests.voting.trustee.sitting import Device, carried, value_of
from voting import keyfiles
from voting.models import KeyCeremony, KeyLot, Session, TrusteeKey
from voting.protocol import ceremony
from voting.selectors import ceremony_of, result_of, transcript_of
from voting.services.closing import close_session
from voting.services.exporting import export_board
from voting.spool import read_spool
from voting.tasks import sweep_all
from voting.trustee.__main__ import main as trustee_tool
from voting.verifier import verify

pytestmark = pytest.mark.django_db
NAMES = {
    "name_1": "甲", "belongs_1": "lot",
    "name_2": "乙", "belongs_2": "residents_committee",
    "name_3": "丙", "belongs_3": "independent",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfiles, "COST", 2**14)


@pytest.fixture
def organiser(town: Town, client: Any) -> Any:
    client.force_login(
        town.person("organiser"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


class Walk:
    """The organiser's way with one session."""

    def __init__(self, client: Any, session: Session, folder: Path) -> None:
        self.client = client
        self.session = session
        self.folder = folder

    def url(self, name: str, *args: object) -> str:
        return reverse(f"staff:{name}", args=[self.session.code, *args])

    def get(self, name: str, *args: object) -> str:
        page = self.client.get(self.url(name, *args))
        assert page.status_code == 200
        return page.content.decode()

    def post(self, name: str, *args: object, **data: object) -> Any:
        return self.client.post(self.url(name, *args), data)

    def send(self, content: bytes, name: str = "key_upload") -> Any:
        return self.post(name, content=SimpleUploadedFile("f.json", content))

    def download(self, _current: Any = None) -> Path:
        """The ceremony's file, as the organiser hands it out."""
        answer = self.client.get(self.url("key_file"))
        path = self.folder / f"ceremony-{len(list(self.folder.glob('ceremony-*')))}.json"
        path.write_bytes(answer.content)
        return path

    def upload_all(self, current: Any, messages: list[Any]) -> Any:
        for message in messages:
            assert self.send(canonical(message) + b"\n").status_code == 302
        return current

    def sit(self) -> list[Device]:
        """The whole ceremony, but for the fingerprint."""
        self.post("key_holders", 3, **NAMES)
        row = ceremony_of(self.session)
        assert row is not None
        return carried(self.folder, transcript_of(row), self.download, self.upload_all)[1]

    def export(self, name: str) -> Path:
        answer = self.client.post(self.url("board_export"))
        folder = self.folder / name
        data = io.BytesIO(b"".join(answer.streaming_content))
        with zipfile.ZipFile(data) as packed:
            packed.extractall(folder)
        return next(folder.rglob("index.json")).parent


@pytest.fixture
def walk(organiser: Any, town: Town, tmp_path: Path) -> Walk:
    return Walk(organiser, draft(town.here.estate), tmp_path)


def frozen(walk: Walk) -> tuple[Vote, list[Device]]:
    devices = walk.sit()
    walk.post("key_agree", same="on", tried="on")
    assert walk.post("announce", understood="on").status_code == 302
    walk.session.refresh_from_db()
    secrets = read_spool(walk.session.code)
    assert secrets is not None
    return Vote(walk.session, secrets), devices


def tallied(walk: Walk) -> list[Device]:
    vote, devices = frozen(walk)
    for number in range(1, 6):
        choice = AGAINST if number == 2 else FOR
        vote.cast(number, [choice], at=walk.session.opens_at, plain=number == 4)
    sweep_all(walk.session.closes_at)
    walk.session.refresh_from_db()
    return devices


def said(page: Any) -> str:
    return str(page.content.decode())


# --- the whole way ---------------------------------------------------------------------


def test_from_the_draft_to_the_result(walk, town, tmp_path):
    assert "平台从技术上读得到单张票" in walk.get("keys")
    devices = walk.sit()
    page = walk.get("keys")
    row = ceremony_of(walk.session)
    spoken = ceremony.fingerprint(transcript_of(row))
    assert spoken in page
    # Not before everybody read the same aloud.
    refused = walk.post("announce", understood="on")
    assert refused.status_code == 409
    assert "开票钥匙还没有做好" in said(refused)
    for device in devices:
        last = tmp_path / "ceremony-3.json"
        assert device.run("fingerprint", last, "--key", device.path("key-a")) == 0
    assert walk.post("key_agree").status_code == 400
    assert walk.post("key_agree", same="on").status_code == 400  # nor without trying copies
    assert walk.post("key_agree", same="on", tried="on").status_code == 302
    assert walk.post("announce", understood="on").status_code == 302
    session = walk.session
    session.refresh_from_db()
    assert not TrusteeKey.objects.exists()
    assert walk.post("key_restart").status_code == 409
    for device in devices:
        keys = ("--key", device.path("key-a"), "--copy", device.path("key-b"))
        assert device.run("test", *keys, "--export", walk.export(f"at-{device.number}")) == 0
    vote = Vote(session, read_spool(session.code))
    for number, choice in enumerate([FOR, AGAINST, FOR, FOR, FOR], start=1):
        vote.cast(number, [choice], at=session.opens_at, plain=number == 4)
    done = sweep_all(session.closes_at)
    assert (done["close"], done["count"]) == (1, 1)
    assert sweep_all(session.closes_at)["count"] == 0  # it waits for people now
    session.refresh_from_db()
    assert session.state == "closed"
    assert "还差2位" in walk.get("opening")
    assert "等待保管人开票" in walk.get("session")
    [task] = worklist_for(town.person("organiser"), timezone.now())
    assert (task.what.split("：")[0], task.desk) == ("等待保管人开票", "开票钥匙保管人")

    first = walk.export("first")
    assert devices[2].open(first) == 0
    share = devices[2].path("share.json").read_bytes()
    assert walk.send(share, "opening").status_code == 302
    assert "还差1位" in walk.get("opening")
    session.refresh_from_db()
    assert session.state == "closed"
    assert devices[0].open(walk.export("second")) == 0
    assert walk.send(devices[0].path("share.json").read_bytes(), "opening").status_code == 302
    session.refresh_from_db()
    assert session.state == "counted"
    [motion] = result_of(session).motions
    assert (motion.result, motion.votes_for, motion.against) == (
        "passed", (4, 490_00), (1, 110_00),
    )  # fmt: skip
    assert "保管人已经开票" in walk.get("opening")
    export_board(session, tmp_path / "end", at=session.closes_at)
    report = verify(tmp_path / "end")
    assert report.ok, report.as_text()
    trustees = next(check for check in report.checks if check.name == "trustees")
    assert trustees.detail == "2 of 3"
    # A share more is not needed, and does no harm.
    assert devices[1].open(first) == 0
    late = walk.send(devices[1].path("share.json").read_bytes(), "opening")
    assert late.status_code == 400
    assert "已经开票" in said(late)
    assert walk.send(share, "opening").status_code == 302


def test_papers_name_who_keeps_the_keys(walk):
    from voting.facts import letter_facts

    vote, _devices = frozen(walk)
    [letter, *_] = letter_facts(vote.session, vote.secrets)
    said_ = letter.session.secrecy
    names = "甲（抽签产生的业主）、乙（居委会）、丙（律师、公证员等外部人员）"
    assert f"解密钥匙由{names}分别保管，2人一起才能打开" in said_
    assert "平台没有钥匙" in said_
    # Who types the short code, or whose phone cannot, has the server encrypt.
    assert "由服务器代为加密，服务器当时看得到，不保存" in said_
    assert "平台一把" not in said_


# --- choosing ---------------------------------------------------------------------


def test_names_are_judged_all_at_once_and_kept(walk):
    page = walk.post("key_holders", 3, name_1="甲", belongs_1="lot", name_2="甲", name_3="")
    assert page.status_code == 400
    for reason in ("和另一位同名", "第3位保管人的称呼", "第2位保管人属于哪一方"):
        assert reason in said(page)
    assert 'value="甲"' in said(page)
    assert not KeyCeremony.objects.exists()
    assert walk.client.get(walk.url("key_holders", 4)).status_code == 404
    for name, why in (("甲\x07", "不能显示"), ("长" * 21, "最多20个字"), (" ", "请填")):
        page = walk.post("key_holders", 3, **{**NAMES, "name_1": name})
        assert page.status_code == 400
        assert why in said(page)


def test_one_chain_of_command_is_warned_of(walk):
    same = {**NAMES, "belongs_1": "street_office"}
    walk.post("key_holders", 3, **same)
    page = walk.get("keys")
    assert "居委会、街道和主管部门一线的保管人凑得齐2位" in page
    assert "5位里要3位" in page
    walk.post("key_holders", 3, **NAMES)
    assert "凑得齐" not in walk.get("keys")


def test_back_to_the_platform(walk):
    walk.post("key_holders", 3, **NAMES)
    walk.post("key_platform")
    assert not KeyCeremony.objects.exists()
    assert walk.post("announce", understood="on").status_code == 302
    assert TrusteeKey.objects.count() == 1


# --- files of the ceremony --------------------------------------------------------------------


def test_files_that_are_not_due(walk, tmp_path):
    walk.post("key_holders", 3, **NAMES)
    device = Device(tmp_path, 1)
    good = device.sit(0, walk.download()).read_bytes()
    assert walk.send(good).status_code == 302
    assert walk.send(good).status_code == 302  # tapped twice
    other = Device(tmp_path / "b", 1).sit(0, tmp_path / "ceremony-0.json").read_bytes()
    second = Device(tmp_path, 2).sit(0, tmp_path / "ceremony-0.json").read_bytes()
    for content, why in (
        (other, "已经交过另一份文件"),
        (b"", "不完整"),
        (second[:-5], "不完整"),
        (b"[" * 100_000, "不完整"),
        (b" " * 300_000, "不完整"),
        (b'{"a":1}\n', "不是开票钥匙仪式的文件"),
        (second.replace(b"yishi-certificate-1", b"yishi-reveal-1"), "不是现在这一轮的"),
        (second.replace(b'"index":2', b'"index":9'), "不完整或者被改过"),
    ):
        page = walk.send(content)
        assert page.status_code == 400, why
        assert why in said(page)
    holders = list(ceremony_of(walk.session).holders.all())
    assert [bool(one.certificate) for one in holders] == [True, False, False]
    walk.post("key_restart")
    assert "属于另一次仪式" in said(walk.send(second))


def test_a_file_that_proves_a_cheat_is_named_and_all_begin_again(walk, tmp_path):
    devices = walk.sit()
    walk.post("key_restart")
    assert "已交" not in walk.get("keys")
    fresh = [Device(tmp_path / "again", number) for number in (1, 2, 3)]
    transcript = walk.download()
    for device in fresh:
        walk.send(device.sit(0, transcript).read_bytes())
    transcript = walk.download()
    message = value_of(fresh[1].sit(1, transcript))
    message["coefficients"].reverse()
    page = walk.send(canonical(message))
    assert page.status_code == 400
    assert "第2位保管人公开的内容和先前封存的不一样" in said(page)
    assert "重新开始" in said(page)
    # What was made before has nothing to do with it any more.
    old = walk.send(devices[1].path("round-1.json").read_bytes())
    assert "属于另一次仪式" in said(old)


# --- shares ---------------------------------------------------------------------


def test_shares_that_are_refused(walk, town, tmp_path):
    devices = tallied(walk)
    before = walk.session.board.entries.count()
    export = walk.export("export")
    assert devices[0].open(export) == 0
    good = devices[0].path("share.json").read_bytes()
    value = value_of(devices[0].path("share.json"))
    rows = value["decryption"]["motions"][0]["heads"]
    bent = canonical(
        {
            **value,
            "decryption": {
                **value["decryption"],
                "motions": [{**value["decryption"]["motions"][0], "heads": rows[::-1]}],
            },
        }
    )
    as_other = canonical({**value, "decryption": {**value["decryption"], "trustee": 2}})
    for content, why in (
        (good[: len(good) // 2], "不完整"),
        (b"", "不完整"),
        (b"{}", "不是开票份额文件"),
        (canonical({**value, "session": "OTHER001"}), "另一次会议"),
        (canonical({**value, "manifest": "0" * 64}), "另一份会议公告"),
        (canonical({**value, "tally": "0" * 64}), "不是这一次计票"),
        (canonical({**value, "decryption": []}), "不是开票份额文件"),
        (canonical({**value, "decryption": {"trustee": 1}}), "证明不成立"),
        (bent, "证明不成立"),
        (as_other, "证明不成立"),
    ):
        page = walk.send(content, "opening")
        assert page.status_code == 400, why
        assert why in said(page)
    assert walk.session.board.entries.count() == before
    # The same trustee again: the same file does no harm, another one is refused.
    assert walk.send(good, "opening").status_code == 302
    assert walk.send(good, "opening").status_code == 302
    assert devices[0].open(export, out="again.json") == 0
    page = walk.send(devices[0].path("again.json").read_bytes(), "opening")
    assert page.status_code == 400
    assert "第1位保管人已经交过" in said(page)
    assert Entry.objects.filter(kind="decryption").count() == 1


def test_a_share_of_another_session_with_the_same_trustees(walk, organiser, town, tmp_path):
    tallied(walk)
    (tmp_path / "two").mkdir()
    other = Walk(organiser, draft(town.here.estate), tmp_path / "two")
    devices = tallied(other)
    assert devices[0].open(other.export("export")) == 0
    share = devices[0].path("share.json").read_bytes()
    page = walk.send(share, "opening")
    assert page.status_code == 400
    assert "另一次会议的开票份额" in said(page)


def test_no_share_is_asked_for_before_the_tally(walk):
    frozen(walk)
    assert walk.client.get(walk.url("opening")).status_code == 404
    assert walk.send(b"{}", "opening").status_code == 404
    at = walk.session.closes_at
    close_session(session_id=walk.session.pk, at=at)
    assert walk.client.get(walk.url("opening")).status_code == 404
    assert sweep_all(at - timedelta(seconds=1))["count"] == 0


def test_the_page_for_trustees_is_offered_with_its_hash(organiser, town, tmp_path):
    session = draft(town.here.estate, at=timezone.now())
    walk = Walk(organiser, session, tmp_path)
    assert "yishi-ceremony.html" not in walk.get("keys")  # the platform keeps the key
    walk.post("key_holders", 3, **NAMES)
    shown = walk.get("keys")
    file = Path(finders.find("offline/yishi-ceremony.html"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest in shown
    assert "offline/yishi-ceremony.html" in shown
    assert file.with_name(file.name + ".sha256").read_text().split()[0] == digest
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert f"SHA-256 of `yishi-ceremony.html`: `{digest}`" in manual


SEEDED = "3D 1-2-3 双色球 05 11 17"


def test_owners_are_drawn_and_anybody_draws_the_same(organiser, town, tmp_path, capsys):
    session = draft(town.here.estate, at=timezone.now())
    walk = Walk(organiser, session, tmp_path)
    assert walk.post("key_lot_draw", seed=SEEDED).status_code == 400  # no list is fixed
    assert walk.post("key_lot", source="").status_code == 400
    assert walk.post("key_lot", source="12月1日福彩3D和双色球").status_code == 302
    lot = KeyLot.objects.get()
    assert walk.post("key_lot", source="别的").status_code == 400  # one after the other
    assert walk.post("key_lot_draw", seed="12345").status_code == 400
    assert lot.list_sha256 in walk.get("key_lot")
    url = walk.url("key_lot_file", lot.pk)
    early = tmp_path / "early.json"
    early.write_bytes(organiser.get(url).content)
    assert trustee_tool(["lot", str(early)]) == 1
    assert "种子还没有出来" in capsys.readouterr().err
    assert walk.post("key_lot_draw", seed=SEEDED).status_code == 302
    assert walk.post("key_lot_draw", seed=SEEDED).status_code == 302  # harmless
    lot.refresh_from_db()
    assert lot.seed == "3D123051117"
    file = tmp_path / "lot.json"
    file.write_bytes(organiser.get(url).content)
    assert trustee_tool(["lot", str(file)]) == 0
    first = value_of(file)["rooms"][value_of(file)["order"][0] - 1]
    shown = capsys.readouterr().out
    assert shown.index(lot.list_sha256) < shown.index(first)
    assert first in walk.get("key_lot")
    developer = session.estate.units.filter(status="unsold").first()
    assert developer is None or developer.label not in value_of(file)["rooms"]
    for edit in ({"seed": "ANOTHER1"}, {"order": [1, 2]}, {"list_sha256": "0" * 64}):
        bent = tmp_path / "bent.json"
        bent.write_bytes(canonical({**value_of(file), **edit}) + b"\n")
        assert trustee_tool(["lot", str(bent)]) == 1, edit
    bent.write_bytes(canonical({**value_of(file), "rooms": 7}) + b"\n")
    assert trustee_tool(["lot", str(bent)]) == 1
    # Drawing again leaves the first one where everybody sees it, in the log too.
    walk.post("key_lot", source="12月8日福彩3D")
    assert len(Entry.objects.filter(kind__startswith="keys.lot_")) == 3
    assert walk.get("key_lot").count("次抽签") == 2
