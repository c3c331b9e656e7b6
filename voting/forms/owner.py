"""What owners type: a letter's code, the second check, one answer at a time."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.codes import read_code
from core.text import typed_digits

RECEIPT_NUMBER_LENGTH = 16
NOT_TAKING_PART = "none"
NOBODY = "nobody"  # of an election: takes part, chooses no candidate
OPTIONS = [("for", _("同意")), ("against", _("反对")), ("abstain", _("弃权"))]
"""In the manifest's order; an answer is an index into this list, or NOT_TAKING_PART."""

Problem = tuple[str, str]
"""The id of a field ("" for none) and a sentence."""


def problems(form: forms.Form) -> list[Problem]:
    """Every error of a form for the error summary, in the order of its fields."""
    found: list[Problem] = []
    for name, sentences in form.errors.items():
        field = f"id_{name}" if name in form.fields else ""
        found += [(field, str(sentence)) for sentence in sentences]
    return found


def _digits(**attributes: str) -> forms.TextInput:
    kept = {"class": "input digits", "autocomplete": "off", "spellcheck": "false"}
    return forms.TextInput(attrs=kept | attributes)


class LetterCodeForm(forms.Form):
    """The 12 characters printed below the QR code."""

    code = forms.CharField(
        label=_("12 位码"),
        help_text=_("在通知书二维码的下面，例如 7K4M-2QXH-9T3W。大小写、空格和横线都不要紧。"),
        max_length=60,
        error_messages={"required": _("请输入通知书上的 12 位码")},
        widget=forms.TextInput(
            attrs={
                "class": "input letters",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )

    def clean_code(self) -> str:
        code = read_code(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError(
                gettext("码应当是 12 个字母和数字，请对照通知书再看一遍。没有字母 U。")
            )
        return code


class SmsCodeForm(forms.Form):
    """The six digits that came by SMS."""

    answer = forms.CharField(
        label=_("短信里的 6 位数字"),
        max_length=20,
        error_messages={"required": _("请输入短信里的 6 位数字")},
        widget=_digits(inputmode="numeric", autocomplete="one-time-code"),
    )

    def clean_answer(self) -> str:
        digits = typed_digits(self.cleaned_data["answer"])
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            raise forms.ValidationError(gettext("验证码是 6 位数字，请再看一遍短信。"))
        return digits


class DocumentForm(forms.Form):
    """Family name and the last six of the document number."""

    family_name = forms.CharField(
        label=_("业主的姓"),
        help_text=_("房产登记的业主，例如 王。单位业主请填单位名称的第一个字。"),
        max_length=20,
        error_messages={"required": _("请输入业主的姓")},
        widget=forms.TextInput(attrs={"class": "input short", "autocomplete": "family-name"}),
    )
    answer = forms.CharField(
        label=_("证件号码的最后 6 位"),
        help_text=_("数字或字母 X，不分大小写。"),
        max_length=20,
        error_messages={"required": _("请输入证件号码的最后 6 位")},
        widget=_digits(),
    )

    def clean_family_name(self) -> str:
        return str(self.cleaned_data["family_name"]).strip()

    def clean_answer(self) -> str:
        tail = typed_digits(self.cleaned_data["answer"]).upper()
        if len(tail) != 6 or not (tail.isascii() and tail.isalnum()):
            raise forms.ValidationError(gettext("只要证件号码的最后 6 位，请数一数。"))
        return tail


class ElectionForm(forms.Form):
    """One election: candidates ticked, or nobody, or not taking part in it."""

    answer = forms.MultipleChoiceField(
        error_messages={
            "required": _("请勾选候选人；一个也不选，请勾“一个也不选”"),
            "invalid_choice": _("请从列出的候选人里选"),
        },
    )

    def __init__(self, *args: Any, candidates: int, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        places = [(str(place), "") for place in range(candidates)]
        self.fields["answer"].choices = [  # type: ignore[attr-defined]
            *places,
            (NOBODY, ""),
            (NOT_TAKING_PART, ""),
        ]

    def clean_answer(self) -> str:
        """The draft's text for it: places joined by commas, NOBODY or NOT_TAKING_PART."""
        ticked = list(dict.fromkeys(self.cleaned_data["answer"]))
        aside = {NOBODY, NOT_TAKING_PART}.intersection(ticked)
        if aside and len(ticked) > 1:
            raise forms.ValidationError(gettext("勾了候选人，就不能再勾下面的两项；请去掉一边"))
        if len(ticked) > self.most:
            raise forms.ValidationError(
                gettext("最多选 %(most)s 人，您选了 %(many)s 人，请去掉 %(over)s 人")
                % {
                    "most": self.most,
                    "many": len(ticked),
                    "over": len(ticked) - self.most,
                }
            )
        return ticked[0] if aside else ",".join(sorted(ticked, key=int))


class AnswerForm(forms.Form):
    """One motion: for, against, abstain, or not taking part in it."""

    answer = forms.ChoiceField(
        choices=[
            *((str(index), label) for index, (_name, label) in enumerate(OPTIONS)),
            (NOT_TAKING_PART, _("这一项我不参加")),
        ],
        error_messages={
            "required": _("请选一项"),
            "invalid_choice": _("请选一项"),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].label = gettext("您的意见")


class ReceiptNumberForm(forms.Form):
    """The receipt's number: the first 80 bits of the tracker, as printed."""

    number = forms.CharField(
        label=_("回执号"),
        help_text=_(
            "在回执图片上，例如 Y6K8-Q6VB-N0YR-HNRK。投纸质票的，填票号，例如 00042-7K3Q。"
        ),
        max_length=60,
        error_messages={"required": _("请输入回执号")},
        widget=forms.TextInput(
            attrs={"class": "input letters", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_number(self) -> str:
        number = read_code(self.cleaned_data["number"], RECEIPT_NUMBER_LENGTH)
        if number is None:
            raise forms.ValidationError(
                gettext("回执号应当是 16 个字母和数字，请对照回执再看一遍。")
            )
        return number


class ReceiptForm(forms.Form):
    """A receipt's or a tested ballot's text, pasted."""

    receipt = forms.CharField(
        label=_("回执内容"),
        max_length=400_000,
        error_messages={"required": _("请粘贴回执内容")},
        widget=forms.Textarea(
            attrs={"class": "input code", "rows": "6", "spellcheck": "false", "id": "receipt"}
        ),
    )


class ProofForm(forms.Form):
    """What a receipt says of its place on the board."""

    session = forms.RegexField(r"^[0-9A-Z-]{6,16}$")
    seq = forms.RegexField(r"^(0|[1-9][0-9]{0,14})$")
    tracker = forms.RegexField(r"^[0-9a-f]{64}$")
