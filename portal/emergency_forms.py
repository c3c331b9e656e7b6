"""What people type about an emergency: in front of the broken lift, on a phone.

Reasons come from the domain: no form requires anything itself, so that all complaints stand
beside their fields at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from funds.domain.emergencies import PARTIES, SITUATIONS, Found, Report
from funds.domain.repairs import EXCLUSIONS, PARTS, SPEAKS_FOR
from funds.models import RepairRequest
from funds.services.emergencies import Attached, Upload
from portal.roll_forms import DATE
from portal.sentences import said
from voting.forms.staff import Door, YuanField, scope_choices

MOST_FILES = 6
_PICTURES = "image/jpeg,image/png"
_YES_NO = [("no", _("不是")), ("yes", _("是"))]


class _Several(forms.FileInput):
    allow_multiple_selected = True


class FilesField(UploadField):
    """Several files under one label; cleans to a list of uploads."""

    def __init__(self, *, pictures: bool, **options: Any) -> None:
        attrs = {"multiple": True, **({"accept": _PICTURES} if pictures else {})}
        widget = _Several(attrs=attrs)
        super().__init__(required=False, allow_empty_file=True, widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("一次最多%(n)s个文件") % {"n": MOST_FILES})
        clean = super().clean
        return [clean(one, initial) for one in given if one is not None]


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def uploads_of(files: Iterable[UploadedFile[bytes]]) -> list[Upload]:
    """Names and contents, one byte more than allowed at most."""
    most = settings.UPLOAD_MAX_BYTES + 1
    return [Upload(one.name or "", one.read(most)) for one in files]


def _long(label: object, *, rows: int = 3, help_text: object = "") -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        required=False,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _short(label: object, help_text: object = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        required=False,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.TextInput(attrs=attrs),
    )


def _radio(label: object, choices: Any, help_text: object = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,  # type: ignore[arg-type]
        required=False,
        choices=choices,
        widget=forms.RadioSelect,
        help_text=help_text,  # type: ignore[arg-type]
    )


class ReportForm(forms.Form):
    """The one page of a report."""

    may_be_empty = frozenset(
        {"scope", "paper", "clause", "warranty_note", "plan", "estimate_fen", "public"}
    )

    situation = _radio(_("是哪一种紧急情况"), [])
    part = forms.ChoiceField(label=_("坏的是哪个部位"), required=False)
    place = _short(_("具体位置"), _("例如：3幢2单元1号电梯。不要写姓名。"))
    danger = _long(
        _("坏成什么样，有什么危险"),
        help_text=_("例如：电梯在6楼困人，钢丝绳断股。业主看得到，不要写姓名、电话。"),
    )
    photos = FilesField(
        label=_("现场照片"),
        pictures=True,
        help_text=_("至少一张，最多六张，JPEG 或 PNG。照片里的拍摄地点会自动去掉。"),
    )
    public = forms.BooleanField(label=_("照片里认不出人，可以给业主看"), required=False)
    paper = FilesField(
        label=_("证据"),
        pictures=False,
        help_text=_("检测报告、停用或者整改通知、故障记录，拍照也可以。"),
    )
    scope = forms.MultipleChoiceField(
        label=_("哪些楼幢、单元共用，由谁分摊"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("全小区共用的一个也不选。只有选中的房屋分摊费用。"),
    )
    warranty_until = forms.DateField(
        label=_("这个部位的保修期到哪一天"),
        required=False,
        widget=DATE,
        error_messages={"invalid": _("日期写得不对，例如 2026-03-01")},
    )
    warranty_note = _short(_("查不到保修期的，说明情况"), _("例如：2008年交付，保修期早已过。"))
    applicant_kind = forms.ChoiceField(label=_("申请人是"), required=False)
    applicant = _short(_("申请人名称"), _("例如：样例花园业主委员会。"))
    contact_phone = _short(_("联系电话"), _("业主和来认定的人打这个电话。"), inputmode="tel")
    clause = _short(
        _("依据哪一条规定"),
        _("业主大会、业主委员会申请的不用填（民法典第281条）；别的申请人要写明。"),
    )
    plan = _long(_("准备怎样修"), rows=2)
    estimate_fen = YuanField(label=_("大概要多少钱（元）"), required=False)

    def __init__(
        self, *args: Any, doors: Iterable[Door], open_codes: Sequence[str], role: str, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        choose = ("", _("请选择"))
        self._choices("situation", [
            (code, _situation(code)) for code in open_codes if code in SITUATIONS
        ])  # fmt: skip
        self._choices("part", [choose, *((key, said(name)) for key, name in PARTS.items())])
        self._choices("scope", scope_choices(doors))
        titles = dict(RepairRequest.APPLICANTS)
        kinds = [(kind, titles[kind]) for kind in SPEAKS_FOR.get(role, ())]
        self._choices("applicant_kind", [choose, *kinds] if len(kinds) > 1 else kinds)
        for key, words in EXCLUSIONS.items():
            self.fields[key] = _radio(said(words), _YES_NO)
        # Who has to pay is asked before who applies.
        fields = list(self.fields)
        place = fields.index("applicant_kind")
        keys = list(EXCLUSIONS)
        self.order_fields([*fields[:place], *keys, *fields[place : -len(keys)]])

    def _choices(self, name: str, choices: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def report(self) -> Report:
        """What was typed, for the domain to judge."""
        given = self.cleaned_data
        return Report(
            situation=given.get("situation", ""),
            danger=given["danger"],
            part=given.get("part", ""),
            place=given["place"],
            applicant_kind=given.get("applicant_kind", ""),
            applicant=given["applicant"],
            contact_phone=given["contact_phone"],
            exclusions={key: given[key] == "yes" for key in EXCLUSIONS if given.get(key)},
            warranty_until=given.get("warranty_until"),
            warranty_note=given["warranty_note"],
            clause=given["clause"],
            plan=given["plan"],
            estimate_fen=given.get("estimate_fen"),
        )

    @property
    def scope_chosen(self) -> list[dict[str, Any]]:
        """As voting.Session.scope."""
        values = self.cleaned_data.get("scope", [])
        whole = {value for value in values if "/" not in value}
        parts: list[dict[str, Any]] = []
        for value in values:
            building, slash, entrance = value.partition("/")
            if not slash:
                parts.append({"building": int(building), "entrance": None})
            elif building not in whole:
                parts.append({"building": int(building), "entrance": entrance})
        return parts

    @property
    def attached(self) -> Attached:
        """The files."""
        given = self.cleaned_data
        return Attached(
            photos=uploads_of(given.get("photos", ())),
            papers=uploads_of(given.get("paper", ())),
            public=given["public"],
        )


def _situation(code: str) -> SafeString:
    known = SITUATIONS[code]
    return format_html(
        "{}<small>{}{}</small>", said(known.words), _("证据："), said(known.evidence)
    )


class FindingForm(forms.Form):
    """What somebody finds on site."""

    may_be_empty = frozenset[str]()

    on_site_at = forms.DateTimeField(
        label=_("什么时候到现场"),
        required=False,
        widget=_Moment(),
        initial=lambda: timezone.now(),
        error_messages={"invalid": _("日期或时间写得不对，例如 2026-03-01 09:30")},
    )
    position = _short(_("在现场的什么位置"), _("例如：3幢2单元1楼电梯厅、顶楼机房。"))
    photos = FilesField(
        label=_("现场照片"),
        pictures=True,
        help_text=_("现在拍的，至少一张。不能用上报时的照片。"),
    )
    parties = forms.MultipleChoiceField(
        label=_("哪几方在场"), required=False, widget=forms.CheckboxSelectMultiple
    )
    present = _long(
        _("在场的人"), rows=2, help_text=_("姓名和单位。加密保存，只有经办的人看得到。")
    )
    qualifies = _radio(
        _("是不是紧急情况"),
        [
            ("yes", _("属于紧急情况，要立即维修")),
            ("no", _("不属于，退回按一般维修由业主表决")),
        ],
    )
    reason = _long(_("理由"), help_text=_("业主看得到，不要写姓名、电话。"))

    def __init__(self, *args: Any, fewest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = self.fields["parties"]
        parties.choices = [  # type: ignore[attr-defined]
            (key, said(words)) for key, words in PARTIES.items()
        ]
        parties.help_text = _("至少%(n)s方。") % {"n": fewest}

    @property
    def found(self) -> Found:
        """What was typed, for the domain to judge."""
        given = self.cleaned_data
        return Found(
            on_site_at=given.get("on_site_at"),
            position=given["position"],
            present=given["present"],
            parties=given.get("parties", []),
            qualifies=_yes(given.get("qualifies")),
            reason=given["reason"],
        )


class DecisionForm(forms.Form):
    """Whether to repair at once, for how much."""

    may_be_empty = frozenset({"advance", "paper"})

    authorises = _radio(
        _("决定"),
        [
            ("yes", _("同意先行维修，不经业主表决")),
            ("no", _("不同意，退回按一般维修由业主表决")),
        ],
    )
    most = YuanField(
        label=_("最多可以用多少钱（元）"),
        required=False,
        help_text=_("超过这个数，要重新决定。按它预先算出每一户的分摊。"),
    )
    advance = YuanField(label=_("其中验收以前可以先付（元）"), required=False)
    reason = _long(_("理由"), help_text=_("业主看得到，不要写姓名、电话。"))
    paper = UploadField(
        label=_("书面决定"),
        required=False,
        allow_empty_file=True,
        help_text=_("有签名的会议记录，PDF 或者照片。"),
    )

    @property
    def chosen(self) -> bool | None:
        return _yes(self.cleaned_data.get("authorises"))


class WithdrawForm(forms.Form):
    """Why the emergency way is given up."""

    may_be_empty = frozenset[str]()

    reason = _long(_("为什么"), help_text=_("业主看得到，不要写姓名、电话。"))


class PublishForm(forms.Form):
    """What the paper on the wall says beside the figures."""

    may_be_empty = frozenset({"correction"})

    done = _long(_("怎样修的"), help_text=_("印在公示上，不要写姓名、电话。"))
    correction = _long(_("更正了什么"), rows=2, help_text=_("重新公示的要写。印在公示上。"))


class OfficeObjectionForm(forms.Form):
    """An objection of somebody who came to the office."""

    may_be_empty = frozenset[str]()

    unit_label = _short(_("房号"), _("照公示上写，例如 1幢1单元101室。"))
    text = _long(_("异议的内容"), rows=4)


class OwnObjectionForm(forms.Form):
    """An owner's objection, in the household's own words."""

    unit_label = forms.ChoiceField(label=_("哪一套房屋"), required=False)
    text = forms.CharField(
        label=_("您的异议"),
        required=False,
        help_text=_("例如：不是紧急情况、费用不实、没有修好、分摊不对。"),
        widget=forms.Textarea(attrs={"rows": 5, "class": "input"}),
    )

    def __init__(self, *args: Any, rooms: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit_label"]
        field.choices = [(room, room) for room in rooms]  # type: ignore[attr-defined]
        field.widget.attrs["class"] = "input"


class AnswerForm(forms.Form):
    """An answer with its reasons."""

    may_be_empty = frozenset[str]()

    upheld = _radio(
        _("结论"),
        [
            ("no", _("异议不成立")),
            ("yes", _("异议成立，停付尾款，改正以后重新公示")),
        ],
    )
    answer = _long(_("答复和理由"), rows=4, help_text=_("不要写姓名、电话。"))

    @property
    def chosen(self) -> bool | None:
        return _yes(self.cleaned_data.get("upheld"))


def _yes(value: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(value or "")
