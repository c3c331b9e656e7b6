"""Who takes a seat on a committee, in which office, and who leaves it."""

from datetime import date, datetime
from typing import cast

from django.db import transaction

from committees.domain.wording import day_reasons, name_reasons, note_reasons
from committees.formation_steps import (
    count_party,
    demand_living,
    locked_committee,
    note_act,
    seat_members,
)
from committees.models import Committee, Member
from committees.selectors.elected import by_elections_of
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none

MOST_ALTERNATES = 20


@transaction.atomic(durable=True)
def add_member(
    *,
    committee_id: int,
    name: str,
    office: str,
    since: date | None,
    actor: str,
    at: datetime,
) -> Member:
    """Somebody takes a seat, or stands by as 候补. The same name on the same day is one.

    RuleViolation "member.invalid", "member.seats", "committee.ended".
    """
    committee = locked_committee(committee_id)
    demand_living(committee)
    living = list(committee.members.filter(ending=""))
    for one in living:
        if (one.name, one.since, one.office) == (name.strip(), since, office):
            return one
    found = name_reasons("name", "委员的姓名", name)
    found += day_reasons("since", "任职的日期", since, local_day(at))
    if since is not None and since < committee.formed_on:
        told = f"任职不能早于这一届产生的日期（{committee.formed_on}）"
        found.append(Reason("member.order", told, "since"))
    if any(one.name == name.strip() for one in living):
        told = "这个姓名已经在名单里；确实是两个人的，请在姓名后面加以区别"
        found.append(Reason("member.twice", told, "name"))
    if committee.seats is None:
        told = "还不知道这一届有几个席位，请先登记备案材料"
        found.append(Reason("member.unknown_seats", told))
    found += _office_reasons(committee, office)
    demand_none("member.invalid", found)
    made = Member(
        committee=committee,
        name=name.strip(),
        office=office,
        since=cast(date, since),
        recorded_by=actor,
        recorded_at=at,
    )
    seat_members(committee, [made], at=at)
    facts = {"committee": committee.pk, "member": made.pk, "office": office}
    note_act(committee.estate, "member-added", facts, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def change_office(*, member_id: int, office: str, actor: str, at: datetime) -> Member:
    """A member is elected chair, say, or a 候补 takes a vacant seat; harmless where it is so.

    RuleViolation "member.invalid", "member.seats", "member.ended".
    """
    member = _living(member_id)
    if member.office == office:
        return member
    demand_none("member.invalid", _office_reasons(member.committee, office))
    before, member.office = member.office, office
    member.save(update_fields=["office"])
    if "alternate" in (before, office):
        seat_members(member.committee, [], at=at)
    facts = {"member": member.pk, "office": office, "before": before}
    note_act(member.committee.estate, "member-office", facts, actor=actor, at=at)
    return member


@transaction.atomic(durable=True)
def end_member(
    *,
    member_id: int,
    ending: str,
    day: date | None,
    note: str,
    actor: str,
    at: datetime,
) -> Member:
    """Somebody leaves: what that means for the seats is said by `domain.terms.standing`.

    Harmless where it ended the same way on the same day. RuleViolation "member.invalid",
    "member.ended".
    """
    done = Member.objects.filter(pk=member_id, ending=ending, ended_on=day).first()
    if done is not None and ending:
        return done
    member = _living(member_id)
    found = day_reasons("day", "离任的日期", day, local_day(at))
    if day is not None and day < member.since:
        told = f"离任不能早于任职的日期（{member.since}）"
        found.append(Reason("member.order", told, "day"))
    if ending not in dict(Member.ENDINGS) or ending == "term":
        found.append(Reason("member.ending", "请选择离任的原因", "ending"))
    found += note_reasons("note", "有什么材料证明", note)
    demand_none("member.invalid", found)
    member.ending, member.ended_on, member.ended_note = ending, day, note.strip()
    member.ended_by, member.ended_at = actor, at
    member.save(update_fields=["ending", "ended_on", "ended_note", "ended_by", "ended_at"])
    count_party(member.committee, at=at)
    facts = {"member": member.pk, "ending": ending}
    note_act(member.committee.estate, "member-ended", facts, actor=actor, at=at)
    return member


@transaction.atomic(durable=True)
def seat_by_election(*, committee_id: int, actor: str, at: datetime) -> list[Member]:
    """Whoever was elected to a vacant seat here takes it; nobody twice.

    RuleViolation "election.none", "member.seats", "committee.ended".
    """
    committee = locked_committee(committee_id)
    demand_living(committee)
    seated = set(committee.members.values_list("candidate", flat=True))
    made: list[Member] = []
    for won in by_elections_of(committee.estate, committee):
        new = won.members(committee, actor=actor, at=at)
        made += [one for one in new if one.candidate_id not in seated]
    if not made:
        raise RuleViolation("election.none", "没有还没登记的补选结果")
    seat_members(committee, made, at=at)
    facts = {"committee": committee.pk, "members": [one.pk for one in made]}
    note_act(committee.estate, "by-election-seated", facts, actor=actor, at=at)
    return made


def _living(member_id: int) -> Member:
    """A member in office under the lock of the estate. RuleViolation "member.ended"."""
    committee = locked_committee(
        Member.objects.values_list("committee", flat=True).get(pk=member_id)
    )
    member = Member.objects.get(pk=member_id)
    member.committee = committee
    if member.ending:
        raise RuleViolation("member.ended", "这位委员已经离任，不能再改")
    return member


def _office_reasons(committee: Committee, office: str) -> list[Reason]:
    if office not in dict(Member.OFFICES):
        return [Reason("member.office", "请选择职务", "office")]
    living = committee.members.filter(ending="", office=office)
    if office == "chair" and living.exists():
        return [Reason("member.chair", "已经有一位主任；改选的，请先更改他的职务", "office")]
    if office == "alternate" and living.count() >= MOST_ALTERNATES:
        return [Reason("member.alternates", f"候补委员最多{MOST_ALTERNATES}人", "office")]
    return []
