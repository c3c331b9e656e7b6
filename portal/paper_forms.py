"""What people type about papers on the wall, stamped scans and seals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_PICTURES = "image/jpeg,image/png"


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class _Photo(forms.FileField):
    """One photograph, from a phone's camera where there is one."""

    def __init__(self, **options: Any) -> None:
        widget = forms.FileInput(attrs={"accept": _PICTURES})
        super().__init__(required=False, allow_empty_file=True, widget=widget, **options)


def content_of(upload: UploadedFile[bytes] | None) -> bytes:
    """What was handed in, one byte more than allowed at most; empty where nothing was."""
    return upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b""


class PostingForm(forms.Form):
    """Who hung it, when, and a photograph."""

    may_be_empty = frozenset({"photo"})

    posted_by = forms.CharField(label=_("谁办的"), required=False, help_text=_("姓名。"))
    posted_at = forms.DateTimeField(
        label=_("什么时候"), required=False, widget=_Moment(), initial=timezone.now
    )
    photo = _Photo(
        label=_("照片"),
        help_text=_(
            "拍到整张纸和周围，JPEG 或 PNG。照片里的拍摄地点会自动去掉。可以过后再补。"
        ),
    )


class PhotoForm(forms.Form):
    """A photograph of what hangs."""

    may_be_empty = frozenset[str]()

    photo = _Photo(label=_("补一张照片"))


class PlaceForm(forms.Form):
    """A place where papers have to hang."""

    may_be_empty = frozenset[str]()

    name = forms.CharField(
        label=_("张贴的地方"),
        required=False,
        help_text=_("例如：小区大门公告栏、1幢1单元门口。每份文件在每一处都要张贴。"),
    )


class ScanForm(forms.Form):
    """The stamped print, scanned or photographed."""

    may_be_empty = frozenset[str]()

    content = forms.FileField(
        label=_("盖章以后的扫描件"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF、JPEG 或 PNG，最大20 MB。把每页左下角的二维码也扫进去，系统会核对。"),
    )


class DeclineScanForm(forms.Form):
    """Why a scan does not show the paper."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("哪里不对"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("例如：没有盖章、少了一页、是另一份文件。最多200字。"),
    )
