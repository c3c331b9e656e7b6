"""Reports to the authority above: frozen figures, two people, handed in, taken or sent back."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from committees.domain.reports import COUNTED, WORDS
from committees.models import Committee, PartyCount, Report, SnapshotCount, SnapshotFigure
from committees.selectors.figures import COLLECTORS, figures_of
from committees.selectors.reports import due_for, dues_of, filings, rows_of, total_of
from committees.services.reports import (
    draft_report,
    drop_report,
    edit_report,
    hand_in_report,
    receive_report,
    send_back_report,
    sign_report,
)
from committees.services.snapshots import take_snapshot
from core.deadlines import SHANGHAI, start_of
from core.errors import RuleViolation
from disclosures.models import Duty
from disclosures.steps import By
from documents import keys
from documents.models import Document
from documents.selectors import document_pdf
from documents.steps import next_number
from documents.verification import check_offline
from registry.models import Authority, Estate
from tests.committees.city import AT, DAY, authority, city, line, write
from tests.disclosures.accounts import can_sign
from tests.factories import make_profile

pytestmark = pytest.mark.django_db
WEST = "西区、西2街道、西22社区"
ANN, BEN, TOP = By("user:31", "bureau"), By("user:32", "bureau"), By("user:33", "bureau")
ON_TIME = datetime(2026, 11, 3, 18, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def bureau() -> Authority:
    """Four estates in the east (two formed), one in the west; October is frozen."""
    made = city()
    make_profile("national", **RULES)
    rows = [line(f"东{n}", formed="1" if n < 2 else "3") for n in range(4)]
    write(made, *rows, line("西苑", WEST, formed="2"))
    take_snapshot(day=DAY, at=AT)
    return made


RULES = {
    "reports.monthly_day": 3,
    "reports.summary": {"first": "11-16", "last": "12-15", "due": "12-15"},
    "duties.assembly": "yearly",
}


def draft(who="东区住建局", by=ANN, at=ON_TIME, kind="monthly", last=DAY, **changes) -> Report:
    values = {"text": "十月新组建两个。\n下个月再组建三个。", "why": ""} | changes
    return draft_report(
        authority_id=authority(who).pk, kind=kind, last=last, by=by, at=at, **values
    )


def signed(who="东区住建局", **changes) -> Report:
    return sign_report(report_id=draft(who, **changes).pk, by=BEN, at=ON_TIME)


def handed_in(who="东区住建局", at=ON_TIME, **changes) -> Report:
    return hand_in_report(report_id=signed(who, **changes).pk, by=BEN, at=at)


def numbers(report: Report) -> dict[str, int | None]:
    return dict(zip(WORDS, total_of(rows_of(report)), strict=True))


def test_the_figures_are_those_of_the_month_whatever_comes_later(bureau):
    Committee.objects.create(
        estate=Estate.objects.get(name="东3"), kind="owners", source="filed",
        formed_on=date(2026, 10, 5), recorded_by="user:1", recorded_at=AT,
    )  # fmt: skip
    report = draft()
    assert numbers(report) | {"estates": 4, "owners": 2, "management": 0} == numbers(report)
    assert (report.first, report.last, report.due_on) == (
        date(2026, 10, 1), DAY, date(2026, 11, 3),
    )  # fmt: skip
    top = draft("样例市住建局")
    assert [row.name for row in rows_of(top)] == ["东区住建局", "西区住建局"]
    assert numbers(top)["estates"] == 5
    assert numbers(top)["management"] == 1
    # The city's sums are those of the districts.
    for place, code in enumerate(WORDS):
        rows = [numbers(draft(who))[code] for who in ("东区住建局", "西区住建局")]
        assert sum(rows) == numbers(top)[code] == sum(row.values[place] for row in rows_of(top))


def test_every_figure_is_frozen_with_the_month_zeros_too(bureau):
    places = set(SnapshotCount.objects.values_list("authority", flat=True))
    kept = set(SnapshotFigure.objects.values_list("authority", "code"))
    assert kept == {(place, code) for place in places for code in COUNTED}
    assert [code for code, _collect in COLLECTORS] == list(COUNTED)


def test_what_is_late_is_counted_as_the_month_ended(bureau):
    estate = Estate.objects.get(name="东0")

    def duty(kind: str, late_on: date, done: date | None) -> None:
        Duty.objects.create(
            estate=estate, kind=kind, first=date(2026, 7, 1), last=date(2026, 9, 30),
            due_on=late_on, late_on=late_on, done_at=start_of(done) if done else None,
        )  # fmt: skip

    duty("revenue", DAY, None)
    duty("expenses", DAY + timedelta(days=1), None)  # not late yet
    duty("fund", DAY, DAY)  # done on the last day
    duty("service", DAY, DAY + timedelta(days=1))  # done too late for this month
    place = estate.authority_id
    found = figures_of(DAY.replace(day=1), DAY)[place]
    assert (found["late_publications"], found["late_estates"]) == (2, 1)


def test_from_the_draft_to_the_authority_above(bureau):
    report = handed_in()
    assert (report.state, report.drafted_by, report.signed_by) == (
        "handed_in", ANN.actor, BEN.actor,
    )  # fmt: skip
    document = Document.objects.get()
    assert (document.authority, document.estate) == (report.authority, None)
    assert not document.is_public
    assert document.number == "东区住建局报〔2026〕1号"
    pdf = document_pdf(document)
    verdict = check_offline(pdf, trust_roots=[keys.identity().certificate])
    assert verdict.status == "genuine"
    said = json.loads(bytes(document.facts))
    assert said["total"][0] == 4
    assert said["rates"][0] == ["组建率（业主委员会和物业管理委员会）", "50.00%"]
    assert said["text"] == ["十月新组建两个。", "下个月再组建三个。"]
    with transaction.atomic():
        assert next_number(report.authority, series="报", at=AT).endswith("〔2026〕2号")
    taken = receive_report(report_id=report.pk, by=TOP, at=ON_TIME)
    assert taken.state == "received"


def test_whoever_wrote_it_does_not_sign_it_off(bureau):
    report = draft()
    with pytest.raises(RuleViolation, match="另一个人审签"):
        sign_report(report_id=report.pk, by=ANN, at=ON_TIME)
    edit_report(report_id=report.pk, text="十月新组建两个，已核对。", by=BEN, at=ON_TIME)
    with pytest.raises(RuleViolation, match="另一个人审签"):
        sign_report(report_id=report.pk, by=BEN, at=ON_TIME)
    assert not Document.objects.exists()


@pytest.mark.parametrize("who", [ANN, BEN])
def test_nobody_takes_in_what_they_handed_in(bureau, who):
    """One person with the role in the district and in the city above it."""
    report = handed_in()
    with pytest.raises(RuleViolation, match="由另一个人接收"):
        receive_report(report_id=report.pk, by=who, at=ON_TIME)
    with pytest.raises(RuleViolation, match="由另一个人接收"):
        send_back_report(report_id=report.pk, reason="没有写下个月的打算", by=who, at=ON_TIME)
    report.refresh_from_db()
    assert report.state == "handed_in"


def test_two_tabs(bureau):
    report = draft()
    assert draft().pk == report.pk
    with pytest.raises(RuleViolation, match="已经有一份在办"):
        draft(by=BEN)
    sign_report(report_id=report.pk, by=BEN, at=ON_TIME)
    with pytest.raises(RuleViolation, match="刷新页面"):
        sign_report(report_id=report.pk, by=BEN, at=ON_TIME)
    with pytest.raises(RuleViolation, match="不能再改"):
        edit_report(report_id=report.pk, text="改了数字没有", by=ANN, at=ON_TIME)
    hand_in_report(report_id=report.pk, by=ANN, at=ON_TIME)
    with pytest.raises(RuleViolation, match="刷新页面"):
        hand_in_report(report_id=report.pk, by=ANN, at=ON_TIME)
    receive_report(report_id=report.pk, by=TOP, at=ON_TIME)
    with pytest.raises(RuleViolation, match="刷新页面"):
        send_back_report(report_id=report.pk, reason="数字不对，请核对", by=TOP, at=ON_TIME)
    assert Document.objects.count() == 1


def test_sent_back_and_handed_in_anew(bureau):
    first = handed_in()
    with pytest.raises(RuleViolation, match="为什么退回"):
        send_back_report(report_id=first.pk, reason="错", by=TOP, at=ON_TIME)
    send_back_report(report_id=first.pk, reason="没有写下个月的打算", by=TOP, at=ON_TIME)
    with pytest.raises(RuleViolation, match="更正的原因"):
        draft(text="补写了打算")
    later = ON_TIME + timedelta(days=2)
    second = draft(text="补写了打算", why="按退回的意见补写", at=later)
    assert second.version == 2
    sign_report(report_id=second.pk, by=BEN, at=later)
    hand_in_report(report_id=second.pk, by=ANN, at=later)
    assert list(Document.objects.order_by("pk").values_list("status", flat=True)) == [
        "superseded", "issued",
    ]  # fmt: skip
    # What was sent back is not handed in: two days late.
    (filing,) = [one for one in told(bureau) if one.authority.name == "东区住建局"]
    assert (filing.late, filing.words) == (2, "2026年11月5日报送，晚2天")


def told(bureau: Authority, today: date = date(2026, 11, 6)):
    return filings(bureau, due_for(bureau, "monthly", DAY), today)


def test_who_has_not_handed_in(bureau):
    def words() -> dict[str, str]:
        return {one.authority.name: one.words for one in told(bureau)}

    assert words() == {
        "东区住建局": "还没有报送",
        "西区住建局": "还没有报送",
        "样例高新区管委会": "没有物业管理区域，不用报",
    }
    assert [one.late for one in told(bureau, date(2026, 11, 3))] == [0, 0, 0]
    assert [one.late for one in told(bureau)] == [3, 3, 0]
    signed("西区住建局")  # signed off is not handed in
    report = handed_in()
    assert words()["东区住建局"] == "2026年11月3日报送，按时"
    assert words()["西区住建局"] == "还没有报送"
    assert told(bureau)[0].authority.name == "西区住建局"
    send_back_report(report_id=report.pk, reason="没有写下个月的打算", by=TOP, at=ON_TIME)
    assert words()["东区住建局"] == "已退回，还没有重新报送"
    # The report of the authority above keeps what was known when it was drawn up.
    top = draft("样例市住建局")
    assert {one["name"]: one["state"] for one in top.figures["below"]} == words()


def test_a_correction_keeps_the_day_of_the_first(bureau):
    report = handed_in()
    receive_report(report_id=report.pk, by=TOP, at=ON_TIME)
    later = ON_TIME + timedelta(days=20)
    second = draft(text="更正以后的情况", why="文字有误，更正", at=later)
    sign_report(report_id=second.pk, by=BEN, at=later)
    hand_in_report(report_id=second.pk, by=ANN, at=later)
    (filing,) = [one for one in told(bureau) if one.report is not None]
    assert (filing.on, filing.late, filing.report.version) == (date(2026, 11, 3), 0, 2)


def test_the_top_has_nobody_to_report_to(bureau):
    report = signed("样例市住建局")
    assert report.above is None
    with pytest.raises(RuleViolation, match="上面没有"):
        hand_in_report(report_id=report.pk, by=ANN, at=ON_TIME)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"last": date(2026, 11, 30)}, "还没有结束"),
        ({"last": date(2026, 10, 30)}, "整月"),
        ({"last": date(2026, 9, 30)}, "没有月末数据"),
        ({"kind": "summary", "last": date(2026, 12, 15)}, "从2026年11月16日起才能填"),
        ({"kind": "summary", "last": date(2026, 12, 14)}, "没有规定"),
        ({"kind": "weekly"}, "没有规定"),
        ({"text": " "}, "请填写工作进展"),
        ({"text": "x" * 4001}, "最多4000个字"),
        ({"text": "联系电话 13800000000"}, "手机号"),
        ({"by": By("user:1", "street_office")}, "您的角色"),
        ({"by": By("user:1", "organiser")}, "您的角色"),
        ({"who": "东1街道办事处"}, "您的角色"),
        ({"who": "样例高新区管委会"}, "不适用"),
    ],
)
def test_reports_that_cannot_be(bureau, change, words):
    with pytest.raises(RuleViolation, match=words):
        draft(**change)
    assert not Report.objects.exists()


def test_without_a_rule_nothing_is_due():
    bureau = city()
    make_profile("national")
    assert dues_of(bureau, DAY, date(2026, 11, 3)) == []
    with pytest.raises(RuleViolation, match="没有规定"):
        due_for(bureau, "monthly", DAY)


def test_the_summary_of_the_stage(bureau):
    last = date(2026, 12, 15)
    at = datetime(2026, 12, 15, 9, 0, tzinfo=SHANGHAI)
    write(bureau, line("东9", formed="1"), day=date(2026, 12, 1), at=at)
    # Written while the stage runs, with the figures of that day.
    early = draft(kind="summary", last=last, at=at - timedelta(days=20))
    assert (early.as_of, numbers(early)["estates"]) == (date(2026, 11, 25), 4)
    drop_report(report_id=early.pk, by=ANN, at=at)
    report = draft(kind="summary", last=last, at=at)
    assert (report.as_of, report.due_on) == (last, last)
    assert numbers(report)["estates"] == 5
    drop_report(report_id=report.pk, by=ANN, at=at)
    later = at + timedelta(days=30)
    again = draft(kind="summary", last=last, at=later)
    assert (again.version, again.as_of, again.why) == (3, last, "")


@pytest.mark.parametrize(
    ("month", "today", "kinds"),
    [
        (date(2026, 10, 31), date(2026, 11, 15), ["monthly"]),
        (date(2026, 10, 31), date(2026, 11, 16), ["monthly", "summary"]),
        (date(2026, 9, 30), date(2026, 11, 16), ["monthly"]),
        (date(2026, 10, 31), date(2026, 12, 1), ["monthly"]),
        (date(2026, 11, 30), date(2026, 12, 1), ["monthly", "summary"]),
        (date(2026, 12, 31), date(2027, 1, 2), ["monthly", "summary"]),
        (date(2027, 1, 31), date(2027, 2, 2), ["monthly"]),
    ],
)
def test_a_stage_is_listed_from_its_first_day(bureau, month, today, kinds):
    assert [due.kind for due in dues_of(bureau, month, today)] == kinds


def test_a_month_frozen_before_a_figure_was_counted_says_so(bureau):
    """A snapshot without figures: they are missing, not zero."""
    september = date(2026, 9, 30)
    from committees.models import Snapshot

    snapshot = Snapshot.objects.create(day=september, taken_at=AT)
    SnapshotCount.objects.create(
        snapshot=snapshot, authority=authority("东区住建局"), total=3, owners=1, management=0
    )
    report = draft(last=september)
    found = numbers(report)
    assert (found["estates"], found["sessions"]) == (3, None)
    assert sign_report(report_id=report.pk, by=BEN, at=ON_TIME).document is not None


def test_the_database_keeps_it(bureau):
    report = handed_in()
    for model, change in (
        (Report, {"figures": {}}),
        (Report, {"text": "改了"}),
        (Report, {"document": None}),
        (Report, {"handed_in_by": "user:9"}),
        (SnapshotFigure, {"value": 9}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete(using="default")
    with pytest.raises(DatabaseError), transaction.atomic():
        SnapshotFigure.objects.create(
            snapshot_id=SnapshotCount.objects.first().snapshot_id,
            authority=bureau, code="sessions", value=1,
        )  # fmt: skip
    receive_report(report_id=report.pk, by=TOP, at=ON_TIME)
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.update(state="handed_in")
    with pytest.raises(DatabaseError), transaction.atomic():
        Report.objects.create(
            authority=bureau, kind="monthly", first=DAY, last=DAY, due_on=DAY, clause="",
            as_of=DAY, version=1, state="signed", figures={}, text="x", drafted_by="user:1",
            drafted_at=AT, edited_by="user:1", signed_by="user:1", signed_at=AT,
        )  # fmt: skip


def test_the_partys_share_and_problems_are_counted_as_the_month_ended(bureau):
    """3 of 5 meet a half, 2 of 5 do not, 2 of 5 with three silent: nobody knows yet. What was
    told after the month does not count."""
    counts = {"东0": (5, 3, 0), "东1": (5, 2, 0), "西苑": (5, 2, 3)}
    for name, (members, party, unknown) in counts.items():
        body = Committee.objects.get(estate__name=name, ended_on=None)
        PartyCount.objects.create(
            committee=body, members=members, party=party, unknown=unknown,
            recorded_at=start_of(DAY),
        )  # fmt: skip
        PartyCount.objects.create(
            committee=body, members=5, party=5, unknown=0,
            recorded_at=start_of(DAY + timedelta(days=1)),
        )  # fmt: skip
    place = Estate.objects.get(name="东0").authority_id
    found = figures_of(DAY.replace(day=1), DAY)
    assert (found[place]["party_known"], found[place]["party_met"]) == (2, 1)
    later = figures_of(DAY, DAY + timedelta(days=1))[place]
    assert (later["party_known"], later["party_met"]) == (2, 2)
    assert sum(one.get("party_known", 0) for one in found.values()) == 2
