"""列支申请: what has to be right before anybody reviews it.

165号令: 《住宅专项维修资金管理办法》（建设部、财政部令第165号）.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from core.reasons import Reason, explains

START, ADVANCE, MILESTONE, FINAL, BALANCE = "start", "advance", "milestone", "final", "balance"
RELIEF = "relief"
PLANNED = (START, ADVANCE, MILESTONE, FINAL)  # in the order they are asked for
# What each is bound to, where the plan does not say it more closely.
CONDITIONS = {
    START: "合同已经签订并且开工",
    ADVANCE: "应急维修已经决定，施工单位进场",
    MILESTONE: "",
    FINAL: "验收合格，结算已经确认",
    BALANCE: "业主已经补足欠缴的部分",
    RELIEF: "结算或者终止以后，多记的欠缴冲减",
}
MOST_STAGES = 12
_ACCOUNT = re.compile(r"[0-9]{8,32}")
_MOST = {"payee": 80, "payee_bank": 80, "contract_firm": 80, "payee_reason": 200}
_LABELS = {
    "payee": "收款单位",
    "payee_bank": "收款单位的开户银行",
    "contract_firm": "合同的施工单位",
    "payee_reason": "收款单位不同的原因",
    "no_audit": "没有造价审核的原因",
    "condition": "付款条件",
}


class Payee(NamedTuple):
    """Who is paid, where. `reason`: why it is not the firm whose quote was chosen."""

    name: str
    bank: str
    account: str
    reason: str = ""


class Stage(NamedTuple):
    """One instalment of a plan."""

    kind: str
    fen: int
    condition: str = ""


class Sought(NamedTuple):
    """What an application asks for. Amounts in fen; `audited_fen` None with its reason."""

    amount_fen: int
    contract_fen: int
    contract_firm: str
    payee: Payee
    plan: Sequence[Stage]
    audited_fen: int | None = None
    no_audit: str = ""


class Limits(NamedTuple):
    """What was decided, and what has been paid on earlier applications, in fen.

    `tolerance`: what may be asked for above the decision without a new one, as a fraction.
    `advance_fen`: what the emergency decision lets out before acceptance. `paid_fen`: borne
    on earlier applications, owed parts included, less what came back.
    """

    decided_fen: int
    tolerance: tuple[int, int]
    chosen_firm: str
    emergency: bool
    advance_fen: int = 0
    paid_fen: int = 0


def turn(kind: str, position: int) -> tuple[int, int]:
    """When a planned instalment is asked for: by its kind first, since one the bank did not pay
    is planned again after the others."""
    return PLANNED.index(kind), position


def account_digits(typed: str) -> str:
    """A bank account's number without blanks and hyphens."""
    return re.sub(r"[\s-]", "", typed)


def needs_new_decision(amount_fen: int, decided_fen: int, tolerance: tuple[int, int]) -> bool:
    """Whether an amount is more than the decision carries; by cross-multiplication."""
    num, den = tolerance
    return (amount_fen - decided_fen) * den > decided_fen * num


def application_reasons(sought: Sought, limits: Limits) -> list[Reason]:
    """Everything wrong with what is asked for."""
    return [
        *_amount_reasons(sought, limits),
        *_payee_reasons(sought, limits),
        *plan_reasons(sought.plan, sought.amount_fen, limits),
    ]


def _amount_reasons(sought: Sought, limits: Limits) -> list[Reason]:
    found = []
    amount, contract, audited = sought.amount_fen, sought.contract_fen, sought.audited_fen
    if amount <= 0:
        found.append(Reason("application.amount", "申请金额要大于零", "amount"))
    elif needs_new_decision(amount, limits.decided_fen, limits.tolerance):
        found.append(
            Reason(
                "application.over_decision",
                "申请金额超过决定的预算，要先按新的预算重新决定",
                "amount",
            )
        )
    if contract <= 0:
        found.append(Reason("application.contract", "请填写合同金额", "contract"))
    elif amount > contract:
        found.append(Reason("application.over_contract", "申请金额不能超过合同金额", "amount"))
    if audited is None:
        if not explains(sought.no_audit):
            sentence = "请填写造价审核的金额，没有做造价审核的要写明原因，至少4个字"
            found.append(Reason("application.audit", sentence, "no_audit"))
        found += _length("no_audit", sought.no_audit, 200)
    elif audited <= 0 or amount > audited:
        found.append(
            Reason("application.over_audit", "申请金额不能超过造价审核的金额", "amount")
        )
    return found


def _payee_reasons(sought: Sought, limits: Limits) -> list[Reason]:
    found = []
    payee = sought.payee
    for field, text in (
        ("contract_firm", sought.contract_firm),
        ("payee", payee.name),
        ("payee_bank", payee.bank),
    ):
        if not text.strip():
            found.append(Reason("application.missing", f"请填写{_LABELS[field]}", field))
        found += _length(field, text, _MOST[field])
    found += _length("payee_reason", payee.reason, _MOST["payee_reason"])
    if not _ACCOUNT.fullmatch(account_digits(payee.account)):
        sentence = "收款账号应为 8 到 32 位数字"
        found.append(Reason("application.account", sentence, "payee_account"))
    firm = sought.contract_firm.strip()
    if payee.name.strip() and firm and payee.name.strip() != firm:
        sentence = "收款单位要和合同的施工单位一致"
        found.append(Reason("application.payee", sentence, "payee"))
    chosen = limits.chosen_firm
    # An emergency is often repaired without quotes; an ordinary repair had one chosen.
    if (chosen or not limits.emergency) and firm != chosen and not explains(payee.reason):
        sentence = "施工单位不是报价选定的单位，请写明原因，至少4个字"
        found.append(Reason("application.firm", sentence, "payee_reason"))
    return found


def plan_reasons(plan: Sequence[Stage], amount_fen: int, limits: Limits) -> list[Reason]:
    """What is wrong with the instalments: they are the amount, the last after acceptance."""
    if not plan:
        return [Reason("plan.empty", "请写明分几期付款，每期多少", "plan")]
    found = [*_stage_reasons(plan), *_sum_reasons(plan, amount_fen, limits)]
    return list(dict.fromkeys(found))


def _stage_reasons(plan: Sequence[Stage]) -> list[Reason]:
    found = []
    kinds = [one.kind for one in plan]
    if len(plan) > MOST_STAGES:
        found.append(Reason("plan.many", f"最多分{MOST_STAGES}期", "plan"))
    if not set(kinds) <= set(PLANNED):
        found.append(Reason("plan.kind", "请选择每一期是哪一种款", "plan"))
    if any(one.fen <= 0 for one in plan):
        found.append(Reason("plan.fen", "每一期的金额都要大于零", "plan"))
    if kinds.count(FINAL) != 1 or kinds[-1] != FINAL:
        sentence = "最后一期要是尾款，并且只有一期：验收合格、结算确认以后才付"
        found.append(Reason("plan.final", sentence, "plan"))
    if kinds.count(START) > 1:
        found.append(Reason("plan.start", "开工款只能有一期", "plan"))
    if any(one.kind == MILESTONE and not one.condition.strip() for one in plan):
        sentence = "进度款要写明到什么进度、凭什么付"
        found.append(Reason("plan.condition", sentence, "plan"))
    for one in plan:
        found += _length("condition", one.condition, 200, "plan")
    return found


def _sum_reasons(plan: Sequence[Stage], amount_fen: int, limits: Limits) -> list[Reason]:
    found = []
    if sum(one.fen for one in plan) != amount_fen - limits.paid_fen:
        sentence = "各期的合计要等于申请金额，一分不差"
        if limits.paid_fen:
            sentence = "各期的合计要等于申请金额减去已经付的金额，一分不差"
        found.append(Reason("plan.sum", sentence, "plan"))
    advance = sum(one.fen for one in plan if one.kind == ADVANCE)
    if advance and not limits.emergency:
        found.append(Reason("plan.advance", "只有应急维修可以预拨", "plan"))
    # Whatever it is called: nothing else leaves for an emergency before acceptance.
    before = sum(one.fen for one in plan if one.kind != FINAL)
    if limits.emergency and before and before + limits.paid_fen > limits.advance_fen:
        sentence = "预拨的金额超过应急决定允许的数额"
        found.append(Reason("plan.advance", sentence, "plan"))
    return found


def _length(field: str, text: str, most: int, where: str = "") -> list[Reason]:
    found = []
    if len(text) > most:
        sentence = f"{_LABELS[field]}最多{most}个字"
        found.append(Reason("application.long", sentence, where or field))
    if not text.isprintable():
        sentence = f"{_LABELS[field]}里有不能显示的字符"
        found.append(Reason("application.text", sentence, where or field))
    return found
