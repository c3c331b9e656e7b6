"""Problem 15, found by the rows alone: money that left with no decision behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from committees.selectors.fund_findings import fund_findings
from core.deadlines import local_day
from funds.domain.books import Line
from funds.models import Instalment, RepairVersion
from funds.services.books import draft_reversal, seal_voucher
from registry.models import Estate
from tests.disclosures.accounts import can_sign
from tests.funds.books import SEALER, deposit, draft, make_account
from tests.funds.payments import DAY, funded, order, pay, ready, revoke
from tests.funds.repairs import AT
from voting.models import StandingEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


def found(on=DAY):
    return fund_findings(Estate.objects.all(), on)


def test_a_payment_on_a_decision_is_none():
    pay(funded())
    assert Instalment.objects.filter(state="paid").exists()
    assert found() == []


def test_a_decision_taken_back_afterwards_was_one_when_the_money_left():
    case = funded()
    pay(case)
    decision = case.request.emergency_decisions.get()
    decision.pk, decision.authorises, decision.at = None, False, AT + timedelta(days=3)
    decision.save()
    assert found(DAY + timedelta(days=9)) == []


def test_ordered_is_not_paid():
    case = funded()
    ready(case)
    order(case)
    revoke(case)
    assert found() == []


def test_no_decision_on_the_day_of_the_payment():
    case = funded()
    pay(case)
    before = DAY - timedelta(days=3)
    Instalment.objects.filter(state="paid").update(paid_on=before)
    assert found(before - timedelta(days=1)) == []
    [one] = found()
    paid = Instalment.objects.get(state="paid")
    assert (one.code, one.since) == (15, before)
    assert one.key.endswith(f":instalment:{paid.pk}")
    assert [proof[:2] for proof in one.evidence] == [
        ("funds.instalment", paid.pk), ("funds.repairversion", paid.application.version_id),
    ]  # fmt: skip
    assert "没有业主大会或者相关业主的决定" in one.evidence[0].sentence
    assert one.item.startswith("未经业主大会或相关业主授权，违规提取")
    assert one.unit == paid.application.request.special.authority.name


def test_decided_against():
    case = funded()
    pay(case)
    revoke(case)
    [one] = found()
    assert "应急维修的决定是不同意" in one.evidence[0].sentence


class TestOfAVote:
    @pytest.fixture
    def paid(self):
        """A payment on a version that the owners decided on."""
        from tests.factories import frozen_vote

        case = funded()
        pay(case)
        motion = frozen_vote().session.motions.first()
        RepairVersion.objects.update(verdict="passed", motion=motion)
        return motion

    def event(self, motion, kind, days, about=None):
        StandingEvent.objects.create(
            session=motion.session, motion=about, kind=kind, authority="样例区人民法院",
            reference="1号", dated=DAY + timedelta(days=days), reason="程序不合规",
            content_type="application/pdf", content=b"", sha256="0" * 64,
            recorded_by="user:1", recorded_role="street_office", recorded_at=AT,
        )  # fmt: skip

    def test_that_passed(self, paid):
        assert found() == []

    @pytest.mark.parametrize("verdict", ["rejected", "no_quorum", "undetermined", ""])
    def test_that_did_not(self, paid, verdict):
        RepairVersion.objects.update(verdict=verdict)
        [one] = found()
        assert "没有通过这一版方案" in one.evidence[0].sentence

    @pytest.mark.parametrize("kind", ["revoked", "suspended", "superseded"])
    def test_that_had_fallen_before(self, paid, kind):
        self.event(paid, kind, -1)
        [one] = found()
        assert one.evidence[1].model == "voting.standingevent"
        assert "样例区人民法院" in one.evidence[0].sentence

    @pytest.mark.parametrize("kind", ["revoked", "suspended", "superseded"])
    def test_that_fell_on_the_day_or_later(self, paid, kind):
        self.event(paid, kind, 0)
        self.event(paid, kind, 5)
        assert found(DAY + timedelta(days=9)) == []

    @pytest.mark.parametrize("kind", ["challenged", "correction"])
    def test_that_is_only_in_doubt(self, paid, kind):
        self.event(paid, kind, -1)
        assert found() == []

    def test_that_went_on_again(self, paid):
        self.event(paid, "suspended", -5)
        self.event(paid, "resumed", -2)
        assert found() == []


def released(account, fen=100):
    """A voucher that takes money from a unit, and nothing says for what."""
    sub = account.subs.first()
    made = draft(account.special, [Line("bank", None, -fen), Line("sub", sub.pk, fen)],
                 "release", dated_on=local_day(AT))  # fmt: skip
    return seal_voucher(voucher_id=made.pk, actor=SEALER, at=AT)


def test_a_voucher_of_no_repair():
    account = make_account()
    deposit(account, 5000)
    taken = released(account)
    [one] = found(local_day(AT))
    assert one.key.endswith(f":voucher:{taken.pk}:agency")
    assert [proof[:2] for proof in one.evidence] == [("funds.voucher", taken.pk)]
    assert "支出1.00元" in one.evidence[0].sentence
    assert found(local_day(AT) - timedelta(days=1)) == []


def test_one_that_was_taken_back():
    account = make_account()
    deposit(account, 5000)
    taken = released(account)
    back = draft_reversal(
        voucher_id=taken.pk, dated_on=local_day(AT), reason="录错了金额", actor="user:1", at=AT
    )
    assert len(found(local_day(AT))) == 1
    seal_voucher(voucher_id=back.pk, actor=SEALER, at=AT)
    assert found(local_day(AT)) == []
