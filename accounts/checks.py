"""What `manage.py check` says about the sign-in before anybody tries it."""

from typing import Any

from django.conf import settings
from django.core import checks

from accounts.leaked import ListFault, check_list
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


def leaked_passwords(**_more: Any) -> list[checks.CheckMessage]:
    """Before somebody who wants a new password finds out."""
    if not settings.LEAKED_PASSWORDS:
        return []
    try:
        check_list(settings.LEAKED_PASSWORDS)
    except (OSError, ListFault) as fault:
        return [checks.Error(f"YISHI_LEAKED_PASSWORDS: {fault}", id="accounts.E004")]
    return []


def register() -> None:
    """Once, when the application starts."""
    checks.register(leaked_passwords)
    checks.register(single_sign_on)
