"""Who saw or changed an owner's data, told from the logs of acts.

Pages that show rooms and figures leave no trace; what shows a person does, and every list or
letter that leaves with names in it. A look is in the log in the transaction that allows it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.deadlines import local_day
from logbook.models import Entry
from portal.act_words import act_words
from portal.own.kept import parties_of
from registry.models import Owner
from registry.services.showing import REASONS

# Older ones are told on request: a page is not a log.
SHOWN_FOR, MOST = timedelta(days=3 * 366), 300


class Seen(NamedTuple):
    """One act: when (rounded to ten minutes, as logs are), by whom, what, and why."""

    at: datetime
    actor: str
    what: str
    reason: Promise | str


class Mine(NamedTuple):
    """What the acts name that is this owner's."""

    owner: int
    units: Mapping[int, tuple[date, date | None]]  # from which day to which
    parties: frozenset[tuple[str, int]]
    sessions: frozenset[str]


Touches = Callable[[Mapping[str, Any], Mine, date], bool]


def _units(facts: Mapping[str, Any], mine: Mine, day: date) -> bool:
    """A unit while it was theirs: what was done before is its former owner's business."""
    for unit in (facts.get("unit"), *facts.get("units", ())):
        first, last = mine.units.get(unit, (date.max, None))
        if first <= day and (last is None or day <= last):
            return True
    return False


def _self(facts: Mapping[str, Any], mine: Mine, day: date) -> bool:
    owners = facts.get("owners", [])
    if facts.get("owner") == mine.owner or mine.owner in owners:
        return True
    # All who were there then: not whoever came on the roll afterwards.
    return "all" in facts and any(first <= day for first, _last in mine.units.values())


def _party(facts: Mapping[str, Any], mine: Mine, day: date) -> bool:
    return (facts.get("session"), facts.get("party")) in mine.parties


def _session(facts: Mapping[str, Any], mine: Mine, day: date) -> bool:
    return facts.get("session") in mine.sessions


def _whole(facts: Mapping[str, Any], mine: Mine, day: date) -> bool:
    return any(last is None or day <= last for _first, last in mine.units.values())


# Acts of the roll, in the log registry/<code>.
ROLL: dict[str, Touches] = {
    "owners-shown": _units,
    "roll-owners-changed": _self,
    "verification-asked": _whole,
    "title-transferred": _units,
    "voter-chosen": _units,
    "area-set": _units,
    "roll-change-proposed": _units,
    "roll-change-confirmed": _units,
    "roll-change-dropped": _units,
    "phone-proposed": _self,
    "phone-confirmed": _self,
    "phone-stopped": _self,
    "phone-changed": _self,
    "roll-taken": _whole,
    "numbers-shown": _self,
    "numbers-confirmed": _self,
    "request-answered": _self,
}
# Acts of votes, in the log estate/<code>.
VOTES: dict[str, Touches] = {
    "letters.taken": _session,
    "letters.roll_taken": _session,
    "archive.taken": _session,
    "openings.exported": _session,
    "ballot.looked_at": _party,
    "letter.reissued": _party,
    "proxy.entered": _party,
    "proxy.confirmed": _party,
    "assistance.started": _party,
    "transfer.proposed": _party,
    "transfer.confirmed": _party,
    "ruling.proposed": _party,
    "ruling.confirmed": _party,
}


def seen_of(owner: Owner, *, at: datetime) -> list[Seen]:
    """The acts that touched this owner's data, the newest first, at most `MOST`."""
    mine = _mine(owner)
    code = owner.estate.code
    found = [
        *_acts(f"registry/{code}", ROLL, mine, at),
        *_acts(f"estate/{code}", VOTES, mine, at),
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    return found[:MOST]


def _mine(owner: Owner) -> Mine:
    parties = list(parties_of(owner).values_list("session__code", "number"))
    return Mine(
        owner.pk,
        {
            unit: (first, last)
            for unit, first, last in owner.ownerships.order_by("valid_from").values_list(
                "unit_id", "valid_from", "valid_to"
            )
        },
        frozenset(parties),
        frozenset(code for code, _number in parties),
    )


def _acts(log: str, kinds: Mapping[str, Touches], mine: Mine, at: datetime) -> Iterator[Seen]:
    entries = Entry.objects.filter(
        log__name=log, kind__in=list(kinds), recorded_at__gt=at - SHOWN_FOR
    )
    for line in entries.order_by("-seq").values_list("line", flat=True).iterator():
        entry = json.loads(bytes(line))
        facts = entry["body"]
        when = datetime.fromisoformat(entry["time"])
        if kinds[entry["type"]](facts, mine, local_day(when)):
            yield Seen(
                when,
                facts["actor"],
                act_words(entry["type"]),
                REASONS.get(facts.get("reason", ""), ""),
            )


def actors_of(found: Sequence[Seen]) -> set[str]:
    """Whom these acts name, to look their names up at once."""
    return {one.actor for one in found}


def acted_by(name: str) -> str:
    """Who acted, as pages call people; in words who acts by itself, or is the owner."""
    known = {"owner": _("业主本人"), "system": _("系统"), "operator": _("平台管理员")}
    # A command of the server's is the platform's, whatever it is called.
    return known.get(name, _("平台") if name.startswith("manage.py") else name)
