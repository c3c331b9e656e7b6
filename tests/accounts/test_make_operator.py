"""`manage.py make_operator`: the first who may grant a role."""

import io
import re
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.management.commands import make_operator as command
from accounts.models import RoleGrant, User
from accounts.permissions import Permission, has_permission
from accounts.services.people import deactivate_user
from logbook.models import Entry
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command("make_operator", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def typed(monkeypatch):
    """A terminal, and what is typed at it."""

    def at(*answers):
        given = iter(answers)
        terminal = SimpleNamespace(isatty=lambda: True)
        monkeypatch.setattr(command.sys, "stdin", terminal)
        monkeypatch.setattr(command.getpass, "getpass", lambda _prompt: next(given))

    return at


def test_without_a_terminal_a_password_is_made_and_printed_once(client, monkeypatch):
    monkeypatch.setattr(command.sys, "stdin", io.StringIO())
    said = run("zhang", "--name", "张工")
    user = User.objects.get(username="zhang")
    assert (user.display_name, user.is_superuser) == ("张工", False)
    assert has_permission(user, Permission.MANAGE_GRANTS)
    assert user.check_password(re.search(r"密码（只显示这一次）：(\S+)", said)[1])
    again = run("zhang")
    assert "密码" not in again
    assert RoleGrant.objects.filter(user=user).count() == 1
    assert Entry.objects.filter(log__name="platform", kind="make_operator").count() == 1


def test_a_superuser_is_promoted_and_keeps_the_password(typed):
    typed()
    boss = User.objects.create_superuser("boss", password="Kq7-known-already")
    assert not has_permission(boss, Permission.MANAGE_GRANTS)
    assert "密码" not in run("boss")
    boss.refresh_from_db()
    assert has_permission(boss, Permission.MANAGE_GRANTS)
    assert boss.check_password("Kq7-known-already")
    typed("Kq7-another-one", "Kq7-another-one")
    run("boss", "--new-password")
    boss.refresh_from_db()
    assert boss.check_password("Kq7-another-one")


@pytest.mark.parametrize("answers", [("Kq7-some-words", "Kq7-other-words"), ("123", "123")])
def test_a_bad_password_makes_nobody(typed, answers):
    typed(*answers)
    with pytest.raises(CommandError):
        run("zhang")
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["", "a b", "长" * 61, "a/b"])
def test_a_bad_name_makes_nobody(typed, name):
    typed("Kq7-some-words", "Kq7-some-words")
    with pytest.raises(CommandError, match="用户名"):
        run(name)
    assert not User.objects.exists()


def test_a_closed_account_stays_closed(town):
    gone = make_user("gone")
    deactivate_user(user=gone, reason="离任", actor=town.person("operator"), at=timezone.now())
    with pytest.raises(CommandError, match="停用"):
        run("gone")
    assert not RoleGrant.objects.filter(user=gone).exists()


def test_it_names_the_estates_without_an_organiser(town):
    make_user("zhang")
    assert town.here.estate.code in run("zhang")
    grant(make_user("new"), "organiser", town.here.estate)
    assert town.here.estate.code not in run("zhang")
