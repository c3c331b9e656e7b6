"""What is due and late over many estates, and what property managers disclose."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import (
    Permission,
    estate_for,
    estates_for,
    require,
    roles_carrying,
)
from core.deadlines import last_moment
from core.errors import RuleViolation
from disclosures.domain.turns import MANAGERS
from disclosures.models import Disclosure, Duty
from disclosures.selectors.late import KINDS, Late, LateList
from disclosures.selectors.rules import account_rules
from disclosures.selectors.unheard import Unheard, with_estates
from disclosures.services import disclosing, duties
from disclosures.steps import By
from portal.disclosure_forms import ComplaintsForm, EnrolForm, ServiceForm
from portal.forms import add_reasons
from portal.views.account_pages import acting, answer, forming, may_at, uploads
from portal.views.common import Counted, actor_of, csv_answer, posted, searched
from registry.models import Estate

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE, LISTED = 50, 200
UNHEARD, _UNHEARD_TITLE = "answers", gettext_lazy("逾期没有答复")
_FORMS = {"service": ServiceForm, "complaints": ComplaintsForm}


# --- late ----------------------------------------------------------------------------------


@require_safe
def late(request: HttpRequest) -> HttpResponse:
    """What is late in the places this person watches."""
    kind, found = _asked(request)
    number = request.GET.get("page")
    counts = found.unheard_counts()
    unanswered = sum(one.many for one in counts)
    if kind == UNHEARD:
        totals = found.totals_of(counts)
        page = Counted(found.unheard(), A_PAGE, totals.estates).get_page(number)
        shown: dict[str, Any] = {"unheard": list(with_estates(page, found.on))}
    else:
        totals = found.totals()
        keys = found.of_kind(kind).values_list("pk", flat=True)
        known = totals.kinds[kind] if kind else totals.duties
        page = Counted(keys, A_PAGE, known).get_page(number)
        shown = {"rows": found.said(list(page))}
    context = shown | {
        "totals": totals,
        "kind": kind,
        "kinds": [(key, title, totals.kinds.get(key, "")) for key, title in KINDS.items()]
        + [(UNHEARD, _UNHEARD_TITLE, unanswered)],
        "unanswered": unanswered,
        "page": page,
        "more": _more(kind, request.GET.get("at", "")),
        "now": timezone.now(),
    }
    return _watching(request, "disclosures/staff/late.html", context)


@require_safe
def late_csv(request: HttpRequest) -> HttpResponse:
    """The whole list for a spreadsheet."""
    kind, found = _asked(request)
    header = [
        _("主管机构"), _("小区"), _("小区代码"), _("要公布的"), _("期间"), _("应在"),
        _("逾期天数"), _("轮到谁"), _("上次公布"),
    ]  # fmt: skip
    if kind == UNHEARD:
        rows = (_unheard_cells(*one) for one in with_estates(found.unheard(), found.on))
    else:
        rows = (_cells(one) for one in found.everything(kind))
    return csv_answer(header, rows, f"late-{timezone.localdate()}.csv")


@_form_page
def enrol(request: HttpRequest) -> HttpResponse:
    """From when on which estates have to publish."""
    require(request.user, _P.WATCH_ACCOUNTS)
    search = searched(request)
    places = estates_for(request.user, _P.WATCH_ACCOUNTS)
    new = places.filter(enrolment=None).order_by("name", "pk")
    found = new.filter(name__icontains=search) if search else new
    listed = list(found[:LISTED])
    form = EnrolForm(posted(request), listed=listed, initial={"since": _quarter()})
    if request.method == "POST" and form.is_valid():
        try:
            made = duties.enrol(
                estate_ids=form.chosen(),
                since=form.cleaned_data["since"],
                has_manager=form.cleaned_data["managed"] == "yes",
                by=_watcher(request),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已列入%(n)s个小区，到期的马上算出来。") % {"n": made})
            return redirect("staff:enrol")
    context = {
        "form": form,
        "search": search,
        "listed": len(listed),
        "left": new.count(),
        "enrolled": places.exclude(enrolment=None).count(),
    }
    status = 400 if form.errors else 200
    return _watching(request, "disclosures/staff/enrol.html", context, status)


# --- the manager's disclosures -------------------------------------------------------------


@require_safe
def disclosures(request: HttpRequest, code: str) -> HttpResponse:
    """The three disclosures of an estate, each with its day."""
    found = estate_for(request.user, code, _P.VIEW_ACCOUNTS)
    versions = (
        found.disclosures.select_related("document", "paper")
        .defer("document__pdf", "document__facts")
        .order_by("-version")
    )
    by_kind: dict[str, list[Disclosure]] = {kind: [] for kind, _title in Disclosure.KINDS}
    for one in versions:
        by_kind[one.kind].append(one)
    due: dict[str, Duty] = {}
    for duty in found.duties.filter(done_at=None).order_by("-due_on"):
        due[duty.kind] = duty
    context = {
        "estate": found,
        "rows": [
            (kind, title, by_kind[kind], due.get(kind)) for kind, title in Disclosure.KINDS
        ],
        "revenue": due.get("revenue"),
        "enrolled": hasattr(found, "enrolment"),
        "may": may_at(request, found),
        "today": timezone.localdate(),
    }
    return answer(request, "disclosures/staff/disclosures.html", context)


@_form_page
def disclosure_new(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Disclose it, for the first time or anew."""
    found = estate_for(request.user, code, _P.DISCLOSE_SERVICE)
    if kind not in _FORMS:
        raise Http404
    known = found.disclosures.filter(kind=kind).select_related("document", "paper")
    last = known.defer("document__pdf").order_by("version").last()
    initial = {"manager": last.manager, **disclosing.as_typed(last)} if last else {}
    form = _FORMS[kind](posted(request), request.FILES or None, initial=initial)
    rules = account_rules(found, timezone.localdate())

    def act(given: dict[str, Any]) -> HttpResponse:
        files = uploads([given["file"]])
        disclosing.disclose(
            estate_id=found.pk,
            manager=given["manager"],
            said=form.disclosed(),
            file=files[0] if files else None,
            by=acting(request, found, _P.DISCLOSE_SERVICE, prefer="property_manager"),
            at=timezone.now(),
        )
        messages.success(request, _("已公开。请打印，贴在公告栏上。"))
        return redirect("staff:disclosures", found.code)

    context = {
        "estate": found,
        "before": last.paper if last else None,
        "title": _("公开：%s") % dict(Disclosure.KINDS)[kind],
        "lead": _("出具签名的文件，人人看得到；%(n)s个月以内要更新。")
        % {"n": rules.number("disclosures.renew_months")},
    }
    return forming(request, form, act, context, template="disclosures/staff/disclose.html")


# --- what they share -----------------------------------------------------------------------


def _asked(request: HttpRequest) -> tuple[str, LateList]:
    """The kind that is asked for, and the list; Http404 for a place this person has not."""
    require(request.user, _P.WATCH_ACCOUNTS)
    kind, at = request.GET.get("kind", ""), request.GET.get("at", "")
    try:
        found = LateList(request.user, timezone.localdate(), int(at) if at else None)
    except (LookupError, ValueError):
        raise Http404 from None
    return kind if kind in KINDS or kind == UNHEARD else "", found


def _more(kind: str, at: str) -> str:
    """What of the address stays when a page is turned."""
    return "".join(f"{key}={value}&" for key, value in (("kind", kind), ("at", at)) if value)


def _cells(one: Late) -> list[object]:
    duty = one.duty
    words = (duty.estate.authority.name, duty.estate.name, duty.estate.code)
    return [
        *words,
        str(KINDS[duty.kind]),
        "" if duty.kind in MANAGERS else f"{duty.first}/{duty.last}",
        duty.due_on,
        one.days,
        one.body,
        timezone.localdate(one.published) if one.published else _("从来没有"),
    ]


def _unheard_cells(one: Unheard, estate: Estate, days: int) -> list[object]:
    words = _("提问%(n)s件没有答复") if one.what == "questions" else _("线索%(n)s件没有答复")
    return [
        *(estate.authority.name, estate.name, estate.code),
        words % {"n": one.many},
        "",
        last_moment(one.due)[0],
        days,
        _("业主委员会或者居民委员会"),
        "",
    ]


def _watcher(request: HttpRequest) -> By:
    """The person signed in, in a role that watches."""
    return By(actor_of(request), roles_carrying(request.user, _P.WATCH_ACCOUNTS)[0])


def _quarter() -> date:
    """The first day of the quarter that runs."""
    today = timezone.localdate()
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)


def _watching(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, {**context, "section": "watching"}, status=status)
