"""The own fund by the phone on the roll; nobody learns whose phone is on it."""

import re
from datetime import date, timedelta
from threading import Event
from time import monotonic

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.phones import phone_hash
from core.errors import RuleViolation
from documents.authority import development_identity
from funds.domain.books import Line
from funds.models import PhoneCheck
from funds.selectors.phones import units_by_phone
from funds.services import entering
from funds.services.entering import check_own_code, send_own_code
from registry.models import Owner, Ownership
from tests.factories import make_owner
from tests.funds.books import book, make_account

pytestmark = pytest.mark.django_db
PHONE, OTHER = "10000000001", "10000000002"


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def owner(account):
    """Somebody who owns the first unit alone and has a phone on the roll."""
    return owns(account, 0, PHONE, "赵一")


def owns(account, place, phone, name, **fields):
    unit = account.subs.order_by("pk")[place].unit
    if not fields.pop("jointly", False):
        Ownership.objects.filter(unit=unit).update(valid_to=timezone.localdate())
    found = make_owner(account.estate, name)
    Owner.objects.filter(pk=found.pk).update(phone_hash=phone_hash(phone))
    Ownership.objects.create(unit=unit, owner=found, valid_from=date(2020, 1, 1), **fields)
    return found


@pytest.fixture
def sent(monkeypatch):
    """What went out by SMS, in place of a gateway."""
    found = []
    monkeypatch.setattr(entering, "send_code", lambda **said: found.append(said))
    return found


def digits(sent):
    return sent[-1]["params"]["code"]


def enter(client, sent, phone=PHONE):
    client.post("/my/", {"phone": phone})
    return client.post("/my/code", {"answer": digits(sent)})


def test_a_number_six_digits_and_the_own_units(client, account, owner, sent):
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    book(account.special, [Line("bank", None, 12_34), Line("sub", subs[0], -12_34)])
    book(account.special, [Line("bank", None, 56_78), Line("sub", subs[1], -56_78)])
    answer = enter(client, sent)
    assert answer.headers["Location"] == "/my/fund/"
    page = client.get("/my/fund/")
    text = page.content.decode()
    assert "12.34" in text
    assert "56.78" not in text
    assert "no-store" in page.headers["Cache-Control"]
    cookie = client.cookies["own_fund"]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/my/", "Lax", 900)
    assert PHONE not in cookie.value
    client.post("/my/leave")
    assert client.get("/my/fund/").status_code == 302


def test_a_kept_cookie_opens_nothing_after_leaving(client, owner, sent, settings):
    """On a phone that others use, or in a copy: the check is over here too, by its time."""
    enter(client, sent)
    kept = client.cookies["own_fund"].value
    other = Client()
    other.cookies["own_fund"] = kept
    assert other.get("/my/fund/").status_code == 200
    client.post("/my/leave")
    body, stamp, signature = kept.rsplit(":", 2)
    for written in (kept, f"{body}:{stamp}:{signature}="):
        other.cookies["own_fund"] = written
        assert other.get("/my/fund/").status_code == 302
        assert other.get("/my/data/").status_code == 302
    # Leaving without having come in, or twice, is no error.
    assert Client().post("/my/leave").status_code == 302
    assert other.post("/my/leave").status_code == 302


def test_leaving_ends_one_check_and_no_other(client, owner, sent, monkeypatch):
    enter(client, sent)
    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr("django.core.signing.time.time", lambda: later.timestamp())
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    other = Client()
    enter(other, sent)
    client.post("/my/leave")
    assert client.get("/my/fund/").status_code == 302
    assert other.get("/my/fund/").status_code == 200


def test_the_answer_is_the_same_for_a_number_nobody_has(client, owner, sent):
    def said(phone):
        answer = client.post("/my/", {"phone": phone})
        page = client.get(answer.headers["Location"]).content.decode()
        return (
            answer.status_code,
            answer.headers["Location"],
            re.sub(r'value="[^"]*"', "", page),
        )

    assert said(PHONE) == said(OTHER)
    assert [one["phone"] for one in sent] == [PHONE]
    for phone in (PHONE, OTHER):
        client.post("/my/", {"phone": phone})
        answer = client.post("/my/code", {"answer": "x"})
        assert answer.status_code == 400
        assert "验证码不对或者已经过期" in answer.content.decode()
    assert PhoneCheck.objects.get(phone_hash=phone_hash(OTHER)).code_hmac == ""


def test_a_known_number_costs_the_work_of_any_other_and_waits_for_no_gateway(
    client, owner, monkeypatch
):
    left = Event()

    class Slow:
        def send(self, **_said):
            left.wait(20)

    settings_of = "accounts.services.messages.settings.CELERY_TASK_ALWAYS_EAGER"
    monkeypatch.setattr(settings_of, False)
    monkeypatch.setattr("accounts.services.messages.gateway", Slow)
    work = []
    client.post("/my/", {"phone": "10000000009"})  # the address is counted from now on
    for phone in (PHONE, OTHER):
        began = monotonic()
        with CaptureQueriesContext(connection) as asked:
            assert client.post("/my/", {"phone": phone}).status_code == 302
        assert monotonic() - began < 10
        work.append([one["sql"].split()[0] for one in asked])
    left.set()
    assert work[0] == work[1]


@pytest.mark.parametrize("phone", ["", "123", "abc", "1" * 30, "10000000001;"])
def test_what_is_no_number(client, phone, sent):
    assert client.post("/my/", {"phone": phone}).status_code == 400
    assert client.post("/my/code", {"answer": "123456"}).headers["Location"] == "/my/"
    assert sent == []


def test_digits_hold_once_and_ten_minutes(owner, sent):
    at = timezone.now()
    send_own_code(phone=PHONE, address="10.0.0.1", at=at)
    send_own_code(phone=PHONE, address="10.0.0.1", at=at + timedelta(seconds=59))
    assert len(sent) == 1  # within a minute it is not sent again
    late = at + timedelta(minutes=10)
    assert check_own_code(phone=PHONE, answer=digits(sent), at=late) == ""
    in_time = late - timedelta(seconds=1)
    held = check_own_code(phone=f" {PHONE} ", answer=digits(sent), at=in_time)
    assert held == phone_hash(PHONE)
    assert check_own_code(phone=PHONE, answer=digits(sent), at=in_time) == ""
    assert check_own_code(phone=PHONE, answer="", at=in_time) == ""


def test_five_wrong_answers_lock_any_number_alike(owner, sent):
    at = timezone.now()
    send_own_code(phone=PHONE, address="", at=at)
    wrong = "000000" if digits(sent) != "000000" else "000001"
    for phone in (PHONE, OTHER):
        for _try in range(5):
            assert check_own_code(phone=phone, answer=wrong, at=at) == ""
        with pytest.raises(RuleViolation, match="输错次数太多"):
            check_own_code(phone=phone, answer=digits(sent), at=at)


def test_one_address_cannot_ask_without_end(owner, sent):
    at = timezone.now()
    for number in range(entering.MOST_ASKED):
        send_own_code(phone=f"100{number:08}", address="10.0.0.1", at=at)
    with pytest.raises(RuleViolation, match="次数太多"):
        send_own_code(phone=PHONE, address="10.0.0.1", at=at)
    send_own_code(phone=OTHER, address="10.0.0.2", at=at)


def test_the_days_limit_is_not_told(owner, monkeypatch):
    def limited(**_said):
        raise RuleViolation("sms.daily_limit", "已达上限")

    monkeypatch.setattr(entering, "send_code", limited)
    send_own_code(phone=PHONE, address="", at=timezone.now())


def test_who_sold_sees_nothing_more_even_while_inside(client, account, owner, sent):
    enter(client, sent)
    assert client.get("/my/fund/").status_code == 200
    Ownership.objects.filter(owner=owner).update(valid_to=timezone.localdate())
    assert client.get("/my/fund/").status_code == 302


def test_a_number_that_stands_for_different_owners_leads_nowhere(account, owner):
    held = phone_hash(PHONE)
    assert len(units_by_phone(held)) == 1
    owns(account, 0, PHONE, "钱二", jointly=True)  # a household with one phone
    assert len(units_by_phone(held)) == 1
    owns(account, 1, PHONE, "孙三")  # an office that typed its own
    assert units_by_phone(held) == []
    assert units_by_phone("") == []


def test_a_cookie_of_ones_own_making_opens_nothing(client, owner):
    for value in ("", "x", phone_hash(PHONE), "x:y:z"):
        client.cookies["own_fund"] = value
        assert client.get("/my/fund/").status_code == 302
        assert client.post("/my/fund/1/2025").status_code == 302


def test_a_statement_of_the_own_unit_only(client, account, owner, sent, settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    one, two = account.subs.order_by("pk").values_list("pk", flat=True)[:2]
    book(
        account.special,
        [Line("bank", None, 5), Line("sub", one, -5)],
        dated_on=date(2025, 1, 1),
    )
    enter(client, sent)
    answer = client.post(f"/my/fund/{one}/2025")
    assert answer.content.startswith(b"%PDF")
    assert client.post(f"/my/fund/{two}/2025").status_code == 404
    assert client.post(f"/my/fund/{one}/2024").status_code == 400
