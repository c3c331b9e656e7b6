"""The pages of reviewers: their worklist by deadline, the checklist, correction."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from documents.authority import development_identity
from funds.domain.reviewing import CODES
from funds.models import FundApplication, RepairRequest
from funds.steps import note
from registry.models import Authority
from tests.funds.filed import APPLICANT, AT, make_filed
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ALL_YES = dict.fromkeys(CODES, "yes")


def passes(step, number=1):
    """Everything right with application `number`, as said at this desk."""
    return {**ALL_YES, "number": number, "step": step, "outcome": "pass"}


@pytest.fixture(autouse=True)
def _certificate(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def sign_in(client, user):
    client.force_login(user, backend=BACKEND)
    return client


def page_of(client, application):
    return reverse("staff:fund_review", args=[application.request.code])


def text(answer):
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


def test_street_bureau_and_the_opinion(client, town):
    application = make_filed(town.here.estate, budget=1_234_567)
    sign_in(client, town.person("street_office"))
    worklist = client.get(reverse("staff:fund_reviews"))
    assert "1幢电梯维修" in text(worklist)
    assert "12,345.67" in text(worklist)
    home = client.get(reverse("staff:home"))
    assert "审核维修资金的使用：1幢电梯维修" in text(home)
    assert page_of(client, application) in home.content.decode()
    page = client.get(page_of(client, application))
    assert "没有上传合同" in text(page)  # the records speak beside the check
    assert "checked" not in page.content.decode()
    # Another application has taken the place of the one that was looked at.
    stale = client.post(page_of(client, application), passes("street", number=2))
    assert stale.status_code == 400
    assert "换了新的申请" in text(stale)
    answer = client.post(
        page_of(client, application),
        passes("street"),
    )
    assert answer.status_code == 302
    assert "1幢电梯维修" not in text(client.get(reverse("staff:fund_reviews")))
    sign_in(client, town.person("bureau"))
    answer = client.post(
        page_of(client, application),
        passes("bureau"),
    )
    assert answer.status_code == 302
    application = FundApplication.objects.get()
    page = text(client.get(page_of(client, application)))
    assert application.opinion.number in page
    public = text(client.get(reverse("documents:paper", args=[application.opinion.code])))
    assert "审核意见书" in public


def test_a_return_needs_its_reasons_and_keeps_what_was_typed(client, town):
    application = make_filed(town.here.estate)
    sign_in(client, town.person("street_office"))
    typed = {
        **ALL_YES, "warranty": "no", "warranty_note": "还有半年", "contract": "no",
        "remark": "请补齐", "number": 1, "step": "street", "outcome": "return",
    }  # fmt: skip
    answer = client.post(page_of(client, application), typed)
    assert answer.status_code == 400
    assert "请写明哪里不符合：合同的对方" in text(answer)
    assert "还有半年" in answer.content.decode()
    answer = client.post(page_of(client, application), {**typed, "contract_note": "没有合同"})
    assert answer.status_code == 302
    request = RepairRequest.objects.get()
    assert request.state == "returned"
    said = request.steps.get(kind="returned").text
    assert said.count("；") == 2
    # Whoever applied reads the reasons where it is put right, nobody else is asked to.
    applicant = Client()
    sign_in(applicant, town.person("property_manager"))
    money = reverse("staff:fund_money", args=[request.code])
    pages = (money, reverse("staff:fund_apply", args=[request.code]))
    for page in pages:
        answer = text(applicant.get(page))
        assert "为什么退回" in answer
        for reason in ("没有合同", "还有半年", "请补齐"):
            assert reason in answer
    sign_in(client, town.person("organiser"))
    assert "为什么退回" not in text(client.get(money))
    sign_in(client, town.person("street_office"))
    # Sent twice: what was decided stays.
    answer = client.post(page_of(client, application), typed)
    assert answer.status_code == 404
    # Filed again and taken back by its applicant: the old reasons are not why it is here.
    with transaction.atomic():
        note(request, "application_filed", by=APPLICANT, at=AT)
    for page in pages:
        assert "为什么退回" not in text(applicant.get(page))


def test_who_applied_sees_it_but_has_no_form(client, town):
    applicant = make_user("both")
    grant(applicant, "street_office", town.here.street)
    application = make_filed(town.here.estate)
    FundApplication.objects.update(made_by=f"user:{applicant.pk}")
    sign_in(client, applicant)
    page = client.get(page_of(client, application))
    assert "您参与过这项申请" in text(page)
    assert 'value="pass"' not in page.content.decode()
    answer = client.post(
        page_of(client, application),
        passes("street"),
    )
    assert answer.status_code == 400
    assert RepairRequest.objects.get().desk == "street"


def test_the_city_sits_at_a_districts_desk_only_once_that_has_overslept(client, town):
    application = make_filed(town.here.estate, kind="emergency")
    city = make_user("city")
    grant(city, "bureau", town.city)
    sign_in(client, city)
    assert client.get(page_of(client, application)).status_code == 200
    said = passes("bureau")
    assert client.post(page_of(client, application), said).status_code == 404
    assert "1幢电梯维修" not in text(client.get(reverse("staff:fund_reviews")))
    RepairRequest.objects.update(escalated_to=Authority.objects.get(name="样例市住建局"))
    assert "1幢电梯维修" in text(client.get(reverse("staff:fund_reviews")))
    assert client.post(page_of(client, application), said).status_code == 302
    review = FundApplication.objects.get().reviews.get()
    assert review.authority == town.city


def test_the_worklist_is_in_order_of_deadline_and_says_who_is_late(client, town):
    for days, title in ((3, "后到期"), (1, "先到期"), (-400, "过期")):
        application = make_filed(town.here.estate, title=title)
        RepairRequest.objects.filter(pk=application.request.pk).update(
            desk_due_at=AT.replace(year=2036) + timedelta(days=days)
            if days > 0
            else AT - timedelta(days=400)
        )
    sign_in(client, town.person("street_office"))
    page = text(client.get(reverse("staff:fund_reviews")))
    assert page.index("过期") < page.index("先到期") < page.index("后到期")
    assert page.count("已过期") == 1


def test_correction_ordered_and_lifted(client, town):
    application = make_filed(town.here.estate, custody="self")
    sign_in(client, town.person("bureau"))
    address = reverse("staff:fund_correction", args=[application.request.code])
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "补公示"}).status_code == 302
    # The same form sent again lifts nothing.
    assert client.post(address, {"reason": "补公示"}).status_code == 400
    assert "补公示" in text(client.get(page_of(client, application)))
    sign_in(client, town.person("organiser"))
    said = passes("committee")
    answer = client.post(page_of(client, application), said)
    assert answer.status_code == 400
    assert "补公示" in text(answer)
    sign_in(client, town.person("bureau"))
    assert client.post(address, {"reason": "已公示", "intent": "lift"}).status_code == 302
    sign_in(client, town.person("organiser"))
    assert client.post(page_of(client, application), said).status_code == 302
    sign_in(client, town.person("bureau"))
    assert "1幢电梯维修" in text(client.get(reverse("staff:fund_filed")))
    seen = reverse("staff:fund_seen", args=[application.request.code])
    assert client.post(seen).status_code == 302
    assert "没有还没看的备案" in text(client.get(reverse("staff:fund_filed")))
