"""The operator's page of legal holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import LegalHold
from logbook.models import Entry
from tests.town import Town, announced, grant, make_user, town

__all__ = ["town"]

pytestmark = pytest.mark.django_db
REASON = "样例区人民法院（2026）样01号保全通知"


@pytest.fixture
def operator(client: Client, town: Town) -> Client:
    user = town.person("operator")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, **given: Any) -> Any:
    return client.post(reverse("staff:holds"), {"reason": REASON, **given})


def test_set_seen_and_lifted(operator: Client, town: Town) -> None:
    page = operator.get(reverse("staff:holds")).content.decode()
    assert "现在没有保全" in page
    assert "网络日志留存不少于六个月" in page
    code = town.here.estate.code
    assert post(operator, estate_code=f" {code.lower()} ")["Location"] == reverse("staff:holds")
    hold = LegalHold.objects.get()
    assert (hold.estate, hold.reason, hold.until) == (town.here.estate, REASON, None)
    assert hold.set_by == f"user:{town.person('operator').pk}"
    page = operator.get(reverse("staff:holds")).content.decode()
    assert town.here.estate.name in page
    assert REASON in page
    another(operator)
    lift = reverse("staff:lift_hold", args=[hold.pk])
    assert REASON in operator.get(lift).content.decode()
    for short in ("", " 结案 "):
        assert operator.post(lift, {"reason": short}).status_code == 400
    assert LegalHold.objects.get().lifted_at is None
    assert operator.post(lift, {"reason": "法院已结案"}).status_code == 302
    assert operator.get(lift).status_code == 404
    assert "已解除" in operator.get(reverse("staff:holds")).content.decode()
    assert set(Entry.objects.values_list("kind", flat=True)) >= {"hold.set", "hold.lifted"}


def another(client: Client) -> None:
    """From here on a second operator has the browser."""
    second = make_user("second operator", phone="10000000031")
    grant(second, "operator", None)
    client.force_login(second, backend="django.contrib.auth.backends.ModelBackend")


def test_whoever_set_it_does_not_lift_it(operator: Client) -> None:
    post(operator, everything="on")
    lift = reverse("staff:lift_hold", args=[LegalHold.objects.get().pk])
    words = "请由另一位管理员解除"
    page = operator.get(lift).content.decode()
    assert (words in page, "解除，立即生效" in page) == (True, False)
    refused = operator.post(lift, {"reason": "法院已结案"})
    assert (refused.status_code, words in refused.content.decode()) == (400, True)
    assert LegalHold.objects.get().lifted_at is None
    another(operator)
    assert operator.post(lift, {"reason": "法院已结案"}).status_code == 302
    assert LegalHold.objects.get().lifted_at


def test_one_session_or_everything(operator: Client, town: Town) -> None:
    session = announced(town.here.estate)
    post(operator, estate_code=town.here.estate.code, session_code=session.code)
    post(operator, everything="on", until="2099-01-31")
    first, second = LegalHold.objects.all()
    assert first.session_code == session.code
    assert (second.estate, str(second.until)) == (None, "2099-01-31")


def test_what_is_refused_in_words(operator: Client, town: Town) -> None:
    session, here = announced(town.here.estate), town.here.estate.code
    for given, words in (
        ({}, "二者选一"),
        ({"estate_code": here, "everything": "on"}, "二者选一"),
        ({"estate_code": "NONE"}, "没有这个小区"),
        ({"estate_code": town.there.estate.code, "session_code": session.code}, "没有这次会议"),
        ({"everything": "on", "session_code": session.code}, "没有这次会议"),
        ({"estate_code": here, "until": "2020-01-01"}, "不能早于今天"),
        ({"estate_code": here, "until": "soon"}, "日期"),
        ({"estate_code": here, "reason": "  "}, ""),
        ({"estate_code": here, "reason": "x" * 201}, ""),
        ({"estate_code": here * 9}, ""),
    ):
        page = post(operator, **given)
        assert page.status_code == 400, given
        assert words in page.content.decode(), given
    assert not LegalHold.objects.exists()
