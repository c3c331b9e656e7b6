"""Why a vote did not carry a repair, in words (Civil Code 278)."""

from collections.abc import Sequence
from typing import Protocol

from core.exact import format_area, share_down

_KEYS = {
    "quorum.heads": ("参加表决的人数", "没有达到三分之二"),
    "quorum.area": ("参加表决的面积", "没有达到三分之二"),
    "approval.heads": ("同意的人数", "没有过半数"),
    "approval.area": ("同意的面积", "没有过半数"),
}


class Missed(Protocol):
    """One of the four tests, as `voting.domain.results.Test`."""

    @property
    def name(self) -> str: ...
    @property
    def part(self) -> int: ...
    @property
    def whole(self) -> int: ...


def failed_words(verdict: str, missed: Sequence[Missed], unmet: str = "") -> str:
    """Which keys failed, each with its fraction; `unmet`: other motions it hung on."""
    if unmet:
        return unmet
    if not missed:
        return "结论未能确定：有没有办完的裁定可能改变结果，不能据此使用维修资金"
    return "；".join(_missed(one) for one in missed)


def _missed(test: Missed) -> str:
    what, why = _KEYS[test.name]
    part, whole = (
        (format_area(test.part), format_area(test.whole))
        if test.name.endswith("area")
        else (str(test.part), str(test.whole))
    )
    return f"{what}{part}/{whole}（{share_down(test.part, test.whole)}），{why}"
