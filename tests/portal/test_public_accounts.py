"""What anybody reads of an estate's accounts: what was published, and nothing beside it."""

import csv
import gzip
import io
import random
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone

from core.deadlines import local_day
from core.exact import format_yuan
from disclosures import steps
from disclosures.domain.headings import EXPENSES, REVENUE
from disclosures.models import (
    Disclosure,
    Duty,
    PaperPage,
    YearAccount,
)
from disclosures.services.entries import review
from disclosures.services.papers import cover_page, look_over
from disclosures.services.questions import answer, ask, withdraw
from disclosures.services.sources import Said as Words
from disclosures.services.sources import answer_report, report_source
from documents.masking import Box
from documents.scans import plain_picture
from funds.domain.books import Line
from funds.services.accounts import open_account
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    NEXT,
    OWNER,
    PHONE,
    QUARTER,
    STREET,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    crowded,
    entered,
    looked_over,
    open_books,
    published,
    quarter,
    recorded_source,
    reversed_entry,
    voucher,
)
from tests.documents.test_postings import make_document
from tests.factories import make_estate
from tests.funds.books import book as booked_in_fund
from tests.funds.books import make_special
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
SECRET = "绝不能出现的字"
DAY = timedelta(days=1)
STYLE = Path(project.BASE_DIR, "static", "css", "owner.css")


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path, monkeypatch):
    """A certificate; papers made plain in this process (tests/documents has the real way)."""
    can_sign(settings, tmp_path)
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])


@pytest.fixture
def estate():
    return accounts_estate()


@pytest.fixture
def ledger(estate):
    return open_books(estate, opening=213_456_78)


def home(estate):
    return f"/e/{estate.code}/accounts/"


def page_of(estate, kind="revenue", first=FIRST, tail=""):
    return f"{home(estate)}{kind}/{first}/{tail}"


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def main_of(text):
    return re.search(r"<main.*</main>", text, re.DOTALL)[0]


def everything(client, estate):
    """Every public page, file and picture that can be reached from the estate's page, and the
    numbers of lines and pages that are not linked."""
    seen, left, texts = set(), [home(estate)], {}
    pks = PaperPage.objects.values_list("pk", flat=True)
    left += [f"{home(estate)}papers/{pk}.jpg" for pk in pks]
    left += [page_of(estate, tail=f"lines/{number}/") for number in range(1, 40)]
    while left:
        path = left.pop()
        if path in seen or not path.startswith(f"/e/{estate.code}/"):
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.status_code != 200:
            continue
        texts[path] = answer.content
        if answer.headers["Content-Type"].startswith("text/html"):
            links = re.findall(r'(?:href|src)="([^"#]+)', answer.content.decode())
            left += [one.replace("&amp;", "&") for one in links]
    return texts


def shown(texts, word):
    return [path for path, content in texts.items() if word.encode() in content]


# --- the figures --------------------------------------------------------------------------


def by_hand(rows, headings):
    """Sums of rows of (heading, fen, …) on the three sides, with nothing of ours."""
    sides = {"in": 0, "cost": 0, "use": 0}
    for heading, fen, *_rest in rows:
        sides[headings[heading].side] += fen
    return sides


def test_it_works(client, estate, ledger):
    quarter(ledger)
    published(ledger)
    sides = by_hand(QUARTER, REVENUE)
    out = sides["cost"] + sides["use"]
    text = read(client, page_of(estate))
    for fen in (213_456_78, sides["in"], out, 213_456_78 + sides["in"] - out):
        assert format_yuan(fen) in text
    # Nine units, eight of them homes: 89 897.67 yuan are 11 237 for each, rounded down.
    assert sides["in"] == 89_897_67
    assert "平均每户约11,237元" in text
    assert f'href="tel:{PHONE}"' in text
    assert "2026年第三季度" in read(client, home(estate))


@pytest.mark.parametrize("seed", range(3))
def test_page_paper_table_and_data_say_the_sum_of_the_entries(client, estate, seed):
    dice = random.Random(seed)
    ledger = open_books(estate, opening=dice.randrange(10**9))
    rows = []
    for _time in range(dice.randrange(1, 12)):
        heading = dice.choice(["parking", "advertising", "rooms", "upkeep", "tax", "to_fund"])
        fen, day = dice.randrange(1, 10**8), FIRST + dice.randrange(90) * DAY
        party = dice.choice(["样例甲公司", "样例乙公司", "业主"])
        booked(ledger, heading, fen, on=day, party=party)
        rows.append((heading, fen, day, party))
    made = published(ledger)
    sides = by_hand(rows, REVENUE)
    closing = ledger.opening_fen + sides["in"] - sides["cost"] - sides["use"]
    text = read(client, page_of(estate))
    sums = re.search(r'<dl class="summary sums">.*?</dl>', text, re.DOTALL)[0]
    figures = [one.replace(",", "") for one in re.findall(r">([\d,.-]+) 元</span>", sums)]
    wanted = [ledger.opening_fen, sides["in"], sides["cost"] + sides["use"], closing, closing]
    assert figures[:5] == [format_yuan(fen).replace(",", "") for fen in wanted]
    for heading in {one[0] for one in rows}:
        total = sum(fen for key, fen, *_rest in rows if key == heading)
        assert f'{REVENUE[heading].title} <span class="nowrap">{format_yuan(total)}' in text
    table = client.get(page_of(estate, tail="table.csv")).content
    assert table == bytes(made.csv)
    lines = [row for row in csv.reader(io.StringIO(table.decode("utf-8-sig"))) if row]
    amounts = [row[7] for row in lines[1:] if row[0]]
    assert sorted(amounts) == sorted(format_yuan(fen).replace(",", "") for _h, fen, *_r in rows)
    assert lines[-1][7] == format_yuan(closing).replace(",", "")


def test_more_or_less_than_before_in_words(client, estate):
    ledger = open_books(estate, since=date(2026, 4, 1))
    for day, ad, power in ((date(2026, 4, 3), 500_00, 80_00), (FIRST, 350_00, 80_00)):
        booked(ledger, "advertising", ad, on=day)
        booked(ledger, "upkeep", power, on=day)
        published(ledger, day, at=AT)
    text = read(client, page_of(estate))
    assert "比上期少了 150.00 元" in text
    assert "和上期一样" in text
    assert "上期没有公布" in read(client, page_of(estate, first=date(2026, 4, 1)))
    assert "去年同期" not in re.sub(r"<table.*?</table>", "", text, flags=re.DOTALL)


def test_bank_that_differs_and_fund_that_is_short(client, estate, ledger):
    booked(ledger, "advertising", 1_000_00)
    booked(ledger, "to_fund", 400_00)
    off = 213_456_78 + 600_00 + 55
    published(ledger, bank=off, difference="在途利息，次日入账")
    text = read(client, page_of(estate))
    assert "和账上差 0.55 元：在途利息，次日入账" in text
    assert "这一期应转 1,000.00 元" in text
    assert "少 600.00 元" in text


def test_expenses_and_the_fund_have_the_same_page(client, estate):
    ledger = open_books(estate, "expenses", holder="committee")
    rows = [("from_revenue", 6_000_00), ("office", 812_40), ("meetings", 1_000_00)]
    for heading, fen in rows:
        looked = looked_over(entered(ledger, heading, fen, by=COMMITTEE))
        review(entry_id=looked.pk, by=STREET, at=looked.entered_at)
    published(ledger, keeper=COMMITTEE, by=STREET)
    sides = by_hand(rows, EXPENSES)
    text = read(client, page_of(estate, "expenses"))
    assert format_yuan(sides["in"] - sides["use"]) in text
    assert "转入维修资金" not in text

    special = make_special(estate)
    account = open_account(special_id=special.pk, estate=estate, actor="user:1", at=AT)
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    for sub, fen in zip(subs, (12_34, 56_78), strict=False):
        booked_in_fund(
            special,
            [Line("bank", None, fen), Line("sub", sub, -fen)],
            dated_on=date(2025, 5, 5),
        )
    fund = open_books(estate, "fund", since=date(2025, 1, 1))
    published(fund, date(2025, 1, 1))
    text = read(client, page_of(estate, "fund", date(2025, 1, 1)))
    assert "69.12" in text
    assert "银行对账单" not in text
    line = read(client, page_of(estate, "fund", date(2025, 1, 1), "lines/1/"))
    assert "交存" in line
    assert "单据" not in line


# --- nothing else -------------------------------------------------------------------------


def test_what_is_not_published_is_nowhere(client, estate, ledger):
    quarter(ledger)
    ad = contracted(
        recorded_source(estate, "parking", "东门"),
        payer=f"张三{SECRET}",
        payer_kind="persons",
        outsider=False,
    )
    paid = booked(ledger, "parking", 450_00, contract=ad, party="业主", on=FIRST + DAY)
    first = published(ledger)
    entered(ledger, "parking", 11_11, text=f"草稿{SECRET}", at=AT)
    booked(ledger, "parking", 22_22, text=f"下一版{SECRET}", at=AT)
    booked(ledger, "parking", 33_33, text=f"下一期{SECRET}", on=date(2026, 10, 2), at=AT)
    said = {"kind": "question", "line": paid.number, "by": OWNER, "at": AT}
    unit = estate.units.first().pk
    asked = ask(publication_id=first.pk, said=Words(f"问题{SECRET}", unit, "1"), **said)
    gone = ask(publication_id=first.pk, said=Words(f"撤回{SECRET}", unit, "2"), **said)
    withdraw(question_id=gone.pk, unit=unit, by=OWNER, at=AT)
    report_source(
        estate_id=estate.pk,
        place=f"门厅{SECRET}",
        said=Words(f"广告{SECRET}", unit, "3"),
        photo=voucher(),
        by=OWNER,
        at=AT,
    )
    texts = everything(client, estate)
    assert len(texts) > 20
    assert shown(texts, SECRET) == []
    for fen in ("11.11", "22.22", "33.33"):
        assert shown(texts, fen) == []
    waiting = f"第{asked.number}号，等待答复，应在10月22日（星期四）24:00以前答复"
    assert page_of(estate, tail=f"lines/{paid.number}/") in shown(texts, waiting)
    names = [str(owner.name) for owner in estate.owners.all()]
    for name in (*names, estate.units.first().label, "张三"):
        assert shown(texts, name) == []

    answer(
        question_id=asked.pk,
        upheld=False,
        text="已经查清并附上单据",
        covered=[SECRET],
        by=COMMITTEE,
        at=AT,
    )
    texts = everything(client, estate)
    assert shown(texts, SECRET) == []
    assert shown(texts, "问题＊＊＊＊＊＊＊") != []
    assert shown(texts, "业主委员会答：") != []


def test_only_covered_pictures_of_what_is_out(client, estate, ledger):
    content = voucher("13800000000")
    entry = looked_over(entered(ledger, "advertising", 100_00, papers=[content]))
    page = PaperPage.objects.get(paper__entries__entry=entry)
    path = f"{home(estate)}papers/{page.pk}.jpg"
    assert client.get(path).status_code == 404  # a draft
    review(entry_id=entry.pk, by=COMMITTEE, at=AT)
    assert client.get(path).status_code == 404  # reviewed, not out
    cover_page(page_id=page.pk, boxes=[Box(0, 100, 500, 200)], by=COMMITTEE, at=AT)
    published(ledger)
    page.refresh_from_db()
    picture = client.get(path)
    assert picture.content == bytes(page.shown)
    assert picture.content != plain_picture(content[1])
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Content-Disposition"] == f'inline; filename="{page.pk}.jpg"'
    assert picture.headers["Cache-Control"] == "public, no-cache"
    same = {"HTTP_IF_NONE_MATCH": picture.headers["ETag"]}
    assert client.get(path, **same).status_code == 304
    more = [Box(0, 100, 500, 200), Box(0, 500, 900, 100)]
    cover_page(page_id=page.pk, boxes=more, reason="露出了号码", by=COMMITTEE, at=AT)
    assert client.get(path, **same).status_code == 200

    other = make_estate("西苑")
    assert client.get(f"{home(other)}papers/{page.pk}.jpg").status_code == 404
    assert client.get(f"{home(estate)}papers/{page.pk + 999}.jpg").status_code == 404
    assert client.get(f"{home(estate)}papers/{10**30}.jpg").status_code == 404
    statement = PaperPage.objects.get(paper__kind="statement")
    look_over(paper_id=statement.paper_id, by=COMMITTEE, at=AT)
    assert client.get(f"{home(estate)}papers/{statement.pk}.jpg").status_code == 404


def test_a_paper_of_a_correction_is_shown_once_that_is_out(client, estate, ledger):
    booked(ledger, "advertising", 100_00)
    published(ledger)
    late = booked(ledger, "advertising", 50_00, at=AT)
    page = PaperPage.objects.get(paper__entries__entry=late)
    path = f"{home(estate)}papers/{page.pk}.jpg"
    assert client.get(path).status_code == 404
    assert client.get(page_of(estate, tail=f"lines/{late.number}/")).status_code == 404
    published(ledger, correction="漏记一笔广告")
    assert client.get(path).status_code == 200
    assert path in read(client, page_of(estate, tail=f"lines/{late.number}/"))


@pytest.mark.parametrize(
    "tail",
    [
        "revenue/2026-07-02/",
        "revenue/2026-02-30/",
        "revenue/2026-7-1/",
        "revenue/20260701/",
        "revenue/2026-10-01/",
        "expenses/2026-07-01/",
        "other/2026-07-01/",
        "revenue/2026-07-01/v0/",
        "revenue/2026-07-01/v2/",
        "revenue/2026-07-01/v99999999999999999999/",
        "revenue/2026-07-01/v2/table.csv",
        "revenue/2026-07-01/lines/0/",
        "revenue/2026-07-01/lines/99999999999999999999/",
        "papers/0.jpg",
        "revenue/2026-07-01%00/",
    ],
)
def test_what_is_no_page(client, estate, ledger, tail):
    booked(ledger, "advertising", 100_00)
    published(ledger)
    assert client.get(f"{home(estate)}{tail}").status_code == 404


def test_an_estate_that_is_none(client, estate):
    for code in ("NOBODY", "x" * 300, "a_b"):
        assert client.get(f"/e/{code}/accounts/").status_code == 404
        assert client.get(f"/e/{code}/sources/").status_code == 404
    assert client.get(f"/e/{estate.code.lower()}/accounts/").status_code == 200
    assert client.post(home(estate)).status_code == 405


# --- versions -----------------------------------------------------------------------------


def test_every_version_stays_as_it_was(client, estate, ledger):
    entries = quarter(ledger)
    published(ledger)
    before = read(client, page_of(estate, tail="v1/"))
    table = client.get(page_of(estate, tail="v1/table.csv")).content
    reversed_entry(entries[4])
    booked(ledger, "interest", 93_17, on=date(2026, 9, 21), at=AT)
    made = published(ledger, correction="利息少记了10.00元", at=AT + 8 * DAY)

    now = read(client, page_of(estate))
    assert "更正（第2版）" in now
    assert "利息少记了10.00元" in now
    for number in (10, 11):
        assert f'lines/{number}/">第{number}笔</a>' in now
    assert 'lines/9/">第9笔</a>' not in now
    assert main_of(read(client, page_of(estate, tail="v2/"))) == main_of(now)
    old = read(client, page_of(estate, tail="v1/"))
    assert "这是第1版，已被第2版取代" in old
    assert "第2版更正了：利息少记了10.00元" in old
    figures = re.compile(r'<dl class="summary sums">.*?</dl>', re.DOTALL)
    assert figures.search(old)[0] == figures.search(before)[0]
    assert figures.search(now)[0] != figures.search(before)[0]
    assert "93.17" not in old
    assert client.get(page_of(estate, tail="v1/table.csv")).content == table
    assert client.get(page_of(estate, tail="v2/table.csv")).content == bytes(made.csv)
    assert client.get(page_of(estate, tail="table.csv")).content == bytes(made.csv)
    assert "还剩 218,205.72 元" in now  # of the first version
    assert f"/my/ask/{estate.code}" not in old


def test_a_reversal_leads_to_what_it_takes_back(client, estate, ledger):
    wrong = booked(ledger, "advertising", 100_00)
    back = reversed_entry(wrong)
    published(ledger)
    one = read(client, page_of(estate, tail=f"lines/{wrong.number}/"))
    assert f'lines/{back.number}/">第{back.number}笔</a>' in one
    other = read(client, page_of(estate, tail=f"lines/{back.number}/"))
    assert f'lines/{wrong.number}/">第{wrong.number}笔</a>' in other
    assert "-100.00" in other


def test_a_reversal_that_waits_is_not_told(client, estate, ledger):
    wrong = booked(ledger, "advertising", 100_00)
    published(ledger)
    reversed_entry(wrong, reason=SECRET)
    assert "后来冲正" not in read(client, page_of(estate, tail=f"lines/{wrong.number}/"))


def test_an_entry_in_full(client, estate, ledger):
    contract = contracted(recorded_source(estate), fen=6_000_00)
    paid = booked(ledger, "advertising", 18_000_00, contract=contract, kept=("tax", 1_080_00))
    use = booked(ledger, "committee", 500_00, decision="业主大会决议〔2025〕7号")
    published(ledger)
    text = read(client, page_of(estate, tail=f"lines/{paid.number}/"))
    for words in (
        "18,000.00",
        "1,080.00",
        "16,920.00",
        "税费",
        "6,000.00 元",
        "2026-01-01",
        "2026-12-31",
    ):
        assert words in text
    assert "样例文化传媒有限公司" in text
    assert f"?line={paid.number}" in text
    assert "个人信息已遮盖" in text
    assert "决议〔2025〕7号" in read(client, page_of(estate, tail=f"lines/{use.number}/"))


def test_whoever_is_signed_in_reads_the_same(client, estate, ledger):
    booked(ledger, "advertising", 100_00)
    booked(ledger, "rooms", 22_22)
    published(ledger)
    entered(ledger, "rooms", 33_33, text=SECRET, at=AT)
    user = make_user("organiser")
    grant(user, "organiser", estate)
    inside = Client()
    inside.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for path, content in everything(client, estate).items():
        again = inside.get(path)
        if again.headers["Content-Type"].startswith("text/html"):
            assert main_of(again.content.decode()) == main_of(content.decode()), path
        else:
            assert again.content == content


# --- the estate's page --------------------------------------------------------------------


def test_what_is_late_stands_there_from_its_day_on(client, estate):
    today = local_day(timezone.now())

    def due(kind, late_on):
        first = date(2025, 1, 1)
        return Duty.objects.create(
            estate=estate,
            kind=kind,
            first=first,
            last=date(2025, 12, 31),
            due_on=date(2026, 1, 30),
            late_on=late_on,
        )

    late, _soon, done = due("fund", today), due("service", today + DAY), due("revenue", today)
    Duty.objects.filter(pk=done.pk).update(done_at=timezone.now())
    text = read(client, home(estate))
    assert "2025年度维修资金使用：应在 2026-01-30 以前公布，还没有公布" in text
    assert text.count("还没有公布</li>") == 1
    Duty.objects.filter(pk=late.pk).update(done_at=timezone.now())
    assert "还没有公布</li>" not in read(client, home(estate))


def test_the_three_disclosures_and_a_year(client, estate, ledger):
    assert read(client, home(estate)).count("还没有公开") == 3
    booked(ledger, "advertising", 100_00)
    published(ledger)
    paper, year = (make_document(estate, code=code * 12) for code in "AB")
    today = local_day(timezone.now())
    Disclosure.objects.create(
        estate=estate,
        kind="complaints",
        version=1,
        manager="样例物业服务有限公司",
        text="客服 0000-0000001",
        document=paper,
        posted_by="user:1",
        posted_at=AT,
        valid_until=today - DAY,
    )
    YearAccount.objects.create(
        book=ledger,
        year=2026,
        document=year,
        content_sha256="0" * 64,
        made_by="user:1",
        made_at=AT,
    )
    text = read(client, home(estate))
    assert f"/v/{paper.code}" in text
    assert "客服 0000-0000001" in text
    assert f"应在 {today - DAY} 以前更新" in text
    assert f'/v/{year.code}">2026年度收支报告' in text
    assert text.count("还没有公开") == 1


def test_earlier_periods_are_found(client, estate):
    ledger = open_books(estate, since=date(2026, 4, 1), frequency="monthly")
    for month in range(4, 8):
        booked(ledger, "advertising", month * 100_00, on=date(2026, month, 2))
        published(ledger, date(2026, month, 2))
    text = read(client, home(estate))
    at = [text.index(f"revenue/2026-0{month}-01/") for month in range(4, 8)]
    assert at == sorted(at, reverse=True)  # the newest first


# --- the register -------------------------------------------------------------------------


def test_the_register(client, estate):
    running = contracted(recorded_source(estate), fen=6_000_00, last=None)
    over = recorded_source(estate, "locker", "北门")
    contracted(over, last=date(2026, 6, 30), payer="样例蜂巢网络科技有限公司")
    contracted(
        recorded_source(estate, "parking", "东门"), payer=f"李四{SECRET}", payer_kind="persons"
    )
    text = read(client, f"/e/{estate.code}/sources/")
    assert running.payer in text
    assert "没有写到哪天" in text
    assert text.index("现在没有合同") < text.index("样例蜂巢")
    assert SECRET not in text


def test_a_report_with_its_photograph_once_it_is_answered(client, estate):
    unit = estate.units.first().pk
    made = report_source(
        estate_id=estate.pk,
        place="2幢门厅",
        said=Words("王大爷家旁边的广告牌", unit, "1"),
        photo=voucher(),
        by=OWNER,
        at=AT,
    )
    page = PaperPage.objects.get(paper=made.photo_id)
    path = f"{home(estate)}papers/{page.pk}.jpg"

    def states():
        text = read(client, f"/e/{estate.code}/sources/")
        return "2幢门厅" in text, path in text, client.get(path).status_code == 200

    assert states() == (False, False, False)
    look_over(paper_id=made.photo_id, by=COMMITTEE, at=AT)
    assert states() == (False, False, False)  # looked over, not answered
    answer_report(
        report_id=made.pk,
        answer="已经补进登记册",
        covered=["王大爷"],
        kind="lift_ad",
        by=COMMITTEE,
        at=AT,
    )
    assert states() == (True, True, True)
    text = read(client, f"/e/{estate.code}/sources/")
    assert "＊＊＊家旁边的广告牌" in text
    assert "王大爷" not in text

    unseen = report_source(
        estate_id=estate.pk,
        place="3幢门厅",
        said=Words("广告牌", unit, "2"),
        photo=voucher(),
        by=OWNER,
        at=AT,
    )
    answer_report(
        report_id=unseen.pk, answer="正在核实", covered=[], kind="", by=COMMITTEE, at=AT
    )
    page = PaperPage.objects.get(paper=unseen.photo_id)
    assert client.get(f"{home(estate)}papers/{page.pk}.jpg").status_code == 404


# --- weight and speed ---------------------------------------------------------------------


def weight(content):
    return len(gzip.compress(content, 6))


@pytest.mark.parametrize("count", [10, 40, 300])
def test_a_page_is_light_and_asks_little(client, estate, ledger, count, max_queries):
    crowded(ledger, count)
    made = published(ledger)
    unit = estate.units.first().pk
    for number in range(3):
        words = "".join(
            random.Random(number).choices("问题单据合同为什么没有钱多少年月", k=380)
        )
        asked = ask(
            publication_id=made.pk,
            kind="question",
            line=1,
            said=Words(words, unit, str(number)),
            by=OWNER,
            at=AT,
        )
        answer(question_id=asked.pk, upheld=False, text=words, covered=[], by=COMMITTEE, at=AT)
    with max_queries(6):
        account = client.get(page_of(estate)).content
    with max_queries(7):
        first = client.get(home(estate)).content
    style = weight(STYLE.read_bytes())
    assert weight(account) + style <= 14 * 1024
    assert weight(first) + style <= 14 * 1024
    tail = "lines/?page=2" if count > 50 else "lines/"
    with max_queries(5):
        assert weight(client.get(page_of(estate, tail=tail)).content) + style <= 14 * 1024
    text = read(client, page_of(estate, tail="lines/"))
    assert len(re.findall(r"<li><span>", text)) == min(count, 50)
    assert (f"lines/{count}/" in account.decode()) == (count <= 40)


@pytest.fixture
def max_queries(django_assert_max_num_queries):
    return django_assert_max_num_queries


def test_every_entry_of_a_long_period_is_found_by_its_heading(client, estate, ledger):
    crowded(ledger, 120)
    published(ledger)
    account = read(client, page_of(estate))
    numbers = []
    for path in re.findall(r'href="([^"]+lines/\?heading=\d+)"', account):
        page = 1
        while True:
            text = read(client, f"{path}&page={page}")
            numbers += [int(n) for n in re.findall(r"lines/(\d+)/", text)]
            if "下一页" not in text:
                break
            page += 1
    assert sorted(numbers) == list(range(1, 121))
    for strange in (
        "heading=99",
        "heading=x",
        "page=0",
        "page=x",
        "heading=%00",
        "heading=" + "9" * 5000,
    ):
        assert client.get(page_of(estate, tail=f"lines/?{strange}")).status_code == 200


def test_questions_stand_in_pages(client, estate, ledger):
    booked(ledger, "advertising", 100_00)
    made = published(ledger)
    for number in range(1, 24):
        ask(
            publication_id=made.pk,
            kind="question",
            line=None,
            said=Words("什么时候补签合同", None, str(number)),
            by=COMMITTEE,
            at=AT,
        )
    text = read(client, page_of(estate))
    assert "第23号，等待答复" in text
    assert "第18号，等待答复" not in text
    found = "".join(
        read(client, page_of(estate, tail=f"questions/?page={page}")) for page in (1, 2)
    )
    assert {int(n) for n in re.findall(r"第(\d+)号，等待", found)} == set(range(1, 24))


def test_a_question_to_the_first_version_stands_by_the_second_too(client, estate, ledger):
    booked(ledger, "advertising", 100_00)
    first = published(ledger)
    asked = ask(
        publication_id=first.pk,
        kind="wrong",
        line=1,
        said=Words("少写了一笔", estate.units.first().pk, "1"),
        by=OWNER,
        at=AT,
    )
    answer(
        question_id=asked.pk, upheld=True, text="确实漏了一笔", covered=[], by=COMMITTEE, at=AT
    )
    assert "业主说得对，将更正" in read(client, page_of(estate))
    booked(ledger, "advertising", 50_00, at=AT)
    published(ledger, correction="补记漏掉的一笔", at=NEXT)
    text = read(client, page_of(estate))
    assert "业主说得对，已更正" in text
    assert "将更正" not in text
    assert "问的是第1版" in text
    assert "业主说这个数字不对：" in text


@pytest.mark.parametrize(
    ("tail", "heading"),
    [
        ("revenue/2026-10-01/", "这一期还没有公布"),
        ("revenue/2026-10-01/lines/", "这一期还没有公布"),
        ("revenue/2026-10-01/table.csv", "这一期还没有公布"),
        ("fund/2026-07-01/", "这一期还没有公布"),
        ("revenue/2026-07-01/v9/", "没有这个页面"),
        ("revenue/2026-07-01/lines/77/", "没有这个页面"),
        ("revenue/2026-13-01/", "没有这个页面"),
        ("nothing/", "没有这个页面"),
    ],
)
def test_what_is_not_there_leads_to_what_is(client, estate, ledger, tail, heading):
    """The page spoke of voting, to whoever wanted to read the accounts."""
    published(ledger)
    answer = client.get(f"{home(estate)}{tail}")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert f"<h1>{heading}</h1>" in text
    assert f'href="{home(estate)}">{estate.name}的账</a>' in text
    assert "投票" not in main_of(text)
    assert "通知书" not in text


def test_an_estate_there_is_not_says_nothing_of_voting(client):
    text = client.get("/e/NOSUCH00/accounts/").content.decode()
    assert "请再扫公布单上的二维码" in text
    assert "12 位码" not in main_of(text)


def test_no_blank_before_a_comma(client, estate, ledger):
    quarter(ledger)
    published(ledger)
    for path in (home(estate), page_of(estate), page_of(estate, tail="lines/")):
        plain = re.sub(r"<[^>]+>", "", main_of(read(client, path)))
        assert re.findall(r"\S+ [，。；：]\S*", plain) == []
    assert "公共收益，共9笔" in re.sub(r"<[^>]+>", "", plain)
