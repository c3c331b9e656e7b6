"""Entries: two bodies, vouchers, numbers without a gap; the database refuses the rest."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import RuleViolation
from disclosures.domain.entries import Money
from disclosures.models import Entry, EntryPaper, Period, Posting
from disclosures.selectors.books import balance_before
from disclosures.services.entries import (
    Said,
    drop,
    edit,
    enter,
    return_entry,
    reverse,
    review,
    seen_of,
    take_paper_off,
)
from disclosures.steps import By
from logbook.models import Entry as LogEntry
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    LAST,
    MANAGER,
    STREET,
    accounts_estate,
    booked,
    entered,
    open_books,
    voucher,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    return open_books(accounts_estate(), opening=100_000)


def refused(call, **given):
    with pytest.raises(RuleViolation) as found:
        call(**given, at=AT)
    reasons = found.value.facts.get("reasons")
    return [one.code for one in reasons] if reasons else found.value.code


def said(**given):
    return Said(**{"dated_on": FIRST, "party": "某公司", "text": "七月"} | given)


def put(book, **given):
    return refused(
        enter,
        **{
            "book_id": book.pk,
            "money": Money("advertising", 5),
            "said": said(),
            "papers": [voucher()],
            "submission": "s",
            "by": MANAGER,
        }
        | given,
    )


def test_it_works(book):
    entry = entered(book, "advertising", 500_000)
    assert (entry.state, entry.number) == ("draft", None)
    assert balance_before(book, LAST) == 100_000  # a draft moves nothing
    sealed = review(entry_id=entry.pk, by=COMMITTEE, at=AT)
    assert (sealed.state, sealed.number, sealed.version) == ("sealed", 1, 1)
    assert (sealed.period.first, sealed.period.last) == (FIRST, LAST)
    lines = Posting.objects.filter(entry=sealed).values_list("ledger", "fen")
    assert dict(lines) == {"advertising": -500_000, "bank": 500_000}
    assert balance_before(book, LAST) == 600_000
    log = LogEntry.objects.filter(log__name=book.log_name).order_by("seq")
    assert [one.kind for one in log][-2:] == ["entry.entered", "entry.reviewed"]
    assert sealed.digest.encode() in bytes(log.last().line)


def test_the_same_submission_and_the_same_review_are_one(book):
    given = {
        "book_id": book.pk, "money": Money("parking", 7), "said": said(),
        "papers": [voucher()], "submission": "once", "by": MANAGER, "at": AT,
    }  # fmt: skip
    entry = enter(**given)
    assert enter(**given) == entry
    first = review(entry_id=entry.pk, by=COMMITTEE, at=AT)
    again = review(entry_id=entry.pk, by=COMMITTEE, at=AT)
    assert (first.number, again.number) == (1, 1)
    assert Posting.objects.count() == 2


def test_who_holds_the_money_enters_and_another_body_reviews(book):
    assert put(book, by=COMMITTEE) == "accounts.not_holder"
    entry = entered(book, "parking", 5)
    other_of_manager = By("user:99", "property_manager")
    assert refused(review, entry_id=entry.pk, by=other_of_manager) == "accounts.role"
    # The same person, in whatever role.
    same = By(MANAGER.actor, "organiser")
    assert refused(review, entry_id=entry.pk, by=same) == "accounts.same_person"
    assert refused(return_entry, entry_id=entry.pk, reason="不清楚", by=same) == (
        "accounts.same_person"
    )
    assert review(entry_id=entry.pk, by=STREET, at=AT).number == 1


def test_a_committee_that_holds_the_money_does_not_review_itself():
    book = open_books(accounts_estate(), "expenses", holder="committee")
    entry = entered(book, "office", 5, by=COMMITTEE, decision="决议3号")
    another = By("user:98", "organiser")
    assert refused(review, entry_id=entry.pk, by=another) == "accounts.same_body"
    neighbours = By("user:97", "residents_committee")
    assert review(entry_id=entry.pk, by=neighbours, at=AT).state == "sealed"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"papers": []}, ["entry.papers"]),
        ({"money": Money("advertising", 0)}, ["entry.fen"]),
        ({"money": Money("office", 5)}, ["entry.heading"]),
        ({"money": Money("committee", 5)}, ["entry.decision"]),
        ({"money": Money("to_fund", 5)}, None),
        ({"said": said(party="")}, ["party.missing"]),
        ({"said": said(text="x" * 201)}, ["text.too_long"]),
        ({"said": said(text="a\x00b")}, ["text.unreadable"]),
        ({"said": said(text="a\u202e1.00")}, ["text.unreadable"]),  # is shown as 00.1
        ({"said": said(party="\u2067某公司\u2069")}, ["party.unreadable"]),
        ({"said": said(dated_on=FIRST - timedelta(days=1))}, ["entry.day"]),
        ({"said": said(dated_on=date(2099, 1, 1))}, ["entry.day"]),
        ({"said": said(contract=10**6)}, ["entry.contract"]),
        (
            {"money": Money("x", -1), "said": said(party=" ", text=""), "papers": []},
            ["entry.heading", "entry.fen", "party.missing", "text.missing", "entry.papers"],
        ),
    ],
)
def test_bad_input_all_at_once(book, given, codes):
    if codes is None:
        given = {
            "book_id": book.pk, "said": said(), "papers": [voucher()], "submission": "s",
            "by": MANAGER, "at": AT,
        } | given  # fmt: skip
        assert enter(**given).state == "draft"
    else:
        assert put(book, **given) == codes


def test_a_returned_entry_is_put_right(book):
    entry = entered(book, "parking", 5)
    assert refused(return_entry, entry_id=entry.pk, reason="短", by=COMMITTEE) == [
        "entry.reason"
    ]
    back = return_entry(entry_id=entry.pk, reason="金额和凭证不符", by=COMMITTEE, at=AT)
    assert back.state == "returned"
    assert refused(review, entry_id=entry.pk, by=COMMITTEE) == "entry.state"
    mended = edit(
        entry_id=entry.pk, money=Money("parking", 6), said=said(), papers=[voucher()],
        by=MANAGER, at=AT,
    )  # fmt: skip
    assert (mended.state, mended.fen, mended.papers.count()) == ("draft", 6, 2)
    wrong = mended.papers.first()
    take_paper_off(entry_id=entry.pk, paper_id=wrong.paper_id, by=MANAGER, at=AT)
    assert mended.papers.count() == 1
    assert review(entry_id=entry.pk, by=COMMITTEE, at=AT).fen == 6


def test_without_a_paper_nothing_is_reviewed(book):
    entry = entered(book, "parking", 5)
    paper = entry.papers.get()
    take_paper_off(entry_id=entry.pk, paper_id=paper.paper_id, by=MANAGER, at=AT)
    assert refused(review, entry_id=entry.pk, by=COMMITTEE) == "entry.papers"


def test_a_reversal_takes_it_back_once(book):
    entry = booked(book, "rooms", 100_000, kept=("tax", 6_000))
    assert balance_before(book, LAST) == 194_000
    given = {"entry_id": entry.pk, "dated_on": FIRST, "by": MANAGER}
    assert refused(reverse, **given, reason="短") == ["entry.reason"]
    back = reverse(**given, reason="记错了科目", at=AT)
    assert refused(reverse, **given, reason="再冲一次") == "reversal.twice"
    assert review(entry_id=back.pk, by=COMMITTEE, at=AT).number == 2
    assert balance_before(book, LAST) == 100_000
    assert sum(Posting.objects.values_list("fen", flat=True)) == 0
    given["entry_id"] = back.pk
    assert refused(reverse, **given, reason="冲正的冲正") == "reversal.of_reversal"
    draft = entered(book, "rooms", 5)
    given["entry_id"] = draft.pk
    assert refused(reverse, **given, reason="还没有入账") == "reversal.not_sealed"


def test_a_dropped_entry_leaves_no_number(book):
    entry = entered(book, "parking", 5)
    drop(entry_id=entry.pk, reason="重复记了", by=MANAGER, at=AT)
    assert refused(review, entry_id=entry.pk, by=COMMITTEE) == "entry.state"
    assert booked(book, "parking", 6).number == 1


# --- what the database itself refuses ------------------------------------------------------

SQL = [
    "UPDATE disclosures_entry SET fen = 1 WHERE id = %s",
    "UPDATE disclosures_entry SET text = 'x' WHERE id = %s",
    "UPDATE disclosures_entry SET state = 'draft', number = NULL, period_id = NULL "
    "WHERE id = %s",
    "DELETE FROM disclosures_entry WHERE id = %s",
    "UPDATE disclosures_posting SET fen = fen + 1 WHERE entry_id = %s",
    "DELETE FROM disclosures_posting WHERE entry_id = %s",
    "DELETE FROM disclosures_entrypaper WHERE entry_id = %s",
    "UPDATE disclosures_entrypaper SET paper_id = paper_id WHERE entry_id = %s",
    "INSERT INTO disclosures_posting (entry_id, ledger, fen) VALUES (%s, 'tax', 5)",
]


@pytest.mark.parametrize("sql", SQL)
def test_a_reviewed_entry_never_changes(book, sql):
    entry = booked(book, "parking", 5)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [entry.pk])
    assert Entry.objects.get(pk=entry.pk).fen == 5


def by_hand(entry, **fields):
    """Review it without the command."""
    period = Period.objects.get_or_create(book=entry.book, first=FIRST, last=LAST)[0]
    wanted = {"state": "sealed", "number": 1, "reviewed_by": "user:1", "period": period,
              "version": period.version + 1} | fields  # fmt: skip
    with transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**wanted)


def post(entry, *amounts):
    Posting.objects.bulk_create(
        Posting(entry=entry, ledger=ledger, fen=fen)
        for ledger, fen in zip(("parking", "bank"), amounts, strict=True)
    )


def test_by_hand_it_has_to_balance_and_to_have_a_paper(book):
    entry = entered(book, "parking", 5)
    with pytest.raises(DatabaseError):
        by_hand(entry)  # no postings
    post(entry, 5, -5)
    with pytest.raises(DatabaseError):
        by_hand(entry, version=2)  # not the version that comes next
    with pytest.raises(DatabaseError):
        by_hand(entry, dated_on=LAST + timedelta(days=1))  # a day of another period
    with pytest.raises(DatabaseError):
        by_hand(entry, reviewed_by=entry.entered_by)
    by_hand(entry)  # so much was right
    second = entered(book, "parking", 5)
    post(second, 5, -4)
    with pytest.raises(DatabaseError):
        by_hand(second, number=2)
    third = entered(book, "parking", 5)
    post(third, 5, -5)
    EntryPaper.objects.filter(entry=third).delete()
    with pytest.raises(DatabaseError):
        by_hand(third, number=3)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.create(
            book=book, submission="born sealed", dated_on=FIRST, heading="parking", fen=5,
            party="x", text="x", entered_by="a", entered_role="b", entered_at=AT,
            state="sealed", number=9, reviewed_by="c",
            period=Period.objects.get(), version=1,
        )  # fmt: skip


def test_by_hand_its_postings_have_its_amount(book):
    entry = entered(book, "parking", 5)
    post(entry, -6, 6)
    with pytest.raises(DatabaseError):
        by_hand(entry)


def test_what_a_payer_kept_for_management_rests_on_a_decision_too(book):
    kept = Money("parking", 100, "collection", 30)
    assert put(book, money=kept) == ["entry.decision"]
    given = {"book_id": book.pk, "money": kept, "said": said(decision="决议〔2026〕2号"),
             "papers": [voucher()], "submission": "s", "by": MANAGER, "at": AT}  # fmt: skip
    assert enter(**given).kept == "collection"


def test_what_is_reviewed_is_what_was_seen(book):
    entry = entered(book, "parking", 5)
    seen = seen_of(entry)
    edit(entry_id=entry.pk, money=Money("parking", 500_000), said=said(), papers=[], by=MANAGER,
         at=AT)  # fmt: skip
    assert refused(review, entry_id=entry.pk, by=COMMITTEE, seen=seen) == "entry.changed"
    entry.refresh_from_db()
    assert review(entry_id=entry.pk, by=COMMITTEE, seen=seen_of(entry), at=AT).fen == 500_000


@pytest.mark.parametrize(
    "text",
    [
        "100 0000 0000", "100-0000-0000", "１００００００００００", "+8610000000000",
        "联系10000000000", "999999 19800101 001X", "6222 0000 0000 0000 123",
        "622200000000000000123",
    ],
)  # fmt: skip
def test_numbers_of_people_are_refused(book, text):
    assert put(book, said=said(text=text)) == ["text.personal"]


@pytest.mark.parametrize(
    "text", ["合同20260101-20261231", "电话0556-5500000", "第1234567890号"]
)
def test_other_numbers_are_not(book, text):
    given = {"book_id": book.pk, "money": Money("parking", 5), "said": said(text=text),
             "papers": [voucher()], "submission": "s", "by": MANAGER, "at": AT}  # fmt: skip
    assert enter(**given).text == text


def test_replacing_a_row_deletes_it_and_is_refused(book):
    """SQLite's REPLACE fires no trigger of its own (PostgreSQL has no such statement)."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM disclosures_book WHERE id = %s", [book.pk])
        row = cursor.fetchone()
        marks = ", ".join(["%s"] * len(row))
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"REPLACE INTO disclosures_book VALUES ({marks})", row)
