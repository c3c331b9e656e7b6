"""What the staff views share."""

from django.http import Http404, HttpRequest

from accounts.models import User


def user_of(request: HttpRequest) -> User:
    """The person signed in; the gate before /staff/ lets nobody else through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor_of(request: HttpRequest) -> str:
    """The person signed in, as logs name people."""
    return f"user:{user_of(request).pk}"
