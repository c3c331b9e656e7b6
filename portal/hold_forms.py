"""The form of a legal hold."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import DATE
from registry.models import Estate
from voting.models import Session


class HoldForm(forms.Form):
    """What is held: an estate or one of its sessions, or everything, said expressly."""

    estate: Estate | None = None

    estate_code = forms.CharField(label=_("小区代码"), required=False, max_length=12)
    session_code = forms.CharField(
        label=_("会议代码"), required=False, max_length=12,
        help_text=_("只保全一次会议时填写，不填就是整个小区。"),
    )  # fmt: skip
    everything = forms.BooleanField(
        label=_("不填小区代码，保全平台保存的全部内容"), required=False
    )
    reason = forms.CharField(
        label=_("依据"), max_length=200,
        help_text=_("哪个机关、哪份文书。加密保存；留痕里只有它的哈希。"),
    )  # fmt: skip
    until = forms.DateField(
        label=_("最后一天"), required=False, widget=DATE,
        help_text=_("不填就一直保全，到解除为止。"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        code = given.get("estate_code", "").strip().upper()
        if bool(code) == bool(given.get("everything")):
            self.add_error("estate_code", _("请填写小区代码，或者勾选保全全部，二者选一"))
            return given
        self.estate = Estate.objects.filter(code=code).first() if code else None
        if code and self.estate is None:
            self.add_error("estate_code", _("没有这个小区"))
        session = given["session_code"] = given.get("session_code", "").strip().upper()
        of_it = Session.objects.filter(code=session, estate=self.estate)
        if session and (self.estate is None or not of_it.exists()):
            self.add_error("session_code", _("这个小区没有这次会议"))
        return given
