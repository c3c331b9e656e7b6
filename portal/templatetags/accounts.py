"""The accounts in words."""

from django import template

from disclosures.domain.headings import OF_BOOK
from disclosures.models import Entry
from portal.sentences import said

register = template.Library()


@register.filter
def heading_of(entry: Entry) -> object:
    """An entry's heading; its book is at hand."""
    return said(OF_BOOK[entry.book.kind][entry.heading].title)
