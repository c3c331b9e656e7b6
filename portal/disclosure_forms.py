"""What staff type of sources, contracts, answers to owners, disclosures; refused below."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from disclosures.domain.headings import PLANNED_PARKING
from disclosures.models import Contract, Publication, Question, Source
from disclosures.services.disclosing import Complaints, Service
from disclosures.services.sources import Deal
from documents.uploads import UploadField
from documents.wording import period
from portal.account_forms import FenField
from portal.forms import DATE
from portal.sentences import said
from registry.models import Estate

_SHORT = forms.Textarea(attrs={"rows": 3})
_LONG = forms.Textarea(attrs={"rows": 8})
_TEL = forms.TextInput(attrs={"inputmode": "tel"})
_FILE = _("照片（手机拍的就行，JPEG、PNG、HEIC）或者 PDF，不超过 20 MB。")
_DAY = {"required": _("请填写日期")}
# The last is there to be refused with its reason: many take it for common income.
_KINDS = [*Source.KINDS, (PLANNED_PARKING, _("规划用于停车的车位、车库（开发商出售、出租的）"))]


class SourceForm(forms.Form):
    """A source of common income."""

    may_be_empty = frozenset({"quantity"})

    kind = forms.ChoiceField(
        label=_("是什么"), choices=_KINDS, required=False, widget=forms.RadioSelect
    )
    place = forms.CharField(
        label=_("在哪里"), required=False, help_text=_("例如：1幢2单元电梯。人人看得到。")
    )
    quantity = forms.CharField(label=_("数量"), required=False, help_text=_("例如：12个。"))


class EndForm(forms.Form):
    """Something ended on a day, for a reason."""

    last = forms.DateField(label=_("最后一天"), widget=DATE, error_messages=_DAY)
    reason = forms.CharField(
        label=_("原因"),
        required=False,
        max_length=200,
        widget=_SHORT,
        help_text=_("人人看得到，不写姓名、电话。"),
    )


class ContractForm(forms.Form):
    """A contract over a source, with its file."""

    may_be_empty = frozenset({"number", "last", "outsider"})

    number = forms.CharField(label=_("合同编号"), required=False)
    payer = forms.CharField(
        label=_("付款方"),
        required=False,
        help_text=_("单位写名称；是个人的只写“业主”“租户”，不写姓名。人人看得到。"),
    )
    payer_kind = forms.ChoiceField(
        label=_("付款方是"), choices=Contract.PAYERS, required=False, widget=forms.RadioSelect
    )
    outsider = forms.BooleanField(label=_("付款方不是本小区业主"), required=False)
    fen = FenField(label=_("价格（元）"))
    priced = forms.ChoiceField(
        label=_("怎么计价"), choices=Contract.PRICED, required=False, widget=forms.RadioSelect
    )
    first = forms.DateField(label=_("从哪一天起"), widget=DATE, error_messages=_DAY)
    last = forms.DateField(
        label=_("到哪一天止"), widget=DATE, required=False, help_text=_("没有约定期限的不填。")
    )
    paper = UploadField(
        label=_("合同的照片或者扫描件"),
        allow_empty_file=True,
        help_text=_FILE,
        error_messages={"required": _("请上传合同")},
    )

    def deal(self) -> Deal:
        """What was typed in, as the command takes it; nothing typed is no amount."""
        given = {name: self.cleaned_data[name] for name in Deal._fields}
        return Deal(**(given | {"fen": given["fen"] or 0}))


class CoveringForm(forms.Form):
    """An answer that everybody reads, and what of the owner's words is covered."""

    may_be_empty = frozenset({"covered", "kind"})

    covered = forms.CharField(
        label=_("原话里要遮盖的词"),
        required=False,
        widget=_SHORT,
        help_text=_("姓名、电话、房号等，一行一个，照原话写；只遮盖，不改写。"),
    )

    def words(self) -> list[str]:
        """One a line."""
        lines = self.cleaned_data["covered"].splitlines()
        return [line.strip() for line in lines if line.strip()]


class AnswerForm(CoveringForm):
    """An answer to a question; only who said that a figure is wrong is right or is not."""

    upheld = forms.ChoiceField(
        label=_("业主说得对不对"),
        choices=[("no", _("账没有错，说明情况")), ("yes", _("业主说得对，要更正，重新公布"))],
        initial="no",
        required=False,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("答复"), required=False, widget=_SHORT, help_text=_("人人看得到。")
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind != "wrong":
            del self.fields["upheld"]


class ReportForm(CoveringForm):
    """An answer to a report of a missing source; with a kind it is put on the register."""

    kind = forms.ChoiceField(
        label=_("补登在来源登记册上"),
        choices=[("", _("不补登，只答复")), *_KINDS],
        required=False,
    )
    answer = forms.CharField(
        label=_("答复"), required=False, widget=_SHORT, help_text=_("人人看得到。")
    )


class AskForm(forms.Form):
    """A question taken down for somebody who called or came."""

    may_be_empty = frozenset({"line"})

    publication = forms.ChoiceField(
        label=_("关于哪一期"), error_messages={"required": _("请选择关于哪一期")}
    )
    line = forms.IntegerField(
        label=_("第几笔"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("关于整期的不填。"),
        error_messages={"invalid": _("请写笔数，例如 12"), "min_value": _("请写笔数，例如 12")},
    )
    kind = forms.ChoiceField(
        label=_("是提问，还是说数字不对"),
        choices=Question.KINDS,
        required=False,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("业主怎么说的"),
        required=False,
        widget=_SHORT,
        help_text=_("照原话写，不写姓名、房号、电话；答复以后人人看得到。"),
    )

    def __init__(self, *args: Any, publications: Iterable[Publication], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publication"].choices = [  # type: ignore[attr-defined]
            (
                str(one.pk),
                f"{said(period(one.period.first, one.period.last))} "
                f"{one.period.book.get_kind_display()}",
            )
            for one in publications
        ]


class _DisclosureForm(forms.Form):
    may_be_empty = frozenset({"file", "place"})

    manager = forms.CharField(label=_("物业服务企业的名称"), required=False)

    def disclosed(self) -> Service | Complaints:
        """What was typed in, as the command takes it."""
        raise NotImplementedError


class ServiceForm(_DisclosureForm):
    """Prices, content and standard of the service."""

    prices = forms.CharField(
        label=_("服务价格"),
        required=False,
        widget=_LONG,
        help_text=_("各项收费的价格、计价方式和依据，一行一项。"),
    )
    content = forms.CharField(label=_("服务内容"), required=False, widget=_LONG)
    standard = forms.CharField(label=_("服务标准"), required=False, widget=_LONG)
    file = UploadField(label=_("附件"), required=False, allow_empty_file=True, help_text=_FILE)

    def disclosed(self) -> Service:
        return Service(*(self.cleaned_data[name] for name in Service._fields))


class ComplaintsForm(_DisclosureForm):
    """Where owners complain."""

    phone = forms.CharField(label=_("物业投诉电话"), required=False, widget=_TEL)
    hours = forms.CharField(
        label=_("受理时间"), required=False, help_text=_("例如：每天 8:00—20:00。")
    )
    place = forms.CharField(label=_("受理地点"), required=False)
    street_phone = forms.CharField(label=_("街道办事处电话"), required=False, widget=_TEL)
    bureau_phone = forms.CharField(label=_("住建部门电话"), required=False, widget=_TEL)
    file = UploadField(label=_("附件"), required=False, allow_empty_file=True, help_text=_FILE)

    def disclosed(self) -> Complaints:
        return Complaints(*(self.cleaned_data[name] for name in Complaints._fields))


class EnrolForm(forms.Form):
    """From when on which estates have to publish."""

    since = forms.DateField(
        label=_("从哪一天起要公布"),
        widget=DATE,
        error_messages=_DAY,
        help_text=_("从这一天所在的一期起。"),
    )
    managed = forms.ChoiceField(
        label=_("有没有物业服务企业"),
        choices=[("yes", _("有，三项公开也要按期")), ("no", _("没有"))],
        initial="yes",
        widget=forms.RadioSelect,
    )
    everything = forms.BooleanField(label=_("下面列出的全部"), required=False)
    estates = forms.ModelMultipleChoiceField(
        label=_("小区"),
        queryset=Estate.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, listed: list[Estate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = listed
        known = Estate.objects.filter(pk__in=[one.pk for one in listed]).order_by("name", "pk")
        self.fields["estates"].queryset = known  # type: ignore[attr-defined]

    def chosen(self) -> list[int]:
        """Numbers of the estates that were ticked."""
        given = self.cleaned_data
        ticked = self.listed if given["everything"] else given["estates"]
        return [one.pk for one in ticked]
