"""What people type into the roll's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.services.data_requests import LONGEST
from documents.papers import masked_names
from documents.uploads import UploadField
from registry.domain.columns import COLUMNS, mapping_faults
from registry.models import DataRequest, Owner, Ownership, Unit
from registry.services.showing import REASONS
from registry.services.titles import NewOwner

_EITHER = _("室号和坐落，至少选一列。")
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class FileForm(forms.Form):
    """One spreadsheet. `content` after validation: its bytes."""

    file = UploadField(
        label=_("表格文件"),
        help_text=_(".xlsx、.xls 或 .csv，不超过 20 MB。"),
        error_messages={"required": _("请选择")},
        allow_empty_file=True,  # the reader says what is wrong with an empty one
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv", "class": "input"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(_("文件超过 20 MB，请分成几个文件"))
        return file


class UploadForm(FileForm):
    """A roll, of the whole estate or of a part."""

    whole = forms.ChoiceField(
        label=_("这个表格里有"),
        choices=[
            ("yes", _("小区的全部房屋：表里没有的房屋按已失效处理")),
            ("no", _("一部分房屋：表里没有的房屋保持不变")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择")},
    )


class ColumnsForm(forms.Form):
    """Which header holds which of our columns; all complaints at once."""

    may_be_empty = frozenset(COLUMNS) - {"area", "owners", "room", "address"}

    def __init__(self, *args: Any, header: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.header = header
        choices = [("", _("（没有这一列）")), *((name, name) for name in header if name)]
        for key, column in COLUMNS.items():
            self.fields[key] = forms.ChoiceField(
                label=column.title,
                choices=choices,
                required=False,  # `clean` says what is missing, in one place
                help_text=_EITHER if key in ("room", "address") else "",
            )

    def clean(self) -> dict[str, Any]:
        mapping = {key: name for key, name in super().clean().items() if name}  # type: ignore[union-attr]
        for sentence in mapping_faults(mapping, self.header):
            self.add_error(None, sentence)
        return mapping


class WaiveForm(forms.Form):
    """Why findings may stand."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=300,
        help_text=_("写明核对了什么、谁核对的，至少四个字。以后有人提出异议，就凭它说明。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "input"}),
    )


class AreaForm(forms.Form):
    """A unit's area and where it is recorded."""

    area = forms.CharField(label=_("建筑面积（平方米）"), max_length=20)
    source = forms.ChoiceField(label=_("面积来源"), choices=[("", _("请选择")), *Unit.SOURCES])


class TransferForm(forms.Form):
    """Title passes to others; joint owners with 、 between them."""

    owners = forms.CharField(
        label=_("新业主"),
        max_length=400,
        help_text=_("几人共有的，用顿号隔开。"),
    )
    numbers = forms.CharField(
        label=_("证件号码"),
        max_length=400,
        required=False,
        help_text=_("与业主一一对应，用顿号隔开。"),
    )
    basis = forms.ChoiceField(
        label=_("权属依据"), choices=[("", _("请选择")), *Ownership.BASES]
    )
    on = forms.DateField(label=_("转移日期"), widget=DATE)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        names = _several(values.get("owners", ""))
        numbers = _several(values.get("numbers", "")) or [""] * len(names)
        if names and len(names) != len(numbers):
            self.add_error("numbers", _("证件号码的个数与业主的个数不一致"))
        elif names:
            values["people"] = [
                NewOwner(name, number) for name, number in zip(names, numbers, strict=True)
            ]
        return values


class StaffMemberForm(forms.Form):
    """Somebody who works for the property manager."""

    name = forms.CharField(label=_("姓名"), max_length=40)
    phone = forms.CharField(label=_("手机号"), max_length=20, required=False)


class ShowForm(forms.Form):
    """Why names and numbers are needed in full."""

    reason = forms.ChoiceField(
        label=_("为什么要看完整的姓名和号码"),
        choices=[("", _("请选择")), *REASONS.items()],
        help_text=_("记入操作记录，业主本人看得到。"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择为什么要看")),
    )


class TakeForm(forms.Form):
    """Why the roll is taken away in full; without a reason it is masked."""

    reason = forms.ChoiceField(
        label=_("为什么要完整的姓名和号码"),
        choices=[("", _("不要完整的：遮盖姓名和号码")), *REASONS.items()],
        required=False,
        help_text=_("选了理由的，记入操作记录，每一位业主看得到。"),
        error_messages={"invalid_choice": _("请选择为什么要看")},
    )


class OwnerPhoneForm(forms.Form):
    """An owner's new number, as the signed paper has it."""

    owner = forms.TypedChoiceField(
        label=_("哪一位业主"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择是哪一位业主")),
    )
    phone = forms.CharField(
        label=_("新的手机号"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("业主要求取消登记的，留空并勾选下面一项。"),
    )
    remove = forms.BooleanField(label=_("取消登记的手机号"), required=False)
    seen = forms.BooleanField(
        label=_("我看过业主的身份证件和本人签字的申请"),
        error_messages={"required": _("请先看过身份证件和申请，再勾选")},
    )

    def __init__(self, *args: Any, owners: Sequence[Owner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (one.pk, _who(one)) for one in owners
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        phone, remove = values.get("phone", "").strip(), values.get("remove")
        if not phone and not remove:
            self.add_error("phone", _("请填写新的手机号"))
        if phone and remove:
            self.add_error("phone", _("填了新号码，就不能同时取消登记"))
        values["phone"] = phone
        return values


class AnswerForm(forms.Form):
    """What was done about a request, and why not all of it."""

    outcome = forms.ChoiceField(
        label=_("怎样办的"),
        choices=[one for one in DataRequest.STATES if one[0] != "open"],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择怎样办的")),
    )
    text = forms.CharField(
        label=_("答复"),
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": LONGEST}),
        help_text=_(
            "业主看得到。没有照办或者只办了一部分的，写明理由（个人信息保护法第五十条）。"
        ),
        error_messages={"required": _("请写明怎样办的")},
    )


def _who(owner: Owner) -> str:
    name = masked_names([owner.name])
    if not owner.document_number:
        return name
    return f"{name}（****{owner.document_number[-4:]}）"


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", "、").split("、") if part.strip()]
