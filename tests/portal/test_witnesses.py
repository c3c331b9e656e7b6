"""Witnesses through the pages: key, asking, the two public files, the tool, the upload."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from logbook.models import Checkpoint, Cosignature
from tests.factories import FOR, Vote
from tests.town import Town, draft
from voting import keyfiles
from voting.models import Session, Witness
from voting.selectors import terms
from voting.services.casting import cast_plain
from voting.services.freezing import freeze_session
from voting.tasks import sign_checkpoints
from voting.witness.__main__ import main

pytestmark = pytest.mark.django_db
PASSPHRASE = "四个 不相干 的词 连起来"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfiles, "COST", 2**14)


@pytest.fixture
def walk(town: Town, tmp_path: Path) -> Walk:
    return Walk(town, tmp_path)


class Walk:
    """A draft of the town's estate, the street office's tool, and everybody's browser."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.folder = folder
        (folder / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
        assert self.run("init", "--key", folder / "key", "--state", folder / "state") == 0
        self.key = json.loads((folder / "state").read_text(encoding="utf-8"))["key"]
        self.session = draft(town.here.estate)

    def run(self, *words: object) -> int:
        secret = ("--passphrase-file", str(self.folder / "passphrase"))
        return main([*map(str, words), *secret])

    def as_(self, who: str) -> Client:
        client = Client()
        client.force_login(
            self.town.person(who), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    def register(self, key: str = "", who: str = "street_office") -> Any:
        authority = self.town.here.of(who.removeprefix("other "))
        fields = {"authority": authority.pk, "key": key or self.key}
        return self.as_(who).post(reverse("staff:witness_key"), fields)

    def ask(self, **fields: Any) -> Any:
        path = reverse("staff:witnesses", args=[self.session.code])
        return self.as_("organiser").post(path, fields)

    def announce(self, needed: int = 1) -> None:
        """Key, question, freezing."""
        assert self.register().status_code == 302
        asked = self.ask(authorities=[self.town.here.street.pk], needed=needed)
        assert asked.status_code == 302
        freeze_session(session_id=self.session.pk, actor="user:1", at=timezone.now())
        self.session = Session.objects.get(pk=self.session.pk)

    def page(self, name: str = "voting:session") -> str:
        return Client().get(reverse(name, args=[self.session.code])).content.decode()

    def fetch(self, name: str, **sizes: Any) -> Any:
        return Client().get(reverse(name, args=[self.session.code]), sizes)

    def cosign(self, old: int, name: str) -> Path:
        """With the two public files; the cosignature."""
        folder = self.folder / name
        folder.mkdir()
        new = Checkpoint.objects.filter(log=self.session.board).last()
        assert new is not None
        proof = self.fetch("voting:consistency", **{"from": old, "to": new.size})
        assert proof.headers["Content-Disposition"] == 'attachment; filename="consistency.json"'
        (folder / "consistency.json").write_bytes(proof.content)
        (folder / "checkpoints.jsonl").write_bytes(
            self.fetch("voting:checkpoints_file").content
        )
        out = self.folder / f"{name}.json"
        own = ("--key", self.folder / "key", "--state", self.folder / "state", "--out", out)
        assert self.run("cosign", folder, *own) == 0
        return out

    def upload(self, content: bytes, who: str = "street_office") -> Any:
        file = SimpleUploadedFile("见证.json", content)
        path = reverse("staff:witness", args=[self.session.code])
        return self.as_(who).post(path, {"content": file})


def test_from_the_key_to_the_witnessed_page(walk: Walk) -> None:
    walk.announce()
    assert "未经见证" in walk.page()
    assert "东街道" in walk.page("voting:board")
    page = walk.as_("street_office").get(reverse("staff:witness", args=[walk.session.code]))
    assert "?from=1&amp;to=1" in page.content.decode()
    answer = walk.upload(walk.cosign(1, "one").read_bytes())
    assert answer.status_code == 302
    assert "未经见证" not in walk.page()
    assert "已见证" in walk.page()
    # the board grows; what was witnessed is the beginning of it
    vote = Vote(walk.session, {})
    opens, closes = walk.session.opens_at, walk.session.closes_at
    assert opens is not None
    assert closes is not None
    cast_plain(
        session_id=walk.session.pk,
        party_id=vote.party(1).pk,
        choices=[FOR],
        submission="s1",
        at=opens,
    )
    sign_checkpoints(closes)
    assert "未经见证" in walk.page()
    assert "见证到第 1 条" in walk.page()
    assert walk.upload(walk.cosign(1, "two").read_bytes()).status_code == 302
    assert "已见证" in walk.page()
    line = json.loads(walk.fetch("voting:checkpoints_file").content.splitlines()[-1])
    assert [one["key"] for one in line["cosignatures"]] == [walk.key]


def test_nobody_asked_nothing_said(walk: Walk) -> None:
    freeze_session(session_id=walk.session.pk, actor="user:1", at=timezone.now())
    assert "见证" not in walk.page()
    page = walk.as_("street_office").get(reverse("staff:witness", args=[walk.session.code]))
    assert "没有请机构见证" in page.content.decode()


def test_the_organiser_reads_why_nobody_can_be_asked(walk: Walk) -> None:
    page = walk.as_("organiser").get(reverse("staff:witnesses", args=[walk.session.code]))
    assert "都还没有登记" in page.content.decode()


def test_a_key_is_registered_by_the_own_authority_only(walk: Walk) -> None:
    there = walk.register(who="other street_office")
    assert there.status_code == 400
    assert not Witness.objects.exists()
    assert walk.register(key="abc").status_code == 400
    assert "43个字符" in walk.register(key="abc").content.decode()
    assert walk.register().status_code == 302
    assert "已经登记过" in walk.register().content.decode()
    assert (
        walk.key in walk.as_("street_office").get(reverse("staff:witness_key")).content.decode()
    )


@pytest.mark.parametrize("needed", ["2", "-1", "", "x", "1.5"])
def test_how_many_are_needed_has_bounds(walk: Walk, needed: str) -> None:
    walk.register()
    asked = walk.ask(authorities=[walk.town.here.street.pk], needed=needed)
    assert asked.status_code == 400
    assert f'value="{needed}"' in asked.content.decode() or not needed
    assert walk.ask(authorities=[walk.town.there.street.pk], needed=0).status_code == 400
    freeze_session(session_id=walk.session.pk, actor="user:1", at=timezone.now())
    assert terms(Session.objects.get(pk=walk.session.pk)).witnesses == ()


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b"[" * 4000, b"a" * 100_000])
def test_a_file_that_is_none_is_refused_with_a_sentence(walk: Walk, content: bytes) -> None:
    walk.announce()
    answer = walk.upload(content)
    assert answer.status_code == 400
    assert "见证" in answer.content.decode()
    assert not Cosignature.objects.exists()


def test_another_authority_does_not_hand_it_in(walk: Walk) -> None:
    walk.announce()
    signed = walk.cosign(1, "one").read_bytes()
    answer = walk.upload(signed, "bureau")
    assert answer.status_code == 400
    assert "别的机构" in answer.content.decode()
    assert not Cosignature.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from": "1"},
        {"from": "1", "to": "2"},
        {"from": "0", "to": "1"},
        {"from": "-1", "to": "1"},
        {"from": "1", "to": "9" * 13},
        {"from": "一", "to": "1"},
        {"from": "\x00", "to": "1"},
    ],
)
def test_sizes_that_are_no_checkpoints(walk: Walk, query: dict[str, str]) -> None:
    walk.announce()
    answer = walk.fetch("voting:consistency", **query)
    assert answer.status_code == 400
    assert "检查点的条数" in answer.content.decode()


def test_a_draft_and_a_called_off_session_have_no_proofs(walk: Walk) -> None:
    assert walk.fetch("voting:consistency").status_code == 404
    Session.objects.filter(pk=walk.session.pk).update(state="cancelled")
    assert walk.fetch("voting:consistency").status_code == 404
    assert walk.fetch("voting:checkpoints_file").status_code == 404
    assert walk.fetch("voting:board").status_code == 200
