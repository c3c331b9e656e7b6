"""A copy of the database has no number, phone, account, token, code or session in clear.

The real flows run with planted values: a roll is imported, letters are printed and reissued,
people sign in by SMS, owners vote, ask for a lost letter, name agents, object, look at their
fund, a committee sits, and a repair is paid. Then everything is dumped and searched.
"""

from __future__ import annotations

import logging
import re
import zlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message
from accounts.services.messages import send_due_messages
from disclosures.services.books import open_book
from documents.authority import development_identity
from funds.models import Quote, SpecialAccount
from portal.tasks import SWEEPERS
from registry import fields
from registry.models import Estate, Owner
from tests.committees.formed import a_committee, sit
from tests.disclosures.accounts import COMMITTEE, FIRST, accounts_estate, held
from tests.dumps import dump_of
from tests.factories import make_estate
from tests.funds import books
from tests.funds.payments import ACCOUNT, funded, pay
from tests.registry.rolls import imported, line, number, previewed
from tests.town import make_user
from voting.models import Party, Session
from voting.services.drafting import create_session, save_motion
from voting.services.entering import send_agent_code
from voting.services.freezing import freeze_session
from voting.services.letters import reissue_letter, run_letters, start_letters
from voting.services.objections import Objector, Statement, file_objection
from voting.services.proxies import Stated, grant_proxy
from voting.spool import read_spool

PEOPLE = ("瞿麒麟", "糜鹭洲", "昝霁月", "逄澍霖", "仉骐骥", "妫蘅芜")
BANK = "6217739284615527"


Letters = dict[int, tuple[str, str]]  # token and code by party


class Planted:
    """What must not be found, by kind; without rows of zeros, which bytes are full of."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[str]] = defaultdict(list)
        self._dice = Random(8)

    def digits(self, count: int) -> str:
        return "".join(self._dice.choice("123456789") for _ in range(count))

    def plant(self, kind: str, value: str) -> str:
        self.values[kind].append(value)
        return value

    def phone(self) -> str:
        return self.plant("phone", f"100{self.digits(8)}")

    def identity(self) -> str:
        return self.plant("identity number", number(int(self.digits(11))))

    def codes(self) -> str:
        """The digits of every message sent so far; the last of them."""
        last = ""
        for _phone, text in MemoryGateway.sent:
            for last in re.findall(r"(?<!\d)\d{6}(?!\d)", text):
                self.plant("SMS code", last)
        MemoryGateway.sent.clear()
        return last

    def session(self, client: Client) -> None:
        key = client.session.session_key
        assert key
        self.plant("session key", key)


def roll(planted: Planted, estate: Estate) -> None:
    """A roll that is in force, and another that waits for confirmation."""
    lines = [
        line(
            室号=f"{place + 1}01",
            层=str(place + 1),
            权利人=planted.plant("name", name),
            证件号码=planted.identity(),
            联系电话=planted.phone(),
        )
        for place, name in enumerate(PEOPLE)
    ]
    at = timezone.now() - timedelta(days=40)
    imported(estate, lines, at=at)
    more = line(
        室号="901", 层="9", 权利人="瞿麟", 证件号码=planted.identity(), 联系电话=planted.phone()
    )
    previewed(estate, [*lines, more], at=at + timedelta(hours=1))


def vote_of(estate: Estate) -> Session:
    now = timezone.now()
    act: dict[str, Any] = {"actor": "user:1", "at": now - timedelta(days=21)}
    session = create_session(
        estate_id=estate.pk,
        title="2026年第一次业主大会会议",
        organiser_kind="owners_committee",
        organiser="样例花园业主委员会",
        contact_phone="0556-0000000",
        notice_on=timezone.localdate(act["at"]),
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=9),
        **act,
    )
    save_motion(
        session_id=session.pk, matter=9, title="西门夜间关闭", text="是否同意？",
        cost_fen=None, **act,
    )  # fmt: skip
    freeze_session(session_id=session.pk, **act)
    return session


def letters(planted: Planted, session: Session) -> Letters:
    """Printed, one of them reissued at the desk."""
    secrets = read_spool(session.code)
    assert secrets
    now = timezone.now()
    job = start_letters(session_id=session.pk, actor="user:1", at=now)
    run_letters(job.pk)
    for secret in secrets.values():
        planted.plant("letter token", secret.token)
        planted.plant("letter code", secret.code)
    last = session.parties.order_by("number").last()
    assert last
    again = reissue_letter(party_id=last.pk, actor="user:1", at=now, reason="信没有收到")
    planted.plant("letter token", again.token)
    planted.plant("letter code", again.code)
    return {pk: tuple(secret) for pk, secret in secrets.items()}


def owners_vote(planted: Planted, session: Session, by_letter: Letters) -> None:
    """By the letter and the second check, half way and all the way; by a lost letter."""
    parties = {one.number: one for one in session.parties.prefetch_related("units")}
    client = Client()
    _token, code = by_letter[1]
    client.get(f"/q/{code}")
    client.post(f"/q/{code}/start", {"login": "", "letter_key": ""})
    planted.session(client)
    client.post(f"/vote/{session.code}/identity/send")
    digits = planted.codes()
    done = client.post(f"/vote/{session.code}/identity/sms/", {"answer": digits})
    assert done.status_code == 303
    client.post(f"/vote/{session.code}/motions/?step=0", {"answer": "0"})
    page = client.get(f"/vote/{session.code}/review/").content.decode()
    said = re.search(r'name="submission" value="([^"]+)"', page)
    assert said
    client.post(f"/vote/{session.code}/submit/", {"submission": said[1]})
    assert Party.objects.get(pk=parties[1].pk).ballots == 1
    lost, room = Client(REMOTE_ADDR="10.9.8.7"), parties[2].units.get().label
    lost.post(f"/s/{session.code}/lost/", {"room": room, "phone": parties[2].phone})
    assert planted.codes()  # typed by nobody: it waits
    planted.session(lost)


def others_act(planted: Planted, session: Session) -> None:
    """An agent by phone, an objection with a phone to call back."""
    now, third = timezone.now(), session.parties.get(number=3)
    day = timezone.localdate(now)
    stated = Stated(
        agent=planted.plant("name", "谯泮池"), phone=planted.phone(), motions=[1],
        powers="free", signed_on=day, until=day, by_owner=True,
    )  # fmt: skip
    granted = grant_proxy(party_id=third.pk, stated=stated, at=now)
    planted.plant("letter code", granted.code)
    send_agent_code(proxy_id=granted.proxy.pk, at=now)
    assert planted.codes()
    file_objection(
        estate_id=session.estate_id, session_id=None, said=Statement("other", "数得不对"),
        objector=Objector(name=planted.plant("name", "亓官棠"), contact=planted.phone()),
        submission="o1", actor="user:1", at=now,
    )  # fmt: skip


def officials_sign_in(planted: Planted) -> None:
    """One with the code, with a second factor; one who was sent a code and has not typed it."""
    for name in ("zhang", "zhao"):
        user = make_user(name, phone=planted.phone())
        client = Client()
        client.post(reverse("account_request_login_code"), {"phone": user.phone})
        code = planted.codes()
        assert code
        if name == "zhang":
            client.post(reverse("account_confirm_login_code"), {"code": code})
            assert "_auth_user_id" in client.session
            TOTP.activate(user, planted.plant("TOTP secret", "JBSWY3DPEHPK3PXPJBSWY3DP"))
            for one in RecoveryCodes.activate(user).get_unused_codes()[:3]:
                planted.plant("recovery code", one)
        planted.session(client)


def owners_look_at_their_fund(planted: Planted) -> None:
    phone = planted.values["phone"][0]
    client = Client()
    client.post("/my/", {"phone": phone})
    planted.codes()
    if client.session.session_key:
        planted.session(client)


def money_moves(planted: Planted) -> None:
    """A repair with quotes, paid to an account; an account of the estate's own revenue."""
    pay(funded())
    planted.plant("bank account", ACCOUNT.replace(" ", ""))
    special = SpecialAccount.objects.get()
    planted.plant("bank account", special.number)
    quote = Quote.objects.first()
    if quote is not None:
        quote.phone, quote.legal_person = planted.phone(), planted.plant("name", "郏鄏")
        quote.save()
    estate = accounts_estate()
    open_book(
        estate_id=estate.pk, kind="revenue", frequency="quarterly", opened_on=FIRST,
        opening=(0, ""), held=held(number=planted.plant("bank account", BANK)),
        by=COMMITTEE, at=timezone.now(),
    )  # fmt: skip


def a_committee_sits(planted: Planted) -> None:
    sit(a_committee(), 1, name=planted.plant("name", "蔺蘼芜"))


def sweep() -> None:
    """What workers do, messages by day included."""
    now = timezone.now()
    for sweeper in SWEEPERS:
        sweeper.run(now)
    noon = now.replace(hour=4, minute=0) + timedelta(days=1)  # in UTC: midday in Shanghai
    send_due_messages(at=noon)
    assert Message.objects.filter(state="sent").exists()


@pytest.fixture
def flows(
    transactional_db: None,
    erasable: None,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Planted]:
    cache.clear()
    monkeypatch.setattr(books, "_numbers", iter([6217463951827364]))
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)

    def run() -> Planted:
        planted = Planted()
        estate = make_estate()
        roll(planted, estate)
        session = vote_of(estate)
        by_letter = letters(planted, session)
        owners_vote(planted, session, by_letter)
        others_act(planted, session)
        officials_sign_in(planted)
        owners_look_at_their_fund(planted)
        money_moves(planted)
        a_committee_sits(planted)
        sweep()
        planted.codes()
        return planted

    return run


KINDS = {
    "identity number": 7, "phone": 11, "bank account": 3, "letter token": 7, "letter code": 8,
    "SMS code": 5, "session key": 4, "TOTP secret": 1, "recovery code": 3, "name": 10,
}  # fmt: skip


def test_a_dump_and_the_log_tell_nothing(
    flows: Callable[[], Planted], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = flows()
    for kind, least in KINDS.items():
        assert len(planted.values[kind]) >= least, kind
    # The values are there, and only behind the key.
    first = planted.values["phone"][0]
    assert {one.name: one.phone for one in Owner.objects.all()}[PEOPLE[0]] == first
    assert dump_of(tmp_path).find(planted.values) == []
    logged = caplog.text
    assert [
        kind for kind, values in planted.values.items() if any(v in logged for v in values)
    ] == []


def test_one_column_in_clear_is_found(
    flows: Callable[[], Planted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same flows with the phones of owners not encrypted: the search must see it."""
    sealed = fields.EncryptedTextField.get_db_prep_value

    def clear(self: Any, value: Any, connection: Any, prepared: bool = False) -> Any:
        if self.purpose == "registry.owner.phone":
            return connection.Database.Binary(value.encode())
        return sealed(self, value, connection, prepared)

    opened = fields.EncryptedTextField.from_db_value

    def plain(self: Any, value: Any, expression: Any, connection: Any) -> str:
        if self.purpose == "registry.owner.phone":
            return bytes(value).decode()
        return opened(self, value, expression, connection)

    monkeypatch.setattr(fields.EncryptedTextField, "get_db_prep_value", clear)
    monkeypatch.setattr(fields.EncryptedTextField, "from_db_value", plain)
    planted = flows()
    found = dump_of(tmp_path).find(planted.values)
    assert {one.kind for one in found} == {"phone"}
    assert any(one.place.startswith("registry_owner.phone") for one in found)
    assert not any(re.search(r"100[1-9]{8}", str(one)) for one in found)


def packed_pdf(value: str) -> bytes:
    return b"%PDF stream\n" + zlib.compress(f"({value}) Tj".encode()) + b"\nendstream"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "dressed",
    [
        lambda value: value,
        lambda value: f"tel:{value}.",
        lambda value: value.encode().hex(),
        lambda value: value.encode().hex().upper(),
        lambda value: b64encode(value.encode()).decode(),
        lambda value: b64encode(f"x{value}y".encode()).decode(),
        lambda value: b64encode(f"xy{value}".encode()).decode().rstrip("="),
        lambda value: b64encode(zlib.compress(value.encode() * 3)).decode(),
    ],
)
def test_the_search_finds_what_lies_in_clear(dressed: Any, tmp_path: Path) -> None:
    for value in ("10073918264", "6217739284615527", "AB3D5F7H9K2M"):
        Message.objects.all().delete()
        Message.objects.create(
            key="k", template="t", params={"hint": dressed(value)},
            not_before=timezone.now(), created_at=timezone.now(),
        )  # fmt: skip
        assert dump_of(tmp_path).find({"kind": [value]}), value


@pytest.mark.django_db
def test_the_search_looks_into_bytes_and_leaves_longer_numbers_alone(tmp_path: Path) -> None:
    estate = make_estate()
    for content in (
        b"\x00\x0110073918264",
        zlib.compress(b"10073918264" * 2),
        packed_pdf("10073918264"),
    ):
        kept = previewed(estate, [line()], at=timezone.now())
        type(kept).objects.filter(pk=kept.pk).update(rows=content)
        assert dump_of(tmp_path).find({"kind": ["10073918264"]})
        type(kept).objects.filter(pk=kept.pk).delete()
    Message.objects.create(
        key="k", template="t", params={"hint": "9384915 x384915y"},
        not_before=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip
    assert dump_of(tmp_path).find({"SMS code": ["384915"]}) == []
    Message.objects.update(params={"hint": "384915"})
    assert dump_of(tmp_path).find({"SMS code": ["384915"]})
