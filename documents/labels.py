"""The words of a choice as papers, books and exports write them."""

from django.db.models import Model
from django.utils.translation import override

_PAPERS = "zh-hans"


def label(row: Model, field: str) -> str:
    """What a choice of `row` is called in Chinese.

    A page says it in the reader's language; what is kept does not depend on which language
    the person who acted happened to read.
    """
    with override(_PAPERS):
        return str(getattr(row, f"get_{field}_display")())
