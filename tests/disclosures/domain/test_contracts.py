"""Contracts: six months of parking by the calendar of Civil Code 202."""

from datetime import date

import pytest

from disclosures.domain.contracts import Term, contract_reasons, latest_end

D = date.fromisoformat


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2026-01-01", 6, "2026-06-30"),
        ("2026-03-15", 6, "2026-09-14"),
        ("2026-07-01", 6, "2026-12-31"),
        ("2026-08-31", 6, "2027-02-28"),  # no 31 February: the month's last day
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-08-30", 6, "2027-02-28"),
        ("2026-12-01", 1, "2026-12-31"),
        ("2026-12-31", 12, "2027-12-30"),
        ("2025-12-31", 2, "2026-02-28"),
    ],
)
def test_latest_end(first, months, last):
    assert latest_end(D(first), months) == D(last)


def codes(*, months=6, **given):
    term = Term("parking", "persons", True, 30_000, "month", D("2026-01-01"), D("2026-06-30"))
    return [one.code for one in contract_reasons(term._replace(**given), parking_months=months)]


def test_parking_to_outsiders_for_six_months_at_most():
    assert codes() == []
    assert codes(last=D("2026-07-01")) == ["contract.parking"]
    assert codes(last=None) == ["contract.parking"]
    assert codes(last=D("2026-07-01"), outsider=False) == []
    assert codes(last=D("2026-07-01"), source="lift_ad") == []
    assert codes(last=None, months=None) == []  # a place without the rule


def test_bad_input():
    assert codes(fen=0) == ["contract.fen"]
    assert codes(priced="week") == ["contract.priced"]
    assert codes(payer_kind="robot") == ["contract.payer"]
    assert codes(last=D("2025-12-31")) == ["contract.days"]


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        ("1989-12-31", "2026-06-30", ["first"]),
        ("2026-01-01", "2101-01-01", ["last"]),
        ("1989-12-31", "2101-01-01", ["first", "last"]),
        ("1990-01-01", "2100-12-31", []),
    ],
)
def test_a_strange_day_is_told_at_its_own_field(first, last, fields):
    term = Term("lift_ad", "organisation", True, 30_000, "month", D(first), D(last))
    assert [one.field for one in contract_reasons(term, parking_months=6)] == fields
