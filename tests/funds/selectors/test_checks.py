"""check_books finds what a database changed by hand holds; and the command says so."""

import pytest
from django.db import connection

from funds.domain.books import Line
from funds.management.commands.check_books import Command
from funds.models import (
    BankMatch,
    MatchPart,
    OwedAmount,
    Posting,
    SpecialAccount,
    StatementLine,
    Voucher,
)
from funds.selectors import check_books
from funds.services.books import seal_voucher
from logbook.models import Entry
from tests.commands import answer_of
from tests.funds.books import (
    AT,
    DAY,
    SEALER,
    book,
    deposit,
    draft,
    make_account,
    note_owed_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    found = make_account()
    deposit(found, 1_000)
    book(found.special, [Line("bank", None, 50), Line("interest", None, -50)], "interest")
    return found


@pytest.fixture
def unguarded(account):
    """The same database after somebody has taken its triggers away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield account
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
    yield account


def codes():
    return {found.code for found in check_books()}


def test_sound_books(account):
    assert list(check_books()) == []


def test_an_amount_changed_by_hand(unguarded):
    posting = Posting.objects.filter(ledger="sub").first()
    Posting.objects.filter(pk=posting.pk).update(fen=posting.fen - 1)
    assert codes() == {"vouchers.balance", "vouchers.content", "special.balance"}


def test_money_moved_from_one_unit_to_another_in_balance(unguarded):
    # The voucher still balances; only its content gives it away.
    one, two = Posting.objects.filter(ledger="sub")[:2]
    Posting.objects.filter(pk=one.pk).update(fen=one.fen - 500)
    Posting.objects.filter(pk=two.pk).update(fen=two.fen + 500)
    assert codes() == {"vouchers.content"}


def test_a_voucher_changed_with_its_digest(unguarded):
    voucher = Voucher.objects.first()
    Voucher.objects.filter(pk=voucher.pk).update(text="别的")
    assert codes() == {"vouchers.content"}
    Voucher.objects.filter(pk=voucher.pk).update(text=voucher.text, digest="0" * 64)
    assert codes() == {"vouchers.content"}


def test_a_voucher_that_is_gone(unguarded):
    voucher = Voucher.objects.get(number=2)
    Posting.objects.filter(voucher=voucher)._raw_delete("default")
    Voucher.objects.filter(pk=voucher.pk)._raw_delete("default")
    assert codes() == {"vouchers.numbers", "vouchers.content"}


def test_a_voucher_nobody_sealed_in_the_log(unguarded):
    special = unguarded.special
    waiting = draft(special, [Line("bank", None, 5), Line("interest", None, -5)])
    Voucher.objects.filter(pk=waiting.pk).update(state="sealed", number=3, digest="1" * 64)
    SpecialAccount.objects.update(last_number=3)
    assert codes() == {"vouchers.content"}


def test_a_log_changed_by_hand(unguarded):
    entry = Entry.objects.filter(kind="voucher.sealed").first()
    line = bytes(entry.line).replace(b'"number":1', b'"number":7')
    Entry.objects.filter(pk=entry.pk).update(line=line)
    assert "log.chain" in codes()


def test_a_negative_sub_account(unguarded):
    special, sub = unguarded.special, unguarded.subs.first().pk
    waiting = draft(special, [Line("sub", sub, 1_001), Line("bank", None, -1_001)], "release")
    Voucher.objects.filter(pk=waiting.pk).update(state="sealed", number=3, digest="1" * 64)
    SpecialAccount.objects.update(last_number=3)
    assert "subs.negative" in codes()


def test_a_posting_in_another_special_account(unguarded):
    other = make_account()
    posting = Posting.objects.filter(ledger="sub", voucher__special=unguarded.special).first()
    Posting.objects.filter(pk=posting.pk).update(sub=other.subs.first())
    assert "postings.elsewhere" in codes()


def line(special, serial, fen, position, balance=None, voucher=None):
    made = StatementLine.objects.create(
        special=special, serial=serial, dated_on=DAY, fen=fen, position=position,
        balance_fen=balance, imported_by="user:1", imported_at=AT,
    )  # fmt: skip
    if voucher is not None:
        match = BankMatch.objects.create(special=special, made_by="user:1", made_at=AT)
        MatchPart.objects.create(match=match, line=made)
        MatchPart.objects.create(match=match, voucher=voucher)
    return made


def test_the_bank_says_otherwise(account):
    special = account.special
    first, second = Voucher.objects.order_by("number")
    line(special, "A1", 9_000, 1, 9_000, first)
    assert codes() == {"bank.unseen"}  # the interest has not arrived
    line(special, "A2", 50, 2, 9_050, second)
    assert codes() == set()
    line(special, "A3", 7, 3, 9_057)
    assert codes() == {"bank.unbooked"}


def test_a_statement_with_a_line_missing_or_another_amount(account):
    special = account.special
    first, second = Voucher.objects.order_by("number")
    line(special, "A1", 9_000, 1, 9_000, first)
    line(special, "A2", 50, 2, 9_060, second)
    assert codes() == {"bank.chain"}
    third = book(special, [Line("bank", None, 10), Line("interest", None, -10)], "interest")
    line(special, "A3", 11, 3, None, third)
    assert codes() == {"bank.chain", "bank.amount"}


def test_a_statement_that_begins_with_money_the_books_do_not_have(account):
    first, second = Voucher.objects.order_by("number")
    line(account.special, "A1", 9_000, 1, 9_001, first)
    line(account.special, "A2", 50, 2, 9_051, second)
    assert codes() == {"bank.opening"}


def test_a_match_changed_by_hand(account):
    first, second = Voucher.objects.order_by("number")
    line(account.special, "A1", 9_000, 1, 9_000, first)
    line(account.special, "A2", 50, 2, 9_050, second)
    BankMatch.objects.filter(pk=BankMatch.objects.first().pk).update(undone_at=AT)
    assert codes() == {"match.state"}


def test_what_is_owed_changed_by_hand(unguarded):
    special, sub = unguarded.special, unguarded.subs.first().pk
    waiting = draft(special, [Line("sub", sub, 1_000), Line("bank", None, -1_000)], "release")
    note_owed_of(waiting, [(sub, 200)])
    seal_voucher(voucher_id=waiting.pk, actor=SEALER, at=AT)
    assert codes() == set()
    OwedAmount.objects.update(fen=199)
    assert codes() == {"owed.content"}
    OwedAmount.objects.update(fen=200, sub=make_account().subs.first())
    assert codes() == {"owed.content", "owed.elsewhere"}


def run(*arguments):
    return answer_of(Command, *arguments, "--json")


def test_the_command_on_sound_books(account):
    status, answer = run()
    assert (status, answer) == (
        0,
        {"ok": True, "specials": 1, "vouchers": 2, "postings": 12, "disagreements": []},
    )


def test_the_command_on_unsound_ones_and_on_nonsense(unguarded):
    Voucher.objects.filter(number=1).update(text="别的")
    status, answer = run()
    assert (status, answer["ok"]) == (1, False)
    assert answer["disagreements"][0]["special"] == unguarded.special.code
    status, answer = run("--bogus")
    assert (status, answer["ok"], len(answer["disagreements"])) == (1, False, 1)
