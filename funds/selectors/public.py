"""What anybody may see of a repair: decision, papers, money, photographs; no room, no one."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from documents.models import Document
from funds.domain.instalments import OVER
from funds.models import (
    FundApplication,
    Instalment,
    RepairFile,
    RepairRequest,
    RepairVersion,
    Settlement,
)
from funds.selectors.gates import gate_reasons
from funds.selectors.repairs import PAYING, scope_words, version_in_force

PHOTOS = {"before": ("photo_before", "finding"), "after": ("photo_after",)}
# Acts in words; what was said at each stays with those who deal with it.
_MILESTONES = {
    "submitted": "提交方案，由业主表决",
    "vote_passed": "业主表决通过",
    "vote_failed": "业主表决没有通过",
    "vote_undetermined": "业主表决的结论未能确定",
    "decided_anew": "退回重新决定",
    "applied_anew": "重新申请列支",
    "ended": "终止",
    "as_decided": "按原来的决定结算",
    "refund_expected": "已经付出的要退回",
    "instalment_failed": "银行没有付款",
    "settlement_reopened": "结算退回更正",
    "emergency.reported": "上报应急维修",
    "emergency.found": "现场认定",
    "emergency.decided": "应急决定",
    "emergency.fell_back": "不符合应急条件，转为一般维修",
    "emergency.published": "公示费用和分摊",
    "application_filed": "申请列支",
    "passed_on": "审核通过一个环节",
    "returned": "退回补正",
    "approved": "审核通过",
    "correction_ordered": "责令改正",
    "correction_done": "改正完成",
    "instalment_paid": "付款",
    "refund_received": "款项退回各户",
    "settled": "结清",
}


class Milestone(NamedTuple):
    """What happened on a day."""

    at: datetime
    text: str


class PublicRepair(NamedTuple):
    """One repair as anybody sees it. Money in fen; `per_square` fen for 1 m², rounded down.

    `content`: what was decided on, as frozen; the request may be a draft again.
    `sellers`: the selling organisations of sold public housing, and what each bears of the
    budget; then `per_square` is of the owners' part, and None where it is not one for all.
    `stopped`: why no money may leave now; empty where nothing is in the way.
    """

    request: RepairRequest
    version: RepairVersion
    content: Mapping[str, Any]
    scope: str
    units: int
    area: int
    per_square: int | None
    sellers: Sequence[tuple[str, int]]
    decision: Document | None
    clause: str
    stopped: Sequence[str]
    application: FundApplication | None
    instalments: Sequence[Instalment]
    paid: int
    settlement: Settlement | None
    returned: int
    notices: Sequence[Document]
    objections: int
    before: Sequence[RepairFile]
    after: Sequence[RepairFile]
    papers: Sequence[RepairFile]
    milestones: Sequence[Milestone]


def public_versions() -> QuerySet[RepairVersion]:
    """Versions that anybody may see: before the owners since the notice, or decided."""
    verdicts = ("passed", "rejected", "no_quorum", "undetermined", "authorised")
    announced = ("frozen", "closed", "counted", "resolved")
    shown = Q(motion=None, verdict__in=verdicts) | Q(
        motion__session__state__in=announced, motion__session__rehearsal=False
    )
    # Decided as an emergency, and taken back: what was decided and paid stays to be seen.
    fell_back = Q(
        motion=None,
        verdict="withdrawn",
        request__emergency__fell_back_at__gte=F("submitted_at"),
    )
    return RepairVersion.objects.filter(shown | fell_back)


def public_repairs(estate_id: int) -> QuerySet[RepairRequest]:
    """The repairs of an estate that anybody may see, the newest first."""
    shown = public_versions().values("request")
    return RepairRequest.objects.filter(estate=estate_id, pk__in=shown).order_by("-pk")


def public_repair(code: str) -> PublicRepair | None:
    """The repair of that code; None where nobody outside may see it yet."""
    version = (
        public_versions()
        .filter(request__code=code)
        .select_related("request__estate", "motion__session__resolution")
        .order_by("number")
        .last()
    )
    if version is None:
        return None
    request = version.request
    # Money leaves on the version that carries it, whatever the owners refused since.
    version = version_in_force(request) or version if request.state in PAYING else version
    rooms = list(version.rooms.values_list("area", "weight", "share_fen"))
    area = sum(one[0] for one in rooms)
    emergency = request.emergency_decisions.order_by("pk").last()
    application = request.applications.filter(state="passed").select_related("opinion").last()
    # Of applications that passed; what the desks sent back asks for nothing any more.
    instalments = list(
        Instalment.objects.filter(application__request=request, application__state="passed")
    )
    files = list(
        request.files.filter(is_public=True, removed_at=None).defer("content").order_by("pk")
    )
    photos = {kind for kinds in PHOTOS.values() for kind in kinds}
    publicities = request.publicities.select_related("document").order_by("version")
    motion = version.motion
    return PublicRepair(
        request=request,
        version=version,
        content=json.loads(bytes(version.content)),
        scope=scope_words(request),
        units=len(rooms),
        area=area,
        per_square=_per_square(rooms) if version.share_basis == "area" else None,
        sellers=list(version.sellers.order_by("pk").values_list("label", "share_fen")),
        decision=motion.session.resolution if motion else None,
        clause=emergency.clause if emergency and version.verdict == "authorised" else "",
        stopped=gate_reasons(request, version)
        if request.state in {"decided", "review", "returned", "approved"}
        else [],
        application=application if request.state in PAYING else None,
        instalments=[one for one in instalments if one.state not in OVER],
        paid=sum(one.payable_fen or 0 for one in instalments if one.state == "paid"),
        settlement=Settlement.objects.filter(
            request=request, confirmed_at__isnull=False
        ).first(),
        returned=request.refunds.filter(state="received").aggregate(n=Sum("fen"))["n"] or 0,
        notices=[one.document for one in publicities],
        objections=sum(one.objections.count() for one in publicities),
        before=[one for one in files if one.kind in PHOTOS["before"]],
        after=[one for one in files if one.kind in PHOTOS["after"]],
        papers=[one for one in files if one.kind not in photos],
        milestones=[
            Milestone(at, _MILESTONES[kind])
            for at, kind in request.steps.order_by("pk").values_list("at", "kind")
            if kind in _MILESTONES
        ],
    )


def _per_square(rooms: Sequence[tuple[int, int, int]]) -> int | None:
    """Fen for 1 m², where all (area, weight, share) are alike; shops beside sold flats are
    not, since no selling organisation bears a part of theirs."""
    area = sum(one[0] for one in rooms)
    if not area:
        return None
    first_area, first_weight, _fen = rooms[0]
    if any(held * first_area != first_weight * size for size, held, _fen in rooms):
        return None
    return sum(fen for _size, _weight, fen in rooms) * 100 // area


def public_file(code: str, pk: int) -> RepairFile | None:
    """A photograph or paper of the public page, with its content."""
    if not public_versions().filter(request__code=code).exists():
        return None
    return RepairFile.objects.filter(
        pk=pk, request__code=code, is_public=True, removed_at=None
    ).first()
