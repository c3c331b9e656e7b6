"""Django's messages, in a cookie that only https can set."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class PrefixedCookies(CookieStorage):
    """As Django's, under a name of ours."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """What does not fit into the cookie goes into the session."""

    storage_classes = (PrefixedCookies, SessionStorage)
