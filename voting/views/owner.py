"""The owner's way: letter, second check, motions, check, receipt. Nothing newer is needed
than a browser that can send a form; where it can encrypt, it does (static/js/vote.js).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.identity import identity_provider
from core.errors import RuleViolation
from voting.forms.owner import (
    NOBODY,
    NOT_TAKING_PART,
    OPTIONS,
    AnswerForm,
    DocumentForm,
    ElectionForm,
    LetterCodeForm,
    SmsCodeForm,
    problems,
)
from voting.models import Ballot, Party
from voting.protocol.ballot import read
from voting.protocol.refusal import Refused
from voting.selectors import (
    MotionShare,
    ballot_of_agent,
    ballot_terms,
    ended_by_owner,
    last_ballot,
    letter_key,
    motions_with_shares,
    phase,
    was_by_agent,
)
from voting.services.casting import cast_plain, cast_sealed
from voting.services.entering import (
    LetterState,
    check_agent,
    check_second_factor,
    digits_sent_at,
    find_letter,
    send_agent_code,
    send_second_check_code,
    start_by_letter,
)
from voting.views.addresses import client_address, see_other
from voting.views.after import AFTER
from voting.views.receipts import helped_by, recorded_at, who_can_read
from voting.views.visits import (
    Visit,
    Walk,
    begin_visit,
    drop_draft,
    pass_check,
    read_draft,
    with_visit,
    write_draft,
)

_CHALLENGE = f"{settings.COOKIE_PREFIX}challenge"
_CHALLENGE_SECONDS = 8 * 3600
_PLACES = re.compile(r"[0-9]{1,2}(,[0-9]{1,2})*", re.ASCII)


# --- The letter ------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponseBase:
    """Type the code of a letter."""
    form = LetterCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return see_other("voting:letter", form.cleaned_data["code"])
    context = {"form": form, "errors": problems(form)}
    return render(
        request, "voting/owner/enter.html", context, status=422 if form.is_bound else 200
    )


def _letter(request: HttpRequest, code: str) -> LetterState:
    return find_letter(code=code, at=timezone.now(), address=client_address(request))


@require_safe
def letter(request: HttpRequest, code: str) -> HttpResponseBase:
    """What the QR code opens. Opening it changes nothing: scanners look before people do."""
    state = _letter(request, code)
    if state.kind == "unknown":
        return render(request, "voting/owner/letter_unknown.html", status=422)
    party = Party.objects.select_related("session__estate").get(pk=state.party_id)
    context: dict[str, Any] = {"party": party, "session": party.session}
    context["by_agent"] = bool(state.proxy_id)
    if state.proxy_id and state.kind == "reissued":
        return render(request, "voting/owner/proxy_ended.html", context, status=410)
    if state.kind == "reissued":
        return render(request, "voting/owner/letter_reissued.html", context, status=410)
    now = phase(party.session, timezone.now())
    ballot = last_ballot(party)
    context |= {"ballot": ballot, "phase": now, "code": code}
    if ballot:
        context["recorded_at"] = recorded_at(ballot)
        context["helped_by"] = helped_by(ballot)
        by_agent = context["helped_by"] == "proxy" and not state.proxy_id
        context["may_vote_again"] = party.session.revote or by_agent
    if now == "announced":
        return render(request, "voting/owner/not_yet_open.html", context)
    if now != "open":
        return render(request, "voting/owner/closed.html", context)
    challenge = urlsafe_b64encode(token_bytes(32)).rstrip(b"=").decode()
    context |= {"units": party.units.order_by("pk"), "challenge": challenge}
    context["letter_key"] = "" if state.proxy_id else letter_key(party)
    response = render(request, "voting/owner/letter.html", context)
    response.set_signed_cookie(
        _CHALLENGE,
        challenge,
        salt=party.session.code,
        max_age=_CHALLENGE_SECONDS,
        path="/q/",
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@sensitive_post_parameters("login", "letter_key")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponseBase:
    """Leave the letter's address behind: from here on a web session knows the party."""
    state = _letter(request, code)
    if request.method != "POST" or state.kind != "valid":
        return see_other("voting:letter", code)
    party = Party.objects.select_related("session").get(pk=state.party_id)
    if phase(party.session, timezone.now()) not in {"open", *AFTER}:
        return see_other("voting:letter", code)
    by_letter = _letter_key(request, party)
    visit = Visit(
        party=party.pk,
        session=party.session_id,
        by_letter="" if state.proxy_id else by_letter,
        letter=state.letter_id,
        proxy=state.proxy_id,
        goal="not_mine" if "not_mine" in request.POST else "",
    )
    begin_visit(request, party.session.code, visit)
    response = see_other("voting:resume", party.session.code)
    response.delete_cookie(_CHALLENGE, path="/q/", samesite="Lax")
    return response


def _letter_key(request: HttpRequest, party: Party) -> str:
    """The public key this browser proved to hold, or "" where it goes on by the code."""
    key, login = request.POST.get("letter_key", ""), request.POST.get("login", "")
    issued = request.get_signed_cookie(
        _CHALLENGE, "", salt=party.session.code, max_age=_CHALLENGE_SECONDS
    )
    if not (issued and len(key) == 87 and len(login) == 130):
        return ""
    challenge = urlsafe_b64decode(issued + "=")
    proved = start_by_letter(party_id=party.pk, challenge=challenge, key=key, login=login)
    return key if proved else ""


@require_safe
@with_visit(checked=False)
def resume(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Where this visit stands: also where a second scan leads."""
    if not walk.visit.checked:
        return see_other("voting:identity", walk.code)
    if walk.visit.goal == "not_mine" or walk.visit.only_object:
        return see_other("voting:not_mine", walk.code)
    if phase(walk.party.session, timezone.now()) in AFTER:
        return see_other("voting:participants", walk.code)
    return see_other("voting:motions", walk.code)


# --- The second check ------------------------------------------------------------------


def _identity_context(walk: Walk) -> dict[str, Any]:
    party, session = walk.party, walk.party.session
    phone = party.mobile
    by_document = not phone and (session.allow_document_check or bool(walk.visit.assistance))
    if walk.proxy:
        phone, by_document = walk.proxy.agent_phone, False
    return {
        "session": session,
        "phone": f"{phone[0]}******{phone[-4:]}" if phone else "",
        "by_document": by_document and bool(party.document_tails),
        "by_agent": walk.proxy,
        "assistance": walk.visit.assistance,
        "provider": identity_provider(),
        "phase": phase(session, timezone.now()),
    }


@require_safe
@with_visit(checked=False)
def identity(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """How would you like to prove who you are?"""
    if walk.visit.checked:
        return see_other("voting:resume", walk.code)
    return render(request, "voting/owner/identity.html", _identity_context(walk))


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=False)
def send_code(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Send the SMS, on pressing a button only."""
    if request.method != "POST":
        return see_other("voting:identity_sms", walk.code)
    try:
        if walk.proxy:
            send_agent_code(proxy_id=walk.proxy.pk, at=timezone.now())
        else:
            send_second_check_code(party_id=walk.party.pk, at=timezone.now())
    except RuleViolation as refusal:
        context = _identity_context(walk) | {
            "form": SmsCodeForm(),
            "errors": [("", refusal.sentence)],
        }
        return render(request, "voting/owner/identity_sms.html", context, status=429)
    return see_other("voting:identity_sms", walk.code)


@sensitive_post_parameters("answer")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=False)
def identity_sms(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """The six digits."""
    if not (walk.proxy or walk.party.mobile):
        return see_other("voting:identity", walk.code)
    form = SmsCodeForm(request.POST or None)
    return _second_check(request, walk, form, "sms")


@sensitive_post_parameters("answer", "family_name")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=False)
def identity_document(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Family name and the last six of the document number."""
    if walk.proxy:
        return see_other("voting:identity", walk.code)
    form = DocumentForm(request.POST or None)
    return _second_check(request, walk, form, "document")


def _second_check(
    request: HttpRequest, walk: Walk, form: SmsCodeForm | DocumentForm, method: Any
) -> HttpResponseBase:
    if walk.visit.checked:
        return see_other("voting:resume", walk.code)
    context = _identity_context(walk) | {"form": form}
    if form.is_bound and form.is_valid():
        try:
            passed = _passes(walk, method, form.cleaned_data)
        except RuleViolation as refusal:
            if refusal.code == "check.locked":
                context |= {"refusal": refusal}
                return render(request, "voting/owner/locked.html", context, status=429)
            form.add_error(None, str(refusal))
        else:
            if passed:
                pass_check(request, walk.code, walk.visit)
                return see_other("voting:resume", walk.code)
            form.add_error(None, _wrong(walk, method))
    context |= {"errors": problems(form)}
    status = 422 if form.is_bound else 200
    return render(request, f"voting/owner/identity_{method}.html", context, status=status)


def _wrong(walk: Walk, method: Any) -> str:
    """Why it did not pass, by what was sent and when; nothing about the answer itself."""
    if method != "sms":
        return _("核对不上，请再看一遍。连续输错 5 次要等 15 分钟。")
    sent = digits_sent_at(party_id=walk.party.pk, proxy_id=walk.visit.proxy, at=timezone.now())
    if sent is None:
        return _(
            "短信验证码已经失效：10 分钟内有效，只能用一次。请按“重发短信”，填新的 6 位数字。"
        )
    return _(
        "核对不上。请填 %(time)s 发出的那一条短信里的数字，更早发的已经作废。"
        "连续输错 5 次要等 15 分钟。"
    ) % {"time": f"{timezone.localtime(sent):%H:%M}"}


def _passes(walk: Walk, method: Any, answers: Any) -> bool:
    now = timezone.now()
    if walk.proxy:
        return check_agent(proxy_id=walk.proxy.pk, answer=answers["answer"], at=now)
    assisted = bool(walk.visit.assistance)
    return check_second_factor(
        party_id=walk.party.pk, method=method, assisted=assisted, at=now, **answers
    )


# --- The motions -----------------------------------------------------------------------


def _page(walk: Walk) -> dict[str, Any]:
    """What every page of motions shows."""
    session = walk.party.session
    asked = motions_with_shares(walk.party)
    return {
        "session": session,
        "party": walk.party,
        "units": walk.party.units.order_by("pk"),
        "asked": asked,
        "total": len(asked),
        "options": [(str(index), label) for index, (_name, label) in enumerate(OPTIONS)],
        "not_taking_part": NOT_TAKING_PART,
        "by_agent": walk.proxy,
        "voted": walk.party.ballots > 0,
        "assistance": walk.visit.assistance,
        # Motions outside an agent's authority are shown and cannot be answered.
        "entrusted": walk.proxy.motions if walk.proxy else [],
        "nobody": NOBODY,
    }


def _closed(walk: Walk) -> bool:
    return phase(walk.party.session, timezone.now()) != "open"


def _over(request: HttpRequest, walk: Walk) -> HttpResponseBase | None:
    """The page for who comes too late, or has voted and may not change it."""
    session, ballot = walk.party.session, last_ballot(walk.party)
    if walk.proxy and (walk.proxy.state != "active" or ended_by_owner(walk.proxy)):
        if ballot_of_agent(walk.proxy):
            return see_other("voting:receipt", walk.code)
        ended = {"session": session}
        return render(request, "voting/owner/proxy_ended.html", ended, status=409)
    again = session.revote or (not walk.proxy and was_by_agent(walk.party))
    if ballot and (not again or _closed(walk)):
        return see_other("voting:receipt", walk.code)
    if _closed(walk):
        context = {"session": session, "phase": phase(session, timezone.now())}
        return render(request, "voting/owner/closed.html", context, status=409)
    return None


@sensitive_post_parameters("answer")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True)
def motions(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """All motions on one page for a browser that encrypts; `?step=k`: one, for the others."""
    over = _over(request, walk)
    if over:
        return over
    if "step" in request.GET:
        return _one_motion(request, walk)
    walk.demand_valid()
    terms = ballot_terms(walk.party)
    by_letter = bool(walk.visit.by_letter) and walk.visit.by_letter == terms.key
    facts = {
        "manifest": terms.manifest,
        "party": terms.party,
        "number": terms.number,
        "previous": terms.previous,
        "mode": "letter" if by_letter else "replacement",
        "key": terms.key if by_letter else None,
        "bundle": f"{settings.STATIC_URL}js/ballot.bundle.js",
    }
    return render(request, "voting/owner/motions.html", _page(walk) | {"facts": facts})


@sensitive_variables("draft", "form", "page")
def _one_motion(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    page = _page(walk)
    step = request.GET["step"]
    if step not in {str(number) for number in range(page["total"])}:
        return see_other("voting:motions", walk.code)
    index = int(step)
    draft = read_draft(request, walk)
    item = page["asked"][index]
    form = _answer_form(request, item)
    if request.method == "POST" and form.is_valid():
        draft = draft.with_answer(index, form.cleaned_data["answer"])
        response = see_other("voting:review", walk.code)
        if "change" not in request.GET and index + 1 < page["total"]:
            response = see_other("voting:motions", walk.code, query=f"?step={index + 1}")
        write_draft(response, request, walk, draft)
        return response
    missing = request.method == "POST"
    chosen = draft.answers.get(step, "")
    page |= {
        "index": index,
        "item": item,
        "chosen": chosen,
        "ticked": request.POST.getlist("answer") if missing else chosen.split(","),
        "errors": [("answer-0", text) for text in form.errors.get("answer", ())],
    }
    return render(request, "voting/owner/motion.html", page, status=422 if missing else 200)


def _answer_form(request: HttpRequest, item: MotionShare) -> AnswerForm | ElectionForm:
    data = request.POST if request.method == "POST" else None
    if item.election is None:
        return AnswerForm(data)
    return ElectionForm(data, candidates=len(item.candidates), most=item.most)


def _answered(asked: list[MotionShare], answers: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "motion": item.motion,
            "index": index,
            "answer": _words(item, answers.get(str(index), "")),
        }
        for index, item in enumerate(asked)
    ]


def _words(item: MotionShare, answer: str) -> list[str] | None:
    """An answer as it is read back, one line each; None where there is none."""
    if answer == NOT_TAKING_PART:
        return [_("不参加这一项")]
    if item.election is None:
        words = {str(index): str(label) for index, (_name, label) in enumerate(OPTIONS)}
        return [words[answer]] if answer in words else None
    if answer == NOBODY:
        return [_("一个也不选（参加表决，但不同意任何人）")]
    places = _places(answer)
    if not places or places[-1] >= len(item.candidates):
        return None
    return [f"{place + 1}. {item.candidates[place].name}" for place in places]


def _places(answer: str) -> list[int]:
    return [int(part) for part in answer.split(",")] if _PLACES.fullmatch(answer) else []


@sensitive_variables("draft", "rows", "page")
@require_safe
@with_visit(checked=True)
def review(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Check your answers, on the server's pages."""
    over = _over(request, walk)
    if over:
        return over
    page, draft = _page(walk), read_draft(request, walk)
    rows = _answered(page["asked"], draft.answers)
    missing = next((row["index"] for row in rows if row["answer"] is None), None)
    if missing is not None:
        return see_other("voting:motions", walk.code, query=f"?step={missing}")
    page |= {
        "rows": rows,
        "submission": draft.submission,
        "nothing": set(draft.answers.values()) == {NOT_TAKING_PART},
        "readers": who_can_read(walk.party.session, "server"),
    }
    return render(request, "voting/owner/review.html", page)


# --- Recording -------------------------------------------------------------------------


@sensitive_variables("draft")
@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True)
def submit(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Record the answers of the server's pages; the same form again gives the same receipt."""
    if request.method != "POST":
        return see_other("voting:review", walk.code)
    submission = request.POST.get("submission", "").replace("\0", "")
    draft, party = read_draft(request, walk), walk.visit.party
    if draft.answers and submission == draft.submission:
        walk.demand_valid()
        cast_plain(
            session_id=walk.visit.session,
            party_id=party,
            submission=submission,
            choices=[
                _choice(draft.answers.get(str(index), ""))
                for index in range(len(draft.answers))
            ],
            helper=walk.helper,
            at=timezone.now(),
        )
    elif not Ballot.objects.filter(party_id=party, submission=submission).exists():
        # Answers are gone (half an hour, or another tab sent them): nothing to record.
        return see_other("voting:review", walk.code)
    response = see_other("voting:receipt", walk.code)
    drop_draft(response, walk)
    return response


def _choice(answer: str) -> list[int] | None:
    if answer == NOT_TAKING_PART:
        return None
    if answer == NOBODY:
        return []
    places = _places(answer)
    if not places:
        raise BadRequest("an answer is missing")
    return places  # more than the motion allows is refused by the command


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit(checked=True)
def cast(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """Record a ballot that the browser encrypted and signed."""
    if request.method != "POST":
        return see_other("voting:motions", walk.code)
    text = request.POST.get("ballot", "").encode()
    ballot = _read_ballot(text)
    walk.demand_valid()
    key = str(ballot.get("key", ""))
    cast_sealed(
        session_id=walk.visit.session,
        party_id=walk.visit.party,
        submission=sha256(text).hexdigest(),
        ballot=ballot,
        # The letter's key may have been replaced since it was proved: by an agent's, say.
        replacement_key=None if key == walk.visit.by_letter else key,
        helper=walk.helper,
        at=timezone.now(),
    )
    return see_other("voting:receipt", walk.code)


def _read_ballot(text: bytes) -> dict[str, Any]:
    """The sent ballot as JSON; what it says is checked by the command."""
    try:
        value = read(text)
    except Refused as refusal:
        raise RuleViolation(
            f"ballot.{refusal.check}", _("收到的票不完整，没有记录。请返回再试一次。")
        ) from refusal
    if not isinstance(value, dict):
        raise RuleViolation("ballot.shape", _("收到的票不完整，没有记录。请返回再试一次。"))
    return value
