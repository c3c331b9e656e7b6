"""Postings of an entry: balanced, gross, as double entry in any textbook has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosures.domain.entries import (
    MAX_FEN,
    Line,
    Money,
    bank_fen,
    digest,
    lines_of,
    money_reasons,
    needs_decision,
    reversed_lines,
    totals,
)
from disclosures.domain.headings import OF_BOOK, SOURCES, sign

amounts = st.integers(1, MAX_FEN)


@pytest.mark.parametrize(
    ("money", "lines"),
    [
        # An advertiser pays 1,000.00: bank debit, income credit.
        (Money("advertising", 100_000), [("advertising", -100_000), ("bank", 100_000)]),
        # The lamp costs 80.50: cost debit, bank credit.
        (Money("upkeep", 8_050), [("upkeep", 8_050), ("bank", -8_050)]),
        # 1,000.00 of rent, of which the payer kept 60.00 as tax: 940.00 came.
        (
            Money("rooms", 100_000, "tax", 6_000),
            [("rooms", -100_000), ("tax", 6_000), ("bank", 94_000)],
        ),
        # All of it was kept: nothing came, both sides still stand.
        (Money("rooms", 500, "other_cost", 500), [("rooms", -500), ("other_cost", 500)]),
        (Money("to_fund", 1), [("to_fund", 1), ("bank", -1)]),
    ],
)
def test_by_hand(money, lines):
    assert [tuple(one) for one in lines_of("revenue", money)] == lines


@given(
    st.sampled_from([(book, key) for book, all_ in OF_BOOK.items() for key in all_]), amounts
)
def test_every_entry_balances_and_a_reversal_takes_it_back(where, fen):
    book, key = where
    lines = lines_of(book, Money(key, fen))
    assert sum(one.fen for one in lines) == 0
    assert bank_fen(lines) == sign(OF_BOOK[book][key].side) * fen
    assert totals(book, lines) == {key: fen}
    both = lines + reversed_lines(lines)
    assert bank_fen(both) == 0
    assert totals(book, both) == {key: 0}


@given(st.integers(1, MAX_FEN), st.data())
def test_what_was_kept_back_hides_nothing(fen, data):
    kept = data.draw(st.integers(1, fen))
    lines = lines_of("revenue", Money("parking", fen, "collection", kept))
    assert sum(one.fen for one in lines) == 0
    assert bank_fen(lines) == fen - kept
    assert totals("revenue", lines) == {"parking": fen, "collection": kept}


@pytest.mark.parametrize(
    ("money", "codes"),
    [
        (Money("advertising", 1), []),
        (Money("advertising", MAX_FEN), []),
        (Money("advertising", MAX_FEN + 1), ["entry.fen"]),
        (Money("advertising", 0), ["entry.fen"]),
        (Money("advertising", -5), ["entry.fen"]),
        (Money("advertising", True), ["entry.fen"]),
        (Money("nonsense", 5), ["entry.heading"]),
        (Money("office", 5), ["entry.heading"]),  # of the other book
        (Money("rooms", 5, "tax", 5), []),
        (Money("rooms", 5, "tax", 6), ["entry.kept"]),
        (Money("rooms", 5, "tax", 0), ["entry.kept"]),
        (Money("rooms", 5, "", 1), ["entry.kept"]),
        (Money("rooms", 5, "to_fund", 1), ["entry.kept"]),  # use is never kept back
        (Money("upkeep", 5, "tax", 1), ["entry.kept"]),  # nor is anything kept from cost
    ],
)
def test_bad_money(money, codes):
    assert [one.code for one in money_reasons("revenue", money)] == codes


def test_what_rests_on_a_decision():
    assert not needs_decision("to_fund")  # the default of the law
    assert not needs_decision("upkeep")
    assert all(needs_decision(key) for key in ("committee", "fees", "other_use", "collection"))


def test_every_source_is_booked_under_income():
    assert {OF_BOOK["revenue"][key].side for _title, key in SOURCES.values()} == {"in"}


def test_the_digest_sees_every_fen():
    lines = [Line("advertising", -100), Line("bank", 100)]
    facts = {"number": 1, "party": "某公司"}
    assert digest(facts, lines) != digest(facts, [Line("advertising", -101), lines[1]])
    assert digest(facts, lines) != digest(facts | {"party": "别的公司"}, lines)
    assert digest(facts, lines) == digest(dict(reversed(facts.items())), lines)
