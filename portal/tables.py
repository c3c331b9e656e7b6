"""Tables of the platform for operators: Django's admin, which shows here and cannot write.

Only tables without personal data, and of those only the columns named here (decisions/0121).
Ballots, owners, money, files and the boards of votes are not among them: an operator has no
business in a vote, and what the leak rules hide stays hidden.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
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

_WHEN = {"valid_from": _("从"), "valid_to": _("到")}
_PLACE = {"estate": _("小区"), "authority": _("机构")}
TITLES: dict[type[Model], Any] = {
    Division: _("区划"),
    Authority: _("机构"),
    Estate: _("小区"),
    RuleProfile: _("规则"),
    RoleGrant: _("授权"),
    Reset: _("登录重置"),
    Message: _("短信"),
    Job: _("后台任务"),
    Document: _("公开文件"),
}
COLUMNS: dict[type[Model], dict[str, Any]] = {
    Division: {"code": _("代码"), "name": _("名称"), "level": _("层级"), "parent": _("上级")},
    Authority: {
        "name": _("名称"), "kind": _("种类"), "parent": _("上级"), "division": _("区划"),
        **_WHEN,
    },
    Estate: {
        "code": _("代码"), "name": _("名称"), "division": _("区划"), "authority": _("机构"),
        "profile_code": _("规则"), "created_at": _("建立"),
    },
    RuleProfile: {"code": _("代码"), "title": _("名称"), **_WHEN, "base": _("依据的规则")},
    RoleGrant: {
        "user": _("谁"), "role": _("角色"), **_PLACE, **_WHEN, "granted_by": _("谁授权"),
    },
    Reset: {
        "user": _("谁"), "asked_by": _("谁申请"), "asked_at": _("申请时间"),
        "settled_by": _("谁处理"), "settled_at": _("处理时间"), "done": _("已重置"),
    },
    Message: {
        "template": _("模板"), "state": _("状态"), "attempts": _("次数"),
        "not_before": _("最早"), "created_at": _("建立"), "sent_at": _("发出"),
    },
    Job: {
        "kind": _("种类"), "state": _("状态"), "total": _("共"), "done": _("完成"),
        "actor": _("谁"), "created_at": _("建立"), "heartbeat_at": _("最近活动"),
    },
    Document: {
        "number": _("编号"), "kind": _("种类"), **_PLACE, "issued_at": _("签发"),
        "status": _("状态"), "sha256": _("指纹"),
    },
}  # fmt: skip


def _column(name: str, label: Any) -> Callable[[Any], Any]:
    def shown(row: Any) -> Any:
        said = getattr(row, f"get_{name}_display", None)
        return said() if said else getattr(row, name)

    shown.__name__ = name
    return admin.display(description=label, ordering=name)(shown)


class ShownList(ChangeList):
    """A list under our name for the table."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self.opts = self.model_admin.opts
        self.title = str(self.opts.verbose_name)


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
        # Names of tables and columns are the pages' business: the models keep theirs.
        self.opts = copy(model._meta)
        self.opts.verbose_name = self.opts.verbose_name_plural = TITLES[model]
        self.shown = [_column(name, label) for name, label in COLUMNS[model].items()]
        self.list_display = list(self.shown)
        self.list_select_related = [  # type: ignore[misc]
            one.name
            for one in model._meta.fields
            if one.is_relation and one.name in COLUMNS[model]
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.shown

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ShownList

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

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found = super().get_app_list(request, app_label)
        for app in found:
            for one in app["models"]:
                one["name"] = TITLES[one["model"]]
        return found

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
