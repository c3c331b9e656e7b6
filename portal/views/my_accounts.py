"""What an owner does about the public accounts, let in by the phone on the roll: asks, says
that a figure is wrong, reports a missing source, takes a question back."""

from datetime import date
from secrets import token_urlsafe
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import RuleViolation
from core.files import content_type
from disclosures.models import Question, SourceReport
from disclosures.selectors.asking import own_photo, own_questions, own_reports
from disclosures.selectors.public import Account, account_of
from disclosures.selectors.rules import account_rules
from disclosures.services.questions import ask, withdraw
from disclosures.services.sources import MOST_OPEN, Said, report_source
from disclosures.steps import By
from documents.uploads import UploadField
from portal.forms import add_reasons
from portal.sentences import said as in_words
from portal.views.common import posted
from portal.views.inside import door_to, draft_of, drop_draft, to_start, units_inside
from portal.views.public_accounts import NOT_PUBLISHED, estate_of
from registry.models import Estate, Unit
from voting.templatetags.owners import until_day

OWNER = By("owner", "owner")
_form_page = require_http_methods(["GET", "HEAD", "POST"])


class OwnForm(forms.Form):
    """Of one household."""

    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = list(units)
        self.initial.setdefault("submission", token_urlsafe(24))
        if len(self.units) > 1:
            self.fields["unit"] = forms.TypedChoiceField(
                label=_("哪一户"),
                coerce=int,
                choices=[("", _("请选择"))] + [(one.pk, one.label) for one in self.units],
                error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择哪一户")),
            )

    def said(self) -> Said:
        """As the commands take it."""
        known = self.cleaned_data
        unit = known["unit"] if "unit" in self.fields else self.units[0].pk
        return Said(known["text"], unit, known["submission"])


class AskForm(OwnForm):
    """A question, or "this figure is wrong"."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=9999)
    kind = forms.ChoiceField(
        label=_("您要"),
        choices=Question.KINDS,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("请选择是提问，还是这个数字不对")
        ),
    )
    text = forms.CharField(
        label=_("写在这里"),
        error_messages={"required": _("请填写问题")},
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 400}),
        help_text=_("有了答复，会和答复一起公开，不写是谁提的。请不要写姓名、电话、房号。"),
    )


class ReportForm(OwnForm):
    """A source that is not on the register."""

    place = forms.CharField(
        label=_("在哪里"),
        error_messages={"required": _("请填写在哪里")},
        widget=forms.TextInput(attrs={"maxlength": 80}),
        help_text=_("例如：3幢1单元电梯里、东门左边"),
    )
    text = forms.CharField(
        label=_("是什么"),
        error_messages={"required": _("请填写是什么")},
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 400}),
        help_text=_("例如：一块广告、一个快递柜、对外收费的车位"),
    )
    photo = UploadField(
        label=_("照片"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        help_text=_("可以不拍。公开以前有人看过，遮住人脸、车牌。"),
    )


@_form_page
@never_cache
def ask_form(request: HttpRequest, code: str, kind: str, first: date) -> HttpResponse:
    """A question about what was published, about one entry of it or the whole."""
    estate = estate_of(code)
    account = account_of(estate, kind, first)
    if account is None:
        raise Http404(NOT_PUBLISHED)
    units = units_inside(request)
    if units is None:
        return to_start(request)
    held = _held(units, estate)
    if not held:
        return _no_unit(request, estate)
    number = _line(request, account)
    initial = {"version": account.newest.version, "kind": request.GET.get("kind", "question")}
    form = AskForm(posted(request), units=held, initial=initial | draft_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = ask(
                publication_id=_version(account, form.cleaned_data["version"]),
                kind=form.cleaned_data["kind"],
                line=number,
                said=form.said(),
                by=OWNER,
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
            # Whoever read the new version and sends it again asks about that one.
            data = request.POST.copy()
            data["version"] = str(account.newest.version)
            form.data = data
        else:
            new, old = (
                _("收到了，是第%(n)s号提问。%(day)s以前公开答复。"),
                _("同样的您家已经提过，是第%(n)s号提问，不用再提。%(day)s以前公开答复。"),
            )
            return _received(request, made, new, old)
    context = _terms(estate) | {
        "estate": estate,
        "account": account,
        "facts": account.facts,
        "lines": [one for one in account.facts.lines if one.number == number],
        "form": form,
    }
    return _form(request, "disclosures/my_ask.html", context)


@_form_page
@never_cache
def report(request: HttpRequest, code: str) -> HttpResponse:
    """A source that is missing on the register, with a photograph if there is one."""
    estate = estate_of(code)
    units = units_inside(request)
    if units is None:
        return to_start(request)
    held = _held(units, estate)
    if not held:
        return _no_unit(request, estate)
    files = request.FILES if request.method == "POST" else None
    form = ReportForm(posted(request), files, units=held, initial=draft_of(request))
    if request.method == "POST" and form.is_valid():
        photo = form.cleaned_data["photo"]
        try:
            made = report_source(
                estate_id=estate.pk,
                place=form.cleaned_data["place"],
                said=form.said(),
                photo=(photo.name, photo.read()) if photo else None,
                by=OWNER,
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            new, old = (
                _("收到了，是线索第%(n)s号。%(day)s以前公开答复。"),
                _("同样的您家已经说过，是线索第%(n)s号，不用再说。%(day)s以前公开答复。"),
            )
            return _received(request, made, new, old)
    context = _terms(estate) | {"estate": estate, "form": form}
    return _form(request, "disclosures/my_report.html", context)


@require_safe
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """What this household asked and reported, and the accounts of where it lives."""
    units = units_inside(request)
    if units is None:
        return to_start(request)
    context = {
        "estates": Estate.objects.filter(units__in=units).distinct().order_by("pk"),
        "estate": door_to(request.get_full_path()).estate,
        "filed": _newest_first(own_questions(units), own_reports(units)),
        "now": timezone.now(),
    }
    return render(request, "disclosures/my_accounts.html", context)


@require_safe
@never_cache
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of a photograph, for the household that sent it."""
    units = units_inside(request)
    content = None if units is None else own_photo(units, pk)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type=content_type(content) or "image/jpeg")


@require_POST
@never_cache
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a question that waits for its answer."""
    units = units_inside(request)
    if units is None:
        return to_start(request, reverse("portal:my_accounts"))
    found = next((one for one in own_questions(units) if one.pk == pk), None)
    if found is None or found.unit_id is None:
        raise Http404
    try:
        withdraw(question_id=pk, unit=found.unit_id, by=OWNER, at=timezone.now())
    except RuleViolation as refused:
        messages.error(request, in_words(refused))
    else:
        messages.success(request, _("第%(n)s号提问已撤回。") % {"n": found.number})
    return redirect("portal:my_accounts")


def _held(units: list[int], estate: Estate) -> QuerySet[Unit]:
    return Unit.objects.filter(pk__in=units, estate=estate).order_by("pk")


def _no_unit(request: HttpRequest, estate: Estate) -> HttpResponse:
    return render(request, "disclosures/my_no_unit.html", {"estate": estate}, status=404)


def _line(request: HttpRequest, account: Account) -> int | None:
    """The entry asked about; None: the whole. Http404 for one that is not published."""
    text = request.GET.get("line", "")
    if not text:
        return None
    known = {str(one.number): one.number for one in account.facts.lines}
    if text not in known:
        raise Http404
    return known[text]


def _version(account: Account, number: int) -> int:
    """The publication somebody had before them; the one in force where there is none such."""
    for one in account.versions:
        if one.version == number:
            return one.pk
    return account.newest.pk


def _newest_first(
    questions: list[Question], reports: list[SourceReport]
) -> list[tuple[bool, Question | SourceReport]]:
    """Both in one list, so that what was just sent stands below its confirmation."""
    filed: list[tuple[bool, Question | SourceReport]] = [(True, one) for one in questions]
    filed += [(False, one) for one in reports]
    return sorted(filed, key=lambda one: one[1].filed_at, reverse=True)


def _terms(estate: Estate) -> dict[str, int]:
    """Until when it is answered, and how many may wait: said before somebody writes."""
    days = account_rules(estate, timezone.localdate()).number("revenue.answer_days")
    return {"days": days, "most": MOST_OPEN}


def _received(
    request: HttpRequest, made: Question | SourceReport, new: Any, old: Any
) -> HttpResponse:
    """Back to the own page. `old`: the words where it is known already."""
    words = new if made.submission == request.POST.get("submission", "").strip() else old
    messages.success(request, words % {"n": made.number, "day": until_day(made.due_at)})
    return drop_draft(redirect("portal:my_accounts"))


def _form(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    status = 400 if request.method == "POST" and context["form"].errors else 200
    return render(request, template, context, status=status)
