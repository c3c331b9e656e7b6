"""What the public pages are made of: sums of the frozen data, and who may see which picture."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosures import steps
from disclosures.models import PaperPage, Publication
from disclosures.selectors.asking import own_questions, own_reports
from disclosures.selectors.public import (
    above,
    account_of,
    home_of,
    line_of,
    parts_of,
    public_page,
    questions_on,
)
from disclosures.selectors.register import register_of
from disclosures.services.questions import ask
from disclosures.services.sources import Said, end_contract, end_source, report_source
from documents.scans import plain_picture
from registry.models import Ownership
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    OWNER,
    accounts_estate,
    booked,
    can_sign,
    contracted,
    open_books,
    published,
    recorded_source,
    voucher,
)
from tests.documents.bulletin_samples import QUARTER, bulletin, line
from tests.factories import make_estate, make_owner

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path_factory, monkeypatch):
    can_sign(settings, tmp_path_factory.mktemp("ca"))
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])


@pytest.fixture
def estate(db):
    return accounts_estate()


@pytest.fixture
def ledger(estate):
    return open_books(estate)


# --- from the frozen data alone -----------------------------------------------------------

ACCOUNTS = st.sampled_from([("in", "广告"), ("in", "孳息"), ("cost", "税费"), ("use", "会议")])
LINES = st.lists(
    st.tuples(ACCOUNTS, st.sampled_from("甲乙丙丁戊己庚辛"), st.integers(-(10**9), 10**9)),
    max_size=30,
).map(
    lambda rows: tuple(
        line(number, side, account, party, fen)
        for number, ((side, account), party, fen) in enumerate(rows, 1)
    )
)


@given(LINES)
def test_parts_hold_every_line_once_and_sum_to_it(lines):
    parts = parts_of(bulletin(lines, past={}))
    assert sorted(one for part in parts for one in part.lines) == sorted(lines)
    for part in parts:
        named = Counter[str]()
        for one in part.lines:
            named[one.party] += one.fen
        assert {one.party: one.fen for one in part.payers} == named
        assert sum(one.times for one in part.payers) == len(part.lines)
        sizes = [abs(one.fen) for one in part.payers]
        assert sizes == sorted(sizes, reverse=True)
        rest = [part.others] if part.others else []
        assert sum(one.fen for one in [*part.largest, *rest]) == part.heading.fen
        assert sum(one.times for one in [*part.largest, *rest]) == len(part.lines)
        assert (part.before, part.year) == (None, None)
    assert [part.place for part in parts] == list(range(len(parts)))


def test_by_how_much_is_against_each_earlier_period():
    parts = parts_of(bulletin())
    ad = next(one for one in parts if one.heading.account == "广告")
    # 18 000 + 6 400 now, 24 400 before, 18 000 a year ago.
    assert (ad.before, ad.year) == (0, 6_400_00)
    now = 28_614_50 + 38_700_00 + 24_400_00 + 4_500_00 + 5_000_00 + 83_17
    before = 65_210_00 + 24_400_00 + 4_500_00 + 5_000_00 + 79_02
    year = 58_000_00 + 18_000_00 + 4_500_00 + 5_000_00 + 61_44
    assert above(parts, "in") == (now - before, now - year)


def test_an_earlier_period_that_is_not_known_gives_no_difference():
    known = {"广告": (1, None)}
    parts = parts_of(bulletin(QUARTER[:4], past=known))
    assert above(parts, "in") == (None, None)
    assert above(parts, "use") == (None, None)
    only = parts_of(bulletin(QUARTER[2:4], past=known))
    assert above(only, "in") == (24_400_00 - 1, None)


# --- versions -----------------------------------------------------------------------------


def test_the_version_in_force_and_every_other(estate, ledger):
    assert account_of(estate, "revenue", FIRST) is None
    booked(ledger, "advertising", 100_00)
    published(ledger)
    booked(ledger, "rooms", 50_00, at=AT)
    published(ledger, correction="补记门面租金")
    newest, oldest = (
        account_of(estate, "revenue", FIRST),
        account_of(estate, "revenue", FIRST, 1),
    )
    assert (newest.publication.version, newest.is_newest, list(newest.new)) == (2, True, [2])
    assert (oldest.publication.version, oldest.is_newest, list(oldest.new)) == (1, False, [])
    assert newest.facts.closing_fen - oldest.facts.closing_fen == 50_00
    assert line_of(oldest, 2) is None
    for version in (0, 3):
        assert account_of(estate, "revenue", FIRST, version) is None
    assert account_of(make_estate("西苑"), "revenue", FIRST) is None
    assert account_of(estate, "expenses", FIRST) is None


def test_no_bytes_of_pdf_and_table_are_read(estate, ledger, django_assert_num_queries):
    booked(ledger, "advertising", 100_00)
    published(ledger)
    with django_assert_num_queries(2):  # the versions, the data of the one
        found = account_of(estate, "revenue", FIRST)
    deferred = found.publication.get_deferred_fields()
    assert "csv" in deferred
    assert "pdf" in found.publication.document.get_deferred_fields()
    home = home_of(estate, AT.date())
    assert "csv" in home.revenue.get_deferred_fields()


def test_questions_of_one_entry_and_of_one_version(estate, ledger):
    booked(ledger, "advertising", 100_00)
    booked(ledger, "rooms", 50_00)
    first = published(ledger)

    def asked(publication, line, word):
        said = Said(f"为什么{word}", None, word)
        return ask(
            publication_id=publication.pk,
            kind="question",
            line=line,
            said=said,
            by=COMMITTEE,
            at=AT,
        ).number

    one, whole = asked(first, 1, "甲"), asked(first, None, "乙")
    booked(ledger, "rooms", 25_00, at=AT)
    second = published(ledger, correction="补记门面租金")
    later = asked(second, 2, "丙")

    def numbers(version, line=None):
        account = account_of(estate, "revenue", FIRST, version)
        return [one.number for one in questions_on(account, line)]

    assert numbers(None) == [later, whole, one]
    assert numbers(1) == [whole, one]
    assert numbers(None, 1) == [one]
    assert numbers(None, 3) == []


# --- pictures -----------------------------------------------------------------------------


def test_a_picture_is_public_only_with_its_entry_and_looked_over(estate, ledger):
    seen = booked(ledger, "advertising", 100_00)
    page = PaperPage.objects.get(paper__entries__entry=seen)
    assert public_page(estate, page.pk) is None
    published(ledger)
    assert bytes(public_page(estate, page.pk).shown) == bytes(
        PaperPage.objects.get(pk=page.pk).shown
    )
    assert public_page(make_estate("西苑"), page.pk) is None
    unseen = booked(ledger, "rooms", 1_00, looked=False, at=AT)
    hidden = PaperPage.objects.get(paper__entries__entry=unseen)
    assert public_page(estate, hidden.pk) is None
    contract = contracted(recorded_source(estate))
    assert public_page(estate, contract.paper.pages.get().pk) is None


def test_a_picture_costs_one_look_however_many_there_are(
    estate, ledger, django_assert_max_num_queries
):
    for _time in range(5):
        booked(ledger, "advertising", 100_00)
    published(ledger)
    pk = PaperPage.objects.filter(paper__kind="voucher").last().pk
    with django_assert_max_num_queries(2):
        assert public_page(estate, pk)


# --- the register, and what is one's own --------------------------------------------------


def test_contracts_run_until_their_last_day(estate):
    source = recorded_source(estate)
    contract = contracted(source, first=date(2026, 1, 1), last=date(2026, 12, 31))

    def running(day):
        (one,) = register_of(estate, day).present
        return [len(one.running), len(one.over)]

    assert running(date(2026, 12, 31)) == [1, 0]
    assert running(date(2027, 1, 1)) == [0, 1]
    end_contract(
        contract_id=contract.pk, last=date(2026, 9, 30), reason="对方退租", by=COMMITTEE, at=AT
    )
    assert running(date(2026, 9, 30)) == [1, 0]
    assert running(date(2026, 10, 1)) == [0, 1]
    end_source(
        source_id=source.pk, last=date(2026, 10, 1), reason="电梯广告拆除", by=COMMITTEE, at=AT
    )
    register = register_of(estate, AT.date())
    assert [one.source for one in register.ended] == [source]
    assert not register.present


def test_a_report_says_nothing_before_it_is_answered(estate):
    report_source(
        estate_id=estate.pk,
        place="3幢门厅",
        said=Said("一块广告牌", estate.units.first().pk, "1"),
        photo=voucher(),
        by=OWNER,
        at=AT,
    )
    (one,) = register_of(estate, AT.date()).reports
    assert (one.place, one.text, list(one.pages)) == ("", "", [])


def test_what_was_said_before_the_unit_was_bought_is_not_ones_own(estate, ledger):
    booked(ledger, "advertising", 100_00)
    made = published(ledger)
    unit = estate.units.get(label="2幢1单元202室")
    at = {"by": OWNER, "at": AT}
    ask(
        publication_id=made.pk,
        kind="question",
        line=None,
        said=Said("合同在哪里看", unit.pk, "1"),
        **at,
    )
    report_source(
        estate_id=estate.pk, place="东门", said=Said("广告牌", unit.pk, "2"), photo=None, **at
    )

    def own():
        return len(own_questions([unit.pk])), len(own_reports([unit.pk]))

    assert own() == (1, 1)
    assert own_questions([]) == []
    Ownership.objects.filter(unit=unit).update(valid_to=AT.date())
    assert own() == (0, 0)
    buyer = make_owner(estate, "吴八")
    title = Ownership.objects.create(unit=unit, owner=buyer, valid_from=AT.date() + DAY)
    assert own() == (0, 0)
    Ownership.objects.filter(pk=title.pk).update(valid_from=AT.date())
    assert own() == (1, 1)


def test_the_newest_of_each_kind_stands_first(estate):
    book = open_books(estate, since=date(2026, 4, 1))
    for day in (date(2026, 4, 2), FIRST):
        booked(book, "advertising", 100_00, on=day)
        published(book, day)
    open_books(estate, "expenses")
    revenue, expenses = home_of(estate, AT.date()).kept
    assert revenue.newest.period.first == FIRST
    assert [one.period.first for one in revenue.earlier] == [date(2026, 4, 1)]
    assert (expenses.kind, expenses.newest) == ("expenses", None)
    assert Publication.objects.count() == 2
