"""Another data key: every place that holds sealed values is known, and gets the new key."""

from __future__ import annotations

import ast
import importlib
import json
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from accounts.models import Message, User
from accounts.resealing import reseal_sessions
from core.sealed import HEAD_SIZE, KeyRing, Mark, key_id, mark_of
from logbook.models import Entry
from portal import rotation
from portal.rotation import counts_by_key, rotate_keys, values_left
from registry import resealing
from registry.fields import SealedField, data_ring, open_bytes, seal_bytes
from registry.models import Owner
from registry.resealing import Table, count_by_key, reseal_table, sealed_tables
from tests.factories import FREEZE, frozen_vote, small_estate
from tests.town import make_user
from voting.models import OpenedLine, Party
from voting.services.letters import delete_due_letters
from voting.spool import read_spool, reseal_spool, spool_head, spool_path

ROOT = Path(__file__).resolve().parents[2]
KILLED = ROOT / "tests" / "voting" / "services" / "killed.py"
OLD, NEW = b"\x01" * 32, b"\x02" * 32
AT = FREEZE
OURS = {
    "core", "logbook", "registry", "accounts", "documents", "voting", "funds", "disclosures",
    "committees", "portal", "config",
}  # fmt: skip

# Bytes that are no secret, or that no key of ours seals. A new column of bytes is either
# sealed (SealedField) or joins this list with the reason why anybody may read it.
PLAIN = {
    "disclosures.paperpage.shown": "the page with its boxes burnt in, for everybody",
    "disclosures.publication.csv": "published",
    "documents.document.pdf": "a paper that is handed out",
    "documents.document.facts": "its data, attached to it",
    "funds.repairversion.content": "canonical text of a plan that is put to the vote",
    "funds.yearpaper.table": "rooms and amounts, no person",
    "logbook.checkpoint.line": "public",
    "logbook.entry.leaf_hash": "public",
    "logbook.entry.line": "public, or numbers and codes only",
    "voting.attachment.content": "material of a motion, for everybody",
    "voting.ballot.receipt": "as signed; says no choice",
    "voting.courtfile.content": "sealed to a court's key",
    "voting.keyceremony.terms": "public transcript",
    "voting.keyholder.certificate": "public transcript",
    "voting.keyholder.confirmation": "public transcript",
    "voting.keyholder.reveal": "public transcript",
    "voting.rollposting.lines": "what hangs on the wall",
    "voting.session.manifest": "public",
}
# What is sealed and kept in no column: `portal.rotation` knows the first three; then tokens of
# single sign-on inside a session (without their key its owner signs in again) and a cookie of
# half an hour.
ELSEWHERE = {
    "accounts.adapters",
    "accounts.sessions",
    "voting.spool",
    "accounts.oidc.standing",
    "voting.views.visits",
}


@pytest.fixture
def old_key(settings: Any) -> None:
    settings.DATA_KEY, settings.DATA_KEYS_READ = OLD, ()
    settings.DATA_CIPHER = "aes256"


def new_key(settings: Any, cipher: str = "aes256") -> None:
    settings.DATA_KEY, settings.DATA_KEYS_READ, settings.DATA_CIPHER = NEW, (OLD,), cipher


def new_alone(settings: Any) -> None:
    settings.DATA_KEY, settings.DATA_KEYS_READ = NEW, ()


# --- every place is known ---------------------------------------------------------------


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def test_every_column_of_bytes_is_sealed_or_said_to_be_plain() -> None:
    found = {
        f"{model._meta.label_lower}.{field.name}"
        for model in our_models()
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField) and not isinstance(field, SealedField)
    }
    assert found == set(PLAIN)


def test_every_sealed_column_is_met() -> None:
    met = {(table.label, column.name) for table in sealed_tables() for column in table.columns}
    bound = {
        (model._meta.label_lower, field.column)
        for model in our_models()
        for field in model._meta.local_fields
        if hasattr(field, "purpose")
    }
    assert met == bound
    assert len(met) > 80
    for table in sealed_tables():
        key = apps.get_model(table.label)._meta.pk
        assert (key.column, type(key)) == ("id", models.BigAutoField), table.label


def calls_of_seal_bytes() -> Iterator[tuple[str, ast.expr]]:
    for package in sorted(OURS):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                name = getattr(getattr(node, "func", None), "id", "")
                if isinstance(node, ast.Call) and name in {"seal_bytes", "sealed_table"}:
                    given = {word.arg: word.value for word in node.keywords}
                    if "purpose" in given:
                        yield module, given["purpose"]


def test_whatever_is_sealed_is_sealed_for_a_known_column() -> None:
    """A service that seals for a purpose no column declares would be left behind."""
    fields = [field for model in our_models() for field in model._meta.local_fields]
    sealed = [field for field in fields if isinstance(field, SealedField)]
    declared = {one.purpose for one in sealed if isinstance(one.purpose, str)}
    made = {one.purpose.__name__ for one in sealed if callable(one.purpose)}
    assert "" not in declared
    used = set()
    for module, purpose in calls_of_seal_bytes():
        if module in {*ELSEWHERE, "registry.fields"}:
            continue
        if isinstance(purpose, ast.Call):
            assert getattr(purpose.func, "id", "") in made, module
        elif isinstance(purpose, ast.Constant):
            used.add(purpose.value)
        elif isinstance(purpose, ast.Name) and module != "registry.roll_files":
            used.add(getattr(importlib.import_module(module), purpose.id))
    used |= {"registry.rollimport.rows", "registry.rollimport.undo"}  # by registry.roll_files
    assert used == declared


# --- a row of every table ---------------------------------------------------------------


def invented(field: Any, number: int) -> Any:
    if isinstance(field, models.ForeignKey):
        return None if field.null else number
    if isinstance(field, models.DateTimeField):
        return AT
    if isinstance(field, models.DateField):
        return AT.date()
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.IntegerField):
        return number
    if isinstance(field, models.CharField | models.TextField):
        return f"x{number}"
    if hasattr(field, "purpose") and not isinstance(field, SealedField):
        return f"plain {field.name} {number}"
    return b"bytes"


def a_row_of_every_table() -> None:
    """Rows no command would make; keys that lead nowhere, for tests without constraints."""
    for number, table in enumerate(sealed_tables(), 60_001):
        model = apps.get_model(table.label)
        values = {
            field.attname: invented(field, number)
            for field in model._meta.local_fields
            if not field.primary_key
        }
        for field in model._meta.local_fields:
            if isinstance(field, SealedField):
                of = [values[name] for name in field.of]
                purpose = field.purpose(*of) if callable(field.purpose) else field.purpose
                values[field.attname] = seal_bytes(f"{number}".encode(), purpose=purpose)
        model._base_manager.bulk_create([model(**values)])


def whole() -> dict[str, list[dict[str, Any]]]:
    """What all sealed tables say, opened."""
    found = {}
    for table in sealed_tables():
        model = apps.get_model(table.label)
        rows = []
        for row in model._base_manager.order_by("pk"):
            values = {one.attname: getattr(row, one.attname) for one in model._meta.fields}
            for field in model._meta.fields:
                if isinstance(field, SealedField) and values[field.attname]:
                    of = [values[name] for name in field.of]
                    purpose = field.purpose(*of) if callable(field.purpose) else field.purpose
                    kept = bytes(values[field.attname])
                    values[field.attname] = open_bytes(kept, purpose=purpose)
            rows.append(values)
        found[table.label] = rows
    return found


@pytest.fixture
def unconstrained(transactional_db: None, erasable: None) -> Iterator[None]:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has its rows from the flows below")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("PRAGMA ignore_check_constraints = ON")
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("cipher", ["aes256", "sm4"])
def test_every_sealed_column_gets_the_new_key(
    unconstrained: None, old_key: None, settings: Any, cipher: str
) -> None:
    a_row_of_every_table()
    before = whole()
    assert all(before.values())
    assert set(counts_by_key()) == set(before)
    new_key(settings, cipher)
    assert values_left(counts_by_key()) > 80
    said = rotate_keys(actor="t", at=AT)
    assert (said.unreadable, said.left) == ({}, 0)
    assert said.resealed == dict.fromkeys(before, 1)
    new_alone(settings)
    assert whole() == before
    mark = Mark(cipher, key_id(NEW).hex())
    assert {one for counted in counts_by_key().values() for one in counted} == {mark}
    # Once more: nothing is left to be done.
    assert rotate_keys(actor="t", at=AT).resealed == {}


def test_what_has_no_key_id_yet_gets_one(
    unconstrained: None, old_key: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Databases from before: version byte 1. They are readable, counted, and rotated."""

    def older(ring: KeyRing, value: bytes, *, purpose: str) -> bytes:
        return b"\x01" + b"n" * 12 + AESGCM(OLD).encrypt(b"n" * 12, value, purpose.encode())

    with monkeypatch.context() as patch:
        patch.setattr(KeyRing, "seal", older)
        a_row_of_every_table()
    before = whole()
    assert {one for counted in counts_by_key().values() for one in counted} == {
        Mark("aes256", "")
    }
    # With the same key, too: afterwards each value says which it is.
    said = rotate_keys(actor="t", at=AT)
    assert (said.unreadable, said.left) == ({}, 0)
    assert whole() == before


# --- the flows, on both databases -------------------------------------------------------


def parties() -> list[tuple[str, ...]]:
    columns = ("name", "document_tails", "salt", "phone")
    return list(Party.objects.order_by("pk").values_list(*columns))


def a_factor() -> User:
    user = make_user("zhang")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    Authenticator.objects.filter(type="recovery_codes").update(
        data={"seed": seal_mfa("ab12"), "used_mask": 5, "migrated_codes": [seal_mfa("old1")]}
    )
    return user


def seal_mfa(text: str) -> str:
    return b64encode(seal_bytes(text.encode(), purpose="mfa")).decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_a_frozen_vote_its_spool_and_second_factors(old_key: None, settings: Any) -> None:
    session = frozen_vote(small_estate()).session
    a_factor()
    names = parties()
    secrets = read_spool(session.code)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
    assert codes.instance.data["used_mask"] == 5
    new_key(settings)
    said = rotate_keys(actor="t", at=AT, rows=2)
    assert (said.unreadable, said.left) == ({}, 0)
    assert said.resealed["mfa.authenticator"] == 2
    assert said.resealed["voting.spool (files)"] == 1
    assert said.resealed["voting.party"] == len(names)
    new_alone(settings)
    assert parties() == names
    assert read_spool(session.code) == secrets
    assert spool_path(session.code).stat().st_mode & 0o777 == 0o600
    data = Authenticator.objects.get(type="recovery_codes").data
    assert data["used_mask"] == 5
    assert [open_bytes(b64decode(one), purpose="mfa") for one in data["migrated_codes"]] == [
        b"old1"
    ]
    assert open_bytes(b64decode(data["seed"]), purpose="mfa") == b"ab12"
    totp = Authenticator.objects.get(type="totp").data["secret"]
    assert open_bytes(b64decode(totp), purpose="mfa") == b"JBSWY3DPEHPK3PXP"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_the_log_says_that_it_was_done_and_no_value(old_key: None, settings: Any) -> None:
    frozen_vote(small_estate())
    a_factor()
    new_key(settings)
    owner = Owner.objects.first()
    assert owner is not None
    rotate_keys(actor="user:7", at=AT)
    line = bytes(Entry.objects.get(kind="keys.rotated").line)
    body = json.loads(line)["body"]
    assert body["key"] == key_id(NEW).hex()
    assert (body["actor"], body["left"], body["unreadable"]) == ("user:7", 0, 0)
    assert body["resealed"]["registry.owner"] == Owner.objects.count()
    for secret in (owner.name, owner.document_number, NEW.hex(), OLD.hex()):
        assert secret.encode() not in line


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_a_dry_run_counts_and_changes_nothing(old_key: None, settings: Any) -> None:
    frozen_vote(small_estate())
    new_key(settings)
    out, head = StringIO(), owner_heads()
    with pytest.raises(SystemExit) as end:
        call_command("rotate_keys", "--dry-run", stdout=out)
    assert end.value.code == 1
    count = owner_values()
    assert f"registry.owner: aes256/{key_id(OLD).hex()} {count}" in out.getvalue()
    assert owner_heads() == head
    assert not Entry.objects.filter(kind="keys.rotated").exists()
    with pytest.raises(SystemExit) as end:
        call_command("rotate_keys", stdout=out)
    assert end.value.code == 0
    assert "不是现在这把钥匙的：0" in out.getvalue()
    assert f"registry.owner: aes256/{key_id(NEW).hex()} {count}" in out.getvalue()


def owner_values() -> int:
    rows = Owner.objects.values_list("name", "document_number", "phone")
    return sum(bool(value) for row in rows for value in row)


def owner_heads() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM registry_owner ORDER BY id")
        return [bytes(name)[:HEAD_SIZE] for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_without_the_old_key_nothing_is_lost_and_it_is_said(
    old_key: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    small_estate()
    before, count = owner_heads(), owner_values()
    new_alone(settings)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("rotate_keys", stdout=out)
    assert end.value.code == 1
    assert f"解不开 registry.owner: {count}（" in out.getvalue()
    assert "registry.owner" in caplog.text
    assert owner_heads() == before
    new_key(settings)
    assert rotate_keys(actor="t", at=AT).left == 0
    new_alone(settings)
    assert all(owner.name for owner in Owner.objects.all())


@pytest.fixture
def refusing(transactional_db: None, erasable: None) -> Iterator[None]:
    """On SQLite tests of this file run without triggers; here is one again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER voting_party_no_update BEFORE UPDATE ON voting_party "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER voting_party_no_update")


def test_triggers_refuse_again_afterwards(refusing: None, old_key: None, settings: Any) -> None:
    frozen_vote(small_estate())
    before = triggers()
    assert before
    new_key(settings)
    assert rotate_keys(actor="t", at=AT).resealed["voting.party"]
    assert triggers() == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Party.objects.update(area=1)


def triggers() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            )
        else:
            cursor.execute(
                "SELECT tgrelid, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal "
                "ORDER BY 1, 2"
            )
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_who_is_signed_in_stays_so(old_key: None, settings: Any, client: Any) -> None:
    client.force_login(make_user("zhang"), backend="django.contrib.auth.backends.ModelBackend")
    new_key(settings)
    said = rotate_keys(actor="t", at=AT)
    assert (said.resealed["sessions.session"], said.left) == (1, 0)
    new_alone(settings)
    assert "_auth_user_id" in client.session
    # A session under a key that is gone is over; it is nobody's loss.
    settings.DATA_KEY = OLD
    assert "_auth_user_id" not in client.session
    assert reseal_sessions(data_ring()) == (0, 1)
    assert not Session.objects.exists()


# --- what happens at the same time ------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_writes_in_between_wins(
    old_key: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading a batch and writing it somebody changes a row of it."""
    small_estate()
    table = next(one for one in sealed_tables() if one.label == "registry.owner")
    new_key(settings)
    swap, first = resealing._swap, Owner.objects.order_by("pk").first()
    assert first is not None

    def late(table: Table, changes: Any) -> int:
        Owner.objects.filter(pk=first.pk).update(phone="10000009999")
        return swap(table, changes)

    monkeypatch.setattr(resealing, "_swap", late)
    assert [batch.lost for batch in reseal_table(table, data_ring())] == [1]
    first.refresh_from_db()
    assert first.phone == "10000009999"
    monkeypatch.setattr(resealing, "_swap", swap)
    assert sum(batch.resealed for batch in reseal_table(table, data_ring())) == 1
    new_alone(settings)
    first.refresh_from_db()
    assert first.phone == "10000009999"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_people_write_while_the_keys_change_and_nothing_is_lost(
    old_key: None, settings: Any
) -> None:
    """Four people change rows, one adds some, all under the old key as processes that were
    not restarted yet; the rotation runs through it three times."""
    estate = small_estate()
    owners = list(Owner.objects.order_by("pk").values_list("pk", flat=True))
    stop = Event()

    def keep_changing(pk: int) -> str:
        phone = ""
        try:
            number = 0
            while not stop.is_set():
                number += 1
                phone = f"1000{pk % 1000:03}{number % 10000:04}"
                with transaction.atomic():
                    owner = Owner.objects.select_for_update(no_key=True).get(pk=pk)
                    owner.phone = phone
                    owner.save()
        finally:
            connection.close()
        return phone

    def keep_adding() -> int:
        added = 0
        try:
            while not stop.is_set():
                added += 1
                Message.objects.create(
                    key=f"m{added}", phone=f"1000001{added:04}", template="t",
                    not_before=AT, created_at=AT,
                )  # fmt: skip
        finally:
            connection.close()
        return added

    ring = KeyRing(NEW, (OLD,))
    settings.DATA_KEYS_READ = (NEW,)
    with ThreadPoolExecutor(5) as pool:
        people = {pk: pool.submit(keep_changing, pk) for pk in owners[:4]}
        adding = pool.submit(keep_adding)
        tables = [one for one in sealed_tables() if one.label in PLACES]
        try:
            done = sum(
                batch.resealed
                for _pass in range(3)
                for table in tables
                for batch in reseal_table(table, ring, rows=3)
            )
        finally:
            stop.set()
        last = {pk: one.result() for pk, one in people.items()}
        added = adding.result()
    assert done > len(owners)
    assert added > 1
    new_key(settings)
    assert rotate_keys(actor="t", at=AT).left == 0
    new_alone(settings)
    assert {pk: Owner.objects.get(pk=pk).phone for pk in last} == last
    assert Owner.objects.filter(estate=estate).count() == len(owners)
    assert sorted(one.phone for one in Message.objects.filter(key__startswith="m")) == sorted(
        f"1000001{number:04}" for number in range(1, added + 1)
    )


PLACES = {"registry.owner", "accounts.message"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_table_somebody_writes_for_long_is_waited_for(old_key: None, settings: Any) -> None:
    """Tables that refuse changes are locked for a batch: never before who is in them ends."""
    frozen_vote(small_estate())
    new_key(settings)
    writing, finish = Event(), Event()

    def long_write() -> None:
        try:
            with transaction.atomic():
                Party.objects.filter(number=1).update(ballots=7)
                writing.set()
                finish.wait(10)
        finally:
            connection.close()

    table = next(one for one in sealed_tables() if one.label == "voting.party")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(long_write)
        writing.wait(10)

        def turn() -> int:
            try:
                return sum(batch.resealed for batch in reseal_table(table, data_ring()))
            finally:
                connection.close()

        second = pool.submit(turn)
        finish.wait(1)
        assert not second.done()
        finish.set()
        first.result()
        assert second.result() == Party.objects.count()
    assert Party.objects.get(number=1).ballots == 7
    assert not set(count_by_key(table)) - {mark_of(data_ring().head)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
@pytest.mark.parametrize("deleted", ["before", "between"])
def test_a_spool_that_is_deleted_does_not_come_back(
    old_key: None, settings: Any, deleted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = frozen_vote(small_estate()).session
    new_key(settings)
    path = spool_path(session.code)
    if deleted == "before":
        path.unlink()
    else:
        # Gone after its head was read.
        monkeypatch.setattr("voting.spool.spool_head", lambda code: path.unlink() or b"\x01")
    if deleted == "before":
        assert not reseal_spool(session.code, data_ring())
        assert spool_head(session.code) is None
    else:
        with pytest.raises(FileNotFoundError):
            reseal_spool(session.code, data_ring())
    assert not path.exists()
    delete_due_letters(at=AT)


# --- killed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strike",
    [
        ["registry.resealing", "_swapped", "before"],
        ["registry.resealing", "_swapped", "after"],
        ["registry.resealing", "_swap", "after"],
        ["portal.rotation", "reseal_factors", "before"],
        ["accounts.resealing", "_reseal", "after"],
        ["voting.spool", "os.fsync", "before"],
        ["portal.rotation", "record_act", "after"],
    ],
)
def test_killed_and_started_again(
    refusing: None,
    old_key: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    strike: list[str],
) -> None:
    session = frozen_vote(small_estate()).session
    a_factor()
    before = [
        parties(),
        list(Owner.objects.order_by("pk").values_list("name", "document_number", "phone")),
    ]
    secrets, held = read_spool(session.code), triggers()
    new_key(settings)
    monkeypatch.setenv("YISHI_DATA_KEY", b64encode(NEW).decode())
    monkeypatch.setenv("YISHI_DATA_KEYS_READ", b64encode(OLD).decode())
    given = {
        "database": str(connection.settings_dict["NAME"]),
        "letters": str(django_settings.LETTER_DIR),
        "act": ["portal.rotation", "rotate_keys"],
        "positional": [],
        "arguments": {"actor": "t", "at": AT.isoformat(), "rows": 2},
        "strike": strike,
    }
    done = subprocess.run(
        [sys.executable, str(KILLED), json.dumps(given)], capture_output=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    # Everything is readable in between, and what may not change may not.
    assert before == [
        parties(),
        list(Owner.objects.order_by("pk").values_list("name", "document_number", "phone")),
    ]
    assert triggers() == held
    assert not Entry.objects.filter(kind="keys.rotated").exists()
    said = rotate_keys(actor="t", at=AT)
    assert (said.unreadable, said.left) == ({}, 0)
    new_alone(settings)
    assert before[0] == parties()
    assert read_spool(session.code) == secrets


def test_a_line_of_a_named_vote_is_bound_to_its_place() -> None:
    field = OpenedLine._meta.get_field("line")
    assert isinstance(field, SealedField)
    assert callable(field.purpose)
    assert field.purpose(7, 1, 3) == "voting.opened/7/1/3"
    assert rotation.PASSES > 1
