"""The sample estate is what it says it is: read back by the importer and the roll doctor."""

from collections import Counter
from pathlib import Path

import pytest

from core.tables import read_table
from portal.demo.choices import scripted_choices
from portal.demo.register_export import (
    AS_EXPORTED,
    HEADER,
    IMPORTABLE,
    SETTLED,
    register_export,
)
from portal.demo.sample_estate import DIVISION, WAIVERS, sample_estate
from registry.domain.columns import recognise
from registry.domain.doctor import Person, Room, Staff, examine
from registry.domain.rows import parse, prepare

DIVISIONS = Path(__file__).parents[2] / "registry/data/divisions.csv"
USES = {"住宅": "residential", "商铺": "shop", "车位": "parking"}
STATES = {"已交付": "delivered", "未售": "unsold", "已售未交付": "undelivered"}


@pytest.fixture(scope="module")
def estate():
    return sample_estate()


def imported(estate, stage):
    table = read_table(register_export(estate, stage), "export.xlsx")
    return parse(prepare(table, recognise(table.header)))


def findings(estate, stage):
    units, _ = imported(estate, stage)
    rooms = [
        Room(
            index,
            unit.label,
            unit.area,
            unit.status in ("unsold", "undelivered"),
            tuple(
                Person(
                    owner.document_number or f"{unit.label}{owner.name}",
                    owner.name,
                    owner.document_number,
                    owner.phone,
                    owner.is_voter,
                    "",
                )
                for owner in unit.owners
            ),
        )
        for index, unit in enumerate(units)
        if unit.use in ("residential", "shop")
    ]
    return examine(rooms, [Staff(name, phone) for name, phone in estate.staff])


def test_it_works(estate):
    uses = Counter(unit.use for unit in estate.units)
    assert uses == {"住宅": 496, "商铺": 24, "车位": 80, "物业服务用房": 1, "社区用房": 1}
    assert Counter(unit.status for unit in estate.units if unit.votes) == {
        "已交付": 498,
        "未售": 14,
        "已售未交付": 8,
    }
    assert len({unit.label for unit in estate.units}) == len(estate.units) == 602
    held = Counter(owner for unit in estate.units if unit.votes for owner in unit.owners)
    assert sum(1 for times in held.values() if times > 1) > 20
    assert sum(1 for unit in estate.units if len(unit.owners) > 1) > 100
    names = "".join(owner.name for owner in held)
    assert all(rare in names for rare in "䶮㛃𬭎喆")


def test_it_is_the_same_every_time(estate):
    assert sample_estate() == estate
    assert sample_estate(1) != estate


def test_it_lies_in_a_real_place():
    rows = DIVISIONS.read_text(encoding="utf-8").splitlines()
    assert any(row.startswith(f"{DIVISION},柏子桥社区") for row in rows)


def test_nobody_in_it_can_exist(estate):
    for owner in {owner for unit in estate.units for owner in unit.owners}:
        assert owner.number[:1] == "X" or "999999" in owner.number[:8]
        assert owner.phone == "" or (
            owner.phone.startswith("1000000") and len(owner.phone) == 11
        )
    assert all(phone.startswith("1000000") for _, phone in estate.staff)


def test_the_settled_export_says_the_truth(estate):
    units, faults = imported(estate, SETTLED)
    assert faults == []
    by_label = {unit.label: unit for unit in units}
    assert set(by_label) == {unit.label for unit in estate.units}
    for unit in estate.units:
        read = by_label[unit.label]
        assert (read.building, read.entrance, read.floor) == (
            unit.building,
            unit.entrance,
            unit.floor,
        )
        assert read.area == unit.area
        assert read.use == USES.get(unit.use, "common")
        assert read.status == STATES[unit.status]
        assert [(owner.name, owner.document_number) for owner in read.owners] == [
            (owner.name, owner.number) for owner in unit.owners
        ]
        assert [owner.name for owner in read.owners if owner.is_voter] == [unit.voter][
            : bool(unit.voter)
        ]


def test_the_export_is_shaped_like_a_register_s(estate):
    table = read_table(register_export(estate, AS_EXPORTED), "export.xlsx")
    assert table.header_row == 2
    assert len(table.header) == len(HEADER)
    assert set(recognise(table.header).values()) == set(table.header)
    assert len(table.merged) == 2


def test_an_import_finds_every_planted_fault_and_no_other(estate):
    table = read_table(register_export(estate, AS_EXPORTED), "export.xlsx")
    row_of = {
        row.cells[2].removeprefix("安庆市大观区示例路8号青枫苑"): row.number
        for row in table.rows[:-1]
    }
    _, found = imported(estate, AS_EXPORTED)
    planted = {
        (table.rows[-1].number, "室号(房号)")
        if fault.kind == "room_twice"
        else (row_of[fault.room], fault.column.replace("（", "(").replace("）", ")"))
        for fault in estate.faults
        if fault.found_by == "import"
    }
    assert len(planted) == 11
    assert {(fault.row, fault.column) for fault in found if not fault.is_warning} == planted
    assert [fault for fault in imported(estate, IMPORTABLE)[1] if not fault.is_warning] == []


def test_the_doctor_finds_what_was_planted_for_it(estate):
    before, after = findings(estate, IMPORTABLE), findings(estate, SETTLED)
    for fault in estate.faults:
        if fault.found_by == "doctor":
            kind = [finding for finding in before if finding.kind == fault.kind]
            assert any(fault.room in finding.subject.split("、") for finding in kind), fault
    planted = {fault.kind for fault in estate.faults if fault.found_by == "doctor"}
    assert planted == {
        "area_missing",
        "identity_missing",
        "two_numbers",
        "shared_phone",
        "staff_phone",
        "joint_without_voter",
    }
    # What is left is waived by name, and every kind of it is there.
    assert {finding.kind for finding in after} == set(WAIVERS)
    assert len(after) < len(before)


def test_the_roll_leaves_out_spaces_and_common_rooms(estate):
    roll = estate.roll()
    assert len(roll) == 520
    assert not any("车库" in row[0] or "用房" in row[0] for row in roll)


def test_choices_are_scripted():
    parties = [f"{n}室" for n in range(2000)]
    motions = {"甲": 72, "乙": 60}
    chosen = scripted_choices(parties, motions)
    assert chosen == scripted_choices(reversed(parties), motions)
    assert set(chosen) <= set(parties)
    assert 0.76 < len(chosen) / 2000 < 0.84
    for motion, agreeing in motions.items():
        answers = Counter(ballot[motion] for ballot in chosen.values() if motion in ballot)
        assert set(answers) == {"同意", "反对", "弃权"}
        assert abs(100 * answers["同意"] / answers.total() - agreeing) < 4
        assert answers.total() < len(chosen)
    # A party more changes nobody else.
    assert scripted_choices(parties[:5], motions).items() <= chosen.items()
