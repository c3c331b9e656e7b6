"""What staff type into the problem register; refused below, with every reason."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from committees.domain.problems import CAMPAIGNS, LAST, Said, items_in
from committees.models import Problem, ProblemItem
from portal.emergency_forms import FilesField
from portal.forms import DATE
from portal.sentences import said
from registry.domain.problems import CLASSES, ITEMS, OTHER

_LONG = forms.Textarea(attrs={"rows": 3})
_DAY = {"required": _("请填写日期"), "invalid": _("这不是一个日期")}
_FILES = _("照片（JPEG、PNG、HEIC）或者 PDF，每个不超过 20 MB；照片里的拍摄地点不保存。")
_OPEN_TO_ALL = _("会公开，不要写姓名、房号、电话。")
SOURCES = [one for one in Problem.SOURCES if one[0] != "system"]


class _Number(forms.TypedChoiceField):
    """A number chosen from a list; one that is not in it is refused below, with its reason."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, required=False, empty_value=None, **options)

    def valid_value(self, value: Any) -> bool:
        return re.fullmatch(r"-?\d{1,4}", str(value), re.ASCII) is not None


class SaidForm(forms.Form):
    """What a problem is, who answers for it, what is done about it."""

    may_be_empty = frozenset(
        {"group", "company", "person", "campaign", "standard", "measures", "remarks"}
    )

    # Each in its whole length: they differ in their last words.
    item = _Number(label=_("问题项目"), widget=forms.RadioSelect)
    group = _Number(
        label=_("问题类别"),
        choices=[("", _("按问题项目")), *CLASSES.items()],
        help_text=_("和问题项目不一致的会退回。"),
    )
    content = forms.CharField(
        label=_("问题内容"), required=False, widget=_LONG, help_text=_OPEN_TO_ALL
    )
    company = forms.CharField(label=_("物业服务企业"), required=False)
    unit = forms.CharField(label=_("责任单位"), required=False)
    person = forms.CharField(
        label=_("责任人"), required=False, help_text=_("加密保存，公开的清单上没有。")
    )
    measures = forms.CharField(
        label=_("整治措施"), required=False, widget=_LONG, help_text=_OPEN_TO_ALL
    )
    campaign = _Number(
        label=_("属于哪一项攻坚行动"), choices=[("", _("（不选）")), *CAMPAIGNS.items()]
    )
    standard = forms.CharField(label=_("服务标准"), required=False)
    remarks = forms.CharField(label=_("备注"), required=False)

    def __init__(self, *args: Any, added: Iterable[ProblemItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(one.number, _listed(one.number, one.words)) for one in added]
        groups = {group: _items(group) for group in CLASSES}
        groups[OTHER] += own
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            (f"{key}. {said(CLASSES[key])}", listed) for key, listed in groups.items()
        ]

    def said(self) -> Said:
        """What was typed in, as the commands take it."""
        given = self.cleaned_data
        fields = {name: given[name] for name in Said._fields}
        return Said(**(fields | {"item": given["item"] or 0}))


class ProblemForm(SaidForm):
    """A problem to be put on the register."""

    source = forms.ChoiceField(
        label=_("问题从哪里来"), choices=SOURCES, required=False, widget=forms.RadioSelect
    )
    found_on = forms.DateField(label=_("发现的日期"), widget=DATE, error_messages=_DAY)
    deadline = forms.DateField(
        label=_("整改完成时限"), widget=DATE, required=False, error_messages=_DAY
    )
    field_order = (
        "source", "found_on", "item", "group", "content", "company", "unit", "person",
        "deadline", "measures", "campaign", "standard", "remarks",
    )  # fmt: skip


class CorrectForm(SaidForm):
    """The same, said otherwise, with the reason."""

    reason = forms.CharField(
        label=_("更正的原因"), required=False, widget=_LONG, help_text=_("原来的写法会留着。")
    )


class ProgressForm(forms.Form):
    """What was done."""

    may_be_empty = frozenset({"person", "papers"})

    day = forms.DateField(label=_("进展的日期"), widget=DATE, error_messages=_DAY)
    text = forms.CharField(
        label=_("整改进展"), required=False, widget=_LONG, help_text=_OPEN_TO_ALL
    )
    person = forms.CharField(
        label=_("报告人"), required=False, help_text=_("责任单位里谁报来的；他不能当验收人。")
    )
    papers = FilesField(label=_("照片或者文件"), pictures=False, help_text=_FILES)


class CloseForm(forms.Form):
    """It was looked over."""

    may_be_empty = frozenset[str]()

    day = forms.DateField(label=_("销号的日期"), widget=DATE, error_messages=_DAY)
    inspector = forms.CharField(
        label=_("验收人"), required=False, help_text=_("不能是责任人，也不能是报告进展的人。")
    )
    text = forms.CharField(
        label=_("验收情况"), required=False, widget=_LONG, help_text=_OPEN_TO_ALL
    )
    papers = FilesField(label=_("验收的照片或者文件"), pictures=False, help_text=_FILES)


class DeadlineForm(forms.Form):
    """Until when, and why."""

    may_be_empty = frozenset[str]()

    deadline = forms.DateField(label=_("整改完成时限"), widget=DATE, error_messages=_DAY)
    reason = forms.CharField(label=_("原因"), required=False, widget=_LONG)


class ItemForm(forms.Form):
    """A kind of problem a place adds."""

    may_be_empty = frozenset[str]()

    authority = forms.ChoiceField(
        label=_("哪个机构增加"),
        help_text=_("它和它下面的机构都可以用。"),
        error_messages={"required": _("请选择")},
    )
    number = forms.IntegerField(
        label=_("编号"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": _("请填写编号"), "invalid": _("请写数字，例如 23")},
    )
    words = forms.CharField(label=_("问题"), required=False, widget=_LONG)

    def __init__(self, *args: Any, authorities: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), one.name) for one in authorities
        ]
        self.initial.setdefault("number", LAST + 1)


def _items(group: int) -> list[tuple[int, str]]:
    return [(number, _listed(number, ITEMS[number].words)) for number in items_in(group)]


def _listed(number: int, words: str) -> str:
    return f"{number}. {said(words)}"
