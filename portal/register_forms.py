"""Forms of the registers that bureaus keep."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import DATE
from portal.roll_forms import FileForm
from registry.models import Authority


class RegisterForm(FileForm):
    """A register as a spreadsheet: for whose places, of which day, filled in by whom."""

    may_be_empty = frozenset[str]()

    authority = forms.ChoiceField(
        label=_("哪个机构的台账"),
        help_text=_("表里的每一行都要在它的辖区里。"),
        error_messages={"required": _("请选择")},
    )
    day = forms.DateField(
        label=_("数据截至"),
        widget=DATE,
        error_messages={
            "required": _("请填写台账是哪一天的数据"),
            "invalid": _("这不是一个日期"),
        },
    )
    reporter = forms.CharField(
        label=_("填报单位"),
        max_length=80,
        error_messages={"required": _("请写明填报单位")},
    )

    def __init__(self, *args: Any, authorities: Iterable[Authority], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), one.name) for one in authorities
        ]
        self.order_fields(["authority", "day", "reporter", "file"])
