"""Duties and breaches over HTTP: officials, the committee, owners, everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from committees.models import Breach, Committee, DutyDone, Occasion
from disclosures import steps
from documents.scans import plain_picture
from registry.models import Estate
from tests.disclosures.accounts import accounts_estate, voucher
from tests.portal.test_my_accounts import PHONE, enter, give, sent
from tests.town import Town, make_town

pytestmark = pytest.mark.django_db
__all__ = ["sent"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(steps, "pages_of", lambda content: [plain_picture(content)])


@pytest.fixture
def town() -> Town:
    made = make_town()
    accounts_estate(made.here.estate)
    today = timezone.localdate()
    Committee.objects.create(
        estate=made.here.estate, kind="owners", source="filed",
        formed_on=today - timedelta(days=800), recorded_by="user:1",
        recorded_at=timezone.now() - timedelta(days=800),
    )  # fmt: skip
    return made


def at_desk(town: Town, who: str) -> Client:
    client = Client()
    client.force_login(town.person(who), backend="django.contrib.auth.backends.ModelBackend")
    return client


def path(name: str, *args: object) -> str:
    return reverse(f"staff:{name}", args=args)


def page(client: Client, name: str, *args: object, status: int = 200, **asked: object) -> str:
    answer = client.get(path(name, *args), asked)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_from_overdue_to_done(town: Town) -> None:
    code = town.here.estate.code
    street, committee = at_desk(town, "street_office"), at_desk(town, "organiser")
    assert "逾期 1 件，1 个小区" in page(street, "duties_overdue")
    shown = page(committee, "duties", code)
    assert "召集业主大会定期会议" in shown
    assert "逾期" in shown
    name, content = voucher()
    done = committee.post(
        path("duty_done", code, "assembly"),
        {"day": str(timezone.localdate()), "note": "在社区会议室开了会", "submission": "s",
         "file": SimpleUploadedFile(name, content)},
    )  # fmt: skip
    assert done.status_code == 302
    shown = page(committee, "duties", code)
    assert "在社区会议室开了会" in shown
    assert "逾期 0 件" in page(street, "duties_overdue")
    row = DutyDone.objects.get()
    picture = street.get(path("duty_evidence", code, row.pk, 1))
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert at_desk(town, "other organiser").get(picture.request["PATH_INFO"]).status_code == 404
    # The street office sees that it shows nothing.
    struck = street.post(path("duty_done_strike", code, row.pk), {"reason": "那天没有开会"})
    assert struck.status_code == 302
    assert "已划去：那天没有开会" in page(committee, "duties", code)
    assert "逾期 1 件" in page(street, "duties_overdue")


def test_a_decision_and_its_posting(town: Town) -> None:
    code, client = town.here.estate.code, at_desk(town, "organiser")
    day = timezone.localdate() - timedelta(days=5)
    data = {"day": str(day), "note": "例会", "submission": "s"}
    for _twice in range(2):
        assert client.post(path("duty_occasion", code, "decision"), data).status_code == 302
    event = Occasion.objects.get()
    assert "逾期2天" in page(client, "duties", code)
    assert "作出决定" in page(client, "duty_done_after", code, "decision", event.pk)
    client.post(
        path("duty_done_after", code, "decision", event.pk),
        {"day": str(day + timedelta(days=4)), "note": "贴在门口", "submission": "d"},
    )
    assert "晚1天" in page(client, "duties", code)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("duty_occasion", ("assembly",)),
        ("duty_done", ("decision",)),
        ("duty_done", ("revenue",)),
        ("duty_done", ("nothing",)),
        ("duty_done_after", ("decision", 99)),
    ],
)
def test_addresses_that_lead_nowhere(town: Town, name: str, args: tuple[object, ...]) -> None:
    page(at_desk(town, "organiser"), name, town.here.estate.code, *args, status=404)


def test_bad_input_is_said(town: Town) -> None:
    client = at_desk(town, "organiser")
    address = path("duty_done", town.here.estate.code, "archive")
    empty = client.post(address, {})
    assert empty.status_code == 400
    assert "请填写日期" in empty.content.decode()
    ahead = client.post(address, {"day": "2999-01-01", "note": " "})
    assert ahead.status_code == 400
    for words in ("也不能晚于今天", "请填写说明"):
        assert words in ahead.content.decode()
    file = client.post(
        address,
        {"day": str(timezone.localdate()), "note": "档案",
         "file": SimpleUploadedFile("a.png", b"")},
    )  # fmt: skip
    assert file.status_code == 400


def test_without_a_committee_there_is_no_list(town: Town) -> None:
    Committee.objects.update(ended_on=timezone.localdate(), ended_at=timezone.now())
    code = town.here.estate.code
    assert "没有履职清单" in page(at_desk(town, "organiser"), "duties", code)
    page(at_desk(town, "organiser"), "duty_done", code, "archive", status=404)
    assert "没有履职清单" in Client().get(f"/e/{code}/duties/").content.decode()


def test_each_sees_the_own_places(town: Town) -> None:
    bureau = at_desk(town, "bureau")
    assert "逾期 1 件" in page(bureau, "duties_overdue", at=town.here.street.pk)
    other = at_desk(town, "other bureau")
    assert "逾期 0 件" in page(other, "duties_overdue")
    page(other, "duties_overdue", at=town.here.street.pk, status=404)
    for strange in ("x", "-1", "9" * 12):
        page(bureau, "duties_overdue", at=strange, status=404)
    page(other, "duties", town.here.estate.code, status=404)


def test_everybody_sees_the_list_and_no_person(town: Town) -> None:
    code, client = town.here.estate.code, at_desk(town, "organiser")
    client.post(
        path("duty_done", code, "archive"),
        {"day": str(timezone.localdate()), "note": "样例委员整理了档案", "submission": "s"},
    )
    shown = Client().get(f"/e/{code}/duties/").content.decode()
    for words in ("召集业主大会定期会议", "逾期", "冒充业主电子投票", "还没有列入督查"):
        assert words in shown
    assert "样例委员" not in shown
    assert "user:" not in shown
    home = Client().get(f"/e/{code}/accounts/").content.decode()
    assert f"/e/{code}/duties/" in home


def test_a_report_is_handled(town: Town) -> None:
    code, street = town.here.estate.code, at_desk(town, "street_office")
    data = {"act": "6", "text": "样例委员借走了钱", "source": "hotline", "submission": "s"}
    for _twice in range(2):
        made = street.post(path("breach_new", code), data)
        assert made.status_code == 302
    found = Breach.objects.get()
    assert "第1号" in page(street, "breaches")
    assert "还没有受理" in page(street, "breach", found.pk)
    for step in ("taken_up", "asked", "answered", "unfounded"):
        done = street.post(path("breach", found.pk), {"step": step, "text": f"办理{step}"})
        assert done.status_code == 302
    shown = page(street, "breach", found.pk)
    assert "办理answered" in shown
    assert "下一步" not in shown
    late = street.post(path("breach", found.pk), {"step": "founded", "text": "又说属实"})
    assert late.status_code == 400
    assert "没有。" in page(street, "breaches")
    assert "第1号" in page(street, "breaches", closed=1)
    for who in ("organiser", "residents_committee", "other street_office"):
        page(at_desk(town, who), "breach", found.pk, status=404)
    assert "样例委员" not in Client().get(f"/e/{code}/duties/").content.decode()


def test_an_owner_reports_by_the_phone_on_the_roll(town: Town, sent, client: Client) -> None:
    estate: Estate = town.here.estate
    give(estate, "2幢1单元202室", PHONE)
    address = f"/my/breach/{estate.code}/"
    assert client.get(address).status_code == 302
    assert enter(client, sent, wanted=address) == address
    shown = client.get(address).content.decode()
    assert "业主委员会看不到是谁说的" in shown
    empty = client.post(address, {"submission": "s"})
    assert empty.status_code == 400
    assert "请选择是负面清单里的哪一项" in empty.content.decode()
    data = {"act": "10", "text": "有人代签", "submission": "s"}
    for _twice in range(2):
        done = client.post(address, data, follow=True)
        assert "收到了，是第1号" in done.content.decode()
    found = Breach.objects.get()
    assert (found.source, found.unit.label, found.filed_by) == (
        "owner",
        "2幢1单元202室",
        "owner",
    )
    assert "等受理" in client.get(address).content.decode()
    assert "有人代签" not in client.get(address).content.decode().split("<form")[0]


def test_another_estates_owner_is_not_let_in(town: Town, sent, client: Client) -> None:
    give(town.here.estate, "2幢1单元202室", PHONE)
    other = f"/my/breach/{town.there.estate.code}/"
    enter(client, sent, wanted=other)
    assert client.get(other).status_code == 404
