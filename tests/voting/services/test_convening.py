"""Convening a draft: paper, group, demand, supervisors, wording, and what is frozen of it."""

from datetime import date, timedelta

import pytest

from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import (
    ACTOR,
    AGAINST,
    CLOSE,
    FOR,
    FREEZE,
    Vote,
    draft_session,
    even_estate,
    make_owner,
    make_profile,
    make_unit,
    small_estate,
)
from voting.domain.organisers import Person
from voting.models import Basis, Demand, GroupMember, Supervisor
from voting.selectors import members_of, requirements_of, result_of, terms
from voting.services.convening import (
    basis_content,
    name_members,
    name_supervisors,
    put_basis,
    record_demand,
    waive_wording,
)
from voting.services.drafting import add_attachment, edit_session, remove_motion, save_motion
from voting.services.freezing import freeze_session, weigh
from voting.spool import read_spool

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.4\n%%EOF\n"
GROUP = [
    Person("街道甲", "street_office", True),
    Person("居委乙", "residents_committee"),
    Person("业主丙", "owner", consents=True),
    Person("业主丁", "owner"),
    Person("业主戊", "owner"),
]


@pytest.fixture(autouse=True)
def _erasable(erasable):
    pass


def codes(session, at=FREEZE):
    session.refresh_from_db()
    return [reason.code for reason in weigh(session, at=at).reasons]


def basis(session, **changes):
    return put_basis(
        **{
            "session_id": session.pk,
            "title": "关于成立筹备组的公告",
            "number": "样例街办〔2026〕1号",
            "dated_on": date(2026, 2, 1),
            "name": "C:\\文件\\公告.pdf",
            "content": PDF,
            "actor": ACTOR,
            "at": FREEZE,
            **changes,
        }
    )


def name(session, people=GROUP):
    return name_members(session_id=session.pk, members=people, actor=ACTOR, at=FREEZE)


def demand(session, labels, **changes):
    return record_demand(
        **{
            "session_id": session.pk,
            "received_on": date(2026, 2, 20),
            "about": "更换物业服务企业",
            "labels": labels,
            "actor": ACTOR,
            "at": FREEZE,
            **changes,
        }
    )


def refused(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value


def first_assembly(*, matters=(1, 2, 3)):
    return draft_session(
        small_estate(), matters=matters, meeting="first", organiser_kind="preparatory_group"
    )


def test_a_first_assembly_hangs_the_election_on_covenant_and_rules():
    session = first_assembly(matters=(1, 2, 3, 9))
    name(session)
    assert codes(session) == []
    session = freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    motions = terms(session).value["motions"]
    assert [motion["requires"] for motion in motions] == [[], [], ["1", "2"], []]


@pytest.mark.parametrize(
    ("matters", "expected"),
    [
        ((1, 3), ["first.missing"]),
        ((3, 1, 2), ["first.order", "first.order"]),
        ((1, 3, 2), ["first.order"]),
        ((1, 2), ["first.missing"]),
    ],
)
def test_a_first_assembly_adopts_its_rules_before_it_elects(matters, expected):
    session = first_assembly(matters=matters)
    name(session)
    assert codes(session) == expected


def test_there_is_no_committee_yet_that_could_call_a_first_assembly():
    session = draft_session(small_estate(), matters=(1, 2, 3), meeting="first")
    assert codes(session) == ["organiser.first"]


def test_an_estate_s_own_rules_cannot_be_cited_at_a_first_assembly():
    estate = small_estate()
    make_profile("estate:own", notice_days=15, window_days=[5, 60])
    estate.profile_code = "estate:own"
    estate.save()
    session = draft_session(
        estate, matters=(1, 2, 3), meeting="first", organiser_kind="preparatory_group"
    )
    name(session)
    assert codes(session) == ["first.own_rules"]
    edit_session(
        session_id=session.pk,
        changes={"meeting": "regular", "organiser_kind": "owners_committee"},
        actor=ACTOR,
        at=FREEZE,
    )
    assert codes(session) == []


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([], "organiser.members"),
        (GROUP[:4], "organiser.even"),
        ([*GROUP[:2], Person("建设己", "developer"), *GROUP[2:4]], "organiser.owners"),
        ([*GROUP[1:], Person("街道甲", "street_office")], "organiser.head"),
    ],
)
def test_a_group_that_is_not_lawful_cannot_announce(people, expected):
    session = first_assembly()
    name(session, people)
    assert codes(session) == [expected]
    with pytest.raises(RuleViolation) as caught:
        freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    assert caught.value.code == "session.not_ready"


def test_names_are_encrypted_and_the_log_has_none():
    session = first_assembly()
    name(session)
    assert members_of(session) == GROUP
    raw = GroupMember.objects.raw("SELECT id, name AS stored FROM voting_groupmember")
    assert all("业主" not in str(row.stored) for row in raw)
    assert all("业主丙" not in str(entry.line) for entry in Entry.objects.all())
    name(session, GROUP[:3])  # whoever was named before is not
    assert len(members_of(session)) == 3


def test_a_committee_has_no_members_to_name_here():
    session = draft_session(small_estate())
    assert refused(name, session).code == "members.no_group"


def test_the_paper_is_kept_encrypted_and_can_be_replaced():
    make_profile("papers", **{"organiser.basis": True})
    estate = small_estate()
    estate.profile_code = "papers"
    estate.save()
    session = draft_session(estate)
    assert codes(session) == ["organiser.basis"]
    kept = basis(session)
    assert PDF not in bytes(Basis.objects.get().content)
    assert (basis_content(kept), kept.file_name) == (PDF, "公告.pdf")
    assert codes(session) == []
    basis(session, content=PDF + b"\n", title="另一份")
    assert Basis.objects.get().title == "另一份"


def test_every_fault_of_a_paper_at_once():
    session = draft_session(small_estate())
    fault = refused(
        basis, session, title=" ", dated_on=FREEZE.date() + timedelta(days=1), content=b"MZ"
    )
    assert [reason.field for reason in fault.facts["reasons"]] == [
        "title",
        "dated_on",
        "content",
    ]
    assert not Basis.objects.exists()


# The small estate: six heads, 900.00 m². 赵四 alone (100) and 赵四 with 钱五 (100) are two.
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1幢1单元101室", "2幢1单元102室"], []),  # 2 of 6, 190.00 of 900.00 = 21.1 %
        (["1幢1单元101室"], ["demand.short"]),  # 1 of 6
        (["1幢1单元201室"], ["demand.short"]),  # 1 of 6, both flats: 200.00 = 22.2 %
        (["1幢1单元201室", "1幢1单元202室"], ["demand.short"]),  # still one head
    ],
)
def test_a_demand_counts_heads_and_areas_of_the_whole_estate(labels, expected):
    session = draft_session(small_estate(), meeting="extraordinary")
    assert codes(session) == ["demand.missing"]
    demand(session, labels)
    assert codes(session) == expected


def test_a_demand_of_nineteen_point_nine_nine_percent_is_not_enough():
    estate = even_estate(4, area=lambda _n: 2001_00)
    make_unit(estate, "9幢", "101", 1999_00, [make_owner(estate, "某某")], entrance="")
    session = draft_session(estate, meeting="extraordinary")
    last = estate.units.order_by("-pk").first()
    demand(session, [last.label])
    (reason,) = weigh(session, at=FREEZE).reasons
    assert reason.code == "demand.short"
    assert "1/5人（20.00%）" in reason.sentence
    assert "19.98%的面积" in reason.sentence


def test_a_room_nobody_knows_is_named_and_nothing_is_kept():
    session = draft_session(small_estate(), meeting="extraordinary")
    fault = refused(demand, session, ["1幢1单元101室", "9幢9单元901室"])
    assert "9幢9单元901室" in str(fault)
    assert not Demand.objects.exists()
    assert refused(demand, session, [" "]).code == "demand.invalid"


def test_supervisors_are_named_and_are_not_the_organiser():
    make_profile("watched", **{"supervisors.least": 2})
    estate = small_estate()
    estate.profile_code = "watched"
    estate.save()
    session = draft_session(estate)
    assert codes(session) == ["supervisors.few"]
    people = [Person("监票甲", "owner"), Person(session.organiser[:20], "owner")]
    call = {"session_id": session.pk, "actor": ACTOR, "at": FREEZE}
    name_supervisors(supervisors=people, **call)
    assert codes(session) == ["supervisors.organiser"]
    name_supervisors(supervisors=[people[0], Person("监票乙", "independent")], **call)
    assert codes(session) == []
    many = [Person(f"监票{n}", "owner") for n in range(10)]
    assert refused(name_supervisors, supervisors=many, **call).code == "supervisors.invalid"
    assert Supervisor.objects.count() == 2


def test_a_doubted_wording_is_waived_by_name_for_this_wording_only():
    session = draft_session(small_estate())
    motion = session.motions.get()
    words = {
        "session_id": session.pk,
        "motion_id": motion.pk,
        "matter": 5,
        "title": "使用维修资金修缮屋顶",
        "actor": ACTOR,
        "at": FREEZE,
    }
    save_motion(text="屋顶出租给基站的合同已经到期。是否同意？", **words)
    assert codes(session) == ["motion.mixed"]
    for nothing in (" ", "x", " 三个字 "):
        asked = {"motion_id": motion.pk, "reason": nothing, "actor": ACTOR, "at": FREEZE}
        assert refused(waive_wording, **asked).code == "waiver.reason"
    waive_wording(motion_id=motion.pk, reason="出租是背景，不表决", actor=ACTOR, at=FREEZE)
    assert codes(session) == []
    save_motion(text="屋顶出租给基站的合同已经到期，续签三年。是否同意？", **words)
    assert codes(session) == ["motion.mixed"]


def test_materials_are_wanted_where_the_profile_wants_them():
    make_profile("files", **{"materials.matters": [5]})
    estate = small_estate()
    estate.profile_code = "files"
    estate.save()
    session = draft_session(estate, matters=(5, 9))
    assert codes(session) == ["materials.missing"]
    motion = session.motions.get(position=1)
    add_attachment(motion_id=motion.pk, name="方案.pdf", content=PDF, actor=ACTOR, at=FREEZE)
    assert codes(session) == []


def test_a_motion_can_hang_on_others_and_follows_them_when_one_goes():
    session = draft_session(small_estate(), matters=(9, 9, 9))
    first, _second, third = session.motions.order_by("position")

    def hang(motion, needs):
        return save_motion(
            session_id=session.pk,
            motion_id=motion.pk,
            matter=9,
            title=motion.title,
            text=motion.text,
            needs=needs,
            actor=ACTOR,
            at=FREEZE,
        )

    hang(third, [2])
    assert requirements_of(session) == {1: (), 2: (), 3: (2,)}
    for wrong in ([3], [7]):
        fault = refused(hang, third, wrong)
        assert fault.facts["reasons"][0].field == "needs"
    remove_motion(motion_id=first.pk, actor=ACTOR, at=FREEZE)
    assert requirements_of(session) == {1: (), 2: (1,)}
    session = freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    assert [m["requires"] for m in terms(session).value["motions"]] == [[], ["1"]]


def test_a_rehearsal_needs_none_of_it():
    make_profile(
        "strict",
        **{
            "organiser.basis": True,
            "supervisors.least": 2,
            "street_review_before_open": True,
        },
    )
    estate = small_estate()
    estate.profile_code = "strict"
    estate.save()
    session = draft_session(estate, rehearsal=True, meeting="extraordinary")
    assert codes(session) == []
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)


def test_nothing_of_it_changes_after_the_announcement():
    session = draft_session(small_estate())
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    assert refused(basis, session).code == "session.not_draft"
    assert refused(demand, session, ["1幢1单元101室"]).code == "session.not_draft"


def test_the_budget_is_the_most_that_can_be_sent_and_is_rounded_up(settings):
    settings.SMS_COST_LI = 45
    session = draft_session(small_estate())
    line = next(one for one in weigh(session, at=FREEZE).lines if one.topic == "messages")
    # Six heads, one without a phone; the developer's party has one. 5 × 6 × 0.045 = 1.35.
    assert line.said == ("5户留有手机号，最多发30条短信，约1.35元；改票、补信另加",)


def test_every_reason_stands_in_exactly_one_line():
    session = draft_session(small_estate(), matters=(), notice_on=None, opens_at=None)
    weighed = weigh(session, at=FREEZE)
    shown = [reason for line in weighed.lines for reason in line.reasons]
    assert sorted(r.code for r in shown) == sorted(r.code for r in weighed.reasons)
    assert len(weighed.reasons) == 3


def test_a_covenant_that_fails_takes_the_election_with_it():
    session = first_assembly()
    name(session)
    freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE)
    session.refresh_from_db()
    vote = Vote(session, read_spool(session.code) or {})
    for number in range(1, 7):
        vote.cast(number, [FOR, AGAINST if number > 2 else FOR, FOR])
    counted = vote.count(at=CLOSE)
    outcomes = result_of(counted).motions
    assert [one.result for one in outcomes] == ["passed", "rejected", "rejected"]
    assert outcomes[2].failed == ("requires",)
    assert outcomes[2].flip is None  # its own figures would have done
