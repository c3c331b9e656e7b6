"""What is typed and uploaded where somebody outside makes the letters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.letter_makers import KINDS, maker_reasons


class MakerForm(forms.Form):
    """Who makes the letters. Judged by voting.domain.letter_makers."""

    may_be_empty: frozenset[str] = frozenset()

    kind = forms.ChoiceField(
        label=_("制信人是谁"),
        required=False,
        choices=[("", _("请选择")), *((kind, _(words)) for kind, words in KINDS.items())],
    )
    name = forms.CharField(label=_("制信人的名称"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for reason in maker_reasons(cleaned.get("name", ""), cleaned.get("kind", "")):
            if reason.field not in self.errors:
                self.add_error(reason.field, reason.sentence)
        return cleaned


class LetterKeysForm(forms.Form):
    """The file of who made the letters."""

    content = UploadField(
        label=_("制信人交来的公钥文件"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )
