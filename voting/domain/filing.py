"""备案: which papers, and until when.

《物业管理条例》 art. 16: within thirty days from the election. 建房〔2009〕274号 arts. 33-34:
the four kinds of papers; changes are filed again within thirty days. Filing is taking notice:
the office that receives approves nothing.
"""

from collections.abc import Collection, Iterable, Mapping

from core.reasons import Reason
from voting.domain.thresholds import Matter

# 274号 art. 33, in its order.
PAPERS: dict[str, str] = {
    "report": "业主大会成立和业主委员会选举的情况",
    "covenant": "管理规约",
    "rules": "业主大会议事规则",
    "other": "业主大会决定的其他重大事项",
}
_OF_MATTER = {
    Matter.RULES_OF_PROCEDURE: "rules",
    Matter.COVENANT: "covenant",
    Matter.COMMITTEE: "report",
}
FILING_DAYS = 30
# Votes on these matters are looked at when they are over.
MATTERS = tuple(int(matter) for matter in _OF_MATTER)


def papers_needed(passed: Collection[int], *, first: bool) -> list[str]:
    """The papers a session's passed matters make due, in the law's order; none: no duty.

    Args:
        passed: matters (1-9) of the motions that passed.
        first: of the first assembly: covenant and rules are new, all three are filed.
    """
    touched = {_OF_MATTER[Matter(matter)] for matter in passed if matter in _OF_MATTER}
    if first and "report" in touched:
        touched |= {"covenant", "rules"}
    return [paper for paper in PAPERS if paper in touched]


def missing_reasons(needed: Iterable[str], given: Collection[str]) -> list[Reason]:
    """Every paper of the list that is not there, at once."""
    return [
        Reason("filing.missing", f"还缺：{PAPERS[paper]}", paper)
        for paper in needed
        if paper not in given
    ]


def return_reasons(stated: Mapping[str, str], *, most: int = 200) -> list[Reason]:
    """What is wrong with the words of a return: at least one paper, each in a sentence."""
    found = []
    said = {paper: text.strip() for paper, text in stated.items() if text.strip()}
    if not said:
        found.append(Reason("filing.reasons", "请一次写明每一份材料缺什么、哪里要改", "report"))
    found += [
        Reason("filing.reasons", f"每一条最多{most}个字", paper)
        for paper, text in said.items()
        if len(text) > most
    ]
    found += [
        Reason("filing.paper", f"没有“{paper}”这一项", "report")
        for paper in said
        if paper not in PAPERS
    ]
    return found
