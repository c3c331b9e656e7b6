"""Lines of the bank and vouchers: the same money only where the amounts agree."""

import pytest

from core.errors import RuleViolation
from funds.domain.books import Line, pays
from funds.models import BankMatch, StatementLine
from funds.selectors import check_books, sub_balances
from funds.selectors.owed import owed_in, still_owed_of
from funds.selectors.reconciling import (
    bank_amounts,
    difference_of,
    openings_to_match,
    suggestions,
    unbooked_lines,
    unseen_vouchers,
)
from funds.services.books import draft_reversal, seal_voucher
from funds.services.reconciling import match_bank, undo_match
from logbook.models import Entry
from tests.funds.books import (
    AT,
    DAY,
    DRAFTER,
    SEALER,
    book,
    deposit,
    draft,
    make_account,
    note_owed_of,
    note_paid_of,
)
from tests.funds.selectors.test_checks import line

pytestmark = pytest.mark.django_db


@pytest.fixture
def special():
    return make_account().special


def interest(special, fen):
    return book(special, [Line("bank", None, fen), Line("interest", None, -fen)], "interest")


def match(special, lines, vouchers):
    return match_bank(
        special_id=special.pk,
        lines=[one.pk for one in lines],
        vouchers=[one.pk for one in vouchers],
        actor=DRAFTER,
        at=AT,
    )


def take_back(voucher):
    back = draft_reversal(
        voucher_id=voucher.pk, reason="错", dated_on=DAY, actor=DRAFTER, at=AT
    )
    return seal_voucher(voucher_id=back.pk, actor=SEALER, at=AT)


def test_one_to_one_and_several_to_one(special):
    one, two, three = interest(special, 100), interest(special, 30), interest(special, 12)
    a = line(special, "A", 100, 1)
    b, c = line(special, "B", 20, 2), line(special, "C", 10, 3)
    first = match(special, [a], [one])
    assert match(special, [a], [one]) == first  # said twice is said once
    match(special, [b, c], [two])
    assert [found.pk for found in unseen_vouchers(special)] == [three.pk]
    d = line(special, "D", 12, 4)
    assert list(unbooked_lines(special)) == [d]
    match(special, [d], [three])
    assert list(check_books()) == []
    assert Entry.objects.filter(kind="bank.matched").count() == 3


def test_one_line_of_several_vouchers(special):
    one, two = interest(special, 100), interest(special, 30)
    both = line(special, "A", 130, 1)
    match(special, [both], [one, two])
    assert list(check_books()) == []


@pytest.mark.parametrize("fen", [99, 101, -100])
def test_another_amount_is_not_the_same_money(special, fen):
    voucher, other = interest(special, 100), line(special, "A", fen, 1)
    with pytest.raises(RuleViolation, match="不相等"):
        match(special, [other], [voucher])
    assert not BankMatch.objects.exists()


def test_what_cannot_be_matched(special):
    one, two = interest(special, 100), interest(special, 100)
    a, b = line(special, "A", 100, 1), line(special, "B", 100, 2)
    for lines, vouchers in (([], [one]), ([a], []), ([a, b], [one, two])):
        with pytest.raises(RuleViolation, match="一边可以选几笔"):
            match(special, lines, vouchers)
    match(special, [a], [one])
    with pytest.raises(RuleViolation, match="勾对过"):
        match(special, [a], [two])
    with pytest.raises(RuleViolation, match="勾对过"):
        match(special, [b], [one])
    waiting = draft(special, [Line("bank", None, 100), Line("interest", None, -100)])
    elsewhere = interest(make_account().special, 100)
    for strange in (waiting, elsewhere):
        with pytest.raises(RuleViolation, match="不在这个专户"):
            match(special, [b], [strange])


def test_a_match_is_undone_with_a_reason_and_stays_on_record(special):
    one, a = interest(special, 100), line(special, "A", 100, 1)
    made = match(special, [a], [one])
    with pytest.raises(RuleViolation, match="为什么撤销"):
        undo_match(match_id=made.pk, reason=" ", actor=SEALER, at=AT)
    for _click in range(2):
        undo_match(match_id=made.pk, reason="勾错", actor=SEALER, at=AT)
    assert Entry.objects.filter(kind="bank.unmatched").count() == 1
    assert list(unbooked_lines(special)) == [a]
    again = match(special, [a], [one])
    assert again.pk != made.pk
    assert BankMatch.objects.count() == 2
    assert list(check_books()) == []


def test_booked_wrong_and_again_needs_no_movement_at_the_bank(special):
    wrong = interest(special, 100)
    take_back(wrong)
    right = interest(special, 100)
    assert [found.pk for found in unseen_vouchers(special)] == [right.pk]
    match(special, [line(special, "A", 100, 1)], [right])
    assert list(check_books()) == []


def test_a_matched_voucher_that_is_taken_back_is_missing_at_the_bank(special):
    wrong = interest(special, 100)
    match(special, [line(special, "A", 100, 1)], [wrong])
    back = take_back(wrong)
    assert [found.pk for found in unseen_vouchers(special)] == [back.pk]


def test_the_difference_is_explained_to_the_fen(special):
    sub = special.accounts.get().subs.first().pk
    book(special, [Line("bank", None, 1_000), Line("sub", sub, -1_000)], "opening")
    seen = interest(special, 100)
    interest(special, 7)
    match(special, [line(special, "A", 100, 1, 1_105)], [seen])
    line(special, "B", 40, 2, 1_146)  # and the bank's own sum is wrong by 1
    found = difference_of(special)
    assert found[:6] == (1_146, 1_107, 7, 40, -5, -1)
    assert found.whole == found.unseen - found.unbooked + found.opening + found.broken


def test_a_statement_that_reaches_back_to_the_opening_is_matched_to_it(special):
    sub = special.accounts.get().subs.first().pk
    opening = book(special, [Line("bank", None, 1_000), Line("sub", sub, -1_000)], "opening")
    first = line(special, "A", 1_000, 1, 1_000)
    assert [one.pk for one in openings_to_match(special)] == [opening.pk]
    assert "bank.opening" in {one.code for one in check_books()}
    match(special, [first], [opening])
    assert list(openings_to_match(special)) == []
    assert list(check_books()) == []
    found = difference_of(special)
    assert (found.bank, found.unseen, found.unbooked, found.opening) == (1_000, 0, 0, 0)


def test_a_statement_without_balances_has_no_difference(special):
    line(special, "A", 100, 1)
    assert difference_of(special).bank is None


def test_suggestions_take_the_nearest_day_and_each_voucher_once(special):
    vouchers = [
        book(
            special,
            [Line("bank", None, 100), Line("interest", None, -100)],
            "interest",
            dated_on=DAY.replace(day=day),
        )
        for day in (1, 2)
    ]
    lines = [line(special, serial, 100, place) for place, serial in enumerate("ABC", 1)]
    amounts = bank_amounts([one.pk for one in vouchers])
    found = suggestions(lines, list(unseen_vouchers(special)), amounts)
    assert [(one.line.serial, one.voucher.pk) for one in found] == [
        ("A", vouchers[1].pk),
        ("B", vouchers[0].pk),
    ]
    StatementLine.objects.all()  # nothing was matched by suggesting it
    assert not BankMatch.objects.exists()


# --- owed -----------------------------------------------------------------------------


def release(account, sub, fen, owed):
    waiting = draft(
        account.special, [Line("sub", sub, fen), Line("bank", None, -fen)], "release"
    )
    note_owed_of(waiting, [(sub, owed)])
    assert still_owed_of([sub]) == []  # a draft owes nothing
    return seal_voucher(voucher_id=waiting.pk, actor=SEALER, at=AT)


def paying(account, sub, fen, paid):
    waiting = draft(account.special, [Line("bank", None, fen), Line("sub", sub, -fen)])
    note_paid_of(waiting, paid)
    return waiting


def test_owed_until_a_deposit_pays_it_and_again_when_that_is_taken_back():
    account = make_account()
    deposit(account, 100)
    sub = account.subs.first().pk
    release(account, sub, 100, 50)
    [owed] = owed_in(account.special)
    assert (owed.sub, owed.fen, owed.left) == (sub, 50, 50)
    part = paying(account, sub, 20, [(owed.pk, 20)])
    seal_voucher(voucher_id=part.pk, actor=SEALER, at=AT)
    assert [one.left for one in owed_in(account.special)] == [30]
    rest = paying(account, sub, 40, [(owed.pk, 30)])
    late = paying(account, sub, 40, [(owed.pk, 30)])
    rest = seal_voucher(voucher_id=rest.pk, actor=SEALER, at=AT)
    assert owed_in(account.special) == []
    with pytest.raises(RuleViolation, match="重新制单"):
        seal_voucher(voucher_id=late.pk, actor=SEALER, at=AT)
    assert list(check_books()) == []
    take_back(rest)
    assert [one.left for one in owed_in(account.special)] == [30]
    assert sub_balances(account)[sub] == 20
    assert list(check_books()) == []


def test_a_release_taken_back_is_owed_no_more():
    account = make_account()
    deposit(account, 100)
    sub = account.subs.first().pk
    take_back(release(account, sub, 100, 50))
    assert owed_in(account.special) == []
    assert list(check_books()) == []


def test_a_payment_larger_than_what_came_in_for_the_unit_is_refused():
    account = make_account()
    deposit(account, 100)
    one, two = account.subs.order_by("pk").values_list("pk", flat=True)[:2]
    release(account, one, 100, 50)
    [owed] = owed_in(account.special)
    with pytest.raises(RuleViolation, match="重新制单"):
        seal_voucher(
            voucher_id=paying(account, two, 60, [(owed.pk, 50)]).pk, actor=SEALER, at=AT
        )


@pytest.mark.parametrize(
    ("fen", "owed", "paid"),
    [
        (0, [(1, 5)], []),
        (4, [(1, 5), (2, 5)], [(1, 4)]),
        (5, [(1, 5), (2, 5)], [(1, 5)]),
        (7, [(1, 5), (2, 5)], [(1, 5), (2, 2)]),
        (99, [(1, 5), (2, 5)], [(1, 5), (2, 5)]),
        (99, [], []),
    ],
)
def test_the_oldest_is_paid_first(fen, owed, paid):
    assert pays(fen, owed) == paid


def test_more_interest_than_there_is_cannot_be_allotted(special):
    interest(special, 100)
    sub = special.accounts.get().subs.first().pk
    waiting = draft(special, [Line("interest", None, 101), Line("sub", sub, -101)], "allotment")
    with pytest.raises(RuleViolation, match=r"待分配利息只有 1\.00 元"):
        seal_voucher(voucher_id=waiting.pk, actor=SEALER, at=AT)
