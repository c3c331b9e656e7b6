"""One estate reported by hand: the rules of a register with one row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from committees.models import Committee, EstateRecord, EstateSeen, RegisterImport
from committees.register_steps import Fees
from committees.selectors.register import known_estates
from committees.services.register import report_estate
from core.errors import RuleViolation
from registry.models import Authority, Estate
from tests.committees.city import AT, BY, DAY, authority, city, line, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau() -> Authority:
    return city()


def report(
    who: Authority, row: list[str], *, fees: Fees | None = None, **changes: object
) -> int:
    asked = {"day": DAY, "reporter": who.name, "actor": BY, "at": AT} | changes
    return report_estate(
        authority_id=who.pk,
        row=row,
        fees=fees,
        **asked,  # type: ignore[arg-type]
    )


def test_a_new_estate_is_founded_with_its_fees(bureau: Authority) -> None:
    made = report(bureau, line("东苑", formed="1"), fees=Fees(85_333_32, 100_000_00))
    estate = Estate.objects.get(pk=made)
    assert (estate.name, estate.authority.name) == ("东苑", "999901001001居委会")
    record = EstateRecord.objects.get(estate=estate)
    # 85.33332 %: in hundredths of a percent, the rest is cut off.
    assert (record.fee_rate, record.fee_paid_fen, record.fee_due_fen) == (
        8533, 85_333_32, 100_000_00,
    )  # fmt: skip
    assert (record.fee_day, record.reporter) == (DAY, bureau.name)
    assert Committee.objects.get(estate=estate).kind == "owners"
    handed_in = RegisterImport.objects.get()
    assert (handed_in.state, handed_in.file_name) == ("confirmed", "")


def test_a_known_estate_gets_a_new_row_and_keeps_the_old(bureau: Authority) -> None:
    write(bureau, line("东苑", service="1", rate="80"))
    later = AT + timedelta(days=3)
    own = authority("999901001001居委会")
    report(own, line("东苑", service="5", rate="80"), day=date(2026, 11, 3), at=later)
    first, second = EstateRecord.objects.all()
    assert (first.service, second.service) == (1, 5)
    assert EstateSeen.objects.get().day == date(2026, 11, 3)
    # The same again is no new row; amounts are, even where the rate is the same.
    report(own, line("东苑", service="5", rate="80"), day=date(2026, 11, 4), at=later)
    assert EstateRecord.objects.count() == 2
    assert EstateSeen.objects.get().day == date(2026, 11, 4)
    report(own, line("东苑", service="5"), fees=Fees(80, 100), day=date(2026, 11, 4), at=later)
    assert EstateRecord.objects.count() == 3


def test_an_older_register_does_not_make_an_estate_older(bureau: Authority) -> None:
    write(bureau, line("东苑"), line("西苑", "西区、西2街道、西22社区"))
    write(bureau, line("东苑"), day=date(2026, 9, 30))
    assert {one.day for one in EstateSeen.objects.all()} == {DAY}


@pytest.mark.parametrize("fees", [Fees(1, 0), Fees(101, 100), Fees(-1, 100), Fees(0, -5)])
def test_fees_that_cannot_be(bureau: Authority, fees: Fees) -> None:
    with pytest.raises(RuleViolation, match="实收的物业费不能超过应收的") as refused:
        report(bureau, line("东苑"), fees=fees)
    assert refused.value.code == "register.fees"
    assert not Estate.objects.exists()


def test_every_fault_at_once_and_nothing_is_written(bureau: Authority) -> None:
    with pytest.raises(RuleViolation) as refused:
        report(bureau, line("东苑", "哪里也没有", service="9", rate="200"))
    fields = {reason.field for reason in refused.value.facts["reasons"]}  # type: ignore[attr-defined]
    assert fields == {"place", "service", "fee_rate"}
    assert not RegisterImport.objects.exists()
    assert not Estate.objects.exists()


def test_another_place_is_refused(bureau: Authority) -> None:
    with pytest.raises(RuleViolation, match="不在您的辖区"):
        report(authority("西区住建局"), line("东苑"))


def test_a_formula_stays_a_text(bureau: Authority) -> None:
    report(bureau, line("=1+1", manager="=HYPERLINK(1)"))
    (one,) = known_estates(Estate.objects.all())
    assert (one.row.name, one.row.manager) == ("=1+1", "=HYPERLINK(1)")
