"""Recording a ballot: what is refused, by name; what is recorded, once."""

import base64
import json
import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Message
from core.canonical import canonical, parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry, Log
from tests.factories import (
    ABSTAIN,
    AGAINST,
    CLOSE,
    FOR,
    OPEN,
    frozen_vote,
    small_estate,
)
from voting.models import Ballot, BallotPoint, Party
from voting.protocol import ballot as sealing
from voting.protocol import credential, receipt
from voting.protocol.ballot import tracker_text
from voting.protocol.shape import b64
from voting.protocol.suite import suite
from voting.selectors import ballot_of_number, receipt_by_code, terms
from voting.services.casting import cast_plain, cast_sealed
from voting.services.closing import close_session
from voting.services.drafting import cancel_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def vote():
    return frozen_vote(matters=(5, 8))


def send(vote, number, ballot, *, submission="form-1", replacement_key=None, at=OPEN):
    return cast_sealed(
        session_id=vote.session.pk,
        party_id=vote.party(number).pk,
        submission=submission,
        ballot=ballot,
        replacement_key=replacement_key,
        at=at,
    )


def refused(act):
    """The code, and the protocol's check where there is one."""
    boards = Log.objects.get(name__startswith="board/").size
    with pytest.raises(RuleViolation) as caught:
        act()
    assert Log.objects.get(name__startswith="board/").size == boards
    assert not Message.objects.exists()
    return caught.value.facts.get("check", caught.value.code)


def body(ballot):
    entry = Entry.objects.get(log=ballot.session.board, seq=ballot.seq)
    return parse_canonical(bytes(entry.line))["body"]


class TestWhatIsRecorded:
    def test_a_ballot_from_the_browser(self, vote):
        sealed = vote.sealed(1, [FOR, AGAINST])
        recorded = send(vote, 1, sealed)
        assert body(recorded) == sealed
        assert (recorded.number, recorded.encrypted_by, recorded.replacement) == (
            1,
            "browser",
            False,
        )
        party = vote.party(1)
        assert (party.ballots, party.last_digest, party.last_seq) == (
            1,
            recorded.digest,
            recorded.seq,
        )

    def test_the_receipt_holds_and_keeps_its_promise_in_time(self, vote):
        recorded = vote.cast(1, [FOR, FOR], at=OPEN + timedelta(minutes=7))
        signed = receipt.verify(terms(vote.session), json.loads(bytes(recorded.receipt)))
        assert signed["tracker"] == recorded.digest
        assert signed["seq"] == recorded.seq
        assert signed["recorded_at"] == "2026-03-17T00:00:00Z"  # rounded: nobody is matched
        assert signed["checkpoint_by"] == "2026-03-17T00:20:00Z"
        code = recorded.receipt_code
        assert receipt_by_code(f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()) == recorded

    def test_in_plain_by_the_server_with_a_credential_of_its_own(self, vote):
        party = vote.party(1)
        recorded = vote.cast(1, [FOR, None], plain=True)
        announced = Entry.objects.get(log=vote.session.board, seq=recorded.seq - 1)
        line = parse_canonical(bytes(announced.line))
        assert line["type"] == "credential"
        assert line["body"]["replaces"] == party.key
        assert line["body"]["key"] == vote.party(1).current_key == body(recorded)["key"]
        assert (recorded.encrypted_by, recorded.replacement) == ("server", True)
        assert body(recorded)["answers"][1] is None

    def test_by_a_replacement_key_of_the_browser(self, vote):
        chosen = suite(vote.session.suite)
        secret, key = credential.random_key(chosen)
        sealed = vote.sealed(1, [FOR, FOR], changes={"key_secret": secret})
        recorded = send(vote, 1, sealed, replacement_key=b64(key))
        assert (recorded.encrypted_by, recorded.replacement) == ("browser", True)
        # From now on the letter's own key is void.
        assert refused_code(lambda: vote.cast(1, [FOR, FOR])) == "ballots.credential"

    def test_a_second_ballot_takes_the_place_of_the_first(self, vote):
        first = vote.cast(1, [FOR, FOR])
        second = vote.cast(1, [AGAINST, ABSTAIN])
        assert body(second)["previous"] == first.digest
        assert (second.number, vote.party(1).last_seq) == (2, second.seq)

    def test_every_ballot_is_told_by_sms_once(self, vote):
        vote.cast(1, [FOR, FOR])
        vote.cast(1, [FOR, FOR], plain=True)
        vote.cast(1, [FOR, FOR], plain=True)
        vote.cast(2, [FOR, FOR])  # no phone on the roll
        assert list(Message.objects.order_by("pk").values_list("template", flat=True)) == [
            "ballot_recorded",
            "ballot_replaced",
            "credential_replaced",
            "ballot_replaced",
        ]

    def test_no_choice_anywhere_but_in_the_ciphertexts(self, vote, caplog):
        caplog.set_level(logging.DEBUG)
        one, other = vote.cast(1, [FOR, FOR]), vote.cast(2, [AGAINST, AGAINST])
        plain = vote.cast(3, [FOR, AGAINST], plain=True)

        def shape(value):
            if isinstance(value, dict):
                return {name: shape(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [shape(inner) for inner in value]
            return len(value) if isinstance(value, str) else type(value).__name__

        assert shape(body(one)) == shape(body(other))
        assert shape(body(plain)["answers"]) == shape(body(one)["answers"])
        columns = {field.name for field in Ballot._meta.get_fields()}
        assert not columns & {"choice", "choices", "answers"}


def refused_code(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.facts.get("check", caught.value.code)


class TestTheDatabaseItself:
    @pytest.mark.parametrize("model", [Ballot, BallotPoint])
    def test_refuses_to_change_what_was_recorded(self, vote, model):
        vote.cast(1, [FOR, FOR])
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(session_id=vote.session.pk)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete(using="default")

    def test_a_receipts_number_is_found_without_reading_all_ballots(self, vote):
        recorded = vote.cast(1, [FOR, FOR])
        number = tracker_text(recorded.digest).replace("-", "")
        assert ballot_of_number(number) == recorded
        with CaptureQueriesContext(connection) as queries:
            ballot_of_number(number)
        sql = queries.captured_queries[0]["sql"]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {sql}")
                assert "one_ballot_per_digest" in str(cursor.fetchall())
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                assert "(digest>? AND digest<?)" in str(cursor.fetchall())


class TestOnce:
    def test_the_same_submission_gives_the_same_receipt(self, vote):
        sealed = vote.sealed(1, [FOR, FOR])
        first = send(vote, 1, sealed)
        assert send(vote, 1, sealed) == first
        assert send(vote, 1, vote.sealed(1, [FOR, FOR])) == first  # sealed anew, same form
        assert send(vote, 1, sealed, submission="form-2") == first  # the same ballot
        assert send(vote, 1, sealed, at=CLOSE) == first  # asked again after the close
        assert Ballot.objects.count() == 1

    def test_a_double_tap_in_plain(self, vote):
        common = {
            "session_id": vote.session.pk,
            "party_id": vote.party(1).pk,
            "submission": "form-1",
            "at": OPEN,
        }
        first = cast_plain(choices=[FOR, FOR], **common)
        assert cast_plain(choices=[AGAINST, FOR], **common) == first
        assert vote.party(1).ballots == 1

    def test_no_second_ballot_where_revoting_is_not_allowed(self):
        vote = frozen_vote(revote=False)
        vote.cast(1, [FOR])
        assert refused_code(lambda: vote.cast(1, [FOR])) == "ballot.no_revote"
        assert refused_code(lambda: vote.cast(1, [FOR], plain=True)) == "ballot.no_revote"


class TestTime:
    @pytest.mark.parametrize(
        ("at", "code"),
        [
            (OPEN - timedelta(seconds=1), "vote.not_open"),
            (CLOSE, "vote.closed"),
            (CLOSE + timedelta(days=400), "vote.closed"),
        ],
    )
    def test_outside_the_window(self, vote, at, code):
        assert refused(lambda: vote.cast(1, [FOR, FOR], at=at)) == code
        assert refused(lambda: vote.cast(1, [FOR, FOR], at=at, plain=True)) == code

    def test_the_last_microsecond_counts(self, vote):
        vote.cast(1, [FOR, FOR], at=CLOSE - timedelta(microseconds=1))

    def test_a_closed_board_takes_nothing_even_if_the_clock_goes_back(self, vote):
        close_session(session_id=vote.session.pk, at=CLOSE)
        assert refused(lambda: vote.cast(1, [FOR, FOR], at=OPEN)) == "vote.closed"

    def test_a_clock_set_back_does_not_turn_the_board_back(self, vote):
        vote.cast(1, [FOR, FOR], at=OPEN + timedelta(days=2))
        vote.cast(2, [FOR, FOR], at=OPEN + timedelta(days=1))
        times = [
            parse_canonical(bytes(line))["time"]
            for line in vote.session.board.entries.values_list("line", flat=True)
        ]
        assert times == sorted(times)

    def test_not_in_a_session_that_was_called_off(self, vote):
        cancel_session(
            session_id=vote.session.pk, reason="有误", actor="a", at=OPEN - timedelta(days=1)
        )
        assert refused(lambda: vote.cast(1, [FOR, FOR])) == "vote.cancelled"


class TestForgeries:
    def test_another_partys_credential(self, vote):
        assert (
            refused(lambda: send(vote, 2, vote.sealed(1, [FOR, FOR]))) == "ballots.credential"
        )

    def test_another_partys_number_under_a_replacement(self, vote):
        secret, key = credential.random_key(suite(vote.session.suite))
        sealed = vote.sealed(1, [FOR, FOR], changes={"key_secret": secret, "party": 3})
        act = lambda: send(vote, 1, sealed, replacement_key=b64(key))  # noqa: E731
        assert refused(act) == "ballots.credential"

    def test_another_sessions_ballot(self, vote):
        other = frozen_vote(small_estate(), matters=(5, 8))
        with pytest.raises(RuleViolation) as caught:
            send(vote, 1, other.sealed(1, [FOR, FOR]))
        assert caught.value.facts["check"] == "ballots.shape"

    def test_a_party_of_another_session_is_not_found(self, vote):
        other = frozen_vote(small_estate(), matters=(5, 8))
        with pytest.raises(Party.DoesNotExist):
            cast_sealed(
                session_id=vote.session.pk,
                party_id=other.party(1).pk,
                submission="x",
                ballot=other.sealed(1, [FOR, FOR]),
                replacement_key=None,
                at=OPEN,
            )

    def test_the_browser_must_not_call_itself_the_server(self, vote):
        sealed = vote.sealed(1, [FOR, FOR], changes={"encrypted_by": "server"})
        assert refused(lambda: send(vote, 1, sealed)) == "ballots.shape"

    @pytest.mark.parametrize("number", [2, 7])
    def test_a_ballot_out_of_turn(self, vote, number):
        sealed = vote.sealed(1, [FOR, FOR], changes={"number": number})
        assert refused(lambda: send(vote, 1, sealed)) == "ballot.overtaken"

    def test_a_replacement_key_that_is_in_use(self, vote):
        mine, other = vote.party(1).current_key, vote.party(2).current_key
        for key in (mine, other):
            act = lambda key=key: send(  # noqa: E731
                vote, 1, vote.sealed(1, [FOR, FOR]), replacement_key=key
            )
            assert refused(act) == "ballots.credential"

    def test_a_replacement_key_that_was_used_before_by_anybody(self, vote):
        chosen = suite(vote.session.suite)
        (first, first_key), (second, second_key) = (
            credential.random_key(chosen) for _ in range(2)
        )

        def replace(number, secret, key):
            sealed = vote.sealed(number, [FOR, FOR], changes={"key_secret": secret})
            name = b64(key)[:40]
            return send(vote, number, sealed, submission=name, replacement_key=b64(key))

        replace(1, first, first_key)
        replace(1, second, second_key)
        sealed = vote.sealed(1, [FOR, FOR], changes={"key_secret": first})
        again = lambda: send(vote, 1, sealed, replacement_key=b64(first_key))  # noqa: E731
        assert refused_code(again) == "ballots.unique"
        assert refused_code(lambda: replace(2, first, first_key)) == "ballots.unique"

    @pytest.mark.parametrize("key", ["", "x", "!" * 87, "A" * 87, "王"])
    def test_a_replacement_key_that_is_none(self, vote, key):
        act = lambda: send(vote, 1, vote.sealed(1, [FOR, FOR]), replacement_key=key)  # noqa: E731
        assert refused(act) == "ballots.credential"

    def test_a_ciphertext_of_somebody_else(self, vote):
        """Copied whole with its proof, and signed by the thief's own credential."""
        vote.cast(1, [FOR, FOR])
        copied = vote.sealed(1, [FOR, FOR])
        thief = vote.sealed(2, [AGAINST, FOR])
        thief["answers"][0] = body(Ballot.objects.get())["answers"][0]
        del thief["signature"]
        chosen = suite(vote.session.suite)
        secret, key = credential.random_key(chosen)
        thief["key"] = b64(key)
        stolen = sealing.sign(terms(vote.session), thief, secret)
        act = lambda: send(vote, 2, stolen, replacement_key=b64(key))  # noqa: E731
        assert refused_code(act) == "ballots.proofs"
        assert copied["number"] == 2

    def test_every_field_dropped_added_or_of_another_kind(self, vote):
        sealed = vote.sealed(1, [FOR, None])
        for field in sealed:
            without = {name: value for name, value in sealed.items() if name != field}
            assert refused(lambda: send(vote, 1, without)) == "ballots.shape"  # noqa: B023
            for other in (None, True, 1, "", [], {}, "\ud800", 2**70, -1, 1.5, {"a": 1.5}):
                if sealed[field] == other and type(sealed[field]) is type(other):
                    continue
                changed = {**sealed, field: other}
                assert refused(lambda: send(vote, 1, changed)).startswith("ballots.")  # noqa: B023
        assert refused(lambda: send(vote, 1, {**sealed, "more": 1})) == "ballots.shape"

    def test_one_bit_changed_in_any_part(self, vote):
        sealed = vote.sealed(1, [FOR, FOR])
        option = sealed["answers"][0]["options"][0]
        raw = bytearray(base64.urlsafe_b64decode(option + "=" * (-len(option) % 4)))
        for place in range(0, len(raw), 37):
            changed = json.loads(canonical(sealed))
            flipped = bytearray(raw)
            flipped[place] ^= 1
            changed["answers"][0]["options"][0] = b64(bytes(flipped))
            assert refused(lambda: send(vote, 1, changed)).startswith("ballots.")  # noqa: B023

    @pytest.mark.parametrize("submission", ["", "x" * 65, "a\x00b", "a b", "王"])
    def test_a_form_without_a_name_of_its_own(self, vote, submission):
        sealed = vote.sealed(1, [FOR, FOR])
        assert refused(lambda: send(vote, 1, sealed, submission=submission)) == (
            "ballot.submission"
        )

    @pytest.mark.parametrize(
        "choices",
        [
            [],
            [FOR],
            [FOR, FOR, FOR],
            [None, None],
            [[0, 1], FOR],
            [[], FOR],
            [[3], FOR],
            [[-1], FOR],
            [[0, 0], FOR],
        ],
    )
    def test_choices_the_manifest_does_not_allow(self, vote, choices):
        act = lambda: vote.cast(1, choices, plain=True)  # noqa: E731
        assert refused(act) == "ballot.choices"

    def test_a_refusal_does_not_say_what_was_chosen(self, vote):
        with pytest.raises(RuleViolation) as caught:
            vote.cast(1, [[0, 1], FOR], plain=True)
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        assert not caught.value.facts
