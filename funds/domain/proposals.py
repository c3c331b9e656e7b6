"""The motion a version becomes: its words, made from what was frozen and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.exact import format_yuan
from funds.domain.repairs import PARTS

MATTER = 5  # Civil Code 278: 使用建筑物及其附属设施的维修资金
_TITLE = 120
_BASES = {"area": "按各户的建筑面积分摊，分到分为止", "agreed": "按业主的约定分摊"}


def motion_title(title: str) -> str:
    """What is asked, in one line."""
    return f"使用维修资金：{title}"[:_TITLE]


def motion_text(facts: Mapping[str, Any], *, scope: str, mark: str) -> str:
    """The question in plain words.

    Args:
        facts: a version's content, as `funds.steps` writes it.
        scope: who decides and pays, in words.
        mark: the version's fingerprint. It stands in the text, and the text in the manifest
            of the vote, so that a vote is about one version only.
    """
    lines = [
        f"是否同意使用维修资金维修{PARTS.get(facts['part'], facts['part'])}"
        f"（{facts['place']}）？",
        f"问题：{facts['fault']}",
        f"方案：{facts['plan']}",
        f"预算：{format_yuan(facts['budget_fen'])}元",
        *_quotes(facts["quotes"]),
        *(f"{label}：{facts[name]}" for label, name in _NOTES if facts.get(name)),
        f"分摊：{scope}，共{len(facts['units'])}户，{_sellers(facts)}"
        f"{_BASES[facts['share_basis']]}"
        + (f"（{facts['share_clause']}）" if facts["share_clause"] else ""),
        f"方案第{facts['version']}版，指纹 {mark}",
    ]
    return "\n".join(lines)


def _sellers(facts: Mapping[str, Any]) -> str:
    """What selling organisations of sold public housing bear, before what owners share."""
    found = facts.get("sellers", [])
    if not found:
        return ""
    borne = "，".join(f"{one['label']}承担{format_yuan(one['share_fen'])}元" for one in found)
    rest = facts["budget_fen"] - sum(one["share_fen"] for one in found)
    ratio = "；".join(
        f"{one['organisation']}：业主交存{format_yuan(one['owners_fen'])}元，"
        f"售房单位交存{format_yuan(one['seller_fen'])}元"
        for one in facts["deposits"]
    )
    return (
        f"售后公房按交存的维修资金的比例（{ratio}），{borne}，各户共承担{format_yuan(rest)}元，"
    )


_NOTES = (("预算和报价不同的原因", "budget_note"), ("报价不够的原因", "few_quotes"))


def _quotes(quotes: Sequence[Mapping[str, Any]]) -> list[str]:
    if not quotes:
        return []
    said = [
        f"{one['firm']} {format_yuan(one['fen'])}元" + ("（选定）" if one["chosen"] else "")
        for one in quotes
    ]
    return [f"报价：{'；'.join(said)}"]
