"""Party membership by consent, and why a committee is below the share."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, cast

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from committees.domain.terms import years_later
from committees.domain.wording import day_reasons, name_reasons, note_reasons
from committees.formation_steps import (
    count_party,
    demand_living,
    locked_committee,
    locked_estate,
    note_act,
)
from committees.models import Committee, Explanation, Member, Nominee, PartyAnswer
from committees.selectors.party import lacks_explanation, name_hash, share_of
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from logbook.steps import record_act
from registry.models import Estate
from voting.models import Candidate

Who = Literal["member", "nominee", "candidate"]
ANSWERS = ("yes", "no", "rather_not")
# Nobody consents longer than this before the formation or the committee began.
_CONSENT_YEARS = 2


@transaction.atomic(durable=True)
def answer_party(
    *,
    who: Who,
    person_id: int,
    answer: str,
    consented_on: date | None,
    how: str,
    actor: str,
    at: datetime,
) -> PartyAnswer:
    """What a member or a candidate says, who consented to its being kept; repeats are one.

    RuleViolation "party.invalid" without consent, "member.ended", "committee.ended".
    """
    estate, committee, of = _person(who, person_id)
    before = _newest(of)
    if before and (before.answer, before.consented_on, before.how) == (
        answer,
        consented_on,
        how,
    ):
        return before
    found = day_reasons("consented_on", "本人同意的日期", consented_on, local_day(at))
    began = years_later(_began(of), -_CONSENT_YEARS)
    if consented_on is not None and not found and consented_on < began:
        told = f"本人同意的日期太早，不能早于{began}，请核对"
        found.append(Reason("consented_on.early", told, "consented_on"))
    if answer not in ANSWERS:
        found.append(Reason("party.answer", "请选择本人怎样说", "answer"))
    if how not in dict(PartyAnswer.HOWS):
        told = "没有本人单独同意的，不能登记；请选择怎样取得同意"
        found.append(Reason("party.consent", told, "how"))
    demand_none("party.invalid", found)
    made = PartyAnswer.objects.create(
        **of,
        answer=answer,
        consented_on=cast(date, consented_on),
        how=how,
        recorded_by=actor,
        recorded_at=at,
    )
    if committee is not None:
        count_party(committee, at=at)
    note_act(estate, "party-answer", {who: person_id}, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def withdraw_party(*, who: Who, person_id: int, actor: str, at: datetime) -> None:
    """Consent is withdrawn: what was said is emptied, that something was said stays (PIPL 15,
    47). Harmless where nothing is kept."""
    estate, committee, of = _person(who, person_id)
    before = _newest(of)
    if before is None or before.answer == "withdrawn":
        return
    _empty(PartyAnswer.objects.filter(_key(of)).exclude(answer=""))
    PartyAnswer.objects.create(
        **of,
        answer="withdrawn",
        consented_on=local_day(at),
        recorded_by=actor,
        recorded_at=at,
    )
    if committee is not None:
        count_party(committee, at=at)
    note_act(estate, "party-answer-withdrawn", {who: person_id}, actor=actor, at=at)


@transaction.atomic(durable=True)
def explain_ratio(
    *,
    committee_id: int,
    text: str,
    by: str,
    day: date | None,
    actor: str,
    at: datetime,
) -> Explanation:
    """情况说明: why the share is missed, by whom, of which day; the same again is one, until
    somebody leaves: then it has to be explained anew, not before that day.

    RuleViolation "explanation.invalid", "committee.ended".
    """
    committee = locked_committee(committee_id)
    demand_living(committee)
    share, _clause = share_of(committee.estate, local_day(at))
    wanted = lacks_explanation(committee, share)
    before = committee.explanations.last()
    given = (text.strip(), by.strip(), day)
    if before and not wanted and (before.text, before.by, before.day) == given:
        return before
    found = note_reasons("text", "情况说明", text, most=2000)
    found += name_reasons("by", "由谁说明", by, most=80)
    found += day_reasons("day", "说明的日期", day, local_day(at))
    left = committee.members.aggregate(last=Max("ended_on"))["last"]
    if wanted and day is not None and left is not None and day < left:
        told = f"{left}还有人离任，请登记这一天以后的情况说明"
        found.append(Reason("explanation.early", told, "day"))
    demand_none("explanation.invalid", found)
    made = Explanation.objects.create(
        committee=committee,
        text=text.strip(),
        by=by.strip(),
        day=cast(date, day),
        recorded_by=actor,
        recorded_at=at,
    )
    facts = {"committee": committee.pk, "explanation": made.pk}
    note_act(committee.estate, "ratio-explained", facts, actor=actor, at=at)
    return made


def dropped_answers() -> QuerySet[PartyAnswer]:
    """What candidates said whom a draft has dropped."""
    alive = Candidate.objects.filter(pk=OuterRef("candidate"))
    orphans = PartyAnswer.objects.filter(~Exists(alive), candidate__isnull=False)
    return orphans.exclude(answer="")


@transaction.atomic(durable=True)
def forget_dropped(*, at: datetime) -> int:
    """Empty the answers of candidates whom a draft has dropped; returns how many."""
    number = _empty(dropped_answers())
    if number:
        record_act(
            "registry", "party-answers-forgotten", {"rows": number}, actor="system", at=at
        )
    return number


def _empty(rows: Any) -> int:
    return int(rows.update(answer=""))


def _person(who: Who, person_id: int) -> tuple[Estate, Committee | None, Mapping[str, Any]]:
    """Whose answer it is: the estate under its lock, the committee if there is one, and the
    columns of the row."""
    if who == "member":
        committee = locked_committee(
            Member.objects.values_list("committee", flat=True).get(pk=person_id)
        )
        demand_living(committee)
        member = committee.members.get(pk=person_id)
        if member.ending:
            raise RuleViolation("member.ended", "这位委员已经离任，不能再改")
        return committee.estate, committee, {"member": member}
    if who == "nominee":
        nominee = Nominee.objects.select_related("formation").get(pk=person_id)
        return locked_estate(nominee.formation.estate_id), None, {"nominee": nominee}
    candidate = Candidate.objects.select_related("election__motion__session").get(pk=person_id)
    estate = locked_estate(candidate.election.motion.session.estate_id)
    # Elected already, the same person sits on a committee.
    seat = Member.objects.filter(candidate=candidate, ending="").select_related("committee")
    seated = seat.first()
    committee_of = seated.committee if seated else None
    return (
        estate,
        committee_of,
        {"candidate": candidate, "name_hash": name_hash(candidate.name)},
    )


def _began(of: Mapping[str, Any]) -> date:
    """The day on which what somebody stands for, or sits on, began."""
    if (member := of.get("member")) is not None:
        return cast(date, member.committee.formed_on)
    if (nominee := of.get("nominee")) is not None:
        days = nominee.formation.reached.filter(day__isnull=False).values_list("day", flat=True)
        return cast(date, min([nominee.formation.opened_on, *days]))
    return local_day(of["candidate"].election.motion.session.created_at)


def _key(of: Mapping[str, Any]) -> Q:
    """All rows about the same person: a member also answered as a candidate."""
    member = of.get("member")
    if member is not None and member.candidate_id:
        return Q(member=member) | Q(candidate=member.candidate_id)
    return Q(**{name: value for name, value in of.items() if name != "name_hash"})


def _newest(of: Mapping[str, Any]) -> PartyAnswer | None:
    return PartyAnswer.objects.filter(_key(of)).order_by("pk").last()
