"""What people type about papers on the wall, stamped scans and seals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.filing import PAPERS
from voting.models import Originals

_PICTURES = "image/jpeg,image/png"


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class _Photo(UploadField):
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
        label=_("什么时候"),
        required=False,
        widget=_Moment(),
        initial=lambda: timezone.now(),  # the clock as it is then
    )
    photo = _Photo(
        label=_("照片"),
        help_text=_(
            "拍到整张纸和周围，JPEG 或 PNG。照片里的拍摄地点会自动去掉。可以过后再补。"
        ),
    )


class OfficePhoneForm(forms.Form):
    """The phone of the office that guides and supervises."""

    may_be_empty = frozenset({"phone"})

    phone = forms.CharField(
        label=_("办公电话"),
        required=False,
        max_length=40,
        help_text=_(
            "印在以后的公告、通知书、结果公示和决议上，业主反映问题时打。不填就只印名称。"
        ),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
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

    content = UploadField(
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


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _text(label: object, help_text: object = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text)  # type: ignore[arg-type]


def _day(label: object) -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]
        required=False,
        widget=_Day(),
        initial=timezone.localdate,
    )


class SealForm(forms.Form):
    """A seal and its first keeper."""

    may_be_empty = frozenset({"number"})

    name = _text(_("印章名称"), _("例如：样例花园业主委员会公章。"))
    number = _text(_("备案编码"), _("公安机关刻章备案的编码。"))
    custodian = _text(_("保管人"))
    since = _day(_("从哪天起保管"))


class HandoverForm(forms.Form):
    """Who takes a seal over, and who saw it."""

    may_be_empty = frozenset[str]()

    custodian = _text(_("接收人"))
    since = _day(_("移交日期"))
    witness = _text(_("监交人"), _("交接双方以外的人。"))


class SealUseForm(forms.Form):
    """One use of a seal."""

    may_be_empty = frozenset({"document", "paper"})

    document = _text(
        _("本平台文件的核验码"), _("12位，印在每页下方；不是本平台的文件，不填，写在下一项。")
    )
    paper = _text(_("什么文件"))
    copies = forms.IntegerField(label=_("份数"), required=False, initial=1)
    approved_by = _text(_("批准人"), _("不能是保管人自己。"))
    used_on = _day(_("用印日期"))


class OriginalsForm(forms.Form):
    """Where paper originals lie."""

    may_be_empty = frozenset({"what", "first_serial", "last_serial", "slot"})

    kind = forms.ChoiceField(
        label=_("什么原件"), required=False, choices=[("", _("请选择")), *Originals.KINDS]
    )
    what = _text(_("说明"))
    first_serial = _text(_("第一张的编号"), _("只有纸质表决票要填，例如 00001-7K4M。"))
    last_serial = _text(_("最后一张的编号"), _("只有一张的，不填。"))
    sheets = forms.IntegerField(label=_("张数"), required=False)
    cabinet = _text(_("柜"))
    box = _text(_("盒"))
    slot = _text(_("号"))


class FilingPaperForm(forms.Form):
    """A paper for the street office."""

    may_be_empty = frozenset[str]()

    item = forms.ChoiceField(
        label=_("哪一种材料"), required=False, choices=[("", _("请选择")), *PAPERS.items()]
    )
    content = UploadField(
        label=_("文件"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存。"),
    )


class ReturnForm(forms.Form):
    """Every reason at once, each beside its paper."""

    may_be_empty = frozenset(PAPERS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for paper, label in PAPERS.items():
            self.fields[paper] = forms.CharField(
                label=label, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )


class ReceiveForm(forms.Form):
    """The number in the street's register, and the day."""

    may_be_empty = frozenset[str]()

    receipt_number = _text(_("登记编号"), _("贵单位备案登记簿上的编号。"))
    received_on = _day(_("收到日期"))
