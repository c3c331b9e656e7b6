"""Forms of the registers that bureaus keep."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from committees.domain.estate_register import FIELDS, FORMED, PARTY, SERVICES
from committees.register_steps import ByHand, Fees
from core.errors import RuleViolation
from portal.account_forms import FenField
from portal.forms import DATE, add_reasons
from portal.roll_forms import FileForm
from portal.sentences import said
from registry.models import Authority, Estate


class RegisterForm(FileForm):
    """A register as a spreadsheet: for whose places, of which day, filled in by whom."""

    may_be_empty = frozenset[str]()

    authority = forms.ChoiceField(
        label=_("哪个机构的台账"),
        help_text=_("表里的每一行都要在它的辖区里；它下面各级的，都可以放在一张表里。"),
        error_messages={"required": _("请选择")},
    )
    day = forms.DateField(
        label=_("数据截至"),
        widget=DATE,
        error_messages={
            "required": _("请填写台账是哪一天的数据"),
            "invalid": _("这不是一个日期"),
        },
    )
    reporter = forms.CharField(
        label=_("填报单位"),
        max_length=80,
        error_messages={"required": _("请写明填报单位")},
    )

    def __init__(self, *args: Any, authorities: Iterable[Authority], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), one.name) for one in authorities
        ]
        self.order_fields(["authority", "day", "reporter", "file"])


class EstateForm(forms.Form):
    """One estate as the annex has it. Without `known`, a new one with its name and place."""

    may_be_empty = frozenset(
        {"small_names", "boundaries", "service", "formed", "party", "manager", "fee_rate"}
        | {"fee_due", "fee_paid", "ends"}
    )

    authority = forms.ChoiceField(
        label=_("哪个机构的台账"), help_text=_("由哪个街道、社区负责，照下面填的地方确定。")
    )
    name = forms.CharField(label=_("物业管理区域名称"), max_length=80)
    small_names = forms.CharField(
        label=_("小区名称"),
        max_length=200,
        required=False,
        help_text=_("一个物业管理区域里有几个小区的，用顿号分开。"),
    )
    place = forms.CharField(
        label=_("所在市县(区)、街道、社区"),
        max_length=120,
        help_text=_(
            "写到街道和社区；只记得社区名字的，先只写它，会列出叫这个名字的几个，照着写全。"
        ),
    )
    boundaries = forms.CharField(label=_("四至范围"), max_length=300, required=False)
    service = forms.ChoiceField(label=_("物业服务形态"), required=False)
    formed = forms.ChoiceField(label=_("业主委员会组建情况"), required=False)
    party = forms.ChoiceField(label=_("党的工作覆盖情况"), required=False)
    manager = forms.CharField(
        label=_("物业服务企业及项目负责人"), max_length=120, required=False
    )
    fee_due = FenField(
        label=_("物业费应收（元）"), help_text=_("填了应收和实收，收缴率自动算出。")
    )
    fee_paid = FenField(label=_("物业费实收（元）"), zero=True)
    fee_rate = forms.CharField(
        label=_("物业费收缴率"),
        max_length=10,
        required=False,
        help_text=_("不知道应收和实收的，直接填百分数，例如 85.3。"),
    )
    day = forms.DateField(
        label=_("数据截至"), widget=DATE, error_messages={"invalid": _("这不是一个日期")}
    )
    reporter = forms.CharField(label=_("填报单位"), max_length=80)
    # Asked only where a report would end a committee, see `refuse`.
    ends = forms.BooleanField(label=_("登记的委员会确实已经没有了"), required=False)

    def __init__(
        self, *args: Any, authorities: Iterable[Authority], known: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if known:
            for name in ("authority", "name", "place"):
                del self.fields[name]
        if "ends" not in self.data:
            self._ends = self.fields.pop("ends")
        if not known:
            self.fields["authority"].choices = [  # type: ignore[attr-defined]
                (str(one.pk), one.name) for one in authorities
            ]
        for name, codes in (("service", SERVICES), ("formed", FORMED), ("party", PARTY)):
            self.fields[name].choices = [  # type: ignore[attr-defined]
                ("", _("没有填")),
                *((str(code), f"{code}. {said(words)}") for code, words in codes.items()),
            ]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        given = [name for name in ("fee_due", "fee_paid") if found.get(name) is not None]
        if len(given) == 1 and not {"fee_due", "fee_paid"} & set(self.errors):
            self.add_error("fee_due", _("应收和实收要一起填"))
        return found

    def told(self, name: str = "", place: str = "") -> ByHand:
        """What was reported; `name` and `place` of an estate that is known."""
        given = self.cleaned_data
        told = {**given, "name": name or given["name"], "place": place or given["place"]}
        fees = None
        if given["fee_due"] is not None:
            fees = Fees(given["fee_paid"], given["fee_due"])
            # The rate of the last report, left where it stood, says nothing about these.
            if "fee_rate" not in self.changed_data:
                told["fee_rate"] = ""
        row = ("1", *(str(told[field]) for field in FIELDS.values()))
        return ByHand(row, fees, bool(given.get("ends")))

    def refuse(self, refused: RuleViolation) -> None:
        """Show every reason; with the box to be ticked where a committee would end."""
        reasons = refused.facts.get("reasons") or []
        assert isinstance(reasons, list)  # noqa: S101
        if "ends" not in self.fields and any(one.field == "ends" for one in reasons):
            self.fields["ends"] = self._ends
        add_reasons(self, refused)


class MoveForm(forms.Form):
    """Which estates go where, from when on, by which decision."""

    may_be_empty = frozenset({"place", "authority"})

    estates = forms.MultipleChoiceField(
        label=_("哪些物业管理区域"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请选择要划转的物业管理区域")},
    )
    place = forms.CharField(
        label=_("新的社区"),
        max_length=120,
        required=False,
        help_text=_("例如：迎江区、人民路街道、某某社区。只换负责的机构、地方不变的，不填。"),
    )
    authority = forms.ChoiceField(
        label=_("由谁负责"),
        required=False,
        help_text=_("不选的，由新的社区所在的居委会负责。"),
    )
    day = forms.DateField(
        label=_("从哪一天起"), widget=DATE, error_messages={"invalid": _("这不是一个日期")}
    )
    paper = forms.CharField(
        label=_("依据"),
        max_length=200,
        help_text=_("例如：区政府关于调整街道的批复，写明文号。"),
    )

    def __init__(
        self,
        *args: Any,
        estates: Iterable[Estate],
        receivers: Iterable[Authority],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["estates"].choices = [  # type: ignore[attr-defined]
            (one.code, " ".join(filter(None, (one.name, one.small_names)))) for one in estates
        ]
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            ("", _("照新的社区")),
            *((str(one.pk), one.name) for one in receivers),
        ]
