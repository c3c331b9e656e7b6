"""What everybody is told about their data (PIPL 17), and what could go wrong (56)."""

from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

RISKS: tuple[tuple[Promise, Promise], ...] = (
    (
        gettext_lazy("数据库或者备份被盗"),
        gettext_lazy("没有钥匙读不出姓名、号码；房号和面积看得到"),
    ),
    (gettext_lazy("服务器和钥匙一起被盗"), gettext_lazy("名册、文件可能泄露，遭受诈骗、骚扰")),
    (gettext_lazy("工作人员越权查看、导出名册"), gettext_lazy("个人信息被用于别的目的")),
    (gettext_lazy("选择被别人知道"), gettext_lazy("影响自愿表决和邻里关系")),
    (gettext_lazy("名册有误"), gettext_lazy("漏算、错算一户，影响本人的表决权")),
    (gettext_lazy("公开的文件写到人"), gettext_lazy("未经同意公开个人信息")),
)


class Rule(NamedTuple):
    """One thing article 17 wants told. `code`: for tests."""

    code: str
    title: str
    texts: list[str]


def rules() -> list[Rule]:
    """In the order of article 17, then 24, 28 to 30 and 55; in the reader's language."""
    phone = settings.HELP_PHONE
    contact = _("平台的联系电话：%(phone)s。") % {"phone": phone} if phone else ""
    return [
        Rule(
            "who",
            _("谁处理您的个人信息，怎么联系"),
            [
                _(
                    "会议的组织者（业主委员会、筹备组、居民委员会等）是处理者，"
                    "名称和电话印在通知书背面；平台受组织者委托，替它保存和计算。"
                ),
                contact or _("平台没有另外的电话：请打通知书背面组织者的电话，由组织者转告。"),
            ],
        ),
        Rule(
            "purpose",
            _("为什么处理"),
            [
                _("组织业主共同决定事项的表决、计票和存档；"),
                _("维修资金、公共收益的记账和公开；"),
                _("答复您的查询、提问和异议。"),
                _("依据：履行法定职责、法定义务所必需（个人信息保护法13（三）、民法典278）。"),
            ],
        ),
        Rule(
            "method",
            _("怎样处理您的信息"),
            [
                _(
                    "组织者导入名册；平台加密保存，打印通知书，核对身份，发短信，汇总计票，到期删除。"
                ),
                _("没有自动化决策，不向境外提供，不卖给别人。"),
            ],
        ),
        Rule(
            "kinds",
            _("处理哪些个人信息"),
            [
                _("姓名、房号、面积、手机号、证件号码、是否参加表决；您的选择加密保存。"),
                _("委托、异议、提问时您自己写的和上传的。"),
                _(
                    "证件号码是敏感个人信息：用来认出同一个人、防止冒名，非此不能核对；"
                    "泄露可能让人冒用您的身份，所以加密保存，平台管理员看不到。"
                ),
            ],
        ),
        Rule(
            "kept",
            _("保存多久"),
            [
                _("选票至决定公布后5年；小区的规则写得更久或者更短的，以通知书背面为准。"),
                _("其他的到下面表里写的期限为止，期满删除或者清空。"),
            ],
        ),
        Rule(
            "rights",
            _("您的权利，怎样行使"),
            [
                _(
                    "查阅、复制、更正、补充、删除您的信息，要求解释处理规则；同意过的，随时可以撤回。"
                ),
                _("在网上：用名册上的手机号打开“您的个人信息”，看、下载、提出请求，看谁看过。"),
                _(
                    "不上网：向组织者当面、打电话或者书面提出，带上通知书或者身份证件；"
                    "拒绝的，会说明理由。"
                ),
                _("名册写错了，公示期里提异议；有人冒名投票，在投票页面登记“不是我投的”。"),
                _("亲属去世的，近亲属为了自己合法、正当的利益可以提出。"),
                _("不服的，可以向履行个人信息保护职责的部门投诉，或者向人民法院起诉。"),
            ],
        ),
        Rule(
            "told",
            _("发生事件时"),
            [_("发生或者可能发生泄露、篡改、丢失的，我们用短信或者书面通知您。")],
        ),
    ]
