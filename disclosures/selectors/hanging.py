"""Where a bulletin hangs: the estate's walls, each with its posting or none."""

from documents.models import Document, Posting, PostingPlace
from documents.selectors import places_to_post, postings_of


def walls_of(document: Document) -> list[tuple[PostingPlace, Posting | None]]:
    """Every place papers have to hang at, with the newest posting of this one there."""
    hung = {one.place_id: one for one in postings_of([document])}
    return [(place, hung.get(place.pk)) for place in places_to_post(document.walls.pk)]
