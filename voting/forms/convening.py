"""What is typed while a session is convened; judged by voting.domain, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.organisers import Person, people_reasons
from voting.domain.reviewing import CLAUSES
from voting.forms.staff import MomentInput
from voting.models import ReviewComment

_CHOOSE = ("", _("请选择"))


class BasisForm(forms.Form):
    """The paper by which the organiser convenes."""

    may_be_empty = frozenset({"number"})

    title = forms.CharField(
        label=_("文件名称"),
        required=False,
        help_text=_("例如：关于成立样例花园首次业主大会会议筹备组的公告"),
    )
    number = forms.CharField(label=_("文号"), required=False)
    dated_on = forms.DateField(
        label=_("文件日期"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("日期或时间写得不对，例如 2026-03-01")},
    )
    content = UploadField(
        label=_("文件"),
        required=False,
        help_text=_("PDF、PNG 或 JPEG，最大20 MB。加密保存，公开页面只有名称、文号和日期。"),
        allow_empty_file=True,
    )


class PeopleForm(forms.Form):
    """So many rows of a name and a side; rows without a name and a side are left out."""

    def __init__(
        self,
        *args: Any,
        count: int,
        sides: Mapping[str, str],
        who: str,
        heads: bool,
        people: Sequence[Person] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.count, self.sides, self.who, self.heads = count, dict(sides), who, heads
        choices = [_CHOOSE, *((side, _(words)) for side, words in sides.items())]
        for n in range(1, count + 1):
            now = people[n - 1] if n <= len(people) else Person("", "")
            self.fields[f"name_{n}"] = forms.CharField(
                label=_("第%(n)s位的姓名") % {"n": n}, required=False, initial=now.name
            )
            self.fields[f"side_{n}"] = forms.ChoiceField(
                label=_("第%(n)s位代表哪一方") % {"n": n},
                required=False,
                choices=choices,
                initial=now.side,
            )
            if heads:
                self.fields[f"head_{n}"] = forms.BooleanField(
                    label=_("组长"), required=False, initial=now.is_head
                )
            self.fields[f"consents_{n}"] = forms.BooleanField(
                label=_("本人书面同意公开姓名"), required=False, initial=now.consents
            )
        self.may_be_empty = frozenset(self.fields)

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The fields of each person, for the page."""
        parts = (
            ("name", "side", "head", "consents") if self.heads else ("name", "side", "consents")
        )
        return [[self[f"{part}_{n}"] for part in parts] for n in range(1, self.count + 1)]

    @property
    def people(self) -> list[Person]:
        """Who was typed, in order."""
        got = self.cleaned_data
        found = [
            Person(
                got.get(f"name_{n}", "").strip(),
                got.get(f"side_{n}", ""),
                bool(got.get(f"head_{n}")),
                bool(got.get(f"consents_{n}")),
            )
            for n in self._filled()
        ]
        return found

    def _filled(self) -> list[int]:
        got = self.cleaned_data
        return [
            n
            for n in range(1, self.count + 1)
            if got.get(f"name_{n}", "").strip() or got.get(f"side_{n}")
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        filled = self._filled()
        for reason in people_reasons(self.people, self.sides, who=self.who):
            # The n-th person stands in the n-th row that is not empty.
            part, _line, number = reason.field.partition("_")
            field = f"{part}_{filled[int(number) - 1]}"
            if field not in self.errors:
                self.add_error(field, reason.sentence)
        return cleaned


class DemandForm(forms.Form):
    """Owners who want a meeting, by the rooms they signed for."""

    may_be_empty = frozenset[str]()

    received_on = forms.DateField(
        label=_("哪天收到提议"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("日期或时间写得不对，例如 2026-03-01")},
    )
    about = forms.CharField(
        label=_("提议表决什么"), required=False, help_text=_("照提议书写，不要写姓名。")
    )
    units = forms.CharField(
        label=_("哪些房屋的业主签了名"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("一行一套，写法和名册一样，例如：1幢1单元101室。签名原件请另行保管。"),
    )

    def labels(self) -> list[str]:
        """One room in each line."""
        return str(self.cleaned_data.get("units", "")).splitlines()


class WaiverForm(forms.Form):
    """Why a doubted wording asks one thing only."""

    may_be_empty = frozenset[str]()

    reason = forms.CharField(
        label=_("为什么这一项只问一件事"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("记在您名下，4至300字。改了文字就要重新说明。"),
    )


class CommentForm(forms.Form):
    """A reason of law; nothing else can be said here."""

    may_be_empty = frozenset[str]()

    clause = forms.ChoiceField(
        label=_("依据哪一条"),
        required=False,
        choices=[_CHOOSE, *((key, _(words)) for key, words in CLAUSES.items())],
    )
    text = forms.CharField(
        label=_("意见"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写清哪里不合这一条、怎样改。最多500字，不要写姓名和电话。"),
    )


class AnswerForm(forms.Form):
    """What the organiser does about a comment."""

    may_be_empty = frozenset[str]()

    kind = forms.ChoiceField(
        label=_("怎样处理"),
        required=False,
        widget=forms.RadioSelect,
        choices=ReviewComment.ANSWERS,
    )
    answer = forms.CharField(
        label=_("答复"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ExtensionForm(forms.Form):
    """Until when, and why. Both are printed on the announcement."""

    may_be_empty = frozenset[str]()

    closes_at = forms.DateTimeField(
        label=_("延到什么时候截止"),
        required=False,
        widget=MomentInput(),
        error_messages={"invalid": _("日期或时间写得不对，例如 2026-03-01")},
    )
    reason = forms.CharField(
        label=_("为什么延期"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("印在延期公告上，最多300字，不要写姓名。"),
    )
    understood = forms.BooleanField(
        label=_("我知道只能延期一次，公布以后不能收回；已经投的票照样有效"), required=False
    )


class ChangeForm(forms.Form):
    """Why a room reads otherwise than posted."""

    may_be_empty = frozenset({"objection"})

    room = forms.CharField(required=False, widget=forms.HiddenInput)
    objection = forms.IntegerField(
        label=_("依据第几号异议"),
        required=False,
        min_value=1,
        error_messages={"invalid": _("请填异议的编号，只填数字")},
    )
    reason = forms.CharField(
        label=_("变动的依据"),
        required=False,
        help_text=_("例如：按登记簿更正面积；已过户，见转移登记。不要写姓名。"),
    )
