"""A role that one operator gave alone while nobody was on a roll does not outlast the roll."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message, RoleGrant
from accounts.permissions import seconded_with_roll
from accounts.selectors import by_one_word, waiting_grants
from accounts.services.grants import confirm_grant, grant_role, revoke_role
from core.errors import RuleViolation
from registry.models import Ownership, RollImport
from registry.services.imports import confirm_import, preview_import, stamp_of
from tests.registry.rolls import as_csv, line
from tests.town import Town, grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ann(town: Town) -> Any:
    return town.person("operator")


@pytest.fixture
def ben(town: Town) -> Any:
    second = make_user("second operator", phone="10000000031")
    grant(second, "operator", None)
    return second


def give(town: Town, ann: Any, role: str, **dates: Any) -> RoleGrant:
    return grant_role(
        user=make_user(f"one {role}", phone=f"100000002{len(role):02}"),
        role=role,
        place=town.there.of(role),
        valid_from=dates.get("valid_from", timezone.localdate()),
        valid_to=dates.get("valid_to"),
        actor=ann,
        at=timezone.now(),
    )


def uploaded(town: Town) -> RollImport:
    return preview_import(
        estate_id=town.there.estate.pk, file_name="a.csv", content=as_csv([line()]),
        mapping=None, actor="user:1", at=timezone.now(),
    )  # fmt: skip


def confirmed(kept: RollImport) -> RollImport:
    return confirm_import(import_id=kept.pk, actor="user:1", at=timezone.now())


def refused(kept: RollImport) -> str:
    with pytest.raises(RuleViolation) as found:
        confirmed(kept)
    assert found.value.code == "import.roles_wait"
    kept.refresh_from_db()
    assert kept.state == "previewed"
    assert not Ownership.objects.filter(unit__estate=kept.estate).exists()
    return str(found.value)


def test_which_roles_these_are() -> None:
    people = ["organiser", "supervisor", "residents_committee", "property_manager"]
    assert seconded_with_roll() == people


@pytest.mark.parametrize("role", seconded_with_roll())
def test_no_roll_comes_before_a_second_operator_agreed(
    town: Town, ann: Any, ben: Any, role: str
) -> None:
    """The residents' committee stands above the estate, and reaches it all the same."""
    given = give(town, ann, role)
    assert not waiting_grants(ben).exists()  # nobody is to be read yet
    kept = uploaded(town)
    assert list(waiting_grants(ben)) == [given]
    assert str(given.user) in refused(kept)
    for actor in (ann, given.user):
        with pytest.raises(RuleViolation) as found:
            confirm_grant(grant=given, actor=actor, at=timezone.now())
        assert found.value.code == "grant.same_person"
    told = Message.objects.count()
    confirm_grant(grant=given, actor=ben, at=timezone.now())
    assert Message.objects.count() == told  # the person was told when it was given
    assert not waiting_grants(ben).exists()
    assert confirmed(kept).state == "confirmed"


def test_a_role_taken_back_hinders_nothing(town: Town, ann: Any, ben: Any) -> None:
    given = give(town, ann, "supervisor")
    kept = uploaded(town)
    refused(kept)
    revoke_role(grant=given, reason="没有这个人", actor=ben, at=timezone.now())
    assert confirmed(kept).state == "confirmed"


def test_one_that_begins_later_counts_and_one_that_ended_does_not(town: Town, ann: Any) -> None:
    today, day = timezone.localdate(), timedelta(days=1)
    ended = give(town, ann, "supervisor")
    with transaction.atomic():
        RoleGrant.objects.filter(pk=ended.pk).update(valid_to=today - day)
    given = give(town, ann, "organiser", valid_from=today + 9 * day)
    assert list(by_one_word(today)) == [given]
    refused(uploaded(town))


def test_what_two_gave_hinders_nothing(town: Town, ann: Any, ben: Any) -> None:
    confirm_grant(grant=give(town, ann, "organiser"), actor=ben, at=timezone.now())
    kept = uploaded(town)
    assert confirmed(kept).state == "confirmed"


def test_through_the_pages(town: Town, ann: Any, ben: Any, client: Any) -> None:
    given = give(town, ann, "organiser")
    kept = uploaded(town)
    code = town.there.estate.code
    page = reverse("roll:preview", args=[code, kept.pk])
    client.force_login(given.user, backend=BACKEND)
    shown = client.get(page).content.decode()
    assert "只由一位管理员给的授权要另一位管理员确认" in shown
    answer = client.post(
        reverse("roll:confirm", args=[code, kept.pk]), {"seen": stamp_of(kept)}
    )
    assert answer.status_code == 409

    client.force_login(ben, backend=BACKEND)
    assert "授权等您确认" in client.get(reverse("staff:home")).content.decode()
    confirm = reverse("staff:confirm_grant", args=[given.pk])
    assert confirm in client.get(reverse("staff:people")).content.decode()
    assert "由一位管理员给的授权，现在有效" in client.get(confirm).content.decode()
    answer = client.post(confirm, follow=True).content.decode()
    assert "已确认，名册导入以后继续有效" in answer
    assert "不需要确认，或者已经处理过了" in client.get(confirm).content.decode()

    client.force_login(given.user, backend=BACKEND)
    assert "另一位管理员确认" not in client.get(page).content.decode()
    assert (
        client.post(
            reverse("roll:confirm", args=[code, kept.pk]), {"seen": stamp_of(kept)}
        ).status_code
        == 302
    )
