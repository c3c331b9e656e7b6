"""A court has one ballot of a secret vote opened: entered, checked by another, handed over."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.labels import ROLE_TITLES
from accounts.permissions import Permission
from core.errors import RuleViolation
from portal.forms import add_reasons
from portal.selectors import session_for
from portal.views.common import (
    actor_of,
    kept_paper,
    may_decide,
    posted,
    rooms_found,
    session_context,
    signer_of,
    voter_of,
)
from voting.forms.opened import ComparedForm, CourtOrderForm, OpenedFileForm
from voting.models import Ballot, CourtOrder, Party, Session
from voting.selectors import ceremony_of, terms
from voting.selectors.opened import court_orders_of
from voting.selectors.retention import demand_ballots
from voting.services.court import (
    MAX_SIZE,
    Paper,
    confirm_court_order,
    decline_court_order,
    deliver_court_file,
    document_of,
    enter_court_order,
    withdraw_court_order,
)

_P = Permission


@require_safe
def court_orders(request: HttpRequest, code: str) -> HttpResponse:
    """What courts ordered so far, and the way to enter an order."""
    session = _resolved(request, code, _P.SUPERVISE)
    orders = {"orders": court_orders_of(session)}
    context = session_context(request, session) | rooms_found(request, session) | orders
    return render(request, "staff/court_orders.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def court_order_new(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Enter a court's order on a ballot of one household."""
    session = _resolved(request, code, _P.ENTER_COURT_ORDER)
    party = voter_of(session, number)
    form = CourtOrderForm(posted(request), request.FILES or None, ballots=_ballots(party))
    if request.method == "POST" and form.is_valid():
        given, upload = form.cleaned_data, form.cleaned_data["content"]
        try:
            made = enter_court_order(
                session_id=session.pk,
                ballot_id=int(given["ballot"]),
                paper=Paper(
                    court=given["court"],
                    number=given["number"],
                    key=given["key"],
                    name=upload.name if upload else _("没有文件"),
                    content=upload.read(settings.UPLOAD_MAX_BYTES + 1) if upload else b"",
                ),
                signer=signer_of(request, session.estate, _P.ENTER_COURT_ORDER),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            messages.success(request, _("已登记。还要另一个人对照文书核对，此前什么也不打开。"))
            return redirect("staff:court_order", session.code, made.pk)
    context = session_context(request, session) | {"party": party, "form": form}
    status = 400 if form.errors else 200
    return render(request, "staff/court_order_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def court_order(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One order: the paper, the decision, and the sealed files for the court.

    Posting takes a trustee's sealed file.
    """
    session = _resolved(request, code, _P.SUPERVISE)
    order = _order_of(session, pk)
    form = OpenedFileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["content"].read(MAX_SIZE + 1)
            deliver_court_file(order_id=order.pk, content=content, at=timezone.now())
        except RuleViolation as refused:
            add_reasons(form, refused)
        else:
            return redirect("staff:court_order", session.code, order.pk)
    return _page(request, session, order, form=form)


@require_POST
def court_order_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's yes."""
    session = _resolved(request, code, _P.CONFIRM_COURT_ORDER)
    order = _order_of(session, pk)
    compared = ComparedForm(request.POST)
    if not compared.is_valid():
        return _page(request, session, order, compared=compared)
    confirm_court_order(
        order_id=order.pk,
        signer=signer_of(
            request, session.estate, _P.CONFIRM_COURT_ORDER, but=order.proposed_role
        ),
        at=timezone.now(),
    )
    messages.success(request, _("已核对，记入公告板。有手机号的业主会收到短信。"))
    return redirect("staff:court_order", session.code, order.pk)


@require_POST
def court_order_decline(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The second person's no."""
    session = _resolved(request, code, _P.CONFIRM_COURT_ORDER)
    order = _order_of(session, pk)
    decline_court_order(
        order_id=order.pk,
        signer=signer_of(
            request, session.estate, _P.CONFIRM_COURT_ORDER, but=order.proposed_role
        ),
        at=timezone.now(),
    )
    messages.success(request, _("已记下：和文书不一样。什么也没有打开。"))
    return redirect("staff:court_order", session.code, order.pk)


@require_POST
def court_order_withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Who entered it takes it back."""
    session = _resolved(request, code, _P.ENTER_COURT_ORDER)
    order = _order_of(session, pk)
    withdraw_court_order(
        order_id=order.pk,
        signer=signer_of(request, session.estate, _P.ENTER_COURT_ORDER),
        at=timezone.now(),
    )
    messages.success(request, _("已撤回。什么也没有打开。"))
    return redirect("staff:court_order", session.code, order.pk)


@require_safe
def court_order_document(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The court's paper."""
    order = _order_of(_resolved(request, code, _P.SUPERVISE), pk)
    return kept_paper(order, document_of(order))


@require_safe
def court_file(request: HttpRequest, code: str, pk: int, trustee: int) -> HttpResponse:
    """A sealed file for the court; only the court can read it."""
    order = _order_of(_resolved(request, code, _P.SUPERVISE), pk)
    file = order.files.filter(trustee=trustee).first()
    if file is None:
        raise Http404
    demand_ballots(order.session)
    response = HttpResponse(bytes(file.content), content_type="application/octet-stream")
    name = f"court-{order.session.code}-{order.seq}-{trustee}.sealed"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: HttpRequest,
    session: Session,
    order: CourtOrder,
    *,
    form: OpenedFileForm | None = None,
    compared: ComparedForm | None = None,
) -> HttpResponse:
    files = list(order.files.all())
    needed = terms(session).threshold
    refused = any(one is not None and one.errors for one in (form, compared))
    context = session_context(request, session) | {
        "order": order,
        "party": order.ballot.party,
        "proposed_role": ROLE_TITLES[order.proposed_role],
        "decided_role": ROLE_TITLES.get(order.decided_role, ""),
        "own": order.proposed_by == actor_of(request),
        "may_decide": may_decide(request, session, order, _P.CONFIRM_COURT_ORDER),
        "compared": compared or ComparedForm(),
        "form": form or OpenedFileForm(),
        "files": files,
        "needed": needed,
        "missing": max(0, needed - len(files)),
        "trustees": ceremony_of(session) is not None,
    }
    return render(request, "staff/court_order.html", context, status=400 if refused else 200)


def _ballots(party: Party) -> list[tuple[str, str]]:
    """The party's ballots, the last first, for choosing one."""
    rows = Ballot.objects.filter(party=party).order_by("-number")
    last = _("第%(n)d次投的票，公告板第%(seq)d条（最后一次）")
    earlier = _("第%(n)d次投的票，公告板第%(seq)d条（后来改过，没有计入）")
    return [
        (
            str(one.pk),
            (last if one.number == party.ballots else earlier)
            % {"n": one.number, "seq": one.seq},
        )
        for one in rows
    ]


def _resolved(request: HttpRequest, code: str, permission: Permission) -> Session:
    session = session_for(request.user, code, permission)
    if session.opening_policy != "secret" or session.state != "resolved":
        raise Http404
    return session


def _order_of(session: Session, pk: int) -> CourtOrder:
    found = court_orders_of(session).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
