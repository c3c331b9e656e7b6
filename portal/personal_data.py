"""Which tables hold which kinds of personal data: for the impact assessment (PIPL 55, 56).

What is encrypted is asked of the models (`registry.resealing`). What a table holds, a person
has to say: here. tests/portal/test_privacy_papers.py fails where an encrypted column appears
in a table that is not named.
"""

from typing import NamedTuple

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.kinds import KINDS
from registry.resealing import sealed_tables

_N, _D, _P, _R, _M = "name", "document", "phone", "room", "money"
_FILES, _WORDS, _ACCOUNT, _BALLOT = "paper", "words", "account", "ballot"


class Holding(NamedTuple):
    """A table that has an encrypted column: what it is called, what it holds of people.

    No kinds: what is encrypted there is a key or a bank account of no person.
    """

    title: Promise
    kinds: tuple[str, ...]


HOLDINGS: dict[str, Holding] = {
    "registry.owner": Holding(_("业主"), (_N, _D, _P)),
    "registry.rollimport": Holding(_("等确认、可撤销的名册"), (_N, _D, _P, _R)),
    "registry.propertymanagerstaff": Holding(_("物业从业人员"), (_N,)),
    "registry.phonechange": Holding(_("换手机号"), (_P,)),
    "registry.rollproposal": Holding(_("等确认的名册更正"), (_N, _D, _P)),
    "registry.datarequest": Holding(_("业主关于个人信息的请求"), (_WORDS,)),
    "accounts.user": Holding(_("工作人员账号"), (_N, _P, _ACCOUNT)),
    "accounts.message": Holding(_("短信"), (_P,)),
    "accounts.signin": Holding(_("登录的浏览器"), (_ACCOUNT,)),
    "accounts.legalhold": Holding(_("依法保全的依据"), (_WORDS,)),
    "accounts.incident": Holding(_("个人信息安全事件"), ()),
    "accounts.incidentstep": Holding(_("事件处置的各步"), ()),
    "voting.party": Holding(_("冻结名册里的各户"), (_N, _P, _D, _R, _BALLOT)),
    "voting.candidate": Holding(_("候选人"), (_N, _R, _FILES)),
    "voting.groupmember": Holding(_("筹备组、换届小组成员"), (_N,)),
    "voting.supervisor": Holding(_("监督人员"), (_N,)),
    "voting.proxy": Holding(_("委托"), (_N, _P, _FILES)),
    "voting.assistance": Holding(_("协助投票"), (_N, _FILES)),
    "voting.transfer": Holding(_("房屋转让的通知书"), (_N, _D, _FILES)),
    "voting.objection": Holding(_("异议"), (_N, _P, _WORDS, _FILES)),
    "voting.ruling": Holding(_("不计入的裁定"), (_WORDS, _FILES)),
    "voting.recusal": Holding(_("回避"), (_WORDS,)),
    "voting.look": Holding(_("查看记名票的理由"), (_WORDS,)),
    "voting.courtorder": Holding(_("法院文书"), (_FILES,)),
    "voting.openedline": Holding(_("打开的记名票"), (_BALLOT,)),
    "voting.paperballot": Holding(_("纸质票扫描件"), (_BALLOT,)),
    "voting.paperreading": Holding(_("录入的纸质票"), (_BALLOT,)),
    "voting.paperruling": Holding(_("重复纸质票的决定"), (_WORDS, _FILES)),
    "voting.deliverymark": Holding(_("送达情况"), (_WORDS,)),
    "voting.deliveryevidence": Holding(_("送达证据"), (_FILES,)),
    "voting.keylot": Holding(_("抽签名单"), (_N, _R)),
    "voting.election": Holding(_("抽签的秘密数"), ()),
    "voting.trusteekey": Holding(_("平台的开票钥匙"), ()),
    "voting.basis": Holding(_("召集依据"), (_FILES,)),
    "voting.filingpaper": Holding(_("备案材料"), (_FILES,)),
    "voting.reviewcomment": Holding(_("审查意见"), (_WORDS,)),
    "voting.standingevent": Holding(_("决定效力变化的文书"), (_FILES,)),
    "documents.posting": Holding(_("张贴"), (_N,)),
    "documents.postingphoto": Holding(_("张贴照片"), (_FILES,)),
    "documents.sealcustody": Holding(_("印章保管"), (_N,)),
    "documents.sealuse": Holding(_("用印"), (_N,)),
    "documents.stampedcopy": Holding(_("盖章扫描件"), (_FILES,)),
    "funds.specialaccount": Holding(_("专户账号"), ()),
    "funds.fundfile": Holding(_("资金文件"), (_R, _M)),
    "funds.fundapplication": Holding(_("收款账号"), (_M,)),
    "funds.releaselist": Holding(_("拨付清单"), (_M,)),
    "funds.quote": Holding(_("报价单位的法定代表人和电话"), (_N, _P)),
    "funds.repairfile": Holding(_("维修材料"), (_FILES,)),
    "funds.repairobjection": Holding(_("对应急维修的异议"), (_R, _WORDS)),
    "funds.emergencyfinding": Holding(_("现场认定的在场人"), (_N,)),
    "disclosures.holding": Holding(_("公共收益账户"), ()),
    "disclosures.paperpage": Holding(_("凭证"), (_FILES,)),
    "committees.member": Holding(_("委员"), (_N,)),
    "committees.nominee": Holding(_("提名人选"), (_N,)),
    "committees.partyanswer": Holding(_("党员身份（本人同意）"), ("party",)),
    "committees.explanation": Holding(_("党员比例的说明"), (_WORDS,)),
    "committees.breach": Holding(_("负面清单举报"), (_N, _WORDS)),
    "committees.breachstep": Holding(_("举报的办理"), (_WORDS,)),
    "committees.estaterecord": Holding(_("台账里的项目负责人"), (_N, _P)),
    "committees.registerimport": Holding(_("等确认的登记表"), (_N, _P)),
    "committees.problem": Holding(_("问题的报告人"), (_N,)),
    "committees.problemstep": Holding(_("整改的报告人"), (_N, _WORDS)),
    "committees.problempage": Holding(_("整改照片"), (_FILES,)),
    "committees.dutydone": Holding(_("履职登记的说明"), (_WORDS,)),
    "committees.dutystrike": Holding(_("剔除履职登记的理由"), (_WORDS,)),
    "committees.evidence": Holding(_("履职佐证"), (_FILES,)),
    "committees.evidencepage": Holding(_("组建、履职材料"), (_FILES,)),
    "committees.filed": Holding(_("备案的备注"), (_WORDS,)),
    "committees.formation": Holding(_("组建结束的原因"), (_WORDS,)),
    "committees.reached": Holding(_("组建各阶段的备注"), (_WORDS,)),
    "committees.inquiryreply": Holding(_("部门联审答复"), (_N, _WORDS)),
    "committees.itemstate": Holding(_("移交的备注"), (_WORDS,)),
    "committees.occasion": Holding(_("履职事由"), (_WORDS,)),
}
# What is about people and is not encrypted, and why.
CLEAR: tuple[tuple[Promise, tuple[str, ...], Promise], ...] = (
    (_("房屋、产权（房号、面积、起止日期）"), (_R,), _("计票、分摊要按它计算；没有姓名")),
    (_("工作人员的用户名、称呼"), (_N, _ACCOUNT), _("登录和显示经办人要用")),
    (_("登录记录里的设备名、前半段地址"), (_ACCOUNT,), _("让本人认出自己的登录；184天后删除")),
    (_("分户账的金额"), (_M,), _("总账要能随时核对；按房屋，没有姓名")),
    (_("手机号、证件号码的哈希（加钥匙）"), (_P, _D), _("不解密就能查找；没有钥匙推不出号码")),
    (_("业主的提问和反映"), (_R, _WORDS), _("答复时公开；公开前由工作人员遮盖写到人的字")),
    (_("表决公告板"), (_BALLOT,), _("公开核对；选择已加密，只有户的编号")),
)


class Sealed(NamedTuple):
    """A table with encrypted columns, as the models have it today."""

    title: str
    kinds: list[str]
    sensitive: bool
    columns: list[str]
    rows: int


def sealed_holdings() -> list[Sealed]:
    """Every table that holds personal data encrypted, and how many rows it has; those with
    sensitive data first."""
    found = []
    for table in sealed_tables():
        held = HOLDINGS.get(table.label)
        if held is not None and not held.kinds:
            continue
        kinds = held.kinds if held else ()
        found.append(
            Sealed(
                str(held.title) if held else table.label,
                list(kinds),
                any(KINDS[kind].sensitive for kind in kinds),
                [column.name for column in table.columns],
                apps.get_model(table.label)._default_manager.count(),
            )
        )
    return sorted(found, key=lambda one: not one.sensitive)
