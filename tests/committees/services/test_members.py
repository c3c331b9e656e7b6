"""Members, their vacancies, and the party's share by consent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.domain.party import Count
from committees.domain.terms import standing
from committees.formation_steps import Proof, Terms
from committees.models import Committee, Explanation, Member, PartyAnswer, PartyCount
from committees.selectors.bodies import body_of
from committees.selectors.party import (
    PartyCounts,
    first_whole_count,
    newest_count,
    party_within,
    tally_of,
)
from committees.selectors.watch import too_few, unexplained
from committees.services.bodies import end_committee, record_committee
from committees.services.formations import end_formation
from committees.services.members import change_office, end_member
from committees.services.nominees import add_nominee, plan_seats, withdraw_nominee
from committees.services.party import answer_party, explain_ratio, withdraw_party
from core.errors import RuleViolation
from logbook.models import Entry
from tests.committees.city import AT, BY, authority, line, write
from tests.committees.formed import PROOF, a_committee, an_estate, opened, sit, walked
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 2)
BEGAN = date(2025, 6, 1)


def full(committee: Committee, number: int = 5) -> list[Member]:
    return [sit(committee, place) for place in range(1, number + 1)]


def leave(
    member: Member, ending: str = "resigned", day: date = TODAY, note: str = "辞职信一份"
):  # type: ignore[no-untyped-def]
    return end_member(member_id=member.pk, ending=ending, day=day, note=note, actor=BY, at=AT)


def say(person, answer: str = "yes", who: str = "member", **changes: object):  # type: ignore[no-untyped-def]
    fields = {
        "who": who,
        "person_id": person.pk,
        "answer": answer,
        "consented_on": TODAY,
        "how": "written",
        "actor": BY,
        "at": AT,
    } | changes
    return answer_party(**fields)  # type: ignore[arg-type]


def back(person, who: str = "member") -> None:  # type: ignore[no-untyped-def]
    withdraw_party(who=who, person_id=person.pk, actor=BY, at=AT)  # type: ignore[arg-type]


def codes(refused: RuleViolation) -> list[str]:
    return [one.code for one in refused.facts["reasons"]]  # type: ignore[attr-defined]


def refusal(call: object, *args: object, **fields: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        call(*args, **fields)  # type: ignore[operator]
    return refused.value


# --- committees formed elsewhere ------------------------------------------------------------


def test_papers_take_the_place_of_what_the_register_knew() -> None:
    estate = an_estate()
    write(authority("样例市住建局"), line("甲苑", formed="1"))
    known = Committee.objects.get()
    made = a_committee(estate)
    assert a_committee(estate).pk == made.pk  # sent twice
    known.refresh_from_db()
    assert (known.ended_why, made.source, made.formed_on) == ("有了备案材料", "filed", BEGAN)
    assert made.last_day == date(2030, 6, 1)
    assert made.filed.note == PROOF.note
    other = {"seats": 7}
    assert codes(refusal(a_committee, estate, **other)) == ["committee.formed"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Committee.objects.create(
            estate=estate, kind="owners", source="filed", formed_on=BEGAN, recorded_by=BY,
            recorded_at=AT,
        )  # fmt: skip


def test_a_committee_is_not_recorded_beside_an_open_formation() -> None:
    formation = walked(opened(), "group")
    assert codes(refusal(a_committee, formation.estate)) == ["committee.forming"]
    end_formation(
        formation_id=formation.pk, ending="given_up", why="另有备案材料", actor=BY, at=AT
    )
    a_committee(formation.estate)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "whatever"}, "committee.kind"),
        ({"formed_on": None}, "formed_on.missing"),
        ({"formed_on": TODAY + timedelta(days=9)}, "formed_on.future"),
        ({"proof": Proof("")}, "note.short"),
        ({"terms": Terms(4)}, "committee.size"),
        ({"terms": Terms(None)}, "committee.seats"),
        ({"terms": Terms(0)}, "committee.seats"),
    ],
)
def test_a_committee_that_cannot_be(changes: dict, code: str) -> None:
    fields = {
        "estate_id": an_estate().pk, "kind": "owners", "formed_on": BEGAN, "terms": Terms(5),
        "proof": PROOF, "actor": BY, "at": AT,
    } | changes  # fmt: skip
    assert code in codes(refusal(record_committee, **fields))


def test_the_end_of_a_committee_ends_every_seat() -> None:
    committee = a_committee()
    full(committee)
    end = {"committee_id": committee.pk, "actor": BY, "at": AT}
    assert codes(refusal(end_committee, day=date(2025, 5, 1), why="街道责令解散", **end)) == [
        "committee.order"
    ]
    assert codes(refusal(end_committee, day=None, why="", **end)) == [
        "day.missing",
        "why.short",
    ]
    end_committee(day=TODAY, why="业主大会决定解散", **end)
    end_committee(day=TODAY, why="再来一次也行", **end)
    assert set(committee.members.values_list("ending", "ended_on")) == {("term", TODAY)}
    assert refusal(sit, committee, 9).code == "committee.ended"


# --- seats -------------------------------------------------------------------------------


def test_no_more_members_than_seats_and_one_chair() -> None:
    committee = a_committee()
    members = full(committee)
    assert sit(committee, 1).pk == members[0].pk  # sent twice
    assert refusal(sit, committee, 6).code == "member.seats"
    assert codes(refusal(sit, committee, 7, office="chair")) == ["member.chair"]
    standby = sit(committee, 8, office="alternate")
    assert tally_of(committee).members == 5
    move = {"member_id": standby.pk, "actor": BY, "at": AT}
    assert refusal(change_office, office="member", **move).code == "member.seats"
    leave(members[4])
    assert change_office(office="member", **move).office == "member"
    assert change_office(office="member", **move).office == "member"
    assert refusal(sit, committee, 9).code == "member.seats"
    assert committee.members.count() == 6


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "name.missing"),
        ({"name": "样例1"}, "member.twice"),
        ({"name": "长" * 21}, "name.unreadable"),
        ({"office": "president"}, "member.office"),
        ({"since": None}, "since.missing"),
        ({"since": date(2025, 5, 31)}, "member.order"),
        ({"since": date(2027, 1, 1)}, "since.future"),
    ],
)
def test_a_member_that_cannot_be(changes: dict, code: str) -> None:
    committee = a_committee()
    sit(committee, 1)
    assert code in codes(refusal(sit, committee, 2, **changes))


def test_seats_have_to_be_known_first() -> None:
    an_estate()
    write(authority("样例市住建局"), line("甲苑", formed="1"))
    assert "member.unknown_seats" in codes(
        refusal(sit, Committee.objects.get(), 1, since=TODAY)
    )


def test_after_a_resignation_four_are_lawful_and_one_seat_is_vacant() -> None:
    committee = a_committee()
    members = full(committee)
    gone = leave(members[4])
    assert leave(members[4]).pk == gone.pk  # sent twice
    assert refusal(leave, members[4], "died").code == "member.ended"  # resigned once
    left = standing(tally_of(committee).members, 5)
    assert (left.vacant, left.too_few) == (1, False)
    assert not body_of(committee, TODAY).no_chair
    leave(members[3], "no_owner")
    leave(members[2], "removed")
    left = standing(tally_of(committee).members, 5)
    assert (left.vacant, left.too_few) == (3, True)  # two of five: fewer than half (274号 46)


def test_nobody_presides_after_the_chair_left() -> None:
    committee = a_committee()
    assert not body_of(committee, TODAY).no_chair  # nobody is written down yet
    members = full(committee)
    leave(members[0])
    assert body_of(committee, TODAY).no_chair
    change_office(member_id=members[1].pk, office="chair", actor=BY, at=AT)
    assert not body_of(committee, TODAY).no_chair


def test_members_still_being_written_down_are_not_too_few() -> None:
    committee = a_committee()

    def seen() -> tuple[bool, bool, int]:
        body = body_of(committee, TODAY)
        assert body.seats is not None
        return body.seats.complete, body.seats.too_few, len(too_few(Q()))

    sit(committee, 1)
    sit(committee, 2)
    assert seen() == (False, False, 0)
    members = [sit(committee, place) for place in (3, 4, 5)]
    assert seen() == (True, False, 0)
    for one in members:
        leave(one)
    assert seen() == (True, True, 1)
    # Where one left before the list was whole, it is known that somebody did.
    other = a_committee(an_estate("乙苑"))
    leave(sit(other, 1))
    sit(other, 2)
    assert len(too_few(Q())) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ending": ""}, "member.ending"),
        ({"ending": "term"}, "member.ending"),  # only with the whole committee
        ({"day": date(2025, 1, 1)}, "member.order"),
        ({"day": date(2027, 1, 1)}, "day.future"),
        ({"note": ""}, "note.short"),
    ],
)
def test_an_end_that_cannot_be(fields: dict, code: str) -> None:
    member = sit(a_committee(), 1)
    assert code in codes(refusal(leave, member, **fields))


def test_the_database_keeps_what_was_and_who_left() -> None:
    member = leave(sit(a_committee(), 1))
    for change in ({"name": "别人"}, {"since": TODAY}, {"ending": ""}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Member.objects.filter(pk=member.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Member.objects.all().delete()


# --- the party's share ---------------------------------------------------------------------


def test_who_did_not_answer_counts_as_not_known() -> None:
    committee = a_committee()
    members = full(committee)
    assert newest_count(committee) == Count(5, 0, 5)
    say(members[0])
    say(members[1])
    say(members[2], "rather_not")
    say(members[3], "no")
    assert newest_count(committee) == Count(5, 2, 2)
    assert Count(5, 2, 2).verdict() == "open"
    say(members[4])
    assert newest_count(committee) == Count(5, 3, 1)
    assert Count(5, 3, 1).verdict() == "met"
    assert first_whole_count(committee) is None
    say(members[2], "no")
    assert first_whole_count(committee) == Count(5, 3, 0)
    # Rechecked when somebody leaves; what everybody is told stays.
    leave(members[0])
    assert newest_count(committee) == Count(4, 2, 0)
    leave(members[1])
    assert newest_count(committee).verdict() == "missed"  # type: ignore[union-attr]
    assert first_whole_count(committee) == Count(5, 3, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"how": ""}, "party.consent"),
        ({"how": "heard it"}, "party.consent"),
        ({"consented_on": None}, "consented_on.missing"),
        ({"consented_on": date(2027, 1, 1)}, "consented_on.future"),
        ({"consented_on": date(1999, 1, 1)}, "consented_on.early"),
        ({"consented_on": date(2023, 5, 31)}, "consented_on.early"),  # two years and a day
        ({"answer": "maybe"}, "party.answer"),
        ({"answer": "withdrawn"}, "party.answer"),
    ],
)
def test_no_answer_without_consent(changes: dict, code: str) -> None:
    member = sit(a_committee(), 1)
    assert code in codes(refusal(say, member, **changes))
    assert not PartyAnswer.objects.exists()


def test_a_candidate_consents_about_when_the_formation_began() -> None:
    formation = walked(opened(), "group")  # it began on 2 March 2026
    one = add_nominee(formation_id=formation.pk, name="样例甲", actor=BY, at=AT)
    refused = refusal(say, one, who="nominee", consented_on=date(2024, 3, 1))
    assert codes(refused) == ["consented_on.early"]
    assert "不能早于2024-03-02" in str(refused)
    say(one, who="nominee", consented_on=date(2024, 3, 2))


def test_withdrawn_consent_empties_what_was_said() -> None:
    committee = a_committee()
    (member,) = full(committee, 1)
    first = say(member)
    assert say(member).pk == first.pk  # sent twice
    back(member)
    back(member)
    assert [one.answer for one in member.party_answers.all()] == ["", "withdrawn"]
    assert newest_count(committee) == Count(1, 0, 1)
    say(member, "no")  # asked again, with consent
    assert newest_count(committee) == Count(1, 0, 0)
    with pytest.raises(DatabaseError), transaction.atomic():
        PartyAnswer.objects.filter(pk=first.pk).update(answer="no")
    with pytest.raises(DatabaseError), transaction.atomic():
        PartyAnswer.objects.filter(pk=first.pk).update(consented_on=date(2026, 1, 1))


def test_an_answer_is_unreadable_in_the_database_and_absent_from_logs() -> None:
    member = sit(a_committee(), 1)
    say(member)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM committees_partyanswer")
        assert b"yes" not in bytes(cursor.fetchone()[0])
    told = b"".join(bytes(one.line) for one in Entry.objects.all()).decode()
    assert "yes" not in told
    assert "样例1" not in told


def test_a_member_who_left_answers_no_more() -> None:
    member = leave(sit(a_committee(), 1))
    assert refusal(say, member).code == "member.ended"


def test_an_explanation_is_kept_and_says_who_and_when() -> None:
    committee = a_committee()
    fields = {
        "committee_id": committee.pk,
        "by": "街道办事处",
        "day": TODAY,
        "actor": BY,
        "at": AT,
    }
    text = "报名的党员只有一人，已动员在职党员到社区报到"
    first = explain_ratio(text=text, **fields)
    assert explain_ratio(text=text, **fields).pk == first.pk
    assert codes(refusal(explain_ratio, text="", **{**fields, "by": ""})) == [
        "text.short", "by.missing",
    ]  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        Explanation.objects.update(by="别人")


def test_who_leaves_after_an_explanation_asks_for_a_new_one() -> None:
    committee = a_committee()
    members = full(committee)
    for place, one in enumerate(members):
        say(one, "yes" if place < 2 else "no")

    def wanted() -> bool:
        return [one.committee for one in unexplained(Q(), TODAY)] == [committee]

    def explain(day: date, minutes: int) -> Explanation:
        return explain_ratio(
            committee_id=committee.pk, text="报名的党员只有两人", by="街道办事处", day=day,
            actor=BY, at=AT + timedelta(minutes=minutes),
        )  # fmt: skip

    assert wanted()
    first = explain(TODAY - timedelta(days=3), 1)
    assert not wanted()
    end_member(
        member_id=members[0].pk, ending="resigned", day=TODAY - timedelta(days=1),
        note="辞职信一份", actor=BY, at=AT + timedelta(minutes=2),
    )  # fmt: skip
    assert wanted()
    # The old one again is not an explanation of this.
    assert codes(refusal(explain, TODAY - timedelta(days=3), 3)) == ["explanation.early"]
    second = explain(TODAY, 4)
    assert second.pk != first.pk
    assert explain(TODAY, 5).pk == second.pk  # sent twice
    assert not wanted()
    end_member(
        member_id=members[4].pk, ending="resigned", day=TODAY, note="辞职信一份",
        actor=BY, at=AT + timedelta(minutes=6),
    )  # fmt: skip
    assert wanted()  # rechecked, though it was no member of the party
    assert explain(TODAY, 7).pk != second.pk


def test_counts_add_up_by_place() -> None:
    met = a_committee(an_estate("甲苑"))
    for place, one in enumerate(full(met)):
        say(one, "yes" if place < 3 else "no")
    missed = a_committee(an_estate("乙苑"))
    for place, one in enumerate(full(missed)):
        say(one, "yes" if place < 2 else "no")
    half_known = a_committee(an_estate("丙苑"))
    full(half_known)
    a_committee(an_estate("丁苑"))  # nobody on record
    over = a_committee(an_estate("戊苑"))
    full(over)
    end_committee(committee_id=over.pk, day=TODAY, why="业主大会决定解散", actor=BY, at=AT)
    elsewhere = a_committee(an_estate("己苑", "999902001001"))
    say(full(elsewhere, 1)[0], "no")
    user = make_user("watcher")
    grant(user, "bureau", authority("样例市住建局"))
    reach = Reach(user, Permission.VIEW_REGISTER, None)
    assert party_within(reach, 5, TODAY) == PartyCounts(3, 1, 11, 5, 2, 1)
    east = Reach(user, Permission.VIEW_REGISTER, authority("东1街道办事处").pk)
    assert party_within(east, 4, TODAY) == PartyCounts(2, 1, 10, 5, 2, 1)
    west = Reach(user, Permission.VIEW_REGISTER, authority("西1街道办事处").pk)
    assert party_within(west, 1, TODAY) == PartyCounts(1, 0, 1, 0, 0, 0)


def test_a_count_never_changes() -> None:
    sit(a_committee(), 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        PartyCount.objects.update(party=1)


# --- a list kept by hand -------------------------------------------------------------------


def test_a_list_kept_by_hand() -> None:
    formation = walked(opened(), "group")
    by = {"actor": BY, "at": AT}
    refused = refusal(plan_seats, formation_id=formation.pk, seats=4, **by)
    assert "5至11人的单数" in str(refused)
    assert plan_seats(formation_id=formation.pk, seats=5, **by).seats == 5
    first = add_nominee(formation_id=formation.pk, name="样例甲", **by)
    twice = refusal(add_nominee, formation_id=formation.pk, name=" 样例甲 ", **by)
    assert codes(twice) == ["nominee.twice"]
    assert formation.nominees.count() == 1
    assert codes(refusal(add_nominee, formation_id=formation.pk, name="", **by)) == [
        "name.missing"
    ]
    say(first, who="nominee")
    assert newest_count_exists() is False
    back(first, "nominee")
    withdraw_nominee(nominee_id=first.pk, **by)
    withdraw_nominee(nominee_id=first.pk, **by)
    again = add_nominee(formation_id=formation.pk, name="样例甲", **by)
    assert again.pk != first.pk
    with pytest.raises(DatabaseError), transaction.atomic():
        formation.nominees.filter(pk=first.pk).update(withdrawn_on=None)


def test_nobody_stands_after_the_election() -> None:
    formation = walked(opened(), "elected")
    refused = refusal(add_nominee, formation_id=formation.pk, name="样例甲", actor=BY, at=AT)
    assert codes(refused) == ["nominee.late"]


def newest_count_exists() -> bool:
    """A candidate's answer is no committee's."""
    return PartyCount.objects.exists()
