"""What stops a publication: to the fen, and every reason at once."""

from fractions import Fraction

import pytest

from disclosures.domain.closing import Expected, Figures, Jump, Stated, asked, closing_reasons

JUMP = Jump((30, 100), 10_000)


def figures(**given):
    return Figures(
        **{
            "book": "revenue",
            "opening": 100_000,
            "jump": JUMP,
            "totals": {"advertising": 500_000, "upkeep": 120_000, "to_fund": 300_000},
        }
        | given
    )


def stated(**given):
    return Stated(**{"bank_fen": 180_000, "explanations": {}} | given)


def codes(fig, said):
    return [one.code for one in closing_reasons(fig, said)]


def test_it_works():
    assert figures().closing == 180_000  # 1000 + 5000 - 1200 - 3000
    assert codes(figures(), stated()) == []


@pytest.mark.parametrize("apart", [-1, 1, -180_000, 10**9])
def test_one_fen_apart_stops_it_until_it_is_explained(apart):
    said = stated(bank_fen=180_000 + apart)
    assert codes(figures(), said) == ["closing.difference"]
    assert codes(figures(), stated(bank_fen=180_000 + apart, difference="短")) == [
        "closing.difference"
    ]
    said = stated(bank_fen=180_000 + apart, difference="一笔手续费在途")
    assert codes(figures(), said) == []


def test_the_sentence_names_both_balances_and_the_difference():
    [reason] = closing_reasons(figures(), stated(bank_fen=180_001))
    assert "1,800.00" in reason.sentence
    assert "1,800.01" in reason.sentence
    assert "差 0.01 元" in reason.sentence


def test_no_statement_no_publication():
    assert codes(figures(), stated(bank_fen=None)) == ["closing.bank"]
    # The fund's balances come from its own books.
    fund = figures(book="fund", totals={"deposits": 5, "repairs": 3})
    assert fund.closing == 100_002
    assert codes(fund, stated(bank_fen=None)) == []


@pytest.mark.parametrize(
    ("now", "then", "jumps"),
    [
        (130_000, 100_000, False),  # 30 % exactly is not above 30 %
        (130_001, 100_000, True),
        (70_000, 100_000, False),
        (69_999, 100_000, True),
        (9_999, 0, False),  # less than 100 yuan
        (10_000, 0, True),
        (0, 0, False),
        (-10_000, 10_000, True),  # a correction took more back than came in
    ],
)
def test_jumps_are_explained(now, then, jumps):
    fig = figures(totals={"advertising": now}, before={"advertising": then}, opening=0)
    said = stated(bank_fen=now)
    assert codes(fig, said) == (["closing.unexplained"] if jumps else [])
    if jumps:
        [one] = asked(fig)
        assert one.key == "before:advertising"
        said = stated(bank_fen=now, explanations={one.key: "新签了一份合同"})
        assert codes(fig, said) == []


def test_a_heading_that_vanished_is_a_jump_against_last_year_too():
    fig = figures(
        totals={},
        before={"advertising": 50_000},
        year={"advertising": 50_000, "parking": 60_000},
    )
    assert [one.key for one in asked(fig)] == [
        "before:advertising", "year:parking", "year:advertising",
    ]  # fmt: skip


def test_no_period_before_no_jump():
    assert asked(figures(before=None, year=None)) == []


@pytest.mark.parametrize(
    ("due", "came", "asks"),
    [
        (Fraction(100), 100, False),
        (Fraction(100), 99, True),
        (Fraction(301, 3), 100, False),  # a third of a fen cannot be paid
        (Fraction(301, 3), 99, True),
        (Fraction(0), 0, False),
        (Fraction(5), 500, False),
    ],
)
def test_expected_income(due, came, asks):
    fig = figures(expected=[Expected("7", "电梯广告 1幢（甲公司）", due, came)])
    assert [one.key for one in asked(fig)] == (["expected:7"] if asks else [])


def test_everything_at_once():
    fig = figures(
        behind="上一期还没有公布，请按先后公布",
        unbound=2,
        unmasked=1,
        wrong=1,
        fund_due=5,
    )
    said = stated(bank_fen=1, is_correction=True)
    assert codes(fig, said) == [
        "closing.behind",
        "closing.unreviewed",
        "closing.unmasked",
        "closing.wrong",
        "closing.difference",
        "closing.unexplained",
        "closing.correction",
    ]
