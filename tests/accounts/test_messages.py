"""The outbox: once per event, never at night, tried again, never twice together."""

import io
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts import texts
from accounts.gateways import MemoryGateway
from accounts.models import Message
from accounts.services.messages import (
    is_quiet,
    send_code,
    send_due_messages,
    waiting_messages,
)
from accounts.steps import queue_message
from core.errors import RuleViolation

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
PHONE = "10000000001"
PARAMS = {"estate": "样例花园", "title": "会议", "phone": "0000-0000000"}


def put(key="event:1", phone=PHONE, at=NOON, **fields):
    with transaction.atomic():
        queue_message(
            key=key, phone=phone, template="letter_transferred", params=PARAMS, at=at, **fields
        )


class Broken:
    """A vendor that is down."""

    tried: ClassVar[list[str]] = []

    def send(self, *, phone, text, key):
        self.tried.append(key)
        raise ConnectionError("down")


def test_a_message_is_sent_once_however_often_it_is_queued_and_swept():
    put()
    put()
    assert send_due_messages(at=NOON) == 1
    assert send_due_messages(at=NOON) == 0
    put()
    assert Message.objects.get().state == "sent"
    [(phone, text)] = MemoryGateway.sent
    assert phone == PHONE
    assert "样例花园" in text


def test_nobody_without_a_phone_is_written_to():
    put(phone="")
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_is_queued_inside_a_transaction_only():
    with pytest.raises(RuntimeError):
        queue_message(
            key="k", phone=PHONE, template="letter_transferred", params=PARAMS, at=NOON
        )


def test_gaps_must_fit_and_codes_stay_out_of_the_outbox():
    with transaction.atomic(), pytest.raises(ValueError, match="takes exactly"):
        queue_message(key="k", phone=PHONE, template="letter_transferred", params={}, at=NOON)
    with transaction.atomic(), pytest.raises(ValueError, match="no message text"):
        queue_message(key="k", phone=PHONE, template="sign_in", params={"code": "1"}, at=NOON)


def test_no_text_has_a_gap_for_a_token_a_code_or_a_choice():
    allowed = {"estate", "title", "deadline", "phone", "url", "inviter", "role"}
    allowed |= {"number", "about", "what"}  # of an objection; of what befell a decision
    allowed |= {"court"}  # that ordered a ballot opened
    allowed |= {"day", "late", "many"}  # when the accounts are due, how many wait
    allowed |= {"tail", "when"}  # of a new number that waits: its last four digits
    allowed |= {"who", "whom", "time"}  # which operator did what, when
    for text in texts.TEXTS.values():
        assert texts.gaps(text) <= allowed


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("07:59", True), ("08:00", False), ("20:59", False), ("21:00", True), ("00:00", True)],
)
def test_quiet_from_nine_in_the_evening_to_eight(clock, quiet):
    at = datetime.fromisoformat(f"2026-03-01T{clock}:00+08:00")
    assert is_quiet(at) is quiet
    put(at=at)
    assert send_due_messages(at=at) == (0 if quiet else 1)


def test_a_message_waits_for_its_day():
    put(not_before=NOON + timedelta(days=1))
    assert send_due_messages(at=NOON) == 0
    assert send_due_messages(at=NOON + timedelta(days=1)) == 1


def test_a_failure_is_tried_again_later_and_given_up_after_six(settings):
    settings.SMS_GATEWAY = "tests.accounts.test_messages.Broken"
    Broken.tried.clear()
    put()
    at = NOON
    assert send_due_messages(at=at) == 0
    assert send_due_messages(at=at) == 0  # not at once
    assert len(Broken.tried) == 1
    for _day in range(10):
        at += timedelta(days=1)
        send_due_messages(at=at)
    assert Broken.tried == ["event:1"] * 6
    assert Message.objects.get().state == "failed"


def test_the_lease_of_a_sender_that_died_runs_out():
    put()
    Message.objects.update(not_before=NOON + timedelta(minutes=5), attempts=1)
    assert send_due_messages(at=NOON) == 0
    assert send_due_messages(at=NOON + timedelta(minutes=5)) == 1


def test_two_sweepers_that_saw_the_same_row_send_it_once(monkeypatch):
    put()
    from accounts.services import messages as module

    real = module.gateway

    def meanwhile():
        # The other sweeper comes by while this one is talking to the vendor.
        monkeypatch.setattr(module, "gateway", real)
        assert send_due_messages(at=NOON) == 0
        return real()

    monkeypatch.setattr(module, "gateway", meanwhile)
    assert send_due_messages(at=NOON) == 1
    assert len(MemoryGateway.sent) == 1


def code(at=NOON, phone=PHONE):
    send_code(phone=phone, template="sign_in", params={"code": "123456"}, key="k", at=at)


def test_ten_codes_a_day_to_one_number_and_no_more():
    for minute in range(10):
        code(at=NOON + timedelta(minutes=minute))
    with pytest.raises(RuleViolation) as refused:
        code(at=NOON + timedelta(hours=23))
    assert refused.value.code == "sms.daily_limit"
    assert PHONE not in str(refused.value)
    code(phone="10000000002")
    code(at=NOON + timedelta(hours=24))
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("hour", "until"),
    [(20, None), (21, 32), (23, 32), (24, 32), (31, 32), (32, None)],
)
def test_what_waits_at_night_waits_until_eight(hour, until):
    """Hours of Shanghai since midnight of 1 March."""
    midnight = NOON - timedelta(hours=12)
    at = midnight + timedelta(hours=hour)
    assert waiting_messages(at) == (0, None)
    put(at=midnight)
    eight = None if until is None else midnight + timedelta(hours=until)
    assert waiting_messages(at) == (1, eight)


def test_what_is_to_come_later_waits_until_then():
    put(not_before=NOON + timedelta(hours=2))
    assert waiting_messages(NOON) == (1, NOON + timedelta(hours=2))
    put("event:2")
    assert waiting_messages(NOON) == (2, None)


@pytest.mark.parametrize(("hour", "said"), [(22, True), (12, False)])
def test_the_worker_says_how_many_wait_until_when(monkeypatch, hour, said):
    at = NOON + timedelta(hours=hour - 12)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    put()
    out = io.StringIO()
    call_command("work", once=True, stdout=out)
    assert ("短信 1 条等到 03-02 08:00 以后发" in out.getvalue()) is said
    assert bool(MemoryGateway.sent) is not said
