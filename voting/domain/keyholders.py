"""Who keeps the keys, and what files of the ceremony are refused for, in plain words."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from voting.domain.reasons import Reason

SIZES = {"2/3": (2, 3), "3/5": (3, 5)}
"""What the pages offer: how many open, of how many."""

BELONGS = {
    "lot": "抽签产生的业主",
    "organiser": "组织者（业委会、筹备组等）",
    "residents_committee": "居委会",
    "street_office": "街道、乡镇",
    "bureau": "住建等主管部门",
    "company": "物业服务企业、建设单位",
    "independent": "律师、公证员等外部人员",
}
# Who answers to whom; owners drawn by lot and outsiders answer to nobody here.
_COMMAND = {
    "organiser": "组织者一方",
    "residents_committee": "居委会、街道和主管部门一线",
    "street_office": "居委会、街道和主管部门一线",
    "bureau": "居委会、街道和主管部门一线",
    "company": "物业服务企业、建设单位一方",
}
_LONGEST = 20


class Holder(NamedTuple):
    """A keeper of a key; `belongs`: one of BELONGS."""

    name: str
    belongs: str

    @property
    def shown(self) -> str:
        """The name on the manifest, the pages and the papers."""
        return f"{self.name}（{BELONGS[self.belongs]}）"


def holder_reasons(holders: Sequence[Holder]) -> list[Reason]:
    """Everything that is wrong with what was typed; fields are name_1 … and belongs_1 …"""
    reasons = []
    names = Counter(holder.name for holder in holders if holder.name)
    for number, holder in enumerate(holders, start=1):
        field = f"name_{number}"
        if not holder.name:
            reasons.append(Reason("holder.name", f"请填第{number}位保管人的称呼", field))
        elif len(holder.name) > _LONGEST:
            sentence = f"第{number}位保管人的称呼最多{_LONGEST}个字"
            reasons.append(Reason("holder.long", sentence, field))
        elif not holder.name.isprintable():
            sentence = f"第{number}位保管人的称呼里有不能显示的字符"
            reasons.append(Reason("holder.unreadable", sentence, field))
        elif names[holder.name] > 1:
            sentence = f"第{number}位保管人和另一位同名，请加以区别"
            reasons.append(Reason("holder.twice", sentence, field))
        if holder.belongs not in BELONGS:
            sentence = f"请选择第{number}位保管人属于哪一方"
            reasons.append(Reason("holder.belongs", sentence, f"belongs_{number}"))
    return reasons + _organiser_alone(holders)


def _organiser_alone(holders: Sequence[Holder]) -> list[Reason]:
    """Whoever calls the meeting does not open its ballots without anybody else."""
    needed = {count: threshold for threshold, count in SIZES.values()}.get(len(holders))
    own = [n for n, holder in enumerate(holders, start=1) if holder.belongs == "organiser"]
    if needed is None or len(own) < needed:
        return []
    sentence = (
        f"组织者一方最多保管{needed - 1}把钥匙，不能不经别人就打开表决票。"
        "请换成别的一方，比如抽签产生的业主"
    )
    return [Reason("holder.organiser", sentence, f"belongs_{own[-1]}")]


def one_command(holders: Sequence[Holder], threshold: int) -> str:
    """The warning where trustees of one chain of command reach the threshold, else ""."""
    sides = Counter(
        _COMMAND[holder.belongs] for holder in holders if holder.belongs in _COMMAND
    )
    reached = [side for side, count in sides.items() if count >= threshold]
    if not reached:
        return ""
    return (
        f"{'、'.join(reached)}的保管人凑得齐{threshold}位：他们听命于同一方，就能不经别人打开单张票。"
        "建议改为“5位里要3位”，其中至少3位是抽签产生的业主。"
    )


_WRONG = {
    "format": "这不是开票钥匙仪式的文件",
    "ceremony": "这个文件属于另一次仪式，或者重新开始以前的那一次",
    "round": "这个文件不是现在这一轮的",
    "index": "没有这个编号的保管人",
    "own": "仪式文件里您名下的内容不是您交的那一份：有人换过文件",
}
_COMPLAINTS = {
    "commitment": "第{}位保管人公开的内容和先前封存的不一样",
    "possession": "第{}位保管人没有证明钥匙在自己手里",
    "encryption": "第{}位保管人的收件公钥不合规定",
    "share": "第{}位保管人发给您的份额不对",
    "key": "第{}位保管人确认的钥匙和大家公开的内容对不上",
}


def refusal(code: str, index: int = 0) -> str:
    """The sentence for a refused file. `code`, `index`: of the protocol's exceptions."""
    if code in _COMPLAINTS:
        said = _COMPLAINTS[code].format(index)
        return f"{said}。请当众说明，大家用新的钥匙重新开始。"
    return _WRONG.get(code, "文件的内容不完整或者被改过") + "。"
