"""What the keepers of the fund type in to draft vouchers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.deadlines import local_day
from core.errors import RuleViolation
from core.exact import parse_yuan
from funds.domain.books import Basis
from portal.roll_forms import DATE, FileForm

FOR_UNITS = [
    ("deposit", _("交存：钱已到专户")),
    ("opening", _("期初余额：开始在本平台记账时的余额")),
    ("allocation", _("分配入户：从待分配交存分到各户")),
]
_RECEIPTS = [
    ("receipt", _("待分配入账：还不知道是哪一户交的")),
    ("interest", _("利息入账")),
]


class YuanField(forms.CharField):
    """An amount in yuan; cleaned, it is fen; None where `may_be_empty` and nothing is typed."""

    def __init__(self, *, may_be_empty: bool = False, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        self.may_be_empty = may_be_empty
        super().__init__(max_length=40, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if self.may_be_empty and not text.strip():
            return None
        try:
            return parse_yuan(text)
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused)) from refused


class BasisForm(forms.Form):
    """The day a voucher is of, what it says, and the paper it rests on."""

    may_be_empty = frozenset[str]()

    dated_on = forms.DateField(
        label=_("记账日期"), widget=DATE, error_messages={"required": _("请填写日期")}
    )
    text = forms.CharField(
        label=_("摘要"), required=False, help_text=_("业主看得到，不要写姓名和证件号码。")
    )
    paper = forms.CharField(
        label=_("依据的单据"),
        required=False,
        help_text=_("例如银行回单的编号。业主看得到。"),
    )

    def basis(self, kind: str = "") -> Basis:
        """What was typed in, as the commands take it."""
        given = self.cleaned_data
        return Basis(kind or given["kind"], given["dated_on"], given["text"], given["paper"])


class AmountsForm(BasisForm, FileForm):
    """A table of amounts for many units."""

    field_order = ("kind", "file", "dated_on", "text", "paper", "settles")

    kind = forms.ChoiceField(
        label=_("这是什么钱"),
        choices=FOR_UNITS,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择")},
    )
    settles = forms.BooleanField(
        label=_("有欠缴的，先抵欠缴（从最早的一笔起）"), required=False
    )


class UnitForm(BasisForm):
    """What one unit is credited."""

    may_be_empty = frozenset({"estate", "first"})
    field_order = (
        "kind", "estate", "room", "amount", "first", "dated_on", "text", "paper", "settles",
    )  # fmt: skip

    kind = forms.ChoiceField(
        label=_("这是什么钱"),
        choices=FOR_UNITS,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择")},
    )
    estate = forms.CharField(
        label=_("小区"),
        max_length=80,
        required=False,
        help_text=_("专户里有几个小区的，写小区的名称。"),
    )
    room = forms.CharField(
        label=_("房号"),
        max_length=80,
        help_text=_("例如 1幢1单元101室。公房的售房单位写 1幢售房单位。"),
        error_messages={"required": _("请填写房号")},
    )
    amount = YuanField(label=_("金额（元）"))
    first = YuanField(
        label=_("首期交存额（元）"),
        may_be_empty=True,
        help_text=_("知道的才填。售房单位填它为这一幢一共交存的。"),
    )
    settles = forms.BooleanField(
        label=_("有欠缴的，先抵欠缴（从最早的一笔起）"), required=False
    )


class ReceiptForm(BasisForm):
    """Money that came in and is not allotted yet."""

    field_order = ("kind", "amount", "dated_on", "text", "paper")

    kind = forms.ChoiceField(
        label=_("这是什么钱"),
        choices=_RECEIPTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择")},
    )
    amount = YuanField(label=_("金额（元）"))


class AllotmentForm(BasisForm):
    """Interest to allot, and by which balances."""

    may_be_empty = frozenset({"since"})
    field_order = ("amount", "since", "until", "dated_on", "text", "paper")

    amount = YuanField(label=_("分配多少（元）"))
    since = forms.DateField(
        label=_("计息从哪一天起"),
        required=False,
        widget=DATE,
        help_text=_("填了按每天的余额（积数）分；不填只按截至那一天的余额分。"),
    )
    until = forms.DateField(
        label=_("余额截至哪一天"), widget=DATE, error_messages={"required": _("请填写日期")}
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if until is not None and until > local_day(timezone.now()):
            self.add_error("until", _("截至的日期还没有到"))
        if since is not None and until is not None and since > until:
            self.add_error("since", _("起日不能晚于截至的日期"))
        return given


class ReversalForm(forms.Form):
    """Why a voucher is taken back, and on which day."""

    reason = forms.CharField(
        label=_("为什么冲正"), max_length=200, error_messages={"required": _("请写明原因")}
    )
    dated_on = forms.DateField(
        label=_("记账日期"), widget=DATE, error_messages={"required": _("请填写日期")}
    )
