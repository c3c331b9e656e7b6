"""Reminders: whom, when, once; never whose turn it is not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Message
from core.deadlines import start_of
from disclosures.models import Duty
from disclosures.services.disclosing import disclose
from disclosures.services.duties import open_duties
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said, report_source
from disclosures.tasks import SWEEPERS, remind_answers, remind_due
from portal.tasks import BY_NAME
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    MANAGER,
    OWNER,
    accounts_estate,
    can_sign,
    open_books,
    published,
)
from tests.disclosures.services.test_duties import PHONES, enrolled
from tests.town import ESTATE_ROLES, grant, make_user, town
from tests.voting.services.test_races import at_once

__all__ = ["town"]
pytestmark = pytest.mark.django_db(transaction=True)
SINCE = date(2026, 7, 1)
DUE = date(2026, 10, 30)  # of the third quarter


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path, erasable):
    can_sign(settings, tmp_path)


def noon(day):
    return start_of(day) + timedelta(hours=12)


@pytest.fixture
def estate(town):
    """Everybody here has a phone; the manager's disclosures are out."""
    found = accounts_estate(town.here.estate)
    for number, role in enumerate(
        (*ESTATE_ROLES, "residents_committee", "street_office", "bureau")
    ):
        user = make_user(f"{role}_phone", phone=f"1000000000{number}")
        grant(user, role, town.here.of(role))
    enrolled(found)
    open_duties(AT)
    for said in (PHONES,):
        disclose(
            estate_id=found.pk, manager="样例物业", said=said, file=None, by=MANAGER, at=AT
        )
    Duty.objects.filter(kind="service").update(done_at=AT)
    return found


def told():
    from accounts.models import User

    names = {user.phone: user.username for user in User.objects.all() if user.phone}
    return sorted(
        (one.template, names[one.phone].removesuffix("_phone")) for one in Message.objects.all()
    )


def test_a_week_before_and_the_day_after_once_each(estate):
    assert remind_due(noon(DUE - timedelta(days=8))) == 0
    # Without books: revenue is the manager's, expenses the committee's.
    first = [("accounts_due", "organiser"), ("accounts_due", "property_manager")]
    assert remind_due(noon(DUE - timedelta(days=7))) == 2
    assert told() == first
    for days in range(7):
        assert remind_due(noon(DUE - timedelta(days=days))) == 0
    again = [("accounts_late", "organiser"), ("accounts_late", "property_manager")]
    assert remind_due(noon(DUE + timedelta(days=1))) == 2
    assert told() == first + again
    for days in range(1, 12):
        assert remind_due(noon(DUE + timedelta(days=days))) == 0


def test_whoever_holds_the_money_is_told_and_nobody_once_it_is_out(estate):
    book = open_books(estate, holder="committee")
    remind_due(noon(DUE - timedelta(days=7)))
    assert told() == [("accounts_due", "organiser")]  # of both, in one message
    [message] = Message.objects.all()
    assert message.params["what"] == "公共收益、业主委员会经费"
    assert message.params["day"] == "2026年10月30日"
    at = datetime(2026, 10, 26, 2, 0, tzinfo=UTC)
    from tests.disclosures.accounts import STREET

    published(book, at=at, keeper=COMMITTEE, by=STREET)
    remind_due(noon(DUE + timedelta(days=1)))
    late = Message.objects.get(template="accounts_late")
    assert late.params["what"] == "业主委员会经费"
    assert late.params["late"] == "2026年11月15日"


def test_nothing_old_is_sent_to_whoever_is_enrolled_late(estate):
    assert remind_due(noon(DUE + timedelta(days=30))) == 0
    assert not Message.objects.exists()


def test_two_workers_tell_once(estate):
    at = noon(DUE - timedelta(days=3))
    at_once(*[lambda: remind_due(at)] * 2)
    assert len(told()) == 2


def test_whoever_answers_is_told_on_the_day_before_the_last(estate):
    out = published(open_books(estate))
    common = {"by": OWNER, "at": AT}
    said = Said("为什么没有收入？", None, "q")
    one = ask(publication_id=out.pk, kind="question", line=None, said=said, **common)
    report_source(
        estate_id=estate.pk, place="北门", said=Said("广告牌", None, "r"), photo=None, **common
    )
    # Asked on the 12th: ten days later, by the end of the 22nd.
    assert remind_answers(noon(date(2026, 10, 20))) == 0
    assert remind_answers(noon(date(2026, 10, 21))) == 2
    assert told() == [("answers_due", "organiser"), ("answers_due", "residents_committee")]
    assert {one.params["many"] for one in Message.objects.all()} == {"2"}
    remind_answers(noon(date(2026, 10, 21)) + timedelta(hours=1))
    assert Message.objects.count() == 2
    assert remind_answers(noon(date(2026, 10, 22))) == 0
    answer(
        question_id=one.pk, upheld=False, text="这一季没有收入", covered=[], by=COMMITTEE, at=AT
    )
    Message.objects.all().delete()
    remind_answers(noon(date(2026, 10, 21)))
    assert {one.params["many"] for one in Message.objects.all()} == {"1"}


def test_the_sweepers_stand_in_the_one_table():
    for one in SWEEPERS:
        assert BY_NAME[one.name] is one
    assert BY_NAME["duties"].every == timedelta(hours=6)
