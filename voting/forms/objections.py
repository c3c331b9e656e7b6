"""What is typed when somebody objects, answers or rules. Judged by voting.domain.objections."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.models import Objection

_FILE = _("PDF、PNG 或 JPEG，最大20 MB，可以不交。加密保存。")
_YES_NO = [("yes", _("采纳")), ("no", _("不采纳"))]


def _reason(**words: Any) -> forms.CharField:
    """`words`: label and help_text."""
    area = forms.Textarea(attrs={"rows": 4, "class": "input"})
    return forms.CharField(required=False, widget=area, **words)


class ObjectForm(forms.Form):
    """What an owner objects to, and why."""

    may_be_empty = frozenset({"content"})

    about = forms.ChoiceField(label=_("对什么有异议？"), required=False)
    text = _reason(
        label=_("异议的内容和理由"),
        help_text=_("写清是哪一点不对。最多1000字，只给办理的人看。"),
    )
    content = UploadField(
        label=_("材料或者照片"), required=False, help_text=_FILE, allow_empty_file=True
    )

    def __init__(self, *args: Any, about: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [choice for choice in Objection.ABOUT if choice[0] in about]
        self.fields["about"] = forms.ChoiceField(
            label=_("对什么有异议？"),
            required=False,
            choices=choices,
            widget=forms.RadioSelect,
        )


class OfficeForm(ObjectForm):
    """An objection brought to the office, entered by staff."""

    may_be_empty = frozenset({"content", "room"})

    name = forms.CharField(label=_("异议人姓名"), required=False)
    contact = forms.CharField(
        label=_("联系方式"),
        required=False,
        help_text=_("手机号最好：答复会发短信。"),
    )
    room = forms.CharField(
        label=_("房号"), required=False, help_text=_("照名册填写，不清楚的留空。")
    )

    field_order = ["about", "name", "contact", "room", "text", "content"]


class AnswerObjectionForm(forms.Form):
    """The organiser's answer, or what the first of two people finds."""

    may_be_empty = frozenset[str]()

    upheld = forms.ChoiceField(
        label=_("结论"), required=False, choices=_YES_NO, widget=forms.RadioSelect
    )
    reason = _reason(
        label=_("理由"),
        help_text=_("最多1000字，会公布：不要写姓名、房号、电话和证件号码。"),
    )


class DisputeForm(forms.Form):
    """Why an answer is not accepted."""

    may_be_empty = frozenset[str]()

    reason = _reason(label=_("为什么不服"), help_text=_("最多1000字，只给办理的人看。"))


class RecusalForm(forms.Form):
    """回避."""

    may_be_empty = frozenset[str]()

    reason = _reason(label=_("为什么要回避"), help_text=_("例如：我是候选人的亲属。"))
