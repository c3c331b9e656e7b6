"""Sentences of the registers (`committees`), for `portal.sentences`."""

from django.utils.translation import gettext_noop

_ = gettext_noop  # collected for the catalogue, translated in `portal.sentences.said`

REGISTERS = (
    _("第%(n)s列应为“%(wanted)s”，文件里是“%(given)s”"),
    _("缺少第%(n)s列“%(wanted)s”"),
    _("多出一列“%(given)s”，请删去"),
    _("表头下面没有内容"),
    _("“%(name)s”最多%(most)s个字"),
    _("没有填“%(name)s”"),
    _("“%(given)s”不在代码表里，请填：%(choices)s"),
    _("物业费收缴率不能超过百分之百"),
    _("“%(given)s”不是百分数，请写成 85.3 这样"),
    _("没有找到“%(place)s”这个地方"),
    _("没有找到“%(place)s”这个地方；最接近的是：%(near)s"),
    _("“%(place)s”要写到社区（村）"),
    _("“%(place)s”不在您的辖区"),
    _("和第%(n)s行是同一个物业管理区域"),
    _("这个社区有%(n)s个“%(name)s”，请在小区名称里分清楚"),
    _("“%(name)s”登记在%(place)s；确实划转了的，请先办划转，再填台账"),
    _("这里登记有%(kind)s（%(day)s成立），台账填的是%(told)s；请先办终止或者换届"),
    _("台账的日期不能晚于今天，也不能早于2000年"),
    _("请写明填报单位（最多80个字）"),
    _("台账里还有错误，改好以后重新上传"),
    _("这份台账已经写入或者放弃，请重新上传"),
    _("专业化物业服务"),
    _("社区统管"),
    _("单位代管"),
    _("居民自管"),
    _("无物管"),
    _("其它形态"),
    _("物业管理委员会"),
    _("未成立"),
    _("只有已经结束的月份才有月末数据"),
)
