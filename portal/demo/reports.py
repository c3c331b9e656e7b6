"""The demo's reports of the last month: one district's was taken, one came back, the others
have not handed in; and what committees of one street did of their duties."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from accounts.models import User
from accounts.services.people import invite_user
from committees.selectors.formation import in_office
from committees.selectors.reports import REPORTERS
from committees.services.breaches import Reported, report_breach, take_step
from committees.services.duties import Shown, record_done, record_occasion
from committees.services.reports import (
    draft_report,
    hand_in_report,
    receive_report,
    send_back_report,
    sign_report,
)
from core.deadlines import SHANGHAI, local_day
from disclosures.services.sources import Said
from disclosures.steps import By
from portal.demo.roles import give
from registry.models import Authority
from registry.selectors import estates_under

_TEXT = (
    "本月新组建业主委员会的小区，都已经指导开好首次会议、办理备案。",
    "逾期没有公布账目的小区，已经逐个约谈，下个月底以前补齐。",
    "下个月重点推动还差一步的小区完成选举。",
)
Say = Callable[[str], None]


def hand_in_reports(
    city: Authority, people: Mapping[str, User], month: date, now: datetime, say: Say
) -> None:
    """`month`: its last day; what happened since lies before `now`."""
    second = datetime.combine(month + timedelta(days=2), time(10), SHANGHAI)
    at = min(now, second)
    own = people["bureau"].grants.get(authority__kind="district_bureau").authority
    assert own is not None  # noqa: S101 (it is of an authority)
    head = _as(people["city"])
    taken = _handed_in(own, people["bureau"], people["second"], month, at)
    receive_report(report_id=taken, by=head, at=now)
    say(f"{own.name}的月报已报送，{city.name}已接收")
    other = city.children.filter(kind__in=REPORTERS).exclude(pk=own.pk).order_by("pk").first()
    if other is None:
        return
    ann, ben = (_official(other, number, people, at) for number in (1, 2))
    back = _handed_in(other, ann, ben, month, at)
    why = "没有写逾期没有公布账目的小区怎么办，请补写以后重新报送"
    send_back_report(report_id=back, reason=why, by=head, at=now)
    say(f"{other.name}的月报被退回；其余的还没有报送")


def note_duties(people: Mapping[str, User], now: datetime, say: Say) -> None:
    """Of two committees below the street: a decision posted late, one not posted yet, the
    archive in order, and a report of what the list prohibits, asked about."""
    street = people["street"].grants.get(authority__kind="street_office").authority
    assert street is not None  # noqa: S101 (it is of an authority)
    by, today = _as(people["street"]), local_day(now)
    known = in_office().filter(estate__in=estates_under(street), kind="owners")
    living = list(known.filter(formed_on__lte=today - timedelta(days=25)).order_by("pk")[:2])
    for number, committee in enumerate(living):
        event = record_occasion(
            committee_id=committee.pk,
            duty="decision",
            day=today - timedelta(days=20),
            shown=Shown("例会，决定更换门禁", None, "demo-decision"),
            by=by,
            at=now,
        )
        if number == 0:
            record_done(
                committee_id=committee.pk,
                duty="decision",
                occasion_id=event.pk,
                day=today - timedelta(days=15),
                shown=Shown("贴在东门公告栏", None, "demo-posted"),
                by=by,
                at=now,
            )
        record_done(
            committee_id=committee.pk,
            duty="archive",
            occasion_id=None,
            day=today - timedelta(days=18),
            shown=Shown("会议记录、合同和名册已经装订", None, "demo-archive"),
            by=by,
            at=now,
        )
        say(f"“{committee.estate.name}”的履职清单：登记了会议决定和档案")
    for committee in living[:1]:
        made = report_breach(
            estate_id=committee.estate_id,
            reported=Reported(4, today - timedelta(days=9), "hotline"),
            told=Said("反映公章借给别人盖过一次，经办人是示例委员", None, "demo-breach"),
            by=by,
            at=now,
        )
        take_step(breach_id=made.pk, step="taken_up", text="转来的工单已登记", by=by, at=now)
        take_step(breach_id=made.pk, step="asked", text="请业委会三天内说明", by=by, at=now)
        say("负面清单的举报一件，已请业委会说明")


def _handed_in(place: Authority, ann: User, ben: User, month: date, at: datetime) -> int:
    made = draft_report(
        authority_id=place.pk,
        kind="monthly",
        last=month,
        text="\n".join(_TEXT),
        why="",
        by=_as(ann),
        at=at,
    )
    sign_report(report_id=made.pk, by=_as(ben), at=at)
    hand_in_report(report_id=made.pk, by=_as(ben), at=at)
    return made.pk


def _official(place: Authority, number: int, people: Mapping[str, User], at: datetime) -> User:
    """Somebody of a district that the story has nothing else to do with."""
    username = f"demo-district{number}"
    user = User.objects.filter(username=username).first() or invite_user(
        username=username,
        display_name=f"{place.name} 示例科员{number}",
        phone=f"1000000810{number}",
        actor=people["operator"],
        at=at,
    )
    if not user.grants.filter(role="bureau", authority=place).exists():
        give(user, "bureau", place, people, at)
    return user


def _as(user: User) -> By:
    role = "street_office" if user.grants.filter(role="street_office").exists() else "bureau"
    return By(f"user:{user.pk}", role)
