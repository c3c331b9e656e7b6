"""The roll comes in: upload, columns, preview with every fault, confirm, undo."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, estate_for, permissions_at
from accounts.selectors import sole_words
from core.errors import RuleViolation
from core.numbers import number_in
from core.tables import Table
from portal.own.seen import acted_by
from portal.roll_difference import difference_context
from portal.roll_forms import ColumnsForm, UploadForm
from portal.selectors import names_of
from portal.views.common import actor_of, posted
from portal.views.roll_changes import estate_of_two
from registry.models import Estate, RollImport
from registry.roll_files import opened_table
from registry.selectors import (
    faults_workbook,
    open_number_checks,
    preview_of,
    profile_for,
    roll_figures,
    spaces_count,
)
from registry.services.imports import (
    by_one,
    confirm_import,
    correct_cells,
    drop_import,
    hands_of,
    map_columns,
    preview_import,
    stamp_of,
    takes_two,
    undo_import,
)

_form_page = require_http_methods(["GET", "HEAD", "POST"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def roll_estate(request: HttpRequest, code: str) -> Estate:
    """The estate whose roll this person manages; 404 for everybody else."""
    return estate_for(request.user, code, Permission.MANAGE_ROLL)


@require_safe
def home(request: HttpRequest, code: str) -> HttpResponse:
    """The roll of an estate: figures, what is open, and the imports so far."""
    estate = roll_estate(request, code)
    context = {
        "estate": estate,
        "figures": roll_figures(estate.pk),
        "spaces_count": spaces_count(profile_for(estate, timezone.localdate())),
        "imports": estate.imports.defer("rows", "undo").order_by("-pk")[:50],
        "open": estate.findings.filter(state="open").count(),
        "numbers_wait": open_number_checks().filter(owner__estate=estate).count(),
    }
    return render(request, "registry/home.html", context)


@_form_page
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file in; nothing of it reaches the roll yet."""
    estate = roll_estate(request, code)
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = preview_import(
                estate_id=estate.pk,
                file_name=file.name,
                content=file.read(),
                mapping=None,
                whole=form.cleaned_data["whole"] == "yes",
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            form.add_error("file", str(refused))
        else:
            page = "roll:columns" if kept.summary["mapping_faults"] else "roll:preview"
            return redirect(page, code, kept.pk)
    return _page(request, "registry/upload.html", {"estate": estate, "form": form})


@_form_page
def columns(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say which column holds what; remembered for files with the same headers."""
    estate = roll_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk, state="previewed")
    table = opened_table(kept.rows)
    form = ColumnsForm(posted(request), header=table.header, initial=kept.mapping)
    if request.method == "POST" and form.is_valid():
        map_columns(
            import_id=kept.pk,
            mapping=form.cleaned_data,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return redirect("roll:preview", code, kept.pk)
    context = {"estate": estate, "kept": kept, "form": form, "samples": _samples(table)}
    return _page(request, "registry/columns.html", context)


@require_safe
def preview(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """What an import would change, with every fault; or what became of it."""
    estate = _import_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk)
    return _preview_page(request, estate, kept)


@require_POST
def correct(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Type what faulty cells should say; empty fields leave their cell as it is."""
    estate = roll_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk, state="previewed")
    header = opened_table(kept.rows).header
    corrections = {}
    for name, text in request.POST.items():
        row, column = _cell_of(name)
        typed = str(text).strip()[:200]
        if typed and column is not None and column < len(header):
            corrections[row, header[column]] = typed
    if corrections:
        correct_cells(
            import_id=kept.pk,
            corrections=corrections,
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("已按填写的内容重新检查。"))
    else:
        messages.warning(request, _("没有填写任何更正。"))
    return redirect("roll:preview", code, pk)


@require_safe
def faults(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The given file back, with a column of reasons."""
    estate = roll_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk, state="previewed")
    return workbook_response(faults_workbook(kept), f"roll-{kept.pk}-faults.xlsx")


@require_POST
def confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write it: a first roll by who brought it, later ones by a second person."""
    estate = _import_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk)
    try:
        _demand(request, estate, kept, two=takes_two(estate.pk))
        done = confirm_import(
            import_id=kept.pk,
            actor=actor_of(request),
            at=timezone.now(),
            retiring="retiring" in request.POST,
            seen=request.POST.get("seen", ""),
        )
    except RuleViolation as refused:
        return _preview_page(request, estate, kept, refused)
    messages.success(request, _("已导入名册。"))
    if waiting := done.summary.get("phones_held", 0):
        said_so = ngettext(
            "%(n)s个新手机号还没有生效：还要在“换手机号”里核对确认，过24小时生效。",
            "%(n)s个新手机号还没有生效：还要在“换手机号”里核对确认，过24小时生效。",
            waiting,
        )
        messages.warning(request, said_so % {"n": waiting})
    if numbers := done.summary.get("numbers_wait", 0):
        said_so = ngettext(
            "%(n)s位业主的证件号码还要在“核对证件号码”里对照材料确认，才能用来核对身份。",
            "%(n)s位业主的证件号码还要在“核对证件号码”里对照材料确认，才能用来核对身份。",
            numbers,
        )
        messages.warning(request, said_so % {"n": numbers})
    return _back(request, estate, "findings" if done.summary["findings"] else "home")


@require_POST
def drop(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a preview up."""
    estate = _import_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk)
    drop_import(import_id=kept.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已放弃，上传的内容已删除。"))
    return _back(request, estate)


@require_POST
def undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Put the roll back as it was before an import."""
    estate = _import_estate(request, code)
    kept = get_object_or_404(estate.imports, pk=pk)
    try:
        _demand(request, estate, kept, two=not by_one(kept))
        undo_import(import_id=kept.pk, actor=actor_of(request), at=timezone.now())
    except RuleViolation as refused:
        return _preview_page(request, estate, kept, refused)
    messages.success(request, _("已撤销，名册恢复到导入以前。"))
    return _back(request, estate)


def workbook_response(content: bytes, name: str) -> HttpResponse:
    """An .xlsx to download, never opened in the page."""
    return HttpResponse(
        content,
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _import_estate(request: HttpRequest, code: str) -> Estate:
    """Of a first roll, whoever brings it; where there is a roll, also the second person."""
    estate = estate_of_two(request, code)
    return estate if takes_two(estate.pk) else roll_estate(request, code)


def _may(request: HttpRequest, estate: Estate, kept: RollImport, *, two: bool) -> bool:
    """Whether this person ends it: who keeps the roll or, of `two`, who confirms what others
    entered and had no hand in it (`services.imports` asks for another person too)."""
    may = permissions_at(request.user, estate)
    if not two:
        return Permission.MANAGE_ROLL in may
    return Permission.CONFIRM_STANDIN in may and actor_of(request) not in hands_of(kept)


def _demand(request: HttpRequest, estate: Estate, kept: RollImport, *, two: bool) -> None:
    if not _may(request, estate, kept, two=two):
        raise RuleViolation(
            "import.second_person",
            _("名册已经有业主：要由监票人、居委会或者街道的另一个人看过以后确认"),
        )


def _back(request: HttpRequest, estate: Estate, page: str = "home") -> HttpResponse:
    """Where whoever keeps the roll, or only confirms, goes on."""
    manages = Permission.MANAGE_ROLL in permissions_at(request.user, estate)
    return redirect(f"roll:{page if manages else 'changes'}", estate.code)


def _preview_page(
    request: HttpRequest, estate: Estate, kept: RollImport, refused: RuleViolation | None = None
) -> HttpResponse:
    two = takes_two(estate.pk)
    context: dict[str, Any] = {
        "estate": estate,
        "kept": kept,
        "refused": refused,
        "manages": Permission.MANAGE_ROLL in permissions_at(request.user, estate),
        "two": two,
        "stamp": stamp_of(kept),
        "may_confirm": _may(request, estate, kept, two=two),
        "may_undo": _may(request, estate, kept, two=not by_one(kept)),
        "who": acted_by(names_of([kept.actor])[kept.actor]),
    }
    if kept.state == "previewed":
        table = opened_table(kept.rows)
        context |= difference_context(preview_of(kept, table), table, whole=two)
        if refused is None:
            context["sole_words"] = sole_words(estate, timezone.localdate())
    status = 409 if refused else 200
    return render(request, "registry/preview.html", context, status=status)


def _samples(table: Table) -> list[tuple[str, str]]:
    """Each header with the first cells below it, to recognise a column by."""
    return [
        (
            name,
            _("；").join([row.cells[index] for row in table.rows[:3] if row.cells[index]])[:60],
        )
        for index, name in enumerate(table.header)
        if name
    ]


def _cell_of(name: str) -> tuple[int, int | None]:
    parts = name.split("-")
    if len(parts) == 3 and parts[0] == "cell" and parts[2] == str(number_in(parts[2])):
        return number_in(parts[1]), number_in(parts[2])
    return 0, None


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, status=400 if context["form"].errors else 200)
