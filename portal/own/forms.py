"""What an owner types about the own data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services.data_requests import LONGEST
from registry.models import DataRequest


class PersonForm(forms.Form):
    """Of one person at one estate, where a phone stands for several."""

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        if len(people) > 1:
            self.fields["person"] = forms.TypedChoiceField(
                label=_("哪一位"),
                coerce=int,
                choices=people,
                widget=forms.RadioSelect,
                error_messages=dict.fromkeys(
                    ("required", "invalid_choice"), _("请选择是哪一位")
                ),
            )
            self.order_fields(["person"])

    @property
    def person(self) -> int:
        """Whose it is: the number of the person chosen, or of the only one."""
        chosen: int = self.cleaned_data.get("person") or self.people[0][0]
        return chosen


class NewPhoneForm(PersonForm):
    """The number that is to take the old one's place."""

    phone = forms.CharField(
        label=_("新的手机号"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": _("请填写新的手机号")},
    )


class NewCodeForm(forms.Form):
    """The digits that went to the new number."""

    answer = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("请填写验证码")},
    )


class WhoForm(forms.Form):
    """That it is the person, and not only somebody of the household."""

    family_name = forms.CharField(
        label=_("姓"),
        max_length=40,
        help_text=_("单位写名称。"),
        error_messages={"required": _("请填写姓")},
    )
    answer = forms.CharField(
        label=_("证件号码后六位"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("请填写证件号码后六位")},
    )


class CopyForm(WhoForm):
    """And what kind of copy is wanted."""

    FORMATS = [
        ("html", _("网页文件，能看能打印")),
        ("json", _("JSON 文件，给别的系统用")),
    ]

    form = forms.ChoiceField(
        label=_("要哪一种"),
        choices=FORMATS,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择一种")),
    )


class RequestForm(PersonForm):
    """What somebody asks about the own data."""

    kind = forms.ChoiceField(
        label=_("您要"),
        choices=DataRequest.KINDS,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择您要办什么")),
    )
    text = forms.CharField(
        label=_("写在这里"),
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": LONGEST}),
        help_text=_("例如：姓名里有一个字写错了，应当是哪个字。"),
        error_messages={"required": _("请写明您要办的事")},
    )
