"""What people type into reports; refused below, all reasons at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_LONG = forms.Textarea(attrs={"rows": 10, "maxlength": 4000})
_SHORT = forms.Textarea(attrs={"rows": 3, "maxlength": 300})


class ReportForm(forms.Form):
    """The text of a report; `is_correction`: one was handed in before."""

    may_be_empty = frozenset[str]()

    why = forms.CharField(label=_("更正的原因"), required=False, widget=_SHORT)
    text = forms.CharField(
        label=_("工作进展"),
        required=False,
        widget=_LONG,
        help_text=_("做了什么，有什么问题，下个月怎么办。不写姓名、电话。"),
    )

    def __init__(self, *args: Any, is_correction: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_correction:
            del self.fields["why"]


class SendBackForm(forms.Form):
    """Why a report is sent back."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("退回的原因"), required=False, widget=_SHORT, help_text=_("写清楚要改哪里。")
    )
