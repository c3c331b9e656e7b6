"""Questions: what everybody sees of them, what waits for an answer."""

from datetime import datetime

from django.db.models import QuerySet

from disclosures.domain.wording import covered
from disclosures.models import Period, Publication, Question
from documents.bulletins import read_bulletin
from registry.models import Estate


def has_line(publication: Publication, number: int) -> bool:
    """Whether a version has an entry of that number."""
    data = read_bulletin(bytes(publication.document.facts))
    return any(line.number == number for line in data.lines)


def shown_text(question: Question) -> str:
    """What everybody reads: nothing until it is answered, then all but covered words."""
    if question.state not in {"answered", "upheld"}:
        return ""
    return covered(question.text, question.covered)


def waiting(estate: Estate) -> QuerySet[Question]:
    """What has to be answered, the oldest first."""
    rows = estate.questions.filter(state="open").select_related("publication__period__book")
    return rows.order_by("due_at", "pk")


def waiting_on(period: Period) -> QuerySet[Question]:
    """What was asked on any version of a period and has no answer."""
    return Question.objects.filter(publication__period=period, state="open")


def overdue_questions(at: datetime) -> QuerySet[Question]:
    """What was not answered in time."""
    return Question.objects.filter(state="open", due_at__lte=at)
