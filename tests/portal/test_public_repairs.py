"""The public page of a repair: what it shows, when, and what it never shows."""

import io
import re

import pytest
from django.db import transaction
from django.urls import reverse
from PIL import Image

from funds.models import RepairRequest, RepairVersion
from funds.steps import keep_file
from tests.funds.filed import AT, make_filed

pytestmark = pytest.mark.django_db


def picture() -> bytes:
    with io.BytesIO() as out:
        Image.new("RGB", (40, 30), "gray").save(out, "JPEG")
        return out.getvalue()


def add(application, kind, *, is_public, content=None):
    with transaction.atomic():
        return keep_file(
            application.request, kind=kind, name="一张.jpg", content=content or picture(),
            is_public=is_public, actor="user:1", at=AT,
        )  # fmt: skip


def text(answer):
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


def test_decision_money_and_photographs(client, town):
    application = make_filed(town.here.estate, budget=900_000)
    before = add(application, "photo_before", is_public=True)
    kept = add(application, "contract", is_public=False)
    code = application.request.code
    answer = client.get(reverse("portal:repair", args=[code.lower()]))
    page = text(answer)
    for part in ("1幢电梯维修", "更换曳引机", "应急决定", "民法典第281条第2款", "9,000.00"):
        assert part in page
    # 9,000.00 yuan over 900.00 m² of the small estate.
    assert re.search(r"每平方米约\s+10\.00", page)
    photo = client.get(reverse("portal:repair_file", args=[code, before.pk]))
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(photo.content)).size == (40, 30)
    hidden = reverse("portal:repair_file", args=[code, kept.pk])
    assert client.get(hidden).status_code == 404


def test_no_room_no_account_no_person(client, town):
    application = make_filed(town.here.estate)
    page = client.get(reverse("portal:repair", args=[application.request.code]))
    html = page.content.decode()
    for secret in ("101室", "62220000000001", "0001", "user:", "王一"):
        assert secret not in html.replace(application.request.code, "")


@pytest.mark.parametrize("code", ["0" * 12, "nothing", "<script>"])
def test_unknown_codes_are_not_there(client, code):
    assert client.get(f"/repair/{code}").status_code == 404


def test_a_draft_and_a_withdrawn_version_are_not_public(client, town):
    application = make_filed(town.here.estate)
    address = reverse("portal:repair", args=[application.request.code])
    photo = add(application, "photo_before", is_public=True)
    for verdict in ("", "withdrawn"):
        RepairVersion.objects.update(verdict=verdict)
        assert client.get(address).status_code == 404
        file = reverse("portal:repair_file", args=[application.request.code, photo.pk])
        assert client.get(file).status_code == 404


def test_what_stops_the_money_is_said(client, town):
    application = make_filed(town.here.estate)
    RepairRequest.objects.update(hold="补公示")
    page = text(client.get(reverse("portal:repair", args=[application.request.code])))
    assert "已经暂停用款：补公示" in page
