"""What the staff views share."""

from django.http import Http404, HttpRequest, QueryDict

from accounts.models import User
from accounts.permissions import ROLE_PERMISSIONS, Permission, roles_at
from voting.models import Session
from voting.steps import Signer


def user_of(request: HttpRequest) -> User:
    """The person signed in; the gate before /staff/ lets nobody else through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor_of(request: HttpRequest) -> str:
    """The person signed in, as logs name people."""
    return f"user:{user_of(request).pk}"


def signer_of(
    request: HttpRequest, session: Session, permission: Permission, *, other_than: str = ""
) -> Signer:
    """The person signed in, in a role that may; if possible in another than this one."""
    roles = [
        role
        for role in roles_at(user_of(request), session.estate)
        if permission in ROLE_PERMISSIONS[role]
    ]
    roles.sort(key=lambda role: role == other_than)
    return Signer(actor_of(request), roles[0])


def searched(request: HttpRequest) -> str:
    """What was typed into a page's search box, without what no name contains."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:80]


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent; None where nothing was, so that an empty form is still judged."""
    return request.POST if request.method == "POST" else None
