"""What `manage.py check` says about single sign-on before anybody tries it."""

from typing import Any

from django.conf import settings
from django.core import checks

from accounts.oidc.groups import MappingFault, read_mapping
from accounts.oidc.issuer import is_safe_issuer


def single_sign_on(**_more: Any) -> list[checks.CheckMessage]:
    """Every fault of the settings at once."""
    if not settings.OIDC_ISSUER:
        return []
    faults: list[checks.CheckMessage] = []
    if not is_safe_issuer(settings.OIDC_ISSUER):
        faults.append(checks.Error("YISHI_OIDC_ISSUER must be https", id="accounts.E001"))
    if not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        hint = "YISHI_OIDC_CLIENT_ID, YISHI_OIDC_CLIENT_SECRET_FILE"
        faults.append(
            checks.Error("the client's name or secret is missing", hint, id="accounts.E002")
        )
    try:
        read_mapping()
    except MappingFault as fault:
        faults.append(checks.Error(f"YISHI_OIDC_GROUPS_FILE: {fault}", id="accounts.E003"))
    return faults


def register() -> None:
    """Once, when the application starts."""
    checks.register(single_sign_on)
