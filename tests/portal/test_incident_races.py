"""At once: two operators confirm, two workers send, a person is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Incident, IncidentNotice, Message
from accounts.services.incident_notices import (
    Said,
    confirm_notice,
    propose_notice,
    queue_messages,
    withdraw_notice,
)
from accounts.services.incidents import record_incident
from logbook.models import Entry
from tests.factories import even_estate
from tests.voting.services.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
SAID = Said("备份遗失了", "诈骗电话", "换了钥匙", "不给验证码", "平台", "0556-5550000")
HOUSEHOLDS = 30


@pytest.fixture
def incident() -> Incident:
    estate, now = even_estate(HOUSEHOLDS), timezone.now()
    made = record_incident(
        nature="leak", noticed_at=now - timedelta(hours=1), what="一份备份不见了",
        kinds=["phone"], estates=[estate], actor="user:50901", at=now,
    )  # fmt: skip
    propose_notice(incident_id=made.pk, said=SAID, actor="user:50901", at=now)
    return made


def test_two_confirm_at_once_and_one_takes_it_back(incident: Incident) -> None:
    now = timezone.now()

    def confirm(who: str) -> str:
        confirm_notice(incident_id=incident.pk, actor=who, at=now)
        return "confirmed"

    def withdraw() -> str:
        withdraw_notice(incident_id=incident.pk, actor="user:50901", at=now)
        return "withdrawn"

    said = at_once(lambda: confirm("user:50902"), lambda: confirm("user:50903"), withdraw)
    assert said.count("incident.no_notice") == 2
    left = IncidentNotice.objects.exclude(confirmed_at=None).count()
    assert left == said.count("confirmed")
    written = Entry.objects.filter(kind__startswith="incident.notice_").count()
    assert written == 2  # proposed, and what became of it


def test_two_workers_at_once(incident: Incident) -> None:
    now = timezone.now()
    notice = confirm_notice(incident_id=incident.pk, actor="user:50902", at=now)
    said = at_once(*[lambda: queue_messages(notice_id=notice.pk, at=now)] * 3)
    assert sum(said) == HOUSEHOLDS
    assert Message.objects.count() == HOUSEHOLDS
    assert Entry.objects.filter(kind="incident.notice_queued").count() == 1
