"""The paper counter against its interface and against a counter written another way."""

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tables import CellFault, Row, Table
from voting.domain.plain_count import BALLOT_COLUMNS, MOTION_COLUMNS, ROLL_COLUMNS, count


def table(header, rows, **more):
    return Table(
        1, tuple(header), [Row(n, tuple(row)) for n, row in enumerate(rows, 2)], **more
    )


ROLL = [
    ("1-101", "100", "王一", "A1", "已交付"),
    ("1-102", "60.5", "王一", "A1", "已交付"),
    ("1-103", "80", "李二", "B2", "已交付"),
    ("1-104", "90", "赵三、王一", "C3、A1", "已交付"),
    ("1-105", "10", "", "", "未售"),
    ("1-106", "20", "钱四", "D4", "已售未交付"),
]
MOTIONS = [("M1", "5", "维修"), ("M2", "6", "续筹")]


def outcome(roll=ROLL, motions=MOTIONS, ballots=()):
    result = count(
        roll=table(ROLL_COLUMNS, roll),
        motions=table(MOTION_COLUMNS, motions),
        ballots=table(BALLOT_COLUMNS, ballots),
    )
    return result, result.as_json()


def faults(json, file):
    return [
        (fault["row"], fault["reason"]) for fault in json["faults"] if fault["file"] == file
    ]


def rows_at_fault(json, file):
    return [row for row, _ in faults(json, file)]


def test_it_works():
    result, json = outcome(
        ballots=[
            ("1-101", "M1", "同意"),
            ("1-103", "M1", "反对"),
            ("1-104", "M1", "弃权"),
            ("1-106", "M1", "同意"),
            ("1-102", "M2", "同意"),
        ]
    )
    assert result.sound
    assert json == {
        # 王一 with two units, 李二, 赵三 with 王一, the developer.
        "roll": {"heads": 4, "area": "360.50"},
        "motions": [
            {
                "motion": "M1",
                "matter": 5,
                "participating": {"heads": 4, "area": "360.50"},
                "quorum_met": True,
                "for": {"heads": 2, "area": "190.50"},
                "against": {"heads": 1, "area": "80.00"},
                "abstain": {"heads": 1, "area": "90.00"},
                "required": "1/2",
                "result": "rejected",
                "failed": ["approval.heads"],
            },
            {
                "motion": "M2",
                "matter": 6,
                "participating": {"heads": 1, "area": "160.50"},
                "quorum_met": False,
                "for": {"heads": 1, "area": "160.50"},
                "against": {"heads": 0, "area": "0.00"},
                "abstain": {"heads": 0, "area": "0.00"},
                "required": "3/4",
                "result": "no_quorum",
                "failed": ["quorum.heads", "quorum.area"],
            },
        ],
        "faults": [],
    }


def heads(roll):
    return outcome(roll)[1]["roll"]["heads"]


def test_joint_owners_are_the_set_of_their_numbers():
    both = ("9-1", "1", "甲、乙", "X1、Y2", "已交付")
    assert heads([both, ("9-2", "1", "乙、甲", "Y2、X1", "已交付")]) == 1
    assert heads([both, ("9-2", "1", "甲", "X1", "已交付")]) == 2
    assert heads([both, ("9-2", "1", "甲、乙、丙", "X1、Y2、Z3", "已交付")]) == 2
    # The name says nothing.
    assert heads([both, ("9-2", "1", "丁、戊", "X1、Y2", "已交付")]) == 1
    assert heads([both, ("9-2", "1", "甲、乙", "X1、Y3", "已交付")]) == 2


def test_numbers_are_opaque_but_for_width_and_x():
    one = ("9-1", "1", "甲", "99999919800101001X", "已交付")
    for same in (
        "99999919800101001x",
        "９９９９９９１９８００１０１００１Ｘ",
        " 99999919800101001ｘ　",
    ):
        assert heads([one, ("9-2", "1", "甲", same, "已交付")]) == 1
    for other in ("99999919800101001 X", "9999991980010100-1X", "999999800101001"):
        assert heads([one, ("9-2", "1", "甲", other, "已交付")]) == 2
    assert heads([("9-1", "1", "甲", "e1", "已交付"), ("9-2", "1", "甲", "E1", "已交付")]) == 2


def test_the_developer_is_one_party_and_a_delivered_unit_never_its():
    developer = ("9-1", "1", "某某置业", "K9", "未售")
    assert heads([developer, ("9-2", "1", "", "", "已售未交付")]) == 1
    assert heads([developer, ("9-2", "1", "甲、乙", "X1", "已售未交付")]) == 1
    assert heads([developer, ("9-2", "1", "某某置业", "K9", "已交付")]) == 2


def test_rooms_are_opaque_keys():
    roll = [
        (room, "1", "甲", room, "已交付")
        for room in ("1-11-1", "11-1-1", "1-1", "1 - 1", "01-1")
    ]
    _, json = outcome(roll)
    assert json["faults"] == []
    assert json["roll"]["heads"] == 5


@pytest.mark.parametrize("written", ["1-101 ", "　1-101", "１－１０１", "\t1-101\n"])
def test_a_room_is_trimmed_and_half_width_everywhere(written):
    _, json = outcome(ballots=[(written, " Ｍ１", "同意　")])
    assert json["faults"] == []
    assert json["motions"][0]["for"]["heads"] == 1
    assert rows_at_fault(outcome([*ROLL, (written, "1", "甲", "Z", "已交付")])[1], "roll") == [
        8
    ]


def test_agreeing_repeats_count_once_for_the_whole_party():
    _, json = outcome(
        ballots=[("1-101", "M1", "同意"), ("1-101", "M1", "同意"), ("1-102", "M1", "同意")]
    )
    assert json["faults"] == []
    assert json["motions"][0]["participating"] == {"heads": 1, "area": "160.50"}


def test_differing_repeats_count_not_at_all():
    result, json = outcome(
        ballots=[
            ("1-101", "M1", "同意"),
            ("1-103", "M1", "同意"),
            ("1-102", "M1", "反对"),
            ("1-101", "M1", "同意"),
            ("1-101", "M2", "同意"),
        ]
    )
    assert result.sound
    assert rows_at_fault(json, "ballots") == [2, 4, 5]
    assert json["motions"][0]["participating"] == {"heads": 1, "area": "80.00"}
    # The other motion is untouched.
    assert json["motions"][1]["participating"] == {"heads": 1, "area": "160.50"}


def test_every_faulty_ballot_is_named_and_none_counts():
    result, json = outcome(
        ballots=[
            ("9-999", "M1", "同意"),
            ("1-101", "M9", "同意"),
            ("1-101", "M1", "赞成"),
            ("", "", ""),
            ("1-101", "M1", ""),
            ("", "M1", "同意"),
            ("1-101", "", "同意"),
            ("9-999", "M9", "赞成"),
            ("1-103", "M1", "同意"),
        ]
    )
    assert result.sound
    assert faults(json, "ballots") == [
        (2, "名册里没有这个房号"),
        (3, "没有这一事项"),
        (4, "意见只能填“同意”“反对”“弃权”"),
        (6, "没有填意见"),
        (7, "没有填房号"),
        (8, "没有填事项"),
        (9, "名册里没有这个房号"),
        (9, "意见只能填“同意”“反对”“弃权”"),
        (9, "没有这一事项"),
    ]
    assert json["motions"][0]["participating"]["heads"] == 1


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (("9-1", "", "甲", "Z", "已交付"), ["没有填面积"]),
        (("9-1", "0", "甲", "Z", "已交付"), ["面积不能为零"]),
        (("9-1", "0", "", "", "未售"), ["面积不能为零"]),
        (("9-1", "-1", "甲", "Z", "已交付"), ["面积不能为负数"]),
        (("9-1", "89.505", "甲", "Z", "已交付"), ["面积最多两位小数"]),
        (("9-1", "89.50+12.30", "甲", "Z", "已交付"), ["面积不是数字"]),
        (("9-1", "NaN", "甲", "Z", "已交付"), ["面积不是数字"]),
        (("9-1", "1e9", "甲", "Z", "已交付"), ["面积不是数字"]),
        (("9-1", "99999999999", "甲", "Z", "已交付"), ["面积过大"]),
        (("", "1", "甲", "Z", "已交付"), ["没有填房号"]),
        (("1-101", "1", "甲", "Z", "已交付"), ["房号与第 2 行重复"]),
        (("9-1", "1", "甲、乙", "Z", "已交付"), ["业主 2 人，证件号码 1 个"]),
        (("9-1", "1", "甲", "Y、Z", "已交付"), ["业主 1 人，证件号码 2 个"]),
        (("9-1", "1", "甲", "", "已交付"), ["证件号码没有填全"]),
        (("9-1", "1", "", "Z", "已交付"), ["业主姓名没有填全"]),
        (("9-1", "1", "甲、", "Y、Z", "已交付"), ["业主姓名没有填全"]),
        (("9-1", "1", "甲、乙", "Y、　", "已交付"), ["证件号码没有填全"]),
        (("9-1", "1", "甲", "Z", "交付"), ["状态只能填"]),
        (("9-1", "1", "甲", "Z", ""), ["状态只能填"]),
        (("", "x", "甲、乙", "Z", "已交付"), ["业主 2 人", "没有填房号", "面积不是数字"]),
    ],
)
def test_a_faulty_roll_stops_the_count_and_says_all(row, reasons):
    result, json = outcome([*ROLL, row], ballots=[("1-101", "M1", "错"), ("8-8", "M1", "同意")])
    assert not result.sound
    assert json["motions"] == []
    assert json["roll"] == {"heads": 0, "area": "0.00"}
    found = faults(json, "roll")
    assert [number for number, _ in found] == [8] * len(reasons)
    assert all(any(reason.startswith(start) for _, reason in found) for start in reasons)
    assert rows_at_fault(json, "ballots") == [2, 3]


def test_ballots_for_a_faulty_row_of_the_roll_are_not_blamed():
    _, json = outcome(
        [*ROLL, ("9-1", "x", "甲", "Z", "已交付")], ballots=[("9-1", "M1", "同意")]
    )
    assert faults(json, "ballots") == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("", "5", "维修"), "没有填事项"),
        ((" M1", "5", "维修"), "事项与第 2 行重复"),
        (("M3", "10", "维修"), "类别只能填 1 至 9"),
        (("M3", "0", "维修"), "类别只能填 1 至 9"),
        (("M3", "", "维修"), "类别只能填 1 至 9"),
        (("M3", "五", "维修"), "类别只能填 1 至 9"),
        (("M3", "5.0", "维修"), "类别只能填 1 至 9"),
    ],
)
def test_a_faulty_motion_stops_the_count(row, reason):
    result, json = outcome(motions=[*MOTIONS, row])
    assert not result.sound
    assert json["motions"] == []
    [(number, text)] = faults(json, "motions")
    assert (number, text[: len(reason)]) == (4, reason)
    # The roll is sound and says so.
    assert json["roll"]["heads"] == 4


def test_motions_keep_their_order_and_full_width_matters_are_read():
    _, json = outcome(motions=[("丙", "９", "x"), ("甲", " 8", ""), ("乙", "1", "y")])
    assert [(m["motion"], m["matter"], m["required"]) for m in json["motions"]] == [
        ("丙", 9, "1/2"),
        ("甲", 8, "3/4"),
        ("乙", 1, "1/2"),
    ]


def test_an_empty_roll_has_no_quorum():
    result, json = outcome(roll=[])
    assert result.sound
    assert {m["result"] for m in json["motions"]} == {"no_quorum"}
    assert json["motions"][0]["failed"] == ["quorum.heads", "quorum.area"]


def test_columns_missing_doubled_or_moved():
    shuffled = table(
        ("备注", "状态", "证件号码", "业主姓名", "建筑面积", "房号"),
        [("", status, number, name, area, room) for room, area, name, number, status in ROLL],
    )
    result = count(
        roll=shuffled,
        motions=table(MOTION_COLUMNS, MOTIONS),
        ballots=table(("房号", "事项"), [("1-101", "M1")]),
    )
    assert (result.roll.heads, result.sound, result.motions) == (4, False, ())
    assert [fault[:2] for fault in result.faults] == [("ballots", 1)]
    assert "意见" in result.faults[0].reason
    doubled = count(
        roll=table(("房号", "房号", "建筑面积"), []),
        motions=table(MOTION_COLUMNS, MOTIONS),
        ballots=table(BALLOT_COLUMNS, [("8-8", "M9", "同意")]),
    )
    # Four things wrong with the header; whether 8-8 exists nobody can say.
    assert [fault.file for fault in doubled.faults] == ["roll"] * 4 + ["ballots"]
    assert "2 次" in doubled.faults[0].reason or any("2 次" in f.reason for f in doubled.faults)


def test_a_missing_table_is_a_fault_of_its_file():
    result = count(roll="文件不存在", motions="文件是空的", ballots="文件不存在")
    assert [fault[:2] for fault in result.faults] == [
        ("roll", 0),
        ("motions", 0),
        ("ballots", 0),
    ]
    assert not result.sound
    only_ballots = count(
        roll=table(ROLL_COLUMNS, ROLL),
        motions=table(MOTION_COLUMNS, MOTIONS),
        ballots="文件不存在",
    )
    assert not only_ballots.sound
    assert only_ballots.motions == ()


def test_cells_in_doubt_are_faults_where_their_column_is_used():
    header = (*ROLL_COLUMNS, "备注")
    rows = [(*row, "") for row in ROLL]
    doubt = (CellFault(2, 0, "日期"), CellFault(3, 5, "日期"), CellFault(4, None, "多出一格"))
    result = count(
        roll=table(header, rows, faults=doubt),
        motions=table(MOTION_COLUMNS, MOTIONS),
        ballots=table(
            BALLOT_COLUMNS, [("1-101", "M1", "同意")], faults=(CellFault(2, 2, "日期"),)
        ),
    )
    assert [tuple(fault) for fault in result.faults] == [
        ("roll", 2, "“房号”：日期"),
        ("roll", 4, "多出一格"),
        ("ballots", 2, "“意见”：日期"),
    ]


def test_a_bad_checksum_is_a_warning_and_excludes_nothing():
    stem = "99999919800101001"  # region 999999 does not exist
    good = next(stem + last for last in "0123456789X" if gb11643(stem + last))
    bad = next(stem + last for last in "0123456789X" if not gb11643(stem + last))
    right = ("9-1", "1", "甲", good, "已交付")
    wrong = ("9-2", "1", "乙", bad, "已交付")
    result, json = outcome([right, wrong])
    assert json["faults"] == []
    assert json["roll"]["heads"] == 2
    [warning] = result.warnings
    assert "第 3 行" in warning
    assert bad not in warning
    assert outcome([right])[0].warnings == ()


def gb11643(number):
    """ISO 7064 MOD 11-2 as the standard defines it: the weighted sum is 1 modulo 11."""
    values = [10 if digit == "X" else int(digit) for digit in number]
    return sum(value * 2 ** (17 - place) for place, value in enumerate(values)) % 11 == 1


# --- a second counter, written from the interface alone ------------------------------


def brute_force(roll, motions, ballots):
    """Owner by owner with Fractions; roll and motions must be faultless."""
    party_of_room = {
        room: "developer" if status != "已交付" else tuple(sorted(set(numbers.split("、"))))
        for room, _, _, numbers, status in roll
    }
    area = defaultdict(Fraction)
    for room, size, *_ in roll:
        area[party_of_room[room]] += Fraction(size)
    total_heads, total_area = len(area), sum(area.values())
    answer = []
    for key, matter, _ in motions:
        said = defaultdict(set)
        for room, motion, choice in ballots:
            if motion == key and room in party_of_room and choice in ("同意", "反对", "弃权"):
                said[party_of_room[room]].add(choice)
        sums = {}
        for choice in ("同意", "反对", "弃权"):
            parties = [party for party, choices in said.items() if choices == {choice}]
            sums[choice] = (len(parties), sum((area[party] for party in parties), Fraction(0)))
        part = tuple(map(sum, zip(*sums.values(), strict=True)))
        if 0 in (total_heads, total_area) or min(
            Fraction(part[0], total_heads), Fraction(part[1]) / total_area
        ) < Fraction(2, 3):
            verdict = "no_quorum"
        else:
            share = min(Fraction(sums["同意"][0], part[0]), sums["同意"][1] / part[1])
            enough = share >= Fraction(3, 4) if matter in "678" else share > Fraction(1, 2)
            verdict = "passed" if enough else "rejected"
        answer.append((key, sums["同意"], sums["反对"], sums["弃权"], part, verdict))
    return (total_heads, total_area), answer


def plain(pair):
    return (pair["heads"], Fraction(pair["area"]))


numbers = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=3, unique=True)
units = st.tuples(
    st.integers(1, 20_000).map(lambda area: f"{area // 100}.{area % 100:02}"),
    numbers,
    st.sampled_from(["已交付", "已交付", "已交付", "未售", "已售未交付"]),
)


@st.composite
def votes(draw):
    roll = [
        (f"R{n}", area, "、".join(f"名{x}" for x in owners), "、".join(owners), status)
        for n, (area, owners, status) in enumerate(draw(st.lists(units, max_size=9)))
    ]
    motions = [
        (f"M{n}", str(draw(st.integers(1, 9))), "题") for n in range(draw(st.integers(0, 3)))
    ]
    # Mostly agreeing, so that quorums are met and majorities are close.
    choices = st.sampled_from(["同意"] * 5 + ["反对", "弃权", "错"])
    rooms = st.sampled_from([row[0] for row in roll] + ["R99"])
    keys = st.sampled_from([row[0] for row in motions] + ["M9"])
    ballots = draw(st.lists(st.tuples(rooms, keys, choices), max_size=40))
    return roll, motions, ballots


@settings(max_examples=300)
@given(votes())
def test_agrees_with_the_second_counter(case):
    roll, motions, ballots = case
    (total_heads, total_area), expected = brute_force(roll, motions, ballots)
    _, json = outcome(roll, motions, ballots)
    assert plain(json["roll"]) == (total_heads, total_area)
    found = [
        (
            motion["motion"],
            plain(motion["for"]),
            plain(motion["against"]),
            plain(motion["abstain"]),
            plain(motion["participating"]),
            motion["result"],
        )
        for motion in json["motions"]
    ]
    assert found == expected
    counted_or_blamed = set(rows_at_fault(json, "ballots"))
    for row, (room, motion, choice) in enumerate(ballots, 2):
        if room == "R99" or motion == "M9" or choice == "错":
            assert row in counted_or_blamed
