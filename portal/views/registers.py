"""The registers of bureaus: formation rates, and the estate register with its files."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, has_permission, require
from committees.domain.estate_register import HEADER, TITLE, cells, notes
from committees.domain.formation import Count, Month, missing, nearest, outlook, ranked, reached
from committees.selectors.divisions import divided, division_within, lies_in
from committees.selectors.formation import Formation, Place, whole
from committees.selectors.months import months_of, paced, with_corrections
from committees.selectors.pipeline import counted
from committees.selectors.places import authorities_keeping, authorities_offered, import_for
from committees.selectors.quality import SHOWN, shown_by
from committees.selectors.register import known_estates, plan_of
from committees.selectors.targets import Target, target_of
from committees.services.register import confirm_register, drop_register, preview_register
from core.errors import RuleViolation
from core.exact import share_down
from portal.forms import add_reasons
from portal.outlooks import axis_words, formation_chart, outlook_words
from portal.overviews import LEAST, overview_of
from portal.register_forms import RegisterForm
from portal.views.common import actor_of, asked_authority, posted, searched, xlsx_answer
from registry.domain.sheets import workbook
from registry.models import Division, Estate

_P = Permission
A_PAGE, SHOWN_ROWS = 50, 200
_WIDTHS = (6, 18, 18, 26, 26, 10, 10, 10, 20, 10)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The bureau head's page; it prints on one A4 across."""
    found = formation_of_request(request)
    context = overview_of(found, today=timezone.localdate(), at=timezone.now())
    context["may_urge"] = has_permission(request.user, _P.URGE_FORMATION)
    return _page(request, "registers/overview.html", context)


@require_safe
def formation(request: HttpRequest) -> HttpResponse:
    """How many estates have a committee, here and in the places below."""
    found = formation_of_request(request)
    counts = counted(found)
    total, target = whole(counts), target_of(found.at, timezone.localdate())
    names = {place.key or "own": place for place in found.places_of(counts)}
    places = [(key, one.estates) for key, one in names.items()]
    near = target is not None and request.GET.get("order") == "near"
    large, small = ranked(places, LEAST)
    if target is not None and near:
        large, small = nearest(places, target.share), []
    context = {
        "at": found.at,
        "above": found.above,
        "target": target,
        "near": near,
        "total": _row(Place("", "", total), target),
        "rows": [_row(names[key], target) for key, _count in large],
        "small": [_row(names[key], target) for key, _count in small],
        "least": LEAST,
        "now": timezone.now(),
        "keeps": authorities_keeping(request.user).exists(),
        "reports": has_permission(request.user, _P.KEEP_REPORTS),
    }
    return _page(request, "registers/formation.html", context)


@require_safe
def divisions(request: HttpRequest) -> HttpResponse:
    """The same by division codes: city, county, street, 社区."""
    found = formation_of_request(request)
    try:
        place = divided(found.reach, request.GET.get("in", ""))
    except LookupError:
        raise Http404 from None
    target = target_of(found.at, timezone.localdate())
    rows = [
        _row(Place(one.division.code, one.division.name, one.estates), target)
        for one in place.below
    ]
    context = {
        "at": found.at,
        "place": place,
        "total": _row(Place("", place.at.name, place.estates), target),
        "rows": rows,
        "target": target,
    }
    return _page(request, "registers/divisions.html", context)


@require_safe
def estates(request: HttpRequest) -> HttpResponse:
    """The estate register, a page at a time."""
    found = formation_of_request(request)
    search = searched(request)
    rows = found.estates.order_by("division", "name", "pk")
    if inside := request.GET.get("in", ""):
        rows = rows.filter(lies_in(_division(found, inside).code))
    show = request.GET.get("show", "")
    if show in SHOWN:
        rows = rows.filter(shown_by(show, timezone.localdate()))
    own = found.at is not None and request.GET.get("own") == "1"
    if own:
        rows = rows.filter(authority=found.at)
    if search:
        rows = rows.filter(name__icontains=search) | rows.filter(small_names__icontains=search)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    shown = Estate.objects.filter(pk__in=[one.pk for one in page])
    context = {
        "at": found.at,
        "above": found.above,
        "page": page,
        "rows": list(known_estates(shown)),
        "search": search,
        "inside": inside,
        "show": show if show in SHOWN else "",
        "only_own": own,
        "keeps": authorities_keeping(request.user).exists(),
        "own": found.at is not None and found.at.estates.exists(),
    }
    return _page(request, "registers/estates.html", context)


@require_safe
def estates_file(request: HttpRequest) -> HttpResponse:
    """The register as the annex prints it, of this place."""
    found = formation_of_request(request)
    rows = enumerate(known_estates(found.estates), 1)
    content = workbook(
        HEADER,
        (cells(number, one.row) for number, one in rows),
        title=TITLE,
        heading=TITLE,
        notes=notes(),
        widths=_WIDTHS,
    )
    return xlsx_answer(content, f"{TITLE}{timezone.localdate()}.xlsx")


@require_safe
def blank_file(request: HttpRequest) -> HttpResponse:
    """The annex to be filled in."""
    require(request.user, _P.KEEP_REGISTER)
    content = workbook(HEADER, [], title=TITLE, heading=TITLE, notes=notes(), widths=_WIDTHS)
    return xlsx_answer(content, f"{TITLE}.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: HttpRequest) -> HttpResponse:
    """Hand a register in, to be looked at first."""
    authorities = authorities_offered(request.user)
    if not authorities:
        raise Http404
    form = RegisterForm(
        posted(request),
        request.FILES or None,
        authorities=authorities,
        initial={"day": timezone.localdate(), "reporter": authorities[0].name},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = preview_register(
                authority_id=int(given["authority"]),
                day=given["day"],
                reporter=given["reporter"],
                file_name=given["file"].name,
                content=given["file"].read(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:register_import", made.pk)
    return _page(request, "registers/hand_in.html", {"form": form})


@require_safe
def handed_in(request: HttpRequest, pk: int) -> HttpResponse:
    """What a register would do, and everything that is wrong with it."""
    found = import_for(request.user, pk)
    context: dict[str, Any] = {"file": found}
    if found.state == "previewed":
        plan = plan_of(found)
        changes, ending, kept = plan.changes, plan.ending, plan.kept
        context |= {
            "plan": plan,
            "faults": plan.faults[:SHOWN_ROWS],
            "more": max(len(plan.faults) - SHOWN_ROWS, 0),
            "columns": HEADER,
            "changes": changes[:SHOWN_ROWS],
            "more_changes": max(len(changes) - SHOWN_ROWS, 0),
            "kept": kept[:SHOWN_ROWS],
            "keeping": len(kept),
            "more_kept": max(len(kept) - SHOWN_ROWS, 0),
            "ending": ending[:SHOWN_ROWS],
            "endings": len(ending),
            "more_endings": max(len(ending) - SHOWN_ROWS, 0),
        }
    return _page(request, "registers/handed_in.html", context)


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Write it."""
    found = import_for(request.user, pk)
    confirm_register(
        import_id=found.pk,
        ends=request.POST.get("ends") == "yes",
        seen=request.POST.get("seen", ""),
        actor=actor_of(request),
        at=timezone.now(),
    )
    # Its own page says what was written, as long as there is one.
    return redirect("staff:register_import", found.pk)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up."""
    found = import_for(request.user, pk)
    drop_register(import_id=found.pk, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已放弃，什么也没有写入。"))
    return redirect("staff:register")


@require_safe
def months(request: HttpRequest) -> HttpResponse:
    """A year by month, as it was told then; what is needed and what is to be expected."""
    found = formation_of_request(request)
    today = timezone.localdate()
    year = _asked_year(request, today.year)
    known = months_of(found.reach, year)
    target = target_of(found.at, today)
    # A year that runs goes on to today, so that the outlook starts where things stand.
    points = [*known, Month(today, whole(found.counts()))] if year == today.year else known
    ahead = None
    if target and year == today.year:
        ahead = outlook(paced(found.reach, points), target.share)
    context = {
        "at": found.at,
        "year": year,
        "earlier": year - 1 if year > today.year - 5 else None,
        "rows": [
            {
                "day": told.day,
                "count": told.estates,
                "corrected": told.corrected,
                "rate": share_down(told.estates.formed, told.estates.total),
            }
            for told in with_corrections(found.reach, known)
        ],
        "outlook": outlook_words(points[-1].estates, ahead, target) if ahead and target else "",
        "chart": formation_chart(points, ahead, target, year) if known else "",
        "axis": axis_words(points, ahead, target) if known else "",
    }
    return _page(request, "registers/months.html", context)


def formation_of_request(request: HttpRequest) -> Formation:
    """The place the address names, else all this person sees; Http404 for another's."""
    require(request.user, _P.VIEW_REGISTER)
    try:
        return Formation(request.user, asked_authority(request))
    except LookupError:
        raise Http404 from None


def _division(found: Formation, code: str) -> Division:
    try:
        return division_within(found.reach, code)
    except LookupError:
        raise Http404 from None


def _asked_year(request: HttpRequest, latest: int) -> int:
    """The year an address names, the latest where it names none; else Http404."""
    asked = request.GET.get("year", str(latest))
    if not re.fullmatch(r"20[0-9]{2}", asked, re.ASCII) or int(asked) > latest:
        raise Http404
    return int(asked)


def _row(place: Place, target: Target | None) -> dict[str, Any]:
    count: Count = place.estates
    return {
        "place": place,
        "count": count,
        "rate": share_down(count.formed, count.total),
        "owners_rate": share_down(count.owners, count.total),
        "due_rate": share_down(count.due_formed, count.due),
        # Formed or begun is all that was assessed; where most were not, a share misleads.
        "unassessed": count.total - count.due,
        "assessed": 2 * count.due >= count.total,
        "missing": missing(count.formed, count.total, target.share) if target else None,
        "reached": reached(count.formed, count.total, target.share) if target else None,
    }


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = 400 if request.method == "POST" and form is not None and form.errors else 200
    return render(request, template, {**context, "section": "registers"}, status=status)
