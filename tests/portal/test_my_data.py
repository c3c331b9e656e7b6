"""The own data by the phone on the roll, and what staff see of it."""

import json
import re
from datetime import datetime, time, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.identity import Person, TestIdentityProvider
from accounts.models import Message
from accounts.phones import phone_hash
from core.deadlines import SHANGHAI
from funds.services import entering
from logbook.models import Entry
from logbook.steps import record_act
from portal.own.seen import seen_of
from registry.models import Authority, DataRequest, Owner, PhoneChange
from registry.selectors import document_key
from tests.factories import make_estate, make_owner, make_unit
from tests.town import grant, make_user
from voting.services.phones import apply_changes, tell_changes

pytestmark = pytest.mark.django_db
PHONE, NEW = "10000000001", "10088880001"


@pytest.fixture
def estate():
    return make_estate()


@pytest.fixture
def owner(estate):
    """王小一 owns 1-101 alone, of number …0001X."""
    number = "99999919500101000X"
    key = document_key("", "王小一", number)
    found = make_owner(estate, "王小一", number=number, document_hash=key, phone=PHONE)
    make_unit(estate, "1幢", "101", 90_00, [found])
    return found


@pytest.fixture
def room(owner):
    return owner.ownerships.get().unit


@pytest.fixture
def sent(monkeypatch):
    found = []
    monkeypatch.setattr(entering, "send_code", lambda **said: found.append(said))
    return found


def enter(client, sent, phone=PHONE):
    client.post("/my/", {"phone": phone, "next": "/my/data/"})
    answer = {"phone": phone, "answer": sent[-1]["params"]["code"], "next": "/my/data/"}
    return client.post("/my/code", answer)


@pytest.fixture
def inside(client, owner, sent):
    assert enter(client, sent).headers["Location"] == "/my/data/"
    return client


def staff(role, estate):
    user = make_user(f"{role}_of_{estate.pk}")
    place = estate if role in ("organiser", "supervisor") else estate.authority
    grant(user, role, place)
    found = Client()
    found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found.user = user
    return found


def text(answer):
    return answer.content.decode()


# --- seen ------------------------------------------------------------------------------------


def test_nobody_without_the_phone(client, owner):
    for page in ("/my/data/", "/my/data/seen", f"/my/data/{owner.pk}/copy", "/my/data/phone",
                 "/my/data/phone/remove", "/my/data/ask"):  # fmt: skip
        answer = client.get(page)
        assert answer.status_code == 302, page
        assert answer.headers["Location"].startswith("/my/?next="), page
    assert client.post("/my/data/phone/code", {}).headers["Location"].startswith("/my/")


def test_the_message_says_what_it_is_for(client, owner, sent):
    enter(client, sent)
    assert sent[-1]["template"] == "own_data"


def test_the_page_masks_what_a_household_need_not_know(inside, owner):
    page = text(inside.get("/my/data/"))
    assert "王**" in page
    assert "1幢1单元101室" in page
    assert "90.00平方米" in page
    for hidden in (owner.name, owner.document_number, PHONE):
        assert hidden not in page
    assert "100****0001" in page


def test_nobody_else_is_on_it(inside, estate):
    other = make_owner(estate, "李二", phone="10000000002")
    make_unit(estate, "1幢", "102", 80_00, [other])
    page = text(inside.get("/my/data/"))
    assert "102室" not in page
    assert inside.get(f"/my/data/{other.pk}/copy").headers["Location"] == "/my/data/"
    assert inside.post(f"/my/data/{other.pk}/copy", {}).status_code == 302


def test_the_same_person_at_two_estates(inside, owner):
    there = make_estate("乙苑")
    key = owner.document_hash
    again = make_owner(
        there, "王小一", number=owner.document_number, document_hash=key, phone=PHONE
    )
    make_unit(there, "9幢", "901", 70_00, [again])
    # The same units are asked for: of one person, wherever.
    page = text(inside.get("/my/data/"))
    assert "乙苑" in page
    assert "样例花园" in page


# --- copied ----------------------------------------------------------------------------------


def copy(client, owner, name="王", answer="01000X", form="json"):
    typed = {"family_name": name, "answer": answer, "form": form}
    return client.post(f"/my/data/{owner.pk}/copy", typed)


def test_a_copy_has_all_of_it(inside, owner, room):
    answer = copy(inside, owner)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    said = json.loads(text(answer))
    lines = {line["title"]: line["text"] for part in said["sections"] for line in part["lines"]}
    assert lines["姓名或者名称"] == "王小一"
    assert lines["手机号"] == PHONE
    assert owner.document_number in lines.values()
    assert room.label in lines
    page = text(copy(inside, owner, form="html"))
    assert "王小一" in page
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.parametrize(("name", "answer"), [("李", "01000X"), ("王", "010009"), ("王", "")])
def test_who_is_not_the_person_gets_no_copy(inside, owner, name, answer):
    refused = copy(inside, owner, name, answer)
    assert refused.status_code == 400
    assert owner.document_number not in text(refused)


def test_five_wrong_ones_lock_it(inside, owner):
    for _ in range(5):
        copy(inside, owner, answer="999999")
    refused = copy(inside, owner)
    assert refused.status_code == 400
    assert "十五分钟" in text(refused)


def test_without_a_number_on_the_roll_the_desk_helps(inside, owner):
    Owner.objects.filter(pk=owner.pk).update(document_number="")
    page = text(inside.get(f"/my/data/{owner.pk}/copy"))
    assert "带身份证" in page
    assert '<button class="button" type="submit">下载' not in page


# --- another phone ---------------------------------------------------------------------------


def ask_new(client, sent, phone=NEW):
    answer = client.post("/my/data/phone", {"phone": phone})
    assert answer.headers["Location"] == "/my/data/phone/code"
    assert client.get("/my/data/phone/code").status_code == 200
    return client.post("/my/data/phone/code", {"answer": sent[-1]["params"]["code"]})


def test_the_own_phone_is_changed_by_both_phones(inside, owner, sent):
    assert ask_new(inside, sent).headers["Location"] == "/my/data/"
    assert (sent[-1]["phone"], sent[-1]["template"]) == (NEW, "new_phone")
    page = text(inside.get("/my/data/"))
    assert "手机号要换成100****0001" in page
    at = timezone.now()
    tell_changes(at)
    Message.objects.update(state="sent", sent_at=at)
    apply_changes(PhoneChange.objects.get().takes_effect_at + timedelta(minutes=1))
    # The old one is the way in no longer, the new one is.
    assert inside.get("/my/data/").status_code == 302
    other = Client()
    entering.PhoneCheck.objects.all().delete()  # a minute passed
    assert enter(other, sent, NEW).headers["Location"] == "/my/data/"


def test_the_digits_for_the_new_phone_open_nothing_else(inside, owner, estate, sent):
    """The new number belongs to a neighbour: what was sent to it lets nobody in there."""
    neighbour = make_owner(estate, "李二", phone=NEW)
    make_unit(estate, "1幢", "102", 80_00, [neighbour])
    inside.post("/my/data/phone", {"phone": NEW})
    thief = Client()
    right = sent[-1]["params"]["code"]
    thief.post("/my/", {"phone": NEW})
    if sent[-1]["params"]["code"] == right:
        pytest.skip("the same six digits twice")
    assert thief.post("/my/code", {"answer": right}).status_code == 400
    assert "own_fund" not in thief.cookies


def test_digits_for_looking_change_no_phone(inside, owner, estate, sent):
    neighbour = make_owner(estate, "李二", phone=NEW)
    make_unit(estate, "1幢", "102", 80_00, [neighbour])
    Client().post("/my/", {"phone": NEW})
    inside.post("/my/data/phone", {"phone": NEW})
    first, second = (one["params"]["code"] for one in sent[-2:])
    if first == second:
        pytest.skip("the same six digits twice")
    assert sent[-2]["template"] == "own_fund"
    assert inside.post("/my/data/phone/code", {"answer": first}).status_code == 400
    assert not PhoneChange.objects.exists()


@pytest.mark.parametrize("on_the_roll", [True, False])
def test_a_code_for_another_number_neither_shows_nor_voids_what_that_number_was_sent(
    inside, estate, sent, on_the_roll
):
    if on_the_roll:
        make_unit(estate, "1幢", "102", 80_00, [make_owner(estate, "李二", phone=NEW)])
    victim = Client()
    victim.post("/my/", {"phone": NEW})
    own = sent[-1]["params"]["code"] if on_the_roll else ""
    asked = inside.post("/my/data/phone", {"phone": NEW})
    assert asked.headers["Location"] == "/my/data/phone/code"
    assert "一分钟内只发一次" not in text(inside.get("/my/data/phone/code"))
    assert (sent[-1]["phone"], sent[-1]["template"]) == (NEW, "new_phone")
    for _ in range(6):  # nor do wrong tries lock it
        inside.post("/my/data/phone/code", {"answer": "x"})
    if on_the_roll:
        assert victim.post("/my/code", {"answer": own}).status_code == 302


def test_one_owner_sends_codes_to_ten_other_numbers_a_day(inside, sent):
    before = len(sent)
    for number in range(11):
        answer = inside.post("/my/data/phone", {"phone": f"1008888{number:04}"})
    assert answer.status_code == 400
    assert "请明天再试" in text(answer)
    assert len(sent) == before + 10


@pytest.mark.parametrize("phone", ["", "1388", PHONE, "abc"])
def test_what_is_no_new_number(inside, sent, phone):
    answer = inside.post("/my/data/phone", {"phone": phone})
    assert answer.status_code == 400
    assert ("不用换" in text(answer)) == (phone == PHONE)
    assert not PhoneChange.objects.exists()


def test_wrong_digits_change_nothing(inside, sent):
    inside.post("/my/data/phone", {"phone": NEW})
    right = sent[-1]["params"]["code"]
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert inside.post("/my/data/phone/code", {"answer": wrong}).status_code == 400
    # Another number than the one the digits went to.
    inside.post("/my/data/phone", {"phone": "10088880002"})
    assert inside.post("/my/data/phone/code", {"answer": right}).status_code == 400
    assert not PhoneChange.objects.exists()


def test_asked_again_within_the_minute_leads_to_where_the_code_is_typed(inside, sent):
    for _ in range(2):
        answer = inside.post("/my/data/phone", {"phone": NEW})
        assert answer.headers["Location"] == "/my/data/phone/code"
    page = text(inside.get("/my/data/phone/code"))
    assert "请填刚才收到的验证码" in page
    inside.post("/my/data/phone/code", {"answer": sent[-1]["params"]["code"]})
    assert PhoneChange.objects.get().phone == NEW


def test_language_and_letters_can_be_changed_on_the_way(client, owner, sent):
    """The page that asks for the code has an address of its own; the number is not in it."""
    answer = client.post("/my/", {"phone": PHONE, "next": "/my/data/"})
    assert answer.headers["Location"] == "/my/code"
    for _ in range(2):
        assert client.get("/my/code").status_code == 200
    assert PHONE not in str(client.cookies)
    client.post("/my/code", {"answer": "1"})
    assert client.get("/my/code").status_code == 200
    right = client.post("/my/code", {"answer": sent[-1]["params"]["code"]})
    assert right.headers["Location"] == "/my/data/"
    # Without a number that was asked for, the way begins at the beginning.
    for again in (client.get("/my/code"), Client().post("/my/code", {"answer": "1"})):
        assert again.headers["Location"] == "/my/"


def test_it_is_stopped_by_whoever_has_the_old_phone(inside, owner, sent):
    ask_new(inside, sent)
    change = PhoneChange.objects.get()
    assert inside.post(f"/my/data/phone/{change.pk}/stop").status_code == 302
    change.refresh_from_db()
    assert change.state == "stopped"
    page = text(inside.get("/my/data/"))
    assert "手机号不变" in page
    assert "手机号要换成" not in page


def test_another_persons_change_cannot_be_stopped(inside, estate):
    other = make_owner(estate, "李二", phone="10000000002")
    make_unit(estate, "1幢", "102", 80_00, [other])
    change = other.phone_changes.create(
        way="own", state="held", phone=NEW, asked_by="owner", asked_at=timezone.now(),
        takes_effect_at=timezone.now(),
    )  # fmt: skip
    inside.post(f"/my/data/phone/{change.pk}/stop")
    change.refresh_from_db()
    assert change.state == "held"


def test_a_household_says_who_it_is(inside, owner, estate, room, sent):
    wife = make_owner(estate, "张二", number="999999195001010022", phone=PHONE)
    wife.ownerships.create(unit=room, valid_from=owner.ownerships.get().valid_from)
    answer = inside.post("/my/data/phone/remove", {})
    assert answer.status_code == 400
    assert "请选择是哪一位" in text(answer)
    inside.post("/my/data/phone/remove", {"person": wife.pk})
    assert PhoneChange.objects.get().owner == wife
    assert inside.post("/my/data/phone/remove", {"person": 10**9}).status_code == 400


# --- a government identity provider ----------------------------------------------------------


@pytest.fixture
def vouched(settings, monkeypatch):
    """Whom the provider vouches for."""
    settings.IDENTITY_PROVIDER = "accounts.identity.TestIdentityProvider"

    def by(person):
        monkeypatch.setattr(TestIdentityProvider, "person", person)

    return by


def through_the_provider(client, wanted="/my/data/"):
    away = client.post("/my/provider", {"next": wanted}).headers["Location"]
    return client.get(away.removeprefix("http://testserver"))


def test_who_has_no_phone_comes_in_by_the_provider_and_gets_one(client, owner, vouched, sent):
    Owner.objects.filter(pk=owner.pk).update(phone="", phone_hash="")
    vouched(Person("王小一", owner.document_number))
    assert through_the_provider(client).headers["Location"] == "/my/data/"
    assert "王**" in text(client.get("/my/data/"))
    assert client.get("/my/fund/").status_code == 200
    assert ask_new(client, sent).headers["Location"] == "/my/data/"
    change = PhoneChange.objects.get()
    assert (change.state, change.phone, change.way) == ("held", NEW, "own")


def test_who_comes_in_by_the_provider_does_not_change_a_phone_unseen(
    client, owner, vouched, sent
):
    """The number on the roll was not asked on the way in; it is told all the same."""
    vouched(Person("王小一", owner.document_number))
    through_the_provider(client)
    ask_new(client, sent)
    tell_changes(timezone.now())
    assert [(one.phone, one.template) for one in Message.objects.all()] == [
        (PHONE, "phone_change")
    ]


@pytest.mark.parametrize("who", ["nobody", "other name", "other number", "no number"])
def test_who_is_not_on_the_roll_stays_out(client, owner, vouched, who):
    vouched({
        "nobody": None,
        "other name": Person("李小一", owner.document_number),
        "other number": Person("王小一", "999999195001010022"),
        "no number": Person("王小一", ""),
    }[who])  # fmt: skip
    answer = through_the_provider(client)
    assert answer.headers["Location"] == "/my/?next=%2Fmy%2Fdata%2F"
    assert "核对不上" in text(client.get(answer.headers["Location"]))
    assert client.get("/my/data/").status_code == 302


def test_a_forged_or_used_state_opens_nothing(client, owner, vouched):
    vouched(Person("王小一", owner.document_number))
    client.post("/my/provider", {"next": ""})
    client.get("/my/provider/done?state=forged&ticket=test")
    assert client.get("/my/data/").status_code == 302
    away = client.post("/my/provider", {"next": "//evil.example/"}).headers["Location"]
    back = away.removeprefix("http://testserver")
    assert client.get(back).headers["Location"] == "/my/fund/"
    stranger = Client()
    stranger.get(back)
    assert stranger.get("/my/data/").status_code == 302


def test_without_a_provider_there_is_no_such_page(client):
    assert client.post("/my/provider").status_code == 404
    assert client.get("/my/provider/done").status_code == 404


# --- requests --------------------------------------------------------------------------------


def test_a_request_is_answered_and_read(inside, owner, estate):
    answer = inside.post("/my/data/ask", {"kind": "correct", "text": "“小”应当是“晓”"})
    assert answer.headers["Location"] == "/my/data/"
    asked = DataRequest.objects.get()
    organiser = staff("organiser", estate)
    assert "业主关于个人信息的请求1件" in text(organiser.get(reverse("staff:home")))
    listed = text(organiser.get(reverse("roll:requests", args=[estate.code])))
    assert "王**" in listed
    page = reverse("roll:request", args=[estate.code, asked.pk])
    assert "应当是" in text(organiser.get(page))
    for typed in ({}, {"outcome": "granted"}, {"outcome": "open", "text": "x"}):
        assert organiser.post(page, typed).status_code == 400
    organiser.post(page, {"outcome": "refused", "text": "登记簿上就是“小”，请先更正登记"})
    assert Message.objects.get().template == "data_answered"
    assert "请先更正登记" in text(inside.get("/my/data/"))
    again = organiser.post(page, {"outcome": "granted", "text": "改了"})
    assert "已经有人答复" in text(again)


@pytest.mark.parametrize(
    ("outcome", "reason", "status"),
    [
        ("refused", " 不改 ", 400),
        ("partly", "改一半", 400),
        ("refused", "登记未改", 302),
        ("granted", "改了", 302),
    ],
)
def test_not_all_of_it_needs_a_reason(owner, estate, outcome, reason, status):
    day = timezone.localdate()
    asked = owner.requests.create(kind="erase", text="x", asked_at=timezone.now(), due_on=day)
    page = reverse("roll:request", args=[estate.code, asked.pk])
    answer = staff("organiser", estate).post(page, {"outcome": outcome, "text": reason})
    assert answer.status_code == status
    assert ("至少四个字" in text(answer)) == (status == 400)
    assert (DataRequest.objects.get().state == "open") == (status == 400)


@pytest.mark.parametrize("outcome", ["refused", "partly", "granted"])
@pytest.mark.parametrize("phone", ["0000-0000000", ""])
def test_refused_it_says_the_way_on(inside, owner, estate, outcome, phone):
    Authority.objects.filter(pk=estate.authority_id).update(phone=phone)
    owner.requests.create(
        kind="erase", text="请删去号码", state=outcome, answer="登记簿上就是这样",
        asked_at=timezone.now(), due_on=timezone.localdate(),
    )  # fmt: skip
    page = text(inside.get("/my/data/"))
    wanted = outcome != "granted"
    assert ("不服的，可以向样例街道办事处" in page) == wanted
    assert ("样例街道办事处（电话0000-0000000）" in page) == (wanted and bool(phone))
    assert page.count("请删去号码") == page.count("登记簿上就是这样") == 1


def test_a_late_answer_says_who_else_can_be_asked(inside, owner):
    yesterday = timezone.localdate() - timedelta(days=1)
    owner.requests.create(kind="erase", text="x", asked_at=timezone.now(), due_on=yesterday)
    page = text(inside.get("/my/data/"))
    assert "过了期还没有答复" in page
    assert "样例街道办事处" in page


def test_what_no_request_is(inside):
    for kind, said in (("", ""), ("correct", ""), ("", "x"), ("all", "x"), ("correct", " "),
                       ("correct", "字" * 501)):  # fmt: skip
        typed = {"kind": kind, "text": said}
        assert inside.post("/my/data/ask", typed).status_code == 400, typed
    assert not DataRequest.objects.exists()


def test_five_wait_at_most_and_the_same_words_are_one(inside):
    for number in range(5):
        for _ in range(2):
            inside.post("/my/data/ask", {"kind": "other", "text": f"第{number}件"})
    assert DataRequest.objects.count() == 5
    answer = inside.post("/my/data/ask", {"kind": "other", "text": "第六件"})
    assert answer.status_code == 400
    assert "五件" in text(answer)


def test_what_was_written_survives_the_quarter_of_an_hour(client, owner, sent):
    answer = client.post("/my/data/ask", {"kind": "other", "text": "写了很久"})
    assert answer.headers["Location"].startswith("/my/?next=")
    client.post("/my/", {"phone": PHONE, "next": "/my/data/ask"})
    code = sent[-1]["params"]["code"]
    client.post("/my/code", {"phone": PHONE, "answer": code, "next": "/my/data/ask"})
    assert "写了很久" in text(client.get("/my/data/ask"))


# --- what staff see, and who reads of it -----------------------------------------------------


def test_names_and_numbers_are_masked_until_somebody_says_why(inside, owner, estate, room):
    organiser = staff("organiser", estate)
    page = text(organiser.get(reverse("roll:unit", args=[estate.code, room.pk])))
    assert "王**" in page
    for hidden in (owner.name, owner.document_number, PHONE):
        assert hidden not in page
    shown = reverse("roll:shown", args=[estate.code, room.pk])
    for typed in ({}, {"reason": "curious"}):
        refused = organiser.post(shown, typed)
        assert refused.status_code == 400
        assert owner.name not in text(refused)
    assert not Entry.objects.filter(kind="owners-shown").exists()
    page = text(organiser.post(shown, {"reason": "contact"}))
    for told in (owner.name, owner.document_number, PHONE):
        assert told in page
    seen = text(inside.get("/my/data/seen"))
    assert "看了姓名、证件号码和手机号" in seen
    assert "联系业主" in seen
    assert str(organiser.user) in seen
    line = bytes(Entry.objects.get(kind="owners-shown").line).decode()
    for hidden in (owner.name, owner.document_number, PHONE):
        assert hidden not in line


def test_other_rooms_looks_are_not_mine(inside, owner, estate):
    other = make_owner(estate, "李二", phone="10000000002")
    there = make_unit(estate, "1幢", "102", 80_00, [other])
    organiser = staff("organiser", estate)
    organiser.post(reverse("roll:shown", args=[estate.code, there.pk]), {"reason": "visit"})
    assert "还没有人看过" in text(inside.get("/my/data/seen"))


def test_whole_lists_are_everybodys(inside, owner, estate):
    organiser = staff("organiser", estate)
    organiser.post(reverse("roll:verification_list", args=[estate.code]), {"who": "all"})
    assert "导出待核验清单" in text(inside.get("/my/data/seen"))


def test_at_the_desk_from_the_paper_to_the_day(owner, estate, room):
    organiser, second = staff("organiser", estate), staff("supervisor", estate)
    page = reverse("roll:phone", args=[estate.code, room.pk])
    good = {"owner": owner.pk, "phone": NEW, "seen": "on"}
    for changed in ({"owner": ""}, {"phone": ""}, {"phone": "138"}, {"seen": ""},
                    {"remove": "on"}, {"owner": 10**9}, {"phone": PHONE}):  # fmt: skip
        typed = {key: value for key, value in (good | changed).items() if value}
        assert organiser.post(page, typed).status_code == 400, changed
    listed = reverse("roll:phones", args=[estate.code])
    assert organiser.post(page, good).headers["Location"] == listed
    change = PhoneChange.objects.get()
    assert NEW not in text(organiser.get(listed))
    assert NEW in text(second.get(listed))  # who confirms compares it with the paper
    assert "换手机号，等第二人确认" in text(second.get(reverse("staff:home")))
    confirm = reverse("roll:phone_confirm", args=[estate.code, change.pk])
    assert organiser.post(confirm).status_code == 404
    second.post(confirm)
    change.refresh_from_db()
    assert change.state == "held"
    stop = reverse("roll:phone_stop", args=[estate.code, change.pk])
    assert organiser.post(stop, {}).status_code == 400
    organiser.post(stop, {"reason": "写错了一位"})
    change.refresh_from_db()
    assert (change.state, change.reason) == ("stopped", "写错了一位")
    assert "写错了一位" in text(organiser.get(listed))


def test_a_whole_file_is_confirmed_at_once_by_the_second_person(estate):
    organiser, second = staff("organiser", estate), staff("supervisor", estate)
    made = [
        make_owner(estate, f"王{turn}", phone="").phone_changes.create(
            way="file", state="proposed", phone=f"1008888{turn:04}",
            asked_by=f"user:{organiser.user.pk}", asked_at=timezone.now(),
        )
        for turn in range(3)
    ]  # fmt: skip
    desk = make_owner(estate, "王九", phone="").phone_changes.create(
        way="desk", state="proposed", phone=NEW, asked_by="user:1", asked_at=timezone.now()
    )
    listed = reverse("roll:phones", args=[estate.code])
    assert "核对过文件，确认这3位" in text(second.get(listed))
    assert "核对过文件" not in text(organiser.get(listed))
    everything = {"change": [one.pk for one in [*made, desk]]}
    second.post(reverse("roll:phone_confirm_all", args=[estate.code]), everything)
    states = {one.pk: one.state for one in PhoneChange.objects.all()}
    assert [states[one.pk] for one in made] == ["held"] * 3
    assert states[desk.pk] == "proposed"  # of a desk each is looked at by itself


def test_a_document_number_is_shown_once_and_confirmed_by_the_second_person(estate):
    organiser, second = staff("organiser", estate), staff("supervisor", estate)
    number = "999999194001010033"
    fresh = make_owner(estate, "王九", number=number)
    make_unit(estate, "1幢", "909", 80_00, [fresh])
    check = fresh.number_checks.create(
        entered_by=f"user:{organiser.user.pk}", entered_at=timezone.now()
    )
    listed = reverse("roll:numbers", args=[estate.code])
    confirm = reverse("roll:numbers_confirm", args=[estate.code])
    assert "1位业主的证件号码，等第二人确认" in text(second.get(reverse("staff:home")))
    assert "证件号码，等第二人" not in text(organiser.get(reverse("staff:home")))
    for page in (text(organiser.get(listed)), text(second.get(listed))):
        assert "王*" in page
        assert number not in page
        assert "王九" not in page
    sent = {"number": [check.pk, "x", "9" * 30]}
    assert organiser.post(listed, sent).status_code == 404
    assert organiser.post(confirm, sent).status_code == 404
    assert "对照过材料，确认这1位" in (shown := text(second.post(listed, sent)))
    assert number in shown
    assert number not in text(second.get(listed))
    assert "已确认1位的证件号码" in text(second.post(confirm, sent, follow=True))
    assert "没有确认" in text(second.post(confirm, sent, follow=True))
    assert "没有等着的" in text(second.get(listed))


def test_the_owner_reads_who_looked_at_the_number(inside, owner, estate):
    second = staff("supervisor", estate)
    check = owner.number_checks.create(entered_by="user:1", entered_at=timezone.now())
    assert "还没有经第二人确认" in text(inside.get(f"/my/data/{owner.pk}/copy"))
    assert copy(inside, owner).status_code == 400
    second.post(reverse("roll:numbers", args=[estate.code]), {"number": check.pk})
    second.post(reverse("roll:numbers_confirm", args=[estate.code]), {"number": check.pk})
    seen = text(inside.get("/my/data/seen"))
    assert "看业主的证件号码" in seen
    assert "确认业主的证件号码" in seen
    assert copy(inside, owner).status_code == 200


# --- one number of several people ----------------------------------------------------------


@pytest.fixture
def parents(estate, owner):
    """The same phone in another flat: a family, or somebody who wants the owner locked out."""
    number = "999999194001010033"
    key = document_key("", "王大一", number)
    found = make_owner(estate, "王大一", number=number, document_hash=key, phone=PHONE)
    make_unit(estate, "1幢", "301", 80_00, [found])
    return found


def test_of_several_people_it_is_asked_who(client, owner, parents, room, sent):
    assert enter(client, sent).headers["Location"] == "/my/who"
    assert client.get("/my/data/").status_code == 302  # not inside yet
    typed = {"family_name": "王", "answer": "000000"}
    assert client.post("/my/who", typed).status_code == 400
    typed = {"family_name": "王", "answer": "01000X"}
    assert client.post("/my/who", typed).headers["Location"] == "/my/data/"
    page = text(client.get("/my/data/"))
    assert room.label in page
    assert "301室" not in page
    assert client.get("/my/fund/").status_code == 200


def test_a_roll_elsewhere_does_not_open_the_rows_of_another_number(
    client, owner, room, vouched, sent
):
    """Whoever keeps a roll writes a number of their own beside the owner's name and document,
    and beside another name: asked who it is, the owner's other rows stay shut."""
    there = make_estate("乙苑")
    key, number = owner.document_hash, owner.document_number
    false = make_owner(there, owner.name, number=number, document_hash=key, phone=NEW)
    make_unit(there, "9幢", "901", 70_00, [false])
    make_unit(there, "9幢", "902", 70_00, [make_owner(there, "丁某", phone=NEW)])
    assert enter(client, sent, NEW).headers["Location"] == "/my/who"
    typed = {"family_name": "王", "answer": "01000X"}
    assert client.post("/my/who", typed).headers["Location"] == "/my/data/"
    page = text(client.get("/my/data/"))
    assert "乙苑" in page
    assert "样例花园" not in page
    assert room.label not in page
    assert copy(client, owner).headers["Location"] == "/my/data/"
    assert "样例花园" not in text(client.get("/my/fund/"))
    client.post("/my/data/phone/remove", {})
    assert PhoneChange.objects.get().owner == false
    # The same number is the same number still, and the provider opens the person's every row.
    assert "不用换" in text(client.post("/my/data/phone", {"phone": NEW}))
    vouched(Person("王小一", number))
    through_the_provider(client)
    page = text(client.get("/my/data/"))
    assert "乙苑" in page
    assert "样例花园" in page


def test_five_tries_at_who_and_no_way_without_the_code(client, owner, parents, sent):
    assert client.get("/my/who").headers["Location"] == "/my/"
    enter(client, sent)
    for _ in range(5):
        client.post("/my/who", {"family_name": "王", "answer": "000000"})
    refused = client.post("/my/who", {"family_name": "王", "answer": "01000X"})
    assert refused.status_code == 400
    assert "十五分钟" in text(refused)


def test_a_stranger_elsewhere_locks_nobody_out(client, owner, sent):
    client.post("/my/", {"phone": PHONE})
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    stranger.post("/my/", {"phone": PHONE})
    for _ in range(6):
        stranger.post("/my/code", {"answer": "000000"})
    answer = client.post("/my/code", {"answer": sent[-1]["params"]["code"]})
    assert answer.status_code == 302


# --- who owns nothing any more ------------------------------------------------------------


def test_a_former_owner_still_sees_the_own_data_and_who_ended_the_title(
    client, owner, estate, room, sent
):
    organiser = staff("organiser", estate)
    typed = {
        "owners": "何新", "numbers": "", "basis": "register",
        "on": timezone.localdate().isoformat(),
    }  # fmt: skip
    organiser.post(reverse("roll:transfer", args=[estate.code, room.pk]), typed)
    waits = estate.proposals.get()
    staff("supervisor", estate).post(
        reverse("roll:change_confirm", args=[estate.code, waits.pk])
    )
    assert enter(client, sent).headers["Location"] == "/my/data/"
    page = text(client.get("/my/data/"))
    assert room.label in page
    seen = text(client.get("/my/data/seen"))
    assert "登记产权转移" in seen
    assert "录入名册的更正，等第二人确认" in seen
    assert "确认别人录入的名册更正" in seen
    assert client.get("/my/fund/").headers["Location"] == "/my/data/"
    answer = client.post("/my/data/ask", {"kind": "correct", "text": "房屋没有卖"})
    assert answer.headers["Location"] == "/my/data/"


def test_who_came_after_does_not_see_who_looked_before(client, owner, estate, room, sent):
    day = timezone.localdate()
    organiser = staff("organiser", estate)
    organiser.post(reverse("roll:shown", args=[estate.code, room.pk]), {"reason": "visit"})
    owner.ownerships.update(valid_to=day)
    buyer = make_owner(estate, "何新", phone=NEW)
    buyer.ownerships.create(unit=room, valid_from=day + timedelta(days=1))
    assert enter(client, sent, NEW).status_code == 302
    assert "还没有人看过" in text(client.get("/my/data/seen"))


@pytest.mark.parametrize(("days", "listed"), [(0, True), (-1, False)])
def test_a_file_that_touched_all_is_not_listed_for_who_came_afterwards(owner, days, listed):
    day = owner.ownerships.get().valid_from + timedelta(days=days)
    at = datetime.combine(day, time(10), tzinfo=SHANGHAI)
    with transaction.atomic():
        record_act(
            f"registry/{owner.estate.code}", "roll-owners-changed", {"all": 600},
            actor="user:1", at=at,
        )  # fmt: skip
    assert bool(seen_of(owner, at=at + timedelta(days=2))) is listed


def test_the_page_of_seen_asks_little_of_the_database(
    inside, owner, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        inside.get("/my/data/seen")


def test_the_hash_stands_in_no_address(inside):
    page = text(inside.get("/my/data/"))
    assert phone_hash(PHONE) not in page
    assert not re.search(r'href="[^"]*1000000', page)


def test_the_kind_of_document_is_in_the_readers_language(inside, owner):
    owner.document_kind = "统一社会信用代码"
    owner.save()
    assert "<dt>统一社会信用代码</dt>" in text(inside.get("/my/data/"))
    with override("zh-hans"):  # what the page's language was does not outlast the test
        english = inside.get("/my/data/", headers={"accept-language": "en"})
    assert "<dt>credit code</dt>" in text(english)
