"""What is kept for how long, why, and what becomes of it then: one table (docs/decisions/0120).

`manage.py retention` lists what would go now, `--apply` and the sweepers do it. What is under
a legal hold stays (`accounts.holds`). A rule that another sweeper already carries out is named
with it here, not made twice. What is not in the table is kept for good: logs, boards, papers,
books, registers, roles.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.holds import Held, held_at
from committees.services.party import dropped_answers, forget_dropped
from core.deadlines import start_of
from funds.selectors.files import forgotten_files
from funds.tasks import drop_forgotten_files
from portal import expiry
from voting.selectors.retention import (
    past_their_years,
    rehearsals_with_people,
    unresolved_with_people,
)
from voting.services.archiving import delete_due_archives, due_archives
from voting.services.keys import destroy_keys, due_keys
from voting.services.letters import delete_due_letters, due_letters
from voting.tasks import destroy_due, forget_rehearsed, forget_unresolved


class Due(NamedTuple):
    """What a rule would end now: how many, since when the oldest; how many a hold keeps."""

    rows: int
    oldest: datetime | None
    held: int = 0


class Rule(NamedTuple):
    """One line of the table. `sweeper`: the one of `portal.tasks` that carries it out."""

    name: str
    thing: Promise
    basis: Promise
    kept: Promise
    then: Promise
    sweeper: str
    due: Callable[[datetime, Held], Due]
    end: Callable[[datetime], int]


def rows_of(rule: expiry.Expiry) -> Callable[[datetime, Held], Due]:
    """What is due of rows that a query finds."""

    def due(at: datetime, held: Held) -> Due:
        found = rule.due(at)
        free = rule.free(found, held)
        oldest = free.order_by(rule.since).values_list(rule.since, flat=True).first()
        return Due(free.count(), _instant(oldest), found.count() - free.count())

    return due


def _instant(since: date | None) -> datetime | None:
    """A column that knows the day only counts from its beginning."""
    return since if since is None or isinstance(since, datetime) else start_of(since)


def things_of(
    find: Callable[[datetime], Iterable[Any]],
    since: Callable[[Any], datetime | None],
    kept: Callable[[Any, Held], bool] = lambda one, held: False,
) -> Callable[[datetime, Held], Due]:
    """What is due of things another sweeper ends, found by its own selector."""

    def due(at: datetime, held: Held) -> Due:
        found = list(find(at))
        free = [one for one in found if not kept(one, held)]
        times = [time for one in free if (time := since(one)) is not None]
        return Due(len(free), min(times, default=None), len(found) - len(free))

    return due


def _of_session(session: Any, held: Held) -> bool:
    return held.keeps(session.estate_id, session=session.code)


def _of_special(file: Any, held: Held) -> bool:
    estates = file.special.accounts.values_list("estate", flat=True)
    return any(map(held.keeps, [None, *estates]))


_SHORTEST = _("个人信息保护法19：保存期限为实现处理目的所必要的最短时间")
_SIX_MONTHS = _("网络安全法：网络日志留存不少于六个月；个人信息保护法19：此后不再必要")

_ROLL = _("民法典278：表决要按名册核对业主身份；个人信息保护法17、19、47：此后不再必要")
_THREE_YEARS = _("个人信息保护法50：被拒绝的可以起诉；民法典188：诉讼时效三年")


def _here(
    rule: expiry.Expiry, thing: Promise, kept: Promise, then: Promise, basis: Promise
) -> Rule:
    return Rule(
        rule.name, thing, basis, kept, then, "expire", rows_of(rule), expiry.ender(rule)
    )


TABLE: tuple[Rule, ...] = (
    _here(expiry.MESSAGES, _("发出的短信（手机号和内容）"), _("184天"),
          _("清空手机号和内容，留下类别和时间"), _SIX_MONTHS),
    _here(expiry.ATTEMPTS, _("尝试次数的计数"), _("7天"), _("删除"), _SHORTEST),
    _here(expiry.VOTE_CODES, _("投票核对用的验证码"), _("失效后7天"), _("删除"), _SHORTEST),
    _here(expiry.FUND_CODES, _("查资金用的验证码"), _("7天"), _("删除"), _SHORTEST),
    _here(expiry.WEB_SESSIONS,
          _("工作人员登录状态和业主投票时的状态；业主查自己信息的核对只在自己的浏览器里"),
          _("工作人员8小时、投票时30分钟不用即失效；查自己的信息15分钟失效"), _("删除"),
          _SHORTEST),
    _here(expiry.SIGN_INS, _("登录记录（设备、地址）"), _("184天"), _("删除"), _SIX_MONTHS),
    _here(expiry.CLOSED_DOORS, _("没有打开的页面的次数"), _("184天"), _("删除"), _SIX_MONTHS),
    _here(expiry.JOBS, _("后台任务的记录"), _("184天"), _("删除"), _SIX_MONTHS),
    _here(expiry.ROLL_PREVIEWS, _("没有确认的名册文件"), _("30天"), _("清空内容"), _SHORTEST),
    _here(expiry.ROLL_PROPOSALS, _("没有人确认的名册更正"), _("30天"),
          _("清空内容"), _SHORTEST),
    _here(expiry.ROLL_UNDOS, _("撤销名册导入所需的内容"), _("184天"), _("清空内容"), _SHORTEST),
    _here(expiry.PHONE_CHANGES, _("换手机号的记录"), _("办完后184天"),
          _("清空号码和原因，留下时间和经办人"), _SHORTEST),
    _here(expiry.ROLL_NOTICES, _("权属、表决人变动告诉了业主没有"), _("告诉后184天"),
          _("删除"), _SHORTEST),
    _here(expiry.DATA_REQUESTS, _("关于个人信息的请求和答复"), _("答复后三年"),
          _("清空内容，留下类别、时间和结果"), _THREE_YEARS),
    _here(expiry.FORMER_OWNERS, _("名册（业主的姓名、证件、手机号）"),
          _("是业主期间一直保存，不再是业主后5年"),
          _("清空姓名、证件和手机号，只留下哪套房屋从哪天到哪天有过业主"), _ROLL),
    Rule(
        "fund_files", _("没有确认的资金文件"), _SHORTEST, _("3天"), _("清空内容"),
        "fund_files",
        things_of(forgotten_files, lambda one: one.created_at, _of_special),
        drop_forgotten_files,
    ),
    Rule(
        "party_answers", _("退出的候选人关于党员身份的回答"),
        _("个人信息保护法47：处理目的无法实现或者不再必要"), _("退出后一小时内"),
        _("清空回答"), "party_answers",
        things_of(lambda at: dropped_answers(), lambda one: None),
        lambda at: forget_dropped(at=at),
    ),
    Rule(
        "letters", _("通知书和其中的密钥"), _SHORTEST,
        _("取走后10分钟，打印后24小时，未打印7天"), _("删除文件"), "delete_letters",
        things_of(due_letters, lambda one: one.frozen_at),
        lambda at: delete_due_letters(at=at),
    ),
    Rule(
        "archives", _("等待下载的归档包（可以重做）"), _SHORTEST, _("24小时"), _("删除文件"),
        "delete_archives",
        things_of(lambda at: due_archives(), lambda one: None),
        lambda at: delete_due_archives(),
    ),
    Rule(
        "trustee_keys", _("平台的开票钥匙"), _("请求撤销决定的期限已过（业主纠纷解释12）"),
        _("截止后一年零一个月"), _("清空"), "keys",
        things_of(due_keys, lambda one: one.session.closes_at,
                  lambda one, held: _of_session(one.session, held)),
        lambda at: destroy_keys(at=at),
    ),
    Rule(
        "ballots",
        _("选票、打开的单张票、纸质票扫描件；冻结名册里的手机号和证件尾号，"
          "受托人、见证人、转让文件，异议人的联系方式"),
        # docs/decisions/0090-retention.md
        _("请求撤销决定要在一年内起诉（业主纠纷解释12），案子还要审理；"
          "地方规定更长的照规定，最少3年"), _("决议后5年或者规则表所写"),
        _("一起清空；哈希、合计、决议、房屋和遮盖的姓名留下，"
          "已下载的归档包由保管人处理"), "retention",
        things_of(past_their_years, lambda one: one.closes_at, _of_session),
        destroy_due,
    ),
    Rule(
        "rehearsals", _("演练名册里的手机号和证件尾号，受托人、见证人、转让文件"), _SHORTEST,
        _("原定截止后184天"), _("清空；房屋和遮盖的姓名留下"), "people",
        things_of(rehearsals_with_people, lambda one: one.closes_at, _of_session),
        forget_rehearsed,
    ),
    Rule(
        "unresolved_votes",
        _("没有形成决议、中途取消的表决：名册里的手机号和证件尾号，受托人、见证人、转让文件，"
          "已办结的异议人的联系方式"),
        _("没有决议也可能有争议，和有决议的一样保存；地方规定更长的照规定，最少3年"),
        _("原定截止后5年或者规则表所写，最后一件事之后至少183天"),
        _("清空；房屋和遮盖的姓名、公告板留下"), "people",
        things_of(unresolved_with_people, lambda one: one.closes_at, _of_session),
        forget_unresolved,
    ),
)  # fmt: skip
BY_NAME = {rule.name: rule for rule in TABLE}

# What others keep: nothing here deletes it, and whoever runs the site has to see to it.
OUTSIDE = (
    (_("反向代理和服务器的访问日志"), _SIX_MONTHS, _("至少184天，由运行单位保存和删除")),
    (_("备份"), _SHORTEST, _("一年以内过期，由运行单位删除")),
)


def what_is_due(at: datetime) -> list[tuple[Rule, Due]]:
    """Every rule and what it would end at this instant; changes nothing."""
    held = held_at(at)
    return [(rule, rule.due(at, held)) for rule in TABLE]


def apply(at: datetime) -> dict[str, int]:
    """End what is due by every rule; how many of each."""
    return {rule.name: rule.end(at) for rule in TABLE}


def expire_due(at: datetime) -> int:
    """The sweeper of the rules that have no other."""
    return sum(rule.end(at) for rule in TABLE if rule.sweeper == "expire")
