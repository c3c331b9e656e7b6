"""Letters made outside: the roll goes out, keys come back, and freezing uses them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core.canonical import canonical
from core.errors import RuleViolation
from documents.letters import LettersFile
from logbook.models import Entry
from logbook.selectors import lines
from tests.factories import FOR, Vote, small_estate
from tests.town import draft
from voting import keyfiles
from voting.letterer.__main__ import main
from voting.models import LetterCode, LetterMaker, Session
from voting.protocol import credential
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import suite
from voting.selectors import result_of
from voting.services.drafting import edit_session
from voting.services.entering import find_letter
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session
from voting.services.lettering import (
    choose_letter_maker,
    hand_out_roll,
    let_platform_make,
    restart_letters,
    take_letter_keys,
)
from voting.services.letters import reissue_letter, start_letters
from voting.spool import Secret, letters_lie
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = pytest.mark.django_db
MAKER = "东门街道办事处"


class Outside:
    """A draft whose letters somebody outside makes, and that somebody's computer."""

    def __init__(self, folder: Path) -> None:
        self.at = timezone.now() - timedelta(days=40)
        self.session = draft(small_estate(), at=self.at)
        self.folder = folder
        self.printed: dict[int, Secret] = {}
        self.act: dict[str, Any] = {
            "session_id": self.session.pk, "actor": "user:1", "at": self.at
        }  # fmt: skip

    def choose(self, name: str = MAKER, kind: str = "street_office") -> LetterMaker:
        return choose_letter_maker(name=name, kind=kind, **self.act)

    def roll(self) -> bytes:
        return hand_out_roll(share_tables={}, **self.act)

    def draw(self, monkeypatch: pytest.MonkeyPatch, roll: bytes | None = None) -> bytes:
        """The tool on that computer, whose printer keeps what it prints."""

        def render(facts, out, **_options):
            found = list(facts)
            self.printed = {
                number: Secret(one.token, one.code) for number, one in enumerate(found, 1)
            }
            keyfiles.write(out, b"%PDF")
            return LettersFile(
                letters=len(found), pages=2, size=4, sha256="", first_serial="", last_serial=""
            )

        monkeypatch.setattr("documents.letters.render_letters", render)
        paths = [self.folder / name for name in ("roll.json", "letters.pdf", "keys.json")]
        for path in paths:
            path.unlink(missing_ok=True)
        paths[0].write_bytes(roll or self.roll())
        assert (
            main(["draw", str(paths[0]), "--letters", str(paths[1]), "--keys", str(paths[2])])
            == 0
        )
        assert not paths[0].exists()  # personal data
        assert paths[1].stat().st_mode & 0o077 == 0
        return paths[2].read_bytes()

    def take(self, content: bytes) -> LetterMaker:
        return take_letter_keys(content=content, share_tables={}, **self.act)

    def freeze(self) -> Session:
        return freeze_session(**self.act)

    def refused(self, content: bytes) -> str:
        with pytest.raises(RuleViolation) as refusal:
            self.take(content)
        return refusal.value.code


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def edited(content: bytes, edit: Any) -> bytes:
    value = json.loads(content)
    edit(value)
    return canonical(value) + b"\n"


def test_from_the_roll_to_the_resolution(outside, monkeypatch, tmp_path, settings, capsys):
    settings.DEBUG = True
    outside.choose()
    keys = outside.draw(monkeypatch)
    assert outside.take(keys).fingerprint
    assert outside.take(keys).delivered_at  # the same file again does no harm
    session = outside.freeze()
    value = json.loads(bytes(session.manifest))
    assert value["letters"] == {"by": "outside", "name": MAKER}
    assert not letters_lie(session.code)  # no token ever lay here
    with pytest.raises(RuleViolation, match="平台不打印"):
        start_letters(session_id=session.pk, actor="user:1", at=outside.at)
    on_roll = [party.key for party in session.parties.order_by("number")]
    assert on_roll == [row["key"] for row in json.loads(keys)["keys"]]
    vote = Vote(session, outside.printed)
    for number in outside.printed:
        vote.cast(number, [FOR], at=session.opens_at)
    sweep_all(timezone.now())
    session.refresh_from_db()
    assert session.state == "resolved"
    assert result_of(session).motions[0].result == "passed"
    export_board(session, tmp_path / "board")
    report = verify(tmp_path / "board")
    assert report.ok, report.as_text()
    check = ["check", str(tmp_path / "board"), "--keys"]
    assert main([*check, str(tmp_path / "keys.json")]) == 0
    other = tmp_path / "other.json"
    rows = json.loads(keys)["keys"]
    other.write_bytes(edited(keys, lambda v: v["keys"][2].update(key=rows[0]["key"])))
    assert main([*check, str(other)]) == 1
    assert "第3号" in capsys.readouterr().err


def test_the_letters_codes_lead_in(outside, monkeypatch):
    outside.choose()
    outside.take(outside.draw(monkeypatch))
    session = outside.freeze()
    party = session.parties.get(number=1)
    code = outside.printed[1].code
    assert find_letter(code=code, at=session.opens_at).party_id == party.pk
    stored = json.dumps(list(LetterMaker.objects.values("codes", "keys", "serials")))
    assert code not in stored
    assert outside.printed[1].token not in stored


def test_the_roll_holds_what_is_printed_and_nothing_else(outside):
    outside.choose()
    roll = outside.roll()
    assert outside.roll() == roll  # the same draft, the same file
    text = roll.decode()
    for secret in ("13800000001", "340803", "999999"):
        assert secret not in text
    value = json.loads(roll)
    assert set(value["parties"][0]) >= {"address", "masked_name", "area", "serial"}
    assert "**" in value["parties"][0]["masked_name"]
    assert MAKER in value["letter"]["secrecy"]
    entry = Entry.objects.filter(kind="letters.roll_taken").first()
    assert entry is not None


def test_what_a_wrong_file_is_refused_for(outside, monkeypatch):
    outside.choose()
    assert outside.refused(b"{}\n") == "letterkeys.early"
    keys = outside.draw(monkeypatch)
    rows = json.loads(keys)["keys"]
    off_curve = bytearray(unb64(rows[0]["key"]))
    off_curve[-1] ^= 1

    def put(field: str, content: object, at: int = 0) -> Any:
        return lambda value: value["keys"][at].__setitem__(field, content)

    cases: list[tuple[Any, str]] = [
        (lambda v: v.update(session="YS-OTHER"), "letterkeys.another"),
        (lambda v: v.update(suite="SM2-SM3"), "letterkeys.another"),
        (lambda v: v.update(roll="0" * 64), "letterkeys.another"),
        (lambda v: v.update(format="yishi-letter-keys-2"), "letterkeys.file"),
        (lambda v: v.update(more=1), "letterkeys.file"),
        (lambda v: v.pop("keys"), "letterkeys.file"),
        (lambda v: v["keys"].pop(), "letterkeys.wrong"),
        (lambda v: v["keys"].pop(0), "letterkeys.wrong"),
        (lambda v: v["keys"].reverse(), "letterkeys.wrong"),
        (lambda v: v["keys"].append(v["keys"][0]), "letterkeys.wrong"),
        (put("key", rows[1]["key"]), "letterkeys.wrong"),
        (put("key", b64(bytes(off_curve))), "letterkeys.wrong"),
        (put("key", b64(b"\x00")), "letterkeys.wrong"),
        (put("key", b64(b"\x02" + bytes(32))), "letterkeys.wrong"),
        (put("key", 7), "letterkeys.wrong"),
        (put("code", rows[1]["code"]), "letterkeys.wrong"),
        (put("code", "ILOU" * 3), "letterkeys.file"),
        (put("code", ""), "letterkeys.file"),
        (put("party", True), "letterkeys.wrong"),
        (put("party", "1"), "letterkeys.wrong"),
    ]
    for edit, code in cases:
        assert outside.refused(edited(keys, edit)) == code, edit
    for raw in (b"", b"\xff", keys[:-2], keys + b" ", b"[" * 100_000):
        assert outside.refused(raw) == "letterkeys.file"
    assert LetterMaker.objects.get().delivered_at is None
    outside.take(keys)


def test_another_file_after_the_first_needs_a_restart(outside, monkeypatch):
    outside.choose()
    first = outside.draw(monkeypatch)
    second = outside.draw(monkeypatch)
    outside.take(first)
    assert outside.refused(second) == "letterkeys.twice"
    restart_letters(**outside.act)
    assert outside.refused(first) == "letterkeys.early"
    outside.take(outside.draw(monkeypatch))
    assert outside.refused(first) == "letterkeys.another"  # other serials: another roll


@pytest.mark.parametrize("what", ["title", "motion", "time", "owner"])
def test_what_the_letters_say_cannot_change_after_they_were_made(outside, monkeypatch, what):
    outside.choose()
    keys = outside.draw(monkeypatch)
    outside.take(keys)
    session = outside.session
    if what == "title":
        edit_session(changes={"title": "另一个名称"}, **outside.act)
    elif what == "time":
        later = session.closes_at + timedelta(days=1)
        edit_session(changes={"closes_at": later}, **outside.act)
    elif what == "owner":
        owner = session.estate.units.first().ownerships.first().owner
        owner.name = "欧阳新主"
        owner.save()
    else:
        motion = session.motions.get()
        motion.title = "换成另一件事"
        motion.save()
    with pytest.raises(RuleViolation) as refusal:
        outside.freeze()
    assert [reason.code for reason in refusal.value.facts["reasons"]] == ["letters.stale"]
    assert outside.refused(keys) == "letterkeys.another"
    outside.take(outside.draw(monkeypatch))
    assert outside.freeze().state == "frozen"


def test_no_announcement_without_the_keys(outside):
    outside.choose()
    with pytest.raises(RuleViolation) as refusal:
        outside.freeze()
    assert [reason.code for reason in refusal.value.facts["reasons"]] == ["letters.missing"]
    let_platform_make(**outside.act)
    session = outside.freeze()
    assert json.loads(bytes(session.manifest))["letters"]["by"] == "host"
    assert letters_lie(session.code)


def test_no_roll_before_all_else_is_ready(outside):
    outside.session.motions.all().delete()
    outside.choose()
    with pytest.raises(RuleViolation) as refusal:
        outside.roll()
    assert refusal.value.code == "letters.not_ready"
    assert LetterMaker.objects.get().taken_at is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("", "notary"), ("某" * 41, "notary"), ("a\x00b", "other"), ("某", "host")],
)
def test_a_maker_is_named(outside, name, kind):
    with pytest.raises(RuleViolation) as refusal:
        outside.choose(name, kind)
    assert refusal.value.code == "maker.invalid"


def test_nothing_of_it_after_the_announcement(outside, monkeypatch):
    outside.choose()
    keys = outside.draw(monkeypatch)
    outside.take(keys)
    outside.freeze()
    for command in (outside.choose, outside.roll, lambda: outside.take(keys)):
        with pytest.raises(RuleViolation, match="已经公告"):
            command()


def test_a_reissued_letter_has_a_code_and_no_token(outside, monkeypatch):
    outside.choose()
    outside.take(outside.draw(monkeypatch))
    session = outside.freeze()
    party = session.parties.get(number=2)
    seen = {}

    def render(facts, out, **_options):
        seen["letter"] = facts[0]
        out.write_bytes(b"%PDF")

    monkeypatch.setattr("voting.services.letters.render_letters", render)
    at = outside.at + timedelta(days=1)
    made = reissue_letter(party_id=party.pk, actor="user:1", at=at, reason="丢了")
    letter = seen["letter"]
    assert made.token == letter.token == ""
    assert letter.vote_url.endswith(f"/q/{made.code}")
    assert "补发" in letter.session.secrecy
    assert MAKER not in letter.session.secrecy
    party.refresh_from_db()
    assert party.current_key != party.key
    (line,) = lines(session.board, kinds=["credential"])
    entry = json.loads(line)["body"]
    assert entry["reason"] == "reissue"
    old = credential.derive(
        suite(session.suite), session.code, unb64(outside.printed[2].token)
    )[1]
    assert entry["replaces"] == b64(old)
    assert LetterCode.objects.filter(party=party, voided_at=None).count() == 1
