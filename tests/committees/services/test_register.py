"""A register handed in: whole or not at all, and every fault at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from committees.models import Committee, EstateRecord, RegisterImport
from committees.selectors.register import known_estates, plan_of
from committees.services.register import confirm_register, drop_register, preview_register
from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import Estate
from tests.committees.city import AT, BY, DAY, authority, city, hand_in, line, workbook, write

pytestmark = pytest.mark.django_db
WEST = "样例市西区、西2街道、西22社区居委会"


@pytest.fixture
def bureau():
    return city()


def rows():
    return {one.estate.name: one for one in known_estates(Estate.objects.all())}


def told(handed_in) -> list[tuple[int, str]]:
    return [(fault.row, fault.reason) for fault in plan_of(handed_in).faults]


def test_estates_are_founded_where_they_lie(bureau):
    done = write(
        bureau,
        line("东苑", small="东苑一期、东苑二期", formed="1", rate="85.3%"),
        line("西苑", WEST, service="5", formed="2", manager="无"),
        line("新城", "西区、高新区、高新社区"),
    )
    assert done == (3, 0, 0)
    found = rows()
    east, west, new = (found[name] for name in ("东苑", "西苑", "新城"))
    assert east.estate.authority.name == "999901001001居委会"
    assert west.estate.division_id == "999902002002"
    # The zone reports for itself, wherever the codes put it.
    assert new.estate.authority.name == "样例高新区管委会"
    assert (east.row.small_names, east.row.formed, east.row.fee_rate) == (
        "东苑一期、东苑二期", 1, 8530,
    )  # fmt: skip
    assert (west.row.service, west.row.formed, west.row.manager) == (5, 2, "")
    assert new.row.formed == 3
    assert new.committee is None
    assert (east.committee.kind, east.committee.source, east.committee.formed_on) == (
        "owners", "register", DAY,
    )  # fmt: skip
    assert len({one.estate.code for one in found.values()}) == 3


def test_the_same_again_changes_nothing(bureau):
    write(bureau, line("东苑", rate="85.3%"), line("西苑", WEST))
    assert write(bureau, line("东苑", rate="0.853"), line("西苑", WEST)) == (0, 0, 2)
    assert EstateRecord.objects.count() == 2


def test_only_what_changed_gets_a_new_record(bureau):
    write(bureau, line("东苑"), line("西苑", WEST))
    later = DAY + timedelta(days=1)
    changed = line("东苑", around="东至二路", formed="1")
    assert write(bureau, changed, line("西苑", WEST), day=later) == (0, 1, 1)
    kept = EstateRecord.objects.filter(estate__name="东苑").order_by("pk")
    assert [(one.boundaries, one.day) for one in kept] == [
        ("东至一路", DAY),
        ("东至二路", later),
    ]
    assert rows()["东苑"].row.boundaries == "东至二路"
    assert Committee.objects.get().formed_on == later


def test_an_empty_cell_reports_nothing_and_what_is_known_stays(bureau):
    full = line("东苑", small="一期", around="东至一路", formed="1", rate="85.3%")
    write(bureau, full)
    before = rows()["东苑"].row
    later = DAY + timedelta(days=1)
    empty = [cell if place in (0, 1, 3) else "" for place, cell in enumerate(full)]
    plan = plan_of(hand_in(bureau, empty, day=later))
    assert (plan.changes, plan.ending, plan.same) == ([], [], 1)
    kept = {one.column for step in plan.kept for one in step.kept}
    assert {
        "小区名称",
        "四至范围",
        "物业服务形态",
        "业主委员会组建情况",
        "物业费收缴率",
    } <= kept
    # With something else that changed, all the rest stays; the rate is of the day it was told.
    other = [cell if place != 4 else "东至九路" for place, cell in enumerate(empty)]
    write(bureau, other, day=later)
    assert rows()["东苑"].row == before._replace(boundaries="东至九路")
    assert EstateRecord.objects.latest("pk").fee_day == DAY
    # Said in words, there is none.
    none = [{6: "3", 8: "无", 9: "无"}.get(place, cell) for place, cell in enumerate(empty)]
    write(bureau, none, day=later)
    now = rows()["东苑"].row
    assert (now.formed, now.manager, now.fee_rate) == (3, "", None)
    assert (now.service, now.small_names) == (before.service, "一期")


def test_what_a_file_leaves_out_stays(bureau):
    write(bureau, line("东苑"), line("西苑", WEST))
    plan = plan_of(hand_in(bureau, line("东苑")))
    assert (len(plan.new), len(plan.changes), plan.same, plan.absent) == (0, 0, 1, 1)
    write(bureau, line("东苑"))
    assert set(rows()) == {"东苑", "西苑"}


def test_a_committee_known_from_a_register_alone_may_be_reported_anew(bureau):
    write(bureau, line("东苑", formed="1"))
    write(bureau, line("东苑", formed="2"))
    kinds = Committee.objects.order_by("pk").values_list("kind", "ended_on", "ended_why")
    assert list(kinds) == [("owners", DAY, "台账改报"), ("management", None, "")]
    write(bureau, line("东苑", formed="3"))
    assert rows()["东苑"].committee is None
    write(bureau, line("东苑", formed=""))
    assert rows()["东苑"].row.formed == 3
    # Left empty says nothing about a committee there is.
    write(bureau, line("东苑", formed="1"))
    write(bureau, line("东苑", formed="", around="东至三路"))
    assert rows()["东苑"].row.formed == 1


def test_a_committee_with_papers_is_not_ended_by_a_register(bureau):
    write(bureau, line("东苑"))
    Committee.objects.create(
        estate=Estate.objects.get(), kind="owners", source="filed", formed_on=date(2025, 3, 1),
        recorded_by=BY, recorded_at=AT,
    )  # fmt: skip
    refused = told(hand_in(bureau, line("东苑", formed="3")))
    assert refused == [
        (3, "这里登记有业主委员会（2025-03-01成立），台账填的是未成立；请先办终止或者换届")
    ]
    assert told(hand_in(bureau, line("东苑", formed="1"))) == []


def test_two_estates_of_one_name(bureau):
    write(bureau, line("和平小区", small="北"), line("和平小区", small="南"))
    assert Estate.objects.count() == 2
    assert plan_of(hand_in(bureau, line("和平小区", small="南"))).same == 1
    assert told(hand_in(bureau, line("和平小区", small="东"))) == [
        (3, "这个社区有2个“和平小区”，请在小区名称里分清楚")
    ]
    assert told(hand_in(bureau, line("东苑"), line("东苑"))) == [
        (4, "和第3行是同一个物业管理区域")
    ]
    # The same name in another community is another estate.
    write(bureau, line("和平小区", WEST))
    assert Estate.objects.count() == 3


def test_an_estate_that_moved_to_another_street(bureau):
    write(bureau, line("东苑", small="东苑一期"))
    refused = told(hand_in(bureau, line("东苑", WEST, small="东苑一期")))
    assert refused == [
        (
            3,
            "“东苑”登记在样例市东区、东1街道、东11社区居委会；确实划转了的，请先办划转，再填台账",
        )
    ]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("火星区", "没有找到“火星区”这个地方"),
        ("东区、东1街道、东13社区", "最接近的是"),
        ("东区、东1街道", "“东区、东1街道”要写到社区（村）"),
        ("东区", "“东区”要写到社区（村）"),
    ],
)
def test_places_that_lead_nowhere(bureau, place, reason):
    ((row, told_so),) = told(hand_in(bureau, line("东苑", place)))
    assert row == 3
    assert reason in told_so


def test_another_places_estates_are_not_ones_own(bureau):
    east = authority("东区住建局")
    assert told(hand_in(east, line("西苑", WEST))) == [(3, f"“{WEST}”不在您的辖区")]
    zone = authority("样例高新区管委会")
    write(zone, line("新城", "西区、高新区、高新社区"))
    # A zone answers for what lies in its city: the codes know no new zone.
    write(zone, line("新区", "东区、东1街道、东12社区"))
    assert set(Estate.objects.values_list("authority__name", flat=True)) == {zone.name}
    street = authority("东1街道办事处")
    assert told(hand_in(street, line("东苑", "东区、东2街道、东21社区")))[0][1].endswith("辖区")


def test_one_fault_and_nothing_is_written(bureau):
    handed_in = hand_in(bureau, line("东苑"), line("西苑", WEST, service="7"))
    with pytest.raises(RuleViolation, match="还有错误"):
        confirm_register(import_id=handed_in.pk, actor=BY, at=AT)
    assert not Estate.objects.exists()
    assert RegisterImport.objects.get().state == "previewed"


def test_a_file_that_ends_committees_wants_somebody_to_have_looked(bureau):
    write(bureau, line("东苑", formed="1"))
    handed_in = hand_in(bureau, line("东苑", formed="3"), day=DAY)
    with pytest.raises(RuleViolation, match="勾选确认") as refused:
        confirm_register(import_id=handed_in.pk, actor=BY, at=AT)
    assert refused.value.code == "register.ends"
    assert Committee.objects.get().ended_on is None
    confirm_register(import_id=handed_in.pk, ends=True, actor=BY, at=AT)
    assert Committee.objects.get().ended_on is not None


def test_a_file_is_decided_on_once(bureau):
    handed_in = hand_in(bureau, line("东苑"))
    confirm_register(import_id=handed_in.pk, actor=BY, at=AT)
    for act in (confirm_register, drop_register):
        with pytest.raises(RuleViolation, match="已经写入或者放弃"):
            act(import_id=handed_in.pk, actor=BY, at=AT)
    other = hand_in(bureau, line("西苑", WEST))
    drop_register(import_id=other.pk, actor=BY, at=AT)
    with pytest.raises(RuleViolation, match="已经写入或者放弃"):
        confirm_register(import_id=other.pk, actor=BY, at=AT)
    acts = Entry.objects.filter(log__name=f"authority/{bureau.pk}").values_list(
        "kind", flat=True
    )
    assert sorted(acts) == [
        "register-dropped", "register-handed-in", "register-handed-in", "register-written",
    ]  # fmt: skip


@pytest.mark.parametrize("day", [DAY + timedelta(days=9), date(1999, 12, 31)])
def test_days_that_cannot_be(bureau, day):
    with pytest.raises(RuleViolation, match="台账的日期"):
        hand_in(bureau, line("东苑"), day=day)


@pytest.mark.parametrize("reporter", ["", " ", "x" * 81, "a\nb"])
def test_a_reporter_is_named(bureau, reporter):
    with pytest.raises(RuleViolation, match="填报单位"):
        preview_register(
            authority_id=bureau.pk, day=DAY, reporter=reporter, file_name="a.xlsx",
            content=workbook([line("东苑")]), actor=BY, at=AT,
        )  # fmt: skip


def test_whoever_runs_the_houses_is_encrypted(bureau):
    write(bureau, line("东苑", manager="样例物业，样例经理"))
    assert rows()["东苑"].row.manager == "样例物业，样例经理"
    raw = EstateRecord.objects.raw(
        "SELECT id, CAST(manager AS BLOB) AS raw FROM committees_estaterecord"
        if transaction.get_connection().vendor == "sqlite"
        else "SELECT id, manager AS raw FROM committees_estaterecord"
    )[0].raw
    assert "样例".encode() not in bytes(raw)
    assert "样例".encode() not in bytes(RegisterImport.objects.get().rows)


def test_the_database_keeps_what_was_reported(bureau):
    write(bureau, line("东苑", formed="1"))
    write(bureau, line("东苑", formed="3"))
    for model, change in (
        (EstateRecord, {"boundaries": "改了"}),
        (Committee, {"kind": "management"}),
        (Committee, {"ended_why": "改了"}),  # it ended already
        (RegisterImport, {"state": "previewed"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete(using="default")
