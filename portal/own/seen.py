"""Who saw or changed an owner's data, told from the logs of acts.

Pages that show rooms and figures leave no trace; what shows a person does, and every list or
letter that leaves with names in it. A look is in the log in the transaction that allows it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.canonical import parse_canonical
from logbook.models import Entry
from portal.own.kept import parties_of
from registry.models import Owner
from registry.services.showing import REASONS

# Older ones are told on request: a page is not a log.
SHOWN_FOR, MOST = timedelta(days=3 * 366), 300


class Seen(NamedTuple):
    """One act: when (rounded to ten minutes, as logs are), by whom, what, and why."""

    at: datetime
    actor: str
    what: Promise
    reason: Promise | str


class Mine(NamedTuple):
    """What the acts name that is this owner's."""

    owner: int
    units: frozenset[int]
    parties: frozenset[tuple[str, int]]
    sessions: frozenset[str]


Touches = Callable[[Mapping[str, Any], Mine], bool]


def _unit(facts: Mapping[str, Any], mine: Mine) -> bool:
    return facts.get("unit") in mine.units


def _units(facts: Mapping[str, Any], mine: Mine) -> bool:
    return not mine.units.isdisjoint(facts.get("units", ()))


def _self(facts: Mapping[str, Any], mine: Mine) -> bool:
    return facts.get("owner") == mine.owner


def _party(facts: Mapping[str, Any], mine: Mine) -> bool:
    return (facts.get("session"), facts.get("party")) in mine.parties


def _session(facts: Mapping[str, Any], mine: Mine) -> bool:
    return facts.get("session") in mine.sessions


def _whole(facts: Mapping[str, Any], mine: Mine) -> bool:
    return True


# Acts of the roll, in the log registry/<code>.
ROLL: dict[str, tuple[Touches, Promise]] = {
    "owners-shown": (_unit, _("看了姓名、证件号码和手机号")),
    "roll-imported": (_whole, _("导入名册")),
    "verification-asked": (_whole, _("导出待核验清单（姓名、证件号码）")),
    "title-transferred": (_unit, _("登记权属转移")),
    "voter-chosen": (_units, _("登记表决人")),
    "phone-proposed": (_self, _("录入新的手机号")),
    "phone-confirmed": (_self, _("确认新的手机号")),
    "phone-stopped": (_self, _("停止更换手机号")),
    "phone-changed": (_self, _("新的手机号生效")),
    "request-answered": (_self, _("答复关于个人信息的请求")),
}
# Acts of votes, in the log estate/<code>.
VOTES: dict[str, tuple[Touches, Promise]] = {
    "letters.taken": (_session, _("取走全部通知书（遮盖的姓名、房号）")),
    "letters.roll_taken": (_session, _("取走制信名册")),
    "archive.taken": (_session, _("取走归档包（含名册）")),
    "openings.exported": (_session, _("导出打开的表决票")),
    "ballot.looked_at": (_party, _("查阅您家的记名表决票")),
    "letter.reissued": (_party, _("补发通知书")),
    "proxy.entered": (_party, _("录入委托")),
    "proxy.confirmed": (_party, _("确认委托")),
    "assistance.started": (_party, _("协助操作投票")),
    "transfer.proposed": (_party, _("提出改发通知书")),
    "transfer.confirmed": (_party, _("确认改发通知书")),
    "ruling.proposed": (_party, _("提出表决票不计入")),
    "ruling.confirmed": (_party, _("确认表决票不计入")),
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
        frozenset(owner.ownerships.values_list("unit_id", flat=True)),
        frozenset(parties),
        frozenset(code for code, _number in parties),
    )


def _acts(
    log: str, kinds: Mapping[str, tuple[Touches, Promise]], mine: Mine, at: datetime
) -> Iterator[Seen]:
    entries = Entry.objects.filter(
        log__name=log, kind__in=list(kinds), recorded_at__gt=at - SHOWN_FOR
    )
    for line in entries.order_by("-seq").values_list("line", flat=True).iterator():
        entry = parse_canonical(bytes(line))
        facts = entry["body"]
        touches, what = kinds[entry["type"]]
        if touches(facts, mine):
            yield Seen(
                datetime.fromisoformat(entry["time"]),
                facts["actor"],
                what,
                REASONS.get(facts.get("reason", ""), ""),
            )


def actors_of(found: Sequence[Seen]) -> set[str]:
    """Whom these acts name, to look their names up at once."""
    return {one.actor for one in found}
