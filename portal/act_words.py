"""What every act in the logs is called, for people who read them.

The words of each act that `record_act` writes; those of a repair are the steps of its history
(`portal.templatetags.emergencies`). tests/portal/test_act_words.py reads the code and fails
where an act has none.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.act_words_committees import COMMITTEE_ACTS
from portal.act_words_money import MONEY_ACTS
from portal.act_words_voting import VOTING_ACTS
from portal.templatetags.emergencies import step_name

_REPAIR = "repair."
ACT_WORDS: dict[str, Promise] = {
    # accounts
    "end_session": _("结束自己的一处登录"),
    "end_sessions": _("结束自己的其他登录"),
    "invite_user": _("建立账号"),
    "make_operator": _("设立平台管理员"),
    "deactivate_user": _("停用账号"),
    "grant_role": _("授权"),
    "confirm_grant": _("确认授权"),
    "decline_grant": _("不同意授权"),
    "revoke_role": _("撤销授权"),
    "forget_password": _("本人重设密码"),
    "ask_reset": _("申请重置登录方式"),
    "confirm_reset": _("确认重置登录方式"),
    "withdraw_reset": _("撤回重置登录方式的申请"),
    "break_glass": _("管理员用本地账号应急登录"),
    "looking.began": _("开始查看别人的页面"),
    "looking.ended": _("结束查看别人的页面"),
    "looking.refused": _("查看别人的页面时，操作被拒绝"),
    "hold.set": _("设置依法保全"),
    "hold.lifted": _("解除依法保全"),
    "incident.recorded": _("登记个人信息安全事件"),
    "incident.step": _("登记事件处置的一步"),
    "incident.notice_proposed": _("写好给个人的事件通知"),
    "incident.notice_withdrawn": _("撤回给个人的事件通知"),
    "incident.notice_confirmed": _("确认给个人的事件通知，发短信"),
    "incident.notice_queued": _("事件通知的短信全部排队"),
    "incident.list_taken": _("下载要书面通知的业主名单"),
    "incident.told_by_letter": _("登记已经书面通知"),
    # portal
    "keys.rotated": _("更换加密钥匙"),
    "retention.ended": _("期满清理"),
    "log.exported": _("导出操作记录，供审计"),
    # registry
    "divisions-loaded": _("导入行政区划"),
    "authorities-loaded": _("导入机构"),
    "authority-created": _("新增机构"),
    "authority-ended": _("机构撤销"),
    "authority-phone": _("修改机构电话"),
    "estate-founded": _("建立小区"),
    "profiles-loaded": _("导入规则表"),
    "profile-value-confirmed": _("确认规则表里的一个值"),
    "roll-previewed": _("上传名册，等确认"),
    "roll-columns-mapped": _("对应名册的列"),
    "roll-cells-corrected": _("改正名册里的格子"),
    "roll-imported": _("名册导入"),
    "roll-import-undone": _("撤销名册导入"),
    "roll-undo-erased": _("清空撤销名册导入所需的内容"),
    "roll-dropped": _("放弃上传的名册"),
    "roll-change-proposed": _("录入名册的更正，等第二人确认"),
    "roll-change-confirmed": _("确认别人录入的名册更正"),
    "roll-change-dropped": _("没有采用名册的更正"),
    "roll-examined": _("重新检查名册"),
    "findings-waived": _("名册问题经说明放行"),
    "verification-asked": _("导出待核验清单"),
    "verification-answered": _("导入核验结果"),
    "manager-staff-added": _("登记物业从业人员"),
    "manager-staff-removed": _("删除物业从业人员"),
    "title-transferred": _("登记产权转移"),
    "voter-chosen": _("登记由谁行使表决权"),
    "roll-owners-changed": _("导入名册，写入或者改动了这些业主的信息"),
    "owners-shown": _("看了姓名、证件号码和手机号"),
    "phone-asked": _("本人申请换手机号"),
    "phone-proposed": _("录入业主的新手机号"),
    "phone-confirmed": _("确认业主的新手机号"),
    "phone-stopped": _("停止更换手机号"),
    "phone-changed": _("业主的新手机号生效"),
    "roll-taken": _("下载完整的名册"),
    "roll-taken-masked": _("下载遮盖的名册"),
    "numbers-shown": _("看业主的证件号码，为了确认"),
    "numbers-confirmed": _("确认业主的证件号码"),
    "request-made": _("业主对个人信息提出请求"),
    "request-answered": _("答复关于个人信息的请求"),
    "area-set": _("改正房屋面积"),
    # documents
    "seal.registered": _("登记印章"),
    "seal.handed_over": _("印章交接"),
    "seal.used": _("登记用印"),
    "stamped_copy.uploaded": _("上传盖章扫描件"),
    "stamped_copy.confirmed": _("确认盖章扫描件"),
    "stamped_copy.declined": _("退回盖章扫描件"),
    "posting_place.added": _("新增张贴地点"),
    "posting_place.retired": _("停用张贴地点"),
    "paper.posted": _("登记张贴"),
    "paper.photographed": _("补充张贴照片"),
    "paper.taken_down": _("登记取下"),
    **VOTING_ACTS,
    **MONEY_ACTS,
    **COMMITTEE_ACTS,
}


def act_words(act: str) -> str:
    """An act in the reader's language; one from before or after this program keeps its code."""
    if act.startswith(_REPAIR):
        return gettext("维修：%(step)s") % {"step": step_name(act.removeprefix(_REPAIR))}
    return str(ACT_WORDS.get(act, act))
