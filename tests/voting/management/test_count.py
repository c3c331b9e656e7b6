"""`manage.py count` as somebody runs it: a process, three files, stdout and a status."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[3]
ROLL = [
    ["房号", "建筑面积", "业主姓名", "证件号码", "状态"],
    ["1-101", 100, "䶮一", "99999919800101001x", "已交付"],
    ["1-102", 60.5, "㛃二、𬭎三", "B2、C3", "已交付"],
    ["1-103", 89.3, "", "", "未售"],
]
MOTIONS = [["事项", "类别", "标题"], ["M1", 5, "使用维修资金"]]
BALLOTS = [
    ["房号", "事项", "意见"],
    ["1-101", "M1", "同意"],
    ["1-102", "M1", "同意"],
    ["1-103", "M1", "弃权"],
]
FILES = {"roll": ROLL, "motions": MOTIONS, "ballots": BALLOTS}
NOWHERE = {
    "DJANGO_SETTINGS_MODULE": "nowhere.settings",
    "DATABASE_URL": "postgres://nobody@192.0.2.1/nothing",
    "LC_ALL": "C",
    "PATH": os.environ["PATH"],
}


def as_csv(rows, encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def files(tmp_path):
    """Write the three files; a test may replace some. Answers with the arguments."""

    def write(**contents):
        arguments = []
        for name, rows in FILES.items():
            path = tmp_path / f"{name}.csv"
            path.write_bytes(as_csv(rows))
            if name in contents:
                path, content = tmp_path / contents[name][0], contents[name][1]
                path.write_bytes(content)
            arguments += [f"--{name}", str(path)]
        return arguments

    return write


def run(*arguments, cwd="/"):
    """Settings, services and the working directory are all of no use here."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "count", *arguments],
        capture_output=True,
        env=NOWHERE,
        cwd=cwd,
        timeout=60,
        check=False,
    )


def answer(done):
    """The one JSON object on stdout."""
    return json.loads(done.stdout.decode("ascii"))


EXPECTED = {
    "roll": {"heads": 3, "area": "249.80"},
    "motions": [
        {
            "motion": "M1",
            "matter": 5,
            "participating": {"heads": 3, "area": "249.80"},
            "quorum_met": True,
            "for": {"heads": 2, "area": "160.50"},
            "against": {"heads": 0, "area": "0.00"},
            "abstain": {"heads": 1, "area": "89.30"},
            "required": "1/2",
            "result": "passed",
            "failed": [],
        }
    ],
    "faults": [],
}


def test_it_works(files):
    done = run(*files(), "--json")
    assert done.returncode == 0
    assert answer(done) == EXPECTED


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        ("xlsx", as_xlsx),
        ("csv", lambda rows: as_csv(rows, "gb18030")),
        ("csv", lambda rows: as_csv(rows, "utf-8-sig")),
    ],
)
def test_every_format_counts_the_same(files, suffix, write):
    changed = {name: (f"{name}.{suffix}", write(rows)) for name, rows in FILES.items()}
    done = run(*files(**changed), "--json")
    assert (done.returncode, answer(done)) == (0, EXPECTED)


def test_a_warning_stays_off_stdout_and_names_nobody(files):
    done = run(*files(), "--json")
    warning = done.stderr.decode()
    assert "第 2 行" in warning
    assert "9999" not in warning
    assert "䶮" not in warning


def test_faulty_ballots_do_not_count_and_end_well(files):
    bad = [*BALLOTS, ["9-999", "M1", "同意"], [], ["1-101", "M1", "反对"]]
    done = run(*files(ballots=("b.csv", as_csv(bad))), "--json")
    found = answer(done)
    assert done.returncode == 0
    assert [fault["row"] for fault in found["faults"]] == [2, 5, 7]
    assert {fault["file"] for fault in found["faults"]} == {"ballots"}
    assert found["motions"][0]["participating"] == {"heads": 2, "area": "149.80"}


def test_a_faulty_roll_or_motion_ends_in_failure_with_all_reasons(files):
    roll = [*ROLL, ["1-101", -5, "甲", "Z", "已交付"], ["1-105", "", "甲", "Z", "空置"]]
    motions = [*MOTIONS, ["M2", 12, "x"]]
    done = run(
        *files(roll=("r.csv", as_csv(roll)), motions=("m.xlsx", as_xlsx(motions))), "--json"
    )
    found = answer(done)
    assert done.returncode == 1
    assert found["motions"] == []
    assert [(fault["file"], fault["row"]) for fault in found["faults"]] == [
        ("roll", 5),
        ("roll", 5),
        ("roll", 6),
        ("roll", 6),
        ("motions", 3),
    ]


@pytest.mark.parametrize(
    "roll",
    [
        ("r.csv", b""),
        ("r.xlsx", b""),
        ("r.xlsx", b"MZ\x90\x00" + bytes(100)),
        ("r.xlsx", b"PK\x03\x04" + bytes(100)),
        ("r.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)),
        ("r.csv", bytes(100)),
        ("r.csv", b"\xff\xfe" + "房号".encode("utf-16-le")),
        ("r.csv", b"room,area\n1,2\n"),
        ("r.pdf", b"%PDF-1.7"),
        ("r", as_csv(ROLL)),
        ("r.csv", '房号,建筑面积,业主姓名,证件号码,状态\n1,"2'.encode()),
    ],
)
@pytest.mark.parametrize("which", ["roll", "motions", "ballots"])
def test_an_unreadable_file_is_a_fault(files, which, roll):
    stdout = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("count", *files(**{which: roll}), "--json", stdout=stdout)
    found = json.loads(stdout.getvalue())
    assert end.value.code == 1
    assert found["motions"] == []
    assert {fault["file"] for fault in found["faults"]} == {which}
    assert all(fault["row"] <= 1 and fault["reason"] for fault in found["faults"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--roll"],
        ["--roll", "nowhere.csv", "--motions", "/", "--ballots", "/dev/zero"],
        ["--roll", "", "--motions", "x" * 5000, "--ballots", "\n"],
        ["--bogus"],
        ["--verbosity", "many"],
        ["roll.csv", "motions.csv"],
    ],
)
def test_wrong_arguments_are_faults_too(arguments):
    done = run(*arguments, "--json")
    found = answer(done)
    assert done.returncode == 1
    assert found["motions"] == []
    assert [fault["file"] for fault in found["faults"]] == ["roll", "motions", "ballots"]
    assert b"Traceback" not in done.stderr


def test_without_json_a_table_is_printed(files):
    environment = {**NOWHERE, "PYTHONUTF8": "1"}
    command = [sys.executable, str(ROOT / "manage.py"), "count"]
    done = subprocess.run(
        [*command, *files()], capture_output=True, env=environment, check=False, text=True
    )
    assert done.returncode == 0
    for words in ("3 人，249.80 平方米", "使用维修资金", "66.66%", "超过二分之一", "通过"):
        assert words in done.stdout
    bad = as_csv([*BALLOTS, ["9-999", "M1", "同意"]])
    faulty = subprocess.run(
        [*command, *files(ballots=("b.csv", bad))],
        capture_output=True, env=environment, check=False, text=True,
    ).stdout  # fmt: skip
    # What was not counted is read before any verdict.
    assert faulty.index("问题 1 处") < faulty.index("第 5 行") < faulty.index("名册：")
    assert faulty.index("名册：") < faulty.index("结果")
    refused = subprocess.run(
        command, capture_output=True, env=environment, check=False, text=True
    )
    assert refused.returncode == 1
    assert "没有给出 --roll 文件" in refused.stdout
    wrong = subprocess.run(
        [*command, "--bogus"], capture_output=True, env=environment, check=False, text=True
    )
    assert wrong.returncode == 2
    assert "--bogus" in wrong.stderr
