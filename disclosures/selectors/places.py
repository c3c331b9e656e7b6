"""The only ways to a book, an entry, a closing or a paper: through a place one may see."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, estates_for
from disclosures.models import Book, Closing, Entry, Paper

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


def _one(rows: QuerySet[_M]) -> _M:
    found = rows.first()
    if found is None:
        raise Http404
    return found
