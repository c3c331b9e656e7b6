"""What owners ask of the accounts and miss on the register: answered in public by a day."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, estate_for
from accounts.selectors import people_named
from disclosures.domain.bodies import BODIES
from disclosures.domain.wording import covered, numbers_in
from disclosures.models import Publication, Question, SourceReport
from disclosures.selectors.places import question_for, report_for
from disclosures.services import questions as services
from disclosures.services.sources import Said, answer_report
from documents.bulletins import Line, read_bulletin
from documents.wording import period
from portal.disclosure_forms import AnswerForm, AskForm, CoveringForm, ReportForm
from portal.views.account_pages import acting, answer, forming, may_at
from portal.views.common import posted, submission_of
from registry.models import Estate

_P = Permission
_form_page = require_http_methods(["GET", "HEAD", "POST"])
A_PAGE, PUBLICATIONS = 50, 24


@require_safe
def questions(request: HttpRequest, code: str) -> HttpResponse:
    """What owners of an estate asked: what waits first, the most urgent on top."""
    found = estate_for(request.user, code, _P.READ_PAPERS)
    rows = found.questions.select_related("publication__period__book").defer("publication__csv")
    done = rows.exclude(state="open").order_by("-number")
    context = {
        "estate": found,
        "waiting": rows.filter(state="open").order_by("due_at", "pk"),
        "page": Paginator(done, A_PAGE).get_page(request.GET.get("page")),
        "may": may_at(request, found),
        "now": timezone.now(),
    }
    return answer(request, "disclosures/staff/questions.html", context)


@_form_page
def question_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take a question down for somebody who called or came."""
    found = estate_for(request.user, code, _P.ANSWER_ACCOUNTS)
    form = AskForm(posted(request), publications=_in_force(found))

    def act(given: dict[str, Any]) -> HttpResponse:
        submission = submission_of(request)
        made = services.ask(
            publication_id=int(given["publication"]),
            kind=given["kind"],
            line=given["line"],
            said=Said(given["text"], None, submission),
            by=acting(request, found, _P.ANSWER_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已登记，答复以后人人看得到。"))
        return redirect("staff:question", made.pk)

    context = {
        "estate": found,
        "title": _("代业主登记提问"),
        "submission": submission_of(request),
    }
    return forming(request, form, act, context)


@_form_page
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question, the line it is about, and the answer."""
    answers = request.method == "POST"
    found = question_for(request.user, pk, _P.ANSWER_ACCOUNTS if answers else _P.READ_PAPERS)
    form = AnswerForm(posted(request), kind=found.kind, initial=_proposed(found))

    def act(given: dict[str, Any]) -> HttpResponse:
        if "preview" in request.POST:
            return answer(request, _QUESTION, context | {"preview": _preview(found, form)})
        services.answer(
            question_id=pk,
            upheld=given.get("upheld") == "yes",
            text=given["text"],
            covered=form.words(),
            by=acting(request, found.estate, _P.ANSWER_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已答复，人人看得到。"))
        return redirect("staff:question", pk)

    days = found.publication.period
    context = {
        "question": found,
        "estate": found.estate,
        "period": period(days.first, days.last),
        "lines": _lines(found),
        "public": _public_page(found),
        "shown": covered(found.text, found.covered),
        "names": people_named([found.filed_by, found.answered_by]),
        "body": BODIES.get(found.answered_role, ""),
        "may": may_at(request, found.estate),
        "now": timezone.now(),
        "form": form,
    }
    return forming(request, form, act, context, template=_QUESTION)


@_form_page
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """What an owner says is missing, with the photograph, and the answer."""
    answers = request.method == "POST"
    found = report_for(request.user, pk, _P.ANSWER_ACCOUNTS if answers else _P.READ_PAPERS)
    form = ReportForm(posted(request), initial=_proposed(found))

    def act(given: dict[str, Any]) -> HttpResponse:
        if "preview" in request.POST:
            return answer(request, _REPORT, context | {"preview": _preview(found, form)})
        answer_report(
            report_id=pk,
            answer=given["answer"],
            covered=form.words(),
            kind=given["kind"],
            by=acting(request, found.estate, _P.ANSWER_ACCOUNTS),
            at=timezone.now(),
        )
        messages.success(request, _("已答复，人人看得到。"))
        return redirect("staff:report", pk)

    context = {
        "report": found,
        "estate": found.estate,
        "shown": covered(found.text, found.covered),
        "shown_place": covered(found.place, found.covered),
        "names": people_named([found.filed_by, found.answered_by]),
        "body": BODIES.get(found.answered_role, ""),
        "may": may_at(request, found.estate),
        "now": timezone.now(),
        "form": form,
    }
    return forming(request, form, act, context, template=_REPORT)


_QUESTION = "disclosures/staff/question.html"
_REPORT = "disclosures/staff/report.html"


def _proposed(found: Question | SourceReport) -> dict[str, str]:
    """Numbers of people in what the owner wrote, to be covered."""
    place = found.place if isinstance(found, SourceReport) else ""
    return {"covered": "\n".join(dict.fromkeys(numbers_in(place) + numbers_in(found.text)))}


def _preview(found: Question | SourceReport, form: CoveringForm) -> dict[str, object]:
    """How it will read, and which words stand nowhere in what the owner wrote."""
    words = form.words()
    place = found.place if isinstance(found, SourceReport) else ""
    return {
        "text": covered(found.text, words),
        "place": covered(place, words),
        "unknown": [word for word in words if word not in found.text + place],
    }


def _in_force(estate: Estate) -> list[Publication]:
    """What can be asked about: the versions that hold, the newest first."""
    rows = Publication.objects.filter(period__book__estate=estate, version=F("period__version"))
    rows = rows.select_related("period__book").defer("csv").order_by("-posted_at")
    return list(rows[:PUBLICATIONS])


def _lines(found: Question) -> list[Line]:
    """What was published of the entry it is about."""
    if found.line is None:
        return []
    facts = read_bulletin(bytes(found.publication.document.facts))
    return [one for one in facts.lines if one.number == found.line]


def _public_page(found: Question) -> str:
    """Where everybody reads what it is about."""
    days = found.publication.period
    at = [found.estate.code, days.book.kind, days.first]
    if found.line is None:
        return reverse("portal:accounts", args=at)
    return reverse("portal:accounts_line", args=[*at, found.line])
