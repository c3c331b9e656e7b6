"""Whether a draft may be announced: every reason against it, at once.

What the law fixes stands here with its article; periods come from the rule profile.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from core.deadlines import earliest_opening, local_day, start_of
from core.text import half_width
from voting.domain.reasons import Reason

# What a vote rests on; other values of a profile do not hold it up.
VALUES_USED = (
    "notice_days",
    "window_days",
    "parking",
    "silence",
    "blank_item",
    "partial_scope.matters",
    "challenge_hours",
)
_SIGNS = {"silence": "not_participating", "blank_item": "not_participating"}

# One question must not both spend the fund (matter 5, more than half) and run a business
# on common parts (matter 8, three quarters): they need different majorities. These are the
# wordings in which motions say either; words a motion may mention in passing ("出租收益",
# "经营收入") are not among them. Both together are refused; the organiser splits or rewords.
_SPENDS_FUND = re.compile(
    r"(使用|动用|支取|提取|列支|申请)[^。；;？?\n]{0,20}维修资金"
    r"|维修资金[^。；;？?\n]{0,12}(支付|列支|支出|承担|出资|支取)"
)
_RUNS_BUSINESS = re.compile(
    r"从事经营|经营活动|改变[^。；;？?\n]{0,12}用途"
    r"|(共有|公共|共用|屋顶|外墙|电梯|绿地|道路|空地|场地)[^。；;？?\n]{0,12}(出租|招租|租给|租赁|投放广告|设置广告)"
    r"|(出租|招租|租给)[^。；;？?\n]{0,12}(共有|公共|共用|屋顶|外墙|绿地|道路|空地|场地)"
)
_USE_FUND, _RAISE_FUND, _REBUILD = 5, 6, 7


class Question(NamedTuple):
    """One motion as drafted."""

    position: int
    matter: int
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is weighed. `profile`: name → object with value and clause."""

    motions: Sequence[Question]
    partial_scope: bool
    opening_policy: str
    notice_on: date | None
    opens_at: datetime | None
    closes_at: datetime | None
    profile: Mapping[str, Any]
    rehearsal: bool = False


def reasons(draft: Draft, *, at: datetime) -> list[Reason]:
    """Why this draft cannot be announced at `at`; nothing of the roll is looked at."""
    return [
        *_motions(draft),
        *_policy(draft),
        *_scope(draft),
        *_notice(draft, at),
        *_window(draft),
        *_profile(draft),
    ]


def mixes_matters(title: str, text: str) -> bool:
    """Whether one question both spends the fund and runs a business on common parts."""
    words = half_width(f"{title}\n{text}")
    return bool(_SPENDS_FUND.search(words) and _RUNS_BUSINESS.search(words))


def _value(draft: Draft, name: str, default: Any = None) -> Any:
    stated = draft.profile.get(name)
    return default if stated is None else stated.value


def _motions(draft: Draft) -> list[Reason]:
    if not draft.motions:
        return [Reason("motions.none", "还没有表决事项", "motions")]
    return [
        Reason(
            "motion.mixed",
            f"第{motion.position}项同时涉及使用维修资金（第5类，过半数）和利用共有部分经营"
            "（第8类，四分之三），请分成两项",
            "motions",
        )
        for motion in draft.motions
        if mixes_matters(motion.title, motion.text)
    ]


def _policy(draft: Draft) -> list[Reason]:
    if draft.opening_policy == "secret":
        return []
    # Nothing opens single ballots yet, and no letter may promise what will not happen.
    return [Reason("policy.named", "“记名”还不能用，请选“只公布合计”", "opening_policy")]


def _scope(draft: Draft) -> list[Reason]:
    if not draft.partial_scope:
        return []
    stated = draft.profile.get("partial_scope.matters")
    cited = set(stated.value) if stated is not None and stated.clause.strip() else set()
    # Rules of procedure, covenant, committee and manager are the whole estate's (278 I).
    allowed = {_USE_FUND} | (cited & {_RAISE_FUND, _REBUILD})
    return [
        Reason(
            "scope.matter",
            f"第{motion.position}项属于第{motion.matter}类，须由全体业主表决；部分楼幢只能表决"
            "使用维修资金（第5类），筹集、改建（第6、7类）须有写明条款的地方规定",
            "scope",
        )
        for motion in draft.motions
        if motion.matter not in allowed
    ]


def _notice(draft: Draft, at: datetime) -> list[Reason]:
    found = []
    if draft.rehearsal:
        pass  # decides nothing: nobody must be told, nobody needs time to prepare
    elif draft.notice_on is None:
        found.append(Reason("notice.missing", "请填写公告张贴的日期", "notice_on"))
    elif draft.notice_on < local_day(at):
        # What hangs on the board must be what was frozen: no matter is added after notice.
        found.append(
            Reason("notice.before_freeze", "公告日期不能早于今天：先冻结，再公告", "notice_on")
        )
    if draft.opens_at is None:
        found.append(Reason("opening.missing", "请填写开始投票的时间", "opens_at"))
    elif draft.notice_on is not None and not draft.rehearsal:
        # 物业管理条例 art. 14: 应当于会议召开15日以前通知全体业主.
        days = _value(draft, "notice_days", 15)
        earliest = earliest_opening(start_of(draft.notice_on), days)
        if draft.opens_at < earliest:
            day = f"{earliest:%Y年%-m月%-d日}"
            found.append(
                Reason(
                    "notice.too_short",
                    f"公告与投票之间须有{days}个整天，最早{day}开始",
                    "opens_at",
                )
            )
    if draft.opens_at is not None and draft.opens_at <= at:
        found.append(Reason("opening.past", "开始时间已经过了", "opens_at"))
    return found


def _window(draft: Draft) -> list[Reason]:
    if draft.closes_at is None:
        return [Reason("closing.missing", "请填写截止时间", "closes_at")]
    if draft.opens_at is None:
        return []
    if draft.closes_at <= draft.opens_at:
        return [Reason("closing.too_early", "截止时间须晚于开始时间", "closes_at")]
    window = _value(draft, "window_days")
    if not window or draft.rehearsal:
        return []
    fewest, most = window
    length = draft.closes_at - draft.opens_at
    if not timedelta(days=fewest) <= length <= timedelta(days=most):
        sentence = f"投票时间须为{fewest}天至{most}天"
        return [Reason("closing.window", sentence, "closes_at")]
    return []


def _profile(draft: Draft) -> list[Reason]:
    found = []
    for name, handled in _SIGNS.items():
        if _value(draft, name, handled) != handled:
            found.append(
                Reason(f"profile.{name}", f"规则“{name}”的取值还不能在线计票，请联系平台", "")
            )
    if _value(draft, "parking", "none") not in {"none", "full"}:
        found.append(Reason("profile.parking", "车位的计票规则只能是“不计”或“全计”", ""))
    return found
