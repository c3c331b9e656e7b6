"""Any sequence of commands leaves books that agree, by `check_books` and by a book kept here.

The book kept here knows no SQL and no function of ours: dictionaries of whole fen.
"""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleViolation
from funds.domain.books import Basis, Line
from funds.models import StatementLine, SubAccount
from funds.selectors import check_books, ledger_totals, sub_balances
from funds.selectors.interest import allotment_of, seen_digest
from funds.selectors.owed import owed_in
from funds.selectors.reconciling import difference_of, unseen_vouchers
from funds.services.books import draft_reversal, drop_voucher, seal_voucher
from funds.services.reconciling import match_bank, undo_match
from funds.services.vouchers import UnitAmount, draft_allotment, draft_receipt, draft_unit
from tests.funds.books import AT, DAY, DRAFTER, SEALER, draft, make_account, note_owed_of

pytestmark = pytest.mark.django_db


class Plain:
    """What the books should say, by hand: voucher → what it did, as long as it stands."""

    def __init__(self):
        self.moved = {}  # voucher → {"bank" | "interest" | "unallocated" | sub: fen}
        self.owed = {}  # voucher → {sub: fen}, the oldest first
        self.paid = {}  # voucher → {(voucher that is owed, sub): fen}
        self.gone = set()  # vouchers taken back

    def stands(self, voucher):
        return voucher not in self.gone

    def balance(self, key):
        return sum(one.get(key, 0) for one in self.moved.values())

    def left(self):
        """(voucher, sub) → what is still owed."""
        found = {
            (voucher, sub): fen
            for voucher, subs in self.owed.items()
            if self.stands(voucher)
            for sub, fen in subs.items()
        }
        for voucher, paid in self.paid.items():
            for key, fen in paid.items():
                if self.stands(voucher) and key in found:
                    found[key] -= fen
        return {key: fen for key, fen in found.items() if fen}

    def pays(self, sub, fen):
        found = {}
        for (voucher, owing), left in self.left().items():
            if owing == sub and fen:
                found[voucher, sub] = min(fen, left)
                fen -= found[voucher, sub]
        return found


ACTS = ["deposit", "settle", "release", "receipt", "allocate", "interest", "allot", "reverse",
        "drop", "line", "match", "undo", "own_seal"]  # fmt: skip
sequences = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 8), st.integers(1, 400)), max_size=30
)


def said(kind):
    return Basis(kind, DAY, "记账", "回单")


def begin(special, subs, act, which, fen):
    """Draft what an act says: the voucher, and what it will have done."""
    sub, who = subs[which], {"actor": DRAFTER, "at": AT}
    unit = UnitAmount("", SubAccount.objects.get(pk=sub).unit.label, fen)
    if act in ("deposit", "settle", "allocate", "own_seal"):
        kind, source = ("allocation", "unallocated") if act == "allocate" else ("deposit", "")
        voucher = draft_unit(
            special_id=special.pk, basis=said(kind), unit=unit, settles=act == "settle", **who
        )
        return voucher, {sub: fen, **({source: -fen} if source else {"bank": fen})}
    if act in ("receipt", "interest"):
        voucher = draft_receipt(special_id=special.pk, basis=said(act), fen=fen, **who)
        return voucher, {"bank": fen, "unallocated" if act == "receipt" else "interest": fen}
    if act == "release":
        lines = [Line("sub", sub, fen), Line("bank", None, -fen)]
        voucher = draft(special, lines, "release")
        note_owed_of(voucher, [(sub, fen // 2)])
        return voucher, {sub: -fen, "bank": -fen}
    assert act == "allot"
    lines = allotment_of(special, fen, since=None, until=DAY)
    voucher = draft_allotment(
        special_id=special.pk, fen=fen, since=None, until=DAY, basis=said("allotment"),
        seen=seen_digest(lines), **who,
    )  # fmt: skip
    return voucher, {"interest": -fen, **{line.sub: -line.fen for line in lines}}


def reverse(plain, which):
    sealed = [pk for pk in plain.moved if plain.stands(pk)]
    if not sealed:
        return
    first = sealed[which % len(sealed)]
    back = draft_reversal(
        voucher_id=first, reason="错", dated_on=DAY, actor=DRAFTER, at=AT
    )  # refused where it is a reversal itself
    try:
        seal_voucher(voucher_id=back.pk, actor=SEALER, at=AT)
    except RuleViolation:
        drop_voucher(voucher_id=back.pk, reason="不够", actor=DRAFTER, at=AT)
        return
    plain.moved[back.pk] = {key: -fen for key, fen in plain.moved[first].items()}
    plain.gone |= {first, back.pk}


def at_the_bank(special, plain, matched, act, which, fen):
    lines = list(special.statement_lines.order_by("position"))
    if act == "line":
        loose = list(unseen_vouchers(special).values_list("pk", flat=True))
        amount = plain.moved[loose[which % len(loose)]]["bank"] if loose else fen
        StatementLine.objects.create(
            special=special, serial=f"S{len(lines)}", dated_on=DAY, fen=amount,
            position=len(lines) + 1, imported_by=DRAFTER, imported_at=AT,
        )  # fmt: skip
    elif act == "match" and lines:
        bank = [pk for pk, moved in plain.moved.items() if moved.get("bank")]
        if bank:
            line, voucher = lines[which % len(lines)], bank[fen % len(bank)]
            made = match_bank(
                special_id=special.pk, lines=[line.pk], vouchers=[voucher], actor=DRAFTER, at=AT
            )
            assert plain.moved[voucher]["bank"] == line.fen
            matched[made.pk] = (line.pk, voucher)
    elif act == "undo" and matched:
        pk = list(matched)[which % len(matched)]
        undo_match(match_id=pk, reason="错", actor=DRAFTER, at=AT)
        del matched[pk]


def one_act(special, subs, plain, matched, act, which, fen):
    if act in ("line", "match", "undo"):
        at_the_bank(special, plain, matched, act, which, fen)
        return
    if act == "reverse":
        reverse(plain, which)
        return
    if act == "drop":
        voucher, _done = begin(special, subs, "deposit", which, fen)
        drop_voucher(voucher_id=voucher.pk, reason="错", actor=DRAFTER, at=AT)
        return
    pays = plain.pays(subs[which], fen) if act == "settle" else {}
    voucher, done = begin(special, subs, act, which, fen)
    enough = all(plain.balance(key) + moved >= 0 for key, moved in done.items())
    try:
        seal_voucher(
            voucher_id=voucher.pk, actor=DRAFTER if act == "own_seal" else SEALER, at=AT
        )
    except RuleViolation:
        assert not enough or act == "own_seal"
        drop_voucher(voucher_id=voucher.pk, reason="不行", actor=DRAFTER, at=AT)
        return
    assert enough
    assert act != "own_seal"
    plain.moved[voucher.pk] = done
    if act == "release" and fen // 2:
        plain.owed[voucher.pk] = {subs[which]: fen // 2}
    if pays:
        plain.paid[voucher.pk] = pays


def compare(account, plain, matched):
    special = account.special
    subs = sub_balances(account)
    assert subs == {sub: plain.balance(sub) for sub in subs}
    totals = ledger_totals(special)
    for ledger in ("bank", "interest", "unallocated"):
        assert totals[ledger] == plain.balance(ledger)
    assert totals["sub"] == sum(subs.values())
    left = defaultdict(int)
    for (_voucher, sub), fen in plain.left().items():
        left[sub] += fen
    stated = defaultdict(int)
    for one in owed_in(special):
        stated[one.sub] += one.left
    assert stated == left
    assert special.bank_matches.filter(undone_at=None).count() == len(matched)
    lines = dict(special.statement_lines.values_list("pk", "fen"))
    loose = set(lines) - {line for line, _voucher in matched.values()}
    difference = difference_of(special)
    assert difference.unbooked == sum(lines[pk] for pk in loose)
    # Nothing was stated of balances: books less bank is what one side has alone.
    assert plain.balance("bank") - sum(lines.values()) == (
        difference.unseen - difference.unbooked
    )
    expected = {"bank.unbooked"} if loose else set()
    found = {one.code for one in check_books() if one.special == special.code}
    assert found - {"bank.unseen"} == expected


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequences)
def test_books_agree_after_any_sequence(acts):
    account = make_account()
    subs = list(account.subs.order_by("pk").values_list("pk", flat=True))
    plain, matched = Plain(), {}
    for act, which, fen in acts:
        try:
            one_act(account.special, subs, plain, matched, act, which, fen)
        except RuleViolation:
            continue
    compare(account, plain, matched)
