"""Rows of a register's export: what is read, and every fault that is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import CellFault, Merged, Row, Table, read_table
from registry.domain import documents, rooms
from registry.domain.columns import mapping_faults, plain_header, recognise
from registry.domain.rows import parse, prepare
from tests.registry.rolls import HEADER, as_csv, as_xlsx, line, number


def read(*rows, header=HEADER, merged=(), faults=()):
    table = Table(
        1,
        header,
        [Row(place, tuple(row)) for place, row in enumerate(rows, 2)],
        tuple(faults),
        tuple(merged),
    )
    return parse(prepare(table, recognise(header)))


def one(**cells):
    units, faults = read(line(**cells))
    assert not [fault for fault in faults if not fault.is_warning], faults
    return units[0]


def reasons(**cells):
    """Column and reason of every fault of one row, doubts left out."""
    _units, faults = read(line(**cells))
    return [(fault.column, fault.reason) for fault in faults if not fault.is_warning]


AREA = "建筑面积(㎡)"


# --- documents ---------------------------------------------------------------------


# The check characters are computed here once more, straight from the standards' wording.
def identity_check(body):
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    remainder = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    value = (12 - remainder % 11) % 11
    return "X" if value == 10 else str(value)


@given(st.text("0123456789", min_size=17, max_size=17))
def test_identity_check_digit_is_iso_7064(body):
    assert documents.identity_check_digit(body) == identity_check(body)


def test_credit_code_check_letter_is_gb_32100():
    # The example in GB 32100-2015, annex: 91350100M000100Y43.
    assert documents.credit_check_letter("91350100M000100Y4") == "3"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" 99999919900101001x ", "99999919900101001X"),
        ("９９９９９９１９９００１０１００１Ｘ", "99999919900101001X"),
        ("'999999900101001", "999999900101001"),
        ("999999 19900101 0010", "999999199001010010"),
    ],
)
def test_numbers_are_cleaned_but_stay_as_written(written, key):
    assert one(证件号码=written).owners[0].document_number == key


def test_fifteen_digits_are_kept_and_their_successor_is_known():
    assert one(证件号码="999999900101001").owners[0].document_number == "999999900101001"
    longer = documents.number_of_today("999999900101001")
    assert longer == "99999919900101001" + identity_check("99999919900101001")


def test_a_wrong_check_digit_is_a_doubt_and_excludes_nobody():
    body = "99999919900101001"
    wrong = "0" if identity_check(body) != "0" else "1"
    units, faults = read(line(证件号码=body + wrong))
    assert units[0].owners[0].document_number == body + wrong
    assert [(fault.column, fault.is_warning) for fault in faults] == [("证件号码", True)]
    _units, faults = read(line(证件号码=body + identity_check(body)))
    assert faults == []


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("身份证", "123"),
        ("", "123"),
        ("", "99999919900101001"),
        ("", "无号码"),
        ("", "ABCDEFGH"),
    ],
)
def test_a_number_like_no_document_is_a_doubt_and_kept(kind, written):
    units, faults = read(line(证件种类=kind, 证件号码=written))
    assert units[0].owners[0].document_number == written
    assert [(fault.column, fault.is_warning) for fault in faults] == [("证件号码", True)]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("", number(7)),
        ("", "999999900101001"),
        ("", "E12345678"),
        ("", "EA1234567"),
        ("", "H0000000001"),
        ("", "00000001"),
        ("", "0000000001(B)"),
        ("", "A000000(3)"),
        ("", "AAA000000000001"),
        ("", "军字第0000001号"),
        ("", "00000000-0"),
        ("护照", "123"),  # what says its kind is believed
    ],
)
def test_a_number_that_may_be_of_some_document_is_none(kind, written):
    assert reasons(证件种类=kind, 证件号码=written) == []


@pytest.mark.parametrize("written", ["9.99999E+17", "999999********0010", "99999919900101????"])
def test_a_number_that_was_damaged_or_hidden_is_a_fault(written):
    assert [column for column, _reason in reasons(证件号码=written)] == ["证件号码"]


# --- rooms -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3-2-501", ("3幢", "2", "501")),
        ("３－２－５０１", ("3幢", "2", "501")),
        ("3幢2单元501室", ("3幢", "2", "501")),
        ("3 幢 2 单元 501", ("3幢", "2", "501")),
        ("03栋02单元0501室", ("3幢", "2", "0501")),
        ("3号楼501", ("3幢", "", "501")),
        ("12#1201", ("12幢", "", "1201")),
        ("十二栋二单元501", ("12幢", "2", "501")),
        ("A1-501", ("A1幢", "", "501")),
        ("安庆市迎江区人民路1号样板苑3幢2单元501室", ("3幢", "2", "501")),
        ("1幢商铺3", ("1幢", "", "商铺3")),
        ("501", None),
        ("3楼501", None),
        ("1-3-2-501", None),
        ("3幢2单元", None),
        ("", None),
    ],
)
def test_one_cell_splits_into_building_entrance_and_room(text, expected):
    assert rooms.split_label(text) == expected


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        ({"幢号": "3", "单元": "2", "室号": "501"}, "3幢2单元501室"),
        ({"幢号": "3#", "单元": "", "室号": "501室"}, "3幢501室"),
        ({"幢号": "3幢", "单元": "", "室号": "3-2-501"}, "3幢2单元501室"),
        ({"幢号": "3幢", "单元": "", "室号": "2-501"}, "3幢2单元501室"),
        ({"幢号": "", "单元": "", "室号": "3-2-501"}, "3幢2单元501室"),
        ({"幢号": "", "单元": "", "室号": "", "坐落": "某路1号3幢2单元501室"}, "3幢2单元501室"),
        ({"幢号": "1", "单元": "", "室号": "商铺3", "规划用途": "商业"}, "1幢商铺3"),
        ({"幢号": "地下车库", "单元": "", "室号": "012", "规划用途": "车位"}, "地下车库012号"),
        ({"幢号": "", "单元": "", "室号": "B-12", "规划用途": "车位"}, "B幢12号"),
        ({"幢号": "", "单元": "", "室号": "12", "规划用途": "车位"}, "车库12号"),
    ],
)
def test_labels_are_composed_one_way(cells, label):
    assert one(**cells).label == label


@pytest.mark.parametrize(
    "cells", [{"室号": "", "坐落": ""}, {"幢号": "", "单元": "", "室号": "501"}]
)
def test_a_room_nobody_can_place_is_a_fault(cells):
    assert reasons(**cells)


@given(st.lists(st.sampled_from(["1", "2", "11", "12", "112"]), min_size=3, max_size=3))
def test_labels_that_collide_without_separators_have_one_key(parts):
    label = rooms.compose_label(parts[0] + "幢", parts[1], parts[2])
    assert rooms.collision_key(label) == "".join(parts)
    assert rooms.collision_key("-".join(parts)) == "".join(parts)


def test_natural_order_counts_as_people_do():
    assert sorted(["10幢", "2幢", "1幢"], key=rooms.natural) == ["1幢", "2幢", "10幢"]


# --- areas, uses, states -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "area"),
    [("89.5", 8950), ("８９．５０", 8950), ("89", 8900), (" 89.05 ", 8905), ("", None)],
)
def test_areas_are_read_to_the_hundredth(text, area):
    assert one(**{AREA: text}).area == area


@pytest.mark.parametrize(
    "text",
    [
        "89.50+12.30",
        "0",
        "0.00",
        "-1",
        "NaN",
        "inf",
        "1e3",
        "89.555",
        "89,50",
        "约90",
        "90㎡",
        "9" * 40,
    ],
)
def test_what_is_no_area_is_a_fault_of_its_cell(text):
    assert [column for column, _reason in reasons(**{AREA: text})] == [AREA]


def test_a_huge_area_is_doubted():
    _units, faults = read(line(**{AREA: "10000.01"}))
    assert [fault.is_warning for fault in faults if fault.column == AREA] == [True]


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("成套住宅", "residential"), ("商业服务", "shop"), ("地下车位", "parking"),
        ("储藏室", "storage"), ("办公", "other"), ("物业服务用房", "common"), ("", ""),
    ],
)  # fmt: skip
def test_uses_are_told_apart(text, use):
    assert one(规划用途=text).use == use


@pytest.mark.parametrize(
    ("text", "status"),
    [("已交付", "delivered"), ("未售", "unsold"), ("已售未交付", "undelivered"), ("", "")],
)
def test_states_are_read(text, status):
    assert one(状态=text).status == status


@pytest.mark.parametrize("text", ["已售", "出租", "？"])
def test_an_unknown_state_is_a_fault(text):
    assert reasons(状态=text)


def test_a_delivered_unit_has_an_owner_and_an_unsold_one_needs_none():
    assert [column for column, _reason in reasons(权利人="", 证件号码="", 状态="")] == [
        "权利人"
    ]
    assert one(权利人="", 证件号码="", 状态="未售").owners == ()
    assert one(权利人="未售", 证件号码="", 状态="").status == "unsold"
    assert one(权利人="", 证件号码="", 状态="", 规划用途="物业用房").use == "common"


# --- owners ------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["、", ",", "，", ";", "；", "/", "\n"])
def test_several_owners_in_one_cell(sign):
    unit = one(
        权利人=sign.join(["张三", "李四"]),
        证件号码=sign.join([number(1), number(2)]),
        共有情况="共同共有",
    )
    assert [(owner.name, owner.document_number) for owner in unit.owners] == [
        ("张三", number(1)),
        ("李四", number(2)),
    ]
    assert {owner.share_text for owner in unit.owners} == {"共同共有"}


def test_owners_and_numbers_must_match_in_count():
    faults = reasons(权利人="张三、李四、王五", 证件号码=f"{number(1)}、{number(2)}")
    assert faults == [("证件号码", "业主有 3 位，证件号码有 2 个，对不上")]


def test_shares_go_with_their_owners_and_must_add_up():
    unit = one(权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}", 共有情况="1/3、2/3")
    assert [owner.share_text for owner in unit.owners] == ["1/3", "2/3"]
    _units, faults = read(
        line(权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}", 共有情况="1/3、1/3")
    )
    assert [fault.column for fault in faults if fault.is_warning and "份额" in fault.reason]


def test_one_number_for_a_household_is_the_first_owners():
    unit = one(
        权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}", 联系电话="100-0000 0001"
    )
    assert [owner.phone for owner in unit.owners] == ["10000000001", ""]


@pytest.mark.parametrize(
    "name", ["䶮某", "㛃某", "某𬭎", "某喆", "阿不都·热合曼", "John Smith"]
)
def test_rare_characters_and_long_names_come_through(name):
    assert one(权利人=name).owners[0].name == name


def test_the_blank_between_two_characters_is_no_part_of_a_name():
    assert one(权利人="王　五").owners[0].name == "王五"


@pytest.mark.parametrize("name", ["王?", "王\ufffd", "123", "王" * 130])
def test_a_name_that_cannot_be_one_is_a_fault(name):
    assert {column for column, _reason in reasons(权利人=name)} == {"权利人"}


def test_a_company_is_told_by_its_document_or_its_name():
    assert one(权利人="某某置业有限公司", 证件种类="营业执照").owners[0].kind == "company"
    assert one(权利人="某某村民委员会", 证件种类="", 证件号码="").owners[0].kind == "company"
    assert one().owners[0].kind == "person"


def test_the_same_number_under_two_names_is_a_fault():
    _units, faults = read(line(), line(室号="102", 权利人="王武"))
    assert [(fault.row, fault.column) for fault in faults if not fault.is_warning] == [
        (3, "权利人")
    ]


def test_two_owners_of_a_unit_cannot_have_one_number():
    assert reasons(权利人="张三、李四", 证件号码=f"{number(1)}、{number(1)}")


# --- several rows of one unit ------------------------------------------------------


def test_a_room_written_twice_is_a_fault():
    _units, faults = read(line(), line(权利人="李四", 证件号码=number(2)))
    assert [(fault.row, fault.column) for fault in faults] == [(3, "室号")]
    assert "第 2 行" in faults[0].reason


def test_joint_owners_may_have_a_row_each():
    units, faults = read(
        line(权利人="张三", 证件号码=number(1), 共有情况="共同共有"),
        line(权利人="李四", 证件号码=number(2), 共有情况="共同共有"),
    )
    assert not faults
    assert [owner.name for owner in units[0].owners] == ["张三", "李四"]


def test_rows_whose_room_is_merged_are_one_unit():
    further = ["", "", "", "", "", "", "", "", "", "李四", "身份证", number(2), "", "", "", ""]
    units, faults = read(
        line(), further, merged=[Merged(2, column, 3, column) for column in range(9)]
    )
    assert not faults
    assert len(units) == 1
    assert [owner.name for owner in units[0].owners] == ["王五", "李四"]
    assert units[0].area == 8950


def test_a_merged_building_belongs_to_every_row_and_a_merged_area_to_none():
    second = line(室号="102", 幢号="", 权利人="李四", 证件号码=number(2), **{AREA: ""})
    units, faults = read(line(), second, merged=[Merged(2, 2, 3, 2), Merged(2, 7, 3, 7)])
    assert [unit.building for unit in units] == ["1幢", "1幢"]
    assert [(fault.row, fault.column) for fault in faults] == [(2, AREA), (3, AREA)]


def test_joint_rows_that_differ_about_the_unit_are_a_fault():
    _units, faults = read(
        line(权利人="张三", 证件号码=number(1), 共有情况="共同共有"),
        line(权利人="李四", 证件号码=number(2), 共有情况="共同共有", **{AREA: "90"}),
    )
    assert [(fault.row, fault.column) for fault in faults] == [(3, AREA)]


def test_a_cell_the_spreadsheet_damaged_is_a_fault_where_it_matters():
    room, unused = HEADER.index("室号"), len(HEADER)
    header = (*HEADER, "备注")
    _units, faults = read(
        (*line(), "x"),
        header=header,
        faults=[CellFault(2, room, "成了日期"), CellFault(2, unused, "成了日期")],
    )
    assert [(fault.column, fault.reason) for fault in faults] == [("室号", "成了日期")]


# --- columns -----------------------------------------------------------------------


def test_headers_are_recognised_with_units_stars_and_blanks():
    assert plain_header("*建筑面积（㎡）：") == "建筑面积"
    assert recognise(["*房 号", "建筑面积（平方米）", "业主姓名", "身份证号", "备注"]) == {
        "room": "*房 号",
        "area": "建筑面积（平方米）",
        "owners": "业主姓名",
        "document_number": "身份证号",
    }


def test_a_mapping_names_all_that_is_missing_at_once():
    assert len(mapping_faults({}, ["甲", "乙"])) == 3
    faults = mapping_faults(
        {"room": "房号", "area": "面积", "owners": "房号", "colour": "色"}, ["房号", "房号"]
    )
    assert len(faults) == 4


# --- whole files -------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_either_encoding_reads_the_same(encoding):
    table = read_table(as_csv([line(权利人="某𬭎")], encoding=encoding), "roll.csv")
    units, faults = parse(prepare(table, recognise(table.header)))
    assert not faults
    assert units[0].owners[0].name == "某𬭎"


def test_a_workbook_with_merged_cells_reads_as_people_see_it():
    rows = [line(), line(幢号=None, 室号="102", 权利人="李四", 证件号码=number(2))]
    table = read_table(as_xlsx(rows, merges=["C2:C3"]), "roll.xlsx")
    units, faults = parse(prepare(table, recognise(table.header)))
    assert not faults
    assert [unit.label for unit in units] == ["1幢1单元101室", "1幢1单元102室"]


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["89.5", "1-2-3", "未售", "张三、李四", "=1+1", "1/0", "50%、50%", "\x00"]),
)


@given(st.lists(st.tuples(*[cells] * len(HEADER)), max_size=6))
def test_whatever_is_in_a_row_it_is_a_unit_or_a_fault_and_never_an_error(rows):
    units, faults = read(*rows)
    explained = {fault.row for fault in faults} | {unit.row for unit in units}
    assert explained == set(range(2, len(rows) + 2))
    for unit in units:
        assert unit.area is None or unit.area > 0
        assert 0 < len(unit.label) <= 80
    assert len({unit.label for unit in units}) == len(units)
