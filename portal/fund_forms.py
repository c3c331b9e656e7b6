"""What the keepers of the maintenance fund type in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from funds.models import FundAccount, SpecialAccount
from portal.roll_forms import DATE, FileForm
from registry.models import Authority, Building, Estate


class SpecialForm(forms.Form):
    """A bank account of the fund."""

    may_be_empty = frozenset[str]()

    authority = forms.ModelChoiceField(
        label=_("由哪个机构管理"),
        queryset=Authority.objects.none(),
        empty_label=_("请选择"),
        error_messages={"required": _("请选择")},
    )
    bank = forms.CharField(label=_("开户银行"), max_length=80, required=False)
    number = forms.CharField(
        label=_("银行账号"),
        max_length=60,
        required=False,
        help_text=_("加密保存，页面上只显示后四位。"),
    )
    ledger_mode = forms.ChoiceField(
        label=_("账由谁记"),
        choices=SpecialAccount.MODES,
        initial="mirror",
        widget=forms.RadioSelect,
        help_text=_("资金中心已有系统的，选中心记账：定期导入各户的余额。定了不能改。"),
        error_messages={"required": _("请选择")},
    )
    opened_on = forms.DateField(label=_("开户日期"), widget=DATE)

    def __init__(self, *args: Any, authorities: QuerySet[Authority], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["authority"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = authorities
        if authorities.count() == 1:
            field.initial = authorities.get()


class AccountForm(forms.Form):
    """The account of an estate, or of one of its buildings."""

    may_be_empty = frozenset({"building", "selling_organisation"})

    estate = forms.CharField(label=_("小区代码"), max_length=12, required=False)
    building = forms.CharField(
        label=_("哪一幢"),
        max_length=40,
        required=False,
        help_text=_("按小区设账的不填；没有划定物业管理区域、按幢设账的，填幢号，例如 3幢。"),
    )
    custody = forms.ChoiceField(
        label=_("管理方式"),
        choices=FundAccount.CUSTODIES,
        initial="agency",
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择")},
    )
    selling_organisation = forms.CharField(
        label=_("售房单位"), max_length=80, required=False, help_text=_("只有售后公房填写。")
    )

    def place(self, estates: QuerySet[Estate]) -> tuple[Estate | None, Building | None]:
        """The estate and building typed in; a complaint on the form where there is none."""
        code = self.cleaned_data["estate"].strip().upper()
        estate = estates.filter(code=code).first() if code.isascii() else None
        if estate is None:
            self.add_error("estate", _("您管辖的范围里没有这个代码的小区，请核对"))
            return None, None
        name = self.cleaned_data["building"].strip()
        if not name:
            return estate, None
        building = Building.objects.filter(estate=estate, name=name).first()
        if building is None:
            self.add_error("building", _("这个小区没有这一幢，请照名册写"))
        return estate, building


class BalancesForm(FileForm):
    """Balances of every sub-account on a day."""

    may_be_empty = frozenset({"reason"})
    field_order = ("as_of", "source", "reason", "file")

    as_of = forms.DateField(label=_("余额截至哪一天"), required=False, widget=DATE)
    source = forms.CharField(
        label=_("余额从哪里来"),
        required=False,
        help_text=_("例如：市住宅专项维修资金中心。业主看得到。"),
    )
    reason = forms.CharField(
        label=_("余额为什么和上次不同"),
        required=False,
        help_text=_(
            "表里没有“变动说明”一列的，在这里统一说明，例如“分配2026年利息”。业主看得到。"
        ),
    )


class StatementForm(FileForm):
    """A statement of the bank."""
