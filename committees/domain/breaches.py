"""负面清单: what a committee and its members must not do, and how a report of it is handled.

The union of the regulations of 北京 (47), 青岛 (39) and 杭州 (31). The list is for finding and
handling; whether something was a breach, the street office or a court says.
"""

from core.errors import RuleViolation

PROHIBITED = {
    1: "阻挠业主大会会议召开，或者不执行业主大会的决定",
    2: "虚构、篡改、隐匿、毁弃应当保存的文件资料",
    3: "拒绝、拖延移交资料、印章和财物",
    4: "擅自使用业主大会、业主委员会的印章",
    5: "未经业主大会授权签订、修改、解除物业服务合同",
    6: "挪用、侵占、出借业主共有的资金，或者用它作担保",
    7: "索取、收受物业服务企业等的利益，或者要求减免物业费",
    8: "与本小区的物业服务企业有利益往来",
    9: "泄露业主信息",
    10: "伪造选票、表决票、业主签名，或者冒充业主电子投票",
}
LIST_SOURCE = "北京市物业管理条例第47条、青岛市物业管理条例第39条、杭州市物业管理条例第31条"

STATES = (
    "reported", "taken_up", "asked", "answered", "founded", "unfounded", "passed_on",
)  # fmt: skip
CLOSED = frozenset({"founded", "unfounded"})
_RESULTS = ("founded", "unfounded", "passed_on")
# What may follow: a step is called by the state it leads to. What was passed on to another
# authority comes back with a result, or stays there.
_NEXT: dict[str, tuple[str, ...]] = {
    "reported": ("taken_up",),
    "taken_up": ("asked", *_RESULTS),
    "asked": ("answered", *_RESULTS),
    "answered": ("asked", *_RESULTS),
    "passed_on": ("founded", "unfounded"),
    "founded": (),
    "unfounded": (),
}


def following(state: str) -> tuple[str, ...]:
    """The steps that may come next."""
    return _NEXT[state]


def demand_step(state: str, step: str) -> None:
    """RuleViolation "breach.step" unless the step may follow."""
    if step not in _NEXT[state]:
        raise RuleViolation(
            "breach.step", "这一步现在不能办，可能已经有人办过了，请刷新页面看最新的处理情况"
        )
