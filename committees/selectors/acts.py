"""What the records of this system prove of formations: read, never typed.

The group by the paper it convenes on, the roll and the candidates by the draft of the owners'
meeting, the posting by its announcement, the election by its resolution, the filing by its
receipt; a seal and an account where they are registered. A meeting belongs to the formation
that was open when it was drafted, or was opened within a year after.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Prefetch, Q

from committees.models import Formation, Handover
from core.deadlines import local_day
from disclosures.models import Holding
from documents.models import SealCustody
from voting.models import Candidate, Election, RollPosting, Session

GROUPS = {"owners_committee": "preparatory_group", "renewal": "renewal_group"}
_EARLIER = timedelta(days=365)
_MANY = 200


class Act(NamedTuple):
    """What happened here on a day. `what`: in words; `session`: code of the owners' meeting."""

    day: date
    what: str
    session: str = ""


def acts_of(formations: Sequence[Formation]) -> dict[int, dict[str, Act]]:
    """Of each formation the stages that were reached here; a fixed number of queries."""
    sessions = _by_estate(_sessions(among("estate", formations, "estate")))
    handed = dict(
        Handover.objects.filter(
            among("committee", formations, "committee"), confirmed_on__isnull=False
        ).values_list("committee", "confirmed_on")
    )
    seals = _seals(among("seal__estate", formations, "estate"))
    accounts = _accounts(among("book__estate", formations, "estate"))
    found = {}
    for one in formations:
        acts = _of_session(one, meeting_of(one, sessions.get(one.estate_id, [])))
        if "elected" in acts:
            since = acts["elected"].day
            acts |= _first("seal", "印章登记", since, seals.get(one.estate_id, []))
            acts |= _first("account", "账户登记", since, accounts.get(one.estate_id, []))
        if (day := handed.get(one.committee_id or 0)) is not None:
            acts["handover"] = Act(day, "移交清单")
        found[one.pk] = acts
    return found


def meetings_of(formation: Formation) -> list[Session]:
    """The owners' meetings that belong to a formation, the newest first."""
    return [
        one
        for one in reversed(_sessions(Q(estate=formation.estate_id)))
        if _belongs(formation, one)
    ]


def meeting_of(formation: Formation, sessions: Sequence[Session]) -> Session | None:
    """The one that elected the committee, else the newest. `sessions`: of its estate."""
    mine = [one for one in sessions if _belongs(formation, one)]
    elected = [one for one in mine if one.pk == formation.session_id]
    found = elected or mine
    return found[-1] if found else None


def election_in(session: Session) -> Election | None:
    """The motion that elects a whole committee, if the meeting has one."""
    elections = (getattr(motion, "election", None) for motion in session.motions.all())
    return next((one for one in elections if one and not one.by_election), None)


def among(field: str, formations: Sequence[Formation], what: str = "pk") -> Q:
    """Rows that belong to these formations, or to what they belong to.

    Of many, by the question itself: naming thousands of them takes longer than the answer. What
    belongs to others of the open ones comes along then.
    """
    many = len(formations) > _MANY and not any(one.ending for one in formations)
    if many:
        return Q(**{f"{field}__in": Formation.objects.filter(ending="").values(what)})
    column = "pk" if what == "pk" else f"{what}_id"
    named = {getattr(one, column) for one in formations} - {None}
    return Q(**{f"{field}__in": named})


def _sessions(within: Q) -> list[Session]:
    candidates = Candidate.objects.only("election", "consent_at").order_by("consent_at")
    elections = Prefetch("motions__election__candidates", queryset=candidates)
    postings = RollPosting.objects.defer("lines").order_by("pk")
    rows = (
        Session.objects.filter(within, rehearsal=False)
        .exclude(state="cancelled")
        .filter(Q(motions__election__by_election=False) | Q(organiser_kind__in=GROUPS.values()))
        .select_related("basis", "resolution", "filing")
        .defer("manifest", "basis__content", "resolution__pdf", "resolution__facts")
        .prefetch_related("motions__election", elections)
        .prefetch_related(Prefetch("postings", queryset=postings))
        .order_by("pk")
        .distinct()
    )
    return [one for one in rows if not one.scope]


def _by_estate(sessions: Iterable[Session]) -> Mapping[int, list[Session]]:
    found: dict[int, list[Session]] = defaultdict(list)
    for one in sessions:
        found[one.estate_id].append(one)
    return found


def _belongs(formation: Formation, session: Session) -> bool:
    if formation.kind not in GROUPS:
        return False
    other = set(GROUPS.values()) - {GROUPS[formation.kind]}
    if session.organiser_kind in other:
        return False
    begins = formation.opened_at - _EARLIER
    ends = formation.ended_at
    return begins <= session.created_at and (ends is None or session.created_at <= ends)


def _of_session(formation: Formation, session: Session | None) -> dict[str, Act]:
    if session is None:
        return {}
    found = {}
    basis = getattr(session, "basis", None)
    if basis is not None and session.organiser_kind == GROUPS[formation.kind]:
        found["group"] = Act(basis.dated_on, "会议的依据文件", session.code)
    posted = list(session.postings.all())
    if posted:
        found["roll"] = Act(local_day(posted[-1].posted_at), "名册公示", session.code)
    election = election_in(session)
    if election is not None:
        standing = list(election.candidates.all())
        if election.seats and len(standing) >= election.seats:
            day = local_day(standing[election.seats - 1].consent_at)
            found["candidates"] = Act(day, "候选人登记", session.code)
        if session.frozen_at is not None and standing:
            day = local_day(session.frozen_at)
            found["posted"] = Act(day, "表决公告附候选人名单", session.code)
    if session.pk == formation.session_id and session.resolution is not None:
        day = local_day(session.resolution.issued_at)
        found["elected"] = Act(day, "业主大会决议", session.code)
        filing = getattr(session, "filing", None)
        if filing is not None and filing.receipt_id and filing.received_on:
            found["filed"] = Act(filing.received_on, "备案回执", session.code)
    return found


def _first(stage: str, what: str, since: date, days: Sequence[date]) -> dict[str, Act]:
    later = [day for day in days if day >= since]
    return {stage: Act(min(later), what)} if later else {}


def _seals(within: Q) -> Mapping[int, list[date]]:
    rows = SealCustody.objects.filter(within).filter(
        Q(seal__name__contains="业主委员会") | Q(seal__name__contains="业主大会")
    )
    return _days(rows.values_list("seal__estate", "since"))


def _accounts(within: Q) -> Mapping[int, list[date]]:
    rows = Holding.objects.filter(within, holder="committee", is_apart=True)
    return _days(rows.values_list("book__estate", "since"))


def _days(rows: Iterable[tuple[int, date]]) -> Mapping[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    for estate, day in rows:
        found[estate].append(day)
    return found
