"""The own data, by the phone on the roll: seen, copied, corrected, erased (PIPL 44-50)."""

import json
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.phones import clean_phone, phone_hash
from accounts.services.attempts import count_attempt, forget_attempts
from accounts.services.data_requests import ask
from core.errors import RuleViolation
from documents.papers import masked_names
from funds.services.entering import (
    MOST_WRONG,
    WINDOW,
    check_new_phone_code,
    send_new_phone_code,
)
from portal.forms import add_reasons
from portal.own.forms import CopyForm, NewCodeForm, NewPhoneForm, PersonForm, RequestForm
from portal.own.kept import (
    Line,
    Section,
    open_changes,
    overdue,
    requests_of,
    sections_of,
    when,
)
from portal.own.seen import acted_by, actors_of, seen_of
from portal.retention import TABLE
from portal.selectors import names_of
from portal.views.common import posted
from portal.views.inside import (
    ASKED_NEW,
    asked_of,
    draft_of,
    drop_asked,
    drop_draft,
    held_inside,
    keep_asked,
    owners_inside,
    phone_inside,
    to_start,
)
from registry.models import Owner
from registry.selectors import open_number_checks
from voting.domain.people import same_person, tail_of, tails
from voting.services.phones import OWN, ask_own_change, stop_change
from voting.views.addresses import client_address

_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
def data(request: HttpRequest) -> HttpResponse:
    """What is kept, masked; what waits; what can be done."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    today = timezone.localdate()
    asked = [(one, overdue(one, today)) for one in requests_of(owners)]
    context = {
        "people": [(one, sections_of(one, full=False)) for one in owners],
        "changes": open_changes(owners),
        "asked": asked,
        "kept": TABLE,
        "several": len(owners) > 1,
    }
    return render(request, "portal/own/data.html", context)


@require_safe
@never_cache
def seen(request: HttpRequest) -> HttpResponse:
    """Who saw or changed it."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    at = timezone.now()
    found = [(one, seen_of(one, at=at)) for one in owners]
    names = names_of(set().union(*(actors_of(acts) for _one, acts in found)))
    people = [
        (one, [(act, acted_by(names.get(act.actor, act.actor))) for act in acts])
        for one, acts in found
    ]
    return render(request, "portal/own/seen.html", {"people": people})


@_form_page
@never_cache
@sensitive_post_parameters("family_name", "answer")
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """All of it to take away, for whoever knows the number of the document too."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    owner = next((one for one in owners if one.pk == pk), None)
    if owner is None:
        messages.warning(request, _("这一位不用这个手机号，请从下面选。"))
        return redirect("portal:my_data")
    form = CopyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            proved = _is_person(owner, form.cleaned_data)
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            if proved:
                return _file(owner, form.cleaned_data["form"])
            # Which of the two is wrong is not said.
            form.add_error(None, _("姓或者证件号码后六位不对，请核对"))
    context = {"form": form, "owner": owner, "numbered": bool(_tails(owner))}
    return _form(request, "portal/own/copy.html", context)


@_form_page
@never_cache
@sensitive_post_parameters("phone")
def phone(request: HttpRequest) -> HttpResponse:
    """Another number: first the number itself."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    form = NewPhoneForm(posted(request), people=_people(owners))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        kept = {"phone": said["phone"], "person": form.person}
        answer = keep_asked(request, redirect("portal:my_phone_code"), ASKED_NEW, kept)
        try:
            if phone_hash(clean_phone(said["phone"])) == phone_inside(request):
                raise RuleViolation("phone.same", _("这就是现在登记的号码，不用换"))
            send_new_phone_code(
                held=held_inside(request),
                phone=said["phone"],
                address=client_address(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            if refused.code == "own.too_soon":
                # The one that was sent is as good; the page it is typed on is the next.
                messages.warning(request, _("一分钟内只发一次，请填刚才收到的验证码。"))
                return answer
            _beside_phone(form, refused)
        else:
            return answer
    return _form(request, "portal/own/phone.html", {"form": form, "removes": False})


@_form_page
@never_cache
@sensitive_post_parameters("answer")
def phone_code(request: HttpRequest) -> HttpResponse:
    """The digits that went to it; from then on the old number is told and has a day."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request, reverse("portal:my_phone"))
    asked = asked_of(request, ASKED_NEW)
    if not asked:
        return redirect("portal:my_phone")
    form = NewCodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            right = check_new_phone_code(
                held=held_inside(request),
                phone=asked["phone"],
                answer=form.cleaned_data["answer"],
                at=at,
            )
            if right:
                ask_own_change(
                    owner_ids=_rows_of(owners, asked["person"]), phone=asked["phone"], at=at
                )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            if right:
                return drop_asked(_waits(request), ASKED_NEW)
            form.add_error("answer", _("验证码不对或者已经过期，可以退回去重新要一个"))
    return _form(request, "portal/own/phone_code.html", {"form": form})


@_form_page
@never_cache
def phone_remove(request: HttpRequest) -> HttpResponse:
    """The number off the roll, and none in its place."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    form = PersonForm(posted(request), people=_people(owners))
    if request.method == "POST" and form.is_valid():
        try:
            ask_own_change(owner_ids=_rows_of(owners, form.person), phone="", at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return _waits(request)
    return _form(request, "portal/own/phone.html", {"form": form, "removes": True})


@require_POST
@never_cache
def phone_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Not mine, or thought better of: the old number stays."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request, reverse("portal:my_data"))
    change = open_changes(owners).filter(pk=pk).first()
    if change is None:
        messages.warning(request, _("这一项已经生效或者停止了。"))
        return redirect("portal:my_data")
    try:
        stop_change(change_id=change.pk, signer=OWN, at=timezone.now())
    except RuleViolation as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(
            request, _("已停止，手机号不变。不是您申请的，请告诉业主委员会、居委会。")
        )
    return redirect("portal:my_data")


@_form_page
@never_cache
def data_ask(request: HttpRequest) -> HttpResponse:
    """A request that the data be corrected, erased or explained."""
    owners = owners_inside(request)
    if owners is None:
        return to_start(request)
    form = RequestForm(
        posted(request), people=_people(owners, rows=True), initial=draft_of(request)
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = ask(
                owner_id=form.person, kind=said["kind"], text=said["text"], at=timezone.now()
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            day = made.due_on.isoformat()
            messages.success(request, _("已收到，%(day)s以前答复，会发短信。") % {"day": day})
            return drop_draft(redirect("portal:my_data"))
    return _form(request, "portal/own/ask.html", {"form": form})


# --- whose it is ---------------------------------------------------------------------------


def _one_of(owners: list[Owner], pk: int) -> Owner:
    found = next((one for one in owners if one.pk == pk), None)
    if found is None:
        raise Http404
    return found


def _people(owners: list[Owner], *, rows: bool = False) -> list[tuple[int, str]]:
    """To choose from: each person once, or with `rows` once at each estate."""
    seen: dict[str, tuple[int, str]] = {}
    for one in owners:
        name = masked_names([one.name])
        if one.document_number:
            name += _("（证件尾号%(tail)s）") % {"tail": one.document_number[-4:]}
        label = f"{name} {one.estate.name}" if rows else name
        seen.setdefault(f"{one.pk}" if rows else one.document_hash, (one.pk, label))
    return list(seen.values())


def _rows_of(owners: list[Owner], pk: int) -> list[int]:
    """The rows of one person at every estate."""
    person = _one_of(owners, pk).document_hash
    return [one.pk for one in owners if one.document_hash == person]


@sensitive_variables("said")
def _is_person(owner: Owner, said: dict[str, str]) -> bool:
    counter = f"own-copy:{owner.pk}"
    if not count_attempt(counter, limit=MOST_WRONG, window=WINDOW, at=timezone.now()):
        raise RuleViolation("check.locked", _("输错次数太多，请过十五分钟再试"))
    right = same_person(_tails(owner), said["family_name"], said["answer"])
    if right:
        forget_attempts(counter)
    return right


def _tails(owner: Owner) -> str:
    """What the document proves; "" without a number, or before a second person confirmed it."""
    waits = open_number_checks().filter(owner=owner).exists()
    return "" if waits else tails([(owner.name, tail_of(owner.document_number))])


def _file(owner: Owner, form: str) -> HttpResponse:
    now = timezone.now()
    acts = seen_of(owner, at=now)
    names = names_of(actors_of(acts))
    looks = [
        Line(when(act.at), _("，").join([acted_by(names[act.actor]), act.what])) for act in acts
    ]
    sections = [*sections_of(owner, full=True), Section(_("谁看过您的信息"), looks)]
    at = when(now)
    if form == "json":
        said = {
            "estate": owner.estate.name,
            "made_at": at,
            "sections": [
                {"title": one.title, "lines": [line._asdict() for line in one.lines]}
                for one in sections
            ],
        }
        content = json.dumps(said, ensure_ascii=False, indent=1)
        answer = HttpResponse(content, content_type="application/json; charset=utf-8")
    else:
        context = {"estate": owner.estate, "sections": sections, "at": at}
        answer = HttpResponse(render_to_string("portal/own/copy_file.html", context))
    answer["Content-Disposition"] = f'attachment; filename="own-data-{owner.pk}.{form}"'
    return answer


def _beside_phone(form: Form, refused: RuleViolation) -> None:
    if refused.code == "phone.invalid":
        form.add_error("phone", str(refused))
    else:
        add_reasons(form, refused)


def _waits(request: HttpRequest) -> HttpResponse:
    messages.success(
        request,
        _("已收到。为了防止别人冒名更换，要等24小时才生效，现在的手机号会收到一条短信。"),
    )
    return redirect("portal:my_data")


def _form(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    status = 400 if context["form"].is_bound and context["form"].errors else 200
    return render(request, template, context, status=status)
