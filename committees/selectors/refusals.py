"""Why a formation cannot be opened, or a stage not be reported: every reason at once."""

from datetime import date

from committees.domain.kinds import COMMITTEES
from committees.domain.pipeline import FORMED, lacking, out_of_order, stage_of
from committees.domain.wording import note_reasons
from committees.models import Committee, Formation
from committees.selectors.cases import Case
from core.reasons import Reason

# What is never typed: replies of departments and the list of the handover say it.
_FROM_ROWS = {"handover": "请在移交清单里逐项登记，确认以后自动算作移交完成"}


def opening_reasons(
    kind: str, running: Formation | None, committee: Committee | None
) -> list[Reason]:
    if kind not in COMMITTEES:
        return [Reason("formation.kind", "请选择是组建还是换届", "kind")]
    if running is not None:
        told = "这里已经有一次没有办完的组建，请先办完或者停办"
        return [Reason("formation.twice", told, "kind")]
    if kind == "renewal":
        if committee is None or committee.kind != "owners":
            told = "这里没有在任的业主委员会，不能换届；请选择组建，或者先登记现有的委员会"
            return [Reason("formation.nothing", told, "kind")]
    elif committee is not None and committee.kind == COMMITTEES[kind]:
        told = "这里已经有在任的委员会；任期届满的，请选择换届"
        return [Reason("formation.formed", told, "kind")]
    elif committee is not None and committee.kind == "owners":
        told = "这里有在任的业主委员会，不能再组建物业管理委员会；已经终止的，请先登记终止"
        return [Reason("formation.formed", told, "kind")]
    return []


def place_reasons(case: Case, stage: str) -> list[Reason]:
    """Why this stage cannot be reported at all."""
    kind = case.formation.kind
    if stage_of(kind, stage) is None:
        return [Reason("stage.unknown", "这种组建没有这一步，请重新选择", "stage")]
    if stage in _FROM_ROWS:
        return [Reason("stage.rows", _FROM_ROWS[stage])]
    if stage == "vetting" and case.asked:
        return [Reason("stage.rows", _vetting_told(case))]
    known = next(one for one in case.told if one.stage.code == stage)
    if known.act is not None:
        sentence = f"这一步在本系统里办了（{known.act.day}），以它为准，不用另外登记"
        return [Reason("stage.here", sentence)]
    missing = lacking(kind, stage, case.reached)
    if missing:
        names = "、".join(one.title for one in missing)
        return [Reason("stage.before", f"请先登记前面的：{names}")]
    if stage == FORMED and case.formation.committee is not None:
        return in_office_reasons(case.formation.committee)
    return []


def objection_reasons(case: Case, stage: str, despite: str) -> list[Reason]:
    """An objection nobody dealt with: the law does not let it forbid anything, so one may go on
    with a reason in words, which covers the stages after it too."""
    if not case.stands_against(stage) or case.went_on:
        return []
    if not despite.strip():
        names = "、".join(case.objecting)
        told = (
            f"{names}有异议，还没有处理：请先登记新的答复（无异议，或者不再征求并写明原因）；"
            "仍然要往下办的，写明原因"
        )
        return [Reason("stage.objected", told, "despite")]
    return note_reasons("despite", "有异议仍然往下办的原因", despite)


def _vetting_told(case: Case) -> str:
    """What the vetting still wants, and of whom."""
    if case.silent:
        names = "、".join(case.silent)
        return f"还没有答复的部门：{names}；请逐个登记答复，都答复了，联审才算完成"
    if case.objecting:
        return (
            f"有异议的部门：{'、'.join(case.objecting)}；"
            "请先处理，再登记新的答复（无异议，或者不再征求并写明原因）"
        )
    return "各部门都答复了，联审已经完成，不用另外登记"


def in_office_reasons(committee: Committee) -> list[Reason]:
    if committee.ended_on is not None:
        return []
    told = "按这一步登记的委员会已经在任；确实登记错了的，请先登记这一届终止，再更正这一步"
    return [Reason("stage.in_office", told)]


def order_reasons(case: Case, stage: str, day: date) -> list[Reason]:
    """Days that contradict each other."""
    titles = {one.stage.code: one.stage.title for one in case.told}
    found = []
    for wrong in out_of_order(case.formation.kind, {**case.reached, stage: day}):
        if stage in wrong[:2]:
            told = f"“{titles[wrong.code]}”不能早于“{titles[wrong.other]}”，请核对日期"
            found.append(Reason("stage.order", told, "day"))
    return found
