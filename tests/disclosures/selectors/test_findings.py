"""Problems 16, 18 and 22: days by hand from a calendar, words from the city's register.

By the profile of these tests an account is due 30 days after its period and late after 15 more,
and a question is answered within 10 days.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.deadlines import start_of
from disclosures.models import Disclosure, Duty
from disclosures.selectors.findings import findings
from disclosures.services.books import change_holder
from disclosures.services.duties import enrol, open_duties
from disclosures.services.questions import answer, ask, withdraw
from disclosures.services.sources import Said, answer_report, end_contract, report_source
from registry.models import Estate
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    NEXT,
    OWNER,
    STREET,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    held,
    open_books,
    published,
    recorded_source,
)
from tests.documents.test_postings import make_document

pytestmark = pytest.mark.django_db
D = date.fromisoformat
# The third quarter ends on 30 September: due by 30 October, in grace until 14 November.
GRACE, LATE = D("2026-11-14"), D("2026-11-15")
SWEPT = D("2027-03-01")
ANSWER = "已经核对，答复如下"


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def estate():
    return accounts_estate()


def enrolled(*estates, since=FIRST, has_manager=True):
    """From the third quarter on; what became due until `SWEPT` is written down."""
    enrol(
        estate_ids=[one.pk for one in estates],
        since=since,
        has_manager=has_manager,
        by=STREET,
        at=start_of(since),
    )
    open_duties(start_of(SWEPT))


def found(on, code=None, estates=None):
    rows = findings(Estate.objects.all() if estates is None else estates, on)
    return [one for one in rows if code in (None, one.code)]


def only(on, code):
    [one] = found(on, code)
    return one


def noon(day):
    return start_of(day) + timedelta(hours=12)


def test_words_of_the_register(estate):
    """As printed in the notes of 《住宅物业服务问题整治工作台账》, numbers 16, 18 and 22."""
    enrolled(estate)
    items = {one.code: one.item for one in found(LATE)}
    assert items[16] == "住宅小区公共收益未单独列账、定期公示。"
    assert items[18] == (
        "物业服务企业执行“三公开”制度不到位，未将物业服务价格、内容及标准、投诉渠道及方式、"
        "公共部位收益收支情况等信息在物业管理区域显著位置公示并及时更新。"
    )
    assert items[22] == "有关单位、业委会履职不到位等。"


def test_nothing_to_find(estate):
    """Apart, nothing due yet, nobody asked."""
    open_books(estate)
    assert found(LATE) == []


def test_money_that_lies_in_no_account_of_its_own(estate):
    book = open_books(estate)
    mixed = change_holder(
        book_id=book.pk,
        held=held(is_apart=False, bank="", number="", why_not="还没有开户"),
        since=D("2026-08-01"),
        by=COMMITTEE,
        at=AT,
    )
    assert found(D("2026-07-31")) == []
    one = only(D("2026-08-01"), 16)
    assert (one.body, one.unit) == ("property_manager", "样例物业服务有限公司")
    assert one.since == D("2026-08-01")
    [proof] = one.evidence
    assert (proof.model, proof.pk) == ("disclosures.holding", mixed.pk)
    assert "还没有开户" in proof.sentence
    change_holder(book_id=book.pk, held=held(), since=D("2026-09-01"), by=COMMITTEE, at=AT)
    assert only(D("2026-08-31"), 16) == one
    assert found(D("2026-09-01")) == []


def test_expenses_that_lie_elsewhere_are_not_problem_16(estate):
    book = open_books(estate, "expenses", holder="committee")
    mixed = held("committee", is_apart=False, bank="", number="", why_not="还没有开户")
    change_holder(book_id=book.pk, held=mixed, since=FIRST, by=COMMITTEE, at=AT)
    assert found(LATE) == []


def test_income_without_a_book(estate):
    source = recorded_source(estate)
    assert found(D("2026-06-01")) == []  # a place without a contract brings nothing
    second = contracted(source, first=D("2026-05-01"), last=None)
    first = contracted(source, first=D("2026-03-10"), last=D("2026-06-30"))
    assert found(D("2026-03-09")) == []
    one = only(D("2026-06-30"), 16)
    assert one.since == D("2026-03-10")
    assert [proof[:2] for proof in one.evidence] == [
        ("disclosures.contract", first.pk),
        ("disclosures.contract", second.pk),
    ]
    assert one.body == "property_manager"  # Civil Code 943
    assert only(D("2026-07-01"), 16) == one  # one fact, whichever contract still runs
    end_contract(
        contract_id=second.pk, last=D("2026-08-10"), reason="租户撤柜", by=COMMITTEE, at=AT
    )
    assert only(D("2026-08-10"), 16).key == one.key
    assert found(D("2026-08-11")) == []


def test_people_who_pay_are_not_named(estate):
    """What proves it stands on a list that everybody reads."""
    source = recorded_source(estate, "parking", "东门内")
    contracted(source, payer="张三丰", payer_kind="persons", outsider=False)
    [proof] = only(D("2026-07-01"), 16).evidence
    assert proof.sentence.startswith("占用共有道路、场地的车位 东门内：个人付款，")


def test_a_book_ends_it_from_the_day_it_is_opened(estate):
    contracted(recorded_source(estate))
    open_books(estate, since=D("2026-07-01"))  # opened at nine in the morning
    assert only(D("2026-06-30"), 16).key.endswith(":no-book")
    assert found(D("2026-07-01"), 16) == []


def test_without_a_manager_the_committee_accounts_for_income(estate):
    contracted(recorded_source(estate))
    enrolled(estate, has_manager=False)
    codes = [(one.code, one.body) for one in found(LATE)]
    assert codes == [(16, "committee"), (16, "committee"), (22, "committee")]


def test_late_by_the_calendar(estate):
    """The day of grace, the first day after it, and what was put right afterwards."""
    book = open_books(estate)
    enrolled(estate)
    assert found(GRACE, 16) == []
    one = only(LATE, 16)
    duty = Duty.objects.get(kind="revenue", first=FIRST)
    assert one.since == LATE
    assert [proof[:2] for proof in one.evidence] == [("disclosures.duty", duty.pk)]
    assert one.evidence[0].sentence == (
        "2026年第三季度公共收益应在2026年10月30日以前公布，2026年11月15日起算逾期"
    )
    assert one.unit == "样例物业服务有限公司"
    # One fact, one problem: the same lateness is not counted again under 18.
    assert duty.pk not in {other.evidence[0].pk for other in found(LATE, 18)}
    published(book, at=noon(D("2026-11-20")))
    assert found(D("2026-11-20"), 16) == []
    before = only(D("2026-11-19"), 16)
    assert before.key == one.key  # what was so on a day stays so
    assert before.evidence == one.evidence


def test_the_next_quarter_is_another_finding(estate):
    open_books(estate)
    enrolled(estate)
    # The fourth quarter: due by 30 January, grace until 14 February.
    assert len(found(D("2027-02-14"), 16)) == 1
    third, fourth = found(D("2027-02-15"), 16)
    assert (third.since, fourth.since) == (LATE, D("2027-02-15"))
    assert third.key != fourth.key


def test_the_three_disclosures_are_the_managers(estate):
    """Where the committee holds the money, a late account is no failing of the manager."""
    open_books(estate, holder="committee")
    enrolled(estate)
    one = only(LATE, 16)
    assert (one.body, one.unit) == ("committee", "样例花园业主委员会")
    assert {other.evidence[0].pk for other in found(LATE, 18)} == set(
        Duty.objects.filter(kind__in=["service", "complaints"]).values_list("pk", flat=True)
    )


def test_never_disclosed(estate):
    """Due 30 days after 1 July, and 15 of grace."""
    enrolled(estate)
    assert found(D("2026-08-15"), 18) == []
    one, other = found(D("2026-08-16"), 18)
    assert {one.since, other.since} == {D("2026-08-16")}
    assert [proof.model for proof in one.evidence] == ["disclosures.duty", "registry.estate"]
    assert one.evidence[0].sentence == (
        "物业服务价格、内容及标准应在2026年7月31日以前公开，2026年8月16日起算逾期"
    )
    assert one.evidence[1].sentence == "物业服务价格、内容及标准：从来没有公开过"
    assert other.evidence[1].sentence == "投诉渠道及方式：从来没有公开过"


def test_disclosed_once_and_not_renewed(estate):
    posted = datetime(2026, 7, 10, 2, 0, tzinfo=UTC)
    disclosure = Disclosure.objects.create(
        estate=estate,
        kind="service",
        version=1,
        manager="样例物业服务有限公司",
        text="每月每平方米一元",
        document=make_document(estate),
        posted_by="user:11",
        posted_at=posted,
        valid_until=D("2027-07-10"),
    )
    Duty.objects.create(
        estate=estate,
        kind="service",
        first=D("2026-07-10"),
        last=D("2027-07-10"),
        due_on=D("2027-07-10"),
        late_on=D("2027-07-26"),
    )
    assert found(D("2027-07-25")) == []
    one = only(D("2027-07-26"), 18)
    assert one.evidence[1][:2] == ("disclosures.disclosure", disclosure.pk)
    assert one.evidence[1].sentence == (
        "物业服务价格、内容及标准：上一次2026年7月10日公开，应在2027年7月10日以前更新"
    )


def test_what_a_committee_owes(estate):
    """Its expenses, each quarter; the use of the fund, due 30 days after the year."""
    open_books(estate, "expenses", holder="residents_committee")
    enrolled(estate)
    one = only(LATE, 22)
    assert (one.body, one.unit) == ("residents_committee", "样例社区居民委员会")
    assert one.evidence[0].sentence.startswith("2026年第三季度业主委员会经费")
    rows = found(D("2027-02-15"), 22)
    assert sorted(other.evidence[0].sentence.split("应在")[0] for other in rows) == [
        "2026年度维修资金使用",
        "2026年第三季度业主委员会经费",
        "2026年第四季度业主委员会经费",
    ]
    # Nobody holds money of the fund here: the body that keeps the committee's books does it.
    assert {other.body for other in rows} == {"residents_committee"}


def asked(publication, unit, *, at, text="为什么少了两万元"):
    return ask(
        publication_id=publication.pk,
        kind="question",
        line=None,
        said=Said(text, unit, f"{publication.pk}-{unit}-{at}"),
        by=OWNER,
        at=at,
    )


def replied(question, *, at):
    return answer(
        question_id=question.pk, upheld=False, text=ANSWER, covered=[], by=COMMITTEE, at=at
    )


def test_questions_nobody_answered(estate):
    """Asked on 20 October: to be answered by the end of the 30th."""
    book = open_books(estate)
    booked(book, "parking", 1_000_00)
    publication = published(book, at=AT)
    units = list(estate.units.values_list("pk", flat=True)[:3])
    first = asked(publication, units[0], at=noon(D("2026-10-20")))
    second = asked(publication, units[1], at=noon(D("2026-10-21")))
    gone = asked(publication, units[2], at=noon(D("2026-10-20")))
    withdraw(question_id=gone.pk, unit=units[2], by=OWNER, at=noon(D("2026-10-22")))
    assert found(D("2026-10-30")) == []
    one = only(D("2026-10-31"), 22)
    assert [proof[:2] for proof in one.evidence] == [("disclosures.question", first.pk)]
    assert one.evidence[0].sentence == (
        "业主对2026年第三季度公共收益的第1号提问，应在2026年10月30日以前答复，还没有答复"
    )
    assert (one.since, one.body) == (D("2026-10-31"), "committee")
    both = only(D("2026-11-01"), 22)
    assert [proof.pk for proof in both.evidence] == [first.pk, second.pk]
    assert both.key == one.key
    replied(first, at=noon(D("2026-11-03")))
    assert [proof.pk for proof in only(D("2026-11-02"), 22).evidence] == [first.pk, second.pk]
    assert [proof.pk for proof in only(D("2026-11-03"), 22).evidence] == [second.pk]
    replied(second, at=noon(D("2026-11-04")))
    assert found(D("2026-11-04")) == []


def test_no_word_of_an_owner_is_evidence(estate):
    """The register of problems is read by many: what was asked is not in it."""
    book = open_books(estate)
    booked(book, "parking", 1_000_00)
    asked(published(book, at=AT), None, at=AT, text="张三说王一拿了钱")
    [proof] = only(D("2026-11-30"), 22).evidence
    assert "张三" not in proof.sentence


def test_questions_on_another_period_are_another_finding(estate):
    book = open_books(estate)
    booked(book, "parking", 1_000_00)
    asked(published(book, at=AT), None, at=AT)
    booked(book, "parking", 1_000_00, on=D("2026-10-05"))
    asked(published(book, D("2026-10-01"), at=NEXT), None, at=NEXT)
    one, other = found(D("2027-02-01"), 22)
    assert one.key != other.key


def test_reports_nobody_answered(estate):
    """Reported on 12 October: to be answered by the end of the 22nd."""
    reports = [
        report_source(
            estate_id=estate.pk,
            place=f"{number}幢电梯",
            said=Said("一块广告", None, f"report-{number}"),
            photo=None,
            by=OWNER,
            at=AT,
        )
        for number in (1, 2)
    ]
    assert found(D("2026-10-22")) == []
    one = only(D("2026-10-23"), 22)
    assert [proof[:2] for proof in one.evidence] == [
        ("disclosures.sourcereport", report.pk) for report in reports
    ]
    assert (one.since, one.body) == (D("2026-10-23"), "committee")
    for report, kind in zip(reports, ("lift_ad", ""), strict=True):
        answer_report(
            report_id=report.pk, answer=ANSWER, covered=[], kind=kind, by=COMMITTEE,
            at=noon(D("2026-10-25")),
        )  # fmt: skip
    assert found(D("2026-10-25")) == []
    assert len(only(D("2026-10-24"), 22).evidence) == 2


def test_only_the_estates_asked_for_and_as_many_queries(estate):
    """Keys name one fact each, day after day; a city takes as many queries as an estate."""
    others = [accounts_estate() for _ in range(3)]
    everywhere = [estate, *others]
    for place in everywhere:
        contracted(recorded_source(place))
    enrolled(*everywhere)
    Estate.objects.exclude(pk=estate.pk).update(name="样例小区")
    on = D("2027-02-20")
    with CaptureQueriesContext(
        connection,
    ) as of_one:
        mine = found(on, estates=Estate.objects.filter(pk=estate.pk))
    with CaptureQueriesContext(connection) as of_all:
        everything = found(on)
    assert len(of_one) == len(of_all)
    assert {one.estate for one in mine} == {estate}
    assert {one.estate for one in everything} == set(everywhere)
    keys = [one.key for one in everything]
    assert len(set(keys)) == len(keys)
    assert [one.key for one in found(on + timedelta(days=30))] == keys
