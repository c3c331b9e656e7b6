"""What of the accounts lies on the desks of a person's bodies, for the worklist."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from accounts.permissions import ROLE_PERMISSIONS, Permission
from disclosures.domain.bodies import ROLES
from disclosures.models import (
    Closing,
    Duty,
    Entry,
    EntryPaper,
    Publication,
    Question,
    SourceReport,
)
from disclosures.selectors.due import AHEAD
from disclosures.selectors.late import turn_column
from documents.models import Posting
from registry.models import Estate

_UNSEEN = EntryPaper.objects.filter(entry=OuterRef("pk"), paper__looked_at=None)
_PERIODS = 12  # of one kind, that a body may be late with before some are not counted
Places = Mapping[str, QuerySet[Estate]]
# Whose work each body checks. The street office steps in where those below check each other.
_CHECKS = {
    "organiser": ("property_manager", "residents_committee"),
    "residents_committee": ("property_manager", "organiser"),
    "street_office": ("organiser", "residents_committee"),
}


class Waiting(NamedTuple):
    """So many of one thing at one place. `pk`: of the book or closing, where it is in one."""

    what: str  # a key of the worklist's words, see `portal.selectors`
    estate: Estate
    pk: int
    many: int
    due: datetime | None


class DueSoon(NamedTuple):
    """The first of what a body of this person has to publish soon, or should have: so many
    of one kind at one estate."""

    duty: Duty
    many: int
    is_late: bool


def desk_of(actor: str, places: Places, at: datetime, most: int) -> list[Waiting]:
    """Entries and closings of other bodies, questions and reports, and what came back or is
    still to be done of the own; one query."""
    others = _of_others(places, "book__estate", "entered_role")
    entries = Entry.objects.filter(others, state="draft").exclude(entered_by=actor)
    others = _of_others(places, "period__book__estate", "prepared_role")
    closings = Closing.objects.filter(others, state="prepared").exclude(prepared_by=actor)
    answers = Q(pk__in=[])
    for role, estates in places.items():
        if Permission.ANSWER_ACCOUNTS in ROLE_PERMISSIONS[role]:
            answers |= Q(estate__in=estates)
    parts = [
        _part("questions", Question.objects.filter(answers, state="open"), "estate", "due_at"),
        _part(
            "reports", SourceReport.objects.filter(answers, state="open"), "estate", "due_at"
        ),
        _part("closings", closings, "period__book__estate", "", "pk"),
        _part("entries", entries, "book__estate", "", "book"),
        *_own_parts(places),
        _part("unhung", _unhung(places, at), "period__book__estate", "", "closing"),
    ]
    rows = parts[0].union(*parts[1:], all=True).order_by("until", "of_kind", "at_estate")
    return [
        Waiting(what, Estate(pk=place, name=name, code=code), pk or 0, many, due)
        for what, place, name, code, pk, many, due in rows[:most]
    ]


def due_of(places: Places, today: date, most: int) -> list[DueSoon]:
    """What this person's own bodies have to publish within a week, or are late with."""
    own = Q(pk__in=[])
    for body, role in ROLES.items():
        if role in places:
            own |= Q(turn=body, estate__in=places[role])
    rows = Duty.objects.filter(done_at=None, due_on__lte=today + AHEAD)
    rows = rows.annotate(turn=turn_column()).filter(own).select_related("estate")
    of: dict[tuple[int, str], list[Duty]] = {}
    for one in rows.order_by("due_on", "pk")[: most * _PERIODS]:
        of.setdefault((one.estate_id, one.kind), []).append(one)
    firsts = ((duties[0], len(duties)) for duties in of.values())
    found = [DueSoon(one, many, one.due_on < today) for one, many in firsts]
    return found[:most]


def _own_parts(places: Places) -> list[Any]:
    """What keeps the own books from being published."""
    entries = Entry.objects.filter(_of_own(places, "book__estate", "entered_role"))
    sealed = entries.filter(state="sealed", version__gt=F("period__version"))
    prepared = Exists(Closing.objects.filter(period=OuterRef("period"), state="prepared"))
    # Nobody went on since it was given back.
    since = Closing.objects.filter(period=OuterRef("period"), pk__gt=OuterRef("pk"))
    own = _of_own(places, "period__book__estate", "prepared_role")
    back = Closing.objects.filter(own, ~Exists(since), state="returned")
    unseen = sealed.filter(Exists(_UNSEEN))
    again = sealed.filter(~prepared, period__version__gt=0)
    return [
        _part("returned", entries.filter(state="returned"), "book__estate", "", "book"),
        _part("unseen", unseen, "book__estate", "", "book"),
        _part("again", again, "book__estate", "", "book"),
        _part("given_back", back, "period__book__estate", "", "pk"),
    ]


def _unhung(places: Places, at: datetime) -> QuerySet[Publication]:
    """Bulletins in their days on the wall that nobody has said they hang."""
    own = Q(pk__in=[])
    for role, estates in places.items():
        if Permission.HANG_PAPERS in ROLE_PERMISSIONS[role]:
            own |= Q(period__book__estate__in=estates)
    hangs = Exists(Posting.objects.filter(document=OuterRef("document")))
    return Publication.objects.filter(own, ~hangs, version=F("period__version"), until__gt=at)


def _of_own(places: Places, estate: str, role_field: str) -> Q:
    found = Q(pk__in=[])
    for role in ROLES.values():
        if role in places:
            found |= Q(**{f"{estate}__in": places[role], role_field: role})
    return found


def _of_others(places: Places, estate: str, role_field: str) -> Q:
    found = Q(pk__in=[])
    for role, others in _CHECKS.items():
        if role in places:
            found |= Q(**{f"{estate}__in": places[role], f"{role_field}__in": others})
    return found


def _part(what: str, rows: Any, estate: str, due: str, pk: str = "") -> Any:
    """The columns every part of the union has."""
    named = rows.order_by().annotate(
        of_kind=Value(what),
        at_estate=F(estate),
        at_name=F(f"{estate}__name"),
        at_code=F(f"{estate}__code"),
        of_row=F(pk) if pk else Cast(Value(None), BigIntegerField()),
    )
    grouped = named.values_list("of_kind", "at_estate", "at_name", "at_code", "of_row")
    earliest = Min(due) if due else Cast(Max(Value(None)), DateTimeField())
    return grouped.annotate(many=Count("pk"), until=earliest)
