"""Former owners: emptied when their time is over, and everything that reads rolls goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts.concerned import by_estate, counts_of, unreached
from accounts.holds import held_at
from accounts.services.data_requests import ask
from accounts.services.holds import lift_hold, set_hold
from accounts.services.incidents import record_incident
from core.errors import RuleViolation
from portal import expiry
from portal.privacy_facts import people
from portal.retention import BY_NAME
from registry.models import Estate, Owner, Ownership, RollNotice
from registry.selectors import current_titles, registry_of
from registry.services.imports import confirm_import, drop_import, undo_import
from registry.services.titles import NewOwner, record_transfer
from registry.services.verification import record_verification, request_verification
from tests.registry.rolls import as_csv, imported, line, make_estate, number, previewed
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db

SOLD = date(2026, 10, 5)
LAST = datetime(2031, 10, 5, 2, tzinfo=UTC)  # five years after
DAY = timedelta(days=1)
PHONE = "10000000041"


def rows(name: str = "王五", serial: int = 1, phone: str = PHONE) -> list[tuple[str, ...]]:
    return [
        line(权利人=name, 证件号码=number(serial), 联系电话=phone),
        line(室号="102", 权利人="孙七", 证件号码=number(7), 联系电话="10000000047"),
    ]


@pytest.fixture
def estate() -> Estate:
    """Room 101 was 王五's until it was sold to 李四 on the day `SOLD`."""
    estate = make_estate()
    imported(estate, rows())
    unit = estate.units.get(room="101")
    record_transfer(
        unit_id=unit.pk, owners=[NewOwner("李四", number(2), phone="10000000042")],
        basis="register", on=SOLD, actor="t", at=datetime(2026, 10, 5, 8, tzinfo=UTC),
    )  # fmt: skip
    return estate


def former(estate: Estate) -> Owner:
    return Owner.objects.get(
        estate=estate, ownerships__valid_to=SOLD, ownerships__unit__room="101"
    )


def named(name: str) -> list[Owner]:
    """Names are encrypted: looked through, not looked up."""
    return [one for one in Owner.objects.all() if one.name == name]


def swept(at: datetime = LAST) -> int:
    return expiry.ender(expiry.FORMER_OWNERS)(at)


def found(at: datetime = LAST) -> tuple[int, int]:
    due = BY_NAME["former_owners"].due(at, held_at(at))
    return due.rows, due.held


# --- when, and what ---------------------------------------------------------------------


def test_five_years_to_the_day_then_who_it_was_goes_and_the_dates_stay(estate: Estate) -> None:
    Owner.objects.filter(pk=former(estate).pk).update(identity_check="agrees")
    assert found(LAST - DAY) == (0, 0)
    assert swept(LAST - DAY) == 0
    assert found() == (1, 0)
    due = BY_NAME["former_owners"].due(LAST, held_at(LAST))
    assert due.oldest is not None
    assert due.oldest.astimezone(UTC) == datetime(2026, 10, 4, 16, tzinfo=UTC)
    assert swept() == 1
    assert found() == (0, 0)
    assert swept() == 0
    gone = former(estate)
    assert (
        gone.name, gone.document_kind, gone.document_number, gone.phone, gone.phone_hash,
        gone.identity_check,
    ) == ("",) * 6  # fmt: skip
    assert gone.document_hash == f"gone:{gone.pk}"
    title = gone.ownerships.get()
    assert (title.valid_to, title.unit.room) == (SOLD, "101")
    assert [one.name for one in Owner.objects.exclude(pk=gone.pk).order_by("pk")] == [
        "孙七", "李四",
    ]  # fmt: skip


def test_29_february_is_not_early(estate: Estate) -> None:
    """Five years before 29 February 2028 is the 28th: nobody goes a day early."""
    RollNotice.objects.all().delete()  # of a time before such notices
    Ownership.objects.filter(owner=former(estate)).update(valid_to=date(2023, 3, 1))
    assert found(datetime(2028, 2, 29, 2, tzinfo=UTC)) == (0, 0)
    assert found(datetime(2028, 3, 1, 2, tzinfo=UTC)) == (1, 0)


def test_whoever_owns_something_still_or_sold_later_stays(estate: Estate) -> None:
    owner, other = former(estate), estate.units.get(room="102")
    title = Ownership.objects.create(
        unit=other, owner=owner, valid_from=date(2020, 1, 1), valid_to=None
    )
    assert found() == (0, 0)
    title.valid_to = SOLD + DAY
    title.save()
    assert found() == (0, 0)
    assert found(LAST + DAY) == (1, 0)


def test_whoever_never_owned_anything_has_no_day_to_count_from(estate: Estate) -> None:
    Ownership.objects.filter(owner=former(estate)).delete()
    assert found() == (0, 0)


def test_a_transfer_dated_long_ago_and_entered_now_empties_nobody(estate: Estate) -> None:
    """Else an organiser could take an owner's name away before the owner heard of it."""
    unit = estate.units.get(room="102")
    Ownership.objects.filter(unit=unit).update(valid_from=date(2019, 1, 1))
    record_transfer(
        unit_id=unit.pk, owners=[NewOwner("吴九", number(9))], basis="register",
        on=date(2020, 1, 1), actor="t", at=LAST,
    )  # fmt: skip
    assert swept() == 1  # 王五, who sold five years ago
    assert len(named("孙七")) == 1
    assert swept(LAST.replace(year=2036) - DAY) == 0
    assert swept(LAST.replace(year=2036)) == 1
    assert named("孙七") == []


# --- what keeps them --------------------------------------------------------------------


def test_a_legal_hold_of_the_estate_keeps_them(estate: Estate) -> None:
    hold = set_hold(estate=estate, reason="样例区人民法院通知", actor="user:9", at=LAST)
    assert found() == (0, 1)
    assert swept() == 0
    lift_hold(hold_id=hold.pk, reason="法院通知解除", actor="user:10", at=LAST)
    assert swept() == 1


def test_a_request_or_a_number_that_waits_keeps_them(estate: Estate) -> None:
    owner = former(estate)
    change = owner.phone_changes.create(
        way="own", state="held", phone="10000000043", asked_by="owner", asked_at=LAST,
        takes_effect_at=LAST,
    )  # fmt: skip
    assert swept() == 0
    change.state = "stopped"
    change.save()
    ask(owner_id=owner.pk, kind="explain", text="请说明", at=LAST)
    assert swept() == 0
    owner.requests.update(state="granted")
    assert swept() == 1


def test_a_file_that_waits_to_be_confirmed_keeps_them(estate: Estate) -> None:
    """It may name them: 王五 buys his room back."""
    kept = previewed(estate, rows(), at=LAST)
    assert swept() == 0
    drop_import(import_id=kept.pk, actor="t", at=LAST)
    assert swept() == 1


# --- what reads them goes on ------------------------------------------------------------


def test_an_import_of_the_same_number_makes_a_new_owner(estate: Estate) -> None:
    old = former(estate).pk
    swept()
    kept = previewed(estate, rows(), at=LAST)
    confirm_import(import_id=kept.pk, actor="t", at=LAST)
    [again] = named("王五")
    assert again.pk != old
    assert again.document_number == number(1)
    assert not Owner.objects.get(pk=old).name
    undo_import(import_id=kept.pk, actor="t", at=LAST)
    assert named("王五") == []
    [title, _other] = current_titles(estate.pk)
    assert [one.name for one in title.owners] == ["李四"]


def test_a_transfer_to_the_same_number_makes_a_new_owner(estate: Estate) -> None:
    old = former(estate).pk
    swept()
    unit = estate.units.get(room="102")
    record_transfer(
        unit_id=unit.pk, owners=[NewOwner("王五", number(1))], basis="register",
        on=LAST.date(), actor="t", at=LAST,
    )  # fmt: skip
    assert [one.pk == old for one in named("王五")] == [False]


def test_an_import_made_before_can_still_be_confirmed_and_undone(estate: Estate) -> None:
    """Emptying somebody who owns nothing is no change of the roll."""
    other = rows(name="李四", serial=2, phone="10000000042")
    other.append(line(室号="103", 权利人="周八", 证件号码=number(8)))
    kept = imported(estate, other, at=LAST)
    _registry, before = registry_of(estate.pk)
    assert swept() == 1
    registry, after = registry_of(estate.pk)
    assert before == after == kept.summary["digest"]
    assert "gone" not in repr(registry.owners)
    undo_import(import_id=kept.pk, actor="t", at=LAST)
    assert not estate.units.filter(room="103").exists()


def test_nobody_is_asked_about_or_answered_for(estate: Estate) -> None:
    swept()
    sent = request_verification(
        estate_id=estate.pk, without_number_only=False, actor="t", at=LAST
    )
    assert sent
    gone = former(estate)
    assert gone.identity_check == ""
    header = ("编号", "姓名", "核验结果")
    with pytest.raises(RuleViolation) as refused:
        record_verification(
            estate_id=estate.pk, file_name="list.csv",
            content=as_csv([(str(gone.pk), "", "一致")], header), actor="t", at=LAST,
        )  # fmt: skip
    assert refused.value.code == "verification.faults"


def test_an_incident_does_not_count_them(estate: Estate) -> None:
    incident = record_incident(
        nature="leak", noticed_at=LAST, kinds=["phone"], what="一份备份不见了",
        estates=[estate], actor="user:1", at=LAST,
    )  # fmt: skip
    before, all_before = counts_of(incident), people().owners
    swept()
    after = counts_of(incident)
    assert (before.persons, before.unreached) == (3, 0)
    assert (after.persons, after.numbers, after.unreached) == (2, 2, 0)
    assert [(one.owners, one.unreached) for one in by_estate(incident)] == [(2, 0)]
    assert list(unreached(incident, estate)) == []
    assert people().owners == all_before - 1


def test_the_page_of_the_room_says_so(estate: Estate, client: Any) -> None:
    user = make_user("clerk")
    grant(user, "organiser", estate)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("roll:unit", args=[estate.code, estate.units.get(room="101").pk])
    assert "王**" in client.get(page).content.decode()
    swept()
    shown = client.get(page).content.decode()
    assert "王**" not in shown
    assert "姓名已按保存期限清空" in shown
    assert "2026-10-05" in shown


def test_they_are_emptied_inside_a_transaction_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    monkeypatch.setattr("registry.former.connection", SimpleNamespace(in_atomic_block=False))
    from registry.former import empty_owners

    with pytest.raises(RuntimeError, match="transaction"):
        empty_owners(Owner.objects.all())
    assert connection.in_atomic_block
