"""Which papers of a session have to hang, until when, and where each really hangs."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from django.db.models import Q

from core.deadlines import publicity_end, start_of
from documents.models import Document, Posting, PostingPlace
from documents.selectors import places_to_post, postings_of
from voting.models import Session
from voting.selectors.convening import extension_of
from voting.selectors.objections import preliminary_of

WallState = Literal["missing", "hangs", "early", "down"]
"""Never hung; hangs now; taken down before it might; taken down in time."""


class Duty(NamedTuple):
    """A paper that has to hang: up before `due`, and not down before `until`."""

    document: Document
    due: datetime | None
    until: datetime | None


class Wall(NamedTuple):
    """One paper at one place. `posting`: the one that hangs, else the last that did."""

    place: PostingPlace
    state: WallState
    posting: Posting | None
    late: bool
    photographed: bool
    before: Sequence[Posting]


class Hanging(NamedTuple):
    """A duty with all its walls."""

    duty: Duty
    walls: Sequence[Wall]
    overdue: bool

    @property
    def missing(self) -> int:
        """At how many places it does not hang as it has to, or no photograph shows it."""
        return sum(
            wall.state in ("missing", "early") or not wall.photographed for wall in self.walls
        )


def _roll(session: Session) -> Duty | None:
    posted = session.postings.select_related("document").last()
    if posted is None:
        return None
    return Duty(posted.document, publicity_end(posted.posted_at, 0), posted.ends_at)


def _notice(session: Session) -> Duty | None:
    if session.notice is None or session.notice_on is None:
        return None
    # 《物业管理条例》 art. 14: the day the notice names is the day it hangs.
    due = start_of(session.notice_on + timedelta(days=1))
    return Duty(session.notice, due, session.closes_at)


def _extension(session: Session) -> Duty | None:
    extension = extension_of(session)
    if extension is None:
        return None
    # Announced while the vote is open: at once, and up until the new end.
    return Duty(extension.document, publicity_end(extension.extended_at, 0), session.closes_at)


def _preliminary(session: Session) -> Duty | None:
    posted = preliminary_of(session)
    if posted is None:
        return None
    return Duty(posted.document, publicity_end(posted.posted_at, 0), posted.until)


def _resolution(session: Session) -> Duty | None:
    if session.resolution is None:
        return None
    stated = session.profile.get("decision_post_within_days")
    within = stated["value"] if stated else 3
    return Duty(session.resolution, publicity_end(session.resolution.issued_at, within), None)


# One line for each kind of paper of a session that has to hang.
TO_POST: tuple[Callable[[Session], Duty | None], ...] = (
    _roll,
    _notice,
    _extension,
    _preliminary,
    _resolution,
)


def of_paper(document_id: int) -> Q:
    """The session one of whose papers that have to hang it is."""
    named = (
        "postings__document",
        "notice",
        "extension__document",
        "preliminaries__document",
        "resolution",
    )
    found = Q()
    for name in named:
        found |= Q(**{name: document_id})
    return found


def hanging(session: Session, at: datetime) -> list[Hanging]:
    """Every paper of a session that has to hang, with the state of each wall.

    Civil Code 201-203: the day a period begins is not counted, so a paper that hangs by the
    end of that day gives whoever reads only the wall the whole of it. A later one is called
    late; it moves no period (decisions/0072).
    """
    duties = [duty for supplier in TO_POST if (duty := supplier(session)) is not None]
    places = places_to_post(session.estate_id)
    hung: dict[tuple[int, int], list[Posting]] = defaultdict(list)
    seen: dict[int, PostingPlace] = {place.pk: place for place in places}
    for posting in postings_of(duty.document for duty in duties):
        hung[posting.document_id, posting.place_id].append(posting)
        seen.setdefault(posting.place_id, posting.place)
    found = []
    for duty in duties:
        walls = [
            _wall(duty, place, hung[duty.document.pk, place.pk])
            for place in seen.values()
            if place.is_active or hung[duty.document.pk, place.pk]
        ]
        waits = not walls or any(wall.state == "missing" for wall in walls)
        overdue = waits and duty.due is not None and duty.due <= at
        found.append(Hanging(duty, walls, overdue))
    return found


def _wall(duty: Duty, place: PostingPlace, postings: Sequence[Posting]) -> Wall:
    if not postings:
        return Wall(place, "missing", None, late=False, photographed=True, before=())
    current = next((one for one in postings if one.taken_down_at is None), postings[-1])
    first = min(one.posted_at for one in postings)
    down = current.taken_down_at
    if down is None:
        state: WallState = "hangs"
    else:
        state = "early" if duty.until is not None and down < duty.until else "down"
    return Wall(
        place,
        state,
        current,
        late=duty.due is not None and first >= duty.due,
        photographed=any(photo.moment == "posted" for photo in current.photos.all()),
        before=[one for one in postings if one != current],
    )
