"""What people type about duties and breaches; refused below, all reasons at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from committees.domain.breaches import PROHIBITED, following
from committees.models import Breach
from documents.uploads import UploadField
from portal.forms import DATE
from portal.sentences import said
from portal.views.my_accounts import OwnForm

_DAY = {"required": _("请填写日期"), "invalid": _("这不是一个日期")}
_FILE = _("照片（手机拍的就行，JPEG、PNG、HEIC）或者 PDF，不超过 20 MB。")
_SHORT = forms.Textarea(attrs={"rows": 3, "maxlength": 300})
_LONG = forms.Textarea(attrs={"rows": 6, "maxlength": 1000})
_KEPT = _("加密保存，有权限的工作人员看得到，不公开。")


def _acts() -> list[tuple[str, object]]:
    return [(str(number), f"{number}. {said(words)}") for number, words in PROHIBITED.items()]


class _Acts(forms.ChoiceField):
    """An act of the list, in the reader's language."""

    def __init__(self, **options: Any) -> None:
        errors = dict.fromkeys(("required", "invalid_choice"), _("请选择是负面清单里的哪一项"))
        super().__init__(
            choices=_acts, widget=forms.RadioSelect, error_messages=errors, **options
        )

    def clean(self, value: Any) -> Any:
        return int(super().clean(value))


class OccasionForm(forms.Form):
    """Something that sets the days of a duty running."""

    may_be_empty = frozenset[str]()

    day = forms.DateField(label=_("哪一天"), widget=DATE, error_messages=_DAY)
    note = forms.CharField(label=_("说明"), required=False, widget=_SHORT, help_text=_KEPT)


class DoneForm(forms.Form):
    """That a duty was done, with what shows it."""

    may_be_empty = frozenset({"file"})

    day = forms.DateField(label=_("哪一天办的"), widget=DATE, error_messages=_DAY)
    note = forms.CharField(
        label=_("说明"),
        required=False,
        widget=_SHORT,
        help_text=_("办了什么，在哪里公告。加密保存，有权限的工作人员看得到，不公开。"),
    )
    file = UploadField(
        label=_("凭据的照片或者扫描件"),
        required=False,
        allow_empty_file=True,
        help_text=_FILE,
    )


class StrikeForm(forms.Form):
    """Why something counts no more."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(label=_("原因"), required=False, widget=_SHORT, help_text=_KEPT)


class BreachForm(forms.Form):
    """What reached an official."""

    may_be_empty = frozenset({"day"})

    act = _Acts(label=_("负面清单里的哪一项"))
    day = forms.DateField(
        label=_("哪一天发生的"),
        required=False,
        widget=DATE,
        error_messages=_DAY,
        help_text=_("不知道的不填。"),
    )
    text = forms.CharField(label=_("具体情况"), required=False, widget=_LONG, help_text=_KEPT)
    source = forms.ChoiceField(
        label=_("从哪里来的"),
        choices=[one for one in Breach.SOURCES if one[0] != "owner"],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择从哪里来的")),
    )


class StepForm(forms.Form):
    """The next step of handling a report."""

    may_be_empty = frozenset[str]()

    step = forms.ChoiceField(
        label=_("下一步"),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择下一步")),
    )
    text = forms.CharField(label=_("办理情况"), required=False, widget=_LONG, help_text=_KEPT)

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(Breach.STATES)
        self.fields["step"].choices = [  # type: ignore[attr-defined]
            (one, names[one]) for one in following(state)
        ]


class OwnBreachForm(OwnForm):
    """What an owner reports."""

    act = _Acts(label=_("负面清单里的哪一项"))
    day = forms.DateField(
        label=_("哪一天发生的"),
        required=False,
        widget=DATE,
        error_messages=_DAY,
        help_text=_("不知道的不填。"),
    )
    text = forms.CharField(
        label=_("具体情况"),
        error_messages={"required": _("请填写具体情况")},
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": 400}),
        help_text=_("加密保存，只有街道办事处和主管部门经办的人看得到，不公开。"),
    )
