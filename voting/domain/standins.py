"""Who may stand in for an owner: agents by written authority, assistants before witnesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voting.domain.reasons import Reason

FREE, INSTRUCTED = "free", "instructed"
MAX_NAME = 40
_MAX_REFERENCE = 60


@dataclass(frozen=True, kw_only=True)
class Authority:
    """What a 委托书 says. Of instructions only that there are some, never what they say.

    `motions`: positions of the motions it is for. `phone`: eleven digits or "".
    """

    agent: str
    phone: str
    motions: tuple[int, ...]
    powers: str
    signed_on: date | None
    until: date | None
    by_owner: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an authority is weighed against; days are days in Shanghai."""

    today: date
    closes_on: date
    motions: tuple[int, ...]
    voted: bool
    over: bool
    has_agent: bool  # another authority of this party is in force or waiting
    principals: int  # other parties of this session whose agent has that phone
    most: int | None  # proxy_max of the frozen profile
    is_manager_staff: bool
    is_principal: bool  # the phone is the party's own


def authority_reasons(authority: Authority, standing: Standing) -> list[Reason]:
    """Everything that stands against an authority, at once."""
    return [
        *_written(authority, standing),
        *_barred(standing),
        *_too_late(authority, standing),
    ]


def _written(authority: Authority, standing: Standing) -> list[Reason]:
    """Civil Code 165: agent, matter, powers, period, and the principal's signature."""
    found = []
    if not authority.agent.strip():
        found.append(Reason("proxy.agent", "请写明受托人姓名（民法典第一百六十五条）", "agent"))
    elif len(authority.agent) > MAX_NAME or any(one < " " for one in authority.agent):
        found.append(Reason("proxy.agent", f"受托人姓名最多{MAX_NAME}个字", "agent"))
    if not authority.phone:
        found.append(Reason("proxy.phone", "请填写受托人的手机号，投票时要收验证码", "phone"))
    if not authority.motions or not set(authority.motions) <= set(standing.motions):
        found.append(
            Reason("proxy.matter", "请写明委托表决哪些事项（民法典第一百六十五条）", "motions")
        )
    if authority.powers not in (FREE, INSTRUCTED):
        found.append(
            Reason("proxy.powers", "请写明受托人的权限（民法典第一百六十五条）", "powers")
        )
    if authority.signed_on is None:
        found.append(Reason("proxy.signed", "请写明签署日期", "signed_on"))
    if authority.until is None:
        found.append(
            Reason("proxy.period", "请写明委托到哪一天为止（民法典第一百六十五条）", "until")
        )
    if not authority.by_owner:
        # Civil Code 169: an agent hands nothing on without the principal's consent.
        found.append(
            Reason(
                "proxy.by_owner",
                "委托书要由业主本人签名或者盖章；受托人不能再转委托别人",
                "by_owner",
            )
        )
    return found


def _barred(standing: Standing) -> list[Reason]:
    found = []
    if standing.is_manager_staff:
        found.append(
            Reason("proxy.manager", "受托人是物业服务企业的工作人员，不能接受委托", "agent")
        )
    if standing.is_principal:
        found.append(Reason("proxy.self", "受托人的手机号就是业主自己的，不用委托", "phone"))
    if standing.most is not None and standing.principals >= standing.most:
        sentence = f"这位受托人已经接受{standing.principals}名业主委托，最多{standing.most}名"
        found.append(Reason("proxy.too_many", sentence, "phone"))
    return found


def _too_late(authority: Authority, standing: Standing) -> list[Reason]:
    found = []
    if standing.has_agent:
        found.append(Reason("proxy.another", "这一户已经有委托，先撤销原来的再办"))
    if standing.voted:
        found.append(Reason("proxy.voted", "这一户已经投票，委托应当在投票以前"))
    if standing.over:
        found.append(Reason("proxy.over", "投票已经截止，不能再委托"))
    if authority.signed_on is not None and authority.signed_on > standing.today:
        found.append(Reason("proxy.future", "签署日期还没有到，请核对委托书", "signed_on"))
    if authority.until is not None and authority.until < standing.today:
        found.append(Reason("proxy.ended", "委托的期限已经过了", "until"))
    if (
        authority.until is not None
        and authority.signed_on is not None
        and authority.until < authority.signed_on
    ):
        found.append(Reason("proxy.period", "委托的期限在签署日期以前，请核对", "until"))
    return found


def assistance_reasons(
    *,
    method: str,
    witnesses: Sequence[str],
    present: bool,
    reference: str,
    barred: Sequence[str],
    has_phone: bool,
    has_document: bool,
) -> list[Reason]:
    """What stands against operating for an owner (代操作) before these two witnesses.

    `barred`: of the witnesses, who works for the property manager, stands for election or
    operates the device.
    """
    found = []
    names = [name.strip() for name in witnesses]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        found.append(Reason("assist.witnesses", "请填写两位不同的见证人", "first"))
    if any(len(name) > MAX_NAME for name in names):
        found.append(Reason("assist.name", f"见证人姓名最多{MAX_NAME}个字", "first"))
    found += [
        Reason(
            "assist.barred",
            f"{name}不能做见证人：物业工作人员、候选人和操作的人都不行",
            "first",
        )
        for name in dict.fromkeys(barred)
    ]
    if not present:
        found.append(Reason("assist.present", "两位见证人要全程在场，请确认", "present"))
    if method not in ("home", "phone"):
        found.append(Reason("assist.method", "请选择在业主家里还是电话里", "method"))
    if method == "phone":
        if not has_phone:
            found.append(
                Reason("assist.no_phone", "名册上没有这一户的手机号，不能电话办理", "method")
            )
        if not reference.strip():
            found.append(Reason("assist.reference", "电话办理请填写录音编号", "reference"))
    elif not has_phone and not has_document:
        found.append(
            Reason("assist.no_check", "名册上没有手机号也没有证件号码，不能代操作，请用纸质票")
        )
    if len(reference) > _MAX_REFERENCE:
        found.append(
            Reason("assist.reference", f"录音编号最多{_MAX_REFERENCE}个字", "reference")
        )
    return found
