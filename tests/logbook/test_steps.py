"""Logs: linked, append-only in the database, never back in time."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction

from core import merkle
from logbook import selectors
from logbook.models import Entry, Log
from logbook.steps import add_checkpoint, append, locked_log, record_act

AT = datetime(2026, 3, 1, 10, 17, 42, tzinfo=UTC)


def h(data):
    return sha256(data).digest()


@pytest.mark.django_db
class TestLogs:
    def fill(self, count, *, name="log", at=AT):
        with transaction.atomic():
            return [append(name, "kind", {"n": n}, at=at) for n in range(count)]

    def test_entries_are_linked_and_their_times_rounded(self):
        self.fill(3)
        lines = list(selectors.lines(Log.objects.get()))
        entries = [json.loads(line) for line in lines]
        assert [entry["seq"] for entry in entries] == [0, 1, 2]
        assert [entry["prev"] for entry in entries] == [
            "0" * 64,
            sha256(lines[0]).hexdigest(),
            sha256(lines[1]).hexdigest(),
        ]
        assert {entry["time"] for entry in entries} == {"2026-03-01T10:10:00Z"}

    def test_a_clock_set_back_does_not_turn_time_back(self):
        self.fill(1)
        self.fill(1, at=AT - timedelta(days=1))
        times = [json.loads(line)["time"] for line in selectors.lines(Log.objects.get())]
        assert times == ["2026-03-01T10:10:00Z"] * 2

    def test_an_act_rolled_back_leaves_no_gap(self):
        self.fill(1)
        with transaction.atomic():
            append("log", "kind", {}, at=AT)
            transaction.set_rollback(True)
        self.fill(1)
        assert list(Entry.objects.values_list("seq", flat=True)) == [0, 1]

    @pytest.mark.parametrize("act", ["update", "delete"])
    @pytest.mark.parametrize("table", ["logbook_entry", "logbook_checkpoint"])
    def test_the_database_refuses_to_change_what_was_written(self, act, table):
        from django.db import connection

        self.fill(1)
        log = Log.objects.get()
        with transaction.atomic():
            add_checkpoint(log, size=1, time=AT, line=b"{}")
        sql = {"update": f"UPDATE {table} SET line = '1'", "delete": f"DELETE FROM {table}"}
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql[act])

    def test_an_act_of_staff_names_the_actor(self):
        with transaction.atomic():
            record_act("estate/X", "did", {"n": 1}, actor="user:3", at=AT)
        (line,) = selectors.lines(Log.objects.get())
        assert json.loads(line)["body"] == {"actor": "user:3", "n": 1}

    def test_the_hash_of_a_log_is_its_own(self):
        with transaction.atomic():
            append("sm", "kind", {}, at=AT, hash_name="sm3")
        log = Log.objects.get()
        assert selectors.root(log, 1) != h(b"\x00" + next(selectors.lines(log)))
        assert log.hash_name == "sm3"

    def test_checkpoints_never_go_back(self):
        self.fill(3)
        log = Log.objects.get()

        def add(size, minutes):
            with transaction.atomic():
                time = AT + timedelta(minutes=minutes)
                return add_checkpoint(log, size=size, time=time, line=b"{}")

        assert add(2, 10)
        assert add(2, 20) is None  # covers nothing new
        assert add(1, 30) is None
        assert add(3, 0) is None  # earlier than the last
        assert add(3, 10)

    def test_every_entry_is_proved_to_the_last_checkpoint(self):
        self.fill(7)
        log = Log.objects.get()
        assert selectors.inclusion(log, 2).checkpoint is None
        with transaction.atomic():
            add_checkpoint(log, size=5, time=AT, line=b"{}")
        root = selectors.root(log, 5)
        for seq in range(5):
            found = selectors.inclusion(log, seq)
            assert merkle.verify_inclusion(
                h,
                leaf=merkle.leaf_hash(h, found.line),
                index=seq,
                size=5,
                proof=found.path,
                root=root,
            )
        assert selectors.inclusion(log, 5).checkpoint is None
        assert selectors.inclusion(log, 7) is None

    def test_lines_by_number_come_in_the_order_asked_for(self):
        self.fill(5)
        log = Log.objects.get()
        found = list(selectors.lines_at(log, [4, 0, 2]))
        assert [json.loads(line)["body"]["n"] for _seq, line in found] == [4, 0, 2]
        assert [seq for seq, _line in found] == [4, 0, 2]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_appended():
    for act in (
        lambda: append("log", "kind", {}, at=AT),
        lambda: locked_log("log"),
        lambda: record_act("estate/X", "did", {}, actor="user:3", at=AT),
    ):
        with pytest.raises(RuntimeError, match="transaction"):
            act()
    assert not Log.objects.exists()
