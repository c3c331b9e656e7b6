"""A repair over HTTP: the manager's draft, the plan of an estate, the share on the ballot."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from funds.domain.repairs import EXCLUSIONS
from funds.models import PlanItem, RepairRequest
from funds.services.requests import submit_request
from portal.costs import share_tables
from registry.models import Estate
from tests.documents.test_scans import photo
from tests.factories import make_estate
from tests.funds.books import deposit
from tests.funds.requests import CONVENE, MANAGER, PDF, fund_of, whole_request
from tests.town import Town
from tests.voting.views import story
from tests.voting.views.story import OUYANG, WANG, Letter, Vote
from tests.voting.views.test_owner_pages import enter, text_of
from voting.models import Session
from voting.services.drafting import edit_session
from voting.services.freezing import freeze_session
from voting.spool import read_spool

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(town: Town) -> Client:
    fund_of(town.here.estate)
    client = Client()
    client.force_login(
        town.person("property_manager"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def upload(name: str, content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def of(request: RepairRequest, tail: str = "") -> str:
    return f"/staff/repairs/requests/{request.code}/{tail}"


def begun(manager: Client, estate: Estate) -> RepairRequest:
    answer = manager.post(
        f"/staff/repairs/estates/{estate.code}/new",
        {"title": "1幢屋顶防水", "part": "roof", "place": "1幢屋面", "fault": "顶层漏水。"},
    )
    assert answer.status_code == 302
    return RepairRequest.objects.get()


class TestTheManager:
    def test_the_home_page_leads_to_the_repairs(self, town, manager):
        begun(manager, town.here.estate)
        page = text_of(manager.get("/staff/"))
        assert "填写维修申请：1幢屋顶防水" in page
        assert "您还没有任何小区" not in page
        assert "1幢屋顶防水" in text_of(manager.get("/staff/repairs/"))

    def test_from_an_empty_draft_to_the_owners(self, town, manager):
        estate = town.here.estate
        request = begun(manager, estate)
        assert "还有" in text_of(manager.get(of(request)))
        building = estate.buildings.get(name="1幢").pk
        sections = {
            "scope": {"scope": [str(building)]},
            "applicant": {
                "applicant_kind": "property_manager",
                "applicant": "样例物业服务有限公司",
                "contact_phone": "0000-1111111",
            },
            "warranty": {"warranty_note": "2006年竣工，防水保修五年早已届满。"},
            "exclusions": dict.fromkeys(EXCLUSIONS, "no"),
            "plan": {"plan": "铲除旧防水层，重做两道卷材。", "budget_fen": "40,000"},
        }
        for name, given in sections.items():
            assert manager.post(of(request, f"edit/{name}"), given).status_code == 302, name
        for number, yuan in enumerate(("40000", "42000", "45000"), start=1):
            given = {
                "firm": f"样例第{number}防水公司",
                "fen": yuan,
                "content": upload(f"报价{number}.pdf", PDF + str(number).encode()),
            }
            assert manager.post(of(request, "quotes/"), given).status_code == 302
        first = request.quotes.first()
        manager.post(of(request, f"quotes/{first.pk}/choose"))
        given = {"kind": "photo_before", "is_public": "on", "content": upload("前", photo())}
        assert manager.post(of(request, "files/"), given).status_code == 302
        page = text_of(manager.get(of(request)))
        assert "都填好了，可以核对并提交" in page
        page = text_of(manager.get(of(request, "submit")))
        # 90 of 400 m² of 40,000 yuan.
        assert "9,000.00" in page
        assert "4户余额不够，差 40,000.00 元" in page
        given = {
            "session": "new",
            "title": "关于维修1幢屋顶的共同决定",
            "organiser_kind": "owners_committee",
            "organiser": "样例花园业主委员会",
            "contact_phone": "0000-0000000",
            "understood": "on",
        }
        assert manager.post(of(request, "submit"), given).status_code == 302
        request.refresh_from_db()
        assert request.state == "voting"
        assert "提交方案第1版，交业主表决" in text_of(manager.get(of(request)))
        # The organiser finds the motion, and cannot change it.
        organiser = Client()
        organiser.force_login(
            town.person("organiser"), backend="django.contrib.auth.backends.ModelBackend"
        )
        session = Session.objects.get()
        page = text_of(organiser.get(f"/staff/sessions/{session.code}/"))
        assert "由维修申请生成" in page
        motion = session.motions.get()
        answer = organiser.get(f"/staff/sessions/{session.code}/motions/{motion.pk}")
        assert answer.status_code == 302

    def test_a_request_is_submitted_once_and_the_second_time_says_so(
        self, town, manager, monkeypatch
    ):
        request = whole_request(town.here.estate, at=timezone.now())
        given = {"session": "new", "understood": "on", **CONVENE._asdict()}
        assert manager.post(of(request, "submit"), given).status_code == 302
        for ask in (manager.post, manager.get):
            answer = ask(of(request, "submit"), given, follow=True)
            assert answer.redirect_chain == [(of(request), 302)]
            assert "已经提交过了" in text_of(answer)
        # As where both came in at once: the second one read the draft before it was gone.
        request.refresh_from_db()
        late = RepairRequest.objects.select_related("estate").get()
        late.state = "draft"
        monkeypatch.setattr("portal.views.repairs.repair_for", lambda *_asked: late)
        answer = manager.post(of(request, "submit"), given)
        assert (answer.status_code, answer.headers["Location"]) == (302, of(request))
        monkeypatch.undo()
        assert "已经提交过了" in text_of(manager.get(of(request)))
        assert request.versions.count() == 1
        assert Session.objects.count() == 1
        RepairRequest.objects.update(state="closed")
        answer = manager.post(of(request, "submit"), given, follow=True)
        assert "已经终止，不能提交" in text_of(answer)

    def test_what_is_refused_stays_in_the_form(self, town, manager):
        request = begun(manager, town.here.estate)
        given = {"session": "new", "title": "我的名称", "understood": "on"}
        answer = manager.post(of(request, "submit"), given)
        assert answer.status_code == 400
        page = answer.content.decode()
        assert "我的名称" in page
        for sentence in ("请上传维修前的照片", "请填写预算金额", "至少要3家报价"):
            assert sentence in page
        request.refresh_from_db()
        assert (request.state, request.title) == ("draft", "1幢屋顶防水")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("0", "金额不能为零"),
            ("-1", "金额不能为负数"),
            ("1.234", "金额最多两位小数"),
            ("1000000000000000", "金额过大"),
            ("一万", "金额不是数字"),
        ],
    )
    def test_amounts(self, town, manager, typed, said):
        request = begun(manager, town.here.estate)
        answer = manager.post(
            of(request, "edit/plan"), {"plan": "方案如下", "budget_fen": typed}
        )
        assert answer.status_code == 400
        assert said in answer.content.decode()
        given = {"firm": "甲", "fen": typed, "content": upload("a.pdf")}
        assert said in manager.post(of(request, "quotes/"), given).content.decode()
        assert not request.quotes.exists()

    def test_the_warranty_sends_it_to_the_builder(self, town, manager):
        request = begun(manager, town.here.estate)
        tomorrow = timezone.localdate() + timedelta(days=1)
        manager.post(of(request, "edit/warranty"), {"warranty_until": tomorrow.isoformat()})
        assert "请建设单位保修" in text_of(manager.get(of(request)))

    @pytest.mark.parametrize("key", EXCLUSIONS)
    def test_a_yes_names_who_pays_instead(self, town, manager, key):
        request = begun(manager, town.here.estate)
        given = {**dict.fromkeys(EXCLUSIONS, "no"), key: "yes"}
        manager.post(of(request, "edit/exclusions"), given)
        page = text_of(manager.get(of(request)))
        assert page.count("不能用维修资金（165号令第二十五条") == 1

    def test_strangers_find_nothing(self, town, manager):
        request = whole_request(town.here.estate)
        kept = request.files.first()
        other = Client()
        other.force_login(
            town.person("other property_manager"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        for tail in ("", "quotes/", "submit", f"files/{kept.pk}"):
            assert other.get(of(request, tail)).status_code == 404
        assert manager.get(of(request, f"files/{kept.pk}")).status_code == 200

    def test_a_paper_of_another_request_is_not_found(self, town, manager):
        one, other = whole_request(town.here.estate), whole_request(town.here.estate)
        kept = other.files.first()
        assert manager.get(of(one, f"files/{kept.pk}")).status_code == 404
        assert manager.post(of(one, f"files/{kept.pk}/remove")).status_code == 404


class TestThePlan:
    def test_owners_see_what_is_published(self, town, manager, client):
        estate = town.here.estate
        base = f"/staff/repairs/estates/{estate.code}/plan/"
        year = timezone.localdate().year + 1
        given = {
            "year": year,
            "part": "roof",
            "place": "1幢屋面",
            "condition": "防水层老化",
            "estimate_fen": "40000",
        }
        assert manager.post(f"{base}new", given).status_code == 302
        public = f"/e/{estate.code}/plan/"
        assert "防水层老化" not in text_of(client.get(public))
        manager.post(f"{base}publish/{year}")
        page = text_of(client.get(public))
        assert "防水层老化" in page
        assert "40,000.00" in page
        item = PlanItem.objects.get()
        answer = manager.post(f"{base}{item.pk}", {**given, "place": "别处"})
        assert "已经公布，不能再改" in answer.content.decode()
        # A request grows out of it.
        page = manager.get(f"/staff/repairs/estates/{estate.code}/new?item={item.pk}")
        assert "防水层老化" in page.content.decode()
        manager.post(
            f"/staff/repairs/estates/{estate.code}/new?item={item.pk}",
            {"title": "1幢屋顶", "part": "roof", "place": "1幢屋面", "fault": "防水层老化"},
        )
        request = RepairRequest.objects.get()
        assert (request.plan_item, request.budget_fen) == (item, 4_000_000)

    def test_dropped_with_a_reason_or_carried_over(self, town, manager, client):
        estate = town.here.estate
        base = f"/staff/repairs/estates/{estate.code}/plan/"
        year = timezone.localdate().year + 1
        for place in ("1幢屋面", "2幢屋面"):
            given = {"year": year, "part": "roof", "place": place, "condition": "老化"}
            manager.post(f"{base}new", given)
        manager.post(f"{base}publish/{year}")
        one, other = PlanItem.objects.order_by("pk")
        assert manager.post(f"{base}{one.pk}/drop", {"reason": "不"}).status_code == 400
        manager.post(f"{base}{one.pk}/drop", {"reason": "建设单位答应保修"})
        manager.post(f"{base}{other.pk}/carry")
        page = text_of(client.get(f"/e/{estate.code}/plan/"))
        assert "建设单位答应保修" in page
        assert f"移到{year + 1}年" in page
        assert PlanItem.objects.get(state="planned").year == year + 1

    @pytest.mark.parametrize("code", ["NOWHERE", "%00", "a b"])
    def test_no_such_estate(self, client, code):
        make_estate()
        assert client.get(f"/e/{code}/plan/").status_code == 404


def asked_owners(mode: str = "record", fen: int = 0) -> tuple[RepairRequest, Vote]:
    """A repair of 1幢 before its owners, the vote open since yesterday."""
    estate = story._estate()
    account = fund_of(estate, mode)
    if fen:
        deposit(account, fen)
    now = timezone.now()
    at = now - timedelta(days=21)
    request = whole_request(estate, at=at)
    version = submit_request(code=request.code, convene=CONVENE, by=MANAGER, at=at)
    assert version.motion is not None
    session = version.motion.session
    changes = {
        "notice_on": timezone.localdate(at),
        "opens_at": now - timedelta(days=1),
        "closes_at": now + timedelta(days=5),
        "paper": False,
        "opening_policy": "secret",
    }
    edit_session(session_id=session.pk, changes=changes, actor="user:2", at=at)
    session.refresh_from_db()
    freeze_session(
        session_id=session.pk, actor="user:2", at=at, share_tables=share_tables(session)
    )
    session.refresh_from_db()
    secrets = read_spool(session.code) or {}
    letters = {
        unit.label: Letter(party, secrets[party.number].code, secrets[party.number].token)
        for party in session.parties.prefetch_related("units")
        for unit in party.units.all()
    }
    request.refresh_from_db()
    return request, Vote(session, letters)


class TestTheBallot:
    def test_share_and_balance_before_and_after(self, client):
        _request, vote = asked_owners(fen=1_000_000)
        enter(client, vote)
        page = text_of(client.get(vote.url("motions/?step=0")))
        # 4,000,000 fen × 8932 / 35772 is 998,769.99: the largest remainder gets the odd fen.
        assert "您家预计分摊 9,987.70 元" in page
        assert "现有余额 10,000.00 元" in page
        assert "分摊以后还剩 12.30 元" in page

    def test_several_units_and_too_little(self, client):
        _request, vote = asked_owners(fen=1_000_000)
        enter(client, vote, OUYANG)
        page = text_of(client.get(vote.url("motions/?step=0")))
        # 40,000.00 less 9,987.70, and three times 10,000.00.
        assert "您家预计分摊 30,012.30 元" in page
        assert "现有余额 30,000.00 元，不够，要补交 12.30 元" in page

    def test_nothing_of_it_is_public(self, client):
        request, vote = asked_owners(fen=1_000_000)
        for path in (f"/s/{vote.code}/", f"/s/{vote.code}/board/manifest.json"):
            page = client.get(path).content.decode()
            assert "1幢屋顶防水" in page
            assert "9,987.70" not in page
            assert "10,000.00" not in page
        version = request.versions.get()
        mark = f"{version.sha256[:4]} {version.sha256[4:8]}".upper()
        assert f"方案第1版，指纹 {mark}" in text_of(client.get(f"/s/{vote.code}/"))

    def test_without_a_statement_there_is_no_balance(self, client):
        _request, vote = asked_owners(mode="mirror")
        enter(client, vote)
        page = text_of(client.get(vote.url("motions/?step=0")))
        assert "您家预计分摊 9,987.70 元" in page
        assert "现有余额" not in page

    def test_the_first_page_stays_small(self, client):
        _request, vote = asked_owners(fen=1_000_000)
        enter(client, vote)
        assert len(gzip.compress(client.get(vote.url("motions/")).content)) <= 14_336

    def test_the_own_fund_leads_to_the_plan(self, client):
        _request, vote = asked_owners(fen=1_000_000)
        enter(client, vote, WANG)
        page = client.get(vote.url("fund/")).content.decode()
        assert re.search(rf"/e/{vote.session.estate.code}/plan/", page)
