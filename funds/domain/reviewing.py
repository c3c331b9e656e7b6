"""Who looks at an application for the fund, in which order, and what each has to check.

By custody: 代管, the department decides (165号令 art. 22); 自管, the committee decides, files
and notifies the bank (art. 23); 公房, the selling organisation consents first (art. 11).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.reasons import Reason


class Check(NamedTuple):
    """One question of the checklist; `article` is what it rests on."""

    code: str
    text: str
    article: str


CHECKS = (
    Check(
        "decision",
        "有业主的决定（或应急认定和决定），针对这一范围和这一版方案",
        "民法典第278、281条",
    ),
    Check("scope", "决定的业主就是受益和分摊的业主", "民法典第283条；第165号令第19条"),
    Check(
        "warranty",
        "保修期已满，用于共用部位、共用设施设备的维修和更新、改造",
        "第165号令第18条",
    ),
    Check("exclusions", "不属于不得列支的四种费用", "第165号令第25条"),
    Check(
        "budget",
        "预算有依据：三家报价或者说明，金额没有超过决定",
        "民法典第278条；第165号令第22条",
    ),
    Check("contract", "合同的对方、金额和收款账户一致", "第165号令第22、23条"),
    Check(
        "shares",
        "分摊到每一户，合计和申请金额相等，不足的记为欠缴",
        "民法典第283条；第165号令第20、21条",
    ),
    Check("published", "方案和分摊已经向业主公布", "民法典第281条第1款"),
)
CODES = tuple(one.code for one in CHECKS)


class Answer(NamedTuple):
    """What a reviewer says of one check; a "no" has its reason."""

    ok: bool
    note: str = ""


def steps_for(
    custody: str, kind: str, *, first_steps: Sequence[str], two_people: bool
) -> list[str]:
    """The desks an application passes, in order.

    Args:
        custody: agency | self | public.
        kind: of the repair; an emergency was found on site and skips the street's check.
        first_steps: the profile's steps under 代管.
        two_people: the amount is above the one from which a second person signs.

    Raises:
        ValueError: for another custody.
    """
    if custody == "self":
        return ["committee", "committee_second"] if two_people else ["committee"]
    if custody == "public":
        steps = ["seller", "bureau"]
    elif custody == "agency":
        steps = [one for one in first_steps if one != "street" or kind != "emergency"]
    else:
        raise ValueError(f"no custody called {custody}")
    return [*steps, "second"] if two_people else steps


def next_step(steps: Sequence[str], passed: Sequence[str]) -> str | None:
    """The first desk that has not passed it yet; None where all have."""
    return next((one for one in steps if one not in passed), None)


def answer_reasons(answers: Mapping[str, Answer], *, returns: bool) -> list[Reason]:
    """What is wrong with a filled-in checklist: all of it at once.

    Every check is answered; each "no" has its reason; it is returned where there is a "no",
    and passed where there is none.
    """
    found = []
    for check in CHECKS:
        answer = answers.get(check.code)
        if answer is None:
            found.append(Reason("review.unanswered", f"请选择：{check.text}", check.code))
        elif not answer.ok and not answer.note.strip():
            sentence = f"请写明哪里不符合：{check.text}"
            found.append(Reason("review.reason", sentence, check.code))
    faults = any(not one.ok for one in answers.values())
    if faults and not returns and not found:
        found.append(Reason("review.outcome", "有不符合的，只能退回", "outcome"))
    if not faults and returns and not found:
        found.append(
            Reason(
                "review.outcome", "全部符合的，不能退回；要退回请写明哪一项不符合", "outcome"
            )
        )
    return found
