"""Forms about incidents of personal data. Their reasons come from the commands."""

from functools import partial
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.kinds import KINDS
from accounts.models import Incident, IncidentStep
from accounts.services.incident_notices import Said
from accounts.services.incidents import OPERATORS_STEPS
from registry.models import Estate

WHEN = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
_TEXT = forms.Textarea(attrs={"rows": 3})
_WHEN_WRONG = {
    "required": _("请填时间"),
    "invalid": _("请填日期和时间，例如 2026-01-31 09:30"),
}
_NO_NAMES = _("请不要写姓名、电话和证件号码。")
_and_no_names = partial(format_lazy, "{1}{0}", _NO_NAMES)
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class IncidentForm(forms.Form):
    """What was noticed, when, and which estates it touches."""

    may_be_empty = frozenset({"estates", "everything"})

    nature = forms.ChoiceField(
        label=_("发生了什么"),
        choices=Incident.NATURES,
        widget=forms.RadioSelect,
        required=False,
    )
    noticed_at = forms.DateTimeField(
        label=_("什么时候发现的"),
        widget=WHEN,
        input_formats=_FORMATS,
        error_messages=_WHEN_WRONG,
    )
    what = forms.CharField(
        label=_("事件的情况"), required=False, widget=_TEXT,
        help_text=_and_no_names(_("怎么发现的，哪些会议、哪些数据表可能受影响。加密保存。")),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=_("涉及哪些个人信息"),
        choices=[(code, kind.words) for code, kind in KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    estates = forms.CharField(
        label=_("涉及的小区"), required=False, widget=_TEXT,
        help_text=_("小区代码，一行一个。"),
    )  # fmt: skip
    everything = forms.BooleanField(label=_("涉及平台上全部小区"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        typed = given.get("estates", "").replace("\0", "").upper()
        codes = list(dict.fromkeys(typed.replace(",", " ").replace("，", " ").split()))
        if given.pop("everything", False):
            if codes:
                self.add_error("estates", _("勾选了全部小区，就不用再填代码"))
            given["estates"] = list(Estate.objects.all())
            return given
        found = {one.code: one for one in Estate.objects.filter(code__in=codes)}
        if unknown := [code[:12] for code in codes if code not in found]:
            named = "、".join(unknown[:5])
            self.add_error("estates", _("没有这些小区，请核对：%(names)s") % {"names": named})
        given["estates"] = list(found.values())
        return given


class StepForm(forms.Form):
    """One thing that was done."""

    may_be_empty: frozenset[str] = frozenset()

    kind = forms.ChoiceField(
        label=_("做了哪些处理"),
        choices=[(k, w) for k, w in IncidentStep.KINDS if k in OPERATORS_STEPS],
        widget=forms.RadioSelect,
        required=False,
    )
    happened_at = forms.DateTimeField(
        label=_("什么时候做的"),
        widget=WHEN,
        input_formats=_FORMATS,
        error_messages=_WHEN_WRONG,
    )
    text = forms.CharField(
        label=_("说明"), required=False, widget=_TEXT,
        help_text=_and_no_names(
            _("报告给哪个部门、文号；不通知个人的，写明为什么能有效避免危害。")
        ),
    )  # fmt: skip


class NoticeForm(forms.Form):
    """What the persons concerned are told; everybody can read it."""

    may_be_empty: frozenset[str] = frozenset()

    cause = forms.CharField(label=_("原因"), required=False, widget=_TEXT)
    harm = forms.CharField(label=_("可能造成的危害"), required=False, widget=_TEXT)
    measures = forms.CharField(label=_("已经采取的补救措施"), required=False, widget=_TEXT)
    advice = forms.CharField(label=_("您可以采取的措施"), required=False, widget=_TEXT)
    contact = forms.CharField(label=_("处理者的名称"), required=False, max_length=80)
    phone = forms.CharField(label=_("联系电话"), required=False, max_length=24)

    def said(self) -> Said:
        """What was typed."""
        return Said(**self.cleaned_data)


class LetterForm(forms.Form):
    """How many were told by letter, and how."""

    may_be_empty: frozenset[str] = frozenset()

    households = forms.IntegerField(
        label=_("通知了几户"), min_value=1, max_value=100_000,
        error_messages={
            "required": _("请填通知了几户"),
            "invalid": _("请填一个数"),
            "min_value": _("请填通知了几户"),
            "max_value": _("请核对户数"),
        },
    )  # fmt: skip
    text = forms.CharField(
        label=_("怎样通知的"), required=False, widget=_TEXT, help_text=_NO_NAMES
    )
