"""Reports over HTTP: two people of a district, the city above, nobody else."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from committees.domain.reports import WORDS
from committees.models import Report
from committees.selectors.months import last_ended
from committees.services.snapshots import take_snapshot
from core.deadlines import SHANGHAI
from documents.models import Document
from registry.models import Authority, Estate, RuleProfile
from tests.committees.city import authority, city, line, write
from tests.committees.troubles import closed, progressed, reported
from tests.disclosures.accounts import can_sign
from tests.factories import make_profile
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def ended() -> date:
    return last_ended(timezone.localdate())


@pytest.fixture
def bureau(ended: date) -> Authority:
    made = city()
    make_profile("national", **{"reports.monthly_day": 3, "duties.assembly": "yearly"})
    rows = [line(f"东{n}", formed="1" if n < 2 else "3") for n in range(3)]
    write(made, *rows, line("西苑", "西区、西2街道、西22社区"), day=ended, at=timezone.now())
    take_snapshot(day=ended, at=timezone.now())
    return made


def at_desk(name: str, person: str, role: str = "bureau") -> Client:
    user = make_user(f"{person}")
    grant(user, role, authority(name))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def path(name: str, *args: object) -> str:
    return reverse(f"staff:{name}", args=args)


def page(client: Client, name: str, *args: object, status: int = 200, **asked: object) -> str:
    answer = client.get(path(name, *args), asked)
    assert answer.status_code == status
    return str(answer.content.decode())


def send(client: Client, ended: date, text: str = "新组建一个", **more: str):
    district = authority("东区住建局").pk
    return client.post(
        path("report_to_draft", district, "monthly", ended), {"text": text} | more
    )


def test_two_people_of_a_district_and_the_city(bureau: Authority, ended: date) -> None:
    ann, ben = at_desk("东区住建局", "ann"), at_desk("东区住建局", "ben")
    top = at_desk("样例市住建局", "top")
    assert "我们的还没有填" in page(ann, "reports")
    assert "还有2个没有报：" in page(top, "reports")
    for _twice in range(2):
        assert send(ann, ended).status_code == 302
    pk = Report.objects.get().pk
    assert "自己填的自己不能审签" in page(ann, "report_to_above", pk)
    page(top, "report_to_above", pk, status=404)  # a draft is the district's own
    refused = ann.post(path("report_to_sign", pk))
    assert refused.status_code == 409
    assert "另一个人审签" in refused.content.decode()
    assert ben.post(path("report_to_sign", pk)).status_code == 302
    assert ben.post(path("report_hand_in", pk)).status_code == 302
    again = ann.post(path("report_hand_in", pk))
    assert again.status_code == 409
    assert "已经有人办过" in again.content.decode()
    assert "还有1个没有报：" in page(top, "reports")
    shown = page(top, "report_to_above", pk)
    assert "66.66%" in shown
    assert "新组建一个" in shown
    for name in ("report_to_sign", "report_hand_in", "report_drop"):
        assert top.post(path(name, pk)).status_code == 404
    for name in ("report_receive", "report_send_back"):
        assert ann.post(path(name, pk)).status_code == 404
    pdf = top.get(path("report_pdf", pk))
    assert pdf.content.startswith(b"%PDF-")
    code = Document.objects.get().code
    assert Client().get(f"/v/{code}").status_code == 200
    assert Client().get(f"/v/{code}.pdf").status_code == 404
    empty = top.post(path("report_send_back", pk), {"reason": ""})
    assert empty.status_code == 400
    assert "请填写退回的原因" in empty.content.decode()
    back = top.post(path("report_send_back", pk), {"reason": "没有写下个月的打算"})
    assert back.status_code == 302
    assert "没有写下个月的打算" in page(ann, "report_to_above", pk)
    assert "更正，另出一版" in page(ann, "reports")
    assert "更正的原因" in page(
        ann, "report_to_draft", authority("东区住建局").pk, "monthly", ended
    )
    assert send(ann, ended, why="补写了打算").status_code == 302
    assert Report.objects.get(version=2).state == "draft"


def test_the_table_has_the_same_figures(bureau: Authority, ended: date) -> None:
    top = at_desk("样例市住建局", "top")
    sent = top.post(path("report_to_draft", bureau.pk, "monthly", ended), {"text": "汇总"})
    pk = Report.objects.get().pk
    assert sent.headers["Location"] == path("report_to_above", pk)
    answer = top.get(path("report_xlsx", pk))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][:4] == ["项目", "合计", "东区住建局", "西区住建局"]
    assert rows[2][:4] == ["物业管理区域（个）", 4, 3, 1]
    for row in rows[2 : 2 + len(WORDS)]:
        assert row[1] == sum(row[2:4])
    shown = page(top, "report_to_above", pk)
    assert "下级报送情况" in shown
    assert "还没有报送" in shown
    assert "最上一级" not in shown


def test_bad_input(bureau: Authority, ended: date) -> None:
    ann = at_desk("东区住建局", "ann")
    district = authority("东区住建局").pk
    running = ended + timedelta(days=40)
    running = running.replace(day=1) - timedelta(days=1)
    answer = ann.post(path("report_to_draft", district, "monthly", running), {"text": "早了"})
    assert answer.status_code == 409
    assert "这个月还没有结束" in answer.content.decode()
    for odd in (running, ended - timedelta(days=1)):
        refused = page(ann, "report_to_draft", district, "monthly", odd, status=409)
        assert f'href="{path("reports")}">返回' in refused
    assert send(ann, ended, text=" ").status_code == 400
    earlier = last_ended(ended)
    without = ann.post(path("report_to_draft", district, "monthly", earlier), {"text": "补"})
    assert without.status_code == 400
    assert "没有月末数据" in without.content.decode()
    zone = at_desk("样例高新区管委会", "zone")
    own = authority("样例高新区管委会").pk
    nothing = zone.post(path("report_to_draft", own, "monthly", ended), {"text": "没有小区"})
    assert "不适用" in nothing.content.decode()
    assert not Report.objects.exists()
    # Another's, a kind there is not, a day that is none, a place that does not report.
    page(ann, "report_to_draft", authority("西区住建局").pk, "monthly", ended, status=404)
    page(ann, "report_to_draft", district, "weekly", ended, status=404)
    assert (
        ann.get(f"/staff/registers/reports/new/{district}/monthly/2026-02-31/").status_code
        == 404
    )
    for strange in ("2026-13", "x", "1999-01", "2099-01"):
        page(ann, "reports", month=strange, status=404)
    running = f"{timezone.localdate():%Y-%m}"
    assert f"{ended.month}月" in page(ann, "reports", month=running)


def test_nobody_else(bureau: Authority, ended: date) -> None:
    ann = at_desk("东区住建局", "ann")
    send(ann, ended)
    pk = Report.objects.get().pk
    other = at_desk("西区住建局", "other")
    street = at_desk("东1街道办事处", "street", "street_office")
    for client in (other, street):
        for name in ("report_to_above", "report_xlsx", "report_pdf", "report_to_edit"):
            page(client, name, pk, status=404)
    page(street, "reports", status=404)
    # A grant above reads what was handed in to it, and reports for nobody below.
    top = at_desk("样例市住建局", "top")
    page(top, "report_to_draft", authority("东区住建局").pk, "monthly", ended, status=404)


def test_the_dispatch_is_of_this_moment(bureau: Authority) -> None:
    top = at_desk("样例市住建局", "top")
    shown = page(top, "dispatch")
    assert "物业管理区域（个）" in shown
    assert f"{timezone.localdate():%Y-%m-%d}" in shown
    write(bureau, line("东9", formed="1"), day=timezone.localdate(), at=timezone.now())
    rows = {
        row["words"]: (row["now"], row["before"], row["more"])
        for row in top.get(path("dispatch")).context["rows"]
    }
    assert rows["物业管理区域（个）"] == (5, 4, 1)
    assert rows["业主委员会（个）"] == (3, 2, 1)
    east = at_desk("东区住建局", "east")
    found = east.get(path("dispatch")).context["rows"]
    assert found[0]["now"] == 4
    page(east, "dispatch", at=bureau.pk, status=404)


def test_without_a_rule_the_page_says_so(bureau: Authority) -> None:

    RuleProfile.objects.update(values={})
    assert "没有规定报表" in page(at_desk("东区住建局", "ann"), "reports")


@pytest.mark.parametrize("day", [16, 29])
def test_the_summary_is_on_the_list_while_its_stage_runs(monkeypatch, day: int) -> None:
    now = datetime(2026, 11, day, 9, 0, tzinfo=SHANGHAI)
    monkeypatch.setattr(timezone, "now", lambda: now)
    made = city()
    stage = {"first": "11-16", "last": "12-15", "due": "12-15"}
    make_profile("national", **{"reports.summary": stage})
    write(made, line("东苑", formed="1"), day=date(2026, 10, 31), at=now)
    ann, top = at_desk("东区住建局", "ann"), at_desk("样例市住建局", "top")
    shown = page(ann, "reports")
    assert "2026-12-15 以前报上一级" in shown
    to_draft = path("report_to_draft", authority("东区住建局").pk, "summary", "2026-12-15")
    assert to_draft in shown
    assert "按填报的这一天取" in ann.get(to_draft).content.decode()
    assert ann.post(to_draft, {"text": "先写个大概"}).status_code == 302
    early = Report.objects.get()
    assert early.as_of == date(2026, 11, day)
    assert "要换成以后的数字，放弃这份草稿" in page(ann, "report_to_above", early.pk)
    assert ann.post(path("report_drop", early.pk)).status_code == 302
    assert "东区住建局" in page(top, "reports").split("个没有报：")[1].split("</p>")[0]
    # On the last day it is drawn up, handed in and taken.
    later = datetime(2026, 12, 15, 9, 0, tzinfo=SHANGHAI)
    monkeypatch.setattr(timezone, "now", lambda: later)
    ann, top = at_desk("东区住建局", "cid"), at_desk("样例市住建局", "eve")
    assert to_draft in page(ann, "reports")
    assert ann.post(to_draft, {"text": "全年组建一个"}).status_code == 302
    pk = Report.objects.get(state="draft").pk
    ben = at_desk("东区住建局", "ben")
    assert ben.post(path("report_to_sign", pk)).status_code == 302
    assert ben.post(path("report_hand_in", pk)).status_code == 302
    assert path("report_to_above", pk) in page(top, "reports")
    assert top.post(path("report_receive", pk)).status_code == 302


def test_the_dispatch_counts_what_was_entered_today(bureau: Authority) -> None:
    now, day = timezone.now(), timezone.localdate()
    estate = Estate.objects.get(name="东1")
    old = reported(estate, found_on=day - timedelta(days=20), deadline=day, at=now)
    progressed(old, day=day - timedelta(days=9), at=now)
    closed(old, day=day - timedelta(days=8), at=now)
    before = now - timedelta(days=1)
    reported(estate, found_on=day - timedelta(days=30), deadline=day, at=before, item=2)
    answer = at_desk("样例市住建局", "top").get(path("dispatch"))
    rows = {row["words"]: (row["now"], row["before"]) for row in answer.context["rows"]}
    assert rows["本期登记的问题（件）"] == (1, 1)
    assert rows["本期登记销号的问题（件）"] == (1, 0)
    assert rows["未销号的问题（件）"] == (1, 1)
    assert "按当天登记进系统的算" in answer.content.decode()


def waiting(client: Client) -> tuple[str, str]:
    """The worklist: what lies with the reader, what with somebody else."""
    answer = client.get("/staff/")
    mine, others = answer.context["mine"], answer.context["others"]
    return tuple("；".join(str(one.what) for one in those) for those in (mine, others))


def test_the_worklist_says_whose_turn_it_is(bureau: Authority, ended: date) -> None:
    ann, ben = at_desk("东区住建局", "ann"), at_desk("东区住建局", "ben")
    top, west = at_desk("样例市住建局", "top"), at_desk("西区住建局", "west")
    send(ann, ended)
    pk = Report.objects.get().pk
    assert "报表等审签" in waiting(ben)[0]
    assert "报表等审签" in waiting(ann)[1]
    assert path("report_to_above", pk) in ben.get("/staff/").content.decode()
    assert "报表" not in "".join(waiting(west) + waiting(top)).replace("月报", "")
    ben.post(path("report_to_sign", pk))
    assert "等报送" in waiting(ann)[0]
    ben.post(path("report_hand_in", pk))
    assert "报表" not in "".join(waiting(ann))
    assert "下级报来的报表，等接收" in waiting(top)[0]
    top.post(path("report_receive", pk))
    assert "等接收" not in waiting(top)[0]


@pytest.mark.parametrize(("day", "late"), [(3, False), (4, True)])
def test_what_is_overdue_is_on_both_worklists(monkeypatch, day: int, late: bool) -> None:
    now = datetime(2026, 11, day, 9, 0, tzinfo=SHANGHAI)
    monkeypatch.setattr(timezone, "now", lambda: now)
    made = city()
    make_profile("national", **{"reports.monthly_day": 3})
    write(made, line("东苑", formed="1"), day=date(2026, 10, 31), at=now)
    take_snapshot(day=date(2026, 10, 31), at=now)
    ann, top = at_desk("东区住建局", "ann"), at_desk("样例市住建局", "top")
    assert ("月报过了期限还没有报" in waiting(ann)[0]) is late
    # The west has no estates and reports nothing.
    assert "没有报" not in waiting(at_desk("西区住建局", "west"))[0]
    assert ("月报：还有1个下级机构过了期限没有报" in waiting(top)[0]) is late
    assert "过了期限还没有报" not in waiting(top)[0]
