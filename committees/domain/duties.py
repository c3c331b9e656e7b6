"""履职清单: what a committee has to do, from which article, by when.

物业管理条例 15 and 建房〔2009〕274号 35 name the duties, 36-41 what is published and kept, city
regulations some more; 安庆市建物发〔2023〕300号 二（二）2 asks for the list. Which a place has,
and their periods, its rule profile says. Nothing here reads a clock.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

# How a duty comes to be due: again and again; after (or before) something happens; as accounts
# are published, which `disclosures` watches; always, without a day.
RECURRING, OCCASION, PUBLISHED, STANDING = "recurring", "occasion", "published", "standing"
MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
_BOTH = ("owners", "management")


class Duty(NamedTuple):
    """One duty.

    `rule`: a value of the rule profile, for `RECURRING` a key of `MONTHS`, for `OCCASION` a
    number of days; a place without it has no such duty. `event`: what the days are counted
    from. `before`: they lie before it. `bodies`: kinds of committee that have the duty.
    """

    code: str
    way: str
    title: str
    source: str
    rule: str = ""
    event: str = ""
    before: bool = False
    bodies: Sequence[str] = _BOTH


DUTIES: dict[str, Duty] = {
    one.code: one
    for one in (
        Duty(
            "assembly",
            RECURRING,
            "召集业主大会定期会议，报告物业管理的实施情况",
            "物业管理条例第13、15条",
            "duties.assembly",
            bodies=("owners",),
        ),
        Duty(
            "fees",
            RECURRING,
            "公示委员交纳物业费的情况",
            "北京市物业管理条例第44条第8项",
            "duties.fees",
            bodies=("owners",),
        ),
        Duty(
            "revenue",
            PUBLISHED,
            "公布公共收益",
            "民法典第943条、建房〔2009〕274号第36条",
            "revenue.publish",
        ),
        Duty(
            "fund",
            PUBLISHED,
            "公布维修资金使用情况",
            "建房〔2009〕274号第36条、第165号令第30条",
            "fund.publish",
        ),
        Duty(
            "expenses",
            PUBLISHED,
            "公布工作经费开支",
            "建房〔2009〕274号第36、42条",
            "expenses.publish",
        ),
        Duty(
            "agenda",
            OCCASION,
            "业主委员会会议召开前公告议题",
            "建房〔2009〕274号第39条",
            "committee.agenda_days",
            "开会",
            before=True,
        ),
        Duty(
            "decision",
            OCCASION,
            "公告业主委员会的决定",
            "建房〔2009〕274号第39条",
            "committee.decision_post_days",
            "作出决定",
        ),
        Duty(
            "change",
            OCCASION,
            "备案内容变更以后重新备案",
            "建房〔2009〕274号第34条",
            "duties.change_days",
            "发生变更",
        ),
        Duty(
            "handover",
            OCCASION,
            "接收上一届移交的档案、印章和财物",
            "建房〔2009〕274号第48条",
            "committee.handover_days",
            "换届",
        ),
        Duty("carry_out", STANDING, "执行业主大会的决定", "建房〔2009〕274号第35条第1项"),
        Duty("contract", STANDING, "签订物业服务合同", "物业管理条例第15条第2项"),
        Duty(
            "listen",
            STANDING,
            "听取业主的意见和建议，监督和协助物业服务企业履行合同",
            "物业管理条例第15条第3项",
        ),
        Duty("covenant", STANDING, "监督管理规约的实施", "物业管理条例第15条第4项"),
        Duty("urge", STANDING, "督促业主交纳物业费", "建房〔2009〕274号第35条第6项"),
        Duty(
            "repairs",
            STANDING,
            "组织和监督维修资金的筹集和使用",
            "建房〔2009〕274号第35条第7项",
        ),
        Duty(
            "mediate",
            STANDING,
            "调解物业使用、维护和管理中的纠纷",
            "建房〔2009〕274号第35条第8项",
        ),
        Duty(
            "papers",
            STANDING,
            "公布管理规约、议事规则和物业服务合同",
            "建房〔2009〕274号第36条",
        ),
        Duty("archive", STANDING, "建立和保管工作档案", "建房〔2009〕274号第40条"),
        Duty("seal", STANDING, "按规定使用和保管印章", "建房〔2009〕274号第41条"),
    )
}


class Due(NamedTuple):
    """Where a duty stands on a day. `due_on`: the last day to do it; `late`: days past it."""

    last_done: date | None
    due_on: date
    late: int


class Period(NamedTuple):
    """One period of a recurring duty, both days included; `done_on` None: not done in it."""

    first: date
    last: date
    done_on: date | None


def months_later(day: date, months: int) -> date:
    """The corresponding day so many months on, the month's last where it has none (Civil Code
    art. 202)."""
    year, month = divmod(day.month - 1 + months, 12)
    year += day.year
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def recurring(formed_on: date, months: int, acts: Iterable[date], today: date) -> Due:
    """When a recurring duty is due next: at the end of the period after the one it was last
    done in.

    The first period begins the day after the committee was formed (Civil Code art. 201); what
    was done on that day, or before, belongs to no period. A period that passed with nothing
    done stays due until it is done again.
    """
    done = [day for day in acts if formed_on < day <= today]
    last = max(done, default=None)
    ended = _period_of(formed_on, months, last) if last else 0
    due_on = months_later(formed_on, months * (ended + 1))
    return Due(last, due_on, max((today - due_on).days, 0))


def periods(formed_on: date, months: int, acts: Iterable[date], today: date) -> list[Period]:
    """Every period that has begun, the newest first, with the first day it was done on."""
    done = sorted(day for day in acts if formed_on < day <= today)
    found, number = [], 1
    while (begin := months_later(formed_on, months * (number - 1))) < today:
        end = months_later(formed_on, months * number)
        inside = next((day for day in done if begin < day <= end), None)
        found.append(Period(begin + timedelta(days=1), end, inside))
        number += 1
    return found[::-1]


def after(event: date, days: int, done: date | None, today: date, *, before: bool) -> Due:
    """When something is due that hangs on an event. The day of the event is not counted."""
    due_on = event - timedelta(days=days) if before else event + timedelta(days=days)
    return Due(done, due_on, max(((done or today) - due_on).days, 0))


def _period_of(formed_on: date, months: int, day: date) -> int:
    """The number of the period a day lies in, from 1."""
    number = max((day.year - formed_on.year) * 12 + day.month - formed_on.month, 0) // months
    while months_later(formed_on, months * number) < day:
        number += 1
    return number
