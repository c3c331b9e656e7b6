"""manage.py import_estate: its fixed interface."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from django.db import DatabaseError

from registry.management.commands import import_estate
from registry.management.commands.import_estate import Command
from registry.models import Estate, RollImport, Unit
from tests.commands import answer_of
from tests.registry.rolls import as_csv, as_xlsx, line, roll_lines

ROOT = Path(__file__).parents[2]
PLACE = "340802001001"


def run(*arguments):
    return answer_of(Command, *arguments)


@pytest.fixture
def roll(tmp_path):
    def write(rows, name="样板苑.xlsx"):
        path = tmp_path / name
        path.write_bytes(as_xlsx(rows) if name.endswith("xlsx") else as_csv(rows))
        return path

    return write


@pytest.mark.django_db
def test_a_roll_founds_an_estate_with_all_it_stands_on(roll):
    status, result = run(roll(roll_lines(12)), "--division", PLACE, "--json")
    assert (status, result["ok"], result["new"], result["units"]) == (0, True, 12, 12)
    estate = Estate.objects.get(code=result["estate"])
    assert (estate.name, estate.division_id, estate.profile_code) == ("样板苑", PLACE, "anqing")
    assert estate.authority.parent.parent.parent.kind == "city_bureau"
    area = sum(Unit.objects.values_list("area", flat=True))
    assert result["area"] == f"{area // 100}.{area % 100:02}"


@pytest.mark.django_db
def test_the_same_roll_again_is_the_same_estate(roll):
    path = roll(roll_lines(12))
    _status, first = run(path, "--division", PLACE, "--json")
    status, again = run(path, "--division", PLACE, "--json")
    assert (status, again["estate"], again["unchanged"]) == (0, first["estate"], 12)


@pytest.mark.django_db
def test_a_roll_that_loses_many_units_says_so_and_is_written(roll):
    run(roll(roll_lines(40)), "--division", PLACE, "--json")
    status, result = run(roll(roll_lines(20)), "--division", PLACE, "--json")
    assert (status, result["ok"], result["gone"], result["faults"]) == (0, True, 20, [])
    [warning] = result["warnings"]
    assert (warning["row"], warning["column"]) == (0, "")
    assert "名册现有 40 套，新表格里没有其中的 20 套" in warning["reason"]
    assert "--part" in warning["reason"]


@pytest.mark.django_db
def test_a_faulty_roll_writes_nothing_and_names_everything(roll):
    path = roll([line(**{"建筑面积(㎡)": "0"}), line(室号="102", 状态="已售")])
    for more in ([], ["--check"]):
        status, result = run(path, "--division", PLACE, "--json", *more)
        assert status == 1
        assert [(fault["row"], fault["column"]) for fault in result["faults"]] == [
            (2, "建筑面积(㎡)"),
            (3, "状态"),
        ]
    assert not Estate.objects.exists()
    assert not RollImport.objects.exists()


@pytest.mark.django_db
def test_check_of_a_sound_roll_writes_nothing_either(roll):
    status, result = run(roll(roll_lines(3)), "--division", PLACE, "--check", "--json")
    assert (status, result["ok"], result["units"]) == (0, True, 3)
    assert not Estate.objects.exists()


@pytest.mark.django_db
def test_a_wrong_place_hides_no_fault_of_the_file(roll, tmp_path):
    path = roll([line(**{"建筑面积(㎡)": "0"})])
    status, result = run(path, "--division", "1", "--check", "--json")
    assert status == 1
    assert [fault["row"] for fault in result["faults"]] == [0, 2]
    (tmp_path / "empty.xlsx").touch()
    _status, neither = run(tmp_path / "empty.xlsx", "--division", "1", "--json")
    assert [fault["row"] for fault in neither["faults"]] == [0, 0]
    _status, sound = run(roll(roll_lines(3)), "--division", "1", "--json")
    assert (sound["ok"], sound["units"], len(sound["faults"])) == (False, 3, 1)
    assert not Estate.objects.exists()


@pytest.mark.django_db
def test_further_sheets_are_named_and_block_nothing(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(roll_lines(2))))
    book.create_sheet("三期")
    book.save(tmp_path / "two.xlsx")
    status, result = run(tmp_path / "two.xlsx", "--division", PLACE, "--check", "--json")
    assert (status, [fault["row"] for fault in result["warnings"]]) == (0, [0])
    assert "“三期”" in result["warnings"][0]["reason"]


@pytest.mark.django_db
@pytest.mark.parametrize("more", [[], ["--check"]])
def test_a_table_without_a_unit_is_a_fault_and_founds_nothing(roll, more):
    status, result = run(roll([]), "--division", PLACE, "--json", *more)
    assert (status, result["ok"], len(result["faults"])) == (1, False, 1)
    assert not Estate.objects.exists()
    assert not RollImport.objects.exists()


@pytest.mark.django_db
def test_a_bad_check_digit_is_a_warning_with_status_0(roll):
    status, result = run(
        roll([line(证件号码="999999199001010010")]), "--division", PLACE, "--check", "--json"
    )
    assert (status, len(result["warnings"]), result["faults"]) == (0, 1, [])


def test_check_needs_no_database(roll, monkeypatch):
    def no_database(*_place):
        raise DatabaseError

    monkeypatch.setattr(import_estate, "_found", no_database)
    status, result = run(roll(roll_lines(3)), "--division", PLACE, "--check", "--json")
    assert (status, result["units"]) == (0, 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--bogus"],
        ["a.xlsx", "b.xlsx"],
        ["a.xlsx", "--division"],
        ["a.xlsx", "--division", PLACE],
        ["\x00", "--division", PLACE],
        [".", "--division", PLACE],
        [__file__, "--division", PLACE],
        ["{roll}", "--division", "1"],
        ["{roll}", "--division", "340802000000"],
        ["{roll}"],
        ["{empty}", "--division", PLACE],
        ["{headless}", "--division", PLACE],
    ],
)
@pytest.mark.parametrize("check", [[], ["--check"]])
def test_whatever_is_given_the_answer_is_one_json_object(roll, tmp_path, arguments, check):
    (tmp_path / "empty.xlsx").touch()
    files = {
        "{roll}": roll(roll_lines(2)),
        "{empty}": tmp_path / "empty.xlsx",
        "{headless}": roll([("x", "y")], "headless.csv"),
    }
    arguments = [files.get(argument, argument) for argument in arguments]
    status, result = run(*arguments, *check, "--json")
    assert status == 1
    assert result["ok"] is False
    assert result["faults"][0]["reason"]
    assert not Estate.objects.exists()


@pytest.mark.parametrize(
    "database", ["postgres://nobody@127.0.0.1:1/none", "sqlite:////nonexistent/dir/x.sqlite3"]
)
def test_without_a_database_the_answer_is_still_one_json_object(roll, tmp_path, database):
    done = subprocess.run(
        [sys.executable, "manage.py", "import_estate", str(roll(roll_lines(2))),
         "--division", PLACE, "--json"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "YISHI_VAR_DIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["faults"][0]["reason"].startswith("数据库连不上")
