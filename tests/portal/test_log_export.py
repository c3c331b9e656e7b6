"""The log for auditors: who gets what, what stays in the house, and what a change shows."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.services.grants import confirm_grant, grant_role
from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from logbook.models import Entry, Log
from logbook.steps import PLATFORM_LOG, append, record_act
from portal.log_checking import NoExport, check_export
from portal.log_facts import actor_of, facts_of, reason_of
from tests.town import Town, grant, make_town, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 10, 7, tzinfo=SHANGHAI)
REASON = "2026年第一季度内部审计"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def town() -> Town:
    made = make_town()
    with transaction.atomic():
        act(f"estate/{made.here.estate.code}", "session.created", {"session": "ABCD1234"})
        act(f"registry/{made.here.estate.code}", "roll-imported", {"units": 3})
        act(
            f"authority/{made.here.street.pk}", "report-signed", {"report": 4, "role": "bureau"}
        )
        act(f"estate/{made.there.estate.code}", "session.created", {"session": "WXYZ1234"})
        act(PLATFORM_LOG, "grant_role", {"grant": 1, "reason": "=cmd|电话13900001234"})
        append("board/ABCD1234", "ballot", {"choice": "for"}, at=NOW)
    return made


def act(place: str, kind: str, facts: dict[str, object]) -> None:
    record_act(place, kind, facts, actor="user:50001", at=NOW)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, **fields: str):
    data = {
        "first": "2026-03-01",
        "last": "2026-03-20",
        "estate_code": "",
        "kind": "csv",
        "reason": REASON,
    } | fields
    return client.post(reverse("staff:audit"), data)


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def rows_in(data: bytes) -> list[list[str]]:
    with ZipFile(io.BytesIO(data)) as packed:
        raw = packed.read("acts.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def whole(town: Town) -> User:
    user = make_user("whole_auditor")
    grant(user, "auditor", None)
    return user


def test_an_auditor_of_the_platform_gets_every_act(town: Town) -> None:
    answer = asked(signed_in(whole(town)))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "no-store"
    header, *rows = rows_in(content(answer))
    assert header[:8] == ["记录", "序号", "时间", "谁", "角色", "地点", "操作代码", "操作"]
    assert {row[0].partition("/")[0] for row in rows} == {
        "estate", "registry", "authority", "platform",
    }  # fmt: skip
    created = next(row for row in rows if row[6] == "session.created")
    assert created[2] == "2026-03-20T02:00:00Z"  # ten minutes, in universal time
    assert created[3] == "user:50001"
    assert created[7] == "新建会议"
    assert json.loads(created[9]) == {"session": "ABCD1234"} or created[0].endswith(
        town.there.estate.code
    )
    # The export is the last act of the platform's log, and in the list.
    last = [row for row in rows if row[0] == PLATFORM_LOG][-1]
    assert (last[6], last[7], last[8]) == ("log.exported", "导出操作记录，供审计", REASON)


def test_reasons_are_covered_and_no_cell_is_a_formula(town: Town) -> None:
    rows = rows_in(content(asked(signed_in(whole(town)))))
    granted = next(row for row in rows if row[6] == "grant_role")
    assert granted[8] == "'=cmd|电话***"


def test_an_auditor_of_a_district_sees_its_places_only(town: Town) -> None:
    rows = rows_in(content(asked(signed_in(town.person("auditor")))))[1:]
    names = {row[0] for row in rows}
    here = town.here
    assert names == {
        f"estate/{here.estate.code}",
        f"registry/{here.estate.code}",
        f"authority/{here.street.pk}",
        f"authority/{here.district.pk}",  # where this export is written down
    }


def test_one_estate(town: Town) -> None:
    code = town.here.estate.code
    rows = rows_in(content(asked(signed_in(whole(town)), estate_code=code.lower())))[1:]
    assert {row[0] for row in rows} == {f"estate/{code}", f"registry/{code}"}
    assert rows[1][6] == "log.exported"


def test_json_lines(town: Town) -> None:
    data = content(asked(signed_in(whole(town)), kind="jsonl"))
    with ZipFile(io.BytesIO(data)) as packed:
        told = [json.loads(line) for line in packed.read("acts.jsonl").decode().splitlines()]
    signed = next(one for one in told if one["act"] == "report-signed")
    assert signed["role"] == "bureau"
    assert signed["facts"] == {"report": 4}
    assert signed["words"] == "审签报表"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first": "2026-03-20", "last": "2026-03-01"}, "结束的一天早于开始的一天"),
        ({"last": "2026-03-21"}, "还没有到的日子没有记录"),
        ({"first": "2025-03-19"}, "一次最多导出366天"),
        ({"first": "0001-01-01", "last": "0001-02-01"}, "开始的一天不能早于2000年"),
        ({"first": ""}, "请填开始的一天"),
        ({"last": "三月"}, "请填一个日期，例如"),
        ({"reason": ""}, "请写明原因"),
        ({"reason": "查"}, "请写明为什么导出，至少4个字"),
        ({"estate_code": "NOTHING1"}, "您能审计的小区里没有这个代码"),
        ({"kind": "xlsx"}, "请选择格式"),
    ],
)
def test_what_is_refused(town: Town, fields: dict[str, str], sentence: str) -> None:
    before = Entry.objects.count()
    answer = asked(signed_in(whole(town)), **fields)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Entry.objects.count() == before


def test_exactly_366_days(town: Town) -> None:
    assert asked(signed_in(whole(town)), first="2025-03-20").status_code == 200


def test_an_estate_of_another_district_is_none(town: Town) -> None:
    answer = asked(signed_in(town.person("auditor")), estate_code=town.there.estate.code)
    assert answer.status_code == 400
    assert "您能审计的小区里没有这个代码" in answer.content.decode()


@pytest.mark.parametrize("who", ["operator", "bureau", "street_office", "organiser"])
def test_nobody_else_exports(town: Town, who: str) -> None:
    client = signed_in(town.person(who))
    assert client.get(reverse("staff:audit")).status_code == 404
    assert asked(client).status_code == 404


# --- who becomes an auditor -----------------------------------------------------------------


def test_it_takes_two_operators_and_no_auditor_is_anything_else(town: Town) -> None:
    ann, ben, cid = town.person("operator"), make_user("ben"), make_user("cid")
    grant(ben, "operator", None)

    def ask(user: User, actor: User) -> RoleGrant:
        return grant_role(
            user=user, role="auditor", place=None, valid_from=TODAY, valid_to=None,
            actor=actor, at=NOW,
        )  # fmt: skip

    for operator in (ann, ben):
        with pytest.raises(RuleViolation, match="审计人员不能再有别的角色"):
            ask(operator, ann)
    with pytest.raises(RuleViolation, match="不能给自己授权"):
        ask(ann, ann)
    asked_for = ask(cid, ann)
    assert signed_in(cid).get(reverse("staff:audit")).status_code == 404
    with pytest.raises(RuleViolation, match="请由另一位管理员确认"):
        confirm_grant(grant=asked_for, actor=ann, at=NOW)
    confirm_grant(grant=asked_for, actor=ben, at=NOW)
    assert signed_in(cid).get(reverse("staff:audit")).status_code == 200
    with pytest.raises(RuleViolation, match="审计人员不能再有别的角色"):
        grant_role(
            user=cid, role="supervisor", place=town.here.estate, valid_from=TODAY,
            valid_to=None, actor=ann, at=NOW,
        )  # fmt: skip


# --- what an auditor can prove --------------------------------------------------------------


@pytest.fixture
def taken(town: Town, tmp_path: Path) -> Path:
    file = tmp_path / "acts.zip"
    file.write_bytes(content(asked(signed_in(whole(town)))))
    return file


def test_the_file_is_whole_and_signed(taken: Path) -> None:
    said = check_export(str(taken))
    assert (said.faults, said.acts) == ([], 6)


def changed(taken: Path, name: str, change) -> str:
    other = taken.with_name("changed.zip")
    with ZipFile(taken) as old, ZipFile(other, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, change(data) if one == name else data)
    return str(other)


def test_a_line_left_out_of_the_list(taken: Path) -> None:
    def cut(data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        return b"\r\n".join(line for line in lines if b",log.exported," not in line)

    assert check_export(changed(taken, "acts.csv", cut)).faults == ["清单和签名时的不一样"]


def test_a_head_that_was_not_signed(taken: Path) -> None:
    path = changed(taken, "heads.json", lambda data: data.replace(b"platform", b"platforn"))
    with pytest.raises(NoExport):
        check_export(path)
    path = changed(taken, "heads.json", lambda data: data.replace(b"2026-03-01", b"2026-03-02"))
    assert check_export(path).faults == ["签名不对"]


def test_links_inside_the_list(town: Town, tmp_path: Path) -> None:
    log = Log.objects.get(name=PLATFORM_LOG)
    with transaction.atomic():
        for _number in range(3):
            act(PLATFORM_LOG, "invite_user", {"user": 50009})
    data = content(asked(signed_in(whole(town)), kind="jsonl"))
    file = tmp_path / "acts.zip"
    file.write_bytes(data)

    def without(seq: int):
        def cut(raw: bytes) -> bytes:
            lines = raw.decode().splitlines(keepends=True)
            told = [json.loads(line) for line in lines]
            kept = [
                line
                for line, one in zip(lines, told, strict=True)
                if (one["log"], one["seq"]) != (log.name, seq)
            ]
            return "".join(kept).encode()

        return cut

    said = check_export(changed(file, "acts.jsonl", without(2)))
    assert "platform 第1条后面缺了，到第3条" in said.faults


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_clock_that_was_set_back_leaves_no_gap(town: Town, tmp_path: Path, kind: str) -> None:
    """Numbers 1 to 4 of the platform: March, February between two of March, February."""
    days = [(3, 2), (2, 3), (3, 4), (2, 5)]
    with transaction.atomic():
        for user, (month, day) in enumerate(days, 50010):
            at = datetime(2026, month, day, 12, tzinfo=SHANGHAI)
            record_act(PLATFORM_LOG, "invite_user", {"user": user}, actor="user:50001", at=at)
    out = str(tmp_path / "out.zip")
    # The note of the export itself, on 20 March, is the log's last and outside the days.
    call_command(
        "export_log", "--from", "2026-03-01", "--to", "2026-03-10", "--reason", REASON,
        "--format", kind, "--out", out,
    )  # fmt: skip
    said = check_export(out)
    assert (said.faults, said.acts) == ([], 3)
    with ZipFile(out) as packed:
        told = packed.read(f"acts.{kind}").decode()
    assert [str(user) in told for user in range(50010, 50014)] == [True, True, True, False]


def test_the_heads_are_what_verify_logs_compares_with(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "heads.json"
    with ZipFile(taken) as packed:
        heads.write_bytes(packed.read("heads.json"))
    call_command("verify_logs", "--against", str(heads))
    assert "全部相符" in capsys.readouterr().out
    told = json.loads(heads.read_text())
    told["logs"][PLATFORM_LOG][0] += 1
    heads.write_text(json.dumps(told))
    with pytest.raises(SystemExit):
        call_command("verify_logs", "--against", str(heads))
    assert "末尾被删了" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive"])
def test_what_is_no_export(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(data)
    with pytest.raises(NoExport):
        check_export(str(file))


# --- the command ----------------------------------------------------------------------------


def test_the_command_writes_and_checks(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.zip")
    days = ["--from", "2020-01-01", "--to", "2026-03-20"]
    call_command("export_log", *days, "--reason", REASON, "--out", out)
    call_command("export_log", "--check", out)
    assert "操作 6 条：相符" in capsys.readouterr().out
    assert Entry.objects.filter(kind="log.exported").count() == 1
    with pytest.raises(CommandError, match="已经有这个文件"):
        call_command("export_log", *days, "--reason", REASON, "--out", out)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--to", "2026-03-01"], "还要写：--from --out"),
        (["--from", "2026-03-02", "--to", "2026-03-01", "--out", "x"], "早于开始"),
        (["--from", "2026-03-02", "--to", "2026-03-31", "--out", "x"], "还没有到"),
        (["--from", "2026-03-02", "--to", "2026-03-03", "--out", "x"], "请写明为什么导出"),
        (["--check", "x"], "不是操作记录的导出"),
    ],
)
def test_what_the_command_refuses(
    args: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        call_command("export_log", *args)
    assert list(tmp_path.iterdir()) == []


# --- what leaves the house -------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [7, 0, True, None, "2026-03-01", "a" * 64, "user:7", [1, 2], ["bank", "street"], ""],
)
def test_numbers_dates_codes_and_hashes_leave(value: object) -> None:
    assert facts_of({"x": value}) == ({"x": value}, [])


@pytest.mark.parametrize(
    "value",
    [
        "王先生", "1幢1单元101室", "13900001234", 13900001234, "110101199901010011",
        "two words", {"a": 1}, ["x", "王先生"], "AB2D-EF3G-HJ4K",
    ],
)  # fmt: skip
def test_other_text_stays_and_is_named(value: object) -> None:
    assert facts_of({"x": value}) == ({}, ["x"])


def test_what_is_typed_stays_whatever_it_looks_like() -> None:
    assert facts_of({"official": "WangLi", "seen": "x"}).kept == ["official", "seen"]


def test_actors_and_reasons() -> None:
    assert actor_of({"actor": "manage.py rotate_keys"}) == "manage.py rotate_keys"
    assert actor_of({"actor": "13900001234"}) == "***"
    assert reason_of({"reason": "身份证11010119990101001X有误"}) == "身份证***有误"
    assert reason_of({}) == ""


def test_a_long_range_of_the_form(town: Town) -> None:
    page = signed_in(whole(town)).get(reverse("staff:audit")).content.decode()
    assert f'value="{TODAY - timedelta(days=30)}"' in page
    assert "您审计整个平台" in page
    assert "什么角色，当时记了的才有" in page
    page = signed_in(town.person("auditor")).get(reverse("staff:audit")).content.decode()
    assert "您审计东区住建局和它管辖的小区" in page
