"""What is known of one formation: its stages, the departments asked, where it stands."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from committees.domain.handover import giver
from committees.domain.pipeline import TURNS, Stage, Standing, out_of_order, resting_on
from committees.models import Formation, Inquiry, InquiryReply, Reached
from committees.selectors.acts import Act


class Told(NamedTuple):
    """A stage and what is known of it. `day`: it was reached; `act`: it happened here, which
    goes before what was reported: `row`, the newest of `rows`, read for a single formation."""

    stage: Stage
    day: date | None
    act: Act | None
    row: Reached | None
    rows: Sequence[Reached]


class Asked(NamedTuple):
    """A department with its newest reply, None while it is silent."""

    inquiry: Inquiry
    reply: InquiryReply | None

    @property
    def objects(self) -> bool:
        return self.reply is not None and self.reply.answer == "objects"


class Case(NamedTuple):
    """A formation with everything that is known of it."""

    formation: Formation
    told: Sequence[Told]
    asked: Sequence[Asked]
    standing: Standing
    clause: str  # where the next deadline comes from
    source: str = ""  # who hands over by the list of the committee
    unread: bool = False  # nobody read that clause yet, or answers for it

    @property
    def reached(self) -> dict[str, date]:
        return {one.stage.code: one.day for one in self.told if one.day is not None}

    @property
    def silent(self) -> list[str]:
        """The departments that were asked and have not replied."""
        return [one.inquiry.department for one in self.asked if one.reply is None]

    @property
    def objecting(self) -> list[str]:
        """The departments whose newest reply is an objection: it forbids nothing, and is to be
        dealt with until they reply anew or are not asked any more."""
        return [one.inquiry.department for one in self.asked if one.objects]

    @property
    def despite(self) -> list[tuple[Stage, str]]:
        """The stages somebody went on with although a department objected, and why."""
        return [
            (one.stage, one.row.despite)
            for one in self.told
            if one.row is not None and one.row.day is not None and one.row.despite
        ]

    @property
    def went_on(self) -> bool:
        """Whether a stage that stands gives a reason younger than every objection."""
        objections = [one.reply.recorded_at for one in self.asked if one.reply and one.objects]
        return any(
            one.row.recorded_at >= max(objections)
            for one in self.told
            if objections and one.row is not None and one.row.day is not None
            if one.row.despite
        )

    def stands_against(self, stage: str) -> bool:
        """Whether an objection is open against those whom a stage goes on with."""
        return bool(self.objecting) and "vetting" in resting_on(self.formation.kind, stage)

    @property
    def belated(self) -> dict[str, tuple[Stage, date]]:
        """Of each stage reached after one that rests on it, the first of those and its day."""
        stages = {one.stage.code: one.stage for one in self.told}
        days = self.reached
        found: dict[str, tuple[Stage, date]] = {}
        for wrong in out_of_order(self.formation.kind, days):
            later = (stages[wrong.code], days[wrong.code])
            if wrong.other not in found or later[1] < found[wrong.other][1]:
                found[wrong.other] = later
        return found

    def outrun(self, asked: Asked) -> tuple[Stage, date] | None:
        """The first stage that went on before a department replied, with its day."""
        kind, days = self.formation.kind, self.reached
        after = [
            (one.stage, days[one.stage.code])
            for one in self.told
            if one.stage.code in days and "vetting" in resting_on(kind, one.stage.code)
        ]
        first = min(after, key=lambda one: one[1], default=None)
        replied = asked.reply.day if asked.reply else None
        return first if first and (replied is None or replied > first[1]) else None

    @property
    def turn(self) -> str:
        """Whose turn it is; "" where all is done."""
        following = self.standing.following
        if following is None:
            return ""
        if following.code == "vetting" and self.silent:
            return "、".join(self.silent)
        if following.code == "handover":
            return giver(self.formation.kind, self.source)
        return TURNS[following.turn]
