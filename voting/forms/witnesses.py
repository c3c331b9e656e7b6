"""What is typed and uploaded for witnesses. Judged by voting.services.witnessing."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from registry.models import Authority
from voting.models import Witness

_MOST = 5  # authorities above an estate


class WitnessKeyForm(forms.Form):
    """An authority's public key."""

    authority = forms.ModelChoiceField(
        label=_("机构"), queryset=Authority.objects.none(), empty_label=None
    )
    key = forms.CharField(
        label=_("见证公钥"),
        max_length=100,
        help_text=_("工具 init 显示的那一行，43个字符。公钥可以公开；钥匙文件和口令不要上传。"),
        error_messages={"required": _("请填见证公钥")},
    )

    def __init__(self, *args: Any, authorities: QuerySet[Authority], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].queryset = authorities  # type: ignore[attr-defined]


class AskForm(forms.Form):
    """Which authorities shall witness, and how many of them must."""

    authorities = forms.TypedMultipleChoiceField(
        label=_("请谁见证"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    needed = forms.IntegerField(
        label=_("至少要几家"),
        min_value=0,
        max_value=_MOST,
        help_text=_("不够这个数，结果和决议上会写“未经见证”，但不影响计票。填0就是不要求。"),
        error_messages={"required": _("请填一个数，不要求就填0")},
    )

    def __init__(self, *args: Any, possible: Sequence[Witness], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.authority_id, one.authority.name) for one in possible]
        self.fields["authorities"].choices = choices  # type: ignore[attr-defined]


class CosignatureForm(forms.Form):
    """The file a witness's tool wrote."""

    content = UploadField(
        label=_("见证签名文件"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )
