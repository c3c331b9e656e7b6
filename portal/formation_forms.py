"""What staff type of formations, members, the party and handovers; refused by the commands."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from committees import models as kept
from committees.formation_steps import Proof, Terms, Upload
from committees.services.vetting import DEPARTMENTS
from documents.uploads import UploadField
from portal.emergency_forms import uploads_of
from portal.forms import DATE
from portal.sentences import said

_TEXT = forms.Textarea(attrs={"rows": 3})
_NUMBER = forms.NumberInput(attrs={"min": 1, "max": 99, "inputmode": "numeric"})
_NOT_A_DAY = {"invalid": _("这不是一个日期")}
SAYS = [("yes", _("是党员")), ("no", _("不是党员")), ("rather_not", _("不愿说"))]


def _day(label: object, help_text: object = "") -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        required=False,
        widget=DATE,
        error_messages=_NOT_A_DAY,
    )


def _choice(label: object, choices: Sequence[tuple[str, object]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,  # type: ignore[arg-type]
        choices=choices,
        required=False,
        widget=forms.RadioSelect,
    )


def _text(label: object, help_text: object = "") -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        required=False,
        widget=_TEXT,
    )


def _seats(label: object) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,  # type: ignore[arg-type]
        required=False,
        widget=_NUMBER,
        error_messages={"invalid": _("请填写整数")},
    )


class _ProofForm(forms.Form):
    """With a paper that proves what is reported."""

    note = _text(
        _("有什么材料证明、放在哪里"),
        _("例如：街道关于成立筹备组的公告，第3号，在街道档案柜。加密保存，不公开。"),
    )
    file = UploadField(
        label=_("材料的照片或者扫描件"),
        required=False,
        allow_empty_file=True,
        help_text=_("照片（JPEG、PNG、HEIC）或者 PDF，不超过 20 MB。只存画面，去掉拍摄地点。"),
    )

    def proof(self) -> Proof:
        """What was given as proof."""
        given = self.cleaned_data.get("file")
        found = uploads_of([given]) if given is not None else []
        upload = Upload(found[0].name, found[0].content) if found else None
        given_why = self.cleaned_data.get("despite", "")
        return Proof(self.cleaned_data.get("note", ""), upload, given_why)


class OpenForm(forms.Form):
    """Begin a formation."""

    may_be_empty = frozenset({"seats"})

    kind = _choice(_("办什么"), kept.Formation.KINDS)
    seats = _seats(_("打算选几名委员"))


class StageForm(_ProofForm):
    """A stage reached elsewhere."""

    may_be_empty = frozenset({"file"})

    day = _day(_("哪一天"))
    # Asked only where a department objects and nobody dealt with it.
    despite = _text(
        _("有异议仍然往下办的原因"), _("和这一步一起保存，在办理过程里看得到。加密，不公开。")
    )
    field_order = ["despite", "day", "note", "file"]

    def __init__(self, *args: Any, objected: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not objected:
            del self.fields["despite"]


class CorrectionForm(StageForm):
    """The same, for a stage that was reported before."""

    reason = _text(_("为什么更正"))


class ElectedForm(StageForm):
    """The election: with the seats and the term of whom it brought."""

    may_be_empty = frozenset({"file", "last_day"})

    seats = _seats(_("委员会有几个席位"))
    last_day = _day(_("任期最后一天"), _("不填就按规则里的任期计算。"))
    field_order = ["despite", "day", "seats", "last_day", "note", "file"]

    def terms(self) -> Terms:
        """Seats and last day as given."""
        return Terms(self.cleaned_data.get("seats"), self.cleaned_data.get("last_day"))


class ElectedAgainForm(ElectedForm):
    """The same, corrected."""

    reason = _text(_("为什么更正"))


class ReasonForm(forms.Form):
    """Why something is taken back."""

    may_be_empty = frozenset[str]()

    reason = _text(_("原因"))


class EndForm(forms.Form):
    """A formation is done or given up."""

    may_be_empty = frozenset({"why"})

    ending = _choice(_("怎样结束"), kept.Formation.ENDINGS)
    why = _text(_("停办的原因"), _("停办的才要填。加密保存，不公开。"))


class VettingForm(forms.Form):
    """Which departments are asked."""

    may_be_empty = frozenset({"other"})

    departments = forms.MultipleChoiceField(
        label=_("征求哪些部门的意见"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other = forms.CharField(
        label=_("其他部门"), required=False, help_text=_("几个的，用顿号隔开。")
    )
    asked_on = _day(_("哪一天征求的"))

    def __init__(self, *args: Any, asked: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What was sent from an older page is answered by the command, which says who is silent.
        self.fields["departments"].choices = [  # type: ignore[attr-defined]
            (name, said(name)) for name in DEPARTMENTS if self.is_bound or name not in asked
        ]

    def names(self) -> list[str]:
        """All that were chosen or typed."""
        typed = self.cleaned_data["other"].replace("，", "、").split("、")
        return [*self.cleaned_data["departments"], *typed]


class ReplyForm(_ProofForm):
    """What a department replied."""

    may_be_empty = frozenset({"file", "text"})

    answer = _choice(_("怎样答复"), kept.InquiryReply.ANSWERS)
    day = _day(_("哪一天答复的"))
    text = _text(_("异议的理由"), _("有异议或者不再征求的才要填。写到人的，加密保存，不公开。"))
    field_order = ["answer", "day", "text", "file"]

    def __init__(self, *args: Any, again: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]
        if again:
            self.fields["reason"] = _text(_("为什么更正"))


class CommitteeForm(_ProofForm):
    """A committee formed elsewhere."""

    may_be_empty = frozenset({"file", "last_day"})

    kind = _choice(_("哪一种委员会"), kept.Committee.KINDS)
    formed_on = _day(_("哪一天产生的"))
    seats = _seats(_("委员会有几个席位"))
    last_day = _day(_("任期最后一天"), _("不填就按规则里的任期计算。"))
    field_order = ["kind", "formed_on", "seats", "last_day", "note", "file"]


class CommitteeEndForm(forms.Form):
    """A committee ends without a new one."""

    may_be_empty = frozenset[str]()

    day = _day(_("哪一天终止的"))
    why = _text(_("终止的原因"), _("不写姓名。"))


class MemberForm(forms.Form):
    """Somebody takes a seat."""

    may_be_empty = frozenset[str]()

    name = forms.CharField(label=_("姓名"), required=False, help_text=_("加密保存，不公开。"))
    office = _choice(_("职务"), kept.Member.OFFICES)
    since = _day(_("哪一天起任职"))


class OfficeForm(forms.Form):
    """Another office."""

    may_be_empty = frozenset[str]()

    office = _choice(_("职务"), kept.Member.OFFICES)


class MemberEndForm(forms.Form):
    """Somebody leaves."""

    may_be_empty = frozenset[str]()

    ending = _choice(_("为什么离任"), [one for one in kept.Member.ENDINGS if one[0] != "term"])
    day = _day(_("哪一天起离任"))
    note = _text(_("有什么材料证明"), _("例如：辞职信一份，5月3日收到。加密保存，不公开。"))


class PartyForm(forms.Form):
    """What somebody said of the party."""

    may_be_empty = frozenset[str]()

    answer = _choice(_("本人怎样说"), SAYS)
    how = _choice(_("怎样取得本人单独同意"), kept.PartyAnswer.HOWS)
    consented_on = _day(_("本人哪一天同意的"))


class ExplanationForm(forms.Form):
    """Why a committee is below the share."""

    may_be_empty = frozenset[str]()

    text = _text(_("情况说明"), _("为什么没有达到，打算怎样改进。加密保存。"))
    by = forms.CharField(label=_("由谁说明"), required=False, help_text=_("写单位名称。"))
    day = _day(_("哪一天说明的"))


class NomineeForm(forms.Form):
    """Somebody stands, on a list kept by hand."""

    may_be_empty = frozenset[str]()

    name = forms.CharField(
        label=_("候选人的姓名"), required=False, help_text=_("加密保存，不公开。")
    )


class SeatsForm(forms.Form):
    """How many are to be elected."""

    may_be_empty = frozenset[str]()

    seats = _seats(_("应选几名委员"))


class HandoverForm(forms.Form):
    """Who hands over."""

    may_be_empty = frozenset[str]()

    source = _choice(_("由谁移交"), kept.Handover.SOURCES)

    def __init__(self, *args: Any, offered: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is not offered and sent all the same is answered by the command, with the reason.
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            one for one in kept.Handover.SOURCES if self.is_bound or one[0] in offered
        ]


class ItemForm(forms.Form):
    """One more thing on the list."""

    may_be_empty = frozenset[str]()

    title = forms.CharField(label=_("移交什么"), required=False)


class ItemStateForm(forms.Form):
    """What became of an item."""

    may_be_empty = frozenset({"received_by", "note"})

    state = _choice(_("移交了没有"), kept.ItemState.STATES)
    day = _day(_("日期"))
    received_by = forms.CharField(
        label=_("由谁接收"), required=False, help_text=_("写职务，例如：主任、档案管理员。")
    )
    note = _text(_("说明"), _("没有或者交不出的，要写原因。"))
