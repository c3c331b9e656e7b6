"""The signed resolution."""

from datetime import datetime

from documents.models import Document


def issue_resolution(*, session_id: int, at: datetime) -> Document:
    raise NotImplementedError
