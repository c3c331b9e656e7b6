"""The gate before every staff page: signed in, and with a second factor where the role asks."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import needs_second_factor

STAFF = "/staff/"


class StaffGateMiddleware:
    """Stops at the prefix, so that a page that forgets its own check stays shut."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(STAFF):
            return self.get_response(request)
        if not request.user.is_authenticated:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('account_login')}?{query}")
        # Once a factor is enrolled, allauth asks for it at every sign-in.
        if (
            settings.REQUIRE_MFA
            and needs_second_factor(request.user)
            and not is_mfa_enabled(request.user)
        ):
            messages.warning(request, _("您的角色需要第二道验证，请先设置，再使用工作页面。"))
            return redirect("mfa_index")
        return self.get_response(request)
