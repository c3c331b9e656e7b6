"""公告前检查 as one page: every topic with what holds, or with what is in its way."""

from collections.abc import Sequence
from typing import NamedTuple

from voting.domain.convening import Draft, estate_rules, notice_days, requirements, value
from voting.domain.organisers import GROUPS, PAPERS
from voting.domain.reasons import Reason

# A message of each kind that is sent once at most: opened, three days left, result, an
# extension; and for each ballot one that it came in, with a code before it.
BROADCASTS, EACH_BALLOT = 4, 2

_TOPICS = (
    ("organiser", "谁召集、凭什么", ("organiser", "demand", "first.own_rules")),
    ("motions", "事项和措辞", ("motion", "requires", "first")),
    ("scope", "哪些房屋表决", ("scope",)),
    ("times", "公告期和投票期", ("notice", "opening", "closing")),
    ("rules", "投票的规则", ("policy", "profile")),
    ("supervisors", "监票人", ("supervisors",)),
    ("materials", "附件材料", ("materials",)),
    ("roll", "名册", ("roll", "area", "owner", "posting")),
    ("keys", "开票钥匙", ("keys", "letters")),
    ("review", "街道指导", ("review",)),
    ("messages", "短信", ()),
)
_PAPER = {
    "ONLINE_PREVAILS": "网上和纸质都投的，以网上的为准",
    "PAPER_PREVAILS": "网上和纸质都投的，以纸质的为准",
    "LAST_PREVAILS": "网上和纸质都投的，以后投的为准",
}


class Line(NamedTuple):
    """A topic: `said` is what holds, `reasons` what does not; green without reasons."""

    topic: str
    title: str
    said: tuple[str, ...]
    reasons: tuple[Reason, ...]


class Messages(NamedTuple):
    """How many messages a session sends at most, and what they cost. `li`: 0.001 yuan each."""

    phones: int
    li: int

    @property
    def most(self) -> int:
        return self.phones * (BROADCASTS + EACH_BALLOT)

    @property
    def fen(self) -> int:
        """Rounded up: a budget must suffice."""
        return (self.most * self.li + 9) // 10


def lines(draft: Draft, reasons: Sequence[Reason], messages: Messages) -> list[Line]:
    """The whole page. Every reason stands in one line of it."""
    left = list(reasons)
    found = []
    for topic, title, prefixes in _TOPICS:
        mine = [r for r in left if r.code.startswith(prefixes)] if prefixes else []
        left = [reason for reason in left if reason not in mine]
        said = () if mine else tuple(_said(topic, draft, messages))
        found.append(Line(topic, title, said, tuple(mine)))
    return [
        line._replace(reasons=(*line.reasons, *left)) if line.topic == "rules" else line
        for line in found
    ]


def _said(topic: str, draft: Draft, messages: Messages) -> list[str]:
    if draft.rehearsal and topic in {"organiser", "times", "supervisors", "review"}:
        return ["演练不需要"]
    return _SAYS[topic](draft, messages)


def _organiser(draft: Draft, _messages: Messages) -> list[str]:
    said = []
    if draft.has_basis:
        said.append(f"依据：{PAPERS.get(draft.organiser_kind, '依据文件')}")
    if draft.organiser_kind in GROUPS:
        owners = sum(member.side == "owner" for member in draft.members)
        said.append(f"成员{len(draft.members)}人，其中业主代表{owners}人")
    if draft.demand is not None:
        said.append(f"业主提议：{draft.demand.said}")
    return said or ["组织者已填写"]


def _motions(draft: Draft, _messages: Messages) -> list[str]:
    said = [f"{len(draft.motions)}项，每一项都有同意、反对、弃权"]
    for position, needed in requirements(draft).items():
        if needed:
            others = "、".join(f"第{one}项" for one in needed)
            said.append(f"第{position}项须{others}也通过才生效")
    waived = [str(motion.position) for motion in draft.motions if motion.waived]
    if waived:
        said.append(f"第{'、'.join(waived)}项的措辞已具名说明")
    return said


def _scope(draft: Draft, _messages: Messages) -> list[str]:
    return ["只由选中的楼幢、单元表决" if draft.partial_scope else "全体业主表决"]


def _times(draft: Draft, _messages: Messages) -> list[str]:
    said = [f"公告与投票之间至少{notice_days(draft)}个整天，遇节假日不顺延也不缩短"]
    longest = value(draft, "max_extension_days", 0)
    if longest:
        said.append(f"截止前可以延期一次，最多{longest}天")
    else:
        said.append("不能延期")
    return said


def _rules(draft: Draft, _messages: Messages) -> list[str]:
    proxies = value(draft, "proxy_max")
    said = [
        "只公布合计，不公开单张票" if draft.opening_policy == "secret" else "记名",
        _PAPER.get(value(draft, "duplicate_channel", ""), _PAPER["ONLINE_PREVAILS"])
        if draft.paper
        else "不收纸质票",
        "没有投票的不算参加"
        if value(draft, "silence", "not_participating") == "not_participating"
        else "没有投票的按引用的规则另算，单独列出",
    ]
    if proxies:
        said.append(f"一人最多接受{proxies}名业主委托")
    own = estate_rules(draft)
    if own:
        said.append(f"引用了小区自己的规则{len(own)}条")
    return said


def _supervisors(draft: Draft, _messages: Messages) -> list[str]:
    return [f"{len(draft.supervisors)}位监票人"]


def _materials(draft: Draft, _messages: Messages) -> list[str]:
    files = sum(motion.files for motion in draft.motions)
    return [f"{files}份附件"]


def _roll(_draft: Draft, _messages: Messages) -> list[str]:
    return ["名册可以冻结"]


def _keys(_draft: Draft, _messages: Messages) -> list[str]:
    return ["开票钥匙已定"]


def _review(draft: Draft, _messages: Messages) -> list[str]:
    if draft.reviewed is None:
        return ["按规则不需要"]
    comments = len(draft.reviewed.answers)
    return [f"街道提了{comments}条意见，都已答复" if comments else "街道没有意见"]


def _messages_line(_draft: Draft, messages: Messages) -> list[str]:
    yuan, fen = divmod(messages.fen, 100)
    return [
        f"{messages.phones}户留有手机号，最多发{messages.most}条短信，约{yuan}.{fen:02}元；"
        "改票、补信另加"
    ]


_SAYS = {
    "organiser": _organiser,
    "motions": _motions,
    "scope": _scope,
    "times": _times,
    "rules": _rules,
    "supervisors": _supervisors,
    "materials": _materials,
    "roll": _roll,
    "keys": _keys,
    "review": _review,
    "messages": _messages_line,
}
