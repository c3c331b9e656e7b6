"""What a repair is: its part, its scope, the states it walks through, whose desk it is on.

165号令: 《住宅专项维修资金管理办法》（建设部、财政部令第165号）.
"""

from enum import StrEnum
from typing import NamedTuple

from core.errors import RuleViolation
from core.text import half_width

# 165号令 art. 3: the common parts and the common facilities, in its words.
PARTS = {
    "foundation": "基础",
    "wall": "承重墙体",
    "column": "柱",
    "beam": "梁",
    "slab": "楼板",
    "roof": "屋顶",
    "facade": "户外墙面",
    "hall": "门厅",
    "stairs": "楼梯间",
    "corridor": "走廊通道",
    "lift": "电梯",
    "antenna": "天线",
    "lighting": "照明",
    "fire": "消防设施",
    "green": "绿地",
    "road": "道路",
    "lamp": "路灯",
    "drain": "沟渠",
    "pool": "池",
    "well": "井",
    "garage": "非经营性车场车库",
    "leisure": "公益性文体设施",
    "plant": "共用设施设备使用的房屋",
    "water": "二次供水设施",
    "other": "其他共用部位、共用设施设备",
}

# 165号令 art. 25: what the fund never pays, and who pays instead.
EXCLUSIONS = {
    "builder": "依法应当由建设单位或者施工单位承担的维修、更新和改造费用",
    "utilities": "应当由供水、供电、供气、供热、通讯、有线电视等单位承担的管线、设备费用",
    "person": "应当由当事人承担的，因人为损坏所需的修复费用",
    "manager": "根据物业服务合同约定，应当由物业服务企业承担的养护、维修费用",
}


# In whose name whoever holds a role may apply: nobody speaks for another body. Owners without
# an account of their own go to whoever is theirs: committee, residents' committee, street.
SPEAKS_FOR: dict[str, tuple[str, ...]] = {
    "organiser": ("owners_committee", "owners_assembly", "management_committee", "owners"),
    "residents_committee": ("residents_committee", "owners"),
    "street_office": ("street_office", "owners"),
    "property_manager": ("property_manager",),
}


def speaks_for(role: str, applicant_kind: str) -> bool:
    """Whether a role acts for this kind of applicant."""
    return applicant_kind in SPEAKS_FOR.get(role, ())


class State(StrEnum):
    """Where a repair is; the state column is the queue."""

    DRAFT = "draft"
    REPORTED = "reported"  # emergency: waits for the finding on site (认定)
    FOUND = "found"  # emergency: qualifies, waits for who decides
    VOTING = "voting"  # a frozen version lies before the owners
    DECIDED = "decided"  # a decision carries it: the use of the fund can be applied for
    REVIEW = "review"
    RETURNED = "returned"
    APPROVED = "approved"  # work, acceptance, instalments
    SETTLED = "settled"
    CLOSED = "closed"


_S = State
# From each state, where it may go. Nothing leaves SETTLED or CLOSED. A repair that was paid for
# on a decision that still stands goes back to it (APPROVED) when nothing new is decided.
MOVES: dict[State, frozenset[State]] = {
    _S.DRAFT: frozenset({_S.REPORTED, _S.VOTING, _S.APPROVED, _S.CLOSED}),
    # An emergency that does not qualify falls back to the ordinary way, its papers kept.
    _S.REPORTED: frozenset({_S.FOUND, _S.DRAFT, _S.CLOSED}),
    _S.FOUND: frozenset({_S.DECIDED, _S.DRAFT, _S.CLOSED}),
    _S.VOTING: frozenset({_S.DECIDED, _S.DRAFT, _S.APPROVED, _S.CLOSED}),
    _S.DECIDED: frozenset({_S.REVIEW, _S.APPROVED, _S.DRAFT, _S.CLOSED}),
    _S.REVIEW: frozenset({_S.APPROVED, _S.RETURNED, _S.DRAFT, _S.CLOSED}),
    _S.RETURNED: frozenset({_S.REVIEW, _S.APPROVED, _S.DRAFT, _S.CLOSED}),
    # DRAFT: more than was approved needs a new decision; what was paid stays paid. RETURNED:
    # the decision stands, the application has to be written anew.
    _S.APPROVED: frozenset({_S.SETTLED, _S.RETURNED, _S.DRAFT, _S.CLOSED}),
    _S.SETTLED: frozenset(),
    _S.CLOSED: frozenset(),
}


class Desk(NamedTuple):
    """Whose turn it is: a key of DESKS, and the authority where it is one."""

    kind: str
    authority: int | None = None


DESKS = {
    "": "不需要谁办理",
    "applicant": "申请人",
    "owners": "业主表决",
    "finding": "居委会或街道现场认定",
    "decision": "业委会决定",
    "street": "街道核实",
    "bureau": "主管部门审核",
    "second": "主管部门第二人复核",
    "committee": "业委会决定（自管）",
    "committee_second": "业委会第二人确认（自管）",
    "seller": "售房单位同意（公房）",
    "works": "施工和验收",
    "payment": "划转",
    "publicity": "公示",
}


def plain_place(place: str) -> str:
    """A place as it is compared: half-width, whatever the case, without blanks. Signs stay:
    1-1 is not 11."""
    return "".join(half_width(place).casefold().split())


def demand_move(old: str, new: State) -> None:
    """RuleViolation "repair.state" where a repair cannot go from the one to the other."""
    if new not in MOVES[State(old)]:
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")
