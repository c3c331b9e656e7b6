"""What clerks type about paper ballots. Shapes are judged by voting.domain.paper."""

from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.paper import Reading

OPTION_WORDS = {"for": _("同意"), "against": _("反对"), "abstain": _("弃权")}
_BLANK = ("blank", _("没有填（不算参加这一项）"))
_FAULTS = [
    ("two_marks", _("无效：画多了")),
    ("unclear", _("无效：看不清画的是哪个")),
]
SPOILED_WORDS = {
    "illegible": _("整张看不清"),
    "signature": _("没有签名，或者签名不是业主的"),
    "torn": _("撕毁、涂改到不能辨认"),
    "not_ours": _("不是本次会议发的票"),
    "blank": _("一项都没有填"),
}
FAULT_WORDS = dict(_FAULTS)
_MARKED = ("marked", _("画了，就是下面勾的"))
_NOBODY = ("nobody", _("画的是“一个也不选”（算参加这一项，谁也不同意）"))


class SheetMotion(NamedTuple):
    """A motion as a sheet has it: the words of its options, how many may be marked.

    `low` is 0 where the sheet has a box for none of them (an election).
    """

    position: int
    title: str
    options: tuple[object, ...]
    low: int
    high: int


class RegisterForm(forms.Form):
    """One envelope: a scanner types the serial and presses Enter."""

    may_be_empty = frozenset[str]()

    serial = forms.CharField(
        label=_("票号"),
        required=False,
        max_length=60,
        help_text=_("用扫码枪扫表决票右上角的二维码，或者照着打，例如 00042-7K3Q，再按回车。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
    place = forms.CharField(
        label=_("在哪里收到的"),
        required=False,
        max_length=200,
        help_text=_("填一次就行，下一张沿用。例如：居委会票箱。不要写人名。"),
    )


class FindForm(forms.Form):
    """A sheet is found by its serial."""

    serial = forms.CharField(
        label=_("票号"),
        required=False,
        max_length=60,
        help_text=_("扫纸上的二维码，直接打开这一张。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )


class SheetForm(forms.Form):
    """What one person reads from a sheet; nothing is chosen beforehand."""

    may_be_empty = frozenset({"spoiled"})

    def __init__(
        self, *args: Any, motions: list[SheetMotion], scan: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.motions = motions
        for motion in motions:
            self._add(motion)
        self.fields["spoiled"] = forms.ChoiceField(
            label=_("整张作废？"),
            required=False,
            choices=[
                ("", _("不作废")),
                *((key, words) for key, words in SPOILED_WORDS.items() if key != "blank"),
            ],
            help_text=_("作废的不用填上面各项。"),
        )
        if scan:
            self.fields["content"] = UploadField(
                label=_("这张票的照片或扫描件"),
                required=False,
                allow_empty_file=True,
                help_text=_("JPEG、PNG 或 PDF，最大20 MB。加密保存，照片里的拍摄地点会去掉。"),
                widget=forms.ClearableFileInput(attrs={"accept": "image/*,application/pdf"}),
            )

    def _add(self, motion: SheetMotion) -> None:
        name = f"motion{motion.position}"
        label = f"{motion.position}. {motion.title}"
        options = [(str(at), words) for at, words in enumerate(motion.options)]
        nobody = [] if motion.low else [_NOBODY]
        if motion.high == 1:
            self.fields[name] = forms.ChoiceField(
                label=label,
                required=False,
                choices=[*options, *nobody, _BLANK, *_FAULTS],
                widget=forms.RadioSelect,
            )
            return
        self.fields[name] = forms.ChoiceField(
            label=label,
            required=False,
            choices=[_MARKED, *nobody, _BLANK, *_FAULTS],
            widget=forms.RadioSelect,
            help_text=_("最多选%(n)d个") % {"n": motion.high},
        )
        self.fields[f"{name}_marks"] = forms.MultipleChoiceField(
            label=_("%(n)d. 画了的") % {"n": motion.position},
            required=False,
            choices=options,
            widget=forms.CheckboxSelectMultiple,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("spoiled"):
            return cleaned
        for motion in self.motions:
            name = f"motion{motion.position}"
            if name in cleaned and not cleaned[name]:
                self.add_error(
                    name, _("第%(n)d项还没有选，没有填的选“没有填”") % {"n": motion.position}
                )
            elif cleaned.get(f"{name}_marks") and cleaned.get(name) != "marked":
                self.add_error(
                    name,
                    _("第%(n)d项下面勾了，上面要选“画了”") % {"n": motion.position},
                )
            elif cleaned.get(name) == "marked" and not cleaned.get(f"{name}_marks"):
                # Nobody ticked by mistake must not become a vote for nobody.
                self.add_error(
                    name, _("第%(n)d项选了“画了”，请在下面勾纸上画的") % {"n": motion.position}
                )
        return cleaned

    def reading(self) -> Reading:
        """What was read; only of a valid form."""
        cleaned = self.cleaned_data
        if cleaned["spoiled"]:
            return Reading(spoiled=cleaned["spoiled"])
        answers: list[tuple[int, ...] | None] = []
        faults = []
        for motion in self.motions:
            name = f"motion{motion.position}"
            said = cleaned[name]
            fault = said if said in dict(_FAULTS) else ""
            faults.append(fault)
            if fault or said == "blank":
                answers.append(None)
            elif said == "nobody":
                answers.append(())
            elif said == "marked":
                answers.append(tuple(sorted(int(at) for at in cleaned[f"{name}_marks"])))
            else:
                answers.append((int(said),))
        return Reading("", tuple(answers), tuple(faults))


class PaperRulingForm(forms.Form):
    """Whether a sheet counts, why, and on what evidence."""

    may_be_empty = frozenset({"content"})

    outcome = forms.ChoiceField(
        label=_("这张纸质票"),
        required=False,
        choices=[
            ("out", _("不计入，信封不拆")),
            ("in", _("计入，代替网上的票（要有书面依据）")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("理由"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写清事实和依据，最多500字。不要写证件号码和电话。"),
    )
    content = UploadField(
        label=_("书面依据"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。例如业主签名的说明。加密保存。"),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, conflict: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conflict not in {"online", "reissued"}:
            self.fields["outcome"].choices = [  # type: ignore[attr-defined]
                ("out", _("不计入"))
            ]

    def clean_outcome(self) -> str:
        outcome: str = self.cleaned_data["outcome"]
        if not outcome:
            raise forms.ValidationError(_("请选计入还是不计入"))
        return outcome


class BoxForm(forms.Form):
    """How many papers one person counted."""

    may_be_empty = frozenset[str]()

    counted = forms.IntegerField(
        label=_("从票箱里点出多少张"),
        required=False,
        help_text=_("自己点一遍再填，不看登记和录入的张数。没有人用纸质票就填0。"),
        error_messages={"invalid": _("张数请填一个整数，没有就填0")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_counted(self) -> int:
        counted: int | None = self.cleaned_data["counted"]
        if counted is None:
            raise forms.ValidationError(_("张数请填一个整数，没有就填0"))
        return counted
