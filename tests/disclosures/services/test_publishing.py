"""Closing and publishing: to the fen, by two bodies, version after version, never silently."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pypdf import PdfReader

from core.deadlines import local_day
from core.errors import RuleViolation
from disclosures.models import Duty, Period, Publication
from disclosures.selectors.figures import due_to_fund, figures_of, stale, stale_periods
from disclosures.selectors.rules import account_rules
from disclosures.services.annual import Convene, issue_year_account, propose
from disclosures.services.books import change_holder, decide_split
from disclosures.services.entries import review
from disclosures.services.publishing import Statement, give_back, prepare, publish
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said as Asks
from disclosures.steps import By
from documents.verification import check_offline
from funds.models import Refund, RepairRequest
from funds.services.accounts import open_account
from funds.services.settling import receive_refund
from funds.steps import Receipt
from registry.models import RuleProfile
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    LAST,
    MANAGER,
    NEXT,
    OWNER,
    PHONE,
    STREET,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    entered,
    held,
    open_books,
    published,
    quarter,
    recorded_source,
    reversed_entry,
    stated,
    voucher,
)
from tests.factories import make_estate
from tests.funds.books import deposit, make_account, make_special
from tests.funds.payments import funded, pay
from tests.funds.repairs import AT as REPAIRED
from tests.funds.repairs import SECOND

pytestmark = pytest.mark.django_db
FOURTH = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def book():
    return open_books(accounts_estate(), opening=1_000_00)


def refused(call, **given):
    with pytest.raises(RuleViolation) as found:
        call(**given)
    reasons = found.value.facts.get("reasons")
    return [one.code for one in reasons] if reasons else found.value.code


def closing_of(book, day=FIRST, **said):
    at = said.pop("at", AT)
    by = said.pop("by", MANAGER)
    paper = said.pop("paper", voucher("statement"))
    statement = said.pop("statement", None) or stated(book, day, at=at, **said)
    return {
        "book_id": book.pk,
        "day": day,
        "statement": statement,
        "paper": paper,
        "by": by,
        "at": at,
    }


def yuan(text):
    """The oracle reads printed amounts in its own way."""
    whole, _, cents = text.replace(",", "").lstrip("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 100 + int(cents))


def test_it_works(book):
    quarter(book)
    out = published(book)
    assert (out.version, out.opening_fen) == (1, 1_000_00)
    # By hand: 1000 + 28614.50 + 38700 + 18000 + 4500 + 83.17
    #          - 6231.40 - 2917.33 - 6000 - 70000
    assert out.closing_fen == 5_748_94
    out.period.refresh_from_db()
    assert out.period.version == 1
    verdict = check_offline(bytes(out.document.pdf), trust_roots=_roots())
    assert verdict.status == "genuine"


def _roots():
    from documents import keys

    return [keys.identity().certificate]


def test_paper_data_and_table_say_what_the_entries_say(book):
    entries = quarter(book)
    out = published(book)
    wanted = sorted((one.number, one.fen) for one in entries)
    data = json.loads(bytes(out.document.facts))
    assert sorted((line["number"], yuan(line["amount"])) for line in data["lines"]) == wanted
    rows = list(csv.reader(io.StringIO(bytes(out.csv).decode("utf-8-sig"))))
    numbered = [row for row in rows[1:] if row and row[0].isdigit()]
    place = rows[0].index(next(name for name in rows[0] if name.startswith("金额")))
    assert sorted((int(row[0]), yuan(row[place])) for row in numbered) == wanted
    assert bytes(out.document.facts) in _attached(bytes(out.document.pdf))


def _attached(pdf):
    files = PdfReader(io.BytesIO(pdf)).attachments.values()
    return [content for one in files for content in one]


@pytest.mark.parametrize("apart", [-1, 1])
def test_one_fen_apart_blocks(book, apart):
    quarter(book)
    given = closing_of(book, bank=5_748_94 + apart)
    assert refused(prepare, **given) == ["closing.difference"]
    given = closing_of(book, bank=5_748_94 + apart, difference="手续费一分在途")
    assert prepare(**given).state == "prepared"


def test_everything_that_is_missing_at_once(book):
    entered(book, "parking", 500)  # not reviewed
    booked(book, "parking", 700, looked=False)  # not looked over
    statement = Statement(None, None, "", {}, "")
    given = closing_of(book, statement=statement, paper=None)
    assert refused(prepare, **given) == [
        "closing.bank_on",
        "closing.statement",
        "closing.unreviewed",
        "closing.unmasked",
        "closing.bank",
    ]
    early = Statement(1_007_00, LAST - timedelta(days=1), "", {}, "")
    assert "closing.bank_on" in refused(prepare, **closing_of(book, statement=early))


def test_two_bodies(book):
    assert refused(prepare, **closing_of(book, by=COMMITTEE)) == "accounts.not_holder"
    closing = prepare(**closing_of(book))
    given = {"closing_id": closing.pk, "phone": PHONE, "at": AT}
    assert refused(publish, **given, by=MANAGER) == "accounts.role"
    same = By(MANAGER.actor, "organiser")
    assert refused(publish, **given, by=same) == "accounts.same_person"
    assert refused(publish, **given | {"phone": ""}, by=STREET) == ["phone.missing"]
    out = publish(**given, by=STREET)
    assert publish(**given, by=STREET) == out  # once
    assert refused(publish, **given, by=COMMITTEE) == "closing.state"
    assert Publication.objects.count() == 1


def test_nothing_before_its_time(book):
    during = AT.replace(month=9, day=30)
    assert refused(prepare, **closing_of(book, at=during)) == "closing.not_over"
    assert refused(prepare, **closing_of(book, day=date(2026, 6, 1))) == "closing.not_over"
    # The quarter after waits for the one before.
    given = closing_of(book, day=FOURTH, at=NEXT)
    assert refused(prepare, **given) == ["closing.behind"]
    published(book)
    assert prepare(**closing_of(book, day=FOURTH, at=NEXT)).version == 1


def test_what_moved_since_is_looked_at_again(book):
    draft = entered(book, "parking", 500)
    # Prepared while the draft was of the next quarter: move its day by another entry.
    from disclosures.services.entries import drop

    drop(entry_id=draft.pk, reason="写错日期了", by=MANAGER, at=AT)
    closing = prepare(**closing_of(book))
    booked(book, "parking", 700)
    given = {"closing_id": closing.pk, "phone": PHONE, "by": COMMITTEE, "at": AT}
    assert refused(publish, **given) == "closing.changed"
    assert refused(prepare, **closing_of(book)) == "closing.waits"
    give_back(closing_id=closing.pk, reason="漏了一笔，请重新提交", by=COMMITTEE, at=AT)
    assert published(book).closing_fen == 1_007_00


def test_a_correction_is_a_new_version_and_the_old_one_stays(book):
    wrong = booked(book, "advertising", 50_000)
    first = published(book)
    assert refused(prepare, **closing_of(book)) == ["closing.same", "closing.correction"]
    reversed_entry(wrong)
    right = booked(book, "parking", 50_000)
    assert (right.version, right.period_id) == (2, wrong.period_id)
    first.period.refresh_from_db()
    assert stale(first.period)
    given = closing_of(book, correction="短")
    assert refused(prepare, **given) == ["closing.correction"]
    later = AT + timedelta(days=3)
    second = published(book, correction="第1笔记错科目，改为车位场地使用费", at=later)
    assert (second.version, second.closing_fen) == (2, first.closing_fen)
    assert second.until - first.until == timedelta(days=3)  # the period began anew
    first.document.refresh_from_db()
    assert (first.document.status, first.document.superseded_by) == (
        "superseded", second.document,
    )  # fmt: skip
    assert json.loads(bytes(first.document.facts))["version"] == 1
    assert not stale(Period.objects.get(pk=first.period_id))


def test_a_changed_balance_makes_later_periods_due_again(book):
    booked(book, "parking", 50_000)
    published(book)
    published(book, FOURTH, at=NEXT)
    booked(book, "parking", 100)  # found in January, of July
    third, fourth = book.periods.order_by("first")
    assert stale(third)
    assert stale(fourth)
    given = closing_of(book, day=FOURTH, at=NEXT, correction="上一期更正，期初余额变了")
    assert refused(prepare, **given) == ["closing.behind"]
    later = NEXT + timedelta(days=1)
    published(book, correction="补记7月漏记的停车费", at=later)
    again = published(book, FOURTH, correction="上一期更正，期初余额变了", at=later)
    assert (again.version, again.opening_fen) == (2, 1_000_00 + 50_000 + 100)


def test_an_open_wrong_figure_stops_the_correction_until_it_is_answered(book):
    booked(book, "parking", 50_000)
    out = published(book)
    asked = ask(
        publication_id=out.pk, kind="wrong", line=1, said=Asks("应该是600元", None, "s1"),
        by=OWNER, at=AT,
    )  # fmt: skip
    booked(book, "parking", 10_000)
    given = closing_of(book, correction="补记100元")
    assert refused(prepare, **given) == ["closing.wrong"]
    answer(
        question_id=asked.pk, upheld=True, text="查实漏记100元，已补记", covered=[],
        by=COMMITTEE, at=AT,
    )  # fmt: skip
    assert prepare(**given).version == 2


def test_income_a_contract_promises_is_asked_for(book):
    contract = contracted(recorded_source(book.estate), fen=600_00)  # a month
    given = closing_of(book)
    keys = set(given["statement"].explanations)
    assert keys == {f"expected:{contract.pk}"}
    empty = given["statement"]._replace(explanations={})
    assert refused(prepare, **given | {"statement": empty}) == ["closing.unexplained"]
    # Three months of 600, less one fen: still asked.
    booked(book, "advertising", 1_799_99, contract=contract)
    assert set(stated(book, FIRST).explanations) == {f"expected:{contract.pk}"}
    booked(book, "advertising", 1, contract=contract)
    assert stated(book, FIRST).explanations == {}
    # Paid ahead: nothing is asked in the quarter after.
    booked(book, "advertising", 1_800_00, contract=contract)
    published(book)
    assert f"expected:{contract.pk}" not in stated(book, FOURTH, at=NEXT).explanations


def test_what_the_fund_is_owed_is_said(book):
    booked(book, "parking", 100_00)
    out = published(book)
    data = json.loads(bytes(out.document.facts))
    assert yuan(data["due_to_fund"]) == 100_00  # nothing decided: all of the net
    assert "to_fund" in stated(book, FOURTH, at=NEXT).explanations
    booked(book, "to_fund", 100_00, on=FOURTH)
    assert "to_fund" not in stated(book, FOURTH, at=NEXT).explanations


def test_a_published_duty_is_done(book):
    duty = Duty.objects.create(
        estate=book.estate, kind="revenue", first=FIRST, last=LAST,
        due_on=LAST + timedelta(days=30), late_on=LAST + timedelta(days=46),
    )  # fmt: skip
    out = published(book)
    duty.refresh_from_db()
    assert (duty.done_at, duty.publication) == (AT, out)


def test_the_fund_is_published_from_its_own_books():
    account = make_account()
    deposit(account, 300_00)  # on 2 November
    accounts_estate(account.estate, **{"fund.publish": "half_yearly"})
    first = date(2026, 7, 1)
    book = open_books(account.estate, "fund", since=first, frequency="half_yearly")
    out = published(book, first, at=NEXT)
    units = account.subs.count()
    assert (out.opening_fen, out.closing_fen) == (0, units * 300_00)
    data = json.loads(bytes(out.document.facts))
    assert [line["account"] for line in data["lines"]] == ["交存"]
    given = closing_of(book, paper=None, by=MANAGER, at=NEXT)
    assert refused(prepare, **given) == "accounts.role"


def test_a_fund_nobody_knows_is_not_published_as_nothing():
    book = open_books(accounts_estate(), "fund", since=date(2025, 1, 1), frequency="yearly")
    given = closing_of(book, day=date(2025, 1, 1), paper=None, by=COMMITTEE)
    assert refused(prepare, **given) == ["closing.behind"]


# --- what the database itself refuses ------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE disclosures_publication SET closing_fen = 1",
        "DELETE FROM disclosures_publication",
        "UPDATE disclosures_period SET version = 0",
        "UPDATE disclosures_period SET version = 2",
        "DELETE FROM disclosures_period",
        "UPDATE disclosures_closing SET difference = 'x'",
        "UPDATE disclosures_closing SET state = 'prepared'",
        "UPDATE disclosures_book SET opening_fen = 7",
        "DELETE FROM disclosures_closing",
    ],
)
def test_what_is_out_never_changes(book, sql):
    booked(book, "parking", 5)
    published(book)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_no_entry_slips_into_a_version_that_is_out(book):
    draft = entered(book, "parking", 5)
    sealed = review(entry_id=draft.pk, by=COMMITTEE, at=AT)
    from disclosures.services.papers import look_over

    for paper in sealed.papers.values_list("paper", flat=True):
        look_over(paper_id=paper, by=COMMITTEE, at=AT)
    published(book)
    late = entered(book, "parking", 6)
    from disclosures.models import Entry, Posting

    Posting.objects.create(entry=late, ledger="parking", fen=-6)
    Posting.objects.create(entry=late, ledger="bank", fen=6)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=late.pk).update(
            state="sealed", number=2, period=sealed.period, version=1, reviewed_by="x"
        )


def test_an_unread_clause_is_not_cited_on_a_paper(book):
    profile = RuleProfile.objects.get(code="accounts")
    profile.values["revenue.publish"] |= {"verified": False, "clause": "某条例（未见原文）"}
    profile.save()
    out = published(book)
    assert json.loads(bytes(out.document.facts))["clause"] == "民法典第943条"


@pytest.mark.parametrize(("kind", "law"), [
    ("revenue", "民法典第943条"), ("expenses", "建房〔2009〕274号第42条"),
])  # fmt: skip
def test_no_paper_says_that_the_law_says_nothing(book, kind, law):
    """How often is the platform's own; that it is done regularly is not."""
    profile = RuleProfile.objects.get(code="accounts")
    profile.values[f"{kind}.publish"] |= {"clause": "平台默认，法律没有规定"}
    profile.save()
    kept = book if kind == "revenue" else open_books(book.estate, kind)
    assert json.loads(bytes(published(kept).document.facts))["clause"] == law


def test_an_authority_publishes_under_its_own_name(book):
    """No estate has a street office of its own; a committee is called after the estate."""
    named = published(book, by=STREET).document
    assert json.loads(bytes(named.facts))["issuer"] == "样例街道办事处"
    own = published(open_books(book.estate, "expenses"), by=COMMITTEE).document
    assert json.loads(bytes(own.facts))["issuer"] == "样例花园业主委员会"


def test_a_years_report_names_who_looked_it_over_and_which_period_is_meant(book):
    """Who issues it reviewed nothing: the bodies that published its periods did."""
    kept = open_books(accounts_estate(make_estate("别处")), since=date(2025, 7, 1))
    neighbours = By("user:14", "residents_committee")
    published(kept, date(2025, 7, 1), by=STREET)
    booked(kept, "parking", 700_00, on=date(2025, 10, 5))
    published(kept, date(2025, 10, 1), by=neighbours)
    account = issue_year_account(book_id=kept.pk, year=2025, by=COMMITTEE, at=AT)
    facts = json.loads(bytes(account.document.facts))
    assert (facts["prepared"], facts["reviewed"]) == ("物业服务企业", "街道办事处、居民委员会")
    [said] = facts["explanations"]
    assert said.startswith("第四季度，车位场地使用费：本期 700.00 元，上期 0.00 元")


def test_a_share_or_a_holder_that_changes_meanwhile_is_looked_at_again(book):
    booked(book, "parking", 10_000)
    closing = prepare(**closing_of(book))
    given = {"closing_id": closing.pk, "phone": PHONE, "by": COMMITTEE, "at": AT}
    decide_split(
        book_id=book.pk, share=(0, 100), since=LAST, decision="决议〔2026〕9号",
        paper=voucher(), by=COMMITTEE, at=AT,
    )  # fmt: skip
    assert refused(publish, **given) == "closing.changed"
    give_back(closing_id=closing.pk, reason="比例变了，重新提交", by=COMMITTEE, at=AT)
    closing = prepare(**closing_of(book))
    out = publish(**given | {"closing_id": closing.pk})
    # Whoever reads that nothing has to go to the fund reads by what.
    facts = json.loads(bytes(out.document.facts))
    told = "按业主的决定（决议〔2026〕9号），净收益的0%转入维修资金"
    assert (facts["due_to_fund"], facts["explanations"]) == ("0.00", [told])
    booked(book, "parking", 5)
    closing = prepare(**closing_of(book, correction="补记漏记的一笔"))
    change_holder(book_id=book.pk, held=held("committee"), since=FIRST, by=COMMITTEE, at=AT)
    assert refused(publish, **given | {"closing_id": closing.pk}) == "closing.changed"


def test_a_statement_of_tomorrow_is_none(book):
    late = stated(book, FIRST)._replace(bank_on=AT.date() + timedelta(days=1))
    assert refused(prepare, **closing_of(book, statement=late)) == ["closing.bank_on"]


def test_a_rule_of_later_says_nothing_of_a_period_before_it(book):
    booked(book, "parking", 10_000)
    published(book)
    booked(book, "to_fund", 10_000, on=FOURTH)
    profile = RuleProfile.objects.get(code="accounts")
    later = RuleProfile.objects.create(
        code="accounts", title="新规则", valid_from=date(2026, 11, 1), values=profile.values
        | {"revenue.default_to_fund": {"value": [1, 2], "clause": "新", "verified": True}},
    )  # fmt: skip
    rules = account_rules(book.estate, NEXT.date())
    period = book.periods.get(first=FIRST)
    period.book = book
    assert later.pk
    assert due_to_fund(book, period, {"parking": 10_000}) == 10_000
    assert figures_of(period, rules).fund_due == 0


def test_a_balance_of_the_fund_dated_back_is_published_again():
    account = make_account()
    accounts_estate(account.estate, **{"fund.publish": "half_yearly"})
    book = open_books(account.estate, "fund", since=FIRST, frequency="half_yearly")
    deposit(account, 300_00)
    out = published(book, FIRST, at=NEXT)
    assert not stale_periods(book)
    deposit(account, 100_00)  # of the same day, booked later
    assert stale_periods(book) == {out.period_id}


def test_of_two_accounts_one_unknown_nothing_is_published():
    account = make_account()
    estate = accounts_estate(account.estate, **{"fund.publish": "half_yearly"})
    deposit(account, 300_00)
    other = make_special(estate, mode="mirror")
    open_account(
        special_id=other.pk, estate=estate, custody="public", selling_organisation="样例厂",
        actor="user:1", at=AT,
    )  # fmt: skip
    book = open_books(estate, "fund", since=FIRST, frequency="half_yearly")
    given = closing_of(book, paper=None, by=COMMITTEE, at=NEXT)
    assert refused(prepare, **given) == ["closing.behind"]


def test_a_repair_that_came_back_whole_is_listed_with_nothing():
    case = funded()
    pay(case)
    RepairRequest.objects.update(state="closed")
    paid = case.application.instalments.get(position=1).payable_fen
    back = Refund.objects.create(
        request=case.request, fen=paid, reason="业主没有同意", noted_by="system",
        noted_at=REPAIRED,
    )  # fmt: skip
    receive_refund(
        code=case.code, refund_id=back.pk, receipt=Receipt("R1", local_day(REPAIRED), paid),
        scan=b"", by=SECOND, at=REPAIRED,
    )  # fmt: skip
    estate = accounts_estate(case.account.estate)
    book = open_books(estate, "fund", since=date(2026, 1, 1))
    out = published(book, date(2026, 1, 1), at=NEXT)
    lines = json.loads(bytes(out.document.facts))["lines"]
    assert [fen_of(line) for line in lines if line["account"] == "维修支出"] == [0]


def fen_of(line):
    return yuan(line["amount"])


def test_a_year_that_rests_on_a_corrected_period_says_so(book):
    year_book = open_books(accounts_estate(make_estate("别处")), since=date(2025, 10, 1))
    wrong = booked(year_book, "parking", 700, on=date(2025, 10, 5))
    first = date(2025, 10, 1)
    published(year_book, first)
    account = issue_year_account(book_id=year_book.pk, year=2025, by=COMMITTEE, at=AT)
    booked(year_book, "parking", 300, on=wrong.dated_on)
    asks = {"account_id": account.pk, "purpose": "accept", "session_id": None, "by": COMMITTEE,
            "convene": Convene("会议", "owners_committee", "业委会", "0000-0000000"),
            "at": AT}  # fmt: skip
    assert refused(propose, **asks) == "year.replaced"
    published(year_book, first, correction="补记漏记的一笔")
    account.document.refresh_from_db()
    assert account.document.standing == "correction"
    assert refused(propose, **asks) == "year.replaced"
    anew = issue_year_account(book_id=year_book.pk, year=2025, by=COMMITTEE, at=AT)
    assert anew.pk != account.pk
    assert "10.00 元" in propose(**asks | {"account_id": anew.pk}).text
