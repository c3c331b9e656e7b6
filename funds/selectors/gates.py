"""Why no money may leave for a repair: asked under lock before every approval and release."""

from datetime import datetime

from funds.models import RepairRequest, RepairVersion
from funds.selectors.emergencies import (
    objections_to,
    publicity_of,
    upheld_since,
)
from funds.selectors.repairs import settlement_of
from voting.models import Session
from voting.selectors.standing import decision_holds, decision_status


def decision_stands(version: RepairVersion) -> bool:
    """Whether a decision carries that very version now.

    A vote of its scope that passed, is not rehearsed and not challenged; or an emergency
    decision that nobody took back (rules 33, 36).
    """
    if version.verdict == "authorised":
        last = version.request.emergency_decisions.order_by("pk").last()
        return last is not None and last.authorises
    if version.verdict != "passed" or version.motion is None:
        return False
    return decision_holds(version.motion)


def decision_fell(version: RepairVersion) -> bool:
    """Whether no decision will carry that version again.

    It was never taken, revoked, or another took its place. One that is only challenged or
    suspended has not fallen.
    """
    if version.verdict != "passed" or version.motion is None:
        return not decision_stands(version)
    session = Session.objects.select_related("board").get(pk=version.motion.session_id)
    now = next(one for one in decision_status(session) if one.motion.pk == version.motion_id)
    return now.verdict != "passed" or now.standing in ("revoked", "superseded")


def gate_reasons(request: RepairRequest, version: RepairVersion | None) -> list[str]:
    """Everything in the way of money for this repair now; empty where nothing is."""
    found = []
    if version is None or not decision_stands(version):
        found.append("没有针对这一范围和这一版方案的有效决定，或者决定正有争议、已被中止、撤销")
    if request.hold:
        found.append(f"已经暂停用款：{request.hold}")
    return found


def final_reasons(request: RepairRequest, *, at: datetime) -> list[str]:
    """What else is in the way of the last payment for an emergency repair.

    Nobody asked the owners before, so they are heard before the last money leaves: the final
    cost was on show, its time is over, every objection has its answer, and what was right in
    them is corrected, which starts another publicity. Empty for an ordinary repair.
    """
    if request.kind != "emergency":
        return []
    shown = publicity_of(request)
    if shown is None:
        return ["应急维修的费用和分摊还没有向业主公示，尾款等公示以后再付"]
    found = []
    if at < shown.until:
        found.append("应急维修的公示期还没有结束，尾款等期满以后再付")
    stated = settlement_of(request)
    if stated is not None and stated.stated_at > shown.posted_at:
        found.append("公示以后结算改过，要按新的结算重新公示，尾款等新的公示期满以后再付")
    waiting = objections_to(request).filter(state="open").count()
    if waiting:
        found.append(f"还有 {waiting} 件异议没有答复，尾款等答复以后再付")
    if upheld_since(request, shown.posted_at).exists():
        found.append("有异议成立，要先改正、重新公示，尾款等新的公示期满以后再付")
    return found
