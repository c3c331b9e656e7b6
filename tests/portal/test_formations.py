"""Formations, members, the party and handovers over HTTP: who may, what each sees."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from committees.models import Committee, Formation, Handover, Member, PartyAnswer, Reached
from committees.services.formations import open_formation
from committees.services.party import answer_party
from documents.authority import development_identity
from registry.models import Estate
from registry.services.profiles import load_profiles
from tests.committees.city import authority, city
from tests.committees.formed import a_committee, an_estate, opened, sit, walked
from tests.documents.test_scans import photo
from tests.elections import estate_of_nine, frozen_election
from tests.factories import CLOSE, FOR, FREEZE
from tests.town import grant, make_user
from voting.services.resolutions import issue_resolution

pytestmark = pytest.mark.django_db
STREET, COMMUNITY = "东1街道办事处", "999901001001居委会"


def desk(where: str | Estate, role: str, name: str = "") -> Client:
    user = make_user(name or f"{role}_person")
    grant(user, role, where if isinstance(where, Estate) else authority(where))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, name: str, *args: object, status: int = 200, **asked: object) -> str:
    answer = client.get(reverse(f"staff:{name}", args=args), asked)
    assert answer.status_code == status, name
    return str(answer.content.decode())


def send(client: Client, name: str, /, *args: object, status: int = 302, **data: object) -> str:
    """Send a form; the page that follows, or the one with the complaints."""
    answer = client.post(reverse(f"staff:{name}", args=args), data, follow=False)
    assert answer.status_code == status, (name, answer.content.decode()[-3000:])
    if status == 302:
        answer = client.get(answer.headers["Location"])
    return str(answer.content.decode())


def days_ago(number: int) -> str:
    return str(timezone.localdate() - timedelta(days=number))


def test_from_the_group_to_the_handover_by_hand() -> None:
    estate = an_estate()
    street = desk(STREET, "street_office")
    assert "这里没有在任的委员会" in page(street, "estate_committee", estate.code)
    told = send(street, "formation_new", estate.code, kind="owners_committee", seats="5")
    formation = Formation.objects.get()
    assert "下一步：具备组建条件" in told
    note = "街道的公告，第3号"
    plan = (("due", 100), ("group", 90), ("roll", 80), ("candidates", 70))
    for stage, ago in plan:
        told = send(
            street, "formation_stage", formation.pk, stage, day=days_ago(ago), note=note
        )
    assert "轮到：街道、乡镇" in told
    send(
        street, "formation_vetting", formation.pk, departments=["公安", "司法行政"],
        other="消防、税务", asked_on=days_ago(69),
    )  # fmt: skip
    told = page(street, "formation_course", formation.pk)
    assert "轮到：公安、司法行政、消防、税务" in told
    for inquiry in formation.inquiries.all():
        send(
            street, "formation_reply", formation.pk, inquiry.pk, answer="none",
            day=days_ago(60), file=SimpleUploadedFile("复函.jpg", photo()),
        )  # fmt: skip
    send(street, "formation_stage", formation.pk, "posted", day=days_ago(55), note=note)
    refused = send(
        street, "formation_stage", formation.pk, "elected", status=400, day=days_ago(30),
        note=note, seats="4",
    )  # fmt: skip
    assert "4人不行：应当是5至11人的单数（建房〔2009〕274号第31条" in refused
    send(
        street,
        "formation_stage",
        formation.pk,
        "elected",
        day=days_ago(30),
        note=note,
        seats="5",
    )
    for stage, ago in (("first_meeting", 25), ("filed", 20), ("seal", 15), ("account", 10)):
        send(street, "formation_stage", formation.pk, stage, day=days_ago(ago), note=note)
    committee = Committee.objects.get()
    organiser = desk(estate, "organiser")
    send(organiser, "handover_new", committee.pk, source="preparatory_group")
    handover = Handover.objects.get()
    for item in handover.items.all():
        send(
            organiser, "handover_item", item.pk, state="handed", day=days_ago(12),
            received_by="主任",
        )  # fmt: skip
    page(organiser, "handover", handover.pk)
    send(street, "handover_confirm", handover.pk)
    told = send(street, "formation_end", formation.pk, ending="finished")
    assert "已办完" in told
    evidence = formation.inquiries.first().replies.get().evidence  # type: ignore[union-attr]
    assert evidence is not None
    assert "复函.jpg" in page(street, "evidence", evidence.pk)
    assert (
        street.get(reverse("staff:evidence_jpg", args=[evidence.pk, 1])).content[:2]
        == b"\xff\xd8"
    )
    assert street.get(reverse("staff:evidence_jpg", args=[evidence.pk, 9])).status_code == 404


def test_an_objection_is_not_overlooked() -> None:
    formation = walked(opened(), "candidates")
    street = desk(STREET, "street_office")
    ask = {"departments": ["公安", "法院"], "asked_on": "2026-04-05"}
    send(street, "formation_vetting", formation.pk, **ask)
    refused = send(street, "formation_vetting", formation.pk, status=400, **ask)
    assert "这些部门已经征求过；还没有答复的：公安、法院" in refused
    police, court = formation.inquiries.all()
    send(
        street, "formation_reply", formation.pk, police.pk, answer="objects",
        day="2026-04-08", text="2号候选人正在服刑",
    )  # fmt: skip
    send(street, "formation_reply", formation.pk, court.pk, answer="none", day="2026-04-08")
    told = page(street, "formation_course", formation.pk)
    assert "公安有异议：请先处理。" in told
    assert "下一步：联审" in told
    for stage, warned in (("posted", True), ("elected", True), ("roll", False)):
        told = page(street, "formation_stage", formation.pk, stage)
        assert ("公安有异议：请先处理。" in told) is warned
        assert ('name="despite"' in told) is warned
    posted = {"day": "2026-04-16", "note": "小区公告栏的照片，档案柜2"}
    refused = send(street, "formation_stage", formation.pk, "posted", status=400, **posted)
    assert "公安有异议，还没有处理" in refused
    posted["despite"] = "公安书面同意先公示，答复以后补"
    send(street, "formation_stage", formation.pk, "posted", **posted)
    told = page(street, "formation_course", formation.pk)
    assert "有异议，仍然往下办" in told
    assert posted["despite"] in told
    assert 'name="despite"' not in page(street, "formation_stage", formation.pk, "elected")
    late = {"answer": "none", "day": "2026-04-18", "reason": "核实以后没有问题"}
    send(street, "formation_reply", formation.pk, police.pk, **late)
    assert "晚于“候选人公示”（2026-04-16）" in page(street, "formation_course", formation.pk)
    street.post(
        reverse("staff:formation_stage_back", args=[formation.pk, "posted"]),
        {"reason": "公示的照片是另一个小区的"},
    )
    told = send(
        street, "formation_reply", formation.pk, police.pk, answer="recalled",
        day="2026-04-10", text="候选人已经退出", reason="候选人已经退出",
    )  # fmt: skip
    assert "有异议：请先处理" not in told
    assert "下一步：候选人公示" in told


def test_one_under_way_is_not_begun_again() -> None:
    formation = opened()
    street = desk(STREET, "street_office")
    told = send(
        street, "formation_new", formation.estate.code, status=400, kind="owners_committee",
        seats="7",
    )  # fmt: skip
    assert "请先办完或者停办" in told
    assert reverse("staff:formation_course", args=[formation.pk]) in told
    formation.refresh_from_db()
    assert formation.seats is None


def test_the_list_filters_and_says_what_is_late() -> None:
    an_estate("甲苑")
    first = Formation.objects.get(pk=walked(opened(estate=Estate.objects.get()), "posted").pk)
    opened(estate=an_estate("乙苑"))
    street = desk(STREET, "street_office")
    told = page(street, "formations")
    assert told.index("甲苑") < told.index("乙苑")
    assert re.search(r"超过\d+天", told)
    assert "乙苑" not in page(street, "formations", late="1")
    assert "甲苑" not in page(street, "formations", stage="due")
    assert "甲苑" in page(street, "formations", stage="no such stage")
    assert "甲苑" in page(street, "formations", page="99")
    for at in ("x", "999999999999", "-1", str(authority("西区住建局").pk)):
        page(street, "formations", status=404, at=at)
    bureau = desk("样例市住建局", "bureau")
    told = page(bureau, "formation_course", first.pk)
    assert "街道的通知" not in told  # what proves it may name people
    assert "另外登记" in told


def test_a_renewal_with_every_complaint_beside_its_field() -> None:
    estate = an_estate()
    street = desk(STREET, "street_office")
    refused = send(street, "formation_new", estate.code, status=400, kind="renewal")
    assert "这里没有在任的业主委员会，不能换届" in refused
    refused = send(street, "formation_new", estate.code, status=400, kind="", seats="many")
    assert "请填写整数" in refused
    send(
        street, "committee_new", estate.code, kind="owners", formed_on="2024-01-10", seats="5",
        last_day="2026-12-31", note="备案回执2024-3号",
    )  # fmt: skip
    told = page(street, "estate_committee", estate.code)
    assert "应当办换届" in told or "已经届满" in told
    send(street, "formation_new", estate.code, kind="renewal")
    refused = send(
        street, "formation_new", estate.code, status=400, kind="management_committee"
    )
    assert "先办完或者停办" in refused
    formation = Formation.objects.get()
    refused = send(
        street, "formation_stage", formation.pk, "seal", status=400, day="2999-01-01", note=""
    )
    assert "请先登记前面的：备案回执" in refused
    assert "还没有到" in refused
    assert "至少4个字" in refused
    refused = send(
        street, "formation_stage", formation.pk, "due", status=400, day="32", note="有"
    )
    assert "这不是一个日期" in refused
    send(street, "formation_end", formation.pk, status=400, ending="finished")
    send(street, "formation_end", formation.pk, ending="given_up", why="任期还没有届满")
    # What has ended takes nothing more: the address still answers.
    refused = send(
        street,
        "formation_stage",
        formation.pk,
        "due",
        status=400,
        day="2026-01-01",
        note="再来一次",
    )
    assert "这次组建已经结束" in refused


def test_a_stage_is_corrected_and_taken_back_with_reasons() -> None:
    formation = walked(opened(), "group")
    street = desk(STREET, "street_office")
    refused = send(
        street, "formation_stage", formation.pk, "group", status=400, day="2026-03-25",
        note="街道的公告一份",
    )  # fmt: skip
    assert "请写明更正的原因" in refused
    told = send(
        street, "formation_stage", formation.pk, "group", day="2026-03-25",
        note="街道的公告一份", reason="原来写错了日期",
    )  # fmt: skip
    assert "更正过" in told
    told = send(street, "formation_stage_back", formation.pk, "group", reason="是另一个小区的")
    assert "下一步：成立筹备组" in told
    page(street, "formation_stage_back", formation.pk, "nothing", status=404)
    page(street, "formation_stage", formation.pk, "handover", status=404)
    assert Reached.objects.filter(stage="group").count() == 3


def test_members_names_are_for_those_who_keep_them() -> None:
    estate = an_estate()
    committee = a_committee(estate)
    organiser, bureau = desk(estate, "organiser"), desk("样例市住建局", "bureau")
    send(
        organiser, "member_new", committee.pk, name="甄样例", office="chair", since="2025-06-01"
    )
    member = Member.objects.get()
    told = page(organiser, "estate_committee", estate.code)
    assert "甄样例" in told
    seen = page(bureau, "estate_committee", estate.code)
    assert "主任" in seen
    assert "甄样例" not in seen
    page(bureau, "member_end", member.pk, status=404)
    refused = send(
        organiser, "party_answer", "member", member.pk, status=400, answer="yes",
        consented_on="2026-01-01",
    )  # fmt: skip
    assert "没有本人单独同意的，不能登记" in refused
    assert not PartyAnswer.objects.exists()
    told = send(
        organiser, "party_answer", "member", member.pk, answer="yes", how="written",
        consented_on="2026-01-01",
    )  # fmt: skip
    assert "本人撤回同意" in told
    assert "本人撤回同意" not in page(bureau, "estate_committee", estate.code)
    told = send(organiser, "party_withdraw", "member", member.pk)
    assert "登记的内容已经删除" in told
    assert "委员1人，其中党员0人，没有登记是不是党员的1人。" in told
    assert "还没有登记完，还差4人" in told
    assert "不足总数的一半" not in told
    send(organiser, "member_office", member.pk, office="vice")
    told = send(
        organiser,
        "member_end",
        member.pk,
        ending="resigned",
        day="2026-02-01",
        note="辞职信一份",
    )
    assert "已登记离任" in told
    refused = send(
        organiser, "member_end", member.pk, status=400, ending="died", day="2026-02-02",
        note="家属来电",
    )  # fmt: skip
    assert "已经离任" in refused


def seated(estate: Estate, party: int) -> Committee:
    committee = a_committee(estate)
    for number in range(1, 6):
        answer_party(
            who="member", person_id=sit(committee, number).pk,
            answer="yes" if number <= party else "no", consented_on=date(2026, 1, 1),
            how="written", actor="user:1", at=timezone.now(),
        )  # fmt: skip
    return committee


def test_below_the_share_an_explanation_is_asked_for() -> None:
    estate = an_estate()
    committee = seated(estate, 1)
    organiser = desk(estate, "organiser")
    told = page(organiser, "estate_committee", estate.code)
    assert "党员比例低于50%，没有达到要求" in told
    assert "要有情况说明" in told
    refused = send(
        organiser, "explanation_new", committee.pk, status=400, text="", by="", day=""
    )
    assert "请写明情况说明" in refused
    told = send(
        organiser, "explanation_new", committee.pk, text="报名的党员只有一人，已动员在职党员",
        by="样例社区居委会", day="2026-02-01",
    )  # fmt: skip
    assert "要有情况说明" not in told
    for number in (2, 3, 4):
        member = committee.members.filter(ending="")[1]
        told = send(
            organiser, "member_end", member.pk, ending="resigned", day=f"2026-02-0{number}",
            note="辞职信一份",
        )  # fmt: skip
        # Rechecked at each resignation: at one of two it is met again.
        assert ("要有新的情况说明" in told) is (number < 4)
    assert "不足总数的一半" in told
    # One thing alone: all are elected anew.
    assert "空缺3个" in told
    assert "请办补选" not in told


@pytest.mark.parametrize(
    ("party", "told"),
    [(0, "党员不超过1人"), (1, "党员不超过1人"), (3, "其中党员3人"), (4, "党员不少于4人"),
     (5, "党员不少于4人")],
)  # fmt: skip
def test_everybody_sees_no_name_and_no_number_that_names(party: int, told: str) -> None:
    estate = an_estate()
    committee = seated(estate, party)
    address = reverse("portal:committee", args=[estate.code])
    shown = Client().get(address).content.decode()
    assert f"这一届委员5人，其中{told}" in shown or told in shown
    assert "样例1" not in shown
    # Somebody leaves: the number stays, or it would tell what that person had said.
    organiser = desk(estate, "organiser")
    first = committee.members.first()
    assert first is not None
    send(
        organiser,
        "member_end",
        first.pk,
        ending="resigned",
        day="2026-02-02",
        note="辞职信一份",
    )
    after = Client().get(address).content.decode()
    assert told in after
    assert "5个，在任4人" in after


def test_the_public_page_of_an_estate_without_a_committee() -> None:
    estate = an_estate()
    assert "这里没有在任的委员会" in (
        Client().get(reverse("portal:committee", args=[estate.code])).content.decode()
    )
    assert Client().get(reverse("portal:committee", args=["NOSUCH"])).status_code == 404
    assert reverse("portal:committee", args=[estate.code]) in (
        Client().get(reverse("portal:accounts_home", args=[estate.code])).content.decode()
    )


def test_a_list_kept_by_hand_says_what_it_can_lead_to() -> None:
    formation = walked(opened(), "group")
    estate = formation.estate
    street = desk(STREET, "street_office")
    for number in range(6):
        send(street, "nominee_new", formation.pk, name=f"样例{number}")
    told = page(street, "estate_committee", estate.code)
    assert "还没有写明应选几人" in told
    refused = send(street, "formation_seats", formation.pk, status=400, seats="4")
    assert "5至11人的单数" in refused
    told = send(street, "formation_seats", formation.pk, seats="5")
    # Nobody has answered: silence is not "no".
    assert "不论谁当选" not in told
    assert "还有6人没有登记是不是党员，现在还看不出党员比例能不能不低于50%。" in told
    assert "当选的人里党员最少0人、最多5人" in told
    assert "再有4人登记为党员，或者换成党员，才一定不低于" in told
    people = list(formation.nominees.all())
    yes = {"answer": "yes", "how": "form", "consented_on": "2026-03-30"}
    for one in people:
        told = send(street, "party_answer", "nominee", one.pk, **{**yes, "answer": "no"})
    assert "不论谁当选，党员比例都低于50%。再有3名党员参选，才有可能达到。" in told
    for one in people[:3]:
        told = send(street, "party_answer", "nominee", one.pk, **yes)
    assert "最少2人、最多3人，党员比例可能低于50%" in told
    assert "党员多1名、其他人少1名" in told
    told = send(street, "party_answer", "nominee", people[3].pk, **yes)
    assert "不论谁当选，党员比例都不低于50%" in told
    told = send(street, "nominee_withdraw", people[5].pk)
    assert "样例5" not in told
    send(street, "nominee_withdraw", people[4].pk)
    assert "应选5人，名单上只有4人" in page(street, "estate_committee", estate.code)


def test_another_place_does_not_exist() -> None:
    formation = walked(opened(), "account")
    committee = Committee.objects.get()
    member = sit(committee, 1)
    stranger = desk("西1街道办事处", "street_office", "westerner")
    for name, args in (
        ("formation_course", [formation.pk]),
        ("formation_stage", [formation.pk, "due"]),
        ("formation_end", [formation.pk]),
        ("estate_committee", [formation.estate.code]),
        ("formation_new", [formation.estate.code]),
        ("member_new", [committee.pk]),
        ("member_end", [member.pk]),
        ("party_answer", ["member", member.pk]),
        ("handover_new", [committee.pk]),
        ("formation_course", [10**9]),
    ):
        page(stranger, name, *args, status=404)


def test_whoever_entered_a_handover_does_not_confirm_it() -> None:
    committee = a_committee()
    street = desk(STREET, "street_office")
    send(street, "handover_new", committee.pk, source="former")
    handover = Handover.objects.get()
    send(street, "handover_item_new", handover.pk, title="门禁系统管理密码")
    first = handover.items.first()
    assert first is not None
    refused = send(
        street, "handover_item", first.pk, status=400, state="missing", day=days_ago(1)
    )
    assert "请写明交不出的原因" in refused
    answer = street.post(reverse("staff:handover_confirm", args=[handover.pk]))
    assert answer.status_code == 409
    assert "还有没登记的" in answer.content.decode()
    for item in handover.items.all():
        send(
            street,
            "handover_item",
            item.pk,
            state="handed",
            day=days_ago(1),
            received_by="主任",
        )
    told = page(street, "handover", handover.pk)
    assert "登记过移交的，自己不能确认" in told
    assert "确认移交完成" not in told
    answer = street.post(reverse("staff:handover_confirm", args=[handover.pk]))
    assert "登记移交的人不能自己确认" in answer.content.decode()
    other = desk(COMMUNITY, "residents_committee")
    assert "确认移交完成" in page(other, "handover", handover.pk)
    assert "移交已确认" in send(other, "handover_confirm", handover.pk)


def test_the_giver_of_a_handover_is_one_there_was() -> None:
    committee = walked(opened(), "elected").committee
    assert committee is not None
    street = desk(STREET, "street_office")
    assert "原业主委员会" not in page(street, "handover_new", committee.pk)
    refused = send(street, "handover_new", committee.pk, status=400, source="former")
    assert "以前没有过这样的委员会" in refused
    send(street, "handover_new", committee.pk, source="developer")
    handover = Handover.objects.get()
    assert "更改由谁移交" in page(street, "handover", handover.pk)
    told = send(street, "handover_new", committee.pk, source="preparatory_group")
    assert "筹备组" in told
    item = handover.items.first()
    assert item is not None
    send(street, "handover_item", item.pk, state="handed", day=days_ago(1), received_by="主任")
    assert "更改由谁移交" not in page(street, "handover", handover.pk)
    refused = send(street, "handover_new", committee.pk, status=400, source="developer")
    assert "不能再改由谁移交" in refused


def test_whose_turn_it_is_in_english() -> None:
    formation = walked(opened(), "filed")
    street = desk(STREET, "street_office")
    cookies = {"HTTP_ACCEPT_LANGUAGE": "en"}
    address = reverse("staff:formation_course", args=[formation.pk])
    told = street.get(address, **cookies).content.decode()  # type: ignore[arg-type]
    assert "委员会" not in re.sub(r"<h1>.*?</h1>", "", told.split("Next")[1].split("</p>")[0])


def test_what_is_late_or_missing_lies_on_the_desk() -> None:
    estate = an_estate("甲苑")
    seated(estate, 1)
    walked(opened(estate=an_estate("乙苑")), "posted")
    old = a_committee(an_estate("丙苑"))
    Committee.objects.filter(pk=old.pk).update(last_day=timezone.localdate())
    street, organiser = desk(STREET, "street_office"), desk(estate, "organiser")
    told = street.get("/staff/").content.decode()
    assert "组建超过了期限：业主大会选举" in told
    assert "党员比例没有达到，要有情况说明" in told
    assert "委员会任期将满，要办换届" in told
    committee = Committee.objects.get(estate=estate)
    for member in list(committee.members.all())[:3]:
        send(
            organiser, "member_end", member.pk, ending="resigned", day="2026-02-02",
            note="辞职信一份",
        )  # fmt: skip
    told = organiser.get("/staff/").content.decode()
    assert "委员不足总数的一半，要召开业主大会重新选举" in told
    assert "组建超过了期限" not in told


def test_one_elected_here_is_recorded_by_a_button(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    city()
    load_profiles(actor="test", at=FREEZE)
    estate = estate_of_nine()
    Estate.objects.filter(pk=estate.pk).update(authority=authority(COMMUNITY))
    formation = open_formation(
        estate_id=estate.pk, kind="owners_committee", actor="user:1", at=FREEZE
    )
    vote = frozen_election(estate)
    for number in range(1, 8):
        vote.cast(number, [FOR, [0, 1, 2, 3, 4]])
    vote.count(at=CLOSE)
    issue_resolution(session_id=vote.session.pk, at=CLOSE)
    street = desk(STREET, "street_office")
    assert "登记当选的委员会" in page(street, "formation_course", formation.pk)
    told = send(street, "formation_seat", formation.pk)
    assert "本系统：业主大会决议" in told
    shown = Client().get(reverse("portal:committee", args=[estate.code])).content.decode()
    assert reverse("voting:session", args=[vote.session.code]) in shown
    assert "业主1" not in shown
