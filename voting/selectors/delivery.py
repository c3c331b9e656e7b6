"""Where every letter is: the door-to-door board, figures by building, and the record."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.timezone import localtime

from core.text import plain_cell
from documents.labels import label
from registry.domain.rooms import natural
from voting.domain.delivering import Mark, State, state_of
from voting.models import DeliveryEvidence, DeliveryMark, Party, Session

# In the profile: what an owner who was served and did not answer counts as.
_SILENT = "not_participating"


_HEADINGS = (
    *("序号", "房屋", "票号", "时间", "情况", "撤回", "张贴日", "公告期满", "记录人", "角色"),
    *("证据SHA-256", "核对人", "核对角色", "核对时间"),
)


class Door(NamedTuple):
    """One letter on the board: where it goes and how it stands."""

    number: int
    label: str
    units: int  # of the party; the letter goes to the first
    building: str
    entrance: str
    floor: int | None
    serial: str
    state: State
    last: DeliveryMark | None
    checked: bool
    evidence: bool  # a photograph of its own, or a sheet of the entrance


class PlaceFigures(NamedTuple):
    """Letters of one entrance by state."""

    building: str
    entrance: str
    letters: int
    delivered: int  # handed over, or substituted and over
    open: int  # still to be brought
    failed: int  # to be substituted by notice
    posted: int
    checked: int


def silence_counts(session: Session) -> bool:
    """Whether a rule of this vote makes something of silence: then delivery must be proved."""
    if session.silence_clause:
        return True
    stated = session.profile.get("silence")
    return stated is not None and stated["value"] != _SILENT


def living_marks(party: Party) -> list[DeliveryMark]:
    """The marks of a party that were not taken back, in order."""
    found = party.deliveries.filter(taken_back__isnull=True).exclude(kind="taken_back")
    return list(found.order_by("pk"))


def marks_of(marks: Iterable[DeliveryMark]) -> list[Mark]:
    """The same, as the rules of delivery see them."""
    return [Mark(mark.kind, mark.until) for mark in marks]


def doors(session: Session, *, at: datetime, building: str = "") -> list[Door]:
    """Every letter in walking order; of one building, if it is named."""
    marks: dict[int, list[DeliveryMark]] = defaultdict(list)
    living = session.deliveries.filter(taken_back__isnull=True).exclude(kind="taken_back")
    for mark in living.select_related("check_of").defer("note").order_by("pk"):
        marks[mark.party_id].append(mark)
    sheets = set(session.evidence.filter(kind="sheet").values_list("building", "entrance"))
    found = []
    for party in session.parties.prefetch_related("units"):
        units = sorted(party.units.all(), key=lambda unit: unit.pk)
        first = units[0]
        if building and first.building != building:
            continue
        own = marks.get(party.pk, [])
        last = own[-1] if own else None
        found.append(
            Door(
                party.number,
                first.label,
                len(units),
                first.building,
                first.entrance,
                first.floor,
                party.serial,
                state_of(marks_of(own), at=at),
                last,
                last is not None and hasattr(last, "check_of"),
                (first.building, first.entrance) in sheets
                or (last is not None and last.evidence_id is not None),
            )
        )
    return sorted(
        found,
        key=lambda door: (
            natural(door.building),
            natural(door.entrance),
            door.floor if door.floor is not None else 0,
            natural(door.label),
        ),
    )


def figures(found: Sequence[Door]) -> list[PlaceFigures]:
    """The whole first, then by building and entrance in walking order; they add up."""
    places: dict[tuple[str, str], list[Door]] = defaultdict(list)
    for door in found:
        places[door.building, door.entrance].append(door)
    return [
        _figures("", "", found),
        *(_figures(*where, some) for where, some in places.items()),
    ]


def _figures(building: str, entrance: str, some: Sequence[Door]) -> PlaceFigures:
    states = Counter(door.state for door in some)
    return PlaceFigures(
        building,
        entrance,
        len(some),
        states["delivered"] + states["substituted"],
        states["open"] + states["out"],
        states["failed"],
        states["posted"],
        sum(door.checked for door in some),
    )


def proved_deliveries(session: Session, *, at: datetime) -> set[int]:
    """Numbers of the parties whose delivery a second person checked: silence may rest on it."""
    return {
        door.number
        for door in doors(session, at=at)
        if door.checked and door.state in ("delivered", "substituted")
    }


def party_of_serial(session: Session, serial: str) -> Party | None:
    """The party of a letter's serial, as printed or scanned; None for another's."""
    plain = "".join(serial.split()).upper()
    return session.parties.filter(serial=plain).prefetch_related("units").first()


def evidence_of(session: Session, pk: int) -> DeliveryEvidence | None:
    """One sheet or photograph."""
    return session.evidence.filter(pk=pk).first()


def delivery_csv(session: Session) -> str:
    """The record for the archive: every mark, those taken back too; rooms, never names."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_HEADINGS)
    found = session.deliveries.select_related("party", "evidence", "check_of").defer(
        "evidence__content"
    )
    sheets = {
        (one.building, one.entrance): one.sha256
        for one in session.evidence.filter(kind="sheet").defer("content").order_by("pk")
    }
    for mark in found.prefetch_related("party__units").order_by("pk"):
        units = sorted(mark.party.units.all(), key=lambda unit: unit.pk)
        check = getattr(mark, "check_of", None)
        sheet = sheets.get((units[0].building, units[0].entrance), "")
        rows.writerow(
            [
                mark.party.number,
                plain_cell("、".join(unit.label for unit in units)),
                mark.party.serial,
                _time(mark.happened_at),
                label(mark, "kind"),
                "是" if hasattr(mark, "taken_back") else "",
                mark.posted_on or "",
                _time(mark.until),
                mark.marked_by,
                mark.marked_role,
                mark.evidence.sha256 if mark.evidence else sheet,
                check.checked_by if check else "",
                check.checked_role if check else "",
                _time(check.checked_at) if check else "",
            ]
        )
    return "\ufeff" + out.getvalue()


def _time(moment: datetime | None) -> str:
    return localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
