"""manage.py make_operator USERNAME: who runs the platform, invites people and grants roles.

    manage.py make_operator USERNAME [--name NAME] [--new-password]

Makes the account, or promotes one that is there. Its password is asked for twice; where
nobody can be asked (no terminal), one is made and printed once. A password that works is
kept unless --new-password is given. The second factor is asked for as from any operator.
"""

import getpass
import secrets
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from accounts.selectors import estates_lacking_organiser
from accounts.services.break_glass import other_operators
from accounts.services.people import make_operator
from core.errors import RuleViolation

ACTOR = "manage.py make_operator"
_SHOWN = 10


class Command(BaseCommand):
    help = "Make or promote the platform's operator, who invites people and grants roles."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what the pages call this person")
        parser.add_argument(
            "--new-password", action="store_true", help="even where a password is set"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"].strip()
        known = User.objects.filter(username=username).first()
        keeps = known is not None and known.has_usable_password()
        password, made_up = "", False
        if options["new_password"] or not keeps:
            password, made_up = _password(known or User(username=username))
        try:
            user = make_operator(
                username=username,
                display_name=options["name"].strip(),
                password=password,
                actor=ACTOR,
                at=timezone.now(),
            )
        except RuleViolation as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{user.username} 是平台管理员。")
        if made_up:
            self.stdout.write(f"密码（只显示这一次）：{password}")
        self._next_steps(user)

    def _next_steps(self, user: User) -> None:
        people = f"{settings.PUBLIC_URL}/staff/people/"
        self.stdout.write(f"登录后在 {people} 建立账号，再给每个人授权。")
        if not other_operators(user, timezone.now()):
            self.stdout.write("有的授权要另一位管理员确认：请再用这个命令建立一位。")
        if settings.REQUIRE_MFA:
            self.stdout.write("第一次登录后要先设第二道验证。")
        lacking = list(estates_lacking_organiser()[: _SHOWN + 1])
        if lacking:
            self.stdout.write("还没有组织者的小区（授权时填代码）：")
        for estate in lacking[:_SHOWN]:
            self.stdout.write(f"  {estate.code}  {estate.name}")
        if len(lacking) > _SHOWN:
            self.stdout.write("  ……")


def _password(user: User) -> tuple[str, bool]:
    """What was typed, or one made here."""
    if not sys.stdin.isatty():
        return secrets.token_urlsafe(12), True
    typed = getpass.getpass("密码：")
    try:
        validate_password(typed, user)
    except ValidationError as weak:
        raise CommandError("；".join(weak.messages)) from None
    if typed != getpass.getpass("再输一次："):
        raise CommandError("两次输入的密码不一样，没有改动任何账号")
    return typed, False
