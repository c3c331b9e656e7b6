"""The only ways to a book, an entry, a closing or a paper: through a place one may see."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, estates_for
from disclosures.models import (
    Book,
    Closing,
    Contract,
    Entry,
    Paper,
    Question,
    Source,
    SourceReport,
)

_M = TypeVar("_M", bound=Model)
_AUTHORITY = "estate__authority__parent__parent__parent__parent"


def book_for(user: Visitor, pk: int, permission: Permission) -> Book:
    """A book; Http404 unless `user` has `permission` at its estate."""
    rows = Book.objects.select_related("estate__division", _AUTHORITY)
    return _one(rows.filter(pk=pk, estate__in=estates_for(user, permission)))


def entry_for(user: Visitor, pk: int, permission: Permission) -> Entry:
    """An entry with its book; Http404 as above."""
    rows = Entry.objects.select_related(
        f"book__{_AUTHORITY}", "contract__source", "reverses", "period"
    )
    return _one(rows.filter(pk=pk, book__estate__in=estates_for(user, permission)))


def closing_for(user: Visitor, pk: int, permission: Permission) -> Closing:
    """A closing with its period and book; Http404 as above."""
    rows = Closing.objects.select_related(f"period__book__{_AUTHORITY}", "statement")
    places = estates_for(user, permission)
    return _one(rows.filter(pk=pk, period__book__estate__in=places))


def paper_for(user: Visitor, pk: int, permission: Permission) -> Paper:
    """A paper; Http404 as above."""
    rows = Paper.objects.select_related(_AUTHORITY)
    return _one(rows.filter(pk=pk, estate__in=estates_for(user, permission)))


def source_for(user: Visitor, pk: int, permission: Permission) -> Source:
    """A source; Http404 as above."""
    rows = Source.objects.select_related(_AUTHORITY)
    return _one(rows.filter(pk=pk, estate__in=estates_for(user, permission)))


def contract_for(user: Visitor, pk: int, permission: Permission) -> Contract:
    """A contract with its source; Http404 as above."""
    rows = Contract.objects.select_related(f"source__{_AUTHORITY}")
    return _one(rows.filter(pk=pk, source__estate__in=estates_for(user, permission)))


def report_for(user: Visitor, pk: int, permission: Permission) -> SourceReport:
    """What an owner reported; Http404 as above."""
    rows = SourceReport.objects.select_related(_AUTHORITY, "photo", "source", "unit")
    return _one(rows.filter(pk=pk, estate__in=estates_for(user, permission)))


def question_for(user: Visitor, pk: int, permission: Permission) -> Question:
    """A question with what it is about; Http404 as above."""
    rows = Question.objects.select_related(
        _AUTHORITY, "publication__period__book", "publication__document", "unit"
    ).defer("publication__csv", "publication__document__pdf")
    return _one(rows.filter(pk=pk, estate__in=estates_for(user, permission)))


def _one(rows: QuerySet[_M]) -> _M:
    found = rows.first()
    if found is None:
        raise Http404
    return found
