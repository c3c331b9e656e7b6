"""Vouchers: drafted, sealed by another, never changed; the database refuses the rest."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleViolation
from funds.domain.books import Line, allot, charge, line_reasons, must_replenish
from funds.models import Posting, SpecialAccount, SubAccount, Voucher
from funds.selectors import account_balances, check_books, ledger_totals, sub_balances
from funds.services.accounts import open_account
from funds.services.books import draft_reversal, drop_voucher, seal_voucher
from logbook.models import Entry
from tests.factories import make_estate
from tests.funds.books import (
    AT,
    DAY,
    DRAFTER,
    SEALER,
    book,
    deposit,
    draft,
    make_account,
    make_special,
)

pytestmark = pytest.mark.django_db


def test_it_works():
    account = make_account()
    voucher = deposit(account, 1_000_00)
    assert (voucher.number, voucher.state) == (1, "sealed")
    assert set(sub_balances(account).values()) == {1_000_00}
    assert account_balances(account.special) == {account.pk: 9_000_00}
    assert ledger_totals(account.special) == {
        "bank": 9_000_00,
        "sub": 9_000_00,
        "interest": 0,
        "unallocated": 0,
    }
    entry = Entry.objects.filter(kind="voucher.sealed").get()
    assert voucher.digest.encode() in bytes(entry.line)
    assert list(check_books()) == []


def test_every_unit_has_its_sub_account_the_developers_too_rooms_of_all_none():
    account = make_account()
    assert account.subs.count() == 9
    assert account.subs.filter(unit__status="unsold").count() == 1
    assert account.subs.filter(unit__use="common").count() == 0


def test_a_draft_moves_no_money():
    account = make_account()
    sub = account.subs.first().pk
    draft(account.special, [Line("bank", None, 100), Line("sub", sub, -100)])
    assert sub_balances(account)[sub] == 0
    assert ledger_totals(account.special)["bank"] == 0


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([], "一借一贷"),
        ([Line("bank", None, 0)], "一借一贷"),
        ([Line("bank", None, 100), Line("interest", None, -99)], "借方多 0.01"),
        ([Line("bank", None, 100), Line("interest", None, -101)], "贷方多 0.01"),
        ([Line("bank", None, 0), Line("interest", None, 0)], "大于零"),
        ([Line("bank", None, 10**16), Line("interest", None, -(10**16))], "大于零"),
        ([Line("bank", None, 1.0), Line("interest", None, -1)], "大于零"),
        ([Line("bank", None, True), Line("interest", None, -1)], "大于零"),
        ([Line("sub", None, 1), Line("interest", None, -1)], "哪一户"),
        ([Line("bank", 1, 1), Line("interest", None, -1)], "哪一户"),
        ([Line("cash", None, 1), Line("interest", None, -1)], "哪一户"),
    ],
)
def test_postings_that_are_no_voucher(lines, word):
    assert any(word in reason for reason in line_reasons(lines))
    account = make_account()
    with pytest.raises(RuleViolation, match=word):
        draft(account.special, lines)
    assert not Voucher.objects.exists()


def test_all_reasons_at_once():
    account = make_account()
    with pytest.raises(RuleViolation) as refused:
        draft(account.special, [Line("bank", None, 5)], text=" ", paper="", kind="loan")
    assert len(refused.value.facts["reasons"]) == 5


def test_another_special_accounts_units_are_not_ours():
    account = make_account()
    other = make_special(make_estate("别处"))
    lines = [Line("bank", None, 1), Line("sub", account.subs.first().pk, -1)]
    with pytest.raises(RuleViolation, match="不属于这个专户"):
        draft(other, lines)


def test_mirrored_accounts_take_no_vouchers():
    account = make_account(mode="mirror")
    lines = [Line("bank", None, 1), Line("interest", None, -1)]
    with pytest.raises(RuleViolation, match="资金中心记账"):
        draft(account.special, lines)


def test_nobody_seals_what_they_drafted_and_twice_is_once():
    account = make_account()
    lines = [Line("bank", None, 1), Line("interest", None, -1)]
    voucher = draft(account.special, lines, "interest")
    with pytest.raises(RuleViolation, match="不能自己复核"):
        seal_voucher(voucher_id=voucher.pk, actor=DRAFTER, at=AT)
    first = seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)
    again = seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)
    assert (first.number, again.number) == (1, 1)
    with pytest.raises(RuleViolation, match="别人复核"):
        seal_voucher(voucher_id=voucher.pk, actor="user:3", at=AT)
    assert Entry.objects.filter(kind="voucher.sealed").count() == 1


def test_no_sub_account_goes_below_zero_whatever_else_is_drafted():
    account = make_account()
    deposit(account, 100)
    sub = account.subs.first().pk
    lines = [Line("sub", sub, 60), Line("bank", None, -60)]
    one, two = (draft(account.special, lines, "release") for _ in range(2))
    seal_voucher(voucher_id=one.pk, actor=SEALER, at=AT)
    with pytest.raises(RuleViolation, match="余额不够"):
        seal_voucher(voucher_id=two.pk, actor=SEALER, at=AT)
    assert sub_balances(account)[sub] == 40
    drop_voucher(voucher_id=two.pk, reason="余额不够", actor=DRAFTER, at=AT)
    with pytest.raises(RuleViolation, match="已经作废"):
        seal_voucher(voucher_id=two.pk, actor=SEALER, at=AT)


def test_a_reversal_takes_back_once_and_leaves_the_first_as_it_was():
    account = make_account()
    voucher = deposit(account, 100)

    def reverse():
        return draft_reversal(
            voucher_id=voucher.pk, reason="记错户", dated_on=DAY, actor=DRAFTER, at=AT
        )

    given_up = reverse()
    with pytest.raises(RuleViolation, match="正在等复核"):
        reverse()
    drop_voucher(voucher_id=given_up.pk, reason="再看看", actor=DRAFTER, at=AT)
    back = seal_voucher(voucher_id=reverse().pk, actor=SEALER, at=AT)
    assert set(sub_balances(account).values()) == {0}
    assert Voucher.objects.get(pk=voucher.pk).state == "sealed"
    with pytest.raises(RuleViolation, match="已经冲正"):
        reverse()
    with pytest.raises(RuleViolation, match="不能再冲正"):
        draft_reversal(voucher_id=back.pk, reason="x", dated_on=DAY, actor=DRAFTER, at=AT)
    with pytest.raises(RuleViolation, match="从原凭证开始"):
        draft(account.special, [Line("bank", None, 1), Line("interest", None, -1)], "reversal")
    assert list(check_books()) == []


def test_a_reversal_cannot_take_what_was_spent_since():
    account = make_account()
    voucher = deposit(account, 100)
    sub = account.subs.first().pk
    book(account.special, [Line("sub", sub, 1), Line("bank", None, -1)], "release")
    back = draft_reversal(
        voucher_id=voucher.pk, reason="记错", dated_on=DAY, actor=DRAFTER, at=AT
    )
    with pytest.raises(RuleViolation, match="余额不够"):
        seal_voucher(voucher_id=back.pk, actor=SEALER, at=AT)


# --- the database itself --------------------------------------------------------------


def _refused(act):
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        act()


def test_the_database_refuses_what_no_command_does():
    account = make_account()
    voucher = deposit(account, 100)
    sub = account.subs.first()
    waiting = draft(account.special, [Line("bank", None, 5), Line("interest", None, -5)])
    vouchers, postings = Voucher.objects, Posting.objects
    _refused(lambda: vouchers.filter(pk=voucher.pk).update(text="别的"))
    _refused(lambda: vouchers.filter(pk=voucher.pk).update(state="draft", number=None))
    _refused(lambda: vouchers.filter(pk=voucher.pk)._raw_delete("default"))
    _refused(lambda: vouchers.filter(pk=waiting.pk)._raw_delete("default"))
    _refused(lambda: postings.filter(voucher=voucher).update(fen=7))
    _refused(lambda: postings.filter(voucher=waiting).update(fen=7))
    _refused(lambda: postings.filter(voucher=voucher)._raw_delete("default"))
    _refused(lambda: postings.create(voucher=voucher, ledger="sub", sub=sub, fen=5))
    _refused(lambda: postings.create(voucher=waiting, ledger="sub", fen=5))
    _refused(lambda: postings.create(voucher=waiting, ledger="bank", fen=0))
    _refused(
        lambda: vouchers.create(
            special=account.special, kind="deposit", dated_on=DAY, state="sealed", number=9,
            drafted_at=AT,
        )
    )  # fmt: skip
    # One posting more: it no longer balances, and cannot be sealed by any road.
    postings.create(voucher=waiting, ledger="bank", fen=1)
    _refused(lambda: vouchers.filter(pk=waiting.pk).update(state="sealed", number=2))
    empty = vouchers.create(
        special=account.special, kind="deposit", dated_on=DAY, drafted_at=AT
    )
    _refused(lambda: vouchers.filter(pk=empty.pk).update(state="sealed", number=2))
    assert list(check_books()) == []


# --- arithmetic ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("balance", "first", "expected"),
    [
        (29_99, 100_00, True),
        (30_00, 100_00, False),  # 不足30%: 30 % itself is enough
        (30_01, 100_00, False),
        (0, 100_00, True),
        (0, 1, True),
        (29, 99, True),  # 29/99 = 29.29 %
        (30, 99, False),  # 30.3 %
        (0, 0, None),
        (5, None, None),
    ],
)
def test_thirty_percent_is_enough(balance, first, expected):
    assert must_replenish(balance, first) is expected


@pytest.mark.parametrize(
    ("share", "balance", "paid", "owed"),
    [(100, 100, 100, 0), (100, 99, 99, 1), (100, 0, 0, 100), (0, 50, 0, 0), (5, -3, 0, 5)],
)
def test_what_a_balance_cannot_pay_is_owed(share, balance, paid, owed):
    assert charge(share, balance) == (paid, owed)


@given(st.integers(1, 10**12), st.dictionaries(st.integers(1, 99), st.integers(0, 10**9)))
def test_interest_is_allotted_to_the_fen(total, balances):
    if not any(balances.values()):
        with pytest.raises(RuleViolation):
            allot(total, balances)
        return
    lines = allot(total, balances)
    assert sum(-line.fen for line in lines) == total
    whole = sum(balances.values())
    for line in lines:
        assert abs(-line.fen * whole - total * balances[line.sub]) < whole


# --- any sequence of commands ------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "release", "interest", "allot", "reverse", "seal_own"]),
        st.integers(0, 8),
        st.integers(1, 500),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_the_books_balance_after_any_sequence(acts):
    account = make_account()
    special = account.special
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    plain = dict.fromkeys([*subs, "interest"], 0)  # a book kept beside, by hand
    moved: dict[int, dict] = {}
    for act, which, fen in acts:
        sub = subs[which]
        change = {
            "deposit": {sub: fen},
            "release": {sub: -fen},
            "interest": {"interest": fen},
            "allot": {"interest": -fen, sub: fen},
        }.get(act)
        try:
            if act == "reverse":
                back = draft_reversal(
                    voucher_id=list(moved or {0: 0})[which % max(len(moved), 1)],
                    reason="错", dated_on=DAY, actor=DRAFTER, at=AT,
                )  # fmt: skip
                change = {key: -value for key, value in moved[back.reverses_id].items()}
                done = seal_voucher(voucher_id=back.pk, actor=SEALER, at=AT)
            elif act == "seal_own":
                lines = [Line("bank", None, fen), Line("sub", sub, -fen)]
                seal_voucher(voucher_id=draft(special, lines).pk, actor=DRAFTER, at=AT)
                raise AssertionError("nobody seals their own")
            else:
                lines = [
                    Line("sub" if key != "interest" else "interest",
                         key if key != "interest" else None, -value)
                    for key, value in change.items()
                ]  # fmt: skip
                outside = sum(change.values())
                if outside:
                    lines.append(Line("bank", None, outside))
                done = book(special, lines, "deposit" if act == "deposit" else "release")
        except (RuleViolation, Voucher.DoesNotExist):
            continue
        if done.kind != "reversal":
            moved[done.pk] = change
        for key, value in change.items():
            plain[key] += value
    assert sub_balances(account) == {sub: plain[sub] for sub in subs}
    assert min(sub_balances(account).values()) >= 0
    totals = ledger_totals(special)
    assert totals["interest"] == plain["interest"]
    assert totals["bank"] == sum(plain.values())
    assert list(check_books()) == []


# --- races -------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_seal_and_the_numbers_have_no_gap():
    account = make_account()
    lines = [Line("bank", None, 1), Line("interest", None, -1)]
    waiting = [draft(account.special, lines, "interest").pk for _ in range(8)]

    def work(actor):
        for pk in waiting:
            try:
                seal_voucher(voucher_id=pk, actor=actor, at=AT)
            except RuleViolation:
                continue
        connection.close()

    threads = [threading.Thread(target=work, args=(f"user:{n}",)) for n in (2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(Voucher.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 9))
    assert SpecialAccount.objects.get().last_number == 8
    assert list(check_books()) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_releases_at_once_never_overdraw():
    account = make_account()
    deposit(account, 100)
    sub = SubAccount.objects.order_by("pk").first().pk
    lines = [Line("sub", sub, 60), Line("bank", None, -60)]
    waiting = [draft(account.special, lines, "release").pk for _ in range(4)]
    refused = []

    def work(pk):
        try:
            seal_voucher(voucher_id=pk, actor=SEALER, at=AT)
        except RuleViolation as violation:
            refused.append(violation.code)
        connection.close()

    threads = [threading.Thread(target=work, args=(pk,)) for pk in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["voucher.overdrawn"] * 3
    assert sub_balances(account)[sub] == 40


def test_an_account_is_opened_once():
    account = make_account()
    with pytest.raises(RuleViolation, match="已经有账"):
        open_account(special_id=account.special_id, estate=account.estate, actor=DRAFTER, at=AT)
    with pytest.raises(RuleViolation, match="售房单位"):
        open_account(
            special_id=account.special_id, estate=account.estate, custody="public",
            actor=DRAFTER, at=AT,
        )  # fmt: skip
