"""The paper ballots of the demo: in envelopes, on the clerks' table, out of the box."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image

from accounts.models import User
from voting.domain.paper import Reading
from voting.models import PaperBallot, Party, Session
from voting.selectors import balance_of, conflict_of
from voting.services.box import state_box
from voting.services.paper_rulings import decide_paper_ruling, propose_paper_ruling
from voting.services.papers import enter_paper, register_paper
from voting.steps import Signer

EVERY = 16  # of so many voters one takes the paper


@dataclass(frozen=True)
class Sheet:
    """What a party put on paper; None: so scribbled that nobody can read it."""

    party: Party
    options: Sequence[Sequence[int] | None] | None

    @property
    def reading(self) -> Reading:
        if self.options is None:
            return Reading(spoiled="illegible")
        answers = tuple(None if one is None else tuple(one) for one in self.options)
        return Reading("", answers, ("",) * len(answers))


def hand_in(session: Session, sheet: Sheet, people: Mapping[str, User], at: datetime) -> None:
    """An envelope comes back, and stays closed."""
    register_paper(
        session_id=session.pk,
        serial=sheet.party.serial,
        place="小区东门岗亭票箱",
        signer=signer_of(people, "organiser", "organiser"),
        at=at,
    )


def take_out(
    session: Session, sheets: Sequence[Sheet], people: Mapping[str, User], at: datetime
) -> datetime:
    """After the close: conflicts decided, every sheet read twice, the box counted.

    Gives back when the box was counted.
    """
    organiser = signer_of(people, "organiser", "organiser")
    residents = signer_of(people, "residents", "residents_committee")
    supervisor = signer_of(people, "supervisor", "supervisor")
    street = signer_of(people, "street", "street_office")
    scan = blank_page()
    for number, sheet in enumerate(sheets, start=1):
        paper = PaperBallot.objects.select_related("party").get(
            session=session, party=sheet.party
        )
        when = at + timedelta(minutes=number)
        if conflict_of(paper):
            ruling = propose_paper_ruling(
                paper_id=paper.pk,
                counts=False,
                reason="这一户在网上也投了票，按公告以网上的为准。",
                signer=organiser,
                at=when,
            )
            decide_paper_ruling(ruling_id=ruling.pk, agree=True, signer=supervisor, at=when)
            continue
        enter_paper(
            paper_id=paper.pk,
            reading=sheet.reading,
            signer=organiser,
            at=when,
            name="票.png",
            content=scan,
        )
        enter_paper(paper_id=paper.pk, reading=sheet.reading, signer=residents, at=when)
    boxed = at + timedelta(hours=1)
    for signer in (supervisor, street):
        state_box(session_id=session.pk, counted=len(sheets), signer=signer, at=boxed)
    if not balance_of(session).holds(len(sheets)):
        raise RuntimeError("the demo's box does not balance")
    return boxed


def signer_of(people: Mapping[str, User], who: str, role: str) -> Signer:
    """A person of the demo in a role."""
    return Signer(f"user:{people[who].pk}", role)


def blank_page() -> bytes:
    """A picture for what would be scanned or photographed."""
    held = BytesIO()
    Image.new("L", (210, 297), 255).save(held, "PNG")
    return held.getvalue()
