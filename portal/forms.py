"""What people type into the staff pages that belong to no single app."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.adapters import PhoneField
from accounts.labels import ROLE_TITLES
from accounts.models import User
from core.errors import RuleViolation
from documents.intake import REFUSALS
from portal.authority_field import AuthorityField
from registry.models import Authority, Estate

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def add_reasons(form: forms.BaseForm, refused: RuleViolation) -> None:
    """Put every reason of a refusal beside its field, or above the form."""
    reasons = refused.facts.get("reasons") or [refused]
    assert isinstance(reasons, list)  # noqa: S101
    for reason in reasons:
        field = getattr(reason, "field", "")
        if field not in form.fields and refused.code in REFUSALS:
            field = _file_field(form)
        form.add_error(field if field in form.fields else None, str(reason))


def _file_field(form: forms.BaseForm) -> str:
    """The field of a form that takes a file, where it is one."""
    found = [name for name, one in form.fields.items() if isinstance(one, forms.FileField)]
    return found[0] if len(found) == 1 else ""


class InviteForm(forms.Form):
    """A new account. Its owner sets a password after the first sign-in by SMS."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=60,
        help_text=_("登录用，定了不能改。字母、数字或汉字。"),
    )
    display_name = forms.CharField(
        label=_("称呼"), max_length=40, help_text=_("页面上这样称呼他，例如“王主任”。")
    )
    phone = PhoneField(help_text=_("收登录验证码。加密保存，页面上不显示。"))


class GrantForm(forms.Form):
    """A role, at one place, from one day to another."""

    role = forms.ChoiceField(label=_("角色"), choices=[("", _("请选择")), *ROLE_TITLES.items()])
    estate_code = forms.CharField(
        label=_("小区代码"),
        required=False,
        max_length=12,
        help_text=_("组织者、监票人、物业服务企业填这一项。"),
    )
    authority = AuthorityField(
        label=_("机构"),
        help_text=_(
            "居委会、街道、住建局填这一项：写名称里的几个字，从提示里选；管辖的小区随机构而定。"
        ),
    )
    valid_from = forms.DateField(label=_("从哪天起"), widget=DATE)
    valid_to = forms.DateField(
        label=_("到哪天止"),
        required=False,
        widget=DATE,
        help_text=_("含这一天；不填就是一直有效。"),
    )

    def __init__(self, *args: object, authorities: QuerySet[Authority], **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["authority"]
        assert isinstance(field, AuthorityField)  # noqa: S101
        field.offer(authorities)

    def clean_estate_code(self) -> str:
        code = str(self.cleaned_data["estate_code"]).strip().upper()
        self.estate = Estate.objects.filter(code=code).first() if code else None
        if code and self.estate is None:
            raise forms.ValidationError(_("没有这个代码的小区，请核对"))
        return code

    def place(self) -> Estate | Authority | None:
        """What was named; the command says whether it suits the role."""
        return self.estate or self.cleaned_data["authority"]

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("estate_code") and cleaned.get("authority"):
            self.add_error("authority", _("小区和机构只能填一个"))
        return cleaned


class DeputyForm(forms.Form):
    """Who stands in, from when to when, and why."""

    username = forms.CharField(
        label=_("代理人的用户名"),
        max_length=60,
        help_text=_("代理人要先有账号；没有的，请平台管理员建立。"),
        error_messages={"required": _("请填代理人的用户名")},
    )
    valid_from = forms.DateField(label=_("从哪天起"), widget=DATE)
    valid_to = forms.DateField(
        label=_("到哪天止"), widget=DATE, help_text=_("含这一天；最多90天。")
    )
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        help_text=_("写入操作记录，请不要写姓名、电话和证件号码。"),
        error_messages={"required": _("请写明原因")},
    )

    def clean_username(self) -> str:
        typed = str(self.cleaned_data["username"]).strip()
        self.user = User.objects.filter(username=typed, is_active=True).first()
        if self.user is None:
            raise forms.ValidationError(_("没有这个用户名，请核对"))
        return typed

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.pop("username", None):
            cleaned["user"] = self.user
        return cleaned


class ResetForm(forms.Form):
    """Why somebody is let in again, and with which number."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写入操作记录，请不要写姓名、电话和证件号码。"),
        error_messages={"required": _("请写明原因")},
    )
    phone = PhoneField(
        label=_("新的手机号"),
        required=False,
        help_text=_("手机号没有换的，不填。换了的，确认的管理员要再填一遍；旧号码会收到短信。"),
    )


class ReasonForm(forms.Form):
    """Why something is ended; kept in the log."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写入操作记录，请不要写姓名、电话和证件号码。"),
        error_messages={"required": _("请写明原因")},
    )
