"""待办 of who pays for repairs and of who applied, through HTTP: a task once it can be done,
on the desk of somebody who can do it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.deadlines import local_day
from documents.authority import development_identity
from funds.models import Instalment, RepairRequest
from funds.services.accounts import open_account, open_special_account
from funds.services.releases import ask_instalment, confirm_instalment
from funds.services.requests import start_request
from funds.services.settling import FinalCost, confirm_settlement, state_settlement
from funds.steps import By
from tests.funds.books import deposit
from tests.funds.payments import close, not_paid, order
from tests.funds.repairs import (
    AT,
    BUDGET,
    apply_for,
    approve,
    emergency_repair,
    paper,
    show,
    voted_repair,
)
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
CONFIRM, LIST, RECEIPT = "确认付款申请", "列入划转清单", "录入银行回单"
SETTLE, REFUND = "确认结算", "等款项退回，录入退款回单"
AGAIN, NEXT, PUBLISH = (
    "银行没有付，重新申请付款",
    "可以申请下一期付款",
    "公示应急维修的费用和分摊",
)


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


class Cast:
    """The town with a second official and a second member of the committee."""

    def __init__(self, town, custody):
        self.users = {
            "applicant": town.person("organiser"),
            "member": make_user("member"),
            "bureau": town.person("bureau"),
            "second": make_user("second"),
            "other bureau": town.person("other bureau"),
            "manager": town.person("property_manager"),
        }
        grant(self.users["member"], "organiser", town.here.estate)
        grant(self.users["second"], "bureau", town.here.district)
        special = open_special_account(
            authority=town.here.district, bank="样例银行", number="6222000000000001",
            ledger_mode="record", opened_on=local_day(AT), actor="user:1", at=AT,
        )  # fmt: skip
        self.account = open_account(
            special_id=special.pk, estate=town.here.estate, actor="user:1", at=AT
        )
        deposit(self.account, 2_000_00)
        self.custody = custody
        self.payers = ("applicant", "member") if custody == "self" else ("bureau", "second")
        self.authority = None if custody == "self" else town.here.district.pk

    def by(self, name):
        role = "organiser" if name in ("applicant", "member") else "bureau"
        authority = None if role == "organiser" else self.authority
        return By(f"user:{self.users[name].pk}", role, authority)

    def desks(self):
        """What stands under 在您手里 of the pages: who → the kinds of task about money."""
        found = {}
        for name, user in self.users.items():
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            page = client.get("/staff/").content.decode()
            links = re.findall(r'<td><a href="([^"]+)">([^<]+)：更换1号电梯钢丝绳</a>', page)
            for url, _what in links:
                assert client.get(url).status_code == 200
            whats = {what for _url, what in links}
            if whats:
                found[name] = whats
        return found

    def approved(self, case):
        apply_for(case)
        approve(case)
        return case

    def stated(self, case, fen, *, at=AT):
        if at == AT:
            paper(case, "acceptance")
            paper(case, "settlement")
        cost = FinalCost(fen, local_day(AT), None, None, "金额小，按合同单价结算")
        return state_settlement(code=case.code, cost=cost, by=self.by("applicant"), at=at)


@pytest.fixture(params=["agency", "self"])
def cast(town, request):
    return Cast(town, request.param)


def only(cast, *names, what):
    """Nobody else has it, and these have nothing else."""
    return {name: {what} for name in names}


def test_each_step_of_a_payment_lies_with_who_can_do_it(cast):
    case = cast.approved(voted_repair(cast.account, custody=cast.custody))
    one, other = cast.payers
    applicants = ("applicant", "member")
    assert cast.desks() == only(cast, *applicants, what=NEXT)

    ask_instalment(code=case.code, position=1, by=cast.by("applicant"), at=AT)
    waiting = ("member",) if cast.custody == "self" else cast.payers
    assert cast.desks() == only(cast, *waiting, what=CONFIRM)
    confirm_instalment(code=case.code, position=1, by=cast.by(other), at=AT)
    assert cast.desks() == only(cast, *cast.payers, what=LIST)

    order(case, by=cast.by(one))
    assert cast.desks() == only(cast, other, what=RECEIPT)
    not_paid(case, by=cast.by(other))
    assert cast.desks() == only(cast, *applicants, what=AGAIN)

    ask_instalment(code=case.code, position=3, by=cast.by("applicant"), at=AT)
    confirm_instalment(code=case.code, position=3, by=cast.by(other), at=AT)
    order(case, 3, by=cast.by(one))
    close(case, 3, by=cast.by(other))
    # Only the last one is left: it waits for the final cost.
    assert cast.desks() == {}

    cast.stated(case, BUDGET)
    assert cast.desks() == only(cast, *set(cast.payers) - {"applicant"}, what=SETTLE)
    confirm_settlement(code=case.code, by=cast.by(other), at=AT)
    assert cast.desks() == only(cast, *applicants, what=NEXT)
    RepairRequest.objects.update(hold="主管部门责令整改")
    assert cast.desks() == {}  # it would be refused


def test_a_final_cost_cannot_be_confirmed_while_money_is_on_its_way(cast):
    case = cast.approved(voted_repair(cast.account, custody=cast.custody))
    ask_instalment(code=case.code, position=1, by=cast.by("applicant"), at=AT)
    cast.stated(case, BUDGET)
    assert SETTLE not in set().union(*cast.desks().values())


def test_what_comes_back_waits_for_another_than_who_confirmed(cast):
    case = cast.approved(voted_repair(cast.account, custody=cast.custody))
    one, other = cast.payers
    ask_instalment(code=case.code, position=1, by=cast.by("applicant"), at=AT)
    confirm_instalment(code=case.code, position=1, by=cast.by(other), at=AT)
    order(case, by=cast.by(one))
    close(case, by=cast.by(other))
    cast.stated(case, 3_000_00)  # less than the 3,600.00 that were paid
    confirm_settlement(code=case.code, by=cast.by(other), at=AT)
    assert cast.desks() == only(cast, one, what=REFUND)
    RepairRequest.objects.update(state="closed")  # money comes back after the end too
    assert cast.desks() == only(cast, one, what=REFUND)


def test_an_emergency_is_shown_once_its_final_cost_is_stated(cast):
    case = cast.approved(emergency_repair(cast.account, custody=cast.custody, on_show=False))
    applicants = ("applicant", "member")
    Instalment.objects.filter(position=1).update(state="paid")
    assert cast.desks() == {}
    cast.stated(case, BUDGET)
    assert {name: cast.desks()[name] - {SETTLE} for name in applicants} == only(
        cast, *applicants, what=PUBLISH
    )
    shown = show(case.request, until=AT)
    assert PUBLISH not in set().union(*cast.desks().values())
    cast.stated(case, BUDGET, at=shown.posted_at + timedelta(days=1))
    assert PUBLISH in cast.desks()["applicant"]  # what hangs is not what it cost


@pytest.mark.parametrize("name", ["applicant", "bureau"])
def test_more_repairs_cost_no_more_queries(town, name):
    cast = Cast(town, "agency")
    client = Client()
    client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")

    def queries():
        client.get("/staff/")
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/staff/").content.decode()
        return len(captured), page.count("更换1号电梯钢丝绳")

    def another():
        case = cast.approved(emergency_repair(cast.account))
        if name == "bureau":
            ask_instalment(code=case.code, position=1, by=cast.by("applicant"), at=AT)

    another()
    one, lines = queries()
    for _number in range(3):
        another()
    assert (lines, queries()) == (1, (one, 4))


def test_a_draft_is_on_the_desk_of_its_own_applicant_alone(town):
    manager = town.person("property_manager")
    by = By(f"user:{manager.pk}", "property_manager")
    started = {"estate_id": town.here.estate.pk, "title": "更换水泵", "by": by, "at": AT}
    draft = start_request(**started)
    RepairRequest.objects.filter(pk=draft.pk).update(applicant_kind="property_manager")

    def sees(role):
        client = Client()
        client.force_login(town.person(role), backend=BACKEND)
        return "填写维修申请：更换水泵" in client.get("/staff/").content.decode()

    seen = {
        role: sees(role)
        for role in ("property_manager", "street_office", "organiser", "residents_committee")
    }
    assert seen == {
        "property_manager": True, "street_office": False, "organiser": False,
        "residents_committee": False,
    }  # fmt: skip
