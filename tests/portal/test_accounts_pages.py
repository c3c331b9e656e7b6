"""The books through HTTP: the manager enters, the committee reviews and publishes."""

import re
import subprocess
from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import timezone

from core.errors import RuleViolation
from disclosures.domain.periods import before, period_of
from disclosures.models import Book, Closing, Entry, Paper, Publication, YearAccount
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said as Asks
from documents.models import Document
from portal.middleware import RuleViolationMiddleware
from tests.disclosures.accounts import COMMITTEE, OWNER, accounts_estate, can_sign, voucher
from voting.models import Motion

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def last():
    """The quarter that ended last."""
    return before("quarterly", period_of("quarterly", timezone.localdate()))


@pytest.fixture
def desk(town):
    accounts_estate(town.here.estate)

    def sign_in(name):
        client = Client()
        client.force_login(town.person(name), backend=BACKEND)
        return client

    return sign_in


def upload(words=""):
    name, content = voucher(words)
    return SimpleUploadedFile(name, content)


def post(client, address, data, *, status=302):
    answer = client.post(address, data)
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer


def page(client, address, *, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


# ISO 32000-1 12.6.4.16: a script that runs as the file is opened.
_ACTING = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj
trailer<</Root 1 0 R>>
"""


def open_book(desk, town, last, **changes):
    data = {
        "frequency": "quarterly", "opened_on": str(last.first), "opening": "1,000.00",
        "rests_on": "银行对账单", "holder": "property_manager",
        "name": "样例物业服务有限公司", "apart": "yes", "bank": "样例银行",
        "number": "6222000000000427", "why_not": "",
    } | changes  # fmt: skip
    address = f"/staff/accounts/estates/{town.here.estate.code}/new/revenue"
    post(desk("organiser"), address, data)
    return Book.objects.get()


def put_entry(desk, book, last, heading="advertising", fen="500.00", **changes):
    data = {
        "heading": heading, "fen": fen, "dated_on": str(last.first), "party": "某传媒公司",
        "text": "电梯广告费", "kept": "", "kept_fen": "", "decision": "", "papers": [upload()],
        "submission": f"s{Entry.objects.count()}",
    } | changes  # fmt: skip
    post(desk("property_manager"), f"/staff/accounts/books/{book.pk}/entries/new", data)
    return Entry.objects.latest("pk")


def seal(desk, entry):
    committee = desk("organiser")
    for paper in Paper.objects.filter(entries__entry=entry):
        post(committee, f"/staff/accounts/papers/{paper.pk}/looked", {})
    post(committee, f"/staff/accounts/entries/{entry.pk}/review", {})


def close_and_publish(desk, book, last, bank, **changes):
    data = {
        "bank_fen": bank, "bank_on": str(last.last), "paper": upload("statement"),
        "difference": "", "correction": "",
    } | changes  # fmt: skip
    address = f"/staff/accounts/books/{book.pk}/periods/{last.first}/"
    post(desk("property_manager"), address, data)
    closing = Closing.objects.latest("pk")
    post(desk("organiser"), f"/staff/accounts/closings/{closing.pk}/publish",
         {"phone": "0000-0000000"})  # fmt: skip
    return Publication.objects.latest("pk")


def test_from_the_first_book_to_the_public_page(desk, town, last):
    estate = town.here.estate
    assert "还没有建账" in page(desk("organiser"), f"/staff/accounts/estates/{estate.code}/")
    book = open_book(desk, town, last)
    manager, committee = desk("property_manager"), desk("organiser")
    assert "记一笔" in page(manager, f"/staff/accounts/books/{book.pk}/")
    assert "/entries/new" not in page(committee, f"/staff/accounts/books/{book.pk}/")
    home = f"/staff/accounts/estates/{estate.code}/"
    assert f"/books/{book.pk}/entries/new" in page(manager, home)
    assert "/entries/new" not in page(committee, home)  # it would be refused
    entry = put_entry(desk, book, last)
    shown = page(committee, f"/staff/accounts/entries/{entry.pk}/")
    assert "复核入账" in shown
    assert "500.00" in shown
    assert "复核入账" not in page(manager, f"/staff/accounts/entries/{entry.pk}/")
    post(manager, f"/staff/accounts/entries/{entry.pk}/review", {}, status=404)
    seal(desk, entry)
    assert "1,500.00" in page(manager, f"/staff/accounts/books/{book.pk}/")
    out = close_and_publish(desk, book, last, "1500.00")
    assert out.closing_fen == 150_000
    public = page(Client(), f"/e/{estate.code}/accounts/revenue/{last.first}/")
    assert "500.00" in public
    assert "样例物业服务有限公司" in public


def test_one_fen_apart_is_told_at_the_field_and_nothing_is_lost(desk, town, last):
    book = open_book(desk, town, last)
    seal(desk, put_entry(desk, book, last))
    address = f"/staff/accounts/books/{book.pk}/periods/{last.first}/"
    data = {
        "bank_fen": "1500.01",
        "bank_on": str(last.last),
        "paper": upload(),
        "difference": "",
    }
    told = post(desk("property_manager"), address, data, status=400).content.decode()
    assert "差 0.01 元" in told
    assert 'value="1500.01"' in told
    assert not Closing.objects.exists()


def test_bad_uploads_are_told_at_the_field(desk, town, last):
    book = open_book(desk, town, last)
    address = f"/staff/accounts/books/{book.pk}/entries/new"
    data = {
        "heading": "advertising", "fen": "500.00", "dated_on": str(last.first),
        "party": "某公司", "text": "广告费", "decision": "",
    }  # fmt: skip
    manager = desk("property_manager")
    for content, words in (
        (b"", "0字节"),
        (b"MZ" + b"0" * 100, "只收照片"),
        (b"\xff\xd8\xff" + b"0" * 99, "打不开"),
        (_ACTING, "有程序或者自动执行的动作"),
    ):
        given = data | {"papers": SimpleUploadedFile("凭证.jpg", content)}
        told = post(manager, address, given, status=400).content.decode()
        assert re.search(rf'href="#id_papers">原始凭证：[^<]*{words}', told)
        assert "广告费" in told  # what was typed is still there
    told = post(manager, address, data | {"fen": "0", "party": ""}, status=400)
    assert "大于零" in told.content.decode() or "金额" in told.content.decode()
    assert not Entry.objects.exists()


def test_a_double_submit_is_one_entry(desk, town, last):
    book = open_book(desk, town, last)
    put_entry(desk, book, last, submission="same")
    put_entry(desk, book, last, submission="same", papers=[upload()])
    assert Entry.objects.count() == 1


def test_return_edit_drop(desk, town, last):
    book = open_book(desk, town, last)
    entry = put_entry(desk, book, last)
    committee, manager = desk("organiser"), desk("property_manager")
    address = f"/staff/accounts/entries/{entry.pk}/"
    post(committee, f"{address}return", {"reason": "x"}, status=400)
    post(committee, f"{address}return", {"reason": "金额和凭证不符"})
    assert "金额和凭证不符" in page(manager, address)
    assert 'value="500.00"' in page(manager, f"{address}edit")
    data = {
        "heading": "advertising", "fen": "510.00", "dated_on": str(last.first),
        "party": "某传媒公司", "text": "电梯广告费", "decision": "",
    }  # fmt: skip
    post(manager, f"{address}edit", data)
    entry.refresh_from_db()
    assert (entry.state, entry.fen) == ("draft", 51_000)
    post(manager, f"{address}drop", {"reason": "重复记了一笔"})
    post(committee, f"{address}review", {}, status=400)


def test_a_correction_is_published_as_the_second_version(desk, town, last):
    book = open_book(desk, town, last)
    entry = put_entry(desk, book, last)
    seal(desk, entry)
    first = close_and_publish(desk, book, last, "1500.00")
    manager = desk("property_manager")
    shown = page(manager, f"/staff/accounts/entries/{entry.pk}/reverse")
    assert "重新公布" in shown
    post(manager, f"/staff/accounts/entries/{entry.pk}/reverse",
         {"reason": "科目记错了", "dated_on": str(last.first)})  # fmt: skip
    seal(desk, Entry.objects.latest("pk"))
    seal(desk, put_entry(desk, book, last, heading="parking"))
    assert "账改了，要重新公布" in page(manager, f"/staff/accounts/books/{book.pk}/")
    second = close_and_publish(desk, book, last, "1500.00", correction="广告费改为车位使用费")
    assert second.version == 2
    first.document.refresh_from_db()
    assert first.document.status == "superseded"
    home = f"/e/{town.here.estate.code}/accounts/revenue/{last.first}/"
    assert "更正" in page(Client(), home)
    assert "取代" in page(Client(), f"{home}v1/")


def test_who_closes_and_who_publishes_sees_what_owners_wait_for(desk, town, last):
    """A question does not stop a correction; only "this figure is wrong" does."""
    book = open_book(desk, town, last)
    entry = put_entry(desk, book, last)
    seal(desk, entry)
    out = close_and_publish(desk, book, last, "1500.00")
    given = {"publication_id": out.pk, "line": 1, "by": OWNER, "at": timezone.now()}
    ask(**given, kind="question", said=Asks("合同在哪里看？", None, "a"))
    again = put_entry(desk, book, last, fen="1.00", text="补记", submission="again")
    seal(desk, again)
    manager = desk("property_manager")
    at = f"/staff/accounts/books/{book.pk}/periods/{last.first}/"
    told = page(manager, at)
    assert "业主对这一期的提问还有1件没有答复" in told
    assert "答复以后才能公布" not in told
    wrong = ask(**given, kind="wrong", said=Asks("少记了一笔", None, "b"))
    told = page(manager, at)
    assert "还有2件没有答复。 其中1件说数字不对，答复以后才能公布" in told
    answer(question_id=wrong.pk, upheld=True, text="对，已补记", covered=[], by=COMMITTEE,
           at=timezone.now())  # fmt: skip
    data = {"bank_fen": "1501.00", "bank_on": str(last.last), "paper": upload("statement"),
            "difference": "", "correction": "补记一笔"}  # fmt: skip
    post(manager, at, data)
    closing = Closing.objects.latest("pk")
    told = page(desk("organiser"), f"/staff/accounts/closings/{closing.pk}/")
    assert "业主对这一期的提问还有1件没有答复" in told
    assert "审核无误，公布" in told


def test_a_period_that_runs_cannot_be_closed(desk, town, last):
    book = open_book(desk, town, last)
    now = period_of("quarterly", timezone.localdate())
    shown = page(
        desk("property_manager"), f"/staff/accounts/books/{book.pk}/periods/{now.first}/"
    )
    assert "还没有结束" in shown
    for day in ("2020-01-01", str(last.first + timedelta(days=1)), "nonsense", "2099-01-01"):
        page(desk("organiser"), f"/staff/accounts/books/{book.pk}/periods/{day}/", status=404)


def test_holder_and_share(desk, town, last):
    book = open_book(desk, town, last)
    committee = desk("organiser")
    told = post(committee, f"/staff/accounts/books/{book.pk}/split",
                {"percent": "70.555", "since": str(last.first)}, status=400)  # fmt: skip
    assert "最多两位小数" in told.content.decode()
    post(committee, f"/staff/accounts/books/{book.pk}/split",
         {"percent": "70", "since": str(last.first), "decision": "决议〔2026〕1号",
          "paper": upload()})  # fmt: skip
    assert "70%" in page(committee, f"/staff/accounts/books/{book.pk}/")
    post(committee, f"/staff/accounts/books/{book.pk}/holder",
         {"holder": "committee", "name": "样例花园业委会", "apart": "no",
          "why_not": "正在办开户", "since": str(timezone.localdate())})  # fmt: skip
    assert "没有单独列账" in page(committee, f"/staff/accounts/books/{book.pk}/")


def test_the_year_and_its_motion(desk, town):
    year = timezone.localdate().year - 1
    first = period_of("quarterly", date(year, 10, 1))
    book = open_book(desk, town, first)
    seal(desk, put_entry(desk, book, first))
    committee = desk("organiser")
    address = f"/staff/accounts/books/{book.pk}/years/{year}/"
    assert "还没有公布" in page(committee, address)
    post(committee, f"{address}paper", {}, status=400)
    close_and_publish(desk, book, first, "1500.00")
    assert post(committee, f"{address}paper", {}).url == address
    told = page(committee, address)
    assert "年度报告已出具" in told
    assert f'href="/v/{YearAccount.objects.get().document.code}"' in told
    post(committee, f"{address}paper", {})
    assert YearAccount.objects.count() == 1  # nothing changed: the same paper
    told = post(committee, f"{address}motion", {"session": "new"}, status=400)
    assert "请选择要业主决定什么" in told.content.decode()
    data = {
        "purpose": "accept", "session": "new", "title": "2026年业主大会会议",
        "organiser_kind": "owners_committee", "organiser": "样例花园业主委员会",
        "contact_phone": "0000-0000000",
    }  # fmt: skip
    post(committee, f"{address}motion", data)
    motion = Motion.objects.get()
    assert motion.matter == 9
    assert "1,500.00" in motion.text
    assert motion.attachments.count() == 1
    post(committee, f"{address}motion", {"purpose": "business", "session": motion.session_id})
    assert [one.matter for one in Motion.objects.order_by("pk")] == [9, 8]


def test_other_places_do_not_exist(desk, town, last):
    book = open_book(desk, town, last)
    entry = put_entry(desk, book, last)
    paper = Paper.objects.get(entries__entry=entry)
    for name in ("other organiser", "other bureau", "other property_manager", "stranger"):
        client = desk(name)
        for address in (
            f"/staff/accounts/books/{book.pk}/",
            f"/staff/accounts/entries/{entry.pk}/",
            f"/staff/accounts/papers/{paper.pk}/",
            f"/staff/accounts/papers/{paper.pk}/pages/1.jpg",
            f"/staff/accounts/books/{book.pk}/periods/{last.first}/",
        ):
            page(client, address, status=404)


def test_nobody_outside_sees_a_paper_that_is_not_published(desk, town, last):
    book = open_book(desk, town, last)
    put_entry(desk, book, last)
    estate = town.here.estate
    for pk in range(1, 5):
        page(Client(), f"/e/{estate.code}/accounts/papers/{pk}.jpg", status=404)
    assert not re.search("电梯广告费", page(Client(), f"/e/{estate.code}/accounts/"))


def test_a_preview_says_that_it_is_one(desk, town, last):
    book = open_book(desk, town, last)
    seal(desk, put_entry(desk, book, last))
    data = {"bank_fen": "1500.00", "bank_on": str(last.last), "paper": upload()}
    post(
        desk("property_manager"), f"/staff/accounts/books/{book.pk}/periods/{last.first}/", data
    )
    closing = Closing.objects.get()
    answer = desk("organiser").get(f"/staff/accounts/closings/{closing.pk}/preview")
    words = subprocess.run(
        ["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True
    ).stdout.decode()
    assert "还没有公布" in words
    assert not Document.objects.exists()
    assert b"/Sig" not in answer.content


def test_what_is_reviewed_cannot_be_edited_by_its_address(desk, town, last):
    book = open_book(desk, town, last)
    entry = put_entry(desk, book, last)
    seal(desk, entry)
    data = {
        "heading": "advertising", "fen": "1.00", "dated_on": str(last.first),
        "party": "别人", "text": "改了", "decision": "",
    }  # fmt: skip
    manager = desk("property_manager")
    told = post(manager, f"/staff/accounts/entries/{entry.pk}/edit", data, status=409)
    assert "已经复核" in told.content.decode()
    post(
        manager, f"/staff/accounts/entries/{entry.pk}/drop", {"reason": "不要了吧"}, status=400
    )
    paper = Paper.objects.get(entries__entry=entry)
    off = f"/staff/accounts/entries/{entry.pk}/papers/{paper.pk}/off"
    post(manager, off, {}, status=400)
    entry.refresh_from_db()
    assert (entry.fen, entry.papers.count()) == (50_000, 1)


def test_there_is_no_admin_to_edit_them_in(client):
    assert client.get("/admin/").status_code == 404
    assert not [
        model for model in admin.site._registry if model._meta.app_label == "disclosures"
    ]


def test_the_same_receipt_on_two_entries_is_pointed_out(desk, town, last):
    book = open_book(desk, town, last)
    name, content = voucher("once")
    first = put_entry(desk, book, last, papers=[SimpleUploadedFile(name, content)])
    assert "同一个文件也附在" not in page(
        desk("organiser"), f"/staff/accounts/entries/{first.pk}/"
    )
    second = put_entry(desk, book, last, papers=[SimpleUploadedFile(name, content)])
    assert "同一个文件也附在" in page(
        desk("organiser"), f"/staff/accounts/entries/{second.pk}/"
    )


def test_nothing_of_voting_below_the_accounts(desk, town, last):
    book = open_book(desk, town, last)
    manager = desk("property_manager")
    for path in ("", f"books/{book.pk}/", f"estates/{town.here.estate.code}/"):
        assert "表决截止以前" not in page(manager, f"/staff/accounts/{path}")
    assert "表决截止以前" not in page(desk("bureau"), "/staff/watching/")
    assert "表决截止以前" in page(manager, "/staff/")
    for path, talks in (("accounts/entries/1/review", False), ("sessions/X/open", True)):
        request = RequestFactory().post(f"/staff/{path}")
        refused = RuleViolation("entry.state", "这一笔现在不在等复核，请刷新页面再看")
        answer = RuleViolationMiddleware(lambda _: None).process_exception(request, refused)
        assert ("表决截止以前" in answer.content.decode()) is talks
