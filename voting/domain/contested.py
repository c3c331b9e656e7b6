"""How much of a result is under objection, and whether it could turn it: exact arithmetic."""

from typing import NamedTuple

from core.exact import format_area
from voting.domain.thresholds import Count


class Contested(NamedTuple):
    """Of one motion: the ballots under objection, and the verdicts without them, best first."""

    ballots: Count
    now: tuple[str, ...]  # as counted, or after rulings
    without: tuple[str, ...]

    @property
    def decides(self) -> bool:
        """Whether the verdict could be another if all of them were taken out."""
        return self.now != self.without

    @property
    def words(self) -> str:
        """In one sentence; "" where nothing is under objection."""
        if not self.ballots.heads:
            return ""
        much = f"有异议的票涉及{self.ballots.heads}人、{format_area(self.ballots.area)}平方米"
        if len(self.now) > 1:
            return f"{much}：这一项因为计票以后的裁定，已经未能确定。"
        if self.decides:
            return f"{much}：如果全部不计入，这一项的结论会改变或者不能确定。"
        return f"{much}：即使全部不计入，这一项的结论也不会改变。"
