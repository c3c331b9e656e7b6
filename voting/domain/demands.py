"""Whether owners who demand a meeting are enough of them, by area and by heads."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from core.exact import share_down
from voting.domain.parties import VotingParty
from voting.domain.reasons import Reason


class Support(NamedTuple):
    """Heads and areas (0.01 m²) of who demands, and of the whole roll."""

    heads: int
    area: int
    all_heads: int
    all_area: int

    def reaches(self, share: tuple[int, int]) -> bool:
        """Both at least `share`; equality passes (Civil Code 1259). Never of an empty roll.

        物业管理条例 art. 13: 经20%以上的业主提议; 建房〔2009〕274号 art. 21: by area and heads.
        """
        part, whole = share
        return (
            self.all_heads > 0
            and self.all_area > 0
            and whole * self.heads >= part * self.all_heads
            and whole * self.area >= part * self.all_area
        )

    @property
    def said(self) -> str:
        """Both fractions, with shares rounded down."""
        return (
            f"{self.heads}/{self.all_heads}人（{share_down(self.heads, self.all_heads)}）、"
            f"{share_down(self.area, self.all_area)}的面积"
        )


def support(parties: Sequence[VotingParty], units: Collection[int]) -> Support:
    """Who demands, by the units they signed for: a party of any of them, with all its area."""
    signed = [party for party in parties if any(title.unit in units for title in party.titles)]
    return Support(
        len(signed),
        sum(party.area for party in signed),
        len(parties),
        sum(party.area for party in parties),
    )


def demand_reasons(
    given: Support | None, share: tuple[int, int], *, basis: bool
) -> list[Reason]:
    """Why an extraordinary meeting stands on nothing: a demand that falls short, or none.

    `basis`: another paper is on file (an accident, the rules of the estate: 274号 art. 21).
    """
    if given is None:
        if basis:
            return []
        sentence = "临时会议要有依据：登记业主的提议，或者上传依据文件（274号第21条）"
        return [Reason("demand.missing", sentence, "demand")]
    if given.reaches(share) or basis:
        return []
    part, whole = share
    sentence = (
        f"提议的业主只有{given.said}，人数和面积都要达到{100 * part // whole}%（条例第13条）"
    )
    return [Reason("demand.short", sentence, "demand")]
