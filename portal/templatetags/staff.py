"""Small helpers of the staff and sign-in templates."""

from collections.abc import Mapping

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.held import held_by
from accounts.kinds import kind_words
from accounts.labels import role_title
from accounts.permissions import ROLE_PERMISSIONS, Permission
from committees.domain.estate_register import rate_words
from funds.selectors.reviewing import AT_DESK
from portal.sentences import said
from portal.spacing import gap
from voting.models import Session
from voting.selectors import phase

register = template.Library()


@register.simple_tag
def form_errors(form: forms.BaseForm) -> list[tuple[str, str]]:
    """(id of the field or "", sentence) of every error, in the order of the fields."""
    found = [("", str(error)) for error in form.non_field_errors()]
    for field in form:
        name = field.auto_id if isinstance(field.auto_id, str) else ""
        found += [
            (name, _("%(one)s：%(more)s") % {"one": said(field.label), "more": said(error)})
            for error in field.errors
        ]
    return found


@register.filter
def widget_kind(field: BoundField) -> str:
    """One of "checkbox", "group" (several boxes or radios) or "input"."""
    widget = field.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    return "checkbox" if isinstance(widget, forms.CheckboxInput) else "input"


@register.filter
def is_optional(field: BoundField) -> bool:
    """Whether a field may stay empty.

    A form whose reasons come from the domain requires nothing itself, and says in
    `may_be_empty` what may stay empty.
    """
    named = getattr(field.form, "may_be_empty", None)
    return not field.field.required if named is None else field.name in named


@register.simple_tag
def control(field: BoundField, digits: object = None) -> SafeString:
    """The control itself, in our look and tied to its hint and error."""
    attrs: dict[str, str | bool] = {
        "class": "input digits" if digits else "input",
        "placeholder": "",
    }
    if digits:
        attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}
    return field.as_widget(attrs=attrs)


@register.inclusion_tag("staff/_menu.html", takes_context=True)
def staff_menu(context: Context) -> dict[str, object]:
    """The menu of the roles held today."""
    request: HttpRequest = context["request"]
    roles = list(dict.fromkeys(one.role for one in held_by(request.user)))
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": request.user,
        "roles": [role_title(role) for role in roles],
        "manages_people": any(
            Permission.MANAGE_GRANTS in ROLE_PERMISSIONS[role] for role in roles
        ),
        "keeps_holds": any(Permission.KEEP_HOLDS in ROLE_PERMISSIONS[role] for role in roles),
        "keeps_incidents": any(
            Permission.KEEP_INCIDENTS in ROLE_PERMISSIONS[role] for role in roles
        ),
        "audits": any(Permission.EXPORT_LOG in ROLE_PERMISSIONS[role] for role in roles),
        "sees_repairs": any(Permission.VIEW_REPAIR in ROLE_PERMISSIONS[role] for role in roles),
        "keeps_funds": any(Permission.KEEP_FUND in ROLE_PERMISSIONS[role] for role in roles),
        "reviews_funds": any(
            permission in ROLE_PERMISSIONS[role]
            for role in roles
            for permission in AT_DESK.values()
        ),
        "pays": any(Permission.RELEASE_FUND in ROLE_PERMISSIONS[role] for role in roles),
        "sees_accounts": any(
            Permission.VIEW_ACCOUNTS in ROLE_PERMISSIONS[role] for role in roles
        ),
        "watches_accounts": any(
            Permission.WATCH_ACCOUNTS in ROLE_PERMISSIONS[role] for role in roles
        ),
        "sees_registers": any(
            Permission.VIEW_REGISTER in ROLE_PERMISSIONS[role] for role in roles
        ),
        "witnesses": any(Permission.WITNESS in ROLE_PERMISSIONS[role] for role in roles),
        "section": context.get("section"),
    }


@register.filter
def role_name(role: str) -> object:
    """A role's short name."""
    return role_title(role)


@register.filter
def named(names: Mapping[str, str], actor: str) -> str:
    """How a person is called; as logs call them where there is no account."""
    return names.get(actor, actor)


@register.filter
def kinds_named(codes: list[str]) -> str:
    """Kinds of personal data in words."""
    return kind_words(codes)


@register.filter
def choice_groups(field: BoundField) -> list[tuple[str, list[BoundWidget]]]:
    """What can be chosen, by the headings of the list; one group without a name otherwise."""
    options = iter(list(field))
    found: list[tuple[str, list[BoundWidget]]] = []
    for value, label in field.field.choices:  # type: ignore[attr-defined]
        if isinstance(label, (list, tuple)):
            found.append((str(value), [next(options) for _one in label]))
        elif found and not found[-1][0]:
            found[-1][1].append(next(options))
        else:
            found.append(("", [next(options)]))
    return found


@register.simple_tag
def between() -> str:
    """What stands between two sentences."""
    return gap()


@register.simple_tag
def phase_of(session: Session) -> str:
    """Where a session stands now."""
    return phase(session, timezone.now())


@register.filter
def phase_name(name: str) -> object:
    """A phase in words."""
    return _PHASES[name]


_PHASES = {
    "draft": _("起草中"),
    "announced": _("已公告"),
    "open": _("表决中"),
    "closed": _("已截止"),
    "counted": _("已计票"),
    "resolved": _("已出决议"),
    "cancelled": _("已取消"),
}


@register.filter
def rate(hundredths: int | None) -> str:
    """A collection rate as the register prints it; empty where none was reported."""
    return rate_words(hundredths)
