"""The form of an export of the log."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Visitor, estates_for, everywhere
from portal.forms import DATE, ReasonForm
from portal.log_export import Wanted, range_reasons
from registry.models import Estate

_CHOOSE = _("请选择格式")


def _wrong_day(missing: Promise) -> dict[str, Any]:
    return {"required": missing, "invalid": _("请填一个日期，例如 2026-01-31")}


class LogExportForm(ReasonForm):
    """Which days, where, in which form, and why."""

    field_order = ("first", "last", "estate_code", "kind", "reason")

    first = forms.DateField(
        label=_("从哪天起"), widget=DATE, error_messages=_wrong_day(_("请填开始的一天"))
    )
    last = forms.DateField(
        label=_("到哪天止"),
        widget=DATE,
        help_text=_("含这一天；一次最多366天。"),
        error_messages=_wrong_day(_("请填结束的一天")),
    )
    estate_code = forms.CharField(
        label=_("小区代码"),
        required=False,
        max_length=12,
        help_text=_("只要一个小区的填这一项；不填就是您能审计的全部。"),
    )
    kind = forms.ChoiceField(
        label=_("格式"),
        choices=[
            ("csv", _("表格（CSV，用电子表格打开）")),
            ("jsonl", _("JSON，一行一条，给程序读")),
        ],
        initial="csv",
        widget=forms.RadioSelect,
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )

    def __init__(self, *args: Any, user: Visitor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self._estate: Estate | None = None

    def clean_estate_code(self) -> str:
        code = str(self.cleaned_data["estate_code"]).strip().upper()
        if code:
            found = Estate.objects.all()
            if not everywhere(self._user, Permission.EXPORT_LOG):
                found = estates_for(self._user, Permission.EXPORT_LOG)
            self._estate = found.filter(code=code).first()
            if self._estate is None:
                raise forms.ValidationError(_("您能审计的小区里没有这个代码，请核对"))
        return code

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("first") and given.get("last"):
            today = timezone.localdate()
            for reason in range_reasons(given["first"], given["last"], today):
                self.add_error(reason.field, str(reason))
        return given

    def wanted(self) -> Wanted:
        """What was asked for."""
        return Wanted(self.cleaned_data["first"], self.cleaned_data["last"], self._estate)
