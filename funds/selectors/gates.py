"""Why no money may leave for a repair: asked under lock before every approval and release."""

from funds.models import RepairRequest, RepairVersion
from voting.selectors.standing import decision_holds


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


def gate_reasons(request: RepairRequest, version: RepairVersion | None) -> list[str]:
    """Everything in the way of money for this repair now; empty where nothing is."""
    found = []
    if version is None or not decision_stands(version):
        found.append("没有针对这一范围和这一版方案的有效决定，或者决定正有争议、已被中止、撤销")
    if request.hold:
        found.append(f"主管部门责令改正，改正以前不能用款：{request.hold}")
    return found
