"""What an applicant for the maintenance fund types in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from core.exact import parse_yuan
from documents.uploads import UploadField
from funds.domain.repairs import EXCLUSIONS, PARTS
from funds.models import RepairFile, RepairRequest
from funds.selectors.requests import Joinable
from portal.forms import DATE
from portal.roll_forms import FileForm
from voting.forms.staff import Door, scope_choices, scope_parts
from voting.models import Session

_LONG = forms.Textarea(attrs={"rows": 5})
_SHORT = forms.Textarea(attrs={"rows": 2})
_PARTS = [("", _("请选择")), *((key, _(name)) for key, name in PARTS.items())]
# What an applicant hands in before the vote; the rest comes later.
_DRAFT_FILES = ("photo_before", "plan", "evidence", "agreement", "other")


class MoneyField(forms.CharField):
    """An amount in yuan as people write it; cleans to fen (int), or None where empty."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            return parse_yuan(text)
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused)) from None


class WhatForm(forms.Form):
    """What is broken, and where."""

    part = forms.ChoiceField(
        label=_("哪个共用部位、设施设备"),
        choices=_PARTS,
        required=False,
        help_text=_("维修资金只能用于共用部位和共用设施设备（165号令第三条）。"),
    )
    place = forms.CharField(
        label=_("在哪里"), required=False, help_text=_("例如：1幢1单元电梯、3幢屋面西侧")
    )
    fault = forms.CharField(
        label=_("坏成什么样"),
        required=False,
        widget=_LONG,
        help_text=_("写给业主看：什么时候发现、现在怎样、不修会怎样。不要写住户的姓名和电话。"),
    )
    title = forms.CharField(
        label=_("给这项维修起个名称"), required=False, help_text=_("例如：更换1幢电梯曳引机")
    )


class ScopeForm(forms.Form):
    """Who benefits."""

    may_be_empty = frozenset({"scope"})

    scope = forms.MultipleChoiceField(
        label=_("哪些楼幢、单元的业主受益"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "谁受益，谁决定，谁分摊（165号令第十九条）。全体业主受益的，一个也不选；"
            "只有一幢或者一个单元用得到的，只选那一幢、那一单元。"
        ),
    )

    def __init__(self, *args: Any, doors: Iterable[Door], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scope_choices(doors)  # type: ignore[attr-defined]

    def clean_scope(self) -> list[dict[str, Any]]:
        return scope_parts(self.cleaned_data["scope"])


class ApplicantForm(forms.Form):
    """Who applies."""

    applicant_kind = forms.ChoiceField(
        label=_("申请人是"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("能选哪几种，由您的角色和这里的规定决定。"),
    )
    applicant = forms.CharField(
        label=_("申请人名称"), required=False, help_text=_("单位或者组织的全称。业主看得到。")
    )
    contact_phone = forms.CharField(
        label=_("联系电话"), required=False, help_text=_("业主有问题打这个电话。")
    )

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(RepairRequest.APPLICANTS)
        self.fields["applicant_kind"].choices = [  # type: ignore[attr-defined]
            (kind, names[kind]) for kind in kinds
        ]


class WarrantyForm(forms.Form):
    """Whether the warranty of the part is over."""

    may_be_empty = frozenset({"warranty_until", "warranty_note"})

    warranty_until = forms.DateField(
        label=_("保修期到哪一天"),
        required=False,
        widget=DATE,
        help_text=_("保修期没有满的，由建设单位保修，不能用维修资金。"),
        error_messages={"invalid": _("日期写得不对，例如 2026-03-01")},
    )
    warranty_note = forms.CharField(
        label=_("怎样核对的"),
        required=False,
        widget=_SHORT,
        help_text=_("查不到日期的，写明根据什么知道保修期已满，例如竣工年份、上次维修的合同。"),
    )


class ExclusionsForm(forms.Form):
    """The four costs that the fund never pays: each is asked, nothing is preselected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, words in EXCLUSIONS.items():
            self.fields[key] = forms.ChoiceField(
                label=_("是不是：%(cost)s") % {"cost": _(words)},
                choices=[("no", _("不是")), ("yes", _("是"))],
                widget=forms.RadioSelect,
                required=False,
            )

    def changes(self) -> dict[str, Any]:
        given = {key: self.cleaned_data[key] for key in EXCLUSIONS if self.cleaned_data[key]}
        return {"exclusions": given}


class PlanForm(forms.Form):
    """How it is repaired, and for how much."""

    may_be_empty = frozenset({"budget_note"})

    plan = forms.CharField(
        label=_("怎么修"),
        required=False,
        widget=_LONG,
        help_text=_("做什么、用什么材料、多长时间、质保几年。业主按这个方案表决。"),
    )
    budget_fen = MoneyField(
        label=_("预算（元）"),
        required=False,
        help_text=_("一共要用多少维修资金，例如 40000.00。"),
    )
    budget_note = forms.CharField(
        label=_("预算和选定的报价不一样的，写明原因"), required=False, widget=_SHORT
    )


class QuoteForm(forms.Form):
    """What one firm asks. Who it is, is compared with the others, and never shown."""

    may_be_empty = frozenset({"credit_code", "legal_person", "phone", "address"})

    firm = forms.CharField(label=_("单位名称"), max_length=80)
    fen = MoneyField(label=_("报价（元）"))
    credit_code = forms.CharField(label=_("统一社会信用代码"), max_length=18, required=False)
    legal_person = forms.CharField(label=_("法定代表人"), max_length=40, required=False)
    phone = forms.CharField(label=_("电话"), max_length=30, required=False)
    address = forms.CharField(label=_("地址"), max_length=120, required=False)
    content = UploadField(
        label=_("报价单"),
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )
    is_public = forms.BooleanField(
        label=_("可以公开：上面没有个人的姓名、电话、证件和账号"), required=False
    )


class FewQuotesForm(forms.Form):
    """Why there are fewer quotes than asked."""

    may_be_empty = frozenset({"few_quotes"})

    few_quotes = forms.CharField(
        label=_("报价不够的，写明原因"), required=False, widget=_SHORT, max_length=300
    )


class PaperForm(forms.Form):
    """A paper or photograph of a draft."""

    kind = forms.ChoiceField(
        label=_("这是什么"),
        choices=[
            ("", _("请选择")),
            *((kind, name) for kind, name in RepairFile.KINDS if kind in _DRAFT_FILES),
        ],
        error_messages={"required": _("请选择这是什么文件")},
    )
    content = UploadField(
        label=_("文件"),
        help_text=_(
            "照片用 PNG 或 JPEG，其他也可以用 PDF，最大20 MB。照片里的拍摄位置会去掉。"
        ),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )
    is_public = forms.BooleanField(
        label=_("可以公开：上面认不出任何人，没有电话、证件和账号"), required=False
    )


class SharesForm(forms.Form):
    """By what the cost is shared."""

    may_be_empty = frozenset({"share_clause"})

    share_basis = forms.ChoiceField(
        label=_("按什么分摊"),
        choices=[
            ("area", _("按每户的建筑面积（没有约定的都这样）")),
            ("agreed", _("按业主的约定，有条款、有文件")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择怎么分摊")},
    )
    share_clause = forms.CharField(
        label=_("约定的条款和出处"),
        required=False,
        widget=_SHORT,
        help_text=_("例如：管理规约第九条。约定的文件在“照片和文件”里上传。"),
    )


class SharesFileForm(FileForm):
    """The agreed share of every unit."""


class SubmitForm(forms.Form):
    """In which session the owners are asked."""

    may_be_empty = frozenset[str]()  # of a new session all are needed

    session = forms.ChoiceField(
        label=_("放进哪一次会议"),
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择放进哪一次会议，或者新开一次")},
    )
    title = forms.CharField(label=_("新会议的名称"), required=False, max_length=120)
    organiser_kind = forms.ChoiceField(
        label=_("由谁组织表决"),
        required=False,
        choices=[("", _("请选择")), *Session.ORGANISERS],
        help_text=_(
            "没有业主委员会的，由居民委员会或者街道组织。组织者定时间、公告、发通知书。"
        ),
    )
    organiser = forms.CharField(label=_("组织者名称"), required=False, max_length=80)
    contact_phone = forms.CharField(label=_("咨询电话"), required=False, max_length=30)
    understood = forms.BooleanField(
        label=_("我已核对方案、范围和每一户的分摊，知道提交以后这一版不能再改"),
        error_messages={"required": _("请先勾选，确认您已核对")},
    )

    def __init__(self, *args: Any, drafts: Iterable[Joinable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = [  # type: ignore[attr-defined]
            *((str(one.pk), f"{one.title}（{one.organiser}）") for one in drafts),
            ("new", _("为这项维修新开一次会议")),
        ]


class WhyForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=400,
        widget=_SHORT,
        help_text=_("至少四个字，留在办理经过里。不要写姓名和电话。"),
        error_messages={"required": _("请写明原因")},
    )


class ItemForm(forms.Form):
    """An item of the repair plan."""

    may_be_empty = frozenset({"estimate_fen", "scope"})

    year = forms.IntegerField(label=_("列入哪一年的计划"), min_value=1, max_value=9999)
    part = forms.ChoiceField(
        label=_("哪个共用部位、设施设备"),
        choices=_PARTS,
        error_messages={"required": _("请选择")},
    )
    place = forms.CharField(label=_("在哪里"), max_length=120)
    condition = forms.CharField(
        label=_("现在的状况"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    estimate_fen = MoneyField(
        label=_("估算（元）"), required=False, help_text=_("还没有估算的不填。")
    )
    scope = forms.MultipleChoiceField(
        label=_("哪些楼幢、单元受益"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("全体业主受益的，一个也不选。"),
    )

    def __init__(self, *args: Any, doors: Iterable[Door], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scope_choices(doors)  # type: ignore[attr-defined]

    def clean_scope(self) -> list[dict[str, Any]]:
        return scope_parts(self.cleaned_data["scope"])
