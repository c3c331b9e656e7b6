"""Figures people see of a repair that is being paid: by hand, unit by unit."""

import pytest

from core.deadlines import local_day
from core.errors import RuleViolation
from documents.authority import development_identity
from funds.models import FundApplication
from funds.selectors.owners import own_accounts
from funds.selectors.public import public_repair
from funds.selectors.requests import frozen_shares
from funds.services.settling import FinalCost, state_settlement
from tests.funds.payments import DAY, exact, funded, pay, settle
from tests.funds.repairs import APPLICANT, AT, BUDGET, paper

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def test_what_was_paid_is_not_taken_from_the_balance_a_second_time():
    # 9,000.00 on 900 m²: 1,000.00 for 100 m². 3,600.00 are paid: 400.00 of it.
    case = funded()  # 2,000.00 in each sub-account
    pay(case)
    hundred = [one for one in frozen_shares(case.version) if one.area == 100_00]
    assert {(one.share, one.before, one.after) for one in hundred} == {
        (1_000_00, 1_600_00, 1_000_00)
    }
    settle(case, 5_400_00)
    pay(case, 2)
    hundred = [one for one in frozen_shares(case.version) if one.area == 100_00]
    assert {(one.share, one.before, one.after) for one in hundred} == {
        (600_00, 1_400_00, 1_400_00)
    }
    assert [one.share for one in frozen_shares(case.version)] == [
        exact(5_400_00, case)[one.unit_id] for one in case.version.units.order_by("pk")
    ]


def test_an_owner_sees_what_is_still_to_come():
    case = funded()
    unit = next(one for one in case.version.units.all() if one.area == 100_00)
    today = local_day(AT)

    def own():
        [account] = own_accounts([unit.unit_id], today=today)
        return account

    pay(case)
    [repair] = own().repairs
    assert (repair.fen, repair.most, repair.to_come) == (400_00, 1_000_00, 600_00)
    assert own().after_all == 1_000_00
    settle(case, 5_400_00)
    pay(case, 2)
    [repair] = own().repairs
    assert (repair.fen, repair.most) == (600_00, None)
    assert own().after_all is None
    assert own().balance == 1_400_00


def test_what_the_desks_sent_back_asks_for_nothing_in_public():
    case = funded()
    before = case.application
    FundApplication.objects.filter(pk=before.pk).update(state="returned")
    second = FundApplication.objects.get(pk=before.pk)
    second.pk, second.number, second.state = None, 2, "passed"
    second.save()
    second.instalments.create(position=1, kind="final", fen=BUDGET, condition="验收合格")
    shown = public_repair(case.code)
    assert shown is not None
    assert [(one.kind, one.fen) for one in shown.instalments] == [("final", BUDGET)]


def test_nothing_is_accepted_before_it_was_begun():
    case = funded()
    for kind in ("acceptance", "settlement"):
        paper(case, kind)
    yesterday = DAY.replace(day=DAY.day - 1)
    with pytest.raises(RuleViolation) as found:
        state_settlement(
            code=case.code,
            cost=FinalCost(BUDGET, yesterday, None, None, "按合同单价结算"),
            by=APPLICANT,
            at=AT,
        )
    assert [one.field for one in found.value.facts["reasons"]] == ["accepted_on"]
