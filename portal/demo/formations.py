"""Committees of the demo: some on their way at every stage, some with members and the party's
share, and the main estate with its handover. People are invented as `portal.demo.people` says.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from accounts.models import User
from committees.domain.pipeline import FORMED, STAGES
from committees.formation_steps import Proof, Terms
from committees.models import Committee, Member
from committees.services.bodies import record_committee
from committees.services.formations import open_formation, report_stage
from committees.services.handovers import confirm_handover, open_handover, settle_item
from committees.services.members import add_member, end_member
from committees.services.nominees import add_nominee
from committees.services.party import answer_party, explain_ratio
from committees.services.vetting import ask_departments, record_reply
from core.deadlines import local_day
from portal.demo.people import People
from registry.models import Authority, Estate
from registry.selectors import estates_under

SEED = 274
# How many days each stage takes in the demo; what is longer than the rules allow is late.
_TAKES = {
    "due": 0, "group": 25, "roll": 12, "candidates": 6, "vetting": 9, "posted": 3,
    "elected": 30, "first_meeting": 4, "filed": 16, "seal": 6, "account": 8,
}  # fmt: skip
# Seats, party members, people who did not answer, who left since; whether it is explained.
_SEATED = (
    (5, 3, 0, 0, False), (7, 4, 0, 0, False), (5, 2, 0, 0, True), (5, 1, 0, 0, False),
    (7, 3, 0, 1, True), (9, 4, 0, 0, False), (5, 2, 2, 0, False), (7, 0, 7, 0, False),
    (5, 3, 0, 3, False), (11, 6, 1, 0, False), (5, 5, 0, 1, False), (7, 5, 0, 0, False),
)  # fmt: skip
_PAPER = Proof("街道归档的纸质材料（示例）")


def walk_stages(city: Authority, head: User, at: datetime, say: Callable[[str], None]) -> None:
    """Formations of the city that have come this far and no further, and sitting committees."""
    people, by = People(Random(SEED)), {"actor": f"user:{head.pk}", "at": at}  # noqa: S311
    stock = estates_under(city).filter(records__isnull=False).distinct().order_by("pk")
    living = Committee.objects.filter(ended_on__isnull=True)
    unformed = stock.exclude(pk__in=living.values("estate"))
    known = list(
        stock.filter(pk__in=living.filter(kind="owners").values("estate"))[: len(_SEATED)]
    )
    courses = [
        (kind, place)
        for kind in ("owners_committee", "management_committee")
        for place in range(len(STAGES[kind]) + 1)
    ]
    estates = list(unformed[: len(courses)])
    for number, (estate, (kind, upto)) in enumerate(zip(estates, courses, strict=False)):
        _walk(estate, kind, upto, number, people, by)
    say(f"{len(estates)} 个物业管理区域正在组建，各在不同的步骤")
    for estate, row in zip(known, _SEATED, strict=False):
        _sit(estate, row, people, by)
    say(f"{len(known)} 个业主委员会登记了委员，有的党员比例没有达到，有的要重新选举")


def seat_main(
    estate: Estate, people: dict[str, User], at: datetime, say: Callable[[str], None]
) -> None:
    """The main estate has a committee of seven since last year, and its list is settled."""
    if estate.committees.filter(ended_on__isnull=True).exists():
        return
    invented = People(Random(SEED + 1))  # noqa: S311
    by: dict[str, Any] = {"actor": f"user:{people['organiser'].pk}", "at": at}
    committee = _sit(estate, (7, 4, 0, 0, False), invented, by)
    handover = open_handover(committee_id=committee.pk, source="preparatory_group", **by)
    for item in handover.items.all():
        gone = item.position == 5
        settle_item(
            item_id=item.pk,
            state="missing" if gone else "handed",
            day=committee.formed_on + timedelta(days=6),
            received_by="" if gone else "副主任",
            note="建设单位没有移交，已书面催要（示例）" if gone else "",
            **by,
        )
    street: dict[str, Any] = {"actor": f"user:{people['street'].pk}", "at": at}
    confirm_handover(handover_id=handover.pk, **street)
    say(f"{estate.name}的业主委员会：{committee.seats} 名委员，移交清单已由街道确认")


def _walk(
    estate: Estate, kind: str, upto: int, number: int, people: People, by: dict[str, Any]
) -> None:
    """`upto` stages by hand; the last one two to eleven weeks ago."""
    formation = open_formation(estate_id=estate.pk, kind=kind, seats=5, **by)
    stages = [one for one in STAGES[kind] if one.code in _TAKES][:upto]
    day = local_day(by["at"]) - timedelta(
        days=sum(_TAKES[one.code] for one in stages) + 14 + number % 4 * 21
    )
    for stage in stages:
        day += timedelta(days=_TAKES[stage.code])
        if stage.code == "vetting":
            waits = stage == stages[-1] and kind == "owners_committee"
            _vet(formation.pk, day, open_ones=waits, by=by)
            continue
        report_stage(
            formation_id=formation.pk,
            stage=stage.code,
            day=day,
            proof=_PAPER,
            terms=Terms(5) if stage.code == FORMED else None,
            **by,
        )
        if stage.code == "candidates":
            _stand(formation.pk, day, people, by)


def _stand(formation: int, day: date, people: People, by: dict[str, Any]) -> None:
    """Six people, three of them party members: for five seats the list can miss the share."""
    for place in range(6):
        nominee = add_nominee(formation_id=formation, name=people.person().name, **by)
        _answer("nominee", nominee.pk, "yes" if place < 3 else "no", day, by)


def _vet(formation: int, day: date, *, open_ones: bool, by: dict[str, Any]) -> None:
    """Four departments asked; where the stage is still open, two of them are silent."""
    asked = ask_departments(
        formation_id=formation,
        departments=["公安", "民政", "司法行政", "城市管理"],
        asked_on=day - timedelta(days=5),
        **by,
    )
    for inquiry in asked[: 2 if open_ones else 4]:
        record_reply(
            inquiry_id=inquiry.pk, answer="none", day=day, text="", proof=Proof(""), **by
        )


def _sit(estate: Estate, row: Sequence[Any], people: People, by: dict[str, Any]) -> Committee:
    seats, party, silent, gone, explained = row
    today = local_day(by["at"])
    committee = record_committee(
        estate_id=estate.pk,
        kind="owners",
        formed_on=today - timedelta(days=400 + 11 * seats),
        terms=Terms(seats),
        proof=_PAPER,
        **by,
    )
    members = [_member(committee, place, people, by) for place in range(seats)]
    for place, member in enumerate(members[: seats - silent]):
        _answer("member", member.pk, "yes" if place < party else "no", committee.formed_on, by)
    for member in members[:gone]:
        end_member(
            member_id=member.pk,
            ending="resigned",
            day=today - timedelta(days=20),
            note="辞职信一份（示例）",
            **by,
        )
    if explained:
        explain_ratio(
            committee_id=committee.pk,
            text="报名参选的党员不足，社区党组织已动员在职党员到社区报到（示例）。",
            by=estate.authority.name,
            day=today - timedelta(days=15),
            **by,
        )
    return committee


def _member(committee: Committee, place: int, people: People, by: dict[str, Any]) -> Member:
    return add_member(
        committee_id=committee.pk,
        name=people.person().name,
        office=("vice", "chair")[place] if place < 2 else "member",
        since=committee.formed_on,
        **by,
    )


def _answer(who: Any, pk: int, answer: str, day: date, by: dict[str, Any]) -> None:
    answer_party(who=who, person_id=pk, answer=answer, consented_on=day, how="written", **by)
