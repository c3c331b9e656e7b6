"""Small writes of committees that join the caller's transaction."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from committees.domain.terms import Size, fits, last_day
from committees.models import (
    Committee,
    Evidence,
    EvidencePage,
    Formation,
    Member,
    PartyCount,
)
from committees.selectors.party import newest_count, tally_of
from committees.selectors.pipeline import case_of
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from documents.intake import pages_of
from logbook.steps import record_act
from registry.domain.profiles import RuleValue
from registry.fields import open_bytes, seal_bytes
from registry.models import Estate
from registry.selectors import profile_for
from voting.domain.drafts import file_name

_PAGES = "committees.evidencepage.content"
# The names of the rules of size, by the kind of committee.
_RULES = {"owners": "committee", "management": "management"}
MOST_SEATS = 99


class Upload(NamedTuple):
    """A file as somebody handed it in."""

    name: str
    content: bytes


class Scan:
    """A paper made plain pictures; before any transaction, for it takes its time.

    RuleViolations of documents.intake.pages_of.
    """

    def __init__(self, upload: Upload) -> None:
        self.name = file_name(upload.name)[:80] or "未命名"
        self.sha256 = hashlib.sha256(upload.content).hexdigest()
        self.pages = pages_of(upload.content)

    def keep(self, estate: Estate, *, actor: str, at: datetime) -> Evidence:
        """Write it down."""
        kept = Evidence.objects.create(
            estate=estate, name=self.name, sha256=self.sha256, added_by=actor, added_at=at
        )
        EvidencePage.objects.bulk_create(
            EvidencePage(evidence=kept, number=number, content=seal_bytes(page, purpose=_PAGES))
            for number, page in enumerate(self.pages, 1)
        )
        return kept


class Proof(NamedTuple):
    """What proves a report: which paper, where it lies, and a copy where there is one.

    `despite`: why one goes on with a stage although a department objects.
    """

    note: str
    upload: Upload | None = None
    despite: str = ""

    def scanned(self) -> Scan | None:
        """The copy made plain pictures; before any transaction."""
        return Scan(self.upload) if self.upload else None


class Terms(NamedTuple):
    """Of a committee: its seats, and the last day where it is not the latest of the rules."""

    seats: int | None = None
    last_day: date | None = None


def picture_of(page: EvidencePage) -> bytes:
    """A page as a JPEG."""
    return open_bytes(bytes(page.content), purpose=_PAGES)


def locked_estate(estate_id: int) -> Estate:
    """The estate under its row lock: the first lock of every act on its committees."""
    return (
        Estate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority")
        .get(pk=estate_id)
    )


def locked_committee(committee_id: int) -> Committee:
    """A committee under the lock of its estate."""
    locked_estate(Committee.objects.values_list("estate", flat=True).get(pk=committee_id))
    return Committee.objects.select_related("estate").get(pk=committee_id)


def locked_formation(formation_id: int) -> Formation:
    """An open formation under the lock of its estate. RuleViolation "formation.ended"."""
    locked_estate(Formation.objects.values_list("estate", flat=True).get(pk=formation_id))
    found = Formation.objects.select_related("estate", "committee").get(pk=formation_id)
    if found.ending:
        raise RuleViolation(
            "formation.ended", "这次组建已经结束，不能再登记；需要时请另外开始一次"
        )
    return found


def demand_living(committee: Committee) -> None:
    """RuleViolation "committee.ended"."""
    if committee.ended_on is not None:
        raise RuleViolation("committee.ended", "这一届委员会已经终止，不能再改")


def size_reasons(estate: Estate, kind: str, seats: int | None, on: date) -> list[Reason]:
    """Why a committee may not have so many seats (274号 31), with the clause."""
    if seats is None or not 1 <= seats <= MOST_SEATS:
        return [Reason("committee.seats", "请填写委员会有几个席位", "seats")]
    rules, prefix = profile_for(estate, on), _RULES[kind]
    least, most, odd = (rules.get(f"{prefix}.{name}") for name in ("min", "max", "odd"))
    if least is None:
        return []
    size = Size(
        int(least.value),
        int(most.value) if most and most.value is not None else None,
        bool(odd and odd.value),
    )
    if fits(seats, size):
        return []
    between = f"{size.least}至{size.most}人" if size.most else f"{size.least}人以上"
    told = (
        f"{seats}人不行：应当是{between}{'的单数' if size.odd else ''}"
        f"（{_clauses((least, most, odd))}）"
    )
    return [Reason("committee.size", told, "seats")]


def term_end(estate: Estate, elected_on: date) -> date | None:
    """The last day a term may have by the rules of that day; None: no rule says."""
    years = profile_for(estate, elected_on).get("committee.term_years")
    return last_day(elected_on, int(years.value)) if years else None


def put_in_office(
    estate: Estate,
    *,
    kind: str,
    source: str,
    formed_on: date,
    terms: Terms,
    actor: str,
    at: datetime,
) -> Committee:
    """A committee begins, and the one before ends.

    RuleViolation "committee.invalid" with every reason. Under the estate's lock.
    """
    seats, until = terms
    found = size_reasons(estate, kind, seats, formed_on)
    latest = term_end(estate, formed_on) if kind == "owners" else None
    if until is not None and until < formed_on:
        found.append(Reason("committee.term", "任期的最后一天早于产生的日期", "last_day"))
    elif until is not None and latest is not None and until > latest:
        told = f"任期最长到{latest}（建房〔2009〕274号第32条），请核对"
        found.append(Reason("committee.term", told, "last_day"))
    demand_none("committee.invalid", found)
    for former in estate.committees.filter(ended_on__isnull=True):
        why = "有了备案材料" if former.source == "register" else "新一届产生"
        close_committee(former, max(formed_on, former.formed_on), why, actor=actor, at=at)
    return Committee.objects.create(
        estate=estate,
        kind=kind,
        source=source,
        formed_on=formed_on,
        seats=seats,
        last_day=until or latest,
        recorded_by=actor,
        recorded_at=at,
    )


def close_committee(
    committee: Committee, day: date, why: str, *, actor: str, at: datetime
) -> None:
    """A committee ends, and with it everybody's seat."""
    for member in committee.members.filter(ending=""):
        member.ending, member.ended_on = "term", max(day, member.since)
        member.ended_by, member.ended_at = actor, at
        member.save(update_fields=["ending", "ended_on", "ended_by", "ended_at"])
    committee.ended_on, committee.ended_why = day, why
    committee.ended_by, committee.ended_at = actor, at
    committee.save(update_fields=["ended_on", "ended_why", "ended_by", "ended_at"])


def seat_members(
    committee: Committee, members: Iterable[Member], *, at: datetime
) -> list[Member]:
    """New members take their seats; the counts follow.

    RuleViolation "member.seats" where there are more than seats.
    """
    made = list(members)
    for one in made:
        one.save(force_insert=True)
    seated = committee.members.filter(ending="").exclude(office="alternate").count()
    if committee.seats is not None and seated > committee.seats:
        told = f"只有{committee.seats}个席位，都有人了；多出来的请登记为候补委员"
        raise RuleViolation("member.seats", told)
    count_party(committee, at=at)
    return made


def count_party(committee: Committee, *, at: datetime) -> None:
    """Write down how many members there are and how many of them are party members."""
    now, before = tally_of(committee), newest_count(committee)
    if before is None or before != now:
        PartyCount.objects.create(committee=committee, **now._asdict(), recorded_at=at)


def keep_due(formation: Formation, *, at: datetime) -> None:
    """Keep the last day of what comes next with an open formation, after any change of it."""
    due_on = case_of(formation, local_day(at)).standing.due_on
    if not formation.ending and due_on != formation.due_on:
        formation.due_on = due_on
        formation.save(update_fields=["due_on"])


def note_act(
    estate: Estate, act: str, facts: Mapping[str, object], *, actor: str, at: datetime
) -> None:
    """One entry in the estate's log: numbers and codes, never a name."""
    record_act(f"estate/{estate.code}", act, facts, actor=actor, at=at)


def _clauses(values: Iterable[RuleValue | None]) -> str:
    return "；".join(dict.fromkeys(value.clause for value in values if value is not None))
