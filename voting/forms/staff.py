"""What an organiser types. Shapes are judged by voting.domain.drafts, in one place."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.text import half_width
from documents.uploads import UploadField
from voting.domain.drafts import motion_reasons, session_reasons
from voting.domain.reasons import Reason
from voting.labels import MATTERS, MatterLabel, door
from voting.models import Motion, Session

_YUAN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_EACH_ENTRANCE = "/"


class Door(NamedTuple):
    """A building and its entrances, for choosing a scope."""

    building: int
    name: str
    entrances: tuple[str, ...]


class YuanField(forms.CharField):
    """An amount in yuan as people write it; cleans to fen (int) or None."""

    def clean(self, value: Any) -> Any:
        text = half_width(str(super().clean(value)))
        text = re.sub(r"[\s,，元¥]", "", text)
        if not text:
            return None
        found = _YUAN.fullmatch(text)
        if not found:
            raise forms.ValidationError(_("请填数字，最多两位小数，例如 186400.00"))
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


class MomentInput(forms.DateTimeInput):
    """A day and a time of day, as the browser asks for them."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class SessionForm(forms.Form):
    """The terms of a draft. Everything but the wording may come later."""

    may_be_empty = frozenset({"contact_place", "notice_on", "opens_at", "closes_at"})

    title = forms.CharField(
        label=_("会议名称"), required=False, help_text=_("例如：2026年第一次业主大会会议")
    )
    meeting = forms.ChoiceField(
        label=_("会议的种类"),
        required=False,
        choices=Session.MEETINGS,
        initial="regular",
        help_text=_("首次会议：还没有议事规则和业委会。临时会议：20%以上的业主提议等。"),
    )
    organiser_kind = forms.ChoiceField(
        label=_("由谁组织"), required=False, choices=[("", _("请选择")), *Session.ORGANISERS]
    )
    organiser = forms.CharField(
        label=_("组织者名称"), required=False, help_text=_("印在公告、通知书和决议上。")
    )
    contact_phone = forms.CharField(
        label=_("咨询电话"), required=False, help_text=_("业主有问题就打这个电话。")
    )
    contact_place = forms.CharField(
        label=_("咨询和交纸质票的地点"),
        required=False,
        help_text=_("例如：物业服务中心门口票箱"),
    )
    scope = forms.MultipleChoiceField(
        label=_("哪些楼幢、单元表决"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "全体业主表决就一个也不选。只有使用维修资金等事项可以由部分楼幢表决，"
            "那时只有选中的房屋算人数、算面积、分摊费用。"
        ),
    )
    notice_on = forms.DateField(
        label=_("哪天张贴公告"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    opens_at = forms.DateTimeField(
        label=_("什么时候开始投票"), required=False, widget=MomentInput()
    )
    closes_at = forms.DateTimeField(
        label=_("什么时候截止"),
        required=False,
        widget=MomentInput(),
        help_text=_("到时间自动截止，不用人操作。"),
    )
    rehearsal = forms.BooleanField(
        label=_("这是演练：不受公告期和投票期限制，每页每张纸都标明演练，结果不算数"),
        required=False,
    )
    opening_policy = forms.ChoiceField(
        label=_("怎样公布"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("secret", _("只公布合计：单张票不打开，选举必须这样；法院依法要求的除外")),
            ("named", _("记名：公布结果以后，每一户怎么投的都打开，留作依据")),
        ],
        help_text=_(
            "选“记名”以后谁看得到：业主本人看自己的；监票人、街道办事处一次看一户，要写明理由，"
            "每次都有记录；法院依法可以看。邻居、居委会、物业看不到，您作为组织者也看不到。"
            "通知书、投票页面和决议都会这样写，公告以后不能改。"
        ),
    )
    paper = forms.BooleanField(
        label=_("也收纸质票：两个人录入，另外两个人点票箱，点清以后才计票"),
        required=False,
        initial=True,
    )
    revote = forms.BooleanField(
        label=_("截止前可以改票，以最后一次为准"), required=False, initial=True
    )
    allow_document_check = forms.BooleanField(
        label=_("没有手机号的业主可以用姓氏和证件号码后六位核对身份"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, doors: Iterable[Door], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scope_choices(doors)  # type: ignore[attr-defined]
        for name in ("notice_on", "opens_at", "closes_at"):
            self.fields[name].error_messages["invalid"] = _(
                "日期或时间写得不对，例如 2026-03-01"
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["meeting"] = cleaned.get("meeting") or "regular"
        if "scope" in cleaned:
            cleaned["scope"] = scope_parts(cleaned["scope"])
        reasons = session_reasons(
            cleaned,
            organisers=[kind for kind, _label in Session.ORGANISERS],
            policies=[policy for policy, _label in Session.POLICIES],
        )
        _put(self, reasons)
        return cleaned


class MotionForm(forms.Form):
    """One question, and which of the nine matters it is."""

    may_be_empty = frozenset({"cost_fen", "needs"})

    matter = forms.TypedChoiceField(
        label=_("这件事属于哪一类"),
        required=False,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=_("民法典第二百七十八条的九类。分错类，通过的标准就错了。"),
    )
    title = forms.CharField(
        label=_("事项标题"),
        required=False,
        help_text=_("一句话，业主一看就懂，例如：使用维修资金更换1幢电梯曳引机"),
    )
    text = forms.CharField(
        label=_("要业主决定的内容"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("写清做什么、谁来做、花多少钱、什么时候做。一项只问一件事。"),
    )
    cost_fen = YuanField(
        label=_("要花多少钱（元）"),
        required=False,
        max_length=30,
        help_text=_("按房屋面积分摊到每户，印在每户的通知书上。不花业主的钱就不填。"),
    )

    needs = forms.TypedMultipleChoiceField(
        label=_("哪几项也通过，这一项才生效"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("没有就不选。首次会议的选举一定要规约和议事规则都通过，不用在这里选。"),
    )

    def __init__(
        self,
        *args: Any,
        motion: Motion | None = None,
        others: Iterable[Motion] = (),
        **kwargs: Any,
    ) -> None:
        if motion is not None:
            kwargs["initial"] = {
                "needs": [needed.position for needed in motion.needs.all()],
                "matter": motion.matter,
                "title": motion.title,
                "text": motion.text,
                "cost_fen": _yuan(motion.cost_fen),
            }
        super().__init__(*args, **kwargs)
        self.fields["matter"].choices = [  # type: ignore[attr-defined]
            (str(label.number), _matter_choice(label)) for label in MATTERS
        ]
        choices = [(one.position, f"{one.position}. {one.title}") for one in others]
        self.fields["needs"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["needs"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reasons = motion_reasons(
            matter=cleaned.get("matter") or 0,
            title=cleaned.get("title", ""),
            text=cleaned.get("text", ""),
            cost_fen=cleaned.get("cost_fen"),
        )
        _put(self, reasons)
        return cleaned


class AttachmentForm(forms.Form):
    """One file. What it is, is told by its content."""

    content = UploadField(
        label=_("附件"),
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。例如方案、预算、照片。"),
        allow_empty_file=True,
        error_messages={"required": _("请先选择一个文件")},
    )


class CancelForm(forms.Form):
    """Why a session is called off."""

    reason = forms.CharField(
        label=_("取消的原因"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写明取消的原因")},
    )


class AnnounceForm(forms.Form):
    """The last step before nothing can be changed."""

    understood = forms.BooleanField(
        label=_("我已核对事项、名册和时间，知道公告以后都不能再改"),
        error_messages={"required": _("请先勾选，确认您已核对")},
    )


class ReissueForm(forms.Form):
    """A new letter for one household."""

    reason = forms.CharField(
        label=_("补发的原因"),
        max_length=200,
        help_text=_("例如：信件丢失，本人到居委会登记。不要写姓名、电话和证件号码。"),
        error_messages={"required": _("请写明补发的原因")},
    )


def scope_choices(doors: Iterable[Door]) -> list[tuple[str, str]]:
    """Every building, and every entrance of a building that has several."""
    choices = []
    for place in doors:
        choices.append((str(place.building), place.name))
        if len(place.entrances) > 1:
            choices += [
                (f"{place.building}{_EACH_ENTRANCE}{entrance}", door(place.name, entrance))
                for entrance in place.entrances
                if entrance
            ]
    return choices


def scope_values(scope: list[dict[str, Any]]) -> list[str]:
    """The inverse: which boxes a stored scope ticks."""
    return [
        str(part["building"])
        if part["entrance"] is None
        else f"{part['building']}{_EACH_ENTRANCE}{part['entrance']}"
        for part in scope
    ]


def scope_parts(values: list[str]) -> list[dict[str, Any]]:
    """The scope that these boxes mean; an entrance of a ticked building adds nothing."""
    whole = {value for value in values if _EACH_ENTRANCE not in value}
    parts: list[dict[str, Any]] = []
    for value in values:
        building, _slash, entrance = value.partition(_EACH_ENTRANCE)
        if value in whole:
            parts.append({"building": int(building), "entrance": None})
        elif building not in whole:
            parts.append({"building": int(building), "entrance": entrance})
    return parts


def _put(form: forms.Form, reasons: list[Reason]) -> None:
    """Each reason once, beside its field; a field that could not be read has said so."""
    for reason in reasons:
        field = reason.field if reason.field in form.fields else None
        if field is None or field not in form.errors:
            form.add_error(field, reason.sentence)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02}"


def _matter_choice(label: MatterLabel) -> SafeString:
    return format_html(
        "{}<small>{}{stop}{}{stop}</small>",
        _("（%(n)s）%(title)s") % {"n": label.number, "title": label.title},
        label.meaning,
        label.threshold,
        stop=_("。"),
    )
