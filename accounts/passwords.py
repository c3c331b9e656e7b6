"""Passwords that are little more than words of this place are refused (OWASP ASVS 6.2.11)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User

# Names of the platform, its roles and bodies, as somebody in a hurry types them.
WORDS = (
    "yishi", "议事", "admin", "operator", "organiser", "organizer", "supervisor", "bureau",
    "street", "office", "committee", "manager", "owner", "estate", "vote", "password", "passwd",
    "welcome", "yeweihui", "juweihui", "jiedao", "zhujianju", "wuye", "mima", "管理员",
    "组织者", "监票人", "街道", "办事处", "居委会", "业委会", "住建局", "物业", "小区", "密码",
)  # fmt: skip
LEFT = 5
"""So many letters have to be left when such words, digits and signs are taken away."""


class ContextWordsValidator:
    """For AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError for "Yishi-admin-2026"; a long phrase may hold such words."""
        left = password.lower()
        for word in sorted(WORDS, key=len, reverse=True):
            left = left.replace(word, "")
        if password.lower() != left and len(re.sub(r"[\W\d_]", "", left)) < LEFT:
            raise ValidationError(self.get_help_text(), code="password_context_words")

    def get_help_text(self) -> str:
        """What to do instead."""
        return _("密码不能只是平台、角色或者单位的名字加数字，请换成别人想不到的一句话。")
