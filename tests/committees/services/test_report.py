"""One estate reported by hand: the rules of a register with one row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from committees.models import Committee, EstateRecord, EstateSeen, RegisterImport
from committees.register_steps import ByHand, Fees
from committees.selectors.register import known_estates, plan_of
from committees.services.register import found_estate, report_estate
from core.errors import RuleViolation
from registry.models import Authority, Estate
from tests.committees.city import AT, BY, DAY, authority, city, hand_in, line, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau() -> Authority:
    return city()


def report(
    who: Authority,
    row: list[str],
    *,
    fees: Fees | None = None,
    ends: bool = False,
    command: Callable[..., int] = report_estate,
    **changes: object,
) -> int:
    asked = {"day": DAY, "reporter": who.name, "actor": BY, "at": AT} | changes
    return command(authority_id=who.pk, told=ByHand(tuple(row), fees, ends), **asked)


def found(who: Authority, row: list[str], fees: Fees | None = None) -> int:
    return report(who, row, fees=fees, command=found_estate)


def test_a_new_estate_is_founded_with_its_fees(bureau: Authority) -> None:
    made = found(bureau, line("东苑", formed="1"), fees=Fees(85_333_32, 100_000_00))
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


def test_nothing_older_takes_the_place_of_what_is_newer(bureau: Authority) -> None:
    write(bureau, line("东苑", rate="85.3%"))
    with pytest.raises(RuleViolation, match="已经有2026-10-31的数据，比这一份新"):
        report(bureau, line("东苑", rate=""), day=date(2024, 2, 29))
    told = plan_of(hand_in(bureau, line("东苑", rate="80%"), day=date(2026, 9, 30)))
    assert [(fault.row, fault.column) for fault in told.faults] == [(3, None)]
    # The same, or of the same day, is no step back.
    assert not plan_of(
        hand_in(bureau, line("东苑", rate="85.3%"), day=date(2026, 9, 30))
    ).faults
    report(bureau, line("东苑", rate="80%"))
    assert [one.fee_rate for one in EstateRecord.objects.all()] == [8530, 8000]


@pytest.mark.parametrize("fees", [Fees(1, 0), Fees(101, 100), Fees(-1, 100), Fees(0, -5)])
def test_fees_that_cannot_be(bureau: Authority, fees: Fees) -> None:
    with pytest.raises(RuleViolation, match="实收的物业费不能超过应收的") as refused:
        found(bureau, line("东苑"), fees=fees)
    assert refused.value.code == "register.fees"
    assert not Estate.objects.exists()


def test_every_fault_at_once_and_nothing_is_written(bureau: Authority) -> None:
    with pytest.raises(RuleViolation) as refused:
        found(bureau, line("东苑", "哪里也没有", service="9", rate="200"))
    fields = {reason.field for reason in refused.value.facts["reasons"]}  # type: ignore[attr-defined]
    assert fields == {"place", "service", "fee_rate"}
    assert not RegisterImport.objects.exists()
    assert not Estate.objects.exists()


def test_another_place_is_refused(bureau: Authority) -> None:
    with pytest.raises(RuleViolation, match="不在您的辖区"):
        found(authority("西区住建局"), line("东苑"))


def test_a_formula_stays_a_text(bureau: Authority) -> None:
    found(bureau, line("=1+1", manager="=HYPERLINK(1)"))
    (one,) = known_estates(Estate.objects.all())
    assert (one.row.name, one.row.manager) == ("=1+1", "=HYPERLINK(1)")


def test_a_name_its_community_has_already_is_not_founded_again(bureau: Authority) -> None:
    write(bureau, line("东苑", service="1", rate="85.3%"))
    for row in (line("东苑", around="", service=""), line("东苑", small="另一个小区")):
        with pytest.raises(RuleViolation) as refused:
            found(bureau, row)
        assert str(refused.value) == "这个社区已经有一个“东苑”，请到它的页面填报"
        (reason,) = refused.value.facts["reasons"]  # type: ignore[misc]
        assert reason.field == "name"
    assert EstateRecord.objects.get().fee_rate == 8530
    assert RegisterImport.objects.count() == 1
    # In another 社区 it is another estate.
    found(bureau, line("东苑", "西区、西2街道、西22社区"))
    assert Estate.objects.count() == 2


def test_an_estate_not_on_record_is_not_reported_into_being(bureau: Authority) -> None:
    with pytest.raises(RuleViolation, match="没有找到这个物业管理区域"):
        report(bureau, line("东苑"))
    assert not Estate.objects.exists()


@pytest.mark.parametrize("formed", ["2", "3"])
def test_a_committee_ends_only_where_the_reporter_says_so(
    bureau: Authority, formed: str
) -> None:
    write(bureau, line("东苑", formed="1"))
    with pytest.raises(RuleViolation) as refused:
        report(bureau, line("东苑", formed=formed))
    assert str(refused.value) == (
        f"台账里登记有业主委员会（{DAY}成立），确实已经没有了的，请勾选确认"
    )
    assert Committee.objects.get().ended_on is None
    assert EstateRecord.objects.count() == 1
    report(bureau, line("东苑", formed=formed), ends=True)
    assert Committee.objects.get(kind="owners").ended_on == DAY
    living = Committee.objects.filter(ended_on__isnull=True).values_list("kind", flat=True)
    assert list(living) == (["management"] if formed == "2" else [])


def test_nothing_ends_where_the_committee_is_the_same_or_left_out(bureau: Authority) -> None:
    write(bureau, line("东苑", formed="1"))
    for formed in ("1", ""):
        report(bureau, line("东苑", formed=formed, around="东至二路"), ends=True)
    assert Committee.objects.get().ended_on is None


@pytest.mark.parametrize(
    ("typed", "accepted"), [("", True), ("85.33", True), ("85.33%", True), ("85.3", True),
                            ("85", True), ("85.34", False), ("85.4", False), ("80", False),
                            ("86", False), ("无", False)],
)  # fmt: skip
def test_a_typed_rate_is_the_reckoned_one(
    bureau: Authority, typed: str, accepted: bool
) -> None:
    row, fees = line("东苑", rate=typed), Fees(85_333_32, 100_000_00)
    if accepted:
        found(bureau, row, fees)
        assert EstateRecord.objects.get().fee_rate == 8533
        return
    with pytest.raises(RuleViolation, match=r"算出来是 85\.33%"):
        found(bureau, row, fees)
    assert not Estate.objects.exists()


@pytest.mark.parametrize("typed", ["1", "0.85", ".5"])
def test_a_bare_share_is_asked_back(bureau: Authority, typed: str) -> None:
    with pytest.raises(RuleViolation, match=f"“{typed}”请写成"):
        found(bureau, line("东苑", rate=typed))
