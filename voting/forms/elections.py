"""What is typed for an election. Judged by voting.domain.candidates, in one place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.uploads import UploadField
from voting.domain.candidates import CONDITIONS
from voting.models import Candidate, Election, Motion, Session


class ElectionForm(forms.Form):
    """The terms of an election."""

    may_be_empty = frozenset(
        {"alternates", "ranking_clause", "minimum", "minimum_clause", "by_election", "needs"}
    )

    title = forms.CharField(
        label=_("选举标题"),
        required=False,
        help_text=_("例如：选举第三届业主委员会委员"),
    )
    text = forms.CharField(
        label=_("要业主决定的内容"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    seats = forms.IntegerField(
        label=_("应选几人"),
        required=False,
        help_text=_("业主委员会由单数组成，人数按当地规定和议事规则。"),
    )
    by_election = forms.BooleanField(
        label=_("这是补选：业主委员会还在，只补缺额"), required=False
    )
    alternates = forms.IntegerField(
        label=_("候补最多几人"), required=False, help_text=_("过半数而没有当选的，按名次候补。")
    )
    ranking = forms.ChoiceField(
        label=_("过半数的人超过应选人数时，怎样排名次"),
        required=False,
        widget=forms.RadioSelect,
        choices=Election.RANKINGS,
        help_text=_("法律没有规定怎样排，只能引用本小区自己的规则。"),
    )
    ranking_clause = forms.CharField(
        label=_("排名次的规则原文和出处"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    minimum = forms.IntegerField(
        label=_("最少选出几人，业主委员会才成立"),
        required=False,
        help_text=_("当地规定或者议事规则写了才填；同时要超过应选人数的一半。"),
    )
    minimum_clause = forms.CharField(
        label=_("最少人数的规定原文和出处"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    needs = forms.TypedMultipleChoiceField(
        label=_("下面这些事项也通过，选举才生效"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("首次业主大会会议不用选：管理规约和议事规则没有通过，选举就不生效。"),
    )

    def __init__(
        self, *args: Any, draft: Session, motion: Motion | None = None, **kwargs: Any
    ) -> None:
        if motion is not None:
            fields = ("seats", "by_election", "alternates", "ranking", "ranking_clause")
            kept = {name: getattr(motion.election, name) for name in fields}
            kept |= {
                "title": motion.title,
                "text": motion.text,
                "minimum": motion.election.minimum,
                "minimum_clause": motion.election.minimum_clause,
                "needs": [needed.position for needed in motion.needs.all()],
            }
            kwargs["initial"] = kept
        super().__init__(*args, **kwargs)
        others = draft.motions.exclude(pk=motion.pk if motion else 0)
        self.fields["needs"].choices = [  # type: ignore[attr-defined]
            (str(other.position), f"{other.position}. {other.title}") for other in others
        ]

    def clean_alternates(self) -> int:
        return self.cleaned_data["alternates"] or 0


class CandidateForm(forms.Form):
    """One candidate. What is entered is what the person signed."""

    may_be_empty = frozenset({"statement", "photo"})

    name = forms.CharField(label=_("姓名"), required=False)
    room = forms.CharField(
        label=_("房屋"),
        required=False,
        help_text=_("照名册写，例如 1幢1单元101。必须是本人的房屋。"),
    )
    statement = forms.CharField(
        label=_("自我介绍"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("本人写的，最多200字。"),
    )
    photo = UploadField(
        label=_("照片"), required=False, allow_empty_file=True, help_text=_("PNG 或 JPEG。")
    )
    conditions = forms.TypedMultipleChoiceField(
        label=_("本人声明符合下列条件（业主大会和业主委员会指导规则第三十一条）"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        choices=list(enumerate(CONDITIONS)),
    )
    consent = forms.BooleanField(
        label=_("本人已单独签字，同意公开姓名、房号、介绍和照片（个人信息保护法第二十五条）"),
        required=False,
    )

    def __init__(self, *args: Any, candidate: Candidate | None = None, **kwargs: Any) -> None:
        if candidate is not None:
            fields = ("name", "room", "statement", "conditions")
            kept = {name: getattr(candidate, name) for name in fields}
            kwargs["initial"] = kept | {"consent": True}
        super().__init__(*args, **kwargs)


class DrawForm(forms.Form):
    """The words said aloud."""

    may_be_empty = frozenset[str]()

    words = forms.CharField(
        label=_("现场念出的话或数字"),
        required=False,
        help_text=_("请在场的人当众说，例如每人说一个数字，照样填写：3 8 1 7 5。"),
    )


class WithdrawForm(forms.Form):
    """The candidate's own declaration."""

    may_be_empty = frozenset[str]()

    content = UploadField(
        label=_("本人签名的退出声明"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF、PNG 或 JPEG。加密保存。"),
    )


class SilenceForm(forms.Form):
    """The estate's own rule on silence."""

    may_be_empty = frozenset({"clause", "page"})

    clause = forms.CharField(
        label=_("规则原文"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("照抄本小区议事规则或者管理规约里的那一条。没有这样的规则就不填。"),
    )
    page = forms.CharField(label=_("在哪一条、哪一页"), required=False)
