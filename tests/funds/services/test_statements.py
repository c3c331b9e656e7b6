"""Yearly papers: from the books or the snapshots, issued once, verifiable, superseded."""

import json
from datetime import UTC, date, datetime

import pytest

from core.errors import RuleViolation
from documents import keys
from documents.authority import development_identity
from documents.models import Document
from documents.selectors import document_pdf, record_for
from documents.verification import check
from funds.domain.books import Line
from funds.models import Snapshot, YearPaper
from funds.selectors.statements import account_year, unit_year, years_of
from funds.services.statements import issue_report, issue_statement
from logbook.models import Entry
from tests.funds.books import DRAFTER, book, make_account
from tests.funds.services.test_files import ROOMS, Said, confirm, csv, take
from tests.funds.services.test_reconciling import release

pytestmark = pytest.mark.django_db
NEXT = datetime(2027, 1, 5, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _certificate(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def into(account, sub, fen, day, text="交存", kind="deposit"):
    lines = [Line("bank", None, fen), Line("sub", sub, -fen)]
    return book(account.special, lines, kind, dated_on=day, text=text)


@pytest.fixture
def account():
    """Two years in the first two sub-accounts."""
    found = make_account()
    one, two = found.subs.order_by("pk").values_list("pk", flat=True)[:2]
    into(found, one, 1_000_00, date(2025, 12, 31), "首期交存")
    into(found, one, 20_00, date(2026, 1, 1), "利息", "interest")
    into(found, two, 7, date(2026, 6, 1))
    release(found, one, 300_00, 50_00)
    return found


def statement(account, year=2026, at=NEXT, place=0):
    sub = account.subs.order_by("pk")[place]
    return issue_statement(sub_id=sub.pk, year=year, actor=DRAFTER, at=at)


def data_of(document):
    return json.loads(bytes(document.facts))


def test_the_year_of_a_unit(account):
    document = statement(account)
    found = data_of(document)
    assert (found["begin"], found["end"]) == ("1,000.00", "720.00")
    assert [(one["day"], one["amount"], one["balance"]) for one in found["entries"]] == [
        ("2026年1月1日", "20.00", "1,020.00"),
        ("2026年11月2日", "-300.00", "720.00"),
    ]
    assert [one["left"] for one in found["owed"]] == ["50.00"]
    assert found["unit"] == "1幢1单元101室"
    assert not document.is_public
    assert "101" not in document.title  # the title is on the public page of the paper
    last = data_of(statement(account, 2025))
    assert (last["begin"], last["end"], last["owed"]) == ("0.00", "1,000.00", [])


def test_what_the_owner_holds_can_be_verified(account):
    document = statement(account)
    pdf = document_pdf(document)
    verdict = check(pdf, trust_roots=keys.trust_roots(), record=record_for(pdf))
    assert verdict.status == "genuine"
    altered = pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    record = record_for(altered)
    assert check(altered, trust_roots=keys.trust_roots(), record=record).status != "genuine"


def test_the_same_books_are_the_same_paper_changed_books_another(account):
    first = statement(account)
    assert statement(account) == first
    assert Document.objects.count() == 1
    sub = account.subs.order_by("pk").first().pk
    into(account, sub, 5_00, date(2026, 10, 30), "补记")
    second = statement(account)
    first.refresh_from_db()
    assert (first.status, first.superseded_by) == ("superseded", second)
    assert data_of(second)["end"] == "725.00"
    assert Entry.objects.filter(kind="statement.issued").count() == 2


@pytest.mark.parametrize("year", [2027, 2028, 1900, 9999])
def test_a_year_that_is_not_over(account, year):
    with pytest.raises(RuleViolation, match="已经结束的年度"):
        statement(account, year)


def test_a_year_before_anything(account):
    with pytest.raises(RuleViolation, match="没有余额记录"):
        statement(account, 2024)
    with pytest.raises(RuleViolation, match="没有余额记录"):
        statement(make_account(mode="mirror"))
    assert not YearPaper.objects.exists()


def test_years_on_offer():
    assert years_of(None, today=date(2027, 1, 1)) == []
    assert years_of(date(2027, 1, 1), today=date(2027, 1, 1)) == []
    assert years_of(date(2025, 12, 31), today=date(2027, 1, 1)) == [2026, 2025]
    assert len(years_of(date(1999, 1, 1), today=date(2027, 1, 1))) == 10


def test_the_year_of_an_account_adds_up(account):
    paper = issue_report(account_id=account.pk, year=2026, actor=DRAFTER, at=NEXT)
    again = issue_report(account_id=account.pk, year=2026, actor=DRAFTER, at=NEXT)
    assert paper == again
    found = data_of(paper.document)
    assert (found["begin"], found["end"]) == ("1,000.00", "720.07")
    # Money in by its kind: the interest was booked straight to the unit.
    assert {one["title"]: one["amount"] for one in found["totals"]} == {
        "交存": "0.07",
        "使用": "-300.00",
        "利息入账": "20.00",
    }
    year = account_year(account, 2026)
    assert year.begin + sum(one.fen for one in year.totals) == year.end == 720_07
    assert (found["owed"], found["units"]) == ("50.00", 9)
    assert paper.document.is_public
    lines = bytes(paper.table).decode("utf-8-sig").splitlines()
    assert lines[1:3] == [
        '1幢1单元101室,"1,000.00",20.00,300.00,720.00',
        "1幢1单元102室,0.00,0.07,0.00,0.07",
    ]
    assert len(lines) == 10


def test_the_year_by_the_fund_centres_balances():
    account = make_account(mode="mirror")

    def balances(day, first, reason=""):
        amounts = [first, *["10.00"] * 8]
        rows = [(*room, fen, "", reason) for room, fen in zip(ROOMS, amounts, strict=True)]
        header = ["幢", "单元", "房号", "余额", "首期交存额", "变动说明"]
        confirm(take(account.special, csv(header, *rows), said=Said(day, "资金中心")))

    balances(date(2026, 2, 1), "100.00")
    balances(date(2026, 10, 1), "60.00", "修水泵")
    sub = account.subs.order_by("pk").select_related("account__special").first()
    found = unit_year(sub, 2026)
    # Nothing is known of what was before the first balances.
    assert (found.begin_on, found.begin, found.end_on, found.end) == (
        date(2026, 2, 1), 100_00, date(2026, 10, 1), 60_00,
    )  # fmt: skip
    assert [(one.fen, one.text, one.balance) for one in found.entries] == [
        (-40_00, "修水泵", 60_00)
    ]
    assert found.source == "资金中心"
    whole = account_year(account, 2026)
    assert (whole.begin, whole.end) == (180_00, 140_00)
    assert [(one.title, one.fen) for one in whole.totals] == [("减少", -40_00)]
    assert unit_year(sub, 2025) is None
    assert account_year(account, 2025) is None
    assert Snapshot.objects.count() == 2
