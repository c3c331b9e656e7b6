"""The clock of an emergency: in words, and as a bar drawn on the server."""

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now as clock
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from funds.domain.emergencies import PARTIES, Stage, situation_words, time_left
from funds.domain.repairs import DESKS
from funds.models import Emergency, RepairRequest
from portal.sentences import said
from voting.templatetags.owners import when

register = template.Library()

# The drawing's own units; the page scales it.
_WIDTH, _ROW, _HEIGHT = 360, 44, 12
# Every kind of step that funds notes; tests/portal/test_steps_named.py collects them.
# Chinese here, translated where they are shown: the module is read once for all languages.
_STEPS = {
    "emergency.reported": gettext_noop("上报"),
    "emergency.found": gettext_noop("现场认定"),
    "emergency.decided": gettext_noop("决定"),
    "emergency.fell_back": gettext_noop("退回一般维修"),
    "emergency.escalated": gettext_noop("超时，转上一级"),
    "emergency.published": gettext_noop("公示"),
    "emergency.objected": gettext_noop("收到异议"),
    "emergency.answered": gettext_noop("答复异议"),
    "emergency.objection_withdrawn": gettext_noop("撤回异议"),
    "emergency.refund_expected": gettext_noop("应当退回"),
    # An ordinary repair before and after the vote: an emergency may fall back to it.
    "started": gettext_noop("开始起草"),
    "edited": gettext_noop("修改内容"),
    "file_added": gettext_noop("上传文件"),
    "file_removed": gettext_noop("删除文件"),
    "quote_added": gettext_noop("加上报价"),
    "quote_chosen": gettext_noop("选定报价"),
    "quote_removed": gettext_noop("删除报价"),
    "shares_put": gettext_noop("上传分摊比例"),
    "submitted": gettext_noop("提交表决"),
    "withdrawn": gettext_noop("撤回提交"),
    "dropped": gettext_noop("不再申请"),
    "vote_passed": gettext_noop("表决通过"),
    "vote_failed": gettext_noop("表决没有通过"),
    "vote_void": gettext_noop("表决作废"),
    "vote_undetermined": gettext_noop("表决结果待定"),
    # The application and its review.
    "application_drafted": gettext_noop("填写列支申请"),
    "application_filed": gettext_noop("提交列支申请"),
    "application_withdrawn": gettext_noop("撤回列支申请"),
    "paper_added": gettext_noop("补充文件"),
    "passed_on": gettext_noop("审核通过一步"),
    "approved": gettext_noop("审核通过"),
    "returned": gettext_noop("退回补正"),
    "correction_ordered": gettext_noop("责令改正"),
    "correction_done": gettext_noop("改正完成"),
    "filing_seen": gettext_noop("备案已阅"),
    "accepted": gettext_noop("登记受理号"),
    # Payments.
    "instalment_asked": gettext_noop("申请付款"),
    "instalment_confirmed": gettext_noop("确认付款"),
    "instalment_declined": gettext_noop("退回付款申请"),
    "instalment_ordered": gettext_noop("列入划转清单"),
    "instalment_paid": gettext_noop("银行付款"),
    "instalment_failed": gettext_noop("银行没有付"),
    "owed_called_in": gettext_noop("列补足款"),
    # The final cost, and ways out.
    "settlement_stated": gettext_noop("填写结算"),
    "settlement_confirmed": gettext_noop("确认结算"),
    "settlement_reopened": gettext_noop("退回结算"),
    "refund_expected": gettext_noop("应当退回"),
    "refund_received": gettext_noop("款项退回"),
    "settled": gettext_noop("款项结清"),
    "as_decided": gettext_noop("按原来的决定结算"),
    "decided_anew": gettext_noop("退回重新决定"),
    "applied_anew": gettext_noop("重新申请列支"),
    "ended": gettext_noop("终止"),
}


@register.filter
def step_name(kind: str) -> object:
    """What happened, in a word; a step of another kind keeps its own name."""
    return said(_STEPS.get(kind, kind))


@register.filter
def situation_name(code: str) -> str:
    """A situation in the reader's language."""
    return said(situation_words(code))


@register.filter
def party_name(code: str) -> str:
    """A party on site in the reader's language."""
    return said(PARTIES.get(code, code))


@register.filter
def desk_name(request: RepairRequest) -> str:
    """Whose desk: the authority by name, else the desk in words."""
    if request.desk_authority is not None:
        return request.desk_authority.name
    return said(DESKS.get(request.desk, request.desk))


@register.filter
def stage_name(stage: Stage) -> str:
    """A desk a repair lay on."""
    return said(DESKS.get(stage.desk, stage.desk))


@register.filter
def is_late(due: datetime | None, now: datetime | None = None) -> bool:
    """Whether the hours are over."""
    return due is not None and time_left(due, now or clock()).late


@register.filter
def hours_left(due: datetime | None, now: datetime | None = None) -> str:
    """``还剩11小时``, ``已超时2小时``; nothing where no clock runs."""
    return "" if due is None else said(time_left(due, now or clock()).words)


@register.filter
def lasted(stage: Stage, now: datetime) -> str:
    """How long a desk had it, in whole hours."""
    hours = ((stage.until or now) - stage.since) // timedelta(hours=1)
    if not hours:
        return _("不到1小时")
    return ngettext("%(n)s小时", "%(n)s小时", hours) % {"n": hours}


@register.filter
def was_late(stage: Stage, now: datetime) -> bool:
    """Whether a desk took longer than its hours."""
    return stage.late(now)


@register.simple_tag
def clock_bars(emergency: Emergency, stages: list[Stage], now: datetime) -> SafeString:
    """The whole clock, then each desk against its hours: red from where it is late."""
    rows = []
    if emergency.reported_at and emergency.due_at:
        end = min(now, emergency.fell_back_at or emergency.released_at or now)
        rows.append((_("全部时间"), emergency.reported_at, end, emergency.due_at))
    rows += [
        (stage_name(one), one.since, one.until or now, one.due) for one in stages if one.due
    ]
    drawn = format_html_join("\n", "{}", ((_bar(n, *row),) for n, row in enumerate(rows)))
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-labelledby="clock-title">'
        '<title id="clock-title">{}</title>{}</svg>',
        _WIDTH,
        _ROW * max(1, len(rows)),
        _("各个环节用了多少时间，文字见下"),
        drawn,
    )


def _bar(row: int, name: object, since: datetime, until: datetime, due: datetime) -> SafeString:
    span = max(until, due) - since or timedelta(seconds=1)

    def at(moment: datetime) -> int:
        """Where an instant lies on the bar; integers only."""
        return (
            (_WIDTH - 1)
            * ((moment - since) // timedelta(seconds=1))
            // max(1, span // timedelta(seconds=1))
        )

    used, allowed = at(until), at(due)
    late = max(0, used - allowed)
    return format_html(
        '<g transform="translate(0 {})"><text x="0" y="14">{}</text>'
        '<text x="{}" y="14" text-anchor="end">{}</text>'
        '<rect class="whole" x="0.5" y="20.5" width="{}" height="{}"></rect>'
        '<rect class="part" x="0.5" y="20.5" width="{}" height="{}"></rect>'
        '<rect class="late" x="{}" y="20.5" width="{}" height="{}"></rect></g>',
        _ROW * row, name, _WIDTH, _("到 %(at)s") % {"at": when(due)},
        _WIDTH - 1, _HEIGHT, min(used, allowed), _HEIGHT, allowed, late, _HEIGHT,
    )  # fmt: skip
