"""Balances of the fund centre, statements of the bank: all faults named, all or nothing."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from core.errors import RuleViolation
from funds.models import FundFile, Snapshot, SnapshotLine, StatementLine, SubAccount
from funds.selectors import check_books
from funds.selectors.files import look_at_balances, look_at_statement
from funds.services.accounts import open_account
from funds.services.files import Said, confirm_file, drop_file, take_file
from logbook.models import Entry
from tests.factories import make_estate, make_unit
from tests.funds.books import AT, DRAFTER, make_account, make_special
from tests.registry.rolls import as_xlsx

pytestmark = pytest.mark.django_db

ROOMS = [
    ("1幢", "1单元", "101"), ("1幢", "1单元", "102"), ("1幢", "1单元", "201"),
    ("1幢", "1单元", "202"), ("2幢", "1单元", "101"), ("2幢", "1单元", "102"),
    ("2幢", "1单元", "201"), ("2幢", "1单元", "202"), ("地下", "", "001"),
]  # fmt: skip
HEADER = ["幢", "单元", "房号", "余额", "首期交存额", "变动说明"]
SAID = Said(date(2026, 11, 1), "样例市维修资金中心")


def csv(*rows):
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def whole(amounts=None, first="", reason=""):
    """A file with every sub-account of the small estate."""
    amounts = amounts or ["100.00"] * len(ROOMS)
    rows = [(*room, amount, first, reason) for room, amount in zip(ROOMS, amounts, strict=True)]
    return csv(HEADER, *rows)


def take(special, content, name="余额.csv", kind="balances", said=SAID):
    return take_file(
        special_id=special.pk, kind=kind, file_name=name, content=content, said=said,
        actor=DRAFTER, at=AT,
    )  # fmt: skip


def confirm(file):
    return confirm_file(file_id=file.pk, actor=DRAFTER, at=AT)


def faults(file):
    look = look_at_balances(file) if file.kind == "balances" else look_at_statement(file)
    with pytest.raises(RuleViolation) as refused:
        confirm(file)
    assert refused.value.code == "file.faults"
    assert not Snapshot.objects.exists()
    return [(fault.row, fault.reason) for fault in look.faults]


@pytest.fixture
def mirror():
    return make_account(mode="mirror").special


@pytest.fixture
def book():
    return make_account().special


class TestBalances:
    def test_a_snapshot_of_every_sub_account(self, mirror):
        amounts = [
            "0",
            "1,234.56",
            "￥100",
            "100元",
            "１００",
            "0.01",
            "0.00",
            "5",
            "9999999999.99",
        ]
        file = take(mirror, whole([f'"{one}"' for one in amounts], first="200.00"))
        assert look_at_balances(file).faults == []
        assert confirm(file).state == "confirmed"
        fen = list(SnapshotLine.objects.order_by("sub").values_list("fen", flat=True))
        assert fen == [0, 123456, 10000, 10000, 10000, 1, 0, 500, 999999999999]
        assert Snapshot.objects.get().total_fen == sum(fen)
        assert set(SubAccount.objects.values_list("first_deposit_fen", flat=True)) == {20000}
        assert list(check_books()) == []
        assert bytes(FundFile.objects.get().content) == b""
        confirm(file)  # a second click: nothing happens
        assert Snapshot.objects.count() == 1
        assert Entry.objects.filter(kind="file.confirmed").count() == 1

    def test_rooms_are_found_however_they_are_written(self, mirror):
        written = ["1-1-101", "1幢1单元102室", "1栋一单元201", "1#1单元202", "2-1-101室",
                   "２－１－１０２", "2号楼1单元201", "2幢1单元202", "地下001室"]  # fmt: skip
        rows = [("房号", "账户余额"), *((room, "1") for room in written[:-1])]
        file = take(mirror, csv(*rows))
        assert faults(file) == [(0, "少了 1 户：地下001室。截至余额要有每一户，余额为零也要写")]

    def test_as_a_workbook_with_a_title_and_a_total(self, mirror):
        rows = [HEADER[:4], *([*room, "10.00"] for room in ROOMS)]
        rows.append(["合计", "", "", "90.00"])
        file = take(mirror, as_xlsx(rows, header=["分户余额表"]), "余额.xlsx")
        assert look_at_balances(file).faults == []
        assert confirm(file).snapshot.total_fen == 9000

    def test_a_total_that_is_not_the_sum(self, mirror):
        content = whole() + csv(["\n合计", "", "", "900.01", "", ""])
        ((row, reason),) = faults(take(mirror, content))
        assert (row, reason) == (11, "合计写的是 900.01 元，各户相加是 900.00 元")

    def test_every_fault_of_every_row_at_once(self, mirror):
        amounts = ["-1", "1.234", "壹佰", "", "1e3", "10000000000", "NaN", "1", "2"]
        rows = [(*room, one, "", "") for room, one in zip(ROOMS, amounts, strict=True)]
        rows += [("9幢", "1单元", "101", "1", "", ""), ("", "", "", "1", "", "")]
        rows += [("地下", "", "001", "1", "x", "长" * 61)]
        found = faults(take(mirror, csv(HEADER, *rows)))
        assert found == [
            (2, "余额：金额不能为负数"),
            (3, "余额：金额最多两位小数（到分）"),
            (4, "余额：金额不是数字，请写成 186400.00 这样"),
            (5, "余额：没有填金额"),
            (6, "余额：金额不是数字，请写成 186400.00 这样"),
            (7, "余额：金额过大，最多 9,999,999,999.99 元"),
            (8, "余额：金额不是数字，请写成 186400.00 这样"),
            (12, "看不出是哪一户：请写房号（如 1幢1单元101室）、不动产单元号或者房屋编码"),
            (13, "首期交存额：金额不是数字，请写成 186400.00 这样"),
            (13, "变动说明最多60个字"),
        ]  # what a row names is looked for once every row can be read

    def test_unknown_doubled_and_missing_units(self, mirror):
        rows = [(*room, "1", "", "") for room in ROOMS[:-2]]
        rows += [(*ROOMS[0], "1", "", ""), ("9幢", "1单元", "101", "1", "", "")]
        assert faults(take(mirror, csv(HEADER, *rows))) == [
            (9, "与第 2 行是同一户"),
            (10, "这个专户里没有这一户的分户账"),
            (0, "少了 2 户：2幢1单元202室、地下001室。截至余额要有每一户，余额为零也要写"),
        ]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"\xe6\x88\xbf\xe5\x8f\xb7,\xe9\x9d\xa2\xe7\xa7\xaf\n1-1,2", "没有“余额”一列"),
            ("余额,备注\n1,2".encode(), "没有“房号”一列"),
            ("房号,余额,期末余额\n1-1,2,3".encode(), "“余额”一列出现了两次"),
            ("房号,余额\n合计,0".encode(), "表格里没有一户"),
        ],
    )
    def test_a_table_of_something_else(self, mirror, content, reason):
        assert [one for _row, one in faults(take(mirror, content))] == [reason]

    @pytest.mark.parametrize(
        ("content", "name", "code"),
        [
            (b"", "余额.csv", "table.empty"),
            (b"MZ\x90\x00", "余额.csv", "table.encoding"),
            (b"PK\x03\x04 broken", "余额.xlsx", "table.broken"),
            (b"a,b\n1,2", "余额.pdf", "table.extension"),
        ],
    )
    def test_no_table_at_all(self, mirror, content, name, code):
        with pytest.raises(RuleViolation) as refused:
            take(mirror, content, name)
        assert refused.value.code == code
        assert not FundFile.objects.exists()

    def test_gb18030_is_read(self, mirror):
        file = take(mirror, whole().decode().encode("gb18030"))
        assert confirm(file).snapshot.total_fen == 90000

    def test_a_change_needs_a_reason_of_the_row_or_of_the_file(self, mirror):
        confirm(take(mirror, whole()))
        amounts = ["100.00"] * 8 + ["99.50"]
        file = take(mirror, whole(amounts), said=later_said())
        look = look_at_balances(file)
        assert [(f.row, f.reason) for f in look.faults] == [
            (10, "余额比上次少 0.50 元，没有变动说明")
        ]
        file = take(mirror, whole(amounts), said=later_said("利息分配更正"))
        assert [(one.before, one.fen) for one in look_at_balances(file).changed] == [
            (10000, 9950)
        ]
        confirm(file)
        reasons = SnapshotLine.objects.filter(snapshot__as_of=LATER).values_list(
            "reason", flat=True
        )
        assert sorted(reasons) == [""] * 8 + ["利息分配更正"]
        assert list(check_books()) == []

    def test_older_or_equal_days_and_days_to_come(self, mirror):
        confirm(take(mirror, whole(), said=SAID._replace(as_of=date(2026, 10, 1))))
        for day, reason in (
            (date(2026, 10, 1), "已经有截至 2026-10-01 的余额，只能导入以后的"),
            (date(2026, 9, 30), "已经有截至 2026-10-01 的余额，只能导入以后的"),
            (date(2026, 11, 3), "截至的日期还没有到"),
            (None, "请填写余额截至哪一天"),
        ):
            with pytest.raises(RuleViolation) as refused:
                take(mirror, whole(), said=SAID._replace(as_of=day))
            assert refused.value.facts["reasons"] == [reason]
        with pytest.raises(RuleViolation) as refused:
            take(mirror, whole(), said=Said(None, " ", "长" * 61))
        assert len(refused.value.facts["reasons"]) == 3

    def test_two_files_of_a_day_the_second_is_too_late(self, mirror):
        first, second = take(mirror, whole()), take(mirror, whole())
        confirm(first)
        with pytest.raises(RuleViolation) as refused:
            confirm(second)
        assert refused.value.code == "balances.old"
        assert Snapshot.objects.count() == 1

    def test_a_first_deposit_is_not_changed_by_a_file(self, mirror):
        SubAccount.objects.update(first_deposit_fen=5)
        found = faults(take(mirror, whole(first="0.06")))
        assert found[0] == (2, "首期交存额与已登记的 0.05 元不一样，请先核对更正")
        assert len(found) == 9

    def test_several_estates_in_one_special_account(self, mirror):
        other = make_estate(name="别样苑")
        make_unit(other, "1幢", "101", 90_00)
        open_account(special_id=mirror.pk, estate=other, actor=DRAFTER, at=AT)
        rows = [("小区", *HEADER[:4])]
        rows += [("样例花园", *room, "1") for room in ROOMS] + [
            ("别样苑", "1", "1", "101", "7")
        ]
        confirm(take(mirror, csv(*rows)))
        assert SnapshotLine.objects.get(sub__unit__estate=other).fen == 700
        file = take(mirror, whole(), said=later_said())
        assert {f.reason for f in look_at_balances(file).faults} >= {
            "这个专户有几个小区，要写明小区"
        }

    def test_given_up(self, mirror):
        file = take(mirror, whole())
        drop_file(file_id=file.pk, actor=DRAFTER, at=AT)
        drop_file(file_id=file.pk, actor=DRAFTER, at=AT)
        assert bytes(FundFile.objects.get().content) == b""
        with pytest.raises(RuleViolation, match="已经放弃"):
            confirm(file)
        done = confirm(take(mirror, whole()))
        with pytest.raises(RuleViolation, match="已经导入"):
            drop_file(file_id=done.pk, actor=DRAFTER, at=AT)

    def test_a_snapshot_never_changes(self, mirror):
        confirm(take(mirror, whole()))
        with pytest.raises(DatabaseError), transaction.atomic():
            SnapshotLine.objects.update(fen=1)

    def test_books_kept_here_take_no_balances(self, book):
        with pytest.raises(RuleViolation, match="由凭证算出"):
            take(book, whole())


LATER = date(2026, 11, 2)


def later_said(reason=""):
    return Said(LATER, "样例市维修资金中心", reason)


BANK = ["流水号", "交易日期", "收入", "支出", "余额", "摘要"]


class TestStatement:
    def take(self, special, *rows, header=BANK):
        return take(special, csv(header, *rows), "对账单.csv", "statement", Said())

    def test_movements_in_order_once(self, book):
        rows = [
            ("A1", "2026-11-01", "100.00", "", "100.00", "交存"),
            ("A2", "20261102", "", "40.00", "60.00", "划转"),
        ]
        assert confirm(self.take(book, *rows)).lines == 2
        more = [*rows, ("A3", "2026/11/2", "0.01", "0.00", "60.01", "利息")]
        assert confirm(self.take(book, *more)).lines == 1
        assert list(StatementLine.objects.order_by("position").values_list(
            "serial", "fen", "balance_fen", "position"
        )) == [("A1", 10000, 10000, 1), ("A2", -4000, 6000, 2), ("A3", 1, 6001, 3)]  # fmt: skip

    def test_newest_first_is_turned_round(self, book):
        file = self.take(
            book,
            ("A2", "2026-11-02", "", "40.00", "60.00", ""),
            ("A1", "2026-11-01", "100.00", "", "100.00", ""),
        )
        confirm(file)
        first = StatementLine.objects.order_by("position").first()
        assert first.serial == "A1"

    def test_every_fault(self, book):
        tail = book.number
        file = take(
            book,
            csv(
                [*BANK, "账号"],
                ("A1", "2026-11-01", "100.00", "", "100.00", "", tail),
                ("A1", "2026-11-01", "100.00", "", "200.00", "", tail),
                ("", "2026-02-30", "1", "2", "", "", "6222000000000000"),
                ("A3", "", "", "", "x", "长" * 201, ""),
                ("A4", "2026-11-01", "-1", "", "", "", ""),
            ),
            "对账单.csv", "statement", Said(),
        )  # fmt: skip
        assert faults(file) == [
            (3, "流水号与第 2 行相同"),
            (4, "是另一个账号的对账单"),
            (4, "没有填流水号"),
            (4, "交易日期看不懂，请写成 2026-11-02"),
            (4, "收入和支出不能同时有金额"),
            (5, "摘要最多200个字"),
            (5, "交易日期看不懂，请写成 2026-11-02"),
            (5, "余额：金额不是数字，请写成 186400.00 这样"),
            (6, "收入和支出不写负数"),
        ]
        assert not StatementLine.objects.exists()

    def test_a_line_that_is_missing(self, book):
        file = self.take(
            book,
            ("A1", "2026-11-01", "100.00", "", "100.00", ""),
            ("A3", "2026-11-02", "1.00", "", "61.00", ""),
        )
        assert faults(file) == [
            (3, "余额接不上：按上一行应为 101.00 元，写的是 61.00 元，可能缺了一笔")
        ]

    def test_a_gap_between_two_statements(self, book):
        confirm(self.take(book, ("A1", "2026-11-01", "100.00", "", "100.00", "")))
        file = self.take(book, ("A9", "2026-11-02", "1.00", "", "9.00", ""))
        assert faults(file) == [
            (2, "接不上以前导入的对账单：余额应为 101.00 元，写的是 9.00 元，中间可能缺了一段")
        ]

    def test_what_was_imported_before_says_something_else(self, book):
        confirm(self.take(book, ("A1", "2026-11-01", "100.00", "", "100.00", "")))
        for row in (
            ("A1", "2026-11-01", "100.01", "", "", ""),
            ("A1", "2026-11-02", "100.00", "", "100.00", ""),
            ("A1", "2026-11-01", "100.00", "", "100.10", ""),
        ):
            assert faults(self.take(book, row)) == [
                (2, "流水号 A1 以前导入过，内容不一样，请向银行核对")
            ]

    def test_one_signed_column(self, book):
        confirm(self.take(
            book, ("A1", "2026-11-01", "100.00"), ("A2", "2026-11-02", "-30.50"),
            header=["流水号", "日期", "金额"],
        ))  # fmt: skip
        assert sum(StatementLine.objects.values_list("fen", flat=True)) == 6950

    def test_amounts_nowhere(self, book):
        assert faults(
            self.take(book, ("A1", "2026-11-01", "1"), header=["流水号", "日期", "收入"])
        ) == [(1, "没有“金额”一列，也没有“收入”和“支出”两列")]

    def test_of_an_account_kept_elsewhere(self):
        special = make_special(make_estate(), mode="mirror")
        with pytest.raises(RuleViolation, match="在中心核对"):
            self.take(special, ("A1", "2026-11-01", "1", "", "", ""))
