"""What an owner does about the accounts: let in by the phone, led back, nothing lost, nothing
done for another household."""

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.phones import phone_hash
from accounts.texts import rendered
from core.deadlines import local_day
from disclosures import steps
from disclosures.models import Question, SourceReport
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said
from documents.scans import plain_picture
from funds.models import PhoneCheck
from funds.services import entering
from logbook.models import Entry
from portal.views.inside import onward
from registry.models import Owner, Ownership
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    OWNER,
    accounts_estate,
    booked,
    can_sign,
    open_books,
    published,
    voucher,
)
from tests.factories import make_estate, make_owner, make_unit

pytestmark = pytest.mark.django_db
PHONE, OTHER = "10000000001", "10000000002"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path, monkeypatch):
    can_sign(settings, tmp_path)
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])


@pytest.fixture
def sent(monkeypatch):
    """What went out by SMS, in place of a gateway."""
    found = []
    monkeypatch.setattr(entering, "send_code", lambda **said: found.append(said))
    return found


@pytest.fixture
def estate():
    """Two entries are published; 孙六 (2幢202) has the phone."""
    estate = accounts_estate()
    give(estate, "2幢1单元202室", PHONE)
    book = open_books(estate)
    booked(book, "advertising", 100_00)
    booked(book, "rooms", 250_00, text="门面租金")
    published(book)
    return estate


def give(estate, label, phone):
    """The present owner of that unit has this phone on the roll."""
    title = Ownership.objects.get(unit__estate=estate, unit__label=label, valid_to=None)
    Owner.objects.filter(pk=title.owner_id).update(phone_hash=phone_hash(phone))
    return title


def unit_of(estate, label="2幢1单元202室"):
    return estate.units.get(label=label)


def ask_at(estate, query="?line=2"):
    return f"/my/ask/{estate.code}/revenue/{FIRST}/{query}"


def enter(client, sent, phone=PHONE, wanted=""):
    """As a browser does it; where it led to."""

    page = client.get(f"/my/?next={quote(wanted)}").content.decode()
    hidden = re.search(r'name="next"(?: value="([^"]*)")? id="id_next"', page)
    following = (hidden[1] or "").replace("&amp;", "&")
    client.post("/my/", {"phone": phone, "next": following})
    said = {"answer": sent[-1]["params"]["code"]}
    done = client.post("/my/code", said)
    assert done.status_code == 302
    return done.headers["Location"]


def fields(client, path):
    """The hidden fields of the form, as it came."""
    page = client.get(path).content.decode()
    return dict(re.findall(r'type="hidden" name="(submission|version)" value="([^"]*)"', page))


def send(client, path, **said):
    filled = fields(client, path) | {"kind": "question", "text": "合同在哪里看"} | said
    return client.post(path, filled)


# --- the door -----------------------------------------------------------------------------


def test_from_the_question_to_the_check_and_back(client, estate, sent):
    path = ask_at(estate)
    away = client.get(path)
    assert away.status_code == 302
    place = urlsplit(away.headers["Location"])
    assert (place.path, parse_qs(place.query)) == ("/my/", {"next": [path]})
    start = client.get(away.headers["Location"]).content.decode()
    assert "先核对手机号" in start
    assert enter(client, sent, wanted=path) == path
    page = client.get(path)
    text = page.content.decode()
    assert "第2笔" in text
    assert "门面租金" in text
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/my/accounts/",
        "https:/my/accounts/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/my/../staff/",
        "/my/%2e%2e/staff/",
        "/my/ask/../../staff/",
        "/my//evil.example",
        "/staff/",
        "/e/EST00001/accounts/",
        "/my/leave",
        "/my/code",
        "/my",
        "my/accounts/",
        "/my/accounts",
        "http://[/my/accounts/",
        "/my/accounts/\x00",
        "",
    ],
)
def test_nobody_is_led_anywhere_else(client, estate, sent, wanted):
    assert onward(wanted) == ""
    refused = client.post("/my/", {"phone": PHONE, "next": wanted}).status_code == 400
    assert refused == ("\x00" in wanted)
    if refused:
        return
    done = client.post("/my/code", {"answer": sent[-1]["params"]["code"]})
    assert done.headers["Location"] == "/my/fund/"


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/my/accounts/", "/my/accounts/"),
        ("/my/accounts/?a=1#x", "/my/accounts/?a=1"),
        ("/my/acc\nounts/", "/my/accounts/"),  # as browsers read it, and nothing in a header
        ("/my/report/EST1/", "/my/report/EST1/"),
        ("/my/ask/EST1/fund/2026-01-01/?line=3", "/my/ask/EST1/fund/2026-01-01/?line=3"),
    ],
)
def test_where_one_may_be_led(wanted, led):
    assert onward(wanted) == led


def back_of(page):
    return re.search(r'class="back" href="([^"]*)"', page)[1]


def test_the_check_says_what_it_is_for_and_leads_back(client, estate, sent):
    """The message named the maintenance fund, the button said "look"."""
    path, period = ask_at(estate), f"/e/{estate.code}/accounts/revenue/{FIRST}/"
    for wanted, back in (
        (path, f"{period}lines/2/"),
        (ask_at(estate, ""), period),
        (f"/my/report/{estate.code}/", f"/e/{estate.code}/sources/"),
        (f"/my/accounts/?estate={estate.code}", f"/e/{estate.code}/accounts/"),
    ):
        start = client.get(f"/my/?next={quote(wanted)}").content.decode()
        assert back_of(start) == back
        assert estate.name in start
    said = {"phone": PHONE, "next": path}
    page = client.post("/my/", said, follow=True).content.decode()
    assert "用于在网上提问" in rendered(sent[-1]["template"], sent[-1]["params"])
    assert "下一步" in page
    assert ">查看<" not in page
    assert back_of(page) == f"/my/?next={quote(path, safe='')}"
    wrong = client.post("/my/code", {"answer": "x"})
    assert wrong.status_code == 400
    assert "下一步" in wrong.content.decode()


def test_the_check_for_the_own_fund(client, estate, sent):
    assert back_of(client.get("/my/").content.decode()) == "/"
    assert ">查看<" in client.post("/my/", {"phone": PHONE}, follow=True).content.decode()
    assert "维修资金" in rendered(sent[-1]["template"], sent[-1]["params"])
    for odd in ("/my/accounts/?estate=%00", "/my/ask/E-1/fund/2026-01-01/?line=\u0663"):
        assert back_of(client.get("/my/", {"next": odd}).content.decode()) == "/"


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} ", "{0}\u3000{1}", "full"])
def test_the_digits_however_they_are_typed(client, estate, sent, typed):
    client.post("/my/", {"phone": PHONE})
    code = sent[-1]["params"]["code"]
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
    answer = wide if typed == "full" else typed.format(code[:3], code[3:])
    assert client.post("/my/code", {"answer": answer}).status_code == 302


@pytest.mark.parametrize("path", ["/my/report/{}/", "ask"])
def test_without_the_check_there_is_nothing(client, estate, path):
    path = ask_at(estate) if path == "ask" else path.format(estate.code)
    for cookie in ("", "x", phone_hash(PHONE)):
        client.cookies["own_fund"] = cookie
        for page in (client.get(path), client.post(path, {"text": "合同在哪里看"})):
            assert page.status_code == 302
            assert page.headers["Location"].startswith("/my/?next=%2Fmy%2F")
    assert client.get("/my/accounts/").headers["Location"] == "/my/?next=%2Fmy%2Faccounts%2F"
    assert not Question.objects.exists()
    assert not SourceReport.objects.exists()


def test_a_phone_of_another_estate_may_only_read(client, estate, sent):
    other = make_estate("西苑")
    owner = make_owner(other, "周七", phone=OTHER)
    make_unit(other, "1幢", "101", 90_00, [owner])
    enter(client, sent, OTHER)
    for path in (ask_at(estate), f"/my/report/{estate.code}/"):
        for page in (client.get(path), client.post(path, {"text": "合同在哪里看"})):
            assert page.status_code == 404
            assert "没有这个小区的房屋" in page.content.decode()
    assert not Question.objects.exists()
    own = client.get("/my/accounts/").content.decode()
    assert f"/e/{other.code}/accounts/" in own
    assert f"/e/{estate.code}/accounts/" not in own


# --- asking -------------------------------------------------------------------------------


def test_a_question_once(client, estate, sent):
    enter(client, sent)
    path = ask_at(estate)
    filled = fields(client, path) | {"kind": "wrong", "text": " 租金应当是300元 "}
    for _again in range(2):  # a slow phone sends twice
        done = client.post(path, filled)
        assert done.status_code == 302
        assert done.headers["Location"] == "/my/accounts/"
    question = Question.objects.get()
    assert (question.kind, question.line, question.text) == ("wrong", 2, "租金应当是300元")
    assert (question.unit, question.filed_by) == (unit_of(estate), "owner")
    line = json.loads(bytes(Entry.objects.get(kind="question.asked").line))
    assert "租金" not in json.dumps(line, ensure_ascii=False)
    assert unit_of(estate).label not in json.dumps(line, ensure_ascii=False)
    own = client.get("/my/accounts/").content.decode()
    assert "收到了，是第1号提问" in own
    assert "租金应当是300元" in own
    public = client.get(f"/e/{estate.code}/accounts/revenue/{FIRST}/").content.decode()
    assert "第1号，等待答复" in public
    assert "租金应当是300元" not in public


def test_what_is_to_be_known_before_writing(client, estate, sent):
    """The limit and the deadline were only met by running into them."""
    enter(client, sent)
    waits = asked(estate, at=timezone.now())
    days = (local_day(waits.due_at - timedelta(seconds=1)) - local_day(waits.filed_at)).days
    for path in (ask_at(estate), f"/my/report/{estate.code}/"):
        text = client.get(path).content.decode()
        assert "一户最多同时有3件在等答复" in text
        assert f"提交的第二天起{days}天以内公开答复" in text


def test_sent_again_from_the_page_before(client, estate, sent):
    """Back in the browser brings the form with a new submission, or the old one: one question
    as long as the first waits."""
    enter(client, sent)
    path = ask_at(estate)
    for _again in range(2):
        send(client, path, text="合同在哪里看 ")
    first = Question.objects.get()
    assert "同样的您家已经提过，是第1号提问" in client.get("/my/accounts/").content.decode()
    send(client, path, text="合同在哪里看", kind="wrong")
    send(client, ask_at(estate, "?line=1"), text="合同在哪里看")
    assert Question.objects.count() == 3
    Question.objects.filter(pk=first.pk).update(state="answered")
    send(client, path, text="合同在哪里看")
    assert Question.objects.count() == 4


def test_others_may_ask_the_same(client, estate, sent):
    asked(estate)
    asked(estate, "1幢1单元101室")
    for number in range(2):  # taken down for two who called
        ask(
            publication_id=estate.books.get().periods.get().publications.get().pk,
            kind="question",
            line=None,
            said=Said("合同在哪里看", None, f"call-{number}"),
            by=COMMITTEE,
            at=AT,
        )
    assert Question.objects.count() == 4


def test_why_the_words_of_a_question_that_waits_are_not_there(client, estate):
    asked(estate)
    public = client.get(f"/e/{estate.code}/accounts/revenue/{FIRST}/").content.decode()
    assert "问的是什么，和答复一起公开" in public


def test_about_the_whole(client, estate, sent):
    enter(client, sent)
    send(client, ask_at(estate, ""))
    assert Question.objects.get().line is None


def test_every_reason_beside_its_field_and_nothing_lost(client, estate, sent):
    enter(client, sent)
    page = send(client, ask_at(estate), text=" ", kind="x")
    assert page.status_code == 400
    text = page.content.decode()
    for field, reason in (("kind", "请选择"), ("text", "请填写问题")):
        assert re.search(rf'href="#id_{field}">[^<]*{reason}', text)
    long = "问" * 401
    page = send(client, ask_at(estate), text=long)
    assert page.status_code == 400
    assert long in page.content.decode()
    assert "最多400个字" in page.content.decode()
    assert not Question.objects.exists()


def test_the_fourth_that_waits(client, estate, sent):
    enter(client, sent)
    for number in range(3):
        assert send(client, ask_at(estate), text=f"问题{number}").status_code == 302
    page = send(client, ask_at(estate), text="第四个问题")
    assert page.status_code == 400
    assert "您家已经有3件在等答复" in page.content.decode()
    assert "第四个问题" in page.content.decode()
    answer(
        question_id=Question.objects.first().pk,
        upheld=False,
        text="已经说明情况",
        covered=[],
        by=COMMITTEE,
        at=timezone.now(),
    )
    assert send(client, ask_at(estate), text="第四个问题").status_code == 302


@pytest.mark.parametrize("line", ["3", "0", "-1", "x", "2 ", "99999999999999999999", "%00"])
def test_an_entry_that_is_not_published(client, estate, sent, line):
    enter(client, sent)
    assert client.get(ask_at(estate, f"?line={line}")).status_code == 404
    assert client.post(ask_at(estate, f"?line={line}"), {}).status_code == 404


def test_a_version_that_was_replaced_meanwhile(client, estate, sent):
    enter(client, sent)
    path = ask_at(estate)
    filled = fields(client, path) | {"kind": "wrong", "text": "租金应当是300元"}
    book = estate.books.get()
    booked(book, "rooms", 50_00, at=AT)
    published(book, correction="补记租金50.00元", at=AT + DAY)
    page = client.post(path, filled)
    assert page.status_code == 400
    text = page.content.decode()
    assert "这一期已经更正、重新公布，请看新的一版再提" in text
    assert "租金应当是300元" in text
    assert not Question.objects.exists()
    again = dict(re.findall(r'name="(submission|version)" value="([^"]*)"', text))
    assert client.post(path, filled | again).status_code == 302
    assert Question.objects.get().publication.version == 2


def test_several_units_choose_one_of_their_own(client, estate, sent):
    two = give(estate, "1幢1单元201室", OTHER)
    assert two.owner.ownerships.count() == 2
    enter(client, sent, OTHER)
    path = ask_at(estate)
    page = send(client, path)
    assert page.status_code == 400
    assert "请选择哪一户" in page.content.decode()
    mine, other = unit_of(estate, "1幢1单元202室"), unit_of(estate)
    assert send(client, path, unit=other.pk).status_code == 400
    assert send(client, path, unit="x").status_code == 400
    assert not Question.objects.exists()
    assert send(client, path, unit=mine.pk).status_code == 302
    assert Question.objects.get().unit == mine


def test_one_unit_is_not_chosen(client, estate, sent):
    enter(client, sent)
    send(client, ask_at(estate), unit=unit_of(estate, "1幢1单元101室").pk)
    assert Question.objects.get().unit == unit_of(estate)


def test_what_was_written_is_there_after_the_check_ran_out(client, estate, sent):
    enter(client, sent)
    path = ask_at(estate)
    filled = fields(client, path) | {"kind": "wrong", "text": "租金" * 200}
    client.cookies.pop("own_fund")  # fifteen minutes are over
    PhoneCheck.objects.all().delete()
    away = client.post(path, filled)
    assert away.status_code == 302
    start = client.get(away.headers["Location"]).content.decode()
    assert "您写的还在" in start
    assert "租金" not in away.headers["Location"]
    cookie = client.cookies["own_draft"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/", True, "Lax")
    assert len(cookie.value) < 4000
    assert enter(client, sent, wanted=path) == path
    page = client.get(path).content.decode()
    assert "租金" * 200 in page
    assert re.search(r'value="wrong"[^>]*checked', page)
    assert "租金" not in client.get(ask_at(estate, "")).content.decode().split("<form")[0]
    assert "租金租金" not in client.get(f"/my/report/{estate.code}/").content.decode()
    assert send(client, path, kind="wrong", text="租金" * 200).status_code == 302
    assert client.cookies["own_draft"].value == ""
    client.post("/my/leave")
    assert client.cookies["own_fund"].value == ""


def test_a_form_of_another_site_sends_nothing(estate, sent):
    client = Client(enforce_csrf_checks=True)
    assert client.post(ask_at(estate), {"text": "x"}).status_code == 403
    assert client.post("/my/accounts/withdraw/1").status_code == 403


# --- the own page -------------------------------------------------------------------------


def asked(estate, label="2幢1单元202室", text="合同在哪里看", at=AT):
    return ask(
        publication_id=estate.books.get().periods.get().publications.last().pk,
        kind="question",
        line=None,
        said=Said(text, unit_of(estate, label).pk, f"{label}{text}"),
        by=OWNER,
        at=at,
    )


def test_the_own_and_nobody_elses(client, estate, sent):
    mine, other = asked(estate), asked(estate, "1幢1单元101室", "别家的问题")
    enter(client, sent)
    text = client.get("/my/accounts/").content.decode()
    assert "合同在哪里看" in text
    assert "别家的问题" not in text
    assert client.post(f"/my/accounts/withdraw/{other.pk}").status_code == 404
    assert client.post(f"/my/accounts/withdraw/{mine.pk}").status_code == 302
    assert client.get(f"/my/accounts/withdraw/{mine.pk}").status_code == 405
    states = dict(Question.objects.values_list("pk", "state"))
    assert states == {mine.pk: "withdrawn", other.pk: "open"}
    assert "第1号提问已撤回" in client.get("/my/accounts/").content.decode()


def test_what_is_answered_is_not_taken_back(client, estate, sent):
    mine = asked(estate)
    answer(
        question_id=mine.pk,
        upheld=False,
        text="合同在登记册里",
        covered=[],
        by=COMMITTEE,
        at=AT,
    )
    enter(client, sent)
    client.post(f"/my/accounts/withdraw/{mine.pk}")
    text = client.get("/my/accounts/").content.decode()
    assert "这一件已经答复或者撤回" in text
    assert "业主委员会答：" in text
    assert Question.objects.get().state == "answered"


def test_without_the_check_nothing_is_taken_back(client, estate):
    mine = asked(estate)
    away = client.post(f"/my/accounts/withdraw/{mine.pk}")
    assert away.headers["Location"] == "/my/?next=%2Fmy%2Faccounts%2F"
    assert Question.objects.get().state == "open"


def test_a_buyer_does_not_read_what_the_seller_asked(client, estate, sent):
    mine = asked(estate, text="卖家的问题")
    today = timezone.localdate()
    Ownership.objects.filter(unit=unit_of(estate)).update(valid_to=today)
    buyer = make_owner(estate, "吴八", phone=OTHER)
    Ownership.objects.create(unit=unit_of(estate), owner=buyer, valid_from=today)
    enter(client, sent, OTHER)
    asked(estate, text="买家的问题", at=timezone.now())
    text = client.get("/my/accounts/").content.decode()
    assert "买家的问题" in text
    assert "卖家的问题" not in text
    assert client.post(f"/my/accounts/withdraw/{mine.pk}").status_code == 404


# --- a missing source ---------------------------------------------------------------------


def test_a_missing_source_with_its_photograph(client, estate, sent):
    enter(client, sent)
    path = f"/my/report/{estate.code}/"
    filled = fields(client, path)
    name, content = voucher()
    said = {"place": "3幢门厅", "text": "一块广告牌"}
    for _again in range(2):
        photo = SimpleUploadedFile(name, content)
        assert client.post(path, filled | said | {"photo": photo}).status_code == 302
    report = SourceReport.objects.get()
    assert (report.place, report.text, report.unit) == (
        "3幢门厅", "一块广告牌", unit_of(estate),
    )  # fmt: skip
    assert report.photo.pages.count() == 1
    assert "一块广告牌" in client.get("/my/accounts/").content.decode()
    assert "一块广告牌" not in client.get(f"/e/{estate.code}/sources/").content.decode()
    assert send(client, path, place="2幢", text="快递柜").status_code == 302
    assert SourceReport.objects.filter(photo=None).count() == 1


def test_the_newest_stands_below_its_confirmation(client, estate, sent):
    """Reports stood below all questions, and both were called 第1号."""
    for number in range(3):
        asked(estate, text=f"问题{number}", at=AT + number * DAY)
    enter(client, sent)
    path = f"/my/report/{estate.code}/"
    name, content = voucher()
    said = {"place": "3幢门厅", "text": "一块广告牌"}
    for word in ("收到了，是线索第1号", "同样的您家已经说过，是线索第1号"):
        photo = SimpleUploadedFile(name, content)
        assert send(client, path, **said, photo=photo).status_code == 302
        text = client.get("/my/accounts/").content.decode()
        assert word in text
    report = SourceReport.objects.get()
    assert re.findall(r'class="card" id="(\w+)"', text)[:2] == ["r1", "q3"]
    assert "线索第1号（登记册少了一处）" in text
    assert "照片收到了" in text
    [page] = report.photo.pages.all()
    shown = f"/my/accounts/photo/{page.pk}.jpg"
    assert f'src="{shown}"' in text
    picture = client.get(shown)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in picture.headers["Cache-Control"]
    public = client.get(f"/e/{estate.code}/sources/").content.decode()
    assert "线索第1号，等待答复" in public
    assert "说的是哪里，和答复一起公开" in public
    stranger = Client()
    assert stranger.get(shown).status_code == 404
    give(estate, "1幢1单元101室", OTHER)
    enter(stranger, sent, OTHER)
    assert stranger.get(shown).status_code == 404
    assert stranger.get("/my/accounts/photo/999999.jpg").status_code == 404


def test_the_same_report_with_a_photograph_added_is_another(client, estate, sent):
    enter(client, sent)
    path = f"/my/report/{estate.code}/"
    said = {"place": "3幢门厅", "text": "一块广告牌"}
    send(client, path, **said)
    send(client, path, **said, photo=SimpleUploadedFile(*voucher()))
    assert SourceReport.objects.count() == 2


def test_what_can_be_taken_back(client, estate, sent):
    """The estate's page said that reports could be withdrawn; a question asks first."""
    asked(estate)
    enter(client, sent)
    home = client.get(f"/e/{estate.code}/accounts/").content.decode()
    assert "提问在答复以前可以撤回" in home
    own = client.get("/my/accounts/").content.decode()
    details = re.search(r"<details><summary>撤回第1号.*?</details>", own, re.DOTALL)[0]
    assert "不能恢复" in details
    assert "确定撤回" in details


def test_a_file_that_is_no_photograph(client, estate, sent, monkeypatch):
    monkeypatch.undo()  # the real way
    monkeypatch.setattr(entering, "send_code", lambda **said: sent.append(said))
    enter(client, sent)
    path = f"/my/report/{estate.code}/"
    file = SimpleUploadedFile("a.jpg", b"MZ\x90\x00 no picture")
    page = send(client, path, place="3幢门厅", text="一块广告牌", photo=file)
    assert page.status_code == 400
    text = page.content.decode()
    assert re.search(r'href="#id_photo">照片：[^<]*不是其中任何一种', text)
    assert "一块广告牌" in text
    empty = SimpleUploadedFile("a.jpg", b"")
    page = send(client, path, place="3幢门厅", text="一块广告牌", photo=empty)
    assert re.search(
        r'href="#id_photo">照片：这个文件是空的（0字节），请重新拍照或扫描<',
        page.content.decode(),
    )
    page = send(client, path, place="", text="")
    for field in ("place", "text"):
        assert f'href="#id_{field}"' in page.content.decode()
    assert not SourceReport.objects.exists()


def test_the_fourth_report_that_waits(client, estate, sent):
    enter(client, sent)
    path = f"/my/report/{estate.code}/"
    for number in range(3):
        assert send(client, path, place=f"{number}幢", text="广告牌").status_code == 302
    page = send(client, path, place="4幢", text="广告牌")
    assert page.status_code == 400
    assert "您家已经有3件在等答复" in page.content.decode()
