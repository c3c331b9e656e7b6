"""Objections: numbered, in time or refused with what is left, answered, ruled on by two."""

from datetime import timedelta
from secrets import choice

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from accounts.models import Message, User
from accounts.phones import phone_hash
from core.codes import new_code
from core.deadlines import publicity_end
from core.errors import RuleViolation
from tests.documents.test_postings import make_document
from tests.factories import CLOSE, FOR, FREEZE, OPEN, draft_session, frozen_vote, small_estate
from tests.voting.services.test_rulings import (
    ORGANISER,
    OVER,
    PDF,
    STREET,
    SUPERVISOR,
    code_of,
    waiting,
)
from voting.models import Objection, RollPosting
from voting.selectors import contesting, overdue_objections, published_objections, unsettled
from voting.services.closing import close_session
from voting.services.objections import (
    Objector,
    Signer,
    Statement,
    answer_objection,
    confirm_finding,
    declare_interest,
    decline_finding,
    dispute_objection,
    file_objection,
    paper_of,
    propose_finding,
    withdraw_objection,
)

pytestmark = pytest.mark.django_db

IN_TIME = CLOSE + timedelta(hours=1)
RESIDENTS = Signer("user:4", "residents_committee")
CAME = Objector(name="周某", contact="100 0000 0001")


@pytest.fixture
def vote():
    """The small estate, all for; closed, two days for objections."""
    made = frozen_vote(waiting(small_estate()))
    for number in range(1, 6):
        made.cast(number, [FOR])
    close_session(session_id=made.session.pk, at=CLOSE)
    made.session.refresh_from_db()
    return made


def file(vote, number=1, about="took_part", at=IN_TIME, *, submission="", **said):
    party = vote.party(number)
    return file_objection(
        estate_id=vote.session.estate_id,
        session_id=vote.session.pk,
        said=Statement(about, said.pop("text", "名单里有我家，我没有投票"), **said),
        objector=Objector(party_id=party.pk),
        submission=submission or f"{number}/{about}/{at.isoformat()}",
        actor=f"party:{party.pk}",
        at=at,
    )


def answer(objection, signer=ORGANISER, at=IN_TIME, *, upheld=False, reason="核对签收表，属实"):
    return answer_objection(
        objection_id=objection.pk, upheld=upheld, reason=reason, signer=signer, at=at
    )


def dispute(objection, at=IN_TIME, reason="签名不是我的"):
    actor = f"party:{objection.party_id}"
    return dispute_objection(objection_id=objection.pk, reason=reason, actor=actor, at=at)


def waits_for(vote, at=IN_TIME):
    return [one.number for one in unsettled(session=vote.session, at=at)]


def neighbour(phone):
    """A member of the residents' committee with the number of a party on the roll."""
    user = User.objects.create(
        pk=9001, username="neighbour", phone=phone, phone_hash=phone_hash(phone)
    )
    return Signer(f"user:{user.pk}", "residents_committee")


def refused(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value


def test_the_whole_way_of_one_that_is_disputed(vote):
    made = file(vote, name="照片.pdf", content=PDF)
    assert (made.number, made.state, made.in_time) == (1, "open", True)
    assert made.deadline == OVER
    assert paper_of(Objection.objects.get(pk=made.pk)) == PDF
    assert waits_for(vote) == [1]
    answer(made)
    # Answered is not settled while it can be disputed.
    assert waits_for(vote) == [1]
    dispute(made)
    finding = {"objection_id": made.pk, "upheld": False, "reason": "两次核对笔迹一致"}
    propose_finding(signer=STREET, at=IN_TIME, **finding)
    confirm_finding(objection_id=made.pk, signer=SUPERVISOR, at=IN_TIME)
    assert waits_for(vote) == []
    (public,) = published_objections(vote.session)
    assert (public.state, public.upheld, public.finding) == ("ruled", False, "两次核对笔迹一致")
    told = list(Message.objects.filter(template__startswith="objection_"))
    assert [one.template for one in told] == [
        "objection_filed",
        "objection_answered",
        "objection_ruled",
    ]
    assert {one.phone for one in told} == {vote.party(1).phone}


def test_an_answer_nobody_disputes_settles_it(vote):
    made = answer(file(vote))
    assert made.dispute_until == publicity_end(IN_TIME, 2)
    assert waits_for(vote, made.dispute_until - timedelta(seconds=1)) == [1]
    assert waits_for(vote, made.dispute_until) == []
    late = refused(lambda: dispute(made, made.dispute_until))
    assert late.code == "objection.dispute_over"
    assert "人民法院" in late.sentence


def test_numbers_run_on_and_a_repeated_form_is_one(vote):
    first = file(vote, 1, submission="a")
    assert file(vote, 1, submission="a").pk == first.pk
    assert [file(vote, n, submission=f"b{n}").number for n in (2, 3)] == [2, 3]


@pytest.mark.parametrize(
    ("about", "at", "code", "names"),
    [
        ("took_part", OVER, "objection.period_over", "3月29日"),
        ("result", IN_TIME, "objection.no_period", "人民法院"),
        ("roll", IN_TIME, "objection.roll_frozen", "冻结"),
        ("nonsense", IN_TIME, "objection.invalid", "请选"),
    ],
)
def test_late_or_out_of_place_says_what_is_left(vote, about, at, code, names):
    found = refused(lambda: file(vote, about=about, at=at))
    assert found.code == code
    assert names in str(found.sentence)
    assert not Objection.objects.exists()


def test_before_the_close_there_is_no_list_to_object_to():
    vote = frozen_vote(waiting(small_estate()))
    vote.cast(1, [FOR])
    assert refused(lambda: file(vote, at=OPEN)).code == "objection.too_early"
    # But that a recorded ballot is not the own one can be said at once.
    made = file(vote, at=OPEN, not_mine=True)
    assert (made.in_time, made.deadline) == (True, None)
    assert file(vote, at=OPEN, not_mine=True, submission="again").pk == made.pk
    assert refused(lambda: file(vote, 2, at=OPEN, not_mine=True)).code == "objection.no_ballot"


def test_not_mine_is_never_too_late_but_then_nothing_waits(vote):
    made = file(vote, at=OVER, not_mine=True)
    assert not made.in_time
    assert waits_for(vote, OVER) == []
    assert [one.pk for one in contesting(vote.session)] == [made.pk]


def test_ballots_are_not_taken_out_by_one_person_s_answer(vote):
    made = file(vote, not_mine=True)
    assert refused(lambda: answer(made, upheld=True)).code == "objection.needs_ruling"
    dispute(answer(made))
    finding = {"objection_id": made.pk, "upheld": True, "reason": "是别人投的"}
    proposed = refused(lambda: propose_finding(signer=STREET, at=IN_TIME, **finding))
    assert proposed.code == "objection.needs_ruling"


def test_who_answers_and_when_the_street_may(vote):
    made = file(vote)
    assert code_of(lambda: answer(made, SUPERVISOR)) == "objection.role"
    assert code_of(lambda: answer(made, STREET)) == "objection.role"
    estates = [vote.session.estate_id]
    assert not overdue_objections(estates, made.due_at - timedelta(seconds=1)).exists()
    assert overdue_objections(estates, made.due_at).get() == made
    assert answer(made, STREET, made.due_at).state == "answered"
    assert code_of(lambda: answer(made, at=made.due_at)) == "objection.state"


def test_two_people_rule_and_neither_is_concerned(vote):
    made = dispute(answer(file(vote)))
    finding = {"objection_id": made.pk, "upheld": False, "reason": "笔迹一致"}

    def propose(signer):
        return propose_finding(signer=signer, at=IN_TIME, **finding)

    def confirm(signer, at=IN_TIME):
        return confirm_finding(objection_id=made.pk, signer=signer, at=at)

    assert code_of(lambda: propose(SUPERVISOR)) == "ruling.role"
    # Who gave the answer does not judge it.
    assert code_of(lambda: propose(ORGANISER)) == "ruling.concerned"
    concerned = neighbour(vote.party(1).phone)
    assert code_of(lambda: propose(concerned)) == "ruling.concerned"
    propose(STREET)
    assert code_of(lambda: confirm(STREET)) == "ruling.same_person"
    other = Signer("user:77", "street_office")
    assert code_of(lambda: confirm(other)) == "ruling.same_role"
    assert code_of(lambda: confirm(concerned)) == "ruling.concerned"
    declare_interest(
        session_id=vote.session.pk, reason="我是候选人的亲属", signer=SUPERVISOR, at=IN_TIME
    )
    assert code_of(lambda: confirm(SUPERVISOR)) == "ruling.concerned"
    # Overdue, two people of the street office are enough: nobody can hold it up for ever.
    made.refresh_from_db()
    assert confirm(other, made.due_at).state == "ruled"


@pytest.mark.parametrize("steps", [[], [answer], [answer, dispute]])
def test_nobody_rules_on_what_nobody_proposed(vote, steps):
    made = file(vote)
    for step in steps:
        step(made)
    for act in (confirm_finding, decline_finding):
        given = {"objection_id": made.pk, "signer": SUPERVISOR, "at": IN_TIME}
        assert code_of(lambda act=act, given=given: act(**given)) == "objection.state"
    made.refresh_from_db()
    assert made.state != "ruled"


def test_a_declined_finding_is_disputed_as_before(vote):
    made = dispute(answer(file(vote)))
    finding = {"objection_id": made.pk, "upheld": False, "reason": "笔迹一致"}
    propose_finding(signer=STREET, at=IN_TIME, **finding)
    decline_finding(objection_id=made.pk, signer=SUPERVISOR, at=IN_TIME)
    assert waits_for(vote) == [1]
    propose_finding(signer=RESIDENTS, at=IN_TIME, **finding)
    assert confirm_finding(objection_id=made.pk, signer=STREET, at=IN_TIME).state == "ruled"


def test_only_the_objector_withdraws(vote):
    made = file(vote)

    def withdraw(actor):
        return withdraw_objection(objection_id=made.pk, actor=actor, at=IN_TIME)

    other = vote.party(2).pk
    assert code_of(lambda: withdraw(f"party:{other}")) == "objection.not_yours"
    assert code_of(lambda: withdraw("user:1")) == "objection.not_yours"
    withdraw(f"party:{made.party_id}")
    assert waits_for(vote) == []
    assert code_of(lambda: answer(made)) == "objection.state"


def test_one_household_cannot_flood_the_desk(vote):
    for number in range(5):
        file(vote, about="other", submission=f"s{number}")
    assert code_of(lambda: file(vote, about="other", submission="s5")) == "objection.too_many"


# --- without a frozen session -------------------------------------------------------------


def on_roll(estate, session=None, *, submission="r1", at=FREEZE, objector=CAME):
    return file_objection(
        estate_id=estate.pk,
        session_id=session.pk if session else None,
        said=Statement("roll", "我家面积少了两平方米"),
        objector=objector,
        submission=submission,
        actor="user:1",
        at=at,
    )


def on_show(session, *, at=FREEZE, days=7):
    """The posting as `post_roll` writes it, without its paper's second of rendering."""
    return RollPosting.objects.create(
        session=session,
        lines=b"[]",
        heads=0,
        area=0,
        days=days,
        clause="测试条款",
        document=make_document(session.estate, code=new_code(12, choice)),
        posted_by="user:1",
        posted_at=at,
        ends_at=publicity_end(at, days),
    )


def test_a_roll_on_show_is_objected_to_at_the_office_until_its_last_day():
    estate = small_estate()
    session = draft_session(estate)
    # Before it is on show no period runs yet.
    assert on_roll(estate, session).deadline is None
    until = on_show(session).ends_at
    made = on_roll(estate, session, submission="r2", at=until - timedelta(seconds=1))
    assert (made.number, made.in_time, made.deadline) == (2, True, until)
    late = refused(lambda: on_roll(estate, session, submission="r3", at=until))
    assert late.code == "objection.period_over"
    assert "3月8日24时" in late.sentence
    # Sent twice is not late: it was taken in.
    assert on_roll(estate, session, submission="r2", at=until).pk == made.pk
    # Put on show again, it has its whole period again.
    on_show(session, at=until)
    assert on_roll(estate, session, submission="r4", at=until).number == 3


def test_what_belongs_to_a_roll_on_show_is_not_filed_where_nothing_waits_for_it():
    estate = small_estate()
    until = on_show(draft_session(estate)).ends_at
    found = refused(lambda: on_roll(estate, at=until - timedelta(seconds=1)))
    assert found.code == "objection.on_show"
    assert on_roll(estate, at=until).number == 1


def test_a_roll_nobody_has_on_show_is_objected_to_at_the_office():
    estate = small_estate()
    made = on_roll(estate)
    assert (made.number, made.session, made.deadline) == (1, None, None)
    assert on_roll(estate, submission="r2").number == 2
    assert [one.number for one in unsettled(estate_id=estate.pk, at=FREEZE)] == [1, 2]
    answer(made, upheld=True, reason="已按登记簿更正", at=FREEZE)
    (message,) = Message.objects.filter(template="objection_answered")
    assert message.phone == "10000000001"
    (first, _second) = published_objections(estate_id=estate.pk)
    assert (first.answer, first.upheld) == ("已按登记簿更正", True)
    assert "周某" not in repr(first)


def test_whoever_came_to_the_office_needs_a_name_and_a_way_back():
    found = refused(lambda: on_roll(small_estate(), objector=Objector()))
    assert {reason.code for reason in found.facts["reasons"]} == {
        "name.missing",
        "contact.missing",
    }


def test_what_was_said_cannot_be_changed_or_deleted(vote):
    made = file(vote)
    table = Objection._meta.db_table
    for change in (f"UPDATE {table} SET number = 9", f"DELETE FROM {table}"):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)
    made.refresh_from_db()
    assert made.number == 1
