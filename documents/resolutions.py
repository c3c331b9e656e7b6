"""The resolution (决议): from its facts to sentences and to PDF. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from documents import rendering
from documents.papers import Count, MotionResult, ResolutionFacts
from documents.wording import numeral

_FRACTIONS = {(2, 3): "三分之二", (3, 4): "四分之三", (1, 2): "二分之一"}
_VERDICTS = {
    "passed": "通过",
    "rejected": "未通过",
    "no_quorum": "未通过",
    "undetermined": "未能确定",
}
_FAILED = {
    "quorum.heads": "参与人数不够",
    "quorum.area": "参与面积不够",
    "approval.heads": "同意人数不够",
    "approval.area": "同意面积不够",
    "requires": "须同时通过的事项没有通过",
}


def render_resolution(facts: ResolutionFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, the count (``tally.json``) first."""
    return rendering.render(
        "resolution.html", _context(facts), facts=facts, attachments=attachments
    )


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    part: Count
    whole: Count


@dataclass(frozen=True, slots=True)
class _Row:
    motion: MotionResult
    matter: str
    condition: str
    lines: tuple[_Line, ...]
    verdict: str
    because: str
    margin: str


def _context(facts: ResolutionFacts) -> dict[str, object]:
    passed = any(motion.verdict == "passed" for motion in facts.motions)
    return {
        "rows": motion_rows(facts),
        "decisions": [_decision(motion) for motion in facts.motions],
        "passed": passed,
        "secrecy": _secrecy(facts) + _letters(facts),
        "witnesses": _witnesses(facts),
        "opening": _opening(facts),
        "stamp_place": (
            "相关业主代表或者业主委员会（盖章、签名）"
            if facts.partial_scope
            else "业主大会或者业主委员会（盖章）　负责人（签名）"
        ),
    }


def motion_rows(facts: ResolutionFacts) -> list[_Row]:
    """Every motion as resolution and preliminary result print it."""
    return [_row(motion, facts) for motion in facts.motions]


def _row(motion: MotionResult, facts: ResolutionFacts) -> _Row:
    item = numeral(motion.matter)
    return _Row(
        motion=motion,
        matter=f"属于民法典第二百七十八条第一款第（{item}）项：{motion.matter_title}",
        condition=_condition(motion, facts.quorum),
        lines=_lines(motion, facts.roll),
        verdict=_VERDICTS[motion.verdict],
        because=_because(motion, facts.quorum),
        margin=f"差额：{motion.margin}" if motion.margin else "",
    )


def _lines(motion: MotionResult, roll: Count) -> tuple[_Line, ...]:
    label = "实际参与" if motion.deemed else "参与表决"
    first = _Line(label, motion.participating, roll)
    return (first, *_answers(motion), *_deemed(motion, roll))


def _deemed(motion: MotionResult, roll: Count) -> tuple[_Line, ...]:
    """Apart from the ballots (rules EV), and what both come to, on which the verdict rests."""
    if motion.deemed is None:
        return ()
    side, silent = motion.deemed
    together = Count(
        motion.participating.heads + silent.heads, motion.participating.area + silent.area
    )
    return (
        _Line(f"没表态，按规则算{side}", silent, roll),
        _Line("合计参与", together, roll),
    )


def _answers(motion: MotionResult) -> list[_Line]:
    if motion.candidates:
        return [
            _Line(
                f"{candidate.name}（{candidate.state}）",
                candidate.votes,
                motion.participating,
            )
            for candidate in motion.candidates
        ]
    return [
        _Line("同意", motion.votes_for, motion.participating),
        _Line("反对", motion.against, motion.participating),
        _Line("弃权", motion.abstain, motion.participating),
    ]


def _fraction(quorum: tuple[int, int]) -> str:
    return _FRACTIONS.get(quorum, f"{quorum[1]}分之{quorum[0]}")


def _condition(motion: MotionResult, quorum: tuple[int, int]) -> str:
    whom = "候选人得到参与者中" if motion.candidates else "参与者中"
    needed = (
        f"{whom}人数和面积都达到四分之三以上的同意"
        if motion.approval == "3/4"
        else f"{whom}人数和面积都过半数的同意"
    )
    also = "".join(f"；第{numeral(each)}项也须通过" for each in motion.requires)
    seats = f"；应选 {motion.seats} 人" if motion.seats else ""
    if motion.ranking:
        seats += f"；超过应选人数时按引用的规则排名（{motion.ranking}）"
    elif motion.seats:
        seats += "；没有引用排名规则"
    return f"参与的人数和面积都达到{_fraction(quorum)}以上，并且{needed}{seats}{also}"


def _because(motion: MotionResult, quorum: tuple[int, int]) -> str:
    if motion.verdict == "undetermined":
        return "（计票以后裁定排除的票足以左右结论，这些票没有打开）。"
    if motion.verdict != motion.result:
        return "（计票以后裁定排除了一些票，不论这些票选了什么，结论都是这样）。"
    if motion.result == "passed":
        return "。"
    reasons = "，".join(_FAILED[each] for each in motion.failed)
    if motion.result == "no_quorum":
        return f"（没有达到{_fraction(quorum)}以上参与：{reasons}）。"
    return f"（{reasons}）。"


def _decision(motion: MotionResult) -> str:
    head = f"{motion.position}. {motion.title}："
    if motion.verdict == "undetermined":
        return f"{head}未能确定，没有形成决定；由业主另行表决，或者由人民法院认定。"
    if motion.verdict != "passed":
        return f"{head}未通过。{motion.unmet}{motion.decision}"
    if motion.candidates:
        return f"{head}{motion.decision}"
    return f"{head}通过。{motion.decision}"


def _secrecy(facts: ResolutionFacts) -> str:
    if facts.keys.platform:
        return (
            "开票密钥由平台一方保管：平台从技术上能够读到网上的票。"
            "计票结果附有证明，任何人都可以用公开的数据复核。"
        )
    names = "、".join(facts.keys.names)
    server = facts.ballots.by_server
    also = f"其中由服务器代为加密的 {server} 张，平台在加密以前能够读到。" if server else ""
    return (
        f"开票密钥由{names}分别保管，{facts.keys.threshold} 人到场才能开票。{also}"
        "计票结果附有证明，任何人都可以用公开的数据复核。"
    )


def _letters(facts: ResolutionFacts) -> str:
    if facts.letters_by:
        return f"通知书由{facts.letters_by}在平台以外制作，平台没有信里的密钥。"
    return "通知书由平台制作：平台从技术上能够看到信里的密钥。"


def _witnesses(facts: ResolutionFacts) -> str:
    if facts.witnesses is None:
        return ""
    needed, names = facts.witnesses.needed, facts.witnesses.names
    who = "、".join(names)
    if len(names) < needed:
        came = f"有 {len(names)} 家（{who}）" if names else "一家也没有"
        return (
            f"未经见证：本次要求至少 {needed} 家机构见证截止时的公告板，"
            f"到出具本文件时作了见证的{came}。"
        )
    return f"截止时的公告板由{who}见证，此前没有改写过。" if names else ""


def _opening(facts: ResolutionFacts) -> str:
    if facts.opening_policy == "named":
        return (
            "本次是记名表决：公布结果以后逐票开票，业主可以查本人的票，监票人、街道办事处"
            "写明理由、留下记录才能查，人民法院依法可以查；"
            "其他业主、组织者和物业服务企业不能查。"
        )
    return (
        "本次只公布总数，不公开任何一张票的意见；人民法院依法要求的，"
        "只向法院打开指明的那一张，并记入公告板。"
    )
