"""Strange addresses and strange input end in a clear answer below 500, and change nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.town import Town, announced, draft
from voting.models import Session

pytestmark = pytest.mark.django_db
STRANGE = ["%00", "..%2f..", "' OR 1=1", "🀄", "A" * 5000, "\x00", "½"]
HUGE = 10**30


@pytest.fixture
def organiser(town: Town, client):
    client.force_login(
        town.person("organiser"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize("code", STRANGE)
@pytest.mark.parametrize("name", ["estate", "session_new", "session", "announce", "heads_csv"])
def test_codes_that_are_none(organiser, name, code):
    assert organiser.get(reverse(f"staff:{name}", args=[code])).status_code == 404


@pytest.mark.parametrize(
    "name", ["motion_edit", "motion_remove", "attachment", "attachment_remove", "reissue"]
)
def test_numbers_too_large_for_any_database(organiser, town, name):
    session = announced(town.here.estate) if name == "reissue" else draft(town.here.estate)
    path = reverse(f"staff:{name}", args=[session.code, HUGE])
    answer = organiser.post(path) if name == "attachment_remove" else organiser.get(path)
    assert answer.status_code == 404


def test_jobs_people_and_grants_with_numbers_too_large(organiser, town, client):
    assert organiser.get(reverse("staff:job", args=[HUGE])).status_code == 404
    client.force_login(
        town.person("operator"), backend="django.contrib.auth.backends.ModelBackend"
    )
    for name in ("person", "deactivate", "revoke"):
        assert client.get(reverse(f"staff:{name}", args=[HUGE])).status_code == 404


@pytest.mark.parametrize("number", ["9" * 20, "9" * 400, "²", "-1"])
@pytest.mark.parametrize(
    ("name", "field", "who"),
    [
        ("findings", "finding", "organiser"),
        ("voter", "owner", "organiser"),
        ("phone_confirm_all", "change", "supervisor"),
    ],
)
def test_numbers_of_rows_in_a_form(client, town, name, field, who, number):
    client.force_login(town.person(who), backend="django.contrib.auth.backends.ModelBackend")
    at = [town.here.estate.code]
    if name == "voter":
        at.append(town.here.estate.units.order_by("pk")[0].pk)
    path = reverse(f"roll:{name}", args=at)
    answer = client.post(path, {field: number, "reason": "写明了的原因"})
    assert answer.status_code in (302, 400, 404)


@pytest.mark.parametrize(
    "text", ["\x00", "%", "_", "'", "<script>alert(1)</script>", "字" * 9000]
)
def test_searches(organiser, town, text):
    session = announced(town.here.estate)
    for path in (reverse("staff:estates"), reverse("staff:letters", args=[session.code])):
        page = organiser.get(path, {"q": text, "page": text})
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()


@pytest.mark.parametrize("text", ["\x00", "\x07", "字" * 100_000, "<script>alert(1)</script>"])
def test_a_strange_text_in_every_field(organiser, town, text):
    session = draft(town.here.estate)
    forms = {
        reverse("staff:session_new", args=[town.here.estate.code]): [
            "title", "organiser_kind", "organiser", "contact_phone", "contact_place", "scope",
            "notice_on", "opens_at", "closes_at", "opening_policy",
        ],
        reverse("staff:motion_new", args=[session.code]): [
            "matter", "title", "text", "cost_fen",
        ],
        reverse("staff:cancel", args=[session.code]): ["reason"],
    }  # fmt: skip
    for path, fields in forms.items():
        answer = organiser.post(path, dict.fromkeys(fields, text))
        assert answer.status_code in (302, 400), path
        assert "<script>alert" not in answer.content.decode()
    assert session.motions.count() == 1
    # A reason may be any text that is not too long.
    assert Session.objects.count() == 1


def test_a_thousand_boxes_and_a_body_too_large(organiser, town):
    path = reverse("staff:session_new", args=[town.here.estate.code])
    assert organiser.post(path, {"scope": ["1"] * 900}).status_code == 400
    assert organiser.post(path, {"scope": ["1"] * 1500}).status_code == 400
    assert organiser.post(path, {"title": "字" * 1_000_000}).status_code in (400, 413)


def test_a_mistyped_code_gets_our_page_in_development_too(client, settings):
    settings.DEBUG = True
    answer = client.get("/r/AAAAAAAAAAAA")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()


def test_pages_of_errors_speak_to_staff_below_their_pages_and_to_voters_elsewhere(town):
    person = town.person("organiser")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for answer, status in (
        (strict.get("/staff/nothing/here"), 404),
        (strict.get("/staff/estates/NONE/"), 404),
        (strict.post("/staff/repairs/payments/order"), 403),
    ):
        page = answer.content.decode()
        assert answer.status_code == status
        assert '<a class="button" href="/staff/">回到待办</a>' in page
        assert 'class="site-name" href="/staff/"' in page
        assert "二维码" not in page
        assert "回到首页" not in page
    for answer, status in ((strict.get("/nothing/here"), 404), (strict.post("/"), 403)):
        page = answer.content.decode()
        assert answer.status_code == status
        assert "二维码" in page
        assert "待办" not in page
