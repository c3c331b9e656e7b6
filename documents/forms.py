"""What a visitor of the verification page hands in: a code or a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.codes import read_code


class VerifyForm(forms.Form):
    """Exactly one of both is needed; a file goes first."""

    code = forms.CharField(label=gettext_lazy("核验码"), required=False, max_length=200)
    file = forms.FileField(
        label=gettext_lazy("PDF 文件"), required=False, allow_empty_file=True, max_length=255
    )

    def clean_code(self) -> str:
        typed = str(self.cleaned_data["code"])
        if not typed.strip():
            return ""
        code = read_code(typed)
        if code is None:
            raise forms.ValidationError(
                _("核验码是 12 位数字和字母，印在文件每一页的下方，请对照再填一次。")
            )
        return code

    def clean_file(self) -> Any:
        file: Any = self.cleaned_data["file"]
        limit = settings.UPLOAD_MAX_BYTES
        if file is not None and (file.size or 0) > limit:
            raise forms.ValidationError(
                _("文件超过 %(size)d MB，不会是本平台签发的文件。") % {"size": limit // 2**20}
            )
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("code") and cleaned.get("file") is None:
            raise forms.ValidationError(_("请填写核验码，或者选择要核验的 PDF 文件。"))
        return cleaned
