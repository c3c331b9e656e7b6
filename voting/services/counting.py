"""The count."""

from datetime import datetime

from voting.models import Session


def count_session(*, session_id: int, at: datetime) -> Session:
    raise NotImplementedError
