"""Looking through somebody's eyes: with a reason, read-only, never owners, and traced."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ClosedDoor, Looking
from accounts.permissions import NAMES_PEOPLE, ROLE_PERMISSIONS, Permission
from accounts.services.looking import begin_looking
from core.errors import RuleViolation
from logbook.models import Entry
from portal.looking import _read_only
from registry.models import Authority
from tests.town import Town, announced, grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ann(town: Town) -> Any:
    return town.person("operator")


def at_desk(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def looking(town: Town, ann: Any, who: str = "street_office") -> tuple[Client, Any]:
    client, person = at_desk(ann), town.person(who)
    answer = client.post(
        reverse("staff:look_as", args=[person.pk]), {"reason": "电话里说看不到申请"}
    )
    assert answer.headers["Location"] == reverse("staff:home")
    return client, person


def acts() -> list[tuple[str, dict[str, Any]]]:
    rows = Entry.objects.filter(log__name="platform").order_by("seq")
    return [(one.kind, json.loads(bytes(one.line))["body"]) for one in rows]


def test_the_pages_are_the_persons_and_say_so(town: Town, ann: Any) -> None:
    client, person = looking(town, ann)
    page = client.get(reverse("staff:home")).content.decode()
    assert f"您正在查看{person}的页面" in page
    assert "电话里说看不到申请" in page
    assert reverse("staff:look_away") in page
    code = town.here.estate.code
    assert client.get(reverse("staff:estate", args=[code])).status_code == 200
    # What the operator may, the person looked at may not.
    assert client.get(reverse("staff:people")).status_code == 404
    done = client.post(reverse("staff:look_away"), follow=True).content.decode()
    assert "查看已结束" in done
    assert "您正在查看" not in done
    assert client.get(reverse("staff:estate", args=[code])).status_code == 404
    [(first, body), (last, _)] = acts()
    assert (first, last) == ("looking.began", "looking.ended")
    assert (body["actor"], body["user"]) == (f"user:{ann.pk}", person.pk)
    assert body["reason"] == "电话里说看不到申请"
    # The person can read it.
    own = at_desk(person).get(reverse("staff:own_roles")).content.decode()
    assert "电话里说看不到申请" in own


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_done(town: Town, ann: Any, method: str) -> None:
    client, _person = looking(town, ann)
    path = reverse("staff:office_phone", args=[town.here.estate.code])
    before = Authority.objects.get(pk=town.here.street.pk).phone
    answer = getattr(client, method)(path, {"phone": "0556-5550199"})
    assert (answer.status_code, "只能看，不能办理" in answer.content.decode()) == (403, True)
    assert Authority.objects.get(pk=town.here.street.pk).phone == before
    last, body = acts()[-1]
    assert (last, body["page"]) == ("looking.refused", "office_phone")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a VALUES (1)",
        "UPDATE a SET b=1",
        "  delete from a",
        "DROP TABLE a",
        "WITH x AS (DELETE FROM a RETURNING 1) SELECT 1",
        "TRUNCATE a",
        "EXPLAIN ANALYZE DELETE FROM a",
    ],
)
def test_the_database_is_read_only_meanwhile(sql: str) -> None:
    """A page that writes though it is only got would note the wrong person."""

    def reached(*_args: Any) -> None:
        raise AssertionError(sql)

    with pytest.raises(RuleViolation, match="留下记录"):
        _read_only(reached, sql, (), False, {})


def test_a_page_that_notes_its_reader_stays_shut(town: Town, ann: Any) -> None:
    with connection.execute_wrapper(_read_only):
        assert not ClosedDoor.objects.exists()
        with pytest.raises(RuleViolation, match="留下记录"), transaction.atomic():
            ClosedDoor.objects.create(
                user=ann, page="x", day=timezone.localdate(), last_at=timezone.now()
            )
    assert not ClosedDoor.objects.exists()


def test_what_names_people_is_not_shown(town: Town, ann: Any) -> None:
    session = announced(town.here.estate)
    organiser = town.person("organiser")
    names = [
        (reverse("roll:home", args=[town.here.estate.code])),
        (reverse("staff:missing", args=[session.code])),
        (reverse("staff:heads", args=[session.code])),
    ]
    plain = at_desk(organiser)
    assert [plain.get(path).status_code for path in names] == [200, 200, 200]
    client, _person = looking(town, ann, "organiser")
    shown = [client.get(path) for path in names]
    assert [answer.status_code for answer in shown] == [404, 404, 404]
    # What is hidden is told from what is broken, with a way back to where the looking ends.
    assert all("查看别人的页面时不显示" in answer.content.decode() for answer in shown)
    assert all('href="/staff/"' in answer.content.decode() for answer in shown)
    assert client.get(reverse("staff:session", args=[session.code])).status_code == 200
    # No door was shut in the organiser's face.
    assert not ClosedDoor.objects.exists()


def test_the_operators_own_permissions_and_those_over_names_are_hidden() -> None:
    assert ROLE_PERMISSIONS["operator"] <= NAMES_PEOPLE
    assert Permission.VIEW_SESSION not in NAMES_PEOPLE


@pytest.mark.parametrize("who", ["self", "owner", "operator", "gone"])
def test_of_whom_nobody_sees_the_pages(town: Town, ann: Any, who: str) -> None:
    person = {"self": ann, "owner": make_user("owner"), "gone": town.person("organiser")}.get(
        who
    ) or make_user("second")
    if who == "operator":
        grant(person, "operator", None)
    if who == "gone":
        person.is_active = False
        person.save()
    with pytest.raises(RuleViolation) as refused:
        begin_looking(by=ann, user=person, reason="看一看情况", at=timezone.now())
    assert refused.value.code == "looking.person"
    assert acts() == []


@pytest.mark.parametrize("who", ["organiser", "bureau", "stranger"])
def test_only_operators_look(town: Town, who: str) -> None:
    person = town.person("street_office")
    with pytest.raises(RuleViolation) as refused:
        begin_looking(by=town.person(who), user=person, reason="看一看情况", at=timezone.now())
    assert refused.value.code == "looking.role"
    path = reverse("staff:look_as", args=[person.pk])
    assert at_desk(town.person(who)).get(path).status_code == 404


def test_a_reason_is_wanted(town: Town, ann: Any) -> None:
    path = reverse("staff:look_as", args=[town.person("organiser").pk])
    for reason in ("", "  看 "):
        assert at_desk(ann).post(path, {"reason": reason}).status_code == 400
    assert not Looking.objects.exists()


@pytest.mark.parametrize("why", ["time", "left", "ended", "no role"])
def test_it_ends_by_itself(town: Town, ann: Any, why: str) -> None:
    client, person = looking(town, ann)
    if why == "time":
        Looking.objects.update(until=timezone.now() - timedelta(seconds=1))
    elif why == "left":
        person.is_active = False
        person.save()
    elif why == "ended":
        Looking.objects.update(ended_at=timezone.now())
    else:
        ann.grants.all().update(valid_to=timezone.localdate() - timedelta(days=1))
    answer = client.get(reverse("staff:home"))
    assert answer.headers["Location"] == reverse("staff:people")
    page = client.get(reverse("staff:home")).content.decode()
    assert "您正在查看" not in page


def test_owners_pages_stay_what_they_are(town: Town, ann: Any) -> None:
    client, _person = looking(town, ann)
    for path in ("/", "/my/", "/q/", "/help"):
        answer = client.get(path)
        assert "您正在查看" not in answer.content.decode()


def test_shut_doors_are_counted_by_person_page_and_day(town: Town, ann: Any) -> None:
    organiser = town.person("organiser")
    client = at_desk(organiser)
    for code in (town.there.estate.code, "ZZZZZZZZ", town.there.estate.code):
        assert client.get(reverse("staff:estate", args=[code])).status_code == 404
    client.get("/staff/nothing-of-the-kind")
    client.get(reverse("staff:estate", args=[town.here.estate.code]))
    door = ClosedDoor.objects.get()
    assert (door.user, door.page, door.count) == (organiser, "staff:estate", 3)
    page = at_desk(ann).get(reverse("staff:person", args=[organiser.pk])).content.decode()
    assert "没有打开的页面" in page
    assert "ZZZZZZZZ" not in page
    assert Client().get(reverse("staff:estate", args=["ZZZZZZZZ"])).status_code == 302
    assert ClosedDoor.objects.count() == 1


def test_the_list_of_people_counts_shut_doors_in_one_query(
    town: Town, ann: Any, django_assert_num_queries: Any
) -> None:
    listed, reader = reverse("staff:people"), at_desk(ann)
    quiet = reader.get(listed).content.decode()
    assert "次</a>" not in quiet
    today = timezone.localdate()
    people = [town.person("organiser"), town.person("supervisor")]

    def shut(person: Any, page: str, count: int) -> None:
        ClosedDoor.objects.create(
            user=person, page=page, day=today, count=count, last_at=timezone.now()
        )

    shut(people[0], "staff:estate", 3)
    with CaptureQueriesContext(connection) as once:
        shown = reader.get(listed).content.decode()
    assert f'{reverse("staff:person", args=[people[0].pk])}#doors">3次</a>' in shown
    shut(people[0], "roll:home", 4)
    shut(people[1], "roll:home", 5)
    with django_assert_num_queries(len(once)):
        shown = reader.get(listed).content.decode()
    assert f'{reverse("staff:person", args=[people[0].pk])}#doors">7次</a>' in shown
    assert f'{reverse("staff:person", args=[people[1].pk])}#doors">5次</a>' in shown
