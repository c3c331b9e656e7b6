"""A formation from its opening to its end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.formation_steps import Proof, Terms, Upload
from committees.models import Committee, Formation, Reached
from committees.selectors.formation import Formation as Watched
from committees.selectors.pipeline import (
    case_of,
    counted,
    overdue,
    overdue_number,
    pipeline,
    stage_counts,
)
from committees.services.bodies import end_committee
from committees.services.formations import end_formation, report_stage, take_stage_back
from committees.services.handovers import open_handover
from committees.services.vetting import ask_departments, record_reply
from core.errors import RuleViolation
from logbook.models import Entry
from tests.committees.city import AT, BY, authority, line, write
from tests.committees.formed import (
    DUE,
    PROOF,
    a_committee,
    an_estate,
    day_of,
    handed_over,
    opened,
    report,
    walked,
)
from tests.documents.test_scans import photo
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 2)


def refusal(call: object, *args: object, **fields: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        call(*args, **fields)  # type: ignore[operator]
    return refused.value


def back(formation: Formation, stage: str, reason: str = "日期是另一个小区的") -> None:
    take_stage_back(formation_id=formation.pk, stage=stage, reason=reason, actor=BY, at=AT)


def end(formation: Formation, ending: str = "finished", why: str = "") -> Formation:
    return end_formation(formation_id=formation.pk, ending=ending, why=why, actor=BY, at=AT)


@pytest.mark.parametrize("kind", ["owners_committee", "management_committee"])
def test_from_the_first_day_to_the_handover(kind: str) -> None:
    formation = walked(opened(kind), "account")
    committee = formation.committee
    assert committee is not None
    assert (committee.source, committee.formed_on, committee.seats) == (
        "filed", day_of("elected"), 5,
    )  # fmt: skip
    # 274号 32: at most five years; a property management committee has no term by these rules.
    assert committee.last_day == (date(2031, 5, 11) if kind == "owners_committee" else None)
    case = case_of(formation, TODAY)
    assert case.standing.following is not None
    assert (case.standing.following.code, case.turn) == (
        "handover",
        "建设单位、筹备组" if kind == "owners_committee" else "建设单位",
    )
    # 274号 48: ten days after the election.
    assert case.standing.due_on == day_of("elected") + timedelta(days=10)
    assert "48" in case.clause
    assert refusal(end, formation).code == "formation.invalid"
    open_handover(committee_id=committee.pk, source="preparatory_group", actor=BY, at=AT)
    assert case_of(formation, TODAY).turn == "筹备组"
    handed_over(committee)
    assert case_of(formation, TODAY).standing.following is None
    assert end(formation).ending == "finished"
    assert end(formation).ending == "finished"  # again: the same
    assert refusal(report, formation, "account", TODAY).code == "formation.ended"


def test_one_open_formation_at_an_estate() -> None:
    formation = opened()
    assert "先办完或者停办" in str(refusal(opened, estate=formation.estate))  # sent twice
    refused = refusal(opened, "management_committee", formation.estate)
    assert "先办完或者停办" in str(refused)
    fields = {"kind": "renewal", "opened_on": TODAY, "opened_by": BY, "opened_at": AT}
    with pytest.raises(IntegrityError), transaction.atomic():
        Formation.objects.create(estate=formation.estate, **fields)
    assert refusal(end, formation, "given_up", "").code == "formation.invalid"
    end(formation, "given_up", "业主三次没有到会")
    assert opened(estate=formation.estate).pk != formation.pk


def test_what_there_is_decides_what_can_be_opened() -> None:
    estate = an_estate()
    assert "没有在任的业主委员会" in str(refusal(opened, "renewal", estate))
    assert refusal(opened, "whatever", estate).code == "formation.invalid"
    committee = a_committee(estate)
    assert "请选择换届" in str(refusal(opened, "owners_committee", estate))
    assert "不能再组建物业管理委员会" in str(refusal(opened, "management_committee", estate))
    renewal = walked(opened("renewal", estate), "elected")
    committee.refresh_from_db()
    assert (committee.ended_on, committee.ended_why) == (day_of("elected"), "新一届产生")
    assert renewal.committee is not None
    assert estate.committees.filter(ended_on=None).get() == renewal.committee


def test_a_property_management_committee_gives_way_to_an_owners_committee() -> None:
    estate = an_estate()
    former = a_committee(estate, kind="management", seats=4)  # no rule of size for it
    walked(opened(estate=estate), "elected")
    former.refresh_from_db()
    assert former.ended_on == day_of("elected")


@pytest.mark.parametrize(("seats", "wrong"), [(4, True), (3, True), (13, True), (6, True),
                                              (5, False), (11, False)])  # fmt: skip
def test_a_committee_of_four_is_refused_with_its_clause(seats: int, wrong: bool) -> None:
    formation = walked(opened(), "posted")
    if not wrong:
        report(formation, "elected", terms=Terms(seats))
        return
    refused = refusal(report, formation, "elected", terms=Terms(seats))
    assert refused.code == "committee.invalid"
    assert "5至11人的单数" in str(refused)
    assert "274号第31条" in str(refused)
    assert not Committee.objects.exists()
    assert not Reached.objects.filter(stage="elected").exists()


def test_a_term_is_no_longer_than_the_rules_allow() -> None:
    formation = walked(opened(), "posted")
    for day, said in ((date(2031, 5, 12), "任期最长到2031-05-11"), (DUE, "早于产生的日期")):
        refused = refusal(report, formation, "elected", terms=Terms(5, day))
        assert said in str(refused)
    report(formation, "elected", terms=Terms(5, date(2029, 5, 11)))
    assert Committee.objects.get().last_day == date(2029, 5, 11)


@pytest.mark.parametrize(
    ("stage", "changes", "code", "said"),
    [
        ("elected", {}, "stage.before", "请先登记前面的：业主名册公示、候选人公示"),
        ("seal", {}, "stage.before", "备案回执"),
        ("roll", {"day": date(2026, 3, 3)}, "stage.order", "不能早于“成立筹备组”"),
        ("roll", {"day": date(2026, 11, 3)}, "day.future", "还没有到"),
        ("roll", {"day": date(1899, 1, 1)}, "day.early", "太早"),
        ("roll", {"proof": Proof("有")}, "note.short", "至少4个字"),
        ("roll", {"proof": Proof("\x07铃响四声")}, "note.unreadable", "不能显示"),
        ("handover", {"day": date(2026, 6, 1)}, "stage.rows", "移交清单"),
        ("nothing", {"day": date(2026, 6, 1)}, "stage.unknown", "没有这一步"),
        ("group", {"day": date(2026, 3, 25)}, "reason.short", "更正的原因"),
    ],
)  # fmt: skip
def test_what_cannot_be_reported(stage: str, changes: dict, code: str, said: str) -> None:
    formation = walked(opened(), "group")
    refused = refusal(report, formation, stage, **changes)
    assert refused.code == "stage.invalid"
    assert code in [one.code for one in refused.facts["reasons"]]
    assert said in str(refused)
    assert Reached.objects.count() == 2


def test_an_account_is_opened_on_the_paper_of_the_filing() -> None:
    formation = walked(opened(), "elected")
    assert "请先登记前面的：备案回执" in str(refusal(report, formation, "account"))
    report(formation, "filed")
    early = day_of("filed") - timedelta(days=1)
    refused = refusal(report, formation, "account", early)
    assert "“开立账户”不能早于“备案回执”" in str(refused)
    report(formation, "account", day_of("filed"))


def test_a_missing_day_is_asked_for() -> None:
    formation = walked(opened(), "group")
    refused = refusal(
        report_stage, formation_id=formation.pk, stage="roll", day=None, proof=PROOF, actor=BY,
        at=AT,
    )  # fmt: skip
    assert "请填写日期" in str(refused)


def test_the_same_report_twice_is_one_and_a_correction_says_why() -> None:
    formation = walked(opened(), "group")
    first = Reached.objects.get(stage="group")
    assert report(formation, "group").pk == first.pk
    second = report(formation, "group", date(2026, 3, 25), reason="笔误，实际为3月25日")
    assert second.pk != first.pk
    told = next(one for one in case_of(formation, TODAY).told if one.stage.code == "group")
    assert (told.day, told.row, len(told.rows)) == (date(2026, 3, 25), second, 2)
    with pytest.raises(DatabaseError), transaction.atomic():
        Reached.objects.filter(pk=first.pk).update(day=TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()


def test_a_stage_is_taken_back_unless_others_rest_on_it() -> None:
    formation = walked(opened(), "roll")
    assert "“业主名册公示”以它为前提" in str(refusal(back, formation, "group"))
    assert refusal(back, formation, "roll", "").code == "stage.invalid"
    back(formation, "roll")
    back(formation, "roll")  # again: nothing
    assert "roll" not in case_of(formation, TODAY).reached
    back(formation, "group")
    report(formation, "group", date(2026, 3, 30))
    assert case_of(formation, TODAY).reached["group"] == date(2026, 3, 30)


def test_a_wrong_election_is_corrected_by_ending_what_it_brought() -> None:
    formation = walked(opened(), "elected")
    for attempt in (
        lambda: back(formation, "elected"),
        lambda: report(
            formation, "elected", day_of("elected") + timedelta(1), reason="记错了一天"
        ),
    ):
        with pytest.raises(RuleViolation, match="先登记这一届终止"):
            attempt()
    wrong = formation.committee
    assert wrong is not None
    end_committee(
        committee_id=wrong.pk,
        day=day_of("elected"),
        why="登记错误，不是这一天",
        actor=BY,
        at=AT,
    )
    right = day_of("elected") + timedelta(days=1)
    report(formation, "elected", right, reason="记错了一天")
    formation.refresh_from_db()
    assert formation.committee is not None
    assert (formation.committee.pk != wrong.pk, formation.committee.formed_on) == (True, right)


def test_a_committee_known_from_the_register_gives_way_to_the_papers() -> None:
    estate = an_estate()
    formation = walked(opened(estate=estate), "posted")
    write(authority("样例市住建局"), line("甲苑", formed="1"))
    known = Committee.objects.get()
    assert known.source == "register"
    report(formation, "elected")
    known.refresh_from_db()
    # Known from a later day than the election: it ends on its own first day.
    assert (known.ended_on, known.ended_why) == (known.formed_on, "有了备案材料")
    write(authority("样例市住建局"), line("甲苑", formed="1", service="2"))
    assert Committee.objects.filter(ended_on=None).get().source == "filed"


def test_evidence_is_kept_as_pictures_without_a_place() -> None:
    formation = opened()
    made = report(formation, "due", proof=Proof("业主的书面申请", Upload("申请.jpg", photo())))
    assert made.evidence is not None
    page = made.evidence.pages.get()
    assert b"\xff\xd8" not in bytes(page.content)[:40]  # sealed
    assert made.evidence.name == "申请.jpg"
    refused = refusal(
        report, formation, "group", proof=Proof("街道的公告", Upload("a.txt", b"hello"))
    )
    assert refused.code == "paper.refused"
    assert Reached.objects.count() == 1


def test_nothing_of_a_person_is_in_the_log() -> None:
    formation = opened()
    report(formation, "due", proof=Proof("业主王样例的书面申请"))
    assert not any("王样例" in bytes(one.line).decode() for one in Entry.objects.all())


# --- 联审 --------------------------------------------------------------------------------


def ask(formation: Formation, *names: str, on: date | None = None):  # type: ignore[no-untyped-def]
    return ask_departments(
        formation_id=formation.pk,
        departments=list(names),
        asked_on=on or day_of("candidates"),
        actor=BY,
        at=AT,
    )


def reply(inquiry, answer: str = "none", day: date | None = None, text: str = "", **more):  # type: ignore[no-untyped-def]
    fields = {"proof": Proof(""), "actor": BY, "at": AT} | more
    return record_reply(
        inquiry_id=inquiry.pk, answer=answer, day=day or day_of("vetting"), text=text, **fields
    )


def test_vetting_is_reached_when_every_department_has_replied() -> None:
    formation = walked(opened(), "candidates")
    police, court, roads = ask(formation, "公安", "法院", "城市管理")
    refused = str(refusal(ask, formation, "公安"))
    assert "还没有答复的：公安、法院、城市管理" in refused
    assert ask(formation, "公安", "信访", on=day_of("vetting"))[0].department == "信访"
    reply(formation.inquiries.get(department="信访"))
    case = case_of(formation, TODAY)
    assert (case.turn, case.silent) == ("公安、法院、城市管理", ["公安", "法院", "城市管理"])
    first = reply(police)
    assert reply(police).pk == first.pk
    reply(
        court, "objects", day_of("vetting") + timedelta(days=2), "3号候选人有拖欠物业费的判决"
    )
    assert "还没有答复的部门：城市管理" in str(refusal(report, formation, "vetting"))
    assert case_of(formation, TODAY).silent == ["城市管理"]
    reply(roads, "recalled", text="与候选人无关，不再征求")
    # All replied, and one objects: it is to be dealt with.
    case = case_of(formation, TODAY)
    assert (case.objecting, "vetting" in case.reached) == (["法院"], False)
    assert "有异议的部门：法院" in str(refusal(report, formation, "vetting"))
    reply(court, "none", day_of("vetting") + timedelta(days=2), reason="判决已经履行")
    case = case_of(formation, TODAY)
    assert case.objecting == []
    assert case.reached["vetting"] == day_of("vetting") + timedelta(days=2)
    told = next(one for one in case.told if one.stage.code == "vetting")
    assert told.act is not None
    assert case.standing.following is not None
    assert case.standing.following.code == "posted"


def test_a_vetting_reported_by_hand_gives_way_to_the_departments_asked_after_it() -> None:
    formation = walked(opened(), "candidates")
    first = report(formation, "vetting")
    assert report(formation, "vetting").pk == first.pk  # sent twice
    ask(formation, "公安", "法院")
    assert "还没有答复的部门：公安、法院" in str(refusal(report, formation, "vetting"))
    assert "vetting" not in case_of(formation, TODAY).reached


def test_an_objection_is_gone_past_only_with_a_reason_in_words() -> None:
    formation = walked(opened(), "candidates")
    police, court = ask(formation, "公安", "法院")
    reply(police, "objects", None, "2号候选人正在服刑")
    refused = refusal(report, formation, "posted")
    assert refused.code == "stage.invalid"
    assert "公安有异议，还没有处理" in str(refused)
    why = "公安书面同意先公示，答复以后补"
    for bad in ("", "好", "先\0公示了再说"):
        assert refusal(report, formation, "posted", proof=PROOF._replace(despite=bad))
    assert not Reached.objects.filter(stage="posted").exists()
    report(formation, "posted", proof=PROOF._replace(despite=f" {why} "))
    case = case_of(formation, TODAY)
    assert [(stage.code, words) for stage, words in case.despite] == [("posted", why)]
    assert (case.objecting, "vetting" in case.reached) == (["公安"], False)
    # The reason covers what follows, until somebody objects anew; the roll rests on none.
    report(formation, "elected")
    reply(court, "objects", None, "3号候选人有判决没有履行", at=AT + timedelta(hours=1))
    later = {"at": AT + timedelta(hours=2)}
    assert "公安、法院有异议" in str(refusal(report, formation, "first_meeting", **later))
    report(formation, "first_meeting", proof=PROOF._replace(despite=why), **later)


def test_one_no_one_objected_to_keeps_no_reason() -> None:
    formation = walked(opened(), "candidates")
    report(formation, "posted", proof=PROOF._replace(despite="多写的，没有人有异议"))
    assert case_of(formation, TODAY).despite == []


def test_replies_after_the_stage_they_should_come_before_are_told() -> None:
    formation = walked(opened(), "candidates")
    early, late, silent = ask(formation, "公安", "法院", "信访")
    report(formation, "posted")
    report(formation, "elected")
    reply(early, day=day_of("vetting"))
    reply(late, day=day_of("elected") + timedelta(days=1))
    case = case_of(formation, TODAY)
    told = {one.inquiry.department: case.outrun(one) for one in case.asked}
    assert told["公安"] is None
    for name in ("法院", "信访"):
        assert told[name] is not None
        assert (told[name][0].code, told[name][1]) == ("posted", day_of("posted"))
    reply(silent, day=day_of("vetting"))
    belated = case_of(formation, TODAY).belated
    assert {code: stage.code for code, (stage, _day) in belated.items()} == {
        "vetting": "posted"
    }


@pytest.mark.parametrize(
    ("answer", "day", "text", "code"),
    [
        ("none", date(2026, 4, 1), "", "vetting.before"),
        ("none", date(2026, 12, 1), "", "day.future"),
        ("objects", None, "", "text.short"),
        ("maybe", None, "说不清楚", "vetting.answer"),
        ("recalled", None, "", "text.short"),
    ],
)
def test_a_reply_that_cannot_be(answer: str, day: date | None, text: str, code: str) -> None:
    (police,) = ask(walked(opened(), "candidates"), "公安")
    refused = refusal(reply, police, answer, day, text)
    assert code in [one.code for one in refused.facts["reasons"]]


def test_another_reply_needs_a_reason_and_the_first_stays() -> None:
    (police,) = ask(walked(opened(), "candidates"), "公安")
    reply(police)
    assert (
        refusal(reply, police, "objects", None, "2号候选人正在服刑").code == "vetting.invalid"
    )
    reply(police, "objects", None, "2号候选人正在服刑", reason="第一次答复时没有核对全部人员")
    assert [one.answer for one in police.replies.all()] == ["none", "objects"]


def test_nobody_is_vetted_before_standing() -> None:
    formation = walked(opened(), "roll")
    assert "请先登记推荐候选人" in str(refusal(ask, formation, "公安"))
    walked(formation, "candidates")
    assert refusal(ask, formation).code == "vetting.invalid"
    assert "不能早于推荐" in str(refusal(ask, formation, "公安", on=DUE))
    assert refusal(ask, formation, "长" * 21).code == "vetting.invalid"


# --- many ------------------------------------------------------------------------------


def reach_of(who: object) -> Reach:
    user = make_user("watcher")
    grant(user, "bureau", who)  # type: ignore[arg-type]
    return Reach(user, Permission.VIEW_REGISTER, None)


def test_the_latest_come_first_and_places_are_counted() -> None:
    estate = an_estate("甲苑")
    late = walked(opened(estate=estate), "posted")  # 90 days after the group: long over
    fresh = opened(estate=an_estate("乙苑", "999902001001"))
    never = opened(estate=an_estate("丙苑", "999902001001"))
    report(fresh, "due", TODAY)
    done = walked(opened(estate=an_estate("丁苑", "999901002001")), "account")
    a_committee(an_estate("戊苑"))
    reach = reach_of(authority("样例市住建局"))
    cases = pipeline(reach, TODAY)
    # The handover was due on 21 May, the first meeting of owners on 20 June.
    assert [one.formation.pk for one in cases] == [done.pk, late.pk, fresh.pk, never.pk]
    assert [one.formation.pk for one in overdue(reach, TODAY, 1)] == [done.pk]
    assert overdue_number(reach, TODAY) == 2
    here = estate.authority_id
    counts = stage_counts(cases)
    assert counts[here] == {"elected": 1}
    assert counts[fresh.estate.authority_id] == {"group": 1, "due": 1}
    # 甲苑 has begun and 戊苑 has formed here; of 乙苑 and 丙苑 only the first has begun.
    head = make_user("counter")
    grant(head, "bureau", authority("样例市住建局"))
    assert {
        place: (one.due, one.due_formed) for place, one in counted(Watched(head)).items()
    } == {
        here: (2, 1), fresh.estate.authority_id: (1, 0), done.estate.authority_id: (1, 1),
    }  # fmt: skip
    west = Reach(make_user("nobody"), Permission.VIEW_REGISTER, None)
    assert pipeline(west, TODAY) == []


def test_the_number_of_queries_does_not_grow() -> None:
    walked(opened(estate=an_estate("甲苑")), "filed")
    reach = reach_of(authority("样例市住建局"))
    with CaptureQueriesContext(connection) as few:
        pipeline(reach, TODAY)
    for number in range(5):
        walked(opened(estate=an_estate(f"乙{number}苑")), "filed")
    with CaptureQueriesContext(connection) as many:
        assert len(pipeline(reach, TODAY)) == 6
    assert len(many) == len(few)
