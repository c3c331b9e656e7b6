"""What is typed of agents, assistants and sales. Judged by voting.domain.standins."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.standins import FREE, INSTRUCTED
from voting.services.proxies import Stated

_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input"})
_TEXT = forms.TextInput(attrs={"class": "input", "autocomplete": "off"})


class ProxyForm(forms.Form):
    """An authority. Nothing is ticked for the owner."""

    may_be_empty = frozenset[str]()

    agent = forms.CharField(label=_("受托人姓名"), required=False, widget=_TEXT)
    phone = forms.CharField(
        label=_("受托人手机号"),
        required=False,
        help_text=_("受托人投票时，用这个手机收验证码。"),
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "numeric"}),
    )
    motions = forms.TypedMultipleChoiceField(
        label=_("委托表决哪些事项"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    powers = forms.ChoiceField(
        label=_("权限"),
        required=False,
        choices=[
            (FREE, _("由受托人决定意见")),
            (INSTRUCTED, _("按委托人在纸上写的意见（意见不录入系统）")),
        ],
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=_("委托到哪一天为止"), required=False, widget=_DATE, help_text=_("含这一天。")
    )
    by_owner = forms.BooleanField(label=_("委托书由业主本人签名或者盖章"), required=False)

    def __init__(self, *args: Any, asked: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["motions"]
        field.choices = [(number, f"{number}. {title}") for number, title in asked]  # type: ignore[attr-defined]

    def stated(self, **more: Any) -> Stated:
        """The authority as typed."""
        typed = self.cleaned_data
        given = {
            "agent": typed.get("agent", ""),
            "phone": typed.get("phone", ""),
            "motions": typed.get("motions") or [],
            "powers": typed.get("powers", ""),
            "signed_on": typed.get("signed_on"),
            "until": typed.get("until"),
            "by_owner": typed.get("by_owner", False),
        }
        return Stated(**given | more)


class PaperProxyForm(ProxyForm):
    """The same from a paper."""

    signed_on = forms.DateField(label=_("签署日期"), required=False, widget=_DATE)
    content = UploadField(
        label=_("委托书的照片或者扫描件"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存。"),
        allow_empty_file=True,
    )


class AssistForm(forms.Form):
    """Where, and before whom."""

    may_be_empty = frozenset({"recording"})

    method = forms.ChoiceField(
        label=_("在哪里办"),
        required=False,
        choices=[("home", _("在业主家里或者办公室")), ("phone", _("电话里"))],
        widget=forms.RadioSelect,
    )
    first = forms.CharField(label=_("第一位见证人姓名"), required=False, widget=_TEXT)
    second = forms.CharField(label=_("第二位见证人姓名"), required=False, widget=_TEXT)
    recording = forms.CharField(
        label=_("电话录音编号"), required=False, help_text=_("电话办理时填写。"), widget=_TEXT
    )
    present = forms.BooleanField(
        label=_("两位见证人都在场，听到看到全过程，愿意签名作证"), required=False
    )


class TitleForm(forms.Form):
    """The title document of a sale."""

    may_be_empty = frozenset[str]()

    content = UploadField(
        label=_("不动产权证或者登记查询结果"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存。"),
        allow_empty_file=True,
    )


class WhyForm(forms.Form):
    """Why something is declined or ended."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("理由"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
