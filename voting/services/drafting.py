"""Drafting a session: everything that can still be changed before it is frozen."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from voting.models import Attachment, Motion, Session


def create_session(
    *,
    estate_id: int,
    title: str,
    organiser_kind: str,
    organiser: str,
    contact_phone: str,
    contact_place: str,
    scope: Sequence[Mapping[str, Any]],
    opening_policy: str,
    revote: bool,
    allow_document_check: bool,
    notice_on: date | None,
    opens_at: datetime | None,
    closes_at: datetime | None,
    actor: str,
    at: datetime,
) -> Session:
    raise NotImplementedError


def edit_session(
    *, session_id: int, changes: Mapping[str, Any], actor: str, at: datetime
) -> Session:
    raise NotImplementedError


def cancel_session(*, session_id: int, reason: str, actor: str, at: datetime) -> Session:
    raise NotImplementedError


def save_motion(
    *,
    session_id: int,
    motion_id: int | None,
    matter: int,
    title: str,
    text: str,
    cost_fen: int | None,
    actor: str,
    at: datetime,
) -> Motion:
    raise NotImplementedError


def remove_motion(*, motion_id: int, actor: str, at: datetime) -> None:
    raise NotImplementedError


def add_attachment(
    *, motion_id: int, name: str, content: bytes, actor: str, at: datetime
) -> Attachment:
    raise NotImplementedError


def remove_attachment(*, attachment_id: int, actor: str, at: datetime) -> None:
    raise NotImplementedError
