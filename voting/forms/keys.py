"""What is typed and uploaded for keys held by trustees. Judged by voting.domain.keyholders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.keyholders import BELONGS, Holder, holder_reasons


class HoldersForm(forms.Form):
    """Who keeps the keys: so many names, and to whom each belongs."""

    may_be_empty: frozenset[str] = frozenset()

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        for number in range(1, count + 1):
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("第%(n)s位的称呼") % {"n": number}, required=False
            )
            self.fields[f"belongs_{number}"] = forms.ChoiceField(
                label=_("第%(n)s位属于哪一方") % {"n": number},
                required=False,
                choices=[
                    ("", _("请选择")),
                    *((side, _(words)) for side, words in BELONGS.items()),
                ],
            )

    @property
    def holders(self) -> list[Holder]:
        """What was typed, whether or not it will do."""
        return [
            Holder(
                self.cleaned_data.get(f"name_{number}", ""),
                self.cleaned_data.get(f"belongs_{number}", ""),
            )
            for number in range(1, self.count + 1)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for reason in holder_reasons(self.holders):
            if reason.field not in self.errors:
                self.add_error(reason.field, reason.sentence)
        return cleaned


class KeyFileForm(forms.Form):
    """One file of a trustee."""

    content = UploadField(
        label=_("保管人交来的文件"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )


class AgreeForm(forms.Form):
    """All fingerprints were the same."""

    same = forms.BooleanField(
        label=_("每位保管人都在自己的电脑上念了一遍，和这里一样"),
        error_messages={"required": _("请先勾选，确认每个人念的都一样")},
    )
    tried = forms.BooleanField(
        label=_("每位保管人的两份钥匙都当场试解通过，放在两个地方"),
        error_messages={"required": _("请先勾选，确认每位保管人的两份钥匙都试解通过")},
    )
