"""Filings with the street office: what is due, and on whose desk."""

from collections.abc import Iterable

from django.db.models import QuerySet

from voting.domain.filing import MATTERS
from voting.models import Filing, FilingPaper, Session


def papers_of_filing(filing: Filing) -> list[FilingPaper]:
    """The papers of a filing as it stands, without their bytes."""
    return list(filing.papers.filter(removed_at__isnull=True).defer("content"))


def open_filings(estates: Iterable[int]) -> QuerySet[Filing]:
    """Filings that wait for the organiser or the street office."""
    waiting = Filing.objects.filter(
        estate__in=estates, state__in=("due", "submitted", "returned")
    )
    return waiting.select_related("estate", "session")


def due_to_file() -> QuerySet[Session]:
    """Resolved sessions on matters that may have to be filed, not looked at yet."""
    voted = Session.objects.filter(state="resolved", filing__isnull=True)
    return voted.filter(motions__matter__in=MATTERS).distinct()


def due_receipts() -> QuerySet[Filing]:
    """Filings that were received and have no receipt yet."""
    return Filing.objects.filter(state="received", receipt__isnull=True)
