"""The road of docs/operations.md and README: an empty database, a roll, a drafted session."""

import io
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.gateways import MemoryGateway
from accounts.management.commands import make_operator
from accounts.models import User
from registry.models import Estate
from tests.portal.test_staff_pages import TERMS
from tests.registry.rolls import as_xlsx, roll_lines
from voting.models import Session

pytestmark = pytest.mark.django_db

PLACE = "340803004004"
PHONE = "10000000021"


def test_from_an_empty_database_to_a_drafted_session(tmp_path, monkeypatch):
    cache.clear()
    roll = tmp_path / "青枫苑.xlsx"
    roll.write_bytes(as_xlsx(roll_lines(6)))
    with pytest.raises(SystemExit) as ended:
        call_command("import_estate", str(roll), "--division", PLACE)
    assert ended.value.code == 0
    estate = Estate.objects.get()

    # The operator, by the command's own words.
    monkeypatch.setattr(make_operator.sys, "stdin", io.StringIO())
    said = io.StringIO()
    call_command("make_operator", "zhang", stdout=said)
    assert f"{estate.code}  青枫苑" in said.getvalue()
    password = re.search(r"只显示这一次）：(\S+)", said.getvalue())[1]
    operator = Client()
    entered = operator.post(
        reverse("account_login"), {"login": "zhang", "password": password}, follow=True
    )
    assert reverse("staff:people") in entered.content.decode()

    # Invited, and granted the estate whose code the page shows.
    page = operator.get(reverse("staff:people")).content.decode()
    assert estate.code in page
    operator.post(
        reverse("staff:invite"),
        {"username": "wang", "display_name": "王主任", "phone": PHONE},
    )
    wang = User.objects.get(username="wang")
    person = reverse("staff:person", args=[wang.pk])
    assert estate.code in operator.get(person).content.decode()
    granted = operator.post(
        person,
        {"role": "organiser", "estate_code": estate.code, "valid_from": "2026-01-01"},
    )
    assert granted.status_code == 302

    # Owners are on the roll already: it takes a second operator, whom the page asks for.
    alone = operator.get(person).content.decode()
    assert "现在没有另一位管理员，请在服务器上用 manage.py make_operator" in alone
    assert "请再用这个命令建立一位" in said.getvalue()
    second_said = io.StringIO()
    call_command("make_operator", "liu", stdout=second_said)
    assert "请再用这个命令建立一位" not in second_said.getvalue()
    second = Client()
    second.force_login(
        User.objects.get(username="liu"), backend="django.contrib.auth.backends.ModelBackend"
    )
    second.post(reverse("staff:confirm_grant", args=[wang.grants.get().pk]))
    after = operator.get(reverse("staff:people")).content.decode()
    assert "还没有组织者的小区" in page
    assert "还没有组织者的小区" not in after

    # The organiser signs in by a code to the phone, and drafts.
    MemoryGateway.sent.clear()
    organiser = Client()
    organiser.post(reverse("account_request_login_code"), {"phone": PHONE})
    [(_phone, text)] = MemoryGateway.sent
    organiser.post(
        reverse("account_confirm_login_code"), {"code": re.search(r"\d{6}", text)[0]}
    )
    assert "青枫苑" in organiser.get(reverse("staff:estates")).content.decode()
    new = reverse("staff:session_new", args=[estate.code])
    refused = organiser.post(new, {**TERMS, "contact_phone": "abc"})
    assert refused.status_code == 400
    assert "电话请写数字" in refused.content.decode()
    assert organiser.post(new, TERMS).status_code == 302
    drafted = Session.objects.get()
    assert (drafted.state, drafted.estate) == ("draft", estate)


def test_a_superuser_without_a_grant_is_told_the_command(client):
    boss = User.objects.create_superuser("boss", password="Kq7-known-already")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("staff:home")).content.decode()
    assert "manage.py make_operator boss" in page
    assert "联系邀请您的人" not in page
    call_command("make_operator", "boss", stdout=io.StringIO())
    page = client.get(reverse("staff:home")).content.decode()
    assert reverse("staff:people") in page
    assert "make_operator" not in page
