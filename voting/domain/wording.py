"""What a question speaks of: the nine matters by the wordings in which motions say them.

One question holds one matter (Civil Code art. 278): two need different majorities, and an
owner may want one and not the other. Words can mislead, so a doubt can be waived by name.
"""

import re
from hashlib import sha256

from core.text import half_width
from voting.domain.thresholds import MATTER_TITLES, Majority, Matter, majority_for

_REST = r"[^。；;？?\n]"
# "新修订的议事规则" names rules that are there; it asks for none.
_MAKE = r"(?:制定|修改|修订|修正|通过|审议|审议通过|表决)(?!后?的)"
# Words a motion may mention in passing ("出租收益", "经营收入") are not among them.
_WORDINGS = {
    Matter.RULES_OF_PROCEDURE: _MAKE + _REST + r"{0,24}议事规则",
    Matter.COVENANT: _MAKE + _REST + r"{0,24}(?<!临时)管理规约",
    Matter.COMMITTEE: (
        r"(?:选举|改选|罢免|增补|补选|更换|重选)(?!后?的)"
        + _REST
        + r"{0,12}(?:业主委员会|业委会|委员|主任)(?!.{0,6}办公)"
    ),
    Matter.PROPERTY_MANAGER: (
        r"(?:选聘|续聘|解聘|另聘|重新聘请|聘请|聘用|更换|招标选择)(?!后?的)"
        + _REST
        + r"{0,16}(?:物业服务企业|物业服务公司|物业公司|物业管理公司|物业管理人|物业服务人)"
        r"|(?:续签|解除)" + _REST + r"{0,16}物业服务合同"
    ),
    Matter.USE_FUND: (
        r"(?:使用|动用|支取|提取|列支|申请)(?!后?的)" + _REST + r"{0,20}维修资金"
        r"|维修资金" + _REST + r"{0,12}(?:支付|列支|支出|承担|出资|支取)"
    ),
    Matter.RAISE_FUND: (
        r"(?:筹集|续筹|续交|补交|再交|归集|补缴|续缴)(?!后?的)" + _REST + r"{0,16}维修资金"
        r"|维修资金" + _REST + r"{0,8}(?:续筹|续交|补交|补缴|续缴)"
    ),
    Matter.REBUILD: (
        r"(?:加装|增设|新建)" + _REST + r"{0,6}电梯"
        r"|(?:改建|重建|拆除重建|扩建)(?!后?的)"
        + _REST
        + r"{0,16}(?:楼|房|棚|亭|门|车库|设施|围墙|会所)"
    ),
    Matter.USE_COMMON_PARTS: (
        r"从事经营|经营活动|改变" + _REST + r"{0,12}用途"
        r"|(?:共有|公共|共用|屋顶|外墙|电梯|绿地|道路|空地|场地)" + _REST + r"{0,12}"
        r"(?:出租|招租|租给|租赁|投放广告|设置广告)"
        r"|(?:出租|招租|租给)" + _REST + r"{0,12}"
        r"(?:共有|公共|共用|屋顶|外墙|绿地|道路|空地|场地)"
    ),
}
_PATTERNS = {matter: re.compile(wording) for matter, wording in _WORDINGS.items()}


def matters_named(title: str, text: str) -> list[Matter]:
    """The matters whose wordings stand in a question, in the law's order."""
    words = half_width(f"{title}\n{text}")
    return [matter for matter, pattern in _PATTERNS.items() if pattern.search(words)]


def mixes_matters(title: str, text: str) -> bool:
    """Whether one question asks for more than one of the nine matters."""
    return len(matters_named(title, text)) > 1


def doubts(matter: int, title: str, text: str) -> str:
    """Why this wording cannot stand under this matter, as a sentence without its end; or ""."""
    named = matters_named(title, text)
    if len(named) > 1:
        both = "、".join(_title(one) for one in named)
        return f"同时涉及{both}，请分成{len(named)}项，每项只问一件事"
    # A question that needs three quarters must not pass by half.
    if (
        named
        and named[0] != matter
        and majority_for(named[0]) is Majority.THREE_QUARTERS
        and majority_for(matter) is Majority.HALF
    ):
        return f"选的是第{matter}类（过半数），写的却像{_title(named[0])}，请改选类别或者改写"
    return ""


def wording_hash(matter: int, title: str, text: str) -> str:
    """What a waiver is about: another wording needs another one."""
    return sha256(f"{matter}\n{title}\n{text}".encode()).hexdigest()


def _title(matter: Matter) -> str:
    needed = "四分之三" if majority_for(matter) is Majority.THREE_QUARTERS else "过半数"
    return f"{MATTER_TITLES[matter]}（第{matter.value}类，{needed}）"
