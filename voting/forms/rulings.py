"""What is typed when ballots shall not count. Shapes are judged by voting.domain.drafts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField


class ProposeForm(forms.Form):
    """Why, and on what paper."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("为什么不能计入"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写清事实和依据，最多500字，这一户的业主看得到。不要写证件号码和电话。"),
    )
    content = UploadField(
        label=_("依据的文件"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。例如笔录、鉴定、判决。加密保存。"),
        allow_empty_file=True,
    )


class ConfirmForm(forms.Form):
    """The second person's yes."""

    may_be_empty = frozenset[str]()

    understood = forms.BooleanField(
        label=_("我知道结论会改变或者不能确定，也知道重新计票会让人推算出被排除的票"),
        required=False,
    )

    def __init__(self, *args: Any, hangs: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not hangs:
            del self.fields["understood"]


class DeclineForm(forms.Form):
    """The second person's no."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("为什么不同意"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("最多500字。这一户的票照常计入。"),
    )
