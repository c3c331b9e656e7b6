"""Ordinary repairs for whoever applies: drafts in sections, the preview, the submission."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import (
    Permission,
    estate_for,
    estates_for,
    permissions_at,
    require,
    roles_at,
)
from core.errors import RuleViolation
from core.numbers import number_in
from funds.domain.repairs import DESKS, EXCLUSIONS, SPEAKS_FOR, speaks_for
from funds.domain.requests import SECTIONS, applicant_kinds
from funds.models import PlanItem, RepairFile, RepairRequest
from funds.selectors.alarms import alarms_of
from funds.selectors.releases import spent_fen
from funds.selectors.repairs import (
    file_content,
    files_of,
    fund_rules,
    repair_for,
    repairs_for,
    scope_words,
    version_in_force,
)
from funds.selectors.requests import (
    checklist,
    frozen_shares,
    preview,
    quotes_of,
    sessions_to_join,
    units_now,
)
from funds.services.requests import (
    Convene,
    add_file,
    add_quote,
    choose_quote,
    drop_request,
    edit_request,
    put_shares,
    remove_file,
    remove_quote,
    renew_request,
    start_request,
    submit_request,
    withdraw_request,
)
from funds.steps import By
from portal.forms import add_reasons
from portal.repair_forms import (
    ApplicantForm,
    ExclusionsForm,
    FewQuotesForm,
    PaperForm,
    PlanForm,
    QuoteForm,
    ScopeForm,
    SharesFileForm,
    SharesForm,
    SubmitForm,
    WarrantyForm,
    WhatForm,
    WhyForm,
)
from portal.selectors import doors_of
from portal.sentences import said
from portal.views.common import actor_of, kept_paper, posted, user_of
from registry.models import Estate
from voting.forms.staff import scope_values

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE, UNITS_A_PAGE = 50, 100
_SIMPLE: dict[str, type[forms.Form]] = {
    "what": WhatForm,
    "warranty": WarrantyForm,
    "exclusions": ExclusionsForm,
    "plan": PlanForm,
}
# Of a draft: kept, but nobody wants to read every saving of a form.
_WORKED_ON = (
    "edited", "file_added", "file_removed", "quote_added", "quote_chosen", "quote_removed",
    "shares_put",
)  # fmt: skip
# Sections with pages of their own; the others are one form each.
_PAGES = {
    "quotes": "staff:repair_quotes",
    "files": "staff:repair_files",
    "shares": "staff:repair_shares",
}


@require_safe
def repairs(request: HttpRequest) -> HttpResponse:
    """All repairs this person has to do with, those that wait for the applicant first."""
    require(request.user, _P.VIEW_REPAIR)
    places = estates_for(request.user, _P.APPLY_FUND).order_by("name", "pk")
    mine = set(places.values_list("pk", flat=True))
    found = repairs_for(request.user, _P.VIEW_REPAIR)
    waiting = found.filter(desk="applicant", estate__in=mine).order_by("desk_since")
    others = found.exclude(desk="applicant", estate__in=mine).order_by("-desk_since")
    page = Paginator(others, A_PAGE).get_page(request.GET.get("page"))
    context = {"waiting": waiting, "page": page, "places": places, "desks": DESKS}
    return _page(request, "funds/repairs/list.html", context)


@_form_page
def repair_new(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a draft: of something that broke, or of an item of the plan (`?item=`)."""
    estate = estate_for(request.user, code, _P.APPLY_FUND)
    item = _item(estate, request.GET.get("item", ""))
    initial = {}
    if item is not None:
        initial = {"part": item.part, "place": item.place, "fault": item.condition}
        initial["title"] = f"{item.part_name}（{item.place}）"[:80]
    form = WhatForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid() and not form.cleaned_data["title"]:
        # The rest may come later; but a list of nameless drafts helps nobody.
        form.add_error("title", "请写一个名称，例如“更换1幢电梯曳引机”")
    if request.method == "POST" and form.is_valid():
        try:
            made = start_request(
                estate_id=estate.pk,
                **form.cleaned_data,
                plan_item_id=item.pk if item else None,
                by=_by(request, estate),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("草稿已保存。下面每一段填好了，就可以提交。"))
            return redirect("staff:repair", made.code)
    return _page(request, "funds/repairs/new.html", {"estate": estate, "form": form})


@require_safe
def repair(request: HttpRequest, code: str) -> HttpResponse:
    """One repair: a draft with its gaps, or what was submitted and where it stands."""
    found = repair_for(request.user, code, _P.VIEW_REPAIR)
    return _repair_page(request, found)


@_form_page
def section(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """One section of a draft."""
    draft = _draft(request, code)
    if name not in SECTIONS or name in _PAGES:
        raise Http404
    form = _section_form(request, draft, name)
    if request.method == "POST" and form.is_valid():
        changes = form.changes() if isinstance(form, ExclusionsForm) else form.cleaned_data
        kind = changes.get("applicant_kind", "")

        def act(by: By) -> object:
            return edit_request(code=draft.code, changes=changes, by=by, at=timezone.now())

        if _done(request, form, draft, act, kind=kind):
            return redirect("staff:repair", draft.code)
    context = {"repair": draft, "form": form, "name": name, "title": SECTIONS[name]}
    return _page(request, "funds/repairs/section.html", context)


@_form_page
def quotes(request: HttpRequest, code: str) -> HttpResponse:
    """The quotes of a draft, and one more."""
    draft = _draft(request, code)
    few = request.POST.get("what") == "few"
    form = QuoteForm(None if few else posted(request), request.FILES or None)
    why = FewQuotesForm(
        posted(request) if few else None, initial={"few_quotes": draft.few_quotes}
    )
    if request.method == "POST" and few and why.is_valid():

        def say(by: By) -> object:
            changes = why.cleaned_data
            return edit_request(code=draft.code, changes=changes, by=by, at=timezone.now())

        if _done(request, why, draft, say):
            return redirect("staff:repair_quotes", draft.code)
    if request.method == "POST" and not few and form.is_valid():
        given = dict(form.cleaned_data)
        upload = given.pop("content")

        def act(by: By) -> object:
            return add_quote(
                code=draft.code,
                **given,
                file_name=upload.name,
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1),
                by=by,
                at=timezone.now(),
            )

        if _done(request, form, draft, act, said=_("报价已加上。")):
            return redirect("staff:repair_quotes", draft.code)
    context = {
        "repair": draft,
        "form": form,
        "why": why,
        "quotes": quotes_of(draft),
        "least": fund_rules(draft.estate, timezone.localdate())["fund.min_quotes"].value,
    }
    status = 400 if form.errors or why.errors else 200
    return render(
        request, "funds/repairs/quotes.html", context | {"section": "repairs"}, status=status
    )


@require_POST
def quote_choose(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say which firm shall do it."""
    draft = _draft(request, code)
    quote = get_object_or_404(quotes_of(draft), pk=pk)
    by = _by(request, draft.estate, draft.applicant_kind)
    choose_quote(code=draft.code, quote_id=quote.pk, by=by, at=timezone.now())
    messages.success(request, _("已选定。"))
    return redirect("staff:repair_quotes", draft.code)


@require_POST
def quote_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a quote back."""
    draft = _draft(request, code)
    quote = get_object_or_404(quotes_of(draft), pk=pk)
    by = _by(request, draft.estate, draft.applicant_kind)
    remove_quote(code=draft.code, quote_id=quote.pk, by=by, at=timezone.now())
    messages.success(request, _("报价已删除。"))
    return redirect("staff:repair_quotes", draft.code)


@_form_page
def files(request: HttpRequest, code: str) -> HttpResponse:
    """The papers and photographs of a draft, and one more."""
    draft = _draft(request, code)
    form = PaperForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        upload = given["content"]

        def act(by: By) -> object:
            return add_file(
                code=draft.code,
                kind=given["kind"],
                name=upload.name,
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1),
                is_public=given["is_public"],
                by=by,
                at=timezone.now(),
            )

        if _done(request, form, draft, act, said=_("文件已加上。")):
            return redirect("staff:repair_files", draft.code)
    context = {"repair": draft, "form": form, "files": files_of(draft)}
    return _page(request, "funds/repairs/files.html", context)


@require_safe
def file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A paper or photograph, as it is kept."""
    found = repair_for(request.user, code, _P.VIEW_REPAIR)
    kept = get_object_or_404(RepairFile, request=found, removed_at=None, pk=pk)
    return kept_paper(kept, file_content(kept))


@require_POST
def file_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a paper out of a draft."""
    draft = _draft(request, code)
    kept = get_object_or_404(files_of(draft), pk=pk)
    by = _by(request, draft.estate, draft.applicant_kind)
    try:
        remove_file(code=draft.code, file_id=kept.pk, by=by, at=timezone.now())
    except RuleViolation as refused:
        messages.error(request, said(refused))
    else:
        messages.success(request, _("文件已删除。"))
    return redirect("staff:repair_files", draft.code)


@_form_page
def shares(request: HttpRequest, code: str) -> HttpResponse:
    """By what the cost is shared, and, where it was agreed, the share of every unit."""
    draft = _draft(request, code)
    sheet = request.POST.get("what") == "sheet"
    initial = {"share_basis": draft.share_basis, "share_clause": draft.share_clause}
    form = SharesForm(None if sheet else posted(request), initial=initial)
    upload = SharesFileForm(posted(request) if sheet else None, request.FILES or None)
    if request.method == "POST" and sheet and upload.is_valid():
        given = upload.cleaned_data["file"]

        def act(by: By) -> object:
            return put_shares(
                code=draft.code,
                file_name=given.name,
                content=given.read(),
                by=by,
                at=timezone.now(),
            )

        if _done(request, upload, draft, act):
            return redirect("staff:repair_shares", draft.code)
    if request.method == "POST" and not sheet and form.is_valid():

        def say(by: By) -> object:
            changes = form.cleaned_data
            return edit_request(code=draft.code, changes=changes, by=by, at=timezone.now())

        if _done(request, form, draft, say):
            return redirect("staff:repair_shares", draft.code)
    units = units_now(draft, today=timezone.localdate())
    context = {
        "repair": draft,
        "form": form,
        "upload": upload,
        "count": len(units),
        "known": sum(str(one.unit) in draft.agreed_weights for one in units),
        **_shares(request, draft),
    }
    status = 400 if form.errors or upload.errors else 200
    return render(
        request, "funds/repairs/shares.html", context | {"section": "repairs"}, status=status
    )


@_form_page
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """What every unit would pay, and in which session the owners are asked."""
    found = repair_for(request.user, code, _P.APPLY_FUND)
    if found.state != "draft" and found.kind == "ordinary":
        return _submitted(request, found)
    draft = _draft(request, code)
    if draft.kind != "ordinary":
        raise Http404
    drafts = sessions_to_join(draft)
    initial = {"title": _("关于%(title)s的共同决定") % {"title": draft.title}}
    form = SubmitForm(posted(request), drafts=drafts, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        new = given["session"] == "new"
        convene = Convene(
            given["title"], given["organiser_kind"], given["organiser"], given["contact_phone"]
        )

        def act(by: By) -> object:
            return submit_request(
                code=draft.code,
                session_id=None if new else int(given["session"]),
                convene=convene if new else None,
                by=by,
                at=timezone.now(),
            )

        said = _("已提交。组织者接着定时间、公告、发通知书。")
        if _done(request, form, draft, act, said=said):
            return redirect("staff:repair", draft.code)
        # The button pressed twice: the first one may have come in while this one waited.
        draft.refresh_from_db()
        if draft.state != "draft":
            return _submitted(request, draft)
    context = {
        "repair": draft,
        "form": form,
        "scope": scope_words(draft),
        "sections": _sections(draft),
        "alarms": alarms_of(draft),
        **_shares(request, draft),
    }
    context["gaps"] = any(one.reasons for one in context["sections"])
    return _page(request, "funds/repairs/submit.html", context)


@_form_page
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Back into the draft, as long as the vote is not announced."""
    return _why(
        request, code, "voting", withdraw_request, _("撤回提交"), _("已撤回，可以修改。")
    )


@_form_page
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Give a draft up."""
    return _why(request, code, "draft", drop_request, _("不再申请"), _("申请已终止。"))


@require_POST
def renew(request: HttpRequest, code: str) -> HttpResponse:
    """A new draft with the input of one that came to nothing."""
    old = repair_for(request.user, code, _P.APPLY_FUND)
    by = _by(request, old.estate, old.applicant_kind)
    made = renew_request(code=old.code, by=by, at=timezone.now())
    messages.success(request, _("已用原来的内容新起一份草稿。"))
    return redirect("staff:repair", made.code)


def _why(
    request: HttpRequest,
    code: str,
    state: str,
    command: Callable[..., object],
    title: str,
    said: str,
) -> HttpResponse:
    found = repair_for(request.user, code, _P.APPLY_FUND)
    if found.state != state:
        return redirect("staff:repair", found.code)
    if not _drafts(request, found):
        raise Http404
    form = WhyForm(posted(request))
    if request.method == "POST" and form.is_valid():

        def act(by: By) -> object:
            reason = form.cleaned_data["reason"]
            return command(code=found.code, reason=reason, by=by, at=timezone.now())

        if _done(request, form, found, act, said=said):
            return redirect("staff:repair", found.code)
    context = {"repair": found, "form": form, "title": title, "spent": spent_fen(found)}
    return _page(request, "funds/repairs/why.html", context)


def _repair_page(request: HttpRequest, found: RepairRequest) -> HttpResponse:
    may = permissions_at(request.user, found.estate)
    version = version_in_force(found)
    # A draft shows what it says now; everything else what was frozen last.
    frozen = found.state != "draft" and version is not None
    context: dict[str, Any] = {
        "repair": found,
        "estate": found.estate,
        "may": {permission.value: True for permission in may},
        "mine": _P.APPLY_FUND in may and found.desk == "applicant",
        "drafts": _drafts(request, found),
        "desk": DESKS.get(found.desk, ""),
        "scope": scope_words(found),
        "alarms": alarms_of(found),
        "files": files_of(found),
        "quotes": quotes_of(found),
        "refunds": found.refunds.filter(state="expected"),
        "history": found.steps.exclude(text="").exclude(kind__in=_WORKED_ON).order_by("-pk"),
        "version": version,
        "facts": json.loads(bytes(version.content)) if frozen and version else None,
        "session": version.motion.session if version and version.motion else None,
        "exclusions": [(words, found.exclusions.get(key)) for key, words in EXCLUSIONS.items()],
    }
    if found.state == "draft":
        parts = _sections(found)
        context["count"] = len(units_now(found, today=timezone.localdate()))
        context["parts"] = [(one, _section_url(found, one.name)) for one in parts]
        context["gaps"] = sum(len(one.reasons) for one in parts)
    context |= _shares(request, found)
    return _page(request, "funds/repairs/repair.html", context)


def _section_url(draft: RepairRequest, name: str) -> str:
    if name in _PAGES:
        return reverse(_PAGES[name], args=[draft.code])
    return reverse("staff:repair_section", args=[draft.code, name])


def _sections(draft: RepairRequest) -> list[Any]:
    today = timezone.localdate()
    return checklist(draft, units_now(draft, today=today), today=today)


def _shares(request: HttpRequest, found: RepairRequest) -> dict[str, Any]:
    """Every unit's share, page by page, and what they come to together."""
    version = version_in_force(found) if found.state != "draft" else None
    if version is not None:
        rows = frozen_shares(version)
    else:
        today = timezone.localdate()
        rows = preview(found, units_now(found, today=today), today=today)
    homes = [one for one in rows if not one.is_seller]
    return {
        "shares": Paginator(rows, UNITS_A_PAGE).get_page(request.GET.get("page")),
        "units": len(homes),
        "total": sum(one.share for one in rows),
        "sellers": [one for one in rows if one.is_seller],
        "short": sum(bool(one.owed) for one in homes),
        "owed": sum(one.owed for one in homes),
    }


def _section_form(request: HttpRequest, draft: RepairRequest, name: str) -> forms.Form:
    data = posted(request)
    if name == "scope":
        doors = doors_of(draft.estate)
        return ScopeForm(data, doors=doors, initial={"scope": scope_values(draft.scope)})
    if name == "applicant":
        roles = roles_at(request.user, draft.estate)
        rules = fund_rules(draft.estate, timezone.localdate())
        kinds = applicant_kinds(roles, rules["fund.applicants"].value)
        initial = {
            field: getattr(draft, field)
            for field in ("applicant_kind", "applicant", "contact_phone")
        }
        return ApplicantForm(data, kinds=kinds, initial=initial)
    if name == "exclusions":
        return ExclusionsForm(data, initial=draft.exclusions)
    form = _SIMPLE[name]
    initial = {field: getattr(draft, field) for field in form.base_fields}
    if initial.get("budget_fen"):
        fen = initial["budget_fen"]
        initial["budget_fen"] = f"{fen // 100}.{fen % 100:02}"
    return form(data, initial=initial)


def _done(
    request: HttpRequest,
    form: forms.Form,
    found: RepairRequest,
    act: Callable[[By], object],
    *,
    kind: str = "",
    said: str = "",
) -> bool:
    """Whether the command did it; what it refused stands on the form."""
    try:
        act(_by(request, found.estate, kind or found.applicant_kind))
    except RuleViolation as refused:
        add_reasons(form, refused)
        return False
    messages.success(request, said or _("已保存。"))
    return True


def _by(request: HttpRequest, estate: Estate, kind: str = "") -> By:
    """The person signed in, in a role that may apply; if possible for this kind."""
    roles = [role for role in roles_at(user_of(request), estate) if role in SPEAKS_FOR]
    if not roles:
        raise Http404
    roles.sort(key=lambda role: kind not in SPEAKS_FOR[role])
    return By(actor_of(request), roles[0])


def _draft(request: HttpRequest, code: str) -> RepairRequest:
    found = repair_for(request.user, code, _P.APPLY_FUND)
    if found.state != "draft":
        raise RuleViolation("repair.state", _("这项维修现在的状态不能办这一步，请刷新页面再看"))
    if not _drafts(request, found):
        raise Http404
    return found


def _drafts(request: HttpRequest, found: RepairRequest) -> bool:
    """Whether this person goes on with a draft: who began it, or speaks for its applicant."""
    if _P.APPLY_FUND not in permissions_at(request.user, found.estate):
        return False
    by = _by(request, found.estate, found.applicant_kind)
    return by.actor == found.created_by or speaks_for(by.role, found.applicant_kind)


def _submitted(request: HttpRequest, found: RepairRequest) -> HttpResponse:
    """To the page of a request that is no draft any more, which says how it stands."""
    if found.state == "closed":
        messages.warning(request, _("这项申请已经终止，不能提交。"))
    else:
        messages.info(request, _("这项申请已经提交过了，不用再交一次。"))
    return redirect("staff:repair", found.code)


def _item(estate: Estate, pk: str) -> PlanItem | None:
    if not pk:
        return None
    return get_object_or_404(estate.plan_items, pk=number_in(pk), state="planned")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "repairs"}, status=status)
