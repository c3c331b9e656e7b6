"""延期: once, while voting is open, no longer than the rules allow."""

from datetime import datetime, timedelta
from typing import NamedTuple

from voting.domain.reasons import Reason

_MOST_TEXT = 300


class Window(NamedTuple):
    """A voting window, and what the frozen rules say of changing it."""

    opens_at: datetime
    closes_at: datetime
    extended: bool
    most_days: int  # max_extension_days; 0: none
    longest_days: int | None  # of the whole window; None: no rule


def extension_reasons(
    window: Window, *, closes_at: datetime | None, reason: str, at: datetime
) -> list[Reason]:
    """Why the window cannot be extended to `closes_at` now; what bars it comes alone."""
    barred = _barred(window, at)
    if barred:
        return barred
    found = []
    if closes_at is None:
        found.append(Reason("extension.missing", "请填写延到什么时候", "closes_at"))
    elif closes_at <= window.closes_at:
        sentence = "新的截止时间要晚于原来的截止时间"
        found.append(Reason("extension.not_later", sentence, "closes_at"))
    elif closes_at > window.closes_at + timedelta(days=window.most_days):
        sentence = f"最多延{window.most_days}天"
        found.append(Reason("extension.too_long", sentence, "closes_at"))
    elif window.longest_days and closes_at > window.opens_at + timedelta(
        days=window.longest_days
    ):
        sentence = f"从开始投票到截止最多{window.longest_days}天"
        found.append(Reason("extension.window", sentence, "closes_at"))
    if not reason.strip():
        found.append(Reason("extension.reason", "请填写为什么延期", "reason"))
    elif len(reason) > _MOST_TEXT:
        sentence = f"延期的原因最多{_MOST_TEXT}个字"
        found.append(Reason("extension.reason", sentence, "reason"))
    return found


def _barred(window: Window, at: datetime) -> list[Reason]:
    if window.extended:
        return [Reason("extension.twice", "已经延过一次，不能再延")]
    if not window.most_days:
        return [Reason("extension.none", "这次会议的规则不允许延期")]
    if at < window.opens_at:
        sentence = "还没有开始投票：可以取消会议，重新定时间"
        return [Reason("extension.too_early", sentence)]
    if at >= window.closes_at:
        return [Reason("extension.closed", "已经截止，不能再延期")]
    return []
