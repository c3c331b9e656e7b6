"""Another phone of an owner: two people or the own phone, the old number told, a day held."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Message
from accounts.phones import phone_hash
from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import Finding, Owner, PhoneChange
from registry.services.imports import confirm_import, preview_import, undo_import
from registry.services.titles import NewOwner, choose_voter, record_transfer
from tests.factories import FREEZE, OPEN, frozen_vote, make_owner, small_estate
from tests.registry.rolls import AT, as_csv, line, make_estate, number
from voting.models import CheckCode
from voting.services.entering import check_second_factor, send_second_check_code
from voting.services.phones import (
    OWN,
    apply_changes,
    ask_own_change,
    confirm_change,
    propose_change,
    stop_change,
    tell_changes,
    tell_notices,
)
from voting.steps import Signer

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(hours=24), timedelta(minutes=1)
NEW = "10088880001"
CLERK, SECOND = Signer("user:1", "organiser"), Signer("user:2", "residents_committee")


@pytest.fixture
def estate():
    return small_estate()


@pytest.fixture
def wang(estate):
    return Owner.objects.get(estate=estate, document_hash=_hash("王一"))


def _hash(name):
    return next(one.document_hash for one in Owner.objects.all() if one.name == name)


def owner(name):
    return next(one for one in Owner.objects.all() if one.name == name)


def delivered(at):
    """The gateway took what was queued."""
    Message.objects.filter(state="queued").update(state="sent", sent_at=at)


def in_force(at):
    """What a day brings about: told at once, read at once, in force after it."""
    tell_changes(at)
    delivered(at)
    return apply_changes(at + DAY)


def test_the_own_change_waits_a_day_and_the_old_number_is_told(wang):
    old = wang.phone
    assert ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN) == 1
    assert apply_changes(OPEN + DAY) == 0  # nobody told: nothing gives way
    assert tell_changes(OPEN) == 1
    assert tell_changes(OPEN) == 0
    told = Message.objects.get()
    assert (told.phone, told.template, told.params["tail"]) == (old, "phone_change", "0001")
    delivered(OPEN)
    assert apply_changes(OPEN + DAY - MINUTE) == 0
    wang.refresh_from_db()
    assert wang.phone == old
    assert apply_changes(OPEN + DAY) == 1
    assert apply_changes(OPEN + DAY) == 0
    wang.refresh_from_db()
    assert (wang.phone, wang.phone_hash) == (NEW, phone_hash(NEW))


def test_at_night_the_day_begins_in_the_morning(wang):
    night = OPEN.replace(hour=14)  # 22:00 in Shanghai
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=night)
    tell_changes(night)
    change = PhoneChange.objects.get()
    # 08:00 in Shanghai of the next day, and a day more.
    assert change.takes_effect_at == (night + 2 * DAY).replace(hour=0, minute=0)


def test_a_message_that_left_late_moves_the_day(wang):
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    tell_changes(OPEN)
    assert apply_changes(OPEN + 2 * DAY) == 0  # still in the outbox
    delivered(OPEN + 2 * DAY)
    assert apply_changes(OPEN + 3 * DAY - MINUTE) == 0
    assert apply_changes(OPEN + 3 * DAY) == 1


def test_a_number_nobody_can_reach_does_not_hold_for_ever(wang):
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    tell_changes(OPEN)
    Message.objects.update(state="failed")
    assert apply_changes(OPEN + DAY) == 1


def test_the_owner_stops_it(wang):
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    tell_changes(OPEN)
    delivered(OPEN)
    stop_change(change_id=PhoneChange.objects.get().pk, signer=OWN, at=OPEN + MINUTE)
    assert apply_changes(OPEN + DAY) == 0
    with pytest.raises(RuleViolation, match="已经生效或者停止"):
        stop_change(change_id=PhoneChange.objects.get().pk, signer=OWN, at=OPEN)
    # And may ask for another one.
    assert ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN + DAY) == 1


def test_a_second_wish_takes_the_place_of_the_first(wang):
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN + MINUTE)
    assert PhoneChange.objects.count() == 1
    ask_own_change(owner_ids=[wang.pk], phone="10088880002", at=OPEN + MINUTE)
    states = list(PhoneChange.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["stopped", "held"]
    in_force(OPEN + MINUTE)
    wang.refresh_from_db()
    assert wang.phone == "10088880002"


def test_the_number_can_be_taken_off(wang):
    ask_own_change(owner_ids=[wang.pk], phone="", at=OPEN)
    tell_changes(OPEN)
    assert Message.objects.get().template == "phone_removal"
    delivered(OPEN)
    apply_changes(OPEN + DAY)
    wang.refresh_from_db()
    assert (wang.phone, wang.phone_hash) == ("", "")


@pytest.mark.parametrize(("phone", "code"), [("1388", "phone.invalid"), ("same", "phone.same")])
def test_what_no_change_is(wang, phone, code):
    typed = wang.phone if phone == "same" else phone
    with pytest.raises(RuleViolation) as refused:
        ask_own_change(owner_ids=[wang.pk], phone=typed, at=OPEN)
    assert refused.value.code == code
    with pytest.raises(RuleViolation) as refused:
        propose_change(owner_id=wang.pk, phone=typed, signer=CLERK, at=OPEN)
    assert refused.value.code == code


def test_at_the_desk_two_people(wang):
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    assert tell_changes(OPEN) == 0  # nothing has begun
    same = Signer(CLERK.actor, "residents_committee")
    for signer, code in ((CLERK, "phone.role"), (same, "phone.same_person")):
        with pytest.raises(RuleViolation) as refused:
            confirm_change(change_id=change.pk, signer=signer, at=OPEN)
        assert refused.value.code == code
    with pytest.raises(RuleViolation, match="没有完成"):
        propose_change(owner_id=wang.pk, phone="10088880002", signer=CLERK, at=OPEN)
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN + DAY)  # harmless
    assert in_force(OPEN) == 1
    with pytest.raises(RuleViolation, match="已经有人决定"):
        confirm_change(
            change_id=change.pk, signer=Signer("user:3", "supervisor"), at=OPEN + DAY
        )


def test_the_database_knows_two_people_too(wang):
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneChange.objects.filter(pk=change.pk).update(confirmed_by=CLERK.actor)


@pytest.mark.parametrize("role", ["bureau", "property_manager", "operator", ""])
def test_other_roles_have_no_say(wang, role):
    signer = Signer("user:9", role)
    with pytest.raises(RuleViolation) as refused:
        propose_change(owner_id=wang.pk, phone=NEW, signer=signer, at=OPEN)
    assert refused.value.code == "phone.role"
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    for act in (
        lambda: confirm_change(change_id=change.pk, signer=signer, at=OPEN),
        lambda: stop_change(change_id=change.pk, signer=signer, reason="不对", at=OPEN),
    ):
        with pytest.raises(RuleViolation) as refused:
            act()
        assert refused.value.code == "phone.role"


def test_a_desk_says_why_it_stops(wang):
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    with pytest.raises(RuleViolation, match="为什么停止"):
        stop_change(change_id=change.pk, signer=SECOND, reason=" ", at=OPEN)
    stop_change(change_id=change.pk, signer=SECOND, reason="申请不是本人签的", at=OPEN)
    assert PhoneChange.objects.get().reason == "申请不是本人签的"


def test_the_log_names_nobody(wang):
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    in_force(OPEN)
    lines = b"".join(
        bytes(one)
        for one in Entry.objects.filter(kind__startswith="phone-").values_list(
            "line", flat=True
        )
    )
    assert b"phone-changed" in lines
    for word in (NEW, wang.phone, wang.name, wang.document_number):
        assert word.encode() not in lines


# --- a roll that is being voted by -----------------------------------------------------------


def test_a_running_vote_asks_the_new_number(estate, sms):
    vote = frozen_vote(estate)
    wang = owner("王一")
    party = vote.party(1)
    assert party.phone == wang.phone
    send_second_check_code(party_id=party.pk, at=OPEN)
    digits = sms[-1]["text"][3:9]
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    in_force(OPEN)
    assert vote.party(1).phone == NEW
    # What went to the old number opens nothing any more.
    assert not CheckCode.objects.filter(party=party).exists()
    assert not check_second_factor(
        party_id=party.pk, method="sms", answer=digits, at=OPEN + MINUTE
    )


@pytest.fixture
def sms(monkeypatch):
    found = []

    class Gateway:
        def send(self, **said):
            found.append(said)

    monkeypatch.setattr("accounts.services.messages.gateway", Gateway)
    return found


def test_a_first_number_reaches_the_running_vote(estate):
    vote = frozen_vote(estate)
    li = owner("李二")
    assert vote.party(2).phone == ""
    change = propose_change(owner_id=li.pk, phone=NEW, signer=CLERK, at=OPEN)
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    in_force(OPEN)
    assert vote.party(2).phone == NEW
    assert not Message.objects.exists()  # there was nobody to tell


def test_who_was_not_chosen_to_vote_does_not_get_the_vote(estate):
    vote = frozen_vote(estate)
    joint = next(one for one in vote.session.parties.all() if one.why == "joint")
    qian = owner("钱五")
    ask_own_change(owner_ids=[qian.pk], phone=NEW, at=OPEN)
    in_force(OPEN)
    joint.refresh_from_db()
    assert joint.phone == owner("赵四").phone


def test_a_roll_frozen_at_that_moment_is_followed(estate):
    """The roll was read before the change, and committed after it was looked for."""
    wang = owner("王一")
    old = wang.phone
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=FREEZE - DAY)
    in_force(FREEZE - DAY)
    Finding.objects.update(state="waived")  # of the invented numbers
    vote = frozen_vote(estate)
    vote.session.parties.filter(number=1).update(phone=old)
    apply_changes(FREEZE + MINUTE)
    assert vote.party(1).phone == NEW
    apply_changes(FREEZE + timedelta(minutes=11))
    assert PhoneChange.objects.get().followed


def test_a_vote_that_is_over_stays_as_it_was(estate):
    vote = frozen_vote(estate)
    closes = vote.session.closes_at
    wang = owner("王一")
    old = wang.phone
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=closes)
    in_force(closes)
    assert vote.party(1).phone == old


# --- a file with the roll -----------------------------------------------------------------


def imported(estate, *rows, at=AT):
    kept = preview_import(
        estate_id=estate.pk, file_name="a.csv", content=as_csv(rows), mapping=None,
        actor="user:1", at=at,
    )  # fmt: skip
    return confirm_import(import_id=kept.pk, actor="user:3", at=at)


def test_a_file_does_not_change_a_number_at_once():
    """A second person first, then the old number and a day: as at a desk."""
    estate = make_estate()
    imported(estate, line(联系电话="10000000001"))
    assert owner("王五").phone == "10000000001"  # of the first owner of a unit
    done = imported(estate, line(联系电话="10000000002"), at=AT + DAY)
    assert done.summary["phones_held"] == 1
    assert in_force(AT + DAY) == 0
    # The same file once more says the same.
    imported(estate, line(联系电话="10000000002"), at=AT + DAY + MINUTE)
    change = PhoneChange.objects.get()
    confirm_change(change_id=change.pk, signer=SECOND, at=AT + DAY)
    assert owner("王五").phone == "10000000001"
    in_force(AT + DAY)
    assert Message.objects.get().phone == "10000000001"
    assert owner("王五").phone == "10000000002"


def proposals():
    """Numbers that wait for a second person, by owner's name."""
    found = PhoneChange.objects.filter(state="proposed").select_related("owner")
    return {one.owner.name: one.phone for one in found}


def heard():
    """(number, what) of what owners heard of their titles."""
    found = Message.objects.filter(template="title_changed").order_by("pk")
    return [(one.phone, one.params["what"]) for one in found]


THEIRS = "10000000001"


@pytest.fixture
def victim():
    estate = make_estate()
    imported(estate, line(联系电话=THEIRS))
    return owner("王五")


def test_another_name_in_an_owners_place_gets_no_vote_by_a_file(victim):
    """One step: the same room, another document, an own number."""
    imported(victim.estate, line(证件号码=number(7), 联系电话=NEW), at=AT + DAY)
    put = next(one for one in Owner.objects.all() if one.pk != victim.pk)
    assert (put.phone, put.phone_hash) == ("", "")
    assert proposals() == {"王五": NEW}
    assert tell_notices(AT + DAY) == 1
    assert tell_notices(AT + DAY) == 0
    assert heard() == [(THEIRS, "登记给了他人")]
    assert apply_changes(AT + 9 * DAY) == 0
    confirm_change(change_id=PhoneChange.objects.get().pk, signer=SECOND, at=AT + DAY)
    assert in_force(AT + DAY) == 1
    put.refresh_from_db()
    assert put.phone == NEW


def test_nor_by_a_transfer_and_then_a_first_number(victim):
    unit = victim.ownerships.get().unit
    on = timezone.localdate(AT + DAY)
    given = [NewOwner("王五", number(7))]
    record_transfer(
        unit_id=unit.pk, owners=given, basis="register", on=on, actor="user:1", at=AT + DAY
    )
    tell_notices(AT + DAY)
    assert heard() == [(THEIRS, "登记给了他人")]
    imported(victim.estate, line(证件号码=number(7), 联系电话=NEW), at=AT + 2 * DAY)
    assert proposals() == {"王五": NEW}


def test_nor_beside_an_owner(victim):
    imported(
        victim.estate,
        line(权利人="王五、赵六", 证件号码=f"{number(1)}、{number(7)}",
             联系电话=f"{THEIRS}、{NEW}", 共有情况="共同共有"),
        at=AT + DAY,
    )  # fmt: skip
    assert proposals() == {"赵六": NEW}
    tell_notices(AT + DAY)
    assert heard() == [(THEIRS, "增加了共有人")]


def test_a_first_number_of_a_known_owner_waits_for_a_second_person():
    estate = make_estate()
    imported(estate, line())
    done = imported(estate, line(联系电话=NEW), at=AT + DAY)
    assert done.summary["phones_held"] == 1
    assert proposals() == {"王五": NEW}
    assert owner("王五").phone == ""


def test_what_the_owner_stopped_no_file_asks_again(victim):
    for turn in range(2):
        imported(victim.estate, line(联系电话=NEW), at=AT + (turn + 1) * DAY)
        for change in PhoneChange.objects.filter(state="proposed"):
            assert turn == 0
            confirm_change(change_id=change.pk, signer=SECOND, at=AT + DAY)
            stop_change(change_id=change.pk, signer=OWN, at=AT + DAY)
    assert [one.state for one in PhoneChange.objects.all()] == ["stopped"]


def test_what_the_owner_asked_no_organiser_stops(wang):
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    change = PhoneChange.objects.get()
    with pytest.raises(RuleViolation) as refused:
        stop_change(change_id=change.pk, signer=CLERK, reason="写错了", at=OPEN)
    assert refused.value.code == "phone.role"
    stop_change(change_id=change.pk, signer=SECOND, reason="本人来说不是他", at=OPEN)


def test_what_was_stopped_before_it_was_told_is_not_told(wang):
    night = OPEN.replace(hour=14)
    ask_own_change(owner_ids=[wang.pk], phone=NEW, at=night)
    tell_changes(night)
    stop_change(change_id=PhoneChange.objects.get().pk, signer=OWN, at=night)
    assert not Message.objects.exists()


def test_who_is_told_is_the_number_that_stands_when_it_is_confirmed(wang):
    change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
    Owner.objects.filter(pk=wang.pk).update(phone="10077770000")
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    tell_changes(OPEN)
    assert Message.objects.get().phone == "10077770000"
    delivered(OPEN)
    # And whatever stands there by then otherwise ends it.
    Owner.objects.filter(pk=wang.pk).update(phone="10077770001")
    apply_changes(OPEN + DAY)
    change.refresh_from_db()
    wang.refresh_from_db()
    assert (change.state, wang.phone) == ("stopped", "10077770001")


def test_what_its_owner_took_off_the_roll_no_older_file_brings_back(victim):
    ask_own_change(owner_ids=[victim.pk], phone="", at=AT)
    in_force(AT)
    imported(victim.estate, line(联系电话=THEIRS), at=AT + 2 * DAY)
    assert owner("王五").phone == ""
    assert proposals() == {}
    imported(victim.estate, line(联系电话=NEW), at=AT + 3 * DAY)
    assert proposals() == {"王五": NEW}


def test_an_import_taken_back_at_once_is_not_told(victim):
    done = imported(victim.estate, line(证件号码=number(7), 联系电话=NEW), at=AT + DAY)
    undo_import(import_id=done.pk, actor="user:3", at=AT + DAY)
    assert tell_notices(AT + DAY) == 0
    assert proposals() == {}


def test_joint_owners_hear_who_was_chosen_to_vote(estate):
    zhao, qian = owner("赵四"), owner("钱五")
    unit = qian.ownerships.get().unit
    choose_voter(unit_id=unit.pk, owner_id=qian.pk, actor="user:1", at=OPEN)
    tell_notices(OPEN)
    said = "登记了由谁表决"
    assert sorted(heard()) == sorted([(zhao.phone, said), (qian.phone, said)])


def test_a_buyer_without_the_two_people_does_not_get_the_sellers_vote(estate):
    """李二 has no phone; the buyer's first number comes into force while the vote runs."""
    vote = frozen_vote(estate)
    unit = owner("李二").ownerships.get().unit
    record_transfer(
        unit_id=unit.pk, owners=[NewOwner("何新", number(9))], basis="register",
        on=timezone.localdate(OPEN), actor="user:1", at=OPEN,
    )  # fmt: skip
    change = propose_change(owner_id=owner("何新").pk, phone=NEW, signer=CLERK, at=OPEN)
    confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    in_force(OPEN)
    assert owner("何新").phone == NEW
    assert vote.party(2).phone == ""


def test_what_else_a_file_says_counts_at_once():
    estate = make_estate()
    imported(estate, line(联系电话="10000000001"))
    imported(estate, line(联系电话="10000000002", 权利人="王伍", 证件号码=number(1)))
    changed = Owner.objects.get()
    assert (changed.name, changed.phone) == ("王伍", "10000000001")


def test_undoing_the_import_stops_what_it_asked():
    estate = make_estate()
    imported(estate, line(联系电话="10000000001"))
    done = imported(estate, line(联系电话="10000000002"), at=AT + DAY)
    undo_import(import_id=done.pk, actor="user:3", at=AT + DAY + MINUTE)
    assert PhoneChange.objects.get().state == "stopped"
    assert in_force(AT + DAY) == 0


def test_a_file_does_not_talk_over_the_owner():
    estate = make_estate()
    imported(estate, line(联系电话="10000000001"))
    ask_own_change(owner_ids=[owner("王五").pk], phone=NEW, at=AT + DAY)
    imported(estate, line(联系电话="10000000002"), at=AT + DAY + MINUTE)
    in_force(AT + DAY + MINUTE)
    assert owner("王五").phone == NEW


# --- whoever loses is told, whatever way it goes --------------------------------------------


def told(template):
    found = Message.objects.filter(template=template).order_by("pk")
    return [(one.phone, one.params.get("tail")) for one in found]


@pytest.mark.parametrize("way", ["own", "desk"])
def test_the_number_that_lost_is_told_again_when_it_is_over(wang, way):
    """Who had the phone for a moment could delete the first message; the owner reads this."""
    old = wang.phone
    if way == "own":
        ask_own_change(owner_ids=[wang.pk], phone=NEW, at=OPEN)
    else:
        change = propose_change(owner_id=wang.pk, phone=NEW, signer=CLERK, at=OPEN)
        confirm_change(change_id=change.pk, signer=SECOND, at=OPEN)
    tell_changes(OPEN)
    assert told("phone_change") == [(old, NEW[-4:])]
    assert told("phone_changed") == []
    assert in_force(OPEN) == 1
    assert told("phone_changed") == [(old, NEW[-4:])]
    apply_changes(OPEN + 9 * DAY)
    assert len(told("phone_changed")) == 1


def test_a_number_taken_off_is_told_too(wang):
    old = wang.phone
    ask_own_change(owner_ids=[wang.pk], phone="", at=OPEN)
    in_force(OPEN)
    assert told("phone_removed") == [(old, None)]


def test_of_a_file_the_number_that_lost_is_told_once(victim):
    imported(victim.estate, line(联系电话=NEW), at=AT + DAY)
    confirm_change(change_id=PhoneChange.objects.get().pk, signer=SECOND, at=AT + DAY)
    assert in_force(AT + DAY) == 1
    assert told("phone_change") == [(THEIRS, NEW[-4:])]
    assert told("phone_changed") == []


def test_every_number_of_one_person_is_told(wang):
    """Two rows of a person, at two estates, with a number each: both lose, both are told."""
    other = make_owner(make_estate(), wang.name, phone="10055550002")
    rows = {wang.phone, other.phone}
    ask_own_change(owner_ids=[wang.pk, other.pk], phone=NEW, at=OPEN)
    tell_changes(OPEN)
    assert {phone for phone, _tail in told("phone_change")} == rows
