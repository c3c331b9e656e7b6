"""What is typed when something befell a decision. Judged by voting.domain.standing."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.models import Motion, StandingEvent


class StandingForm(forms.Form):
    """What happened, by whom, on which paper."""

    may_be_empty = frozenset({"motion", "due_on", "replaced_by"})

    kind = forms.ChoiceField(
        label=_("发生了什么"), required=False, choices=[("", "——"), *StandingEvent.KINDS]
    )
    motion = forms.ChoiceField(label=_("涉及哪一项"), required=False)
    authority = forms.CharField(
        label=_("作出的机关"),
        required=False,
        help_text=_("例如：某某街道办事处、某某人民法院。"),
    )
    reference = forms.CharField(label=_("文号或者案号"), required=False)
    dated = forms.DateField(
        label=_("文书日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    due_on = forms.DateField(
        label=_("改正期限"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("只在责令限期改正时填写。"),
    )
    replaced_by = forms.CharField(
        label=_("代替它的会议编码"),
        required=False,
        help_text=_("只在被新的决定取代时填写。"),
    )
    reason = forms.CharField(
        label=_("说明"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("最多300字，会公布：不要写姓名、房号、电话和证件号码。"),
    )
    content = UploadField(
        label=_("文书"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存。"),
    )

    def __init__(self, *args: Any, motions: Sequence[Motion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["motion"]
        field.choices = [  # type: ignore[attr-defined]
            ("", _("全部事项")),
            *((str(one.pk), f"{one.position}. {one.title}") for one in motions),
        ]
