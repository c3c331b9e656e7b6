"""The accounts in English, over HTTP: no Chinese but what people typed and names of theirs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from disclosures import steps
from disclosures.models import Book, Entry, Question, SourceReport
from disclosures.services.disclosing import Complaints, Service, disclose
from disclosures.services.duties import enrol
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said, report_source
from documents.scans import plain_picture
from registry.models import Estate
from tests.disclosures import accounts as made
from tests.locale.garden import chinese_in, garden, official, reader, signed_in

pytestmark = pytest.mark.django_db
# What the fixtures type as people do, and where a rule is printed with its clause.
TYPED = (
    *(words for line in made.QUARTER for words in line[3:] if words),
    "样例物业服务有限公司", "样例花园业主委员会", "样例银行", "测试条款", "金额写错",
    "银行对账单",
    "样例文化传媒有限公司", "第三季度", "1幢电梯", "12个", "凭证", "合同",
    "平台默认，法律没有规定", "冲正第2笔：", "Garden公开〔2026〕1号",
    "Garden公开〔2026〕2号", "Garden公布〔2026〕1号", "Garden公布〔2026〕2号",
    "服务价格：", "服务内容：", "服务标准：", "物业投诉电话：", "受理时间：", "受理地点：",
    "街道办事处电话：", "住建部门电话：",
    # Frozen with the paper: why less came in than the contract says.
    "电梯广告 1幢电梯（样例文化传媒有限公司）：按合同本期应收 18,000.00 元，入账 0.00 元：",
)  # fmt: skip
FILE = re.compile(r"\w\.(?:png|jpg|pdf)\b")
ROLES = ("property_manager", "organiser", "residents_committee", "street_office")


@pytest.fixture
def estate(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Estate:
    made.can_sign(settings, tmp_path)
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])
    estate = made.accounts_estate(garden())
    enrol(
        estate_ids=[estate.pk], since=made.FIRST, has_manager=True, by=made.STREET, at=made.AT
    )
    return estate


def reads(answer: Any, *statuses: int, data: tuple[str, ...] = ()) -> None:
    assert answer.status_code in (statuses or (200,)), answer.request["PATH_INFO"]
    assert chinese_in(answer, *TYPED, *data) == [], answer.request["PATH_INFO"]
    assert glued_in(answer) == [], answer.request["PATH_INFO"]


# Words that run into one another once links and emphasis are taken away.
GLUED = re.compile(r"[\w)][.,:;!?][^\W\d]|[A-Za-z]\(|\)[^\W\d]|[:;,]\d{4}-")


def glued_in(response: Any) -> list[str]:
    """Pieces of sentences joined without a blank, each with the words around it."""
    page = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL)
    if page is None:
        return []  # a redirect
    text = re.sub(r"</?(?:strong|a)\b[^>]*>", "", page[0])
    text = unescape(re.sub(r"<[^>]+>", "\n", text))
    found = (text[max(0, one.start() - 40) : one.end() + 20] for one in GLUED.finditer(text))
    return [words for words in found if not FILE.search(words)]


def quarter(estate: Estate) -> Book:
    """Published, asked about, corrected and published again; a draft of the next quarter."""
    book = made.open_books(estate, opening=1_000_00)
    contract = made.contracted(made.recorded_source(estate))
    why = {f"expected:{contract.pk}": "not yet paid"}
    made.quarter(book)
    first = made.published(book, explanations=why)
    asked = ask(
        publication_id=first.pk,
        kind="wrong",
        line=1,
        said=Said("too little", unit=estate.units.all()[0].pk, submission="a"),
        by=made.OWNER,
        at=made.AT,
    )
    answer(
        question_id=asked.pk, upheld=True, text="so it is", covered=[], by=made.COMMITTEE,
        at=made.AT,
    )  # fmt: skip
    made.reversed_entry(Entry.objects.get(number=2))
    made.booked(book, "parking", 38_800_00, on=date(2026, 8, 3), party="Smith", text="bays")
    made.published(
        book, at=made.AT + timedelta(hours=1), correction="entry 2 was wrong", explanations=why
    )
    made.entered(book, "parking", 100_00, on=date(2026, 10, 8), party="Smith", text="bays")
    return book


def disclosed(estate: Estate) -> None:
    for said in (
        Service("1.45", "cleaning every day", "stairs once a day"),
        Complaints("0556-0000000", "8 to 20", "Gate", "0556-0000000", "0556-0000000"),
    ):
        disclose(
            estate_id=estate.pk, manager="Manager Ltd", said=said, file=None,
            by=made.MANAGER, at=made.AT,
        )  # fmt: skip


def test_what_everybody_reads(estate: Estate) -> None:
    client = reader()
    home = f"/e/{estate.code}/accounts/"
    for path in (home, f"/e/{estate.code}/sources/"):
        reads(client.get(path))
    quarter(estate)
    disclosed(estate)
    for path in (home, f"/e/{estate.code}/sources/"):
        reads(client.get(path))
    at = f"{home}revenue/2026-07-01/"
    for tail in ("", "v1/", "lines/", "lines/1/", "lines/2/", "lines/11/", "questions/"):
        reads(client.get(at + tail))
    reads(client.get(f"{at}lines/99/"), 404)


def test_what_an_owner_asks(estate: Estate) -> None:
    quarter(estate)
    client = reader()
    ask_at = f"/my/ask/{estate.code}/revenue/2026-07-01/"
    for path in ("/my/accounts/", ask_at, f"/my/report/{estate.code}/"):
        reads(client.get(path, follow=True))


def addresses(estate: Estate, book: Book) -> list[str]:
    entry = Entry.objects.get(number=1)
    draft = Entry.objects.get(number=None)
    paper = entry.papers.get().paper
    question, report = Question.objects.get(), SourceReport.objects.get()
    source = estate.sources.get()
    named: list[tuple[str, tuple[Any, ...]]] = [
        ("accounts", ()), ("late", ()), ("enrol", ()), ("home", ()),
        ("accounts_estate", (estate.code,)), ("sources", (estate.code,)),
        ("source_new", (estate.code,)), ("source", (source.pk,)), ("source_end", (source.pk,)),
        ("contract_new", (source.pk,)), ("contract_end", (source.contracts.get().pk,)),
        ("report", (report.pk,)), ("questions", (estate.code,)),
        ("question_new", (estate.code,)), ("question", (question.pk,)),
        ("disclosures", (estate.code,)), ("disclosure_new", (estate.code, "service")),
        ("disclosure_new", (estate.code, "complaints")), ("book", (book.pk,)),
        ("book_new", (estate.code, "expenses")), ("book_holder", (book.pk,)),
        ("book_split", (book.pk,)), ("entry_new", (book.pk,)), ("entry", (entry.pk,)),
        ("entry", (draft.pk,)), ("entry_edit", (draft.pk,)), ("entry_reverse", (entry.pk,)),
        ("account_paper", (paper.pk,)), ("period", (book.pk, "2026-07-01")),
        ("period", (book.pk, "2026-10-01")),
    ]  # fmt: skip
    return [reverse(f"staff:{name}", args=args) for name, args in named]


def test_what_staff_do(estate: Estate) -> None:
    book = quarter(estate)
    disclosed(estate)
    report_source(
        estate_id=estate.pk,
        place="Gate 2",
        said=Said("an advert", unit=estate.units.all()[0].pk, submission="b"),
        photo=made.voucher(),
        by=made.OWNER,
        at=timezone.now(),
    )
    people = [signed_in(official(role, estate)) for role in ROLES]
    for path in addresses(estate, book):
        statuses = set()
        for client in people:
            page = client.get(path)
            statuses.add(page.status_code)
            reads(page, 200, 302, 403, 404, 409)
        assert 200 in statuses, path


def test_what_is_refused(estate: Estate) -> None:
    book = quarter(estate)
    manager, committee = (signed_in(official(role, estate)) for role in ROLES[:2])
    for client, name, args, posted in (
        (manager, "entry_new", (book.pk,), {}),
        (manager, "entry_new", (book.pk,), {"fen": "1e5", "dated_on": "x", "heading": "zzz"}),
        (
            manager, "entry_new", (book.pk,),
            {"heading": "advertising", "fen": "-1", "dated_on": "2001-01-01", "party": "x",
             "text": "6222000000000427", "papers": SimpleUploadedFile("x.exe", b"MZ")},
        ),
        (manager, "period", (book.pk, "2026-10-01"), {}),
        (committee, "source_new", (estate.code,), {}),
        (committee, "contract_new", (estate.sources.get().pk,), {}),
        (committee, "book_new", (estate.code, "expenses"), {}),
        (committee, "book_holder", (book.pk,), {}),
        (committee, "book_split", (book.pk,), {}),
        (committee, "question_new", (estate.code,), {}),
        (manager, "disclosure_new", (estate.code, "service"), {}),
        (manager, "disclosure_new", (estate.code, "complaints"), {}),
        (manager, "entry_reverse", (Entry.objects.get(number=1).pk,), {}),
    ):  # fmt: skip
        page = client.post(reverse(f"staff:{name}", args=args), posted)
        reads(page, 400, 404, 409)
