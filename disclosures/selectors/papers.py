"""Papers and their pages: what staff see, what everybody sees."""

from django.db.models import Exists, F, OuterRef, QuerySet

from disclosures.models import Disclosure, Entry, Paper, PaperPage, SourceReport
from registry.fields import open_bytes

PAGES = "disclosures.paperpage"  # what the pages are encrypted for


def may_be_shown(paper: Paper) -> bool:
    """Whether a version that has it is out."""
    return paper.looked_at is not None and public_papers().filter(pk=paper.pk).exists()


def public_papers() -> QuerySet[Paper]:
    """Papers of published entries, files of disclosures, photos of answered reports."""
    out = Entry.objects.filter(
        papers__paper=OuterRef("pk"), state="sealed", version__lte=F("period__version")
    )
    disclosed = Disclosure.objects.filter(paper=OuterRef("pk"))
    told = SourceReport.objects.filter(photo=OuterRef("pk")).exclude(state="open")
    shown = Exists(out) | Exists(disclosed) | Exists(told)
    return Paper.objects.filter(shown, looked_at__isnull=False)


def plain_page(page: PaperPage) -> bytes:
    """The page as it was handed in, for staff."""
    return open_bytes(bytes(page.content), purpose=PAGES)


def hashes_of(entry: Entry) -> list[str]:
    """SHA-256 of what was handed in with an entry, in order."""
    return sorted(entry.papers.values_list("paper__source_sha256", flat=True))


def also_in(entry: Entry) -> list[Entry]:
    """Other living entries that rest on the same file, for whoever reviews: it may be one
    receipt for two headings, or the same money twice."""
    return list(
        Entry.objects.filter(
            book__estate=entry.book.estate_id, papers__paper__source_sha256__in=hashes_of(entry)
        )
        .exclude(pk=entry.pk)
        .exclude(state="dropped")
        .select_related("book")
        .order_by("pk")
        .distinct()
    )
