"""The register of sources: what is common, six months of parking, what owners miss."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from core.errors import RuleViolation
from disclosures.models import Contract
from disclosures.services.sources import (
    Said,
    answer_report,
    end_contract,
    end_source,
    record_source,
    report_source,
)
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    MANAGER,
    OWNER,
    accounts_estate,
    contracted,
    recorded_source,
    voucher,
)
from tests.factories import make_estate, make_owner, make_unit

pytestmark = pytest.mark.django_db


def refused(call, **given):
    with pytest.raises(RuleViolation) as found:
        call(**given)
    reasons = found.value.facts.get("reasons")
    return [one.code for one in reasons] if reasons else found.value.code


def test_planned_parking_is_no_common_income():
    given = {"estate_id": accounts_estate().pk, "place": "地下一层", "quantity": "60个",
             "by": COMMITTEE, "at": AT}  # fmt: skip
    with pytest.raises(RuleViolation, match="民法典第275条"):
        record_source(**given, kind="planned_parking")
    assert record_source(**given, kind="parking").number == 1


def test_bad_sources():
    given = {"estate_id": accounts_estate().pk, "place": "1幢电梯", "quantity": "",
             "by": COMMITTEE, "at": AT}  # fmt: skip
    assert refused(record_source, **given, kind="gold") == ["source.kind"]
    assert refused(record_source, **given | {"place": ""}, kind="locker") == ["place.missing"]
    record_source(**given, kind="lift_ad")
    assert refused(record_source, **given, kind="lift_ad") == ["source.known"]
    # The same place of another kind is another source.
    assert record_source(**given, kind="locker").number == 2


def test_parking_to_outsiders_by_the_profile():
    estate = accounts_estate(**{"revenue.outside_parking_months": 6})
    source = recorded_source(estate, "parking", "北门内")
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    with pytest.raises(RuleViolation, match="不得超过6个月"):
        contracted(source, **year)
    assert contracted(source, **year, outsider=False).pk
    assert contracted(source, first=date(2026, 1, 1), last=date(2026, 6, 30)).pk


def test_a_contract_ends_early_and_nothing_else_of_it_changes():
    contract = contracted(recorded_source(accounts_estate()))
    given = {"contract_id": contract.pk, "by": COMMITTEE, "at": AT}
    last = date(2026, 9, 30)
    assert refused(end_contract, **given, last=last, reason="x") == ["contract.reason"]
    for day in (date(2025, 12, 31), date(2026, 12, 31)):
        assert refused(end_contract, **given, last=day, reason="双方协商") == ["contract.day"]
    end_contract(**given, last=last, reason="双方协商终止")
    assert refused(end_contract, **given, last=last, reason="再终止") == "contract.ended"
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.update(fen=1)


def test_a_source_with_a_running_contract_does_not_end():
    contract = contracted(recorded_source(accounts_estate()))
    given = {"source_id": contract.source_id, "last": date(2026, 9, 30), "by": COMMITTEE,
             "at": AT, "reason": "设备拆除"}  # fmt: skip
    assert refused(end_source, **given) == "source.contract"
    end_contract(contract_id=contract.pk, last=given["last"], reason="设备拆除", by=COMMITTEE,
                 at=AT)  # fmt: skip
    assert end_source(**given).ended_on == given["last"]
    assert refused(end_source, **given) == "source.ended"
    with pytest.raises(RuleViolation, match="已经登记为终止"):
        contracted(contract.source)


def test_an_owner_reports_and_the_committee_answers():
    estate = accounts_estate()
    unit = estate.units.first()
    given = {"estate_id": estate.pk, "place": "南门道闸", "photo": voucher(), "by": OWNER,
             "at": AT}  # fmt: skip
    report = report_source(**given, said=Said("有广告，没有登记", unit.pk, "s1"))
    assert report_source(**given, said=Said("再发一次", unit.pk, "s1")) == report
    # Answered within ten days after the day it came in.
    assert report.due_at - AT < timedelta(days=11)
    answered = {"report_id": report.pk, "covered": ["张三"], "by": COMMITTEE, "at": AT}
    assert refused(answer_report, **answered | {"by": MANAGER}, answer="好", kind="") == (
        "report.role"
    )
    assert refused(answer_report, **answered, answer="", kind="outdoor_ad") == [
        "answer.missing"
    ]
    done = answer_report(**answered, answer="核实无误，已补登", kind="outdoor_ad")
    assert (done.state, done.source.place) == ("added", "南门道闸")
    assert refused(answer_report, **answered, answer="再答一次吧", kind="") == "report.answered"
    with pytest.raises(DatabaseError), transaction.atomic():
        type(report).objects.update(answer="改了")


def test_a_household_has_three_open_ones_and_speaks_for_its_own_estate():
    estate = accounts_estate()
    unit = estate.units.first()
    given = {"estate_id": estate.pk, "place": "南门", "photo": None, "by": OWNER, "at": AT}
    for number in range(3):
        report_source(**given, said=Said(f"这里有广告{number}", unit.pk, f"s{number}"))
    assert (
        refused(report_source, **given, said=Said("还有", unit.pk, "s4")) == "report.too_many"
    )
    other = make_estate("别处")
    room = make_unit(other, "1幢", "101", 90_00, [make_owner(other, "某某")])
    assert refused(report_source, **given, said=Said("别处的", room.pk, "s5")) == ["unit.other"]
