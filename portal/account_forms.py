"""What people type into the books of public revenue and of a committee's expenses.

Reasons come from the domain: no form requires anything itself, so that all complaints stand
beside their fields at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from core.exact import parse_yuan
from core.text import half_width
from disclosures.domain.closing import Asked
from disclosures.domain.entries import Money
from disclosures.domain.headings import OF_BOOK
from disclosures.models import Book, Contract, Entry, Holding
from disclosures.services.annual import Convene
from disclosures.services.books import Held
from disclosures.services.entries import Said
from documents.masking import Box, boxes_from
from documents.uploads import UploadField
from funds.domain.sheets import yuan_or_zero
from portal.emergency_forms import FilesField
from portal.forms import DATE
from portal.sentences import said
from voting.models import Session

_SIDES = {"in": _("收入"), "cost": _("合理成本"), "use": _("使用")}
_PAPERS = _("照片（手机拍的就行，JPEG、PNG、HEIC）或者 PDF，每个不超过 20 MB。")
_SHORT = forms.Textarea(attrs={"rows": 2})


class FenField(forms.CharField):
    """An amount in yuan, cleaned to fen; 0 is an amount where `zero`; None: nothing typed."""

    def __init__(self, *, zero: bool = False, **kwargs: Any) -> None:
        self.zero = zero
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(max_length=40, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return yuan_or_zero(text) if self.zero else parse_yuan(text)
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused)) from refused


class HolderForm(forms.Form):
    """Who holds the money, in which account."""

    may_be_empty = frozenset({"bank", "number", "why_not"})

    holder = forms.ChoiceField(
        label=_("这笔钱由谁保管"),
        choices=Holding.HOLDERS,
        required=False,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("保管单位的名称"), required=False, help_text=_("例如：样例物业服务有限公司。")
    )
    apart = forms.ChoiceField(
        label=_("有没有只放这笔钱的银行账户"),
        choices=[("yes", _("有单独的账户")), ("no", _("没有"))],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("应当是业主大会、业委会的账户，或者只放这笔钱的账户，不能是个人的。"),
    )
    bank = forms.CharField(label=_("开户银行"), required=False)
    number = forms.CharField(
        label=_("银行账号"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("加密保存，公布时只写末四位。"),
    )
    why_not = forms.CharField(
        label=_("没有单独账户的原因"), required=False, help_text=_("公布时会写出来。")
    )

    def held(self) -> Held:
        """What was typed in, as the commands take it."""
        given = self.cleaned_data
        return Held(
            given["holder"],
            given["name"],
            given["apart"] == "yes",
            given["bank"],
            given["number"],
            given["why_not"],
        )


class NewHolderForm(HolderForm):
    """Another holder, or another account, from a day on."""

    since = forms.DateField(
        label=_("从哪一天起"), widget=DATE, error_messages={"required": _("请填写日期")}
    )


class BookForm(HolderForm):
    """A new book."""

    may_be_empty = HolderForm.may_be_empty | {"opening", "rests_on"}
    field_order = ("frequency", "opened_on", "opening", "rests_on")

    frequency = forms.ChoiceField(
        label=_("多久公布一次"),
        choices=Book.FREQUENCIES,
        required=False,
        widget=forms.RadioSelect,
    )
    opened_on = forms.DateField(
        label=_("从哪一天起记账"),
        widget=DATE,
        help_text=_("从这一天所在的一期的第一天起。"),
        error_messages={"required": _("请填写日期")},
    )
    opening = FenField(label=_("那一期开始时的余额（元）"), zero=True)
    rests_on = forms.CharField(
        label=_("期初余额的依据"), required=False, help_text=_("例如：6月30日的银行对账单。")
    )

    def __init__(self, *args: Any, kind: str, least: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["frequency"].help_text = least
        if kind == "fund":
            for name in (*HolderForm.base_fields, "opening", "rests_on"):
                del self.fields[name]

    def held_or_none(self) -> Held | None:
        """None for the fund, whose books are kept by another."""
        return self.held() if "holder" in self.fields else None


class SplitForm(forms.Form):
    """What share of the net revenue goes to the fund."""

    percent = forms.CharField(
        label=_("转入维修资金的比例（%）"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("业主大会决定的，净收益的百分之几；最多两位小数。"),
    )
    since = forms.DateField(
        label=_("从哪一天起"), widget=DATE, error_messages={"required": _("请填写日期")}
    )
    decision = forms.CharField(label=_("决议的文号"), required=False)
    paper = UploadField(label=_("决议的照片或者扫描件"), required=False, allow_empty_file=True)

    def clean_percent(self) -> tuple[int, int]:
        text = half_width(self.cleaned_data["percent"]).strip().removesuffix("%").strip()
        try:
            hundredths = Decimal(text) * 100
        except ArithmeticError:
            raise forms.ValidationError(_("请写一个数，例如 70")) from None
        if hundredths != hundredths.to_integral_value() or not 0 <= hundredths <= 10_000:
            raise forms.ValidationError(_("比例要在 0 和 100 之间，最多两位小数"))
        return int(hundredths), 10_000


def _headings(book: str) -> list[tuple[str, Any]]:
    sides: dict[str, list[tuple[str, object]]] = {}
    for key, heading in OF_BOOK[book].items():
        sides.setdefault(heading.side, []).append((key, said(heading.title)))
    groups = [(str(_SIDES[side]), rows) for side, rows in sides.items()]
    return [("", _("请选择")), *groups]


class EntryForm(forms.Form):
    """One movement of money with its vouchers."""

    may_be_empty = frozenset({"kept", "kept_fen", "contract", "decision"})

    heading = forms.ChoiceField(label=_("科目"), required=False)
    fen = FenField(label=_("金额（元）"))
    dated_on = forms.DateField(
        label=_("日期"),
        widget=DATE,
        help_text=_("钱到账或者付出的那一天。"),
        error_messages={"required": _("请填写日期")},
    )
    party = forms.CharField(
        label=_("对方"),
        required=False,
        help_text=_("付钱或者收钱的单位；是个人的只写“业主”“租户”，不写姓名。人人看得到。"),
    )
    text = forms.CharField(
        label=_("摘要"), required=False, help_text=_("例如：7月电梯广告费。人人看得到。")
    )
    contract = forms.ChoiceField(label=_("哪一份合同"), required=False)
    kept = forms.ChoiceField(
        label=_("对方代扣的是什么"),
        required=False,
        help_text=_("对方扣了税费、成本才付款的，金额写扣以前的，这里写扣的是什么。"),
    )
    kept_fen = FenField(label=_("代扣了多少（元）"))
    decision = forms.CharField(
        label=_("依据的决定"),
        required=False,
        help_text=_(
            "业主决定了才能用的钱（例如业委会经费、抵减物业费），写业主大会决议的文号。"
        ),
    )
    papers = FilesField(label=_("原始凭证"), pictures=False, help_text=_PAPERS)

    def __init__(
        self,
        *args: Any,
        book: str,
        contracts: Iterable[Contract] = (),
        has_papers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if has_papers:
            self.may_be_empty = self.may_be_empty | {"papers"}
        self.fields["heading"].choices = _headings(book)  # type: ignore[attr-defined]
        costs = [
            (key, said(one.title)) for key, one in OF_BOOK[book].items() if one.side == "cost"
        ]
        choices = [("", _("（没有）"))]
        self.fields["kept"].choices = [*choices, *costs]  # type: ignore[attr-defined]
        known = [
            (
                str(one.pk),
                _("%(source)s：%(payer)s") % {"source": one.source, "payer": one.payer},
            )
            for one in contracts
        ]
        self.fields["contract"].choices = [*choices, *known]  # type: ignore[attr-defined]
        if not costs:
            del self.fields["kept"], self.fields["kept_fen"]
        if not known:
            del self.fields["contract"]

    def money(self) -> Money:
        """The amount as the commands take it; nothing typed is no amount."""
        given = self.cleaned_data
        return Money(
            given["heading"],
            given["fen"] or 0,
            given.get("kept", ""),
            given.get("kept_fen") or 0,
        )

    def said(self) -> Said:
        """The words as the commands take them."""
        given = self.cleaned_data
        contract = given.get("contract")
        return Said(
            given["dated_on"],
            given["party"],
            given["text"],
            int(contract) if contract else None,
            given["decision"],
        )

    @staticmethod
    def initial_of(entry: Entry) -> dict[str, object]:
        """A draft as it stands, to put right."""
        return {
            "heading": entry.heading,
            "fen": _plain(entry.fen),
            "dated_on": entry.dated_on,
            "party": entry.party,
            "text": entry.text,
            "contract": entry.contract_id or "",
            "kept": entry.kept,
            "kept_fen": _plain(entry.kept_fen) if entry.kept_fen else "",
            "decision": entry.decision,
        }


def _plain(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


class ClosingForm(forms.Form):
    """The bank's balance, and everything that has to be said of a period."""

    may_be_empty = frozenset({"difference"})

    bank_fen = FenField(label=_("银行对账单的余额（元）"), zero=True)
    bank_on = forms.DateField(label=_("对账单截至"), required=False, widget=DATE)
    paper = UploadField(
        label=_("银行对账单"), required=False, allow_empty_file=True, help_text=_PAPERS
    )
    difference = forms.CharField(
        label=_("和账上不一致的原因"),
        required=False,
        widget=_SHORT,
        help_text=_("一致的不写。例如：9月30日的手续费 1.00 元，银行10月1日入账。"),
    )
    correction = forms.CharField(
        label=_("这一次更正了什么"), required=False, widget=_SHORT, help_text=_("人人看得到。")
    )

    def __init__(
        self, *args: Any, asked: Iterable[Asked], bank: bool, correction: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not bank:
            for name in ("bank_fen", "bank_on", "paper", "difference"):
                del self.fields[name]
        if not correction:
            del self.fields["correction"]
        self.keys = []
        for one in asked:
            self.keys.append(one.key)
            self.fields[one.key] = forms.CharField(
                label=one.sentence, required=False, widget=_SHORT
            )

    def explanations(self) -> dict[str, str]:
        """What was said to each question."""
        return {key: self.cleaned_data[key] for key in self.keys}


class PhoneForm(forms.Form):
    """Whom owners call about the accounts."""

    may_be_empty = frozenset[str]()

    phone = forms.CharField(
        label=_("咨询电话"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("印在公布的文件上，人人看得到；写办公电话。"),
    )


class BoxesForm(forms.Form):
    """Where a page is covered, as documents.masking reads it."""

    may_be_empty = frozenset({"boxes"})

    boxes = forms.CharField(
        label=_("遮盖的位置"),
        required=False,
        widget=_SHORT,
        help_text=_(
            "从左上角到右下角，横的竖的各从0到1000。每一处写四个数：左,上,宽,高，各处用分号隔开。"
            "例如“100,50,300,40”盖住从左边十分之一起、靠近上边的一条。不写就是不遮盖。"
        ),
    )

    reason = forms.CharField(
        label=_("为什么再遮盖"),
        required=False,
        max_length=200,
        help_text=_(
            "人人看得到：和日期、单位一起写在这份单据下面。例如：露出了付款人的手机号。"
        ),
    )

    def __init__(self, *args: Any, is_public: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_public:
            del self.fields["reason"]

    def clean_boxes(self) -> list[Box]:
        """The boxes; signs of a Chinese keyboard are taken for their twins."""
        try:
            return boxes_from(half_width(self.cleaned_data["boxes"]))
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused)) from refused


class YearMotionForm(forms.Form):
    """What the owners are asked about a year, and in which session."""

    may_be_empty = frozenset({"title", "organiser_kind", "organiser", "contact_phone"})

    purpose = forms.ChoiceField(
        label=_("请业主决定什么"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("accept", _("接受这份年度报告（第9项，过半数）")),
            ("use", _("余额怎么使用（第9项，过半数）")),
            ("business", _("在共有部分开展新的经营（第8项，四分之三）")),
        ],
    )
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
    )
    organiser = forms.CharField(label=_("组织者名称"), required=False, max_length=80)
    contact_phone = forms.CharField(label=_("咨询电话"), required=False, max_length=30)

    def __init__(self, *args: Any, drafts: Iterable[Session], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = [  # type: ignore[attr-defined]
            *((str(one.pk), f"{one.title}（{one.organiser}）") for one in drafts),
            ("new", _("新开一次会议")),
        ]

    def chosen(self) -> int | None:
        """The draft session, or None for a new one."""
        session = self.cleaned_data["session"]
        return None if session == "new" else int(session)

    def convene(self) -> Convene | None:
        """The new session, where one is wanted."""
        if self.chosen() is not None:
            return None
        given = self.cleaned_data
        return Convene(
            given["title"], given["organiser_kind"], given["organiser"], given["contact_phone"]
        )
