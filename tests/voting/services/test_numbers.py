"""A document number that one person entered where others were before proves nothing yet."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.identity import Person
from accounts.models import Message
from core.errors import RuleViolation
from funds.selectors.phones import owners_by_document, units_by_document
from funds.services.entering import owner_vouched_for, person_of
from logbook.models import Entry
from registry.models import NumberCheck, Owner, RollNotice
from registry.selectors import current_titles, document_key
from registry.services.imports import confirm_import, preview_import, undo_import
from registry.services.titles import NewOwner, record_transfer
from tests.factories import FREEZE, frozen_vote, small_estate
from tests.registry.rolls import AT, as_csv, line, make_estate, number
from voting.services.numbers import confirm_numbers, show_numbers
from voting.services.phones import tell_notices
from voting.steps import Signer

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)
CLERK, SECOND = Signer("user:1", "organiser"), Signer("user:2", "residents_committee")


def imported(estate, *rows, at=AT):
    kept = preview_import(
        estate_id=estate.pk, file_name="a.csv", content=as_csv(rows), mapping=None,
        actor="user:1", at=at,
    )  # fmt: skip
    return confirm_import(import_id=kept.pk, actor="user:3", at=at)


def waits(estate):
    """Owners whose number counts for nothing so far."""
    return {
        one.name
        for unit in current_titles(estate.pk)
        for one in unit.owners
        if one.number_waits
    }


def confirmed(estate, signer=SECOND, at=AT + DAY):
    keys = list(NumberCheck.objects.values_list("pk", flat=True))
    return confirm_numbers(estate_id=estate.pk, check_ids=keys, signer=signer, at=at)


@pytest.fixture
def numbered():
    """An owner of the first roll without a number; a later file enters one."""
    estate = make_estate()
    imported(estate, line(证件号码="", 联系电话="10000000001"))
    done = imported(estate, line(证件号码=number(7)), at=AT + DAY)
    assert done.summary["numbers_wait"] == 1
    return estate


def test_the_first_roll_comes_with_its_numbers():
    estate = make_estate()
    assert imported(estate, line()).summary["numbers_wait"] == 0
    assert waits(estate) == set()
    # The same file once more tells nobody anything.
    assert imported(estate, line(), at=AT + DAY).summary["numbers_wait"] == 0


def test_a_later_number_waits_for_another_person(numbered):
    assert waits(numbered) == {"王五"}
    assert confirmed(numbered, Signer("user:1", "residents_committee")) == 0
    with pytest.raises(RuleViolation) as refused:
        confirmed(numbered, CLERK)
    assert refused.value.code == "number.role"
    assert waits(numbered) == {"王五"}
    assert confirmed(numbered) == 1
    assert confirmed(numbered) == 0
    assert waits(numbered) == set()
    told = Entry.objects.filter(kind="numbers-confirmed").get()
    said = bytes(told.line).decode()
    assert f'"owners":[{Owner.objects.get().pk}]' in said
    for hidden in (number(7), "王五"):
        assert hidden not in said


def test_the_owner_is_told_when_it_counts(numbered):
    assert tell_notices(AT + DAY) == 0
    confirmed(numbered)
    assert tell_notices(AT + DAY) == 1
    message = Message.objects.get()
    assert (message.phone, message.params["what"]) == ("10000000001", "登记了证件号码")


def test_no_door_opens_by_it(numbered):
    key = document_key("", "王五", number(7))
    held = Owner.objects.get().phone_hash
    asked = {"held": held, "name": "王", "tail": number(7)[-6:], "at": AT + DAY}
    person = Person("王五", number(7))
    assert owner_vouched_for(person) == ""
    assert units_by_document(key) == []
    assert person_of(**asked) == ""
    confirmed(numbered)
    assert owner_vouched_for(person) == key
    assert [one.name for one in owners_by_document(key)] == ["王五"]
    assert len(units_by_document(key)) == 1
    assert person_of(**asked) == key


def test_no_letter_is_checked_by_it():
    """What is frozen has no digits of the document to ask for."""
    estate = small_estate()
    wang = next(one for one in Owner.objects.all() if one.name == "王一")
    NumberCheck.objects.create(owner=wang, entered_by="user:1", entered_at=FREEZE)
    vote = frozen_vote(estate)
    others = [one.document_tails for one in vote.session.parties.exclude(number=1)]
    assert vote.party(1).document_tails == ""
    assert all(others)


@pytest.mark.parametrize("way", ["file", "transfer"])
def test_whoever_takes_an_owners_place_waits_too(way):
    estate = make_estate()
    imported(estate, line())
    if way == "file":
        imported(estate, line(权利人="赵六", 证件号码=number(7)), at=AT + DAY)
    else:
        record_transfer(
            unit_id=current_titles(estate.pk)[0].unit_id,
            owners=[NewOwner("赵六", number(7))],
            basis="register",
            on=timezone.localdate(AT + DAY),
            actor="user:1",
            at=AT + DAY,
        )
    assert waits(estate) == {"赵六"}
    assert confirmed(estate) == 1
    assert waits(estate) == set()


def test_whoever_is_put_beside_an_owner_waits_too():
    estate = make_estate()
    imported(estate, line())
    both = line(权利人="王五、赵六", 证件号码=f"{number(1)}、{number(7)}", 共有情况="共同共有")
    imported(estate, both, at=AT + DAY)
    assert waits(estate) == {"赵六"}


def test_the_first_owner_of_a_handed_over_room_does_not_wait():
    estate = make_estate()
    imported(estate, line(), line(室号="102", 权利人="", 证件号码="", 状态="未售"))
    empty = next(one for one in current_titles(estate.pk) if not one.owners)
    record_transfer(
        unit_id=empty.unit_id, owners=[NewOwner("赵六", number(7))], basis="register",
        on=timezone.localdate(AT), actor="user:1", at=AT,
    )  # fmt: skip
    assert waits(estate) == set()


def test_an_undone_import_takes_it_back(numbered):
    undo_import(import_id=numbered.imports.latest("pk").pk, actor="user:3", at=AT + DAY)
    assert not NumberCheck.objects.exists()
    imported(numbered, line(证件号码=number(7)), at=AT + 2 * DAY)
    assert waits(numbered) == {"王五"}


def test_a_look_is_written_down_and_not_at_ones_own(numbered):
    keys = list(NumberCheck.objects.values_list("pk", flat=True))
    own = Signer("user:1", "residents_committee")
    ask = {"estate_id": numbered.pk, "check_ids": keys, "at": AT + DAY}
    assert show_numbers(signer=own, **ask) == []
    assert not Entry.objects.filter(kind="numbers-shown").exists()
    assert [one.owner.name for one in show_numbers(signer=SECOND, **ask)] == ["王五"]
    assert Entry.objects.filter(kind="numbers-shown").count() == 1


def test_another_estates_numbers_are_not_reached(numbered):
    assert confirmed(make_estate("另一处")) == 0
    assert waits(numbered) == {"王五"}
    assert not RollNotice.objects.exists()


def test_the_database_asks_for_two_people_too(numbered):
    row = NumberCheck.objects.get()
    row.confirmed_by = row.entered_by
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
