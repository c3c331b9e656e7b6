"""Witnesses of a session: asked, frozen into the manifest, countersigning, shown."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.canonical import canonical
from core.errors import RuleViolation
from logbook.models import Checkpoint, Cosignature, Entry
from registry.models import Authority
from tests.factories import ACTOR, CLOSE, FOR, FREEZE, OPEN, Vote, draft_session, frozen_vote
from tests.town import Place, make_town
from voting.facts import resolution_facts
from voting.models import Session, Witness
from voting.protocol import checkpoint, consistency, ed25519
from voting.protocol.shape import b64
from voting.selectors import (
    consistency_file,
    possible_witnesses,
    result_of,
    terms,
    witnessed,
    witnessed_close,
)
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session
from voting.services.witnessing import ask_witnesses, receive_cosignature, register_witness
from voting.spool import read_spool
from voting.tasks import sign_checkpoints
from voting.verifier import verify

pytestmark = pytest.mark.django_db
LATER = OPEN + timedelta(minutes=30)


class Witnesses:
    """A street office and a bureau with their keys, and a vote they are asked to witness."""

    def __init__(self, needed: int = 2) -> None:
        self.here: Place = make_town().here
        self.secrets = {one: secrets.token_bytes(32) for one in self.authorities}
        for authority, secret in self.secrets.items():
            register(authority, secret)
        session = draft_session(self.here.estate)
        ask(session, self.authorities, needed)
        freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
        session.refresh_from_db()
        spooled = read_spool(session.code)
        assert spooled is not None
        self.vote = Vote(session, spooled)

    @property
    def authorities(self) -> list[Authority]:
        return [self.here.district, self.here.street]

    @property
    def session(self) -> Session:
        return self.vote.session

    def newest(self) -> dict[str, Any]:
        row = Checkpoint.objects.filter(log=self.session.board).last()
        assert row is not None
        value: dict[str, Any] = json.loads(bytes(row.line))
        return value

    def signed(self, authority: Authority, **changes: Any) -> bytes:
        value = checkpoint.make_cosignature(
            self.secrets[authority], {**self.newest(), **changes}
        )
        return canonical(value) + b"\n"

    def cosign(self, authority: Authority) -> None:
        self.receive(self.signed(authority), authority)

    def receive(self, content: bytes, *authorities: Authority) -> None:
        receive_cosignature(
            session_id=self.session.pk,
            content=content,
            authorities=[one.pk for one in authorities],
            actor=ACTOR,
            at=LATER,
        )

    def report(self, folder: Path) -> Any:
        export_board(self.session, folder, at=CLOSE)
        return verify(folder)


def register(authority: Authority, secret: bytes) -> Witness:
    key = b64(ed25519.public_key(secret))
    return register_witness(authority_id=authority.pk, key=key, actor=ACTOR, at=FREEZE)


def ask(session: Session, authorities: list[Authority], needed: int) -> None:
    ask_witnesses(
        session_id=session.pk,
        authorities=[one.pk for one in authorities],
        needed=needed,
        actor=ACTOR,
        at=FREEZE,
    )


def test_without_witnesses_nothing_is_said(tmp_path: Path) -> None:
    vote = frozen_vote()
    assert terms(vote.session).witnesses == ()
    assert witnessed(vote.session) is None
    vote.cast(1, [FOR])
    vote.count()
    assert witnessed_close(vote.session) is None
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    assert "witnesses" not in verify(tmp_path / "export").not_checked


def test_the_manifest_freezes_who_and_how_many() -> None:
    held = Witnesses(needed=1)
    frozen = terms(held.session)
    assert frozen.witnesses == tuple(
        ed25519.public_key(held.secrets[one]) for one in held.authorities
    )
    assert frozen.witnesses_needed == 1
    register(held.here.street, secrets.token_bytes(32))
    held.session.refresh_from_db()
    assert terms(held.session).witnesses == frozen.witnesses
    with pytest.raises(RuleViolation) as refused:
        ask(held.session, [], 0)
    assert refused.value.code == "session.not_draft"


def test_fewer_than_needed_is_not_witnessed_and_blocks_nothing(tmp_path: Path) -> None:
    held = Witnesses()
    held.vote.cast(1, [FOR], at=OPEN)
    sign_checkpoints(LATER)
    held.cosign(held.here.street)
    seen = witnessed(held.session)
    assert seen is not None
    assert (seen.names, seen.enough) == (("东街道",), False)
    assert held.vote.count().state == "counted"
    report = held.report(tmp_path / "export")
    assert report.ok
    assert "witnesses" in report.not_checked


def test_the_verifier_and_the_page_agree(tmp_path: Path) -> None:
    held = Witnesses()
    held.vote.cast(1, [FOR], at=OPEN)
    held.vote.count()
    for number, authority in enumerate(held.authorities):
        report = held.report(tmp_path / str(number))
        assert report.ok
        seen = witnessed(held.session)
        assert seen is not None
        assert seen.enough is ("witnesses" not in report.not_checked) is False
        held.cosign(authority)
    seen = witnessed(held.session)
    assert seen is not None
    assert (seen.names, seen.enough) == (("东区住建局", "东街道"), True)
    report = held.report(tmp_path / "witnessed")
    assert report.ok, report.as_text()
    assert "witnesses" not in report.not_checked
    lines = (tmp_path / "witnessed" / "checkpoints.jsonl").read_bytes().splitlines()
    assert len(json.loads(lines[-1])["cosignatures"]) == 2
    # the row itself is as the board signed it
    assert held.newest()["cosignatures"] == []


def test_the_resolution_says_who_vouches_for_the_record_at_the_close() -> None:
    held = Witnesses(needed=1)
    held.vote.cast(1, [FOR], at=OPEN)
    held.vote.count()
    facts = facts_of(held.session)
    assert facts.witnesses is not None
    assert (facts.witnesses.needed, facts.witnesses.names) == (1, ())
    held.cosign(held.here.district)
    facts = facts_of(held.session)
    assert facts.witnesses is not None
    assert facts.witnesses.names == ("东区住建局",)
    assert facts_of(frozen_and_counted()).witnesses is None


def facts_of(session: Session) -> Any:
    return resolution_facts(session, result_of(session), number="1", code="A", at=CLOSE)


def frozen_and_counted() -> Session:
    vote = frozen_vote()
    return vote.count()


def test_a_cosignature_twice_is_one() -> None:
    held = Witnesses()
    held.cosign(held.here.street)
    before = Entry.objects.count()
    held.cosign(held.here.street)
    assert Cosignature.objects.count() == 1
    assert Entry.objects.count() == before


def _other_key(held: Witnesses) -> bytes:
    value = checkpoint.make_cosignature(secrets.token_bytes(32), held.newest())
    return canonical(value)


def _forged(held: Witnesses) -> bytes:
    value = json.loads(held.signed(held.here.street))
    return canonical(value | {"size": value["size"] + 1})


REFUSED: dict[str, tuple[str, Callable[[Witnesses], bytes]]] = {
    "no json": ("cosignature.file", lambda _held: b"nothing"),
    "not canonical": ("cosignature.file", lambda held: b" " + held.signed(held.here.street)),
    "too large": ("cosignature.file", lambda _held: b'"' + b"a" * 5000 + b'"'),
    "a list": ("cosignature.file", lambda _held: b"[]"),
    "no field": ("cosignature.file", lambda _held: b"{}"),
    "another key": ("cosignature.file", _other_key),
    "forged": ("cosignature.file", _forged),
    "another session": (
        "cosignature.file",
        lambda held: held.signed(held.here.street, session="ABCDEFGH"),
    ),
    "another's": ("cosignature.not_yours", lambda held: held.signed(held.here.district)),
    "another root": (
        "cosignature.unknown",
        lambda held: held.signed(held.here.street, root="0" * 64),
    ),
    "another size": ("cosignature.unknown", lambda held: held.signed(held.here.street, size=9)),
    "another time": (
        "cosignature.unknown",
        lambda held: held.signed(held.here.street, time="2026-01-01T00:00:00Z"),
    ),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_what_is_no_cosignature_is_refused(what: str) -> None:
    held = Witnesses()
    code, make = REFUSED[what]
    with pytest.raises(RuleViolation) as refused:
        held.receive(make(held), held.here.street)
    assert refused.value.code == code
    assert not Cosignature.objects.exists()


def test_what_is_no_key_is_refused() -> None:
    here = make_town().here
    for key in ("", "a" * 42, "a" * 44, "王" * 43, "=" * 43, "A" * 42 + "B"):
        with pytest.raises(RuleViolation) as refused:
            register_witness(authority_id=here.street.pk, key=key, actor=ACTOR, at=FREEZE)
        assert refused.value.code == "witness.key"
    secret = secrets.token_bytes(32)
    register(here.street, secret)
    with pytest.raises(RuleViolation) as refused:
        register(here.district, secret)
    assert refused.value.code == "witness.taken"


def test_whom_a_draft_may_ask() -> None:
    town = make_town()
    register(town.here.street, secrets.token_bytes(32))
    register(town.there.street, secrets.token_bytes(32))
    session = draft_session(town.here.estate)
    assert [one.authority for one in possible_witnesses(town.here.estate)] == [town.here.street]
    for asked, needed, code in (
        ([town.there.street], 0, "witness.unknown"),
        ([town.here.district], 0, "witness.unknown"),
        ([town.here.street], 2, "witness.needed"),
        ([], 1, "witness.needed"),
        ([town.here.street], -1, "witness.needed"),
    ):
        with pytest.raises(RuleViolation) as refused:
            ask(session, asked, needed)
        assert refused.value.code == code
    ask(session, [town.here.street], 1)
    ask(session, [], 0)
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    session.refresh_from_db()
    assert terms(session).value["witnesses"] == []


def test_the_newest_key_of_an_authority_is_frozen() -> None:
    here = make_town().here
    register(here.street, secrets.token_bytes(32))
    session = draft_session(here.estate)
    ask(session, [here.street], 1)
    newer = register(here.street, secrets.token_bytes(32))
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    session.refresh_from_db()
    assert terms(session).value["witnesses"] == [newer.key]


def test_each_act_is_logged_once_without_a_person() -> None:
    held = Witnesses()
    held.cosign(held.here.street)
    logged = {
        kind: Entry.objects.filter(kind=kind).count()
        for kind in ("witness.registered", "witnesses.asked", "checkpoint.cosigned")
    }
    assert logged == {"witness.registered": 2, "witnesses.asked": 1, "checkpoint.cosigned": 1}


def test_keys_and_cosignatures_stay() -> None:
    held = Witnesses()
    held.cosign(held.here.street)
    for table in ("voting_witness", "logbook_cosignature", "logbook_checkpoint"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id + 100"):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def test_the_consistency_file_is_about_checkpoints_only() -> None:
    held = Witnesses()
    held.vote.cast(1, [FOR], at=OPEN)
    held.vote.cast(2, [FOR], at=OPEN)
    sign_checkpoints(LATER)
    last = held.newest()
    value = consistency_file(held.session, 1, last["size"])
    assert value is not None
    proof = consistency.parse(json.loads(canonical(value)))
    assert proof.manifest.hash == terms(held.session).hash
    assert proof.holds(proof.first, bytes.fromhex(last["root"]))
    assert not proof.holds(bytes(32), bytes.fromhex(last["root"]))
    for old, new in ((2, 3), (1, 2), (3, 1), (1, 4)):
        assert consistency_file(held.session, old, new) is None
    assert consistency_file(held.session, last["size"], last["size"]) is not None
