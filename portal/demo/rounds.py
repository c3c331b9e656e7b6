"""What people of the demo carry round: papers to the walls, letters to the doors."""

from collections.abc import Mapping
from datetime import datetime

from accounts.models import User
from documents.services.posting import add_place, post_paper
from portal.demo.sheets import blank_page, signer_of
from registry.models import Estate
from voting.models import Session
from voting.selectors.postings import hanging
from voting.services.delivering import hand_out, mark_delivery

WALLS = ("小区东门公告栏", "小区西门公告栏")
_DOORS = 100
# Of every 20th door; the others sign.
_ANSWERS = ("household", "post", "refused", "absent", "returned")


def name_walls(estate: Estate, actor: str, at: datetime) -> None:
    """Where the papers of the estate have to hang."""
    for name in WALLS:
        add_place(estate_id=estate.pk, name=name, actor=actor, at=at)


def hang(session: Session, actor: str, at: datetime) -> None:
    """Whatever has to hang and does not yet hangs at every place, with a photograph."""
    for paper in hanging(session, at):
        for wall in paper.walls:
            if wall.state == "missing":
                post_paper(
                    document_id=paper.duty.document.pk,
                    place_id=wall.place.pk,
                    posted_by="示例志愿者",
                    posted_at=at,
                    photos=[blank_page()],
                    actor=actor,
                    at=at,
                )


def deliver(session: Session, people: Mapping[str, User], at: datetime) -> None:
    """The letters go out; at the first doors most are signed for, some answer otherwise.

    Each mark is an entry of the log: all of them would make the demo wait.
    """
    signer = signer_of(people, "organiser", "organiser")
    for building, entrance in sorted(
        set(session.parties.values_list("units__building", "units__entrance"))
    ):
        hand_out(
            session_id=session.pk,
            building=building,
            entrance=entrance,
            signer=signer,
            at=at,
        )
    parties = session.parties.order_by("number").values_list("pk", flat=True)
    for number, party in enumerate(parties[:_DOORS]):
        turn, signs = divmod(number, 20)
        mark_delivery(
            party_id=party,
            kind="signed" if signs else _ANSWERS[turn % len(_ANSWERS)],
            submission=f"demo-{number}",
            signer=signer,
            at=at,
        )
