"""Tables of the platform for operators: Django's admin, which shows here and cannot write.

Only tables without personal data, and of those only the columns named here (decisions/0121).
Ballots, owners, money, files and the boards of votes are not among them: an operator has no
business in a vote, and what the leak rules hide stays hidden.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, include, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Job, Message, Reset, RoleGrant
from accounts.permissions import Permission, has_permission, require
from documents.models import Document
from registry.models import Authority, Division, Estate, RuleProfile

COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Division: ("code", "name", "level", "parent"),
    Authority: ("name", "kind", "parent", "division", "valid_from", "valid_to"),
    Estate: ("code", "name", "division", "authority", "profile_code", "created_at"),
    RuleProfile: ("code", "title", "valid_from", "valid_to", "base"),
    RoleGrant: (
        "user", "role", "estate", "authority", "valid_from", "valid_to", "granted_by",
    ),
    Reset: ("user", "asked_by", "asked_at", "settled_by", "settled_at", "done"),
    Message: ("template", "state", "attempts", "not_before", "created_at", "sent_at"),
    Job: ("kind", "state", "total", "done", "actor", "created_at", "heartbeat_at"),
    Document: ("number", "kind", "estate", "authority", "issued_at", "status", "sha256"),
}  # fmt: skip


class ShownOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """One table: a list and a page of each row, to be read."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-pk",)
    view_on_site = False
    change_form_template = "admin/shown_only.html"

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.list_display = columns = COLUMNS[model]
        self.list_select_related = [  # type: ignore[misc]
            one.name for one in model._meta.fields if one.is_relation and one.name in columns
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return COLUMNS[self.model]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return COLUMNS[self.model]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        # A paper that is not public yet is none of an operator's.
        return rows.filter(is_public=True) if self.model is Document else rows

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name=f"{name}_changelist"),
            path("<path:object_id>/change/", view(self.row), name=f"{name}_change"),
        ]

    def row(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One row; a strange number is no row."""
        if self.get_object(request, object_id) is None:
            raise Http404
        answer: HttpResponse = self.change_view(request, object_id)
        return answer

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_permission(request.user, Permission.MANAGE_GRANTS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Tables(admin.AdminSite):
    """Without its own sign-in, password page or way out: those are the platform's."""

    site_header = site_title = _("平台数据表（只读）")
    index_title = _("没有个人信息的表")
    site_url = "/staff/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return has_permission(request.user, Permission.MANAGE_GRANTS)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, Permission.MANAGE_GRANTS)
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        return never_cache(require_safe(shown))

    def get_urls(self) -> list[Any]:
        found: list[Any] = [
            path("", self.admin_view(self.index), name="index"),
            path("jsi18n/", self.admin_view(self.i18n_javascript), name="jsi18n"),
            # The name Django's breadcrumbs lead to.
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
        ]
        for one in self._registry.values():
            found.append(
                path(f"{one.opts.app_label}/{one.opts.model_name}/", include(one.urls))
            )
        return found


tables = Tables(name="admin")
for _model in COLUMNS:
    tables.register(_model, ShownOnly)
