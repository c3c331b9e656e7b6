"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

TEXT_SIZES = (18, 24, 30)  # px where the reader's own setting is 16; the last is the law's 30
TEXT_COOKIE = f"{settings.COOKIE_PREFIX}text"


def site(request: HttpRequest) -> dict[str, Any]:
    """Addresses, the help line, and the size of letters the reader chose."""
    chosen = request.COOKIES.get(TEXT_COOKIE, "")
    size = int(chosen) if chosen in {str(step) for step in TEXT_SIZES} else TEXT_SIZES[0]
    following = TEXT_SIZES[(TEXT_SIZES.index(size) + 1) % len(TEXT_SIZES)]
    return {
        "public_url": settings.PUBLIC_URL,
        "help_phone": settings.HELP_PHONE,
        "oidc_title": settings.OIDC_TITLE if settings.OIDC_ISSUER else "",
        "text_size": size,
        "next_text_size": following,
    }
