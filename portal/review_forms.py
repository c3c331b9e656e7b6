"""What a reviewer of the fund types in: every check answered, the reasons beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from funds.domain.reviewing import CHECKS, Answer
from portal.sentences import said

_CHOICES = [("yes", _("符合")), ("no", _("不符合"))]


class ReviewForm(forms.Form):
    """The checklist: nothing is preselected, for a reviewer looks before saying yes."""

    remark = forms.CharField(
        label=_("意见"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("印在意见书上；退回的，和每一项的原因一起告诉申请人。"),
    )
    deputises = forms.CharField(
        label=_("代谁办理"),
        required=False,
        help_text=_("替不在岗的同事办理的，写明替谁、为什么，例如“代李科长，外出培训”。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for check in CHECKS:
            self.fields[check.code] = forms.ChoiceField(
                label=said(check.text),
                choices=_CHOICES,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"{check.code}_note"] = forms.CharField(
                label=_("哪里不符合"), required=False, max_length=300
            )

    def answers(self) -> dict[str, Answer]:
        """What was answered; what was not is left out, and the command says so."""
        return {
            check.code: Answer(
                self.cleaned_data[check.code] == "yes",
                self.cleaned_data.get(f"{check.code}_note", ""),
            )
            for check in CHECKS
            if self.cleaned_data.get(check.code)
        }


class HoldForm(forms.Form):
    """What has to be put right, or how it was."""

    reason = forms.CharField(label=_("说明"), widget=forms.Textarea(attrs={"rows": 3}))
