"""What is typed where single ballots are opened. Judged by voting.domain.drafts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField


class LookForm(forms.Form):
    """Why one household's ballot must be seen, and for which court."""

    may_be_empty = frozenset({"court"})

    reason = forms.CharField(
        label=_("为什么要看"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写清事由，最多500字。组织者、其他监票人和这一户的业主都看得到。"),
    )
    court = forms.CharField(
        label=_("法院要看的，写法院名称和文号"),
        required=False,
        help_text=_("例如：××区人民法院（2026）×0101民初1号"),
    )


class CourtOrderForm(forms.Form):
    """What a court orders, as its paper has it."""

    may_be_empty = frozenset[str]()

    ballot = forms.ChoiceField(
        label=_("文书指明的是哪一张票"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("请选文书指明的那一张票")},
    )
    court = forms.CharField(label=_("法院名称"), required=False)
    number = forms.CharField(
        label=_("文号"),
        required=False,
        help_text=_("记在公告板上，谁都看得到，不能删改。不要写当事人的姓名。"),
    )
    key = forms.CharField(
        label=_("法院的公钥"),
        required=False,
        max_length=100,
        help_text=_(
            "文书上的43个字符，原样抄录。打开的内容只封给这把钥匙：抄错了，谁也打不开。"
        ),
    )
    content = UploadField(
        label=_("法院的文书"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存，公告板上只记它的指纹。"),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, ballots: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ballot"].choices = list(ballots)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("ballot") and "ballot" not in self.errors:
            self.add_error("ballot", _("请选文书指明的那一张票"))
        return cleaned


class ComparedForm(forms.Form):
    """The second person has the court's paper at hand."""

    may_be_empty = frozenset[str]()

    compared = forms.BooleanField(
        label=_("我看过文书原件，法院、文号、是哪一户哪一张票、公钥的43个字符都一样"),
        error_messages={"required": _("请先对照文书原件，再勾选")},
    )


class OpenedFileForm(forms.Form):
    """One sealed file of a trustee."""

    content = UploadField(
        label=_("保管人交来的封好的文件"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )
