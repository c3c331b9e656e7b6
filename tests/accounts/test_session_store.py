"""Sessions at rest: a copy of the table opens nobody's session and tells nothing."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.sessions import SessionStore, end_session, kept_key
from tests.town import make_user

pytestmark = pytest.mark.django_db


def made(**content: Any) -> SessionStore:
    store = SessionStore()
    store.update(content)
    store.save()
    return store


def test_what_was_put_in_comes_out() -> None:
    store = made(code="384915", phone="10000000001")
    again = SessionStore(store.session_key)
    assert dict(again.items()) == {"code": "384915", "phone": "10000000001"}
    again["code"] = "1"
    again.save()
    assert SessionStore(store.session_key)["code"] == "1"
    assert Session.objects.count() == 1


def test_the_table_has_neither_key_nor_content() -> None:
    store = made(code="384915")
    row = Session.objects.get()
    assert row.session_key == kept_key(str(store.session_key)) != store.session_key
    data = row.session_data.encode()
    for text in (data, b64decode(data)):
        assert b"384915" not in text
        assert str(store.session_key).encode() not in text


def test_the_key_of_the_table_opens_nothing() -> None:
    made(code="384915")
    thief = SessionStore(Session.objects.get().session_key)
    assert dict(thief.items()) == {}
    assert thief.session_key is None


def test_a_row_in_anothers_place_does_not_open() -> None:
    mine, theirs = made(who="me"), made(who="them")
    data = Session.objects.get(session_key=kept_key(str(theirs.session_key))).session_data
    Session.objects.filter(session_key=kept_key(str(mine.session_key))).update(
        session_data=data
    )
    assert dict(SessionStore(mine.session_key).items()) == {}


@pytest.mark.parametrize("data", ["", "no base64 ä", "AAAA", "AgEAAAAAAAA="])
def test_junk_is_an_empty_session(data: str) -> None:
    store = made(who="me")
    Session.objects.update(session_data=data)
    assert dict(SessionStore(store.session_key).items()) == {}


def test_expired_deleted_and_ended() -> None:
    over = made(who="me")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert dict(SessionStore(over.session_key).items()) == {}
    SessionStore.clear_expired()
    assert not Session.objects.exists()
    first, second = made(who="1"), made(who="2")
    SessionStore().delete(first.session_key)
    assert not first.exists(str(first.session_key))
    end_session(kept_key(str(second.session_key)))
    assert not Session.objects.exists()


def test_asynchronous_ones_are_the_same() -> None:
    store = SessionStore()
    async_to_sync(store.aset)("who", "me")
    async_to_sync(store.asave)()
    assert Session.objects.get().session_key == kept_key(str(store.session_key))
    again = SessionStore(store.session_key)
    assert async_to_sync(again.aget)("who") == "me"
    assert async_to_sync(again.aexists)(store.session_key)
    async_to_sync(again.adelete)(store.session_key)
    assert not Session.objects.exists()


def test_signing_in_changes_the_key_and_out_ends_it(client: Client) -> None:
    user = make_user("zhang")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    first = client.session.session_key
    assert [row.session_key for row in Session.objects.all()] == [kept_key(str(first))]
    client.post(reverse("account_logout"))
    assert not Session.objects.filter(session_key=kept_key(str(first))).exists()


def test_a_page_asks_the_table_once(client: Client, django_assert_num_queries: Any) -> None:
    store = made(who="me")
    with django_assert_num_queries(1):
        assert SessionStore(store.session_key)["who"] == "me"
    assert connection.vendor in {"sqlite", "postgresql"}
