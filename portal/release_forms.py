"""What is typed in for the use of the fund: the application, receipts, the settlement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from core.exact import format_yuan, parse_yuan
from documents.uploads import UploadField
from funds.domain.applications import PLANNED, Payee, Sought, Stage
from funds.models import Instalment, RepairFile
from funds.services.applications import PAPERS
from funds.services.settling import FinalCost
from funds.steps import Receipt
from portal.forms import DATE

STAGES = 6
_KINDS = [("", _("（不用）")), *(one for one in Instalment.KINDS if one[0] in PLANNED)]
_PAPERS = [("", _("请选择")), *(one for one in RepairFile.KINDS if one[0] in PAPERS)]


class YuanField(forms.CharField):
    """An amount in yuan, as fen; None where nothing was typed and nothing has to be."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip() and not self.required:
            return None
        try:
            return parse_yuan(text)
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused)) from None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 20, **kwargs})
        self.widget.attrs.setdefault("inputmode", "decimal")


class ApplicationForm(forms.Form):
    """列支申请: how much, to whom, in which instalments."""

    may_be_empty = frozenset({"audited", "no_audit", "payee_reason"}) | {
        f"{name}_{number}"
        for number in range(1, STAGES + 1)
        for name in ("kind", "fen", "condition")
    }

    amount = YuanField(label=_("申请金额（元）"))
    contract = YuanField(label=_("合同金额（元）"))
    audited = YuanField(label=_("造价审核的金额（元）"), required=False)
    no_audit = forms.CharField(label=_("没有造价审核的原因"), required=False)
    contract_firm = forms.CharField(label=_("合同的施工单位"), required=False)
    payee = forms.CharField(
        label=_("收款单位"), required=False, help_text=_("要和合同的施工单位一致。")
    )
    payee_bank = forms.CharField(label=_("收款单位的开户银行"), required=False)
    payee_account = forms.CharField(
        label=_("收款账号"),
        required=False,
        max_length=60,
        help_text=_("加密保存，页面和通知上只显示后四位。"),
    )
    payee_reason = forms.CharField(
        label=_("收款单位不同的原因"),
        required=False,
        help_text=_("施工单位不是报价选定的单位时填写。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, STAGES + 1):
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=_("种类"), choices=_KINDS, required=False
            )
            self.fields[f"fen_{number}"] = YuanField(label=_("金额（元）"), required=False)
            self.fields[f"condition_{number}"] = forms.CharField(
                label=_("付款条件"), required=False
            )

    @property
    def stages(self) -> Iterator[tuple[int, BoundField, BoundField, BoundField]]:
        """The rows of the plan."""
        for number in range(1, STAGES + 1):
            yield (
                number,
                self[f"kind_{number}"],
                self[f"fen_{number}"],
                self[f"condition_{number}"],
            )

    @property
    def main(self) -> list[BoundField]:
        """The fields above the plan."""
        return [field for field in self if field.name[-1] not in "123456"]

    def sought(self) -> Sought:
        """What was typed in."""
        given = self.cleaned_data
        payee = Payee(
            given["payee"], given["payee_bank"], given["payee_account"], given["payee_reason"]
        )
        plan = [
            Stage(given[f"kind_{n}"], given[f"fen_{n}"] or 0, given[f"condition_{n}"])
            for n in range(1, STAGES + 1)
            if given[f"kind_{n}"] or given[f"fen_{n}"] or given[f"condition_{n}"].strip()
        ]
        return Sought(
            given["amount"],
            given["contract"],
            given["contract_firm"],
            payee,
            plan,
            given["audited"],
            given["no_audit"],
        )


def application_initial(sought: Sought) -> dict[str, Any]:
    """What an application said, as a form begins with it."""
    first: dict[str, Any] = {
        "amount": format_yuan(sought.amount_fen),
        "contract": format_yuan(sought.contract_fen),
        "audited": format_yuan(sought.audited_fen) if sought.audited_fen else "",
        "no_audit": sought.no_audit,
        "contract_firm": sought.contract_firm,
        "payee": sought.payee.name,
        "payee_bank": sought.payee.bank,
        "payee_account": sought.payee.account,
        "payee_reason": sought.payee.reason,
    }
    for number, stage in enumerate(sought.plan[:STAGES], 1):
        first[f"kind_{number}"] = stage.kind
        first[f"fen_{number}"] = format_yuan(stage.fen)
        first[f"condition_{number}"] = stage.condition
    return first


class PaperForm(forms.Form):
    """A paper of a repair."""

    kind = forms.ChoiceField(label=_("这是什么文件"), choices=_PAPERS)
    file = UploadField(
        label=_("文件"),
        help_text=_("PDF、PNG 或 JPEG，不超过 20 MB。"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "input"}),
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("原因"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )


class NotPaidForm(ReasonForm):
    """The bank's paper that says it has not paid."""

    file = UploadField(
        label=_("银行的凭证"),
        help_text=_("例如退汇通知。PDF、PNG 或 JPEG，不超过 20 MB。"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "input"}),
    )


class ReceiptForm(forms.Form):
    """银行回单; the file may follow on paper."""

    may_be_empty = frozenset({"scan"})

    serial = forms.CharField(label=_("银行流水号"), required=False)
    day = forms.DateField(label=_("银行记账的日期"), required=False, widget=DATE)
    fen = YuanField(label=_("回单的金额（元）"))
    account = forms.CharField(
        label=_("回单的收款账号"),
        required=False,
        help_text=_("照回单写全，用来核对有没有付错。"),
    )
    scan = UploadField(
        label=_("回单扫描件"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "input"}),
    )

    def receipt(self) -> Receipt:
        """What was typed in."""
        given = self.cleaned_data
        return Receipt(given["serial"], given["day"], given["fen"], given.get("account", ""))

    def content(self) -> bytes:
        """The scan, or nothing."""
        scan: UploadedFile[bytes] | None = self.cleaned_data["scan"]
        return scan.read() if scan else b""


class RefundForm(ReceiptForm):
    """The receipt of money that came back."""

    account = None  # type: ignore[assignment]


class SettlementForm(forms.Form):
    """结算: the final cost by its papers."""

    may_be_empty = frozenset({"audited", "no_audit", "warranty_until", "remark"})

    final = YuanField(label=_("结算金额（元）"))
    audited = YuanField(label=_("造价审核的金额（元）"), required=False)
    no_audit = forms.CharField(label=_("没有造价审核的原因"), required=False)
    accepted_on = forms.DateField(label=_("验收合格的日期"), required=False, widget=DATE)
    warranty_until = forms.DateField(
        label=_("这次维修保修到"), required=False, widget=DATE,
        help_text=_("保修期内同一处再坏，由施工单位负责，申请时会提醒。"),
    )  # fmt: skip
    remark = forms.CharField(
        label=_("说明"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def cost(self) -> FinalCost:
        """What was typed in."""
        given = self.cleaned_data
        return FinalCost(
            given["final"],
            given["accepted_on"],
            given["warranty_until"],
            given["audited"],
            given["no_audit"],
            given["remark"],
        )


class AcceptanceForm(forms.Form):
    """受理号 of the fund centre."""

    number = forms.CharField(label=_("资金中心的受理号"), max_length=60)
