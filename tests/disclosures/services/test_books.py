"""Opening a book, who holds its money, what share goes to the fund."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from core.errors import RuleViolation
from disclosures.models import Book, Holding
from disclosures.selectors.books import holding_of
from disclosures.selectors.rules import account_rules, share_to_fund
from disclosures.services.books import change_holder, decide_split, open_book
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    LAST,
    MANAGER,
    accounts_estate,
    booked,
    can_sign,
    held,
    open_books,
    published,
    voucher,
)

pytestmark = pytest.mark.django_db


def refused(call, **given):
    with pytest.raises(RuleViolation) as found:
        call(**given)
    reasons = found.value.facts.get("reasons")
    return [one.code for one in reasons] if reasons else found.value.code


def opening(**changes):
    return {
        "estate_id": accounts_estate().pk, "kind": "revenue", "frequency": "quarterly",
        "opened_on": date(2026, 8, 15), "opening": (500, "银行对账单"), "held": held(),
        "by": COMMITTEE, "at": AT,
    } | changes  # fmt: skip


def test_it_works():
    book = open_book(**opening())
    assert (book.opened_on, book.opening_fen) == (FIRST, 500)  # the whole quarter
    holding = holding_of(book)
    assert (holding.holder, holding.number_tail) == ("property_manager", "0427")
    assert holding.account == "样例银行 尾号0427"
    again = opening() | {"estate_id": book.estate_id}
    assert refused(open_book, **again) == "book.known"


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"kind": "gold"}, ["book.kind"]),
        ({"frequency": "weekly"}, ["book.frequency"]),
        ({"frequency": "half_yearly"}, ["book.frequency"]),  # less often than the place asks
        ({"frequency": "monthly"}, []),
        ({"opened_on": date(2027, 1, 1)}, ["book.day"]),
        ({"opening": (-1, "对账单")}, ["book.opening"]),
        ({"opening": (10**13 + 1, "对账单")}, ["book.opening"]),
        ({"opening": (5, "")}, ["book.rests_on"]),
        ({"opening": (0, "")}, []),
        ({"held": None}, ["holder.kind"]),
        ({"held": held(number="12")}, ["holder.number"]),
        ({"held": held(bank="")}, ["bank.missing"]),
        ({"held": held(is_apart=False, why_not="无")}, ["holder.why_not"]),
        ({"held": held(is_apart=False, why_not="正在办开户")}, []),
        ({"held": held(name="")}, ["name.missing"]),
        ({"kind": "fund", "held": None, "frequency": "yearly"}, []),
        (
            {"frequency": "yearly", "opening": (5, "x"), "held": held(bank="", number="")},
            ["book.frequency", "book.rests_on", "bank.missing", "holder.number"],
        ),
    ],
)
def test_bad_input(changes, codes):
    if codes:
        assert refused(open_book, **opening(**changes)) == codes
    else:
        assert open_book(**opening(**changes)).pk


def test_the_number_of_the_account_is_not_in_the_database_in_clear():
    book = open_books(accounts_estate())
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM disclosures_holding WHERE book_id = %s", [book.pk])
        stored = cursor.fetchone()[0]
    assert "6222" not in str(stored)
    assert Holding.objects.get().number == "6222000000000427"


def test_another_holder_from_a_day_on():
    book = open_books(accounts_estate())
    given = {"book_id": book.pk, "held": held("committee"), "by": COMMITTEE, "at": AT}
    assert refused(change_holder, **given, since=FIRST - timedelta(days=1)) == ["holder.day"]
    assert refused(change_holder, **given, since=date(2030, 1, 1)) == ["holder.day"]
    change_holder(**given, since=date(2026, 9, 1))
    assert holding_of(book, date(2026, 8, 31)).holder == "property_manager"
    assert holding_of(book, date(2026, 9, 1)).holder == "committee"
    with pytest.raises(DatabaseError), transaction.atomic():
        Holding.objects.update(name="别人")


def test_a_share_the_owners_decided(settings, tmp_path):
    can_sign(settings, tmp_path)
    book = open_books(accounts_estate())
    rules = account_rules(book.estate, FIRST)
    assert share_to_fund(book, rules, LAST)[0] == (100, 100)
    given = {
        "book_id": book.pk, "share": (70, 100), "since": FIRST, "decision": "决议〔2026〕1号",
        "paper": voucher(), "by": COMMITTEE, "at": AT,
    }  # fmt: skip
    assert refused(decide_split, **given | {"by": MANAGER}) == "accounts.role"
    assert refused(decide_split, **given | {"share": (101, 100)}) == ["split.share"]
    assert refused(decide_split, **given | {"share": (1, 0)}) == ["split.share"]
    assert refused(decide_split, **given | {"decision": ""}) == ["decision.missing"]
    decide_split(**given)
    assert share_to_fund(book, rules, LAST) == ((70, 100), "决议〔2026〕1号")
    assert share_to_fund(book, rules, FIRST - timedelta(days=1))[0] == (100, 100)
    booked(book, "parking", 1)
    published(book)
    # What is out keeps its share.
    assert refused(decide_split, **given | {"share": (1, 2)}) == ["split.day"]


def test_a_book_is_never_deleted():
    open_books(accounts_estate())
    with pytest.raises(DatabaseError), transaction.atomic():
        Book.objects.all()._raw_delete("default")
