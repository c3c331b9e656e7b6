"""Guessing: the same answer and the same work for every name, limits that all workers share,
a sign-in page that is small, and production settings that pass Django's own check."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.gateways import MemoryGateway
from accounts.models import Attempts, User
from config.cache import keyed
from tests.templates import copy_empty
from tests.town import make_user

ROOT = Path(settings.BASE_DIR)
PHONE, UNKNOWN = "10000000008", "10000000007"


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is worked on: what takes the time at a sign-in."""

    algorithm = "counting"
    worked = 0

    def encode(self, password, salt):
        CountingHasher.worked += 1
        return super().encode(password, salt)


@pytest.fixture
def people(settings):
    cache.clear()
    settings.PASSWORD_HASHERS = ["tests.accounts.test_limits.CountingHasher"]
    make_user("wang", phone=PHONE)
    gone = make_user("gone", phone="10000000006")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    bare = make_user("bare", phone="10000000005")
    bare.set_unusable_password()
    bare.save()


def tried(client, login, password="wrong words"):
    cache.clear()
    CountingHasher.worked = 0
    page = client.post(reverse("account_login"), {"login": login, "password": password})
    text = re.sub(r'value="\w{64}"', "", page.content.decode()).replace(login, "")
    return page.status_code, text, CountingHasher.worked


@pytest.mark.django_db
def test_every_unknown_and_known_name_costs_the_same_work(client, people):
    names = ["wang", "gone", "bare", "nobody", "长名字" * 20]
    phones = [PHONE, "10000000006", "10000000005", UNKNOWN]
    for kind in (names, phones):
        answers = [tried(client, one) for one in kind]
        assert len({status for status, _text, _work in answers}) == 1
        assert len({text for _status, text, _work in answers}) == 1
        assert len({work for _status, _text, work in answers}) == 1, answers


@pytest.mark.django_db
def test_a_code_is_asked_for_with_the_same_work_known_or_not(people):
    """What a known number costs more (the gateway) happens aside; counting is done for both."""
    for phone in (PHONE, UNKNOWN, "10000000006"):
        Client().post(reverse("account_request_login_code"), {"phone": phone})
    assert Attempts.objects.filter(key__startswith="sms-day:").count() == 3
    assert [phone for phone, _text in MemoryGateway.sent] == [PHONE]


@pytest.mark.django_db
def test_a_gateway_that_is_slow_or_broken_keeps_nobody_waiting(client, people, monkeypatch):
    class Slow:
        def send(self, **_said):
            raise TimeoutError

    settings_of = "accounts.services.messages.settings.CELERY_TASK_ALWAYS_EAGER"
    monkeypatch.setattr(settings_of, False)
    monkeypatch.setattr("accounts.services.messages.gateway", Slow)
    answer = client.post(reverse("account_request_login_code"), {"phone": PHONE})
    assert answer.status_code == 302


def test_keys_of_the_cache_tell_nothing():
    made = keyed("allauth:rl:login:ip:203.0.113.9", "", 1)
    assert re.fullmatch(r"[0-9a-f]{64}", made)
    assert made != keyed("allauth:rl:login:ip:203.0.113.8", "", 1)
    assert made != keyed("allauth:rl:login:ip:203.0.113.9", "", 2)


GUESS = """
import django, json, sys
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
client = Client(REMOTE_ADDR=sys.argv[1])
told = []
sys.stdin.readline()
for number in range(6):
    page = client.post("/accounts/login/", {"login": "wang", "password": f"guess {number}"})
    said = page.content.decode()
    told.append(page.status_code == 429 or "\\u6b21\\u6570\\u8fc7\\u591a" in said)
print(json.dumps(told))
"""


def environment(tmp_path, **more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "YISHI_VAR_DIR": str(tmp_path),
        "YISHI_LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def test_two_processes_count_guesses_together(django_db_setup, tmp_path):
    """Each worker of its own would allow as many again."""
    env = environment(tmp_path)
    if not copy_empty(tmp_path / "yishi.sqlite3"):
        run = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v", "0"]
        subprocess.run(run, env=env, check=True, cwd=ROOT, timeout=300)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", GUESS, f"203.0.113.{number}"],
            env=env, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for number in range(2)
    ]  # fmt: skip
    for one in workers:
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [flag for one in workers for flag in json.loads(one.communicate(timeout=120)[0])]
    assert told.count(False) == 5, told  # allauth: five failures of one name in five minutes


@pytest.mark.django_db
def test_the_sign_in_page_is_small_with_all_it_loads(client):
    page = client.get(reverse("account_login")).content
    files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg))"', page.decode())
    assert len(files) >= 6
    parts = {"page": page}
    for name in files:
        parts[name] = Path(finders.find(name)).read_bytes()
    sizes = {name: len(gzip.compress(data)) for name, data in parts.items()}
    assert sum(sizes.values()) <= 14 * 1024, sizes


COOKIES = """
import django
django.setup()
from django.conf import settings
from config.messages import PrefixedCookies
from portal.context import TEXT_COOKIE
from portal.views import inside
from voting.views import owner, visits
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
print(settings.LANGUAGE_COOKIE_NAME, PrefixedCookies.cookie_name, TEXT_COOKIE, visits._DRAFT,
      owner._CHALLENGE, inside._COOKIE, inside._DRAFT, inside.ASKED, inside.ASKED_NEW)
"""


def test_production_settings_pass_the_deployment_check(tmp_path):
    secrets = {
        f"YISHI_{name}_KEY": b64encode(os.urandom(size)).decode()
        for name, size in (
            ("SECRET", 48), ("DATA", 32), ("HASH", 32), ("CODE", 32), ("BOARD", 32),
        )
    }  # fmt: skip
    env = environment(
        tmp_path,
        YISHI_DEBUG="0",
        YISHI_ALLOWED_HOSTS="vote.example.cn",
        YISHI_PUBLIC_URL="https://vote.example.cn",
        **secrets,
    )
    run = [
        sys.executable,
        str(ROOT / "manage.py"),
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
    ]
    done = subprocess.run(run, env=env, cwd=ROOT, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr
    told = subprocess.run(
        [sys.executable, "-c", COOKIES], env=env, cwd=ROOT, text=True, capture_output=True
    )
    # Of one host only: a browser takes these with Secure, without Domain, for every path.
    whole, others = told.stdout.splitlines()
    assert whole.split() == ["__Host-sessionid", "__Host-csrftoken"]
    # These have a path of their own, or are no secret: only https can set them.
    assert len(others.split()) == 9
    assert all(name.startswith("__Secure-") for name in others.split())
