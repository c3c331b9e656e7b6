"""Problems 16, 18 and 22: found where the rows prove them, in the register's own words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps

from core.deadlines import start_of
from disclosures.domain.problems import ITEMS
from disclosures.models import SourceReport
from disclosures.selectors.findings import findings
from disclosures.services.disclosing import disclose
from disclosures.services.duties import open_duties
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said, end_contract, report_source
from registry.models import Estate
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    MANAGER,
    OWNER,
    accounts_estate,
    can_sign,
    contracted,
    open_books,
    published,
    recorded_source,
)
from tests.disclosures.services.test_duties import PHONES, enrolled
from tests.factories import make_estate

pytestmark = pytest.mark.django_db(transaction=True)
LATE = date(2026, 11, 15)  # of the third quarter: due 30 October and 15 days of grace
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path, erasable):
    can_sign(settings, tmp_path)


@pytest.fixture
def estate():
    return accounts_estate()


def found(on, **named):
    return {(one.code, one.cause): one for one in findings(on, **named)}


def test_the_items_are_the_registers_own():
    """《住宅物业服务问题整治工作台账》 as handed down, where it lies beside the work."""
    assert ITEMS[16] == "住宅小区公共收益未单独列账、定期公示。"
    assert ITEMS[22] == "有关单位、业委会履职不到位等。"
    assert ITEMS[18].startswith("物业服务企业执行“三公开”制度不到位，未将物业服务价格")


def test_nothing_late_is_nothing_found(estate):
    enrolled(estate)
    open_duties(AT)
    assert found(FIRST) == {}


def test_revenue_late_is_16_and_18_on_the_first_day_after_the_grace(estate):
    enrolled(estate)
    open_duties(AT)
    assert (16, "revenue.late") not in found(LATE - DAY)
    now = found(LATE)
    for code in (16, 18):
        one = now[code, "revenue.late"]
        assert (one.since, one.unit) == (LATE, "物业服务企业")
        [proof] = one.evidence
        assert proof.sentence == "2026年第三季度公共收益应在2026年10月30日以前公布，没有公布"
        duty = apps.get_model(proof.model).objects.get(pk=proof.pk)
        assert (duty.kind, duty.first) == ("revenue", FIRST)


def test_where_the_committee_holds_the_money_its_delay_is_not_the_managers(estate):
    open_books(estate, holder="committee")
    enrolled(estate)
    open_duties(AT)
    now = found(LATE)
    assert (18, "revenue.late") not in now
    assert now[22, "revenue.late"].unit == now[16, "revenue.late"].unit == "样例花园业主委员会"


def test_what_the_manager_never_disclosed_and_what_it_did_not_renew(estate):
    enrolled(estate)
    open_duties(AT)
    one = found(LATE)[18, "complaints.late"]
    assert one.since == date(2026, 8, 16)
    assert one.evidence[0].sentence.endswith("从来没有公开")
    disclose(estate_id=estate.pk, manager="样例物业", said=PHONES, file=None, by=MANAGER, at=AT)
    assert (18, "complaints.late") not in found(LATE)
    # Due on 12 October of the next year, late after 15 days.
    assert (18, "complaints.late") not in found(date(2027, 10, 27))
    later = found(date(2027, 10, 28))[18, "complaints.late"]
    assert later.evidence[0].sentence.endswith("没有更新")


def test_a_day_that_is_over_is_found_as_it_was(estate):
    """What was published on the 20th was late on the 19th, and is not on the 20th."""
    enrolled(estate)
    open_duties(AT)
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    published(open_books(estate), at=at)
    assert (16, "revenue.late") in found(date(2026, 11, 19))
    assert (16, "revenue.late") not in found(date(2026, 11, 20))


def test_expenses_and_the_fund_are_the_committees(estate):
    enrolled(estate)
    open_duties(datetime(2027, 3, 1, 2, 0, tzinfo=UTC))
    now = found(date(2027, 3, 1))
    assert now[22, "expenses.late"].unit == "业主委员会"
    assert len(now[22, "expenses.late"].evidence) == 2  # two quarters, one problem
    assert now[22, "expenses.late"].since == LATE
    assert now[22, "fund.late"].evidence[0].sentence == (
        "2026年度维修资金使用应在2027年1月30日以前公布，没有公布"
    )


def test_money_that_is_not_apart(estate):
    from disclosures.services.books import Held, open_book

    open_book(
        estate_id=estate.pk,
        kind="revenue",
        frequency="quarterly",
        opened_on=FIRST,
        opening=(0, ""),
        held=Held("property_manager", "样例物业", False, why_not="和物业费同一个账户"),
        by=COMMITTEE,
        at=AT,
    )
    one = found(LATE)[16, "not_apart"]
    assert one.unit == "样例物业"
    assert "和物业费同一个账户" in one.evidence[0].sentence
    assert found(FIRST) == {}  # nobody had said so by then


def test_income_without_a_book(estate):
    deal = contracted(recorded_source(estate))
    one = found(LATE)[16, "no_book"]
    assert one.since == deal.first
    assert one.evidence[0][:2] == ("disclosures.contract", deal.pk)
    last = date(2026, 10, 31)
    end_contract(contract_id=deal.pk, last=last, reason="提前解除合同", by=COMMITTEE, at=AT)
    assert (16, "no_book") in found(last)
    assert (16, "no_book") not in found(last + DAY)


def test_a_book_ends_that(estate):
    contracted(recorded_source(estate))
    open_books(estate)
    assert (16, "no_book") not in found(LATE)


def test_a_question_without_an_answer(estate):
    out = published(open_books(estate))
    one = ask(
        publication_id=out.pk, kind="question", line=None,
        said=Said("为什么没有收入？", None, "q"), by=OWNER, at=AT,
    )  # fmt: skip
    # Ten days after the 12th, the 12th not counted: by the end of the 22nd.
    assert found(date(2026, 10, 22)) == {}
    late = found(date(2026, 10, 23))[22, "unanswered"]
    assert late.since == date(2026, 10, 23)
    assert late.evidence[0].sentence == "业主第1号提问应在2026年10月22日以前答复，没有答复"
    answer(
        question_id=one.pk, upheld=False, text="这一季没有收入", covered=[], by=COMMITTEE,
        at=start_of(date(2026, 10, 24)),
    )  # fmt: skip
    assert (22, "unanswered") in found(date(2026, 10, 23))
    assert (22, "unanswered") not in found(date(2026, 10, 24))


def test_a_report_without_an_answer(estate):
    report_source(
        estate_id=estate.pk, place="北门", said=Said("广告牌", None, "r"), photo=None,
        by=OWNER, at=AT,
    )  # fmt: skip
    late = found(date(2026, 10, 23))[22, "unanswered"]
    assert late.evidence[0][:2] == ("disclosures.sourcereport", SourceReport.objects.get().pk)


def test_the_key_stays_while_the_evidence_grows(estate):
    enrolled(estate)
    open_duties(AT)
    key = found(LATE)[22, "expenses.late"].key
    later = datetime(2027, 6, 1, 2, 0, tzinfo=UTC)
    open_duties(later)
    again = found(date(2027, 6, 1))[22, "expenses.late"]
    assert again.key == key
    assert len(again.evidence) == 3
    assert len({one.key for one in findings(date(2027, 6, 1))}) == len(
        list(findings(date(2027, 6, 1)))
    )


def test_only_the_estates_that_are_asked_for(estate):
    other = accounts_estate(make_estate("西苑"))
    for one in (estate, other):
        enrolled(one)
        contracted(recorded_source(one))
    open_duties(AT)
    here = findings(LATE, Estate.objects.filter(pk=other.pk))
    assert {one.estate for one in here} == {other}
