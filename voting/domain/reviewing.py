"""指导: the street office looks at a draft. Reasons of law only, a fixed number of working
days, silence is no comment; nobody refuses a meeting here (Civil Code 277: 指导和协助).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from core.canonical import canonical
from voting.domain.reasons import Reason

CLAUSES = {
    "278-1": "民法典第278条第1款：事项属于哪一类",
    "278-2": "民法典第278条第2款：参与和同意的标准",
    "279": "民法典第279条：住宅改为经营用房",
    "280": "民法典第280条：侵害业主合法权益",
    "282": "民法典第282条：共有部分的收入",
    "283": "民法典第283条：费用分摊",
    "regs-12": "物业管理条例第12条：会议形式和委托",
    "regs-14": "物业管理条例第14条：提前15日通知、告知居委会",
    "regs-19": "物业管理条例第19条：决定不得违反法律法规",
    "regs-53": "物业管理条例第53条：维修资金专款专用",
    "regs-54": "物业管理条例第54条：利用共有部分经营",
    "274-10": "建房〔2009〕274号第10条：筹备组的组成",
    "274-12": "建房〔2009〕274号第12条：筹备组公告的内容",
    "274-21": "建房〔2009〕274号第21条：临时会议",
    "274-22": "建房〔2009〕274号第22条：意见书送达和签名",
    "274-31": "建房〔2009〕274号第31条：业委会的人数和条件",
    "165-25": "165号令第25条：不得列支的费用",
    "interpretation-9": "区分所有权司法解释第8、9条：面积和人数",
    "local": "地方性法规（在下面写明名称和条款）",
}
"""What a comment can rest on. Anything else is advice, and given outside of this."""

MOST_TEXT = 500


def fingerprint(draft: Mapping[str, Any]) -> str:
    """SHA-256 of what the street office is shown: everything but the times."""
    return sha256(canonical(draft)).hexdigest()


def comment_reasons(*, clause: str, text: str) -> list[Reason]:
    """What is wrong with a comment as typed."""
    found = []
    if clause not in CLAUSES:
        sentence = "请选择依据的条款：只能提法律上的意见"
        found.append(Reason("comment.clause", sentence, "clause"))
    return found + _said("text", "意见", text)


def answer_reasons(*, kind: str, answer: str) -> list[Reason]:
    """What is wrong with an answer as typed."""
    found = []
    if kind not in {"answered", "fixed"}:
        found.append(Reason("answer.kind", "请选择是已经修改，还是只作答复", "kind"))
    return found + _said("answer", "答复", answer)


def _said(field: str, label: str, text: str) -> list[Reason]:
    if not text.strip():
        return [Reason(f"{field}.missing", f"请填写{label}", field)]
    if len(text) > MOST_TEXT:
        return [Reason(f"{field}.too_long", f"{label}最多{MOST_TEXT}个字", field)]
    return []


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """Where the last review of a draft stands. `sha256`: of the draft handed in."""

    sha256: str
    ends_at: datetime
    ended: bool
    answers: Sequence[str]
    """Of each comment: "" while it waits, else "answered" or "fixed"."""

    def over(self, at: datetime) -> bool:
        """By the clock, or because the street has said that it is done."""
        return self.ended or at >= self.ends_at


def review_reasons(reviewed: Reviewed | None, current: str, *, at: datetime) -> list[Reason]:
    """Why the review does not yet let a draft be announced. `current`: its fingerprint now."""
    if reviewed is None:
        return [Reason("review.missing", "还没有送街道指导", "review")]
    waiting = sum(not answer for answer in reviewed.answers)
    if waiting:
        sentence = f"街道提了{waiting}条意见还没有答复：逐条修改或者答复"
        return [Reason("review.unanswered", sentence, "review")]
    if reviewed.sha256 != current and "fixed" not in reviewed.answers:
        sentence = "送街道以后内容又改了，不是按意见改的：请重新送一次"
        return [Reason("review.changed", sentence, "review")]
    if not reviewed.over(at):
        return [Reason("review.running", "街道还在看，期限没有到", "review")]
    return []
