"""The owner authorises an agent, past the own second check; shown, renewed, revoked."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from core.errors import RuleViolation
from voting.forms.owner import problems
from voting.forms.standins import ProxyForm
from voting.selectors import agent_of, phase
from voting.services.proxies import OWNER, grant_proxy, renew_proxy_code, revoke_proxy
from voting.views.addresses import see_other
from voting.views.visits import Walk, drop_draft, end_visit, with_visit


@sensitive_post_parameters("agent", "phone")
@sensitive_variables("form", "granted")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True)
def proxy(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Whom do you authorise? Or, where there is an agent already, who it is."""
    walk.demand_valid()
    session, found = walk.party.session, agent_of(walk.party)
    if found is not None:
        context = {"session": session, "proxy": found, "cast": found.ballots.exists()}
        return render(request, "voting/owner/proxy.html", context)
    motions = list(session.motions.values_list("position", "title"))
    closes = session.closes_at or timezone.now()
    form = ProxyForm(
        request.POST if request.method == "POST" else None,
        asked=motions,
        initial={"until": localdate(closes)},
    )
    if form.is_bound and form.is_valid():
        try:
            granted = grant_proxy(
                party_id=walk.party.pk,
                stated=form.stated(signed_on=localdate()),
                at=timezone.now(),
            )
        except RuleViolation as refused:
            if refused.code != "proxy.invalid":
                raise
            for reason in refused.facts["reasons"]:  # type: ignore[attr-defined]
                form.add_error(
                    reason.field if reason.field in form.fields else None, str(reason)
                )
        else:
            context = {"session": session, "proxy": granted.proxy, "code": granted.code}
            return render(request, "voting/owner/proxy.html", context)
    context = {
        "session": session,
        "form": form,
        "errors": problems(form),
        "phase": phase(session, timezone.now()),
    }
    status = 422 if form.is_bound else 200
    return render(request, "voting/owner/proxy_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True)
def proxy_revoke(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """The owner ends it, before the agent has voted."""
    found = agent_of(walk.party)
    if request.method == "POST" and found is not None:
        revoke_proxy(proxy_id=found.pk, actor=OWNER, reason="", at=timezone.now())
    return see_other("voting:proxy", walk.code)


@sensitive_variables("granted")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True, owner_only=True)
def proxy_code(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """A new code for the agent; the old one is void."""
    found = agent_of(walk.party)
    if request.method != "POST" or found is None:
        return see_other("voting:proxy", walk.code)
    granted = renew_proxy_code(proxy_id=found.pk, actor=OWNER, at=timezone.now())
    context = {"session": walk.party.session, "proxy": granted.proxy, "code": granted.code}
    return render(request, "voting/owner/proxy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=False)
def leave(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """The lent device goes back: nothing of the owner's visit stays on it."""
    if request.method == "POST":
        end_visit(request, walk.code)
        response = see_other("voting:session", walk.code)
        drop_draft(response, walk)
        return response
    context = {"session": walk.party.session, "assistance": walk.visit.assistance}
    return render(request, "voting/owner/leave.html", context)
