"""Emergencies through HTTP: the report from a phone, the desks, the owner's objection."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from funds.domain.repairs import EXCLUSIONS
from funds.models import RepairObjection, RepairRequest
from funds.services.accounts import open_account
from funds.services.emergencies import escalate
from funds.services.publicity import publish_emergency
from funds.steps import By
from tests.funds.books import AT as OPENED
from tests.funds.books import DRAFTER, make_special
from tests.funds.emergencies import (
    HOUR,
    PDF,
    Cast,
    decide,
    decided,
    find,
    opened,
    pay_advance,
    picture,
    report,
    settle,
)
from tests.town import Place, Town
from tests.voting.views.story import LI, WANG, make_vote
from tests.voting.views.test_owner_pages import enter, text_of

pytestmark = pytest.mark.django_db


def photo():
    one = picture()
    return SimpleUploadedFile(one.name, one.content)


def sign_in(client, town, who):
    client.force_login(town.person(who), backend="django.contrib.auth.backends.ModelBackend")
    return client


def report_fields(**changes):
    return {
        "situation": "E1", "part": "lift", "place": "2幢1单元1号电梯",
        "danger": "电梯在6楼困人，钢丝绳断股", "warranty_until": "2015-01-01",
        "applicant_kind": "property_manager", "applicant": "样例物业",
        "contact_phone": "0000-0000000", "clause": "样例市物业管理条例第66条",
        "plan": "更换钢丝绳", "estimate_fen": "10,000.00", "submission": "one",
        **dict.fromkeys(EXCLUSIONS, "no"), "photos": [photo(), photo()],
        "paper": SimpleUploadedFile("停用通知.pdf", PDF), **changes,
    }  # fmt: skip


def test_from_the_report_to_the_decision(client, town):
    opened(town)
    town.person("organiser")
    sign_in(client, town, "property_manager")
    page = client.get(reverse("staff:emergency_new", args=[town.here.estate.code]))
    assert page.status_code == 200
    url = reverse("staff:emergency_new", args=[town.here.estate.code])
    answer = client.post(url, report_fields())
    assert answer.status_code == 302, answer.content.decode()
    made = RepairRequest.objects.get()
    assert made.files.count() == 3
    # Sent twice it is one.
    assert client.post(url, report_fields()).headers["Location"] == answer.headers["Location"]
    page = client.get(answer.headers["Location"]).content.decode()
    assert "东社区居委会" in page
    assert re.search(r'class="left">(还剩11小时|还剩12小时)', page)
    # The property manager reported: no button to find.
    assert reverse("staff:emergency_find", args=[made.code]) not in page

    sign_in(client, town, "residents_committee")
    home = client.get(reverse("staff:home")).content.decode()
    assert reverse("staff:emergency", args=[made.code]) in home
    worklist = client.get(reverse("staff:emergencies")).content.decode()
    assert worklist.index("在您手里") < worklist.index(made.title)
    url = reverse("staff:emergency_find", args=[made.code])
    now = timezone.localtime()
    fields = {
        "on_site_at": f"{now:%Y-%m-%dT%H:%M}", "position": "1楼电梯厅", "present": "王一、周某",
        "parties": ["owner", "manager"], "qualifies": "yes", "reason": "钢丝绳断股",
    }  # fmt: skip
    answer = client.post(url, fields)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "至少要有3方在场，现在选了2方" in page
    assert "请至少上传一张现场照片" in page
    assert "1楼电梯厅" in page  # what was typed stays
    fields["parties"].append("residents_committee")
    assert client.post(url, {**fields, "photos": photo()}).status_code == 302
    made.refresh_from_db()
    assert made.state == "found"
    again = client.post(url, {**fields, "photos": photo()})
    assert again.status_code == 400

    sign_in(client, town, "organiser")
    url = reverse("staff:emergency_decide", args=[made.code])
    assert 'value="10000.00"' in client.get(url).content.decode()
    answer = client.post(
        url,
        {"authorises": "yes", "most": "10000", "advance": "5000.01", "reason": "不修不能用"},
    )
    assert "先付的钱最多 5,000.00 元" in answer.content.decode()
    answer = client.post(
        url, {"authorises": "yes", "most": "10000", "advance": "5000", "reason": "不修不能用"}
    )
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.state == "decided"
    page = client.get(answer.headers["Location"]).content.decode()
    # The committee decided; whoever applied is offered the next step, others may look.
    money = reverse("staff:fund_money", args=[made.code])
    assert f'<a href="{money}">列支、付款和结算</a>' in page
    assert "申请列支</a>" not in page
    assert "最多 10,000.00 元" in page
    # The names of those on site are for who finds and decides.
    assert "周某" in page
    sign_in(client, town, "property_manager")
    page = client.get(answer.headers["Location"]).content.decode()
    assert "周某" not in page
    assert f'<a class="button" href="{money}">申请列支</a>' in page
    assert client.get(money).status_code == 200
    home = client.get(reverse("staff:home")).content.decode()
    assert f"应急已决定，申请列支：{made.title}" in home
    assert "业主已同意" not in home  # nobody voted on it


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("most", "1.234", "最多两位小数"),
        ("most", "0", "大于零"),
        ("most", "-5", "请填数字"),
        ("most", "1" + "0" * 15, "请填数字"),
        ("most", "９９９９９９９９９９９", "大于零"),
        ("reason", "", "请填写理由"),
        ("authorises", "", "请选择是否同意"),
    ],
)
def test_what_nobody_can_decide(client, town, field, value, sentence):
    opened(town)
    town.person("organiser")
    request = report(town, at=timezone.now() - 3 * HOUR)
    find(town, request, at=timezone.now() - HOUR)
    sign_in(client, town, "organiser")
    fields = {"authorises": "yes", "most": "100", "reason": "不修不能用", field: value}
    answer = client.post(reverse("staff:emergency_decide", args=[request.code]), fields)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    request.refresh_from_db()
    assert request.state == "found"


def test_an_empty_report_lists_everything_and_keeps_what_was_typed(client, town):
    sign_in(client, town, "property_manager")
    url = reverse("staff:emergency_new", args=[town.here.estate.code])
    answer = client.post(url, {"place": "3幢"})
    page = answer.content.decode()
    assert answer.status_code == 400
    for word in ("请选择是哪一种紧急情况", "请填写有什么危险", "请至少上传一张现场照片",
                 "请选择是或者不是", "请填写申请人", "请填写联系电话"):  # fmt: skip
        assert word in page
    assert 'value="3幢"' in page
    assert not RepairRequest.objects.exists()


def test_the_second_report_leads_to_the_first(client, town):
    first = report(town, at=timezone.now())
    sign_in(client, town, "property_manager")
    url = reverse("staff:emergency_new", args=[town.here.estate.code])
    answer = client.post(url, report_fields())
    assert answer.status_code == 400
    assert reverse("staff:emergency", args=[first.code]) in answer.content.decode()


def test_the_latest_lead_and_two_lists_show_what_went_up(client, town):
    now = timezone.now()
    fresh = report(town, at=now, place="1幢电梯")
    late = report(town, at=now - 30 * HOUR, place="2幢电梯")
    assert escalate(code=late.code, at=now) is not None
    for who in ("residents_committee", "street_office"):
        page = sign_in(client, town, who).get(reverse("staff:emergencies")).content.decode()
        assert page.index(late.title) < page.index(fresh.title)
        assert "已超时18小时" in page
        assert "东街道也可以办" in page
    page = client.get(reverse("staff:emergency", args=[late.code])).content.decode()
    assert 'class="clock late"' in page


def test_back_to_the_vote_and_what_was_spent(client, town):
    town.person("organiser")
    request = decided(town)
    pay_advance(request)
    sign_in(client, town, "property_manager")
    url = reverse("staff:emergency_withdraw", args=[request.code])
    assert "5,000.00 元" in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 400
    answer = client.post(url, {"reason": "发现不属于紧急情况"})
    page = client.get(answer.headers["Location"]).content.decode()
    assert "已退回一般维修" in page
    draft = client.get(reverse("staff:repair", args=[request.code]))
    assert (draft.status_code, reverse("staff:repair", args=[request.code]) in page) == (
        200,
        True,
    )
    assert "应急预拨款" in page
    assert client.post(url, {"reason": "再退一次看看"}).status_code == 400


def test_photographs_are_served_to_who_may_see_the_repair(client, town):
    request = report(town)
    kept = request.files.get(kind="photo_before")
    url = reverse("staff:emergency_file", args=[request.code, kept.pk])
    answer = sign_in(client, town, "bureau").get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert sign_in(client, town, "other organiser").get(url).status_code == 404
    other = report(town, place="别处电梯")
    wrong = reverse("staff:emergency_file", args=[other.code, kept.pk])
    assert sign_in(client, town, "bureau").get(wrong).status_code == 404


def test_an_ordinary_repair_has_no_such_page(client, town):
    request = report(town)
    ordinary = RepairRequest.objects.get(pk=request.pk)
    ordinary.pk, ordinary.code, ordinary.kind = None, "ZZZZZZZZZZZZ", "ordinary"
    ordinary.save()
    url = reverse("staff:emergency", args=[ordinary.code])
    assert sign_in(client, town, "organiser").get(url).status_code == 404


# --- publicity and the owner ---------------------------------------------------------------


@pytest.fixture
def signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


def test_on_show_entered_at_the_office_and_answered(client, town, signing):
    town.person("organiser")
    request = decided(town)
    pay_advance(request)
    settle(request)
    sign_in(client, town, "property_manager")
    url = reverse("staff:emergency_publish", args=[request.code])
    assert "1,000.00" in client.get(url).content.decode()  # 100 m² at 10.00 yuan
    assert client.post(url, {"done": ""}).status_code == 400
    assert client.post(url, {"done": "更换钢丝绳"}).status_code == 302
    page = client.get(reverse("staff:emergency", args=[request.code])).content.decode()
    assert "公示期还没有结束" in page
    assert client.post(url, {"done": "更换钢丝绳"}).status_code == 400  # what is corrected?

    sign_in(client, town, "residents_committee")
    new = reverse("staff:emergency_objection_new", args=[request.code])
    bad = client.post(new, {"unit_label": "9-9", "text": "太贵了，不合理", "submission": "a"})
    assert bad.status_code == 400
    good = {"unit_label": "1幢1单元101室", "text": "太贵了，不合理", "submission": "a"}
    assert client.post(new, good).status_code == 302
    assert client.post(new, good).status_code == 302
    assert RepairObjection.objects.count() == 1
    one = reverse("staff:emergency_objection", args=[request.code, 1])
    # The residents' committee found on site.
    assert "请另一个人来答复" in client.get(one).content.decode()
    assert client.post(one, {"upheld": "no", "answer": "三家比价最低"}).status_code == 400
    sign_in(client, town, "street_office")
    assert client.post(one, {"answer": "三家比价最低"}).status_code == 400
    assert client.post(one, {"upheld": "yes", "answer": "人工费重复"}).status_code == 302
    page = client.get(reverse("staff:emergency", args=[request.code])).content.decode()
    assert "有异议成立" in page


@pytest.fixture
def owners(signing):
    return shown_to_owners(timezone.now())


def shown_to_owners(at):
    """The story's vote, and an emergency on show since `at` that all its units bear."""
    vote = make_vote()
    estate = vote.session.estate
    town = Town(
        city=estate.authority,
        here=Place(estate, estate.authority, estate.authority, estate.authority),
        there=Place(estate, estate.authority, estate.authority, estate.authority),
    )
    special = make_special(estate)
    open_account(special_id=special.pk, estate=estate, actor=DRAFTER, at=OPENED)
    cast = Cast(town)
    assert cast.committee
    request = report(town)
    find(town, request, by=cast.street)
    decide(town, request)
    pay_advance(request)
    settle(request)
    publish_emergency(
        code=request.code, done="更换钢丝绳", correction="",
        by=By("user:1", "property_manager"), at=at,
    )  # fmt: skip
    return vote, request


def test_an_owner_objects_by_the_letter(client, owners):
    vote, request = owners
    enter(client, vote, WANG)
    page = client.get(vote.url("fund/"))
    assert "正在公示的应急维修" in text_of(page)
    url = reverse("portal:own_objection", args=[vote.code, request.code])
    assert url in page.content.decode()
    assert WANG not in client.get(url).content.decode().replace(f'value="{WANG}"', "")
    answer = client.post(url, {"unit_label": WANG, "text": "x", "submission": "s"})
    assert answer.status_code == 422
    said = {"unit_label": WANG, "text": "不是紧急情况，应当表决", "submission": "s"}
    assert client.post(url, said).status_code in (302, 303)
    assert client.post(url, said).status_code in (302, 303)
    made = RepairObjection.objects.get()
    assert made.unit_label == WANG
    assert "不是紧急情况" in text_of(client.get(url))
    # Another household's room is not mine to speak for.
    other = {**said, "unit_label": LI, "submission": "t"}
    assert client.post(url, other).status_code == 422
    assert client.post(url, {"withdraw": "999"}).status_code == 404
    assert client.post(url, {"withdraw": "1"}).status_code in (302, 303)
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_no_letter_no_objection_and_no_repair_no_page(client, owners):
    vote, request = owners
    url = reverse("portal:own_objection", args=[vote.code, request.code])
    assert client.get(url).status_code == 403
    enter(client, vote, WANG)
    for code in ("ZZZZZZZZZZZZ", "é"):
        wrong = reverse("portal:own_objection", args=[vote.code, code])
        assert client.get(wrong).status_code == 404


def test_after_the_period_the_page_says_so(client, signing):
    vote, request = shown_to_owners(timezone.now() - timedelta(days=9))
    enter(client, vote, WANG)
    assert "正在公示的应急维修" not in text_of(client.get(vote.url("fund/")))
    url = reverse("portal:own_objection", args=[vote.code, request.code])
    assert "公示期已经结束" in text_of(client.get(url))
    said = {"unit_label": WANG, "text": "不是紧急情况，应当表决", "submission": "s"}
    answer = client.post(url, said)
    assert answer.status_code == 422
    assert "公示期已经结束" in text_of(answer)
    assert not RepairObjection.objects.exists()
