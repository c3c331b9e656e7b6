"""纸质票: envelopes registered, sheets read by two people, conflicts, and the ballot box."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import Permission, permissions_at
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import (
    actor_of,
    kept_paper,
    may_decide,
    posted,
    searched,
    session_context,
    signer_of,
)
from voting.domain.paper import read_serial
from voting.facts import ballot_names
from voting.forms.paper import (
    FAULT_WORDS,
    OPTION_WORDS,
    SPOILED_WORDS,
    BoxForm,
    FindForm,
    PaperRulingForm,
    RegisterForm,
    SheetForm,
    SheetMotion,
)
from voting.forms.rulings import DeclineForm
from voting.models import PaperBallot, PaperRuling, Session
from voting.selectors import (
    balance_of,
    box_counts_of,
    conflict_of,
    decided_to_count,
    desk,
    not_returned,
    paper_figures,
    paper_of,
    paper_of_serial,
    paper_ruling_of,
    papers_of,
    phase,
    terms,
)
from voting.services.box import state_box
from voting.services.paper_rulings import (
    decide_paper_ruling,
    document_of_paper_ruling,
    propose_paper_ruling,
)
from voting.services.papers import arbitrate_paper, enter_paper, register_paper, show_scan

_P = Permission
_AFTER = {"closed", "counted", "resolved"}
_LAST = 10
_OPEN = {"sealed", "read_once", "differs"}


@require_safe
def paper(request: HttpRequest, code: str) -> HttpResponse:
    """Where the paper ballots stand, and what waits for whom."""
    session = _session(request, code, _P.VIEW_TURNOUT)
    found = searched(request)
    if found:
        serial = read_serial(found)
        sheet = paper_of_serial(session, serial) if serial else None
        if sheet is not None:
            return redirect("staff:paper_sheet", session.code, sheet.pk)
        messages.error(request, _("这个票号没有登记过，先登记再录入。"))
    closed = session.state in _AFTER
    context = _context(request, session) | {
        "figures": paper_figures(session),
        "balance": balance_of(session),
        "closed": closed,
        "desk": desk(session) if closed else None,
        "counts": box_counts_of(session) if closed else [],
        "find": FindForm(),
        "actor": actor_of(request),
        "late": papers_of(session).filter(registered_at__gte=session.closes_at).count(),
    }
    return render(request, "staff/paper.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def paper_register(request: HttpRequest, code: str) -> HttpResponse:
    """One envelope after another: serial, Enter, the next."""
    session = _session(request, code, _P.ENTER_PAPER)
    form = RegisterForm(posted(request), initial={"place": request.GET.get("place", "")[:80]})
    if request.method == "POST" and form.is_valid():
        place = form.cleaned_data["place"]
        try:
            made = register_paper(
                session_id=session.pk,
                serial=form.cleaned_data["serial"],
                place=place,
                signer=signer_of(request, session.estate, _P.ENTER_PAPER),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            _explain(form, "serial", refused)
        else:
            messages.success(request, _("已登记：%(serial)s") % {"serial": made.serial})
            here = reverse("staff:paper_register", args=[session.code])
            return redirect(f"{here}?{urlencode({'place': made.place})}")
    context = _context(request, session) | {
        "form": form,
        "last": papers_of(session).order_by("-registered_at", "-pk")[:_LAST],
        "figures": paper_figures(session),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/paper_register.html", context, status=status)


@require_safe
def paper_missing(request: HttpRequest, code: str) -> HttpResponse:
    """The sheets that were sent out and did not come back."""
    session = _session(request, code, _P.VIEW_TURNOUT)
    context = _context(request, session) | {
        "parties": not_returned(session),
        "figures": paper_figures(session),
    }
    return render(request, "staff/paper_missing.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def paper_sheet(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One sheet: to be read by this person, or to wait for another."""
    session = _session(request, code, _P.VIEW_TURNOUT)
    sheet = _sheet(session, pk)
    step = _step(request, session, sheet)
    if request.method == "POST" and step == 0:
        if sheet.readings.filter(actor=actor_of(request)).exists():  # pressed twice, say
            raise RuleViolation("paper.same_person", _("您已经录过这一张，要换一个人"))
        raise Http404
    form = SheetForm(
        posted(request),
        request.FILES or None,
        motions=_motions(session),
        scan=step == 1,
    )
    if request.method == "POST" and form.is_valid():
        answer = _take(request, session, sheet, form, step)
        if answer is not None:
            return answer
    ruling = paper_ruling_of(sheet)
    context = _context(request, session) | {
        "sheet": sheet,
        "form": form if step else None,
        "step": step,
        "conflict": "" if decided_to_count(sheet) else conflict_of(sheet),
        "ruling": ruling,
        "proposed_role": ROLE_TITLES[ruling.proposed_role] if ruling else "",
        "may_decide": ruling is not None
        and may_decide(request, session, ruling, _P.DECIDE_RULING),
        "decline": DeclineForm(),
        "rules": _precedence(session),
        "void": SPOILED_WORDS.get(sheet.void, ""),
        "faults": [
            (position, FAULT_WORDS[fault])
            for position, fault in enumerate(sheet.faults, start=1)
            if fault
        ],
        "unsettled": sheet.state in _OPEN and session.state == "closed",
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "staff/paper_sheet.html", context, status=status)


def _take(
    request: HttpRequest, session: Session, sheet: PaperBallot, form: SheetForm, step: int
) -> HttpResponse | None:
    permission = _P.SETTLE_PAPER if step == 3 else _P.ENTER_PAPER
    signer, reading, at = (
        signer_of(request, session.estate, permission),
        form.reading(),
        timezone.now(),
    )
    try:
        if step == 3:
            done = arbitrate_paper(paper_id=sheet.pk, reading=reading, signer=signer, at=at)
        else:
            upload = form.cleaned_data.get("content")
            done = enter_paper(
                paper_id=sheet.pk,
                reading=reading,
                signer=signer,
                at=at,
                name=upload.name if upload else _("没有文件"),
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
            )
    except RuleViolation as refused:
        _explain(form, None, refused)
        return None
    said = {
        "read_once": _("%(serial)s：已录第一遍，请另一个人录第二遍。"),
        "differs": _("%(serial)s：两个人录得不一样，要第三个人看着扫描件决定。"),
        "entered": _("%(serial)s：两个人一致，已加密记入公告板。"),
        "spoiled": _("%(serial)s：整张作废，已记下。"),
    }
    messages.success(request, said[done.state] % {"serial": done.serial})
    return redirect("staff:paper", session.code)


@require_safe
def paper_scan(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The scan, for who still has to read it."""
    session = _session(request, code, _P.VIEW_TURNOUT)
    sheet = _sheet(session, pk)
    held = permissions_at(request.user, session.estate) & {_P.ENTER_PAPER, _P.SETTLE_PAPER}
    if not held:
        raise Http404
    content, kind = show_scan(
        paper_id=sheet.pk,
        signer=signer_of(request, session.estate, sorted(held)[0]),
        at=timezone.now(),
    )
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'inline; filename="{sheet.serial}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def paper_rule(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Propose whether a sheet counts."""
    session = _session(request, code, _P.PROPOSE_RULING)
    sheet = _sheet(session, pk)
    conflict = conflict_of(sheet)
    form = PaperRulingForm(posted(request), request.FILES or None, conflict=conflict)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["content"]
        try:
            propose_paper_ruling(
                paper_id=sheet.pk,
                counts=form.cleaned_data["outcome"] == "in",
                reason=form.cleaned_data["reason"],
                name=upload.name if upload else _("没有文件"),
                content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                signer=signer_of(request, session.estate, _P.PROPOSE_RULING),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            _explain(form, None, refused)
        else:
            messages.success(request, _("已提出，还要另一种角色的另一个人决定。"))
            return redirect("staff:paper_sheet", session.code, sheet.pk)
    context = _context(request, session) | {
        "sheet": sheet,
        "form": form,
        "conflict": conflict,
        "rules": _precedence(session),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/paper_rule.html", context, status=status)


@require_POST
def paper_decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's yes or no to a proposal about a sheet."""
    session = _session(request, code, _P.DECIDE_RULING)
    sheet = _sheet(session, pk)
    ruling = paper_ruling_of(sheet)
    if ruling is None:
        raise Http404
    decide_paper_ruling(
        ruling_id=ruling.pk,
        agree="agree" in request.POST,
        reason=request.POST.get("reason", ""),
        signer=signer_of(request, session.estate, _P.DECIDE_RULING, but=ruling.proposed_role),
        at=timezone.now(),
    )
    messages.success(request, _("已记下您的决定。"))
    return redirect("staff:paper_sheet", session.code, sheet.pk)


@require_safe
def paper_document(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The evidence of a proposal about a sheet."""
    session = _session(request, code, _P.VIEW_TURNOUT)
    rulings = PaperRuling.objects.filter(paper=_sheet(session, pk)).exclude(sha256="")
    ruling = rulings.last()
    if ruling is None:
        raise Http404
    return kept_paper(ruling, document_of_paper_ruling(ruling))


@require_http_methods(["GET", "HEAD", "POST"])
def paper_box(request: HttpRequest, code: str) -> HttpResponse:
    """How many papers were in the box, said by two people who entered none."""
    session = _session(request, code, _P.COUNT_BOX)
    form = BoxForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = state_box(
                session_id=session.pk,
                counted=form.cleaned_data["counted"],
                signer=signer_of(request, session.estate, _P.COUNT_BOX),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            _explain(form, "counted", refused)
        else:
            said = {
                "stated": _("已记下您点的张数。请另一个人自己点一遍，再填一次。"),
                "agreed": _("两个人点的一致。每一张都录完、决定完，就记入公告板。"),
                "differs": _("两个人点的张数不一样。请两个人重新点，都再填一次。"),
                "sealed": _("两个人一致，每一张都对上了，已记入公告板。"),
            }
            messages.success(request, said[made.state])
            return redirect("staff:paper", session.code)
    context = _context(request, session) | {
        "form": form,
        "waiting": session.box_counts.filter(state="stated").first(),
        "actor": actor_of(request),
        "none": not PaperBallot.objects.filter(session=session).exists(),
    }
    status = 400 if form.errors else 200
    return render(request, "staff/paper_box.html", context, status=status)


# --- what the pages ask ---------------------------------------------------------------------


def _step(request: HttpRequest, session: Session, sheet: PaperBallot) -> int:
    """1, 2: this person can read the sheet first or second; 3: decide; 0: neither now."""
    may = permissions_at(request.user, session.estate)
    if session.state != "closed" or sheet.state not in _OPEN:
        return 0
    if conflict_of(sheet) and not decided_to_count(sheet):
        return 0
    if sheet.rulings.filter(state="proposed").exists():
        return 0
    read_by = {one.actor for one in sheet.readings.all()}
    if actor_of(request) in read_by:
        return 0
    if sheet.state == "differs":
        return 3 if _P.SETTLE_PAPER in may else 0
    return len(read_by) + 1 if _P.ENTER_PAPER in may else 0


def _motions(session: Session) -> list[SheetMotion]:
    """Every motion in the words that stand on the sheet."""
    rows = session.motions.select_related("election")
    return [
        SheetMotion(
            row.position,
            row.title,
            ballot_names(row) or tuple(OPTION_WORDS[option] for option in motion.options),
            motion.low,
            motion.high,
        )
        for row, motion in zip(rows, terms(session).motions, strict=True)
    ]


def _precedence(session: Session) -> str:
    """What the frozen profile says of a household that voted twice, in a sentence."""
    stated = session.profile.get("duplicate_channel")
    rule = stated["value"] if stated else "ONLINE_PREVAILS"
    return {
        "ONLINE_PREVAILS": _("规则：网上和纸质都投的，以网上的为准。"),
        "PAPER_PREVAILS": _("规则：网上和纸质都投的，以纸质的为准。"),
        "FIRST_VALID": _("规则：网上和纸质都投的，以先投的为准。"),
    }.get(rule, _("规则：网上和纸质都投的，以网上的为准。"))


def _explain(form: Any, field: str | None, refused: RuleViolation) -> None:
    """All reasons on the form; what was typed stays."""
    if refused.facts.get("reasons"):
        add_reasons(form, refused)
    else:
        form.add_error(field, str(refused))


def _session(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if not session.manifest or not session.paper:
        raise Http404
    return session


def _sheet(session: Session, pk: int) -> PaperBallot:
    sheet = paper_of(session, pk)
    if sheet is None:
        raise Http404
    return sheet


def _context(request: HttpRequest, session: Session) -> dict[str, Any]:
    return session_context(request, session) | {"phase": phase(session, timezone.now())}
