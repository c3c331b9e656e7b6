"""Problem 15 of the city's register: money of the maintenance fund that left without owners'
authority, found with the rows that prove it.

未经业主大会或相关业主授权，违规提取建筑物及其附属设施维修资金 (建物发〔2023〕300号, annex 2).
Two things rows can prove, and nothing else is told: a payment of the bank for a repair that no
decision carried on that day (165号令 22, 23; Civil Code 278, 281), and a voucher that takes
money from units for no repair at all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from core.deadlines import local_day
from core.exact import format_yuan
from disclosures.domain.turns import body_name
from disclosures.selectors.findings import Evidence, Finding
from documents.wording import day as day_words
from funds.models import EmergencyDecision, Instalment, Posting, RepairVersion, Voucher
from registry.domain.problems import ITEMS, NOT_AUTHORISED
from registry.models import Estate
from voting.models import StandingEvent

# What stopped or ended a decision, from the day of its paper.
_AGAINST = ("revoked", "suspended", "superseded")


class _Course(NamedTuple):
    """What befell decisions: of each session its events, of each repair those on urgency."""

    events: Mapping[int, list[StandingEvent]]
    urgent: Mapping[int, list[EmergencyDecision]]


def fund_findings(estates: QuerySet[Estate], on: date) -> list[Finding]:
    """Everything that stands at these estates as a day ends; a few queries, however many."""
    by_pk = {one.pk: one for one in estates}
    found = [*_undecided(by_pk, estates, on), *_unfounded(by_pk, estates, on)]
    return sorted(found, key=lambda one: (one.estate.pk, one.since, one.key))


def _undecided(
    by_pk: Mapping[int, Estate], estates: QuerySet[Estate], on: date
) -> Iterator[Finding]:
    paid = list(
        Instalment.objects.filter(
            application__request__estate__in=estates,
            state="paid",
            paid_on__lte=on,
            payable_fen__gt=0,
        )
        .select_related(
            "application__request__special__authority", "application__version__motion"
        )
        .defer("application__version__content")
        .order_by("paid_on", "pk")
    )
    course = _course([one.application.version for one in paid])
    for one in paid:
        request, day = one.application.request, _day(one)
        proof = _lacking(one.application.version, day, course)
        if proof is None:
            continue
        money = format_yuan(one.payable_fen or 0)
        said = f"{request.title}：{day_words(day)}付款{money}元，{proof.sentence}"
        rows = [Evidence("funds.instalment", one.pk, said), proof]
        special = request.special
        unit = special.authority.name if special and request.custody != "self" else ""
        yield _finding(by_pk[request.estate_id], f"instalment:{one.pk}", day, unit, rows)


def _course(versions: Collection[RepairVersion]) -> _Course:
    events: dict[int, list[StandingEvent]] = defaultdict(list)
    sessions = {one.motion.session_id for one in versions if one.motion is not None}
    rows = StandingEvent.objects.filter(session__in=sessions).defer("content")
    for event in rows.order_by("dated", "pk"):
        events[event.session_id].append(event)
    urgent: dict[int, list[EmergencyDecision]] = defaultdict(list)
    requests = {one.request_id for one in versions if one.motion is None}
    for decision in EmergencyDecision.objects.filter(request__in=requests).order_by("pk"):
        urgent[decision.request_id].append(decision)
    return _Course(events, urgent)


def _lacking(version: RepairVersion, day: date, course: _Course) -> Evidence | None:
    """What proves that no decision carried a version on a day; None where one did.

    A decision without a vote counts from the day it was made, whatever became of it later.
    """
    if version.motion is None:
        made = [one for one in course.urgent[version.request_id] if local_day(one.at) <= day]
        if made and made[-1].authorises:
            return None
        if made:
            said = "付款以前，应急维修的决定是不同意"
            return Evidence("funds.emergencydecision", made[-1].pk, said)
        said = "没有业主大会或者相关业主的决定，也没有应急维修的决定"
        return Evidence("funds.repairversion", version.pk, said)
    if version.verdict != "passed":
        said = "业主的表决没有通过这一版方案"
        return Evidence("funds.repairversion", version.pk, said)
    about = (None, version.motion_id)
    before = [
        one
        for one in course.events[version.motion.session_id]
        if one.motion_id in about and one.dated < day
    ]
    if not before or before[-1].kind not in _AGAINST:
        return None
    last = before[-1]
    said = f"决定{day_words(last.dated)}已被撤销、中止或者取代（{last.authority}）"
    return Evidence("voting.standingevent", last.pk, said)


def _unfounded(
    by_pk: Mapping[int, Estate], estates: QuerySet[Estate], on: date
) -> Iterator[Finding]:
    """Vouchers that take money from units, neither of a repair nor taken back."""
    used = Instalment.objects.filter(voucher=OuterRef("pk"))
    back = Voucher.objects.filter(reverses=OuterRef("pk"), state="sealed", dated_on__lte=on)
    vouchers = {
        one.pk: one
        for one in Voucher.objects.filter(
            ~Exists(used), ~Exists(back), kind="release", state="sealed", dated_on__lte=on
        ).select_related("special__authority")
    }
    taken: dict[tuple[int, int, str], int] = defaultdict(int)
    lines = Posting.objects.filter(
        voucher__in=vouchers, ledger="sub", sub__account__estate__in=estates
    )
    for pk, estate, custody, fen in lines.values_list(
        "voucher", "sub__account__estate", "sub__account__custody", "fen"
    ):
        taken[pk, estate, custody] += fen
    for (pk, estate, custody), fen in taken.items():
        one = vouchers[pk]
        if fen <= 0:
            continue
        said = (
            f"{day_words(one.dated_on)}第{one.number}号凭证从分户账支出{format_yuan(fen)}元，"
            "没有对应的维修和业主决定"
        )
        unit = "" if custody == "self" else one.special.authority.name
        rows = [Evidence("funds.voucher", pk, said)]
        name = f"voucher:{pk}:{custody}"
        yield _finding(by_pk[estate], name, one.dated_on, unit, rows)


def _finding(
    estate: Estate, name: str, since: date, unit: str, rows: list[Evidence]
) -> Finding:
    """`unit`: the authority that pays under 代管; else the committee does (165号令 22, 23)."""
    key = f"{NOT_AUTHORISED}:{estate.code}:{name}"
    words = ITEMS[NOT_AUTHORISED].words
    body = "bureau" if unit else "committee"
    shown = unit or body_name("committee")
    return Finding(key, estate, NOT_AUTHORISED, words, body, shown, since, tuple(rows))


def _day(paid: Instalment) -> date:
    assert paid.paid_on is not None  # noqa: S101 (asked of the database)
    return paid.paid_on
