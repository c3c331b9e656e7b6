"""Vouchers composed from a table, a unit, an amount, or interest to allot."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleViolation
from funds.domain.books import Basis, Line, days_weight
from funds.models import FundFile, OwedPayment, Posting, Voucher
from funds.selectors import check_books, ledger_totals, sub_balances
from funds.selectors.files import look_at_amounts
from funds.selectors.interest import allotment_of, seen_digest
from funds.selectors.owed import owed_in
from funds.services.books import draft_reversal, drop_voucher, seal_voucher
from funds.services.files import confirm_file, drop_file, take_file
from funds.services.vouchers import (
    UnitAmount,
    draft_allotment,
    draft_amounts,
    draft_receipt,
    draft_unit,
    take_amounts,
)
from tests.funds.books import AT, DAY, DRAFTER, SEALER, book, deposit, draft, make_account
from tests.funds.books import note_owed_of as noted
from tests.funds.services.test_files import ROOMS, csv

pytestmark = pytest.mark.django_db

HEADER = ["幢", "单元", "房号", "金额", "首期交存额"]


@pytest.fixture
def account():
    return make_account()


def rows(*amounts, first=""):
    return csv(
        HEADER,
        *(
            (*room, amount, first)
            for room, amount in zip(ROOMS[: len(amounts)], amounts, strict=True)
        ),
    )


def said(kind="deposit", **changed):
    return Basis(kind, **{"dated_on": DAY, "text": "首期交存", "paper": "回单7", **changed})


def take(account, content, kind="deposit", settles=False, name="交存.csv", **changed):
    return take_amounts(
        special_id=account.special_id, basis=said(kind, **changed), settles=settles,
        file_name=name, content=content, actor=DRAFTER, at=AT,
    )  # fmt: skip


def drafted(file):
    return draft_amounts(file_id=file.pk, actor=DRAFTER, at=AT)


def sealed(voucher):
    return seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)


def test_a_table_becomes_a_draft_that_another_person_seals(account):
    file = take(account, rows("100.00", "0.01", first="200.00"))
    assert not Voucher.objects.exists()
    look = look_at_amounts(file)
    assert (look.total, look.faults) == (100_01, [])
    voucher = drafted(file)
    assert drafted(file) == voucher  # confirmed twice is drafted once
    assert Voucher.objects.count() == 1
    file.refresh_from_db()
    assert (file.state, bytes(file.content)) == ("confirmed", b"")
    assert voucher.paper_sha256 == file.file_sha256
    assert ledger_totals(account.special)["bank"] == 0
    sealed(voucher)
    subs = account.subs.order_by("pk")
    assert list(sub_balances(account).values())[:3] == [100_00, 1, 0]
    assert [sub.first_deposit_fen for sub in subs[:3]] == [200_00, 200_00, None]
    assert list(check_books()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (csv(HEADER), ["表格里没有一户"]),
        (csv(["房号", "说明"], ("1-1-101", "x")), ["没有“金额”一列"]),
        (csv(["金额"], ("1",)), ["没有“房号”一列"]),
        (rows("-1"), ["金额：金额不能为负数"]),
        (rows("0"), ["金额：金额不能为零"]),
        (rows("1.234"), ["金额：金额最多两位小数"]),
        (rows("1" + "0" * 15), ["金额：金额过大"]),
        (rows("abc", ""), ["金额：金额不是数字", "金额：没有填金额"]),
        (csv(HEADER, ("9幢", "1单元", "999", "1", "")), ["没有这一户"]),
        (
            csv(HEADER, ("9幢", "1单元", "999", "1", ""), (*ROOMS[0], "x", "")),
            ["没有这一户", "金额：金额不是数字"],
        ),
        (csv(HEADER, (*ROOMS[0], "1", ""), (*ROOMS[0], "2", "")), ["与第 2 行是同一户"]),
        (csv(HEADER, (*ROOMS[0], "1", ""), ("合计", "", "", "2", "")), ["合计写的是 2.00 元"]),
    ],
)
def test_every_fault_is_named_and_nothing_is_drafted(account, content, words):
    file = take(account, content)
    found = [str(one.reason) for one in look_at_amounts(file).faults]
    assert len(found) == len(words)
    assert all(word in reason for word, reason in zip(words, found, strict=True))
    with pytest.raises(RuleViolation, match="没有改正"):
        drafted(file)
    assert not Voucher.objects.exists()


def test_all_reasons_beside_the_table_at_once(account):
    with pytest.raises(RuleViolation) as refused:
        take(
            account, rows("1"), kind="loan", text=" ", paper="单" * 121,
            dated_on=date(2026, 11, 3),
        )  # fmt: skip
    assert len(refused.value.facts["reasons"]) == 4
    assert not FundFile.objects.exists()


def test_files_go_their_own_ways(account):
    table = take(account, rows("1"))
    with pytest.raises(RuleViolation, match="凭证页面"):
        confirm_file(file_id=table.pk, actor=DRAFTER, at=AT)
    with pytest.raises(RuleViolation, match="还是银行对账单"):
        take_file(
            special_id=account.special_id, kind="deposit", file_name="x.csv",
            content=rows("1"), actor=DRAFTER, at=AT,
        )  # fmt: skip
    statement = take_file(
        special_id=account.special_id, kind="statement", file_name="x.csv",
        content=csv(["流水号", "交易日期", "金额"], ("A", "2026-11-01", "1")), actor=DRAFTER,
        at=AT,
    )  # fmt: skip
    with pytest.raises(RuleViolation, match="不是各户的金额"):
        drafted(statement)
    drop_file(file_id=table.pk, actor=DRAFTER, at=AT)
    with pytest.raises(RuleViolation, match="已经放弃"):
        drafted(table)


def test_a_mirrored_account_takes_no_table():
    account = make_account(mode="mirror")
    with pytest.raises(RuleViolation, match="资金中心记账"):
        take(account, rows("1"))


def test_an_opening_balance_is_there_once_until_it_is_taken_back(account):
    first = sealed(drafted(take(account, rows("5"), kind="opening")))
    again = take(account, rows("5", "6"), kind="opening")
    assert ["期初余额" in fault.reason for fault in look_at_amounts(again).faults] == [True]
    unit = UnitAmount("", "1幢1单元101室", 1)
    with pytest.raises(RuleViolation, match="期初余额"):
        draft_unit(
            special_id=account.special_id, basis=said("opening"), unit=unit, actor=DRAFTER,
            at=AT,
        )  # fmt: skip
    back = draft_reversal(voucher_id=first.pk, reason="错", dated_on=DAY, actor=DRAFTER, at=AT)
    sealed(back)
    sealed(drafted(again))
    assert list(sub_balances(account).values())[:2] == [5_00, 6_00]
    assert list(check_books()) == []


def test_money_of_nobody_and_its_allocation(account):
    receipt = draft_receipt(
        special_id=account.special_id, basis=said("receipt"), fen=100_00, actor=DRAFTER, at=AT
    )
    sealed(receipt)
    too_much = take(account, rows("60", "40.01"), kind="allocation")
    assert "待分配交存只有 100.00 元" in look_at_amounts(too_much).faults[0].reason
    sealed(drafted(take(account, rows("60", "40"), kind="allocation")))
    totals = ledger_totals(account.special)
    assert (totals["unallocated"], totals["sub"], totals["bank"]) == (0, 100_00, 100_00)
    with pytest.raises(RuleViolation, match=r"待分配交存只有 0\.00 元"):
        draft_unit(
            special_id=account.special_id, basis=said("allocation"),
            unit=UnitAmount("", "1-1-101", 1), actor=DRAFTER, at=AT,
        )  # fmt: skip
    assert list(check_books()) == []


def test_the_same_paper_is_not_booked_twice(account):
    given = {"special_id": account.special_id, "actor": DRAFTER, "at": AT}
    first = draft_receipt(basis=said("receipt"), fen=100_00, **given)
    with pytest.raises(RuleViolation, match="不要重复制单"):
        draft_receipt(basis=said("receipt"), fen=100_00, **given)
    draft_receipt(basis=said("receipt"), fen=100_01, **given)
    draft_receipt(basis=said("receipt", paper="另一张回单"), fen=100_00, **given)
    drop_voucher(voucher_id=first.pk, reason="填错了", actor=DRAFTER, at=AT)
    draft_receipt(basis=said("receipt"), fen=100_00, **given)
    unit = {"basis": said("deposit"), "unit": UnitAmount("", "1-1-101", 5), **given}
    sealed(draft_unit(**unit))
    with pytest.raises(RuleViolation, match="不要重复制单"):
        draft_unit(**unit)
    with pytest.raises(RuleViolation, match="早于专户开立"):
        draft_receipt(basis=said("receipt", dated_on=date(1999, 1, 1)), fen=1, **given)


def test_two_allocations_of_the_same_money(account):
    sealed(
        draft_receipt(
            special_id=account.special_id, basis=said("receipt"), fen=100, actor=DRAFTER, at=AT
        )
    )
    both = [drafted(take(account, rows("1"), kind="allocation")) for _ in range(2)]
    sealed(both[0])
    with pytest.raises(RuleViolation, match=r"待分配交存只有 0\.00 元"):
        sealed(both[1])


@pytest.mark.parametrize(
    ("estate", "room", "word"),
    [("", "9-9-999", "没有这一户"), ("别处", "1-1-101", "没有小区"), ("", "", "没有这一户")],
)
def test_a_unit_that_is_not_here(account, estate, room, word):
    with pytest.raises(RuleViolation, match=word):
        draft_unit(
            special_id=account.special_id, basis=said(), unit=UnitAmount(estate, room, 1),
            actor=DRAFTER, at=AT,
        )  # fmt: skip


def test_a_deposit_pays_what_is_owed_where_that_was_said(account):
    deposit(account, 100)
    sub = account.subs.order_by("pk").first().pk
    for owed in (30, 50):
        waiting = draft(
            account.special, [Line("sub", sub, 10), Line("bank", None, -10)], "release"
        )
        noted(waiting, [(sub, owed)])
        sealed(waiting)
    plain = drafted(take(account, rows("0.40")))
    drop_voucher(voucher_id=plain.pk, reason="重来", actor=DRAFTER, at=AT)
    assert not OwedPayment.objects.exists()
    file = take(account, rows("0.40", "7"), settles=True)
    assert look_at_amounts(file).settled == 40
    sealed(drafted(file))
    assert [(one.fen, one.left) for one in owed_in(account.special)] == [(50, 40)]
    voucher = draft_unit(
        special_id=account.special_id, basis=said(), unit=UnitAmount("", "1-1-101", 99),
        settles=True, actor=DRAFTER, at=AT,
    )  # fmt: skip
    sealed(voucher)
    assert owed_in(account.special) == []
    assert sum(OwedPayment.objects.values_list("fen", flat=True)) == 80
    assert list(check_books()) == []


# --- interest ---------------------------------------------------------------------------


def interest(account, fen):
    sealed(
        draft_receipt(
            special_id=account.special_id, basis=said("interest"), fen=fen, actor=DRAFTER, at=AT
        )
    )


def allot(account, fen, seen, since=None, until=DAY):
    return draft_allotment(
        special_id=account.special_id, fen=fen, since=since, until=until,
        basis=said("allotment"), seen=seen, actor=DRAFTER, at=AT,
    )  # fmt: skip


def test_interest_is_drafted_as_it_was_seen(account):
    deposit(account, 100)
    interest(account, 10)
    lines = allotment_of(account.special, 10, since=None, until=DAY)
    assert [-line.fen for line in lines] == [2, *[1] * 8]
    voucher = allot(account, 10, seen_digest(lines))
    book(account.special, [Line("bank", None, 900), Line("sub", lines[8].sub, -900)])
    with pytest.raises(RuleViolation, match="重新看各户"):
        allot(account, 10, seen_digest(lines))
    sealed(voucher)
    with pytest.raises(RuleViolation, match=r"待分配利息只有 0\.00 元"):
        allot(account, 1, "")
    assert list(check_books()) == []


def test_by_days_money_that_was_there_longer_earns_more(account):
    one, two = account.subs.order_by("pk").values_list("pk", flat=True)[:2]
    for sub, day in ((one, 1), (two, 2)):
        book(
            account.special, [Line("bank", None, 100), Line("sub", sub, -100)],
            dated_on=DAY.replace(day=day),
        )  # fmt: skip
    by_days = allotment_of(account.special, 3, since=date(2026, 11, 1), until=DAY)
    assert [(line.sub, -line.fen) for line in by_days] == [(one, 2), (two, 1)]
    with pytest.raises(RuleViolation, match="没有一户有余额"):
        allotment_of(account.special, 3, since=None, until=date(2026, 10, 31))


@given(st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.integers(0, 40), st.integers(0, 40))
def test_days_are_counted_as_one_counts_them(day, before, length):
    until = date(2026, 2, 10)
    since = date.fromordinal(until.toordinal() - length)
    walked = sum(
        1
        for number in range(since.toordinal(), until.toordinal() + 1)
        if date.fromordinal(number) >= day
    )
    assert days_weight(day, since=since, until=until) == walked
    assert days_weight(day, since=None, until=until) == (1 if day <= until else 0)


def test_nothing_is_posted_by_looking(account):
    take(account, rows("1"))
    assert not Posting.objects.exists()
