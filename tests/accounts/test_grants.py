"""Two people for an official's role; deputies; what ends with what."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message, RoleGrant
from accounts.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    estates_for,
    has_permission,
    permissions_at,
    takes_two,
)
from accounts.selectors import operators_on
from accounts.services.break_glass import other_operators
from accounts.services.entrance import ask_reset
from accounts.services.grants import (
    appoint_deputy,
    confirm_grant,
    decline_grant,
    grant_role,
    revoke_role,
)
from accounts.services.people import deactivate_user
from core.errors import RuleViolation
from logbook.models import Entry
from portal.demo.roles import give as demo_give
from portal.permission_words import PERMISSION_WORDS
from registry.models import RollImport
from tests.town import Town, grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
OFFICIALS = ["auditor", "bureau", "operator", "street_office"]
NAMING_OWNERS = ["organiser", "property_manager", "residents_committee", "supervisor"]


@pytest.fixture
def ann(town: Town) -> Any:
    return town.person("operator")


@pytest.fixture
def ben(town: Town) -> Any:
    second = make_user("second operator", phone="10000000031")
    grant(second, "operator", None)
    return second


def ask(town: Town, actor: Any, role: str = "bureau", user: Any = None) -> RoleGrant:
    place = {"bureau": town.here.district, "street_office": town.here.street}.get(role)
    return grant_role(
        user=user or make_user(f"new {role}", phone="10000000032"),
        role=role,
        place=place,
        valid_from=timezone.localdate(),
        valid_to=None,
        actor=actor,
        at=timezone.now(),
    )


def acts(log: str = "platform") -> list[str]:
    return list(Entry.objects.filter(log__name=log).values_list("kind", flat=True))


def lend(holder: Any, user: Any, **said: Any) -> RoleGrant:
    today = timezone.localdate()
    asked = {
        "grant": said.get("grant") or holder.grants.get(deputy_of=None),
        "valid_from": today,
        "valid_to": today + timedelta(days=10),
        "reason": "休假",
        "actor": holder,
        "at": timezone.now(),
    }
    return appoint_deputy(user=user, **(asked | said))


@pytest.mark.parametrize("role", OFFICIALS)
def test_an_officials_role_gives_nothing_until_another_operator_confirms(
    town: Town, ann: Any, ben: Any, role: str
) -> None:
    asked = ask(town, ann, role)
    user = asked.user
    everything = [one for one in Permission if has_permission(user, one)]
    assert (asked.waits, everything, Message.objects.count()) == (True, [], 0)
    assert not estates_for(user, Permission.VIEW_SESSION).exists()
    assert permissions_at(user, town.here.estate) == frozenset()

    confirm_grant(grant=asked, actor=ben, at=timezone.now())

    assert any(has_permission(user, one) for one in Permission)
    assert Message.objects.get().template == "invited"
    assert acts() == ["grant_role", "confirm_grant"]
    kept = RoleGrant.objects.get(pk=asked.pk)
    assert (kept.granted_by, kept.confirmed_by) == (f"user:{ann.pk}", f"user:{ben.pk}")


def give(role: str, place: Any, actor: Any, user: Any = None) -> RoleGrant:
    return grant_role(
        user=user or make_user(f"new {role}", phone="10000000036"), role=role, place=place,
        valid_from=timezone.localdate(), valid_to=None, actor=actor, at=timezone.now(),
    )  # fmt: skip


def test_which_roles_wait_where() -> None:
    """Whoever decides waits everywhere; whoever sees owners, where there are any."""
    assert [one for one in sorted(ROLE_PERMISSIONS) if takes_two(one, has_roll=False)] == (
        OFFICIALS
    )
    assert [one for one in sorted(ROLE_PERMISSIONS) if takes_two(one, has_roll=True)] == (
        sorted(OFFICIALS + NAMING_OWNERS)
    )


@pytest.mark.parametrize("role", NAMING_OWNERS)
def test_where_there_are_owners_one_operator_alone_opens_no_page(
    town: Town, ann: Any, ben: Any, client: Any, role: str
) -> None:
    """The residents' committee stands above the estate, and reaches it all the same."""
    code = town.here.estate.code
    pages = [
        reverse(name, args=[code])
        for name in ("staff:estate", "staff:questions", "roll:home", "roll:findings")
    ]
    asked = give(role, town.here.of(role), ann)
    client.force_login(asked.user, backend=BACKEND)
    assert (asked.waits, Message.objects.count()) == (True, 0)
    assert [client.get(page).status_code for page in pages] == [404] * 4
    assert [one for one in Permission if has_permission(asked.user, one)] == []
    with pytest.raises(RuleViolation) as refused:
        confirm_grant(grant=asked, actor=ann, at=timezone.now())
    assert refused.value.code == "grant.same_person"

    confirm_grant(grant=asked, actor=ben, at=timezone.now())

    opened = pages[1] if role in ("property_manager", "residents_committee") else pages[0]
    assert client.get(opened).status_code == 200
    assert permissions_at(asked.user, town.here.estate) == ROLE_PERMISSIONS[role]
    assert Message.objects.get().template == "invited"


@pytest.mark.parametrize("role", NAMING_OWNERS)
def test_where_nobody_is_on_a_roll_yet_it_holds_at_once(
    town: Town, ann: Any, role: str
) -> None:
    given = give(role, town.there.of(role), ann)
    assert not given.waits
    assert permissions_at(given.user, town.there.estate) == ROLE_PERMISSIONS[role]


def test_units_that_are_gone_and_a_file_that_is_read_hold_owners_too(
    town: Town, ann: Any
) -> None:
    town.here.estate.units.update(is_active=False)
    assert give("organiser", town.here.estate, ann).waits
    RollImport.objects.create(
        estate=town.there.estate, file_name="a.csv", file_sha256="0" * 64, actor="user:1",
        created_at=timezone.now(),
    )  # fmt: skip
    assert give("supervisor", town.there.estate, ann, make_user("second")).waits


def test_the_demos_two_operators_give_every_role(town: Town, ann: Any, ben: Any) -> None:
    people = {"operator": ann, "operator2": ben}
    for role in [*NAMING_OWNERS, "street_office"]:
        user = make_user(f"demo {role}")
        demo_give(user, role, town.here.of(role), people, timezone.now())
        assert permissions_at(user, town.here.estate) == ROLE_PERMISSIONS[role]


def test_a_property_manager_reads_papers_and_waits_too(town: Town, ann: Any, ben: Any) -> None:
    """Vouchers before anybody covered them, questions in owners' own words."""
    given = give("property_manager", town.here.estate, ann)
    assert given.waits
    assert permissions_at(given.user, town.here.estate) == frozenset()
    confirm_grant(grant=given, actor=ben, at=timezone.now())
    assert Permission.READ_PAPERS in permissions_at(given.user, town.here.estate)


@pytest.mark.parametrize("role", ["bureau", "street_office"])
def test_nobody_grants_to_themselves(town: Town, ann: Any, role: str) -> None:
    with pytest.raises(RuleViolation, match="不能给自己授权"):
        ask(town, ann, role, user=ann)
    assert not RoleGrant.objects.filter(user=ann, role=role).exists()


@pytest.mark.parametrize("who", ["asked", "gets", "organiser", "stranger"])
def test_nobody_else_confirms(town: Town, ann: Any, ben: Any, who: str) -> None:
    asked = ask(town, ann, "operator")
    actor = {"asked": ann, "gets": asked.user}.get(who) or town.person(who)
    with pytest.raises(RuleViolation) as refused:
        confirm_grant(grant=asked, actor=actor, at=timezone.now())
    wanted = "grant.same_person" if who in ("asked", "gets") else "grant.role"
    assert refused.value.code == wanted
    assert RoleGrant.objects.get(pk=asked.pk).waits
    assert not has_permission(asked.user, Permission.MANAGE_GRANTS)


def test_who_waits_is_no_second_operator(town: Town, ann: Any) -> None:
    """Nor told of a break-glass, nor the one who could let somebody in again."""
    waiting = ask(town, ann, "operator")
    assert other_operators(ann, timezone.now()) == []
    lost = make_user("lost", phone="10000000035")
    with pytest.raises(RuleViolation) as refused:
        ask_reset(user=lost, reason="手机丢了", actor=ann, at=timezone.now())
    assert refused.value.code == "reset.alone"
    RoleGrant.objects.filter(pk=waiting.pk).update(waits=False)
    assert other_operators(ann, timezone.now()) == [waiting.user]


def test_the_database_wants_two_people_too(town: Town, ann: Any) -> None:
    asked = ask(town, ann)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.filter(pk=asked.pk).update(confirmed_by=asked.granted_by)


def test_declined_it_never_holds(town: Town, ann: Any, ben: Any) -> None:
    asked = ask(town, ann)
    decline_grant(grant=asked, reason="不是本单位的人", actor=ben, at=timezone.now())
    for act in (confirm_grant, decline_grant):
        why = {"reason": "x"} if act is decline_grant else {}
        with pytest.raises(RuleViolation) as refused:
            act(grant=asked, actor=ben, at=timezone.now(), **why)
        assert refused.value.code == "grant.no_wait"
    assert not has_permission(asked.user, Permission.KEEP_FUND)
    assert acts() == ["grant_role", "decline_grant"]


def test_what_was_granted_in_between_counts(town: Town, ann: Any, ben: Any) -> None:
    """Lent the organiser's role, a person who meanwhile supervises the same count."""
    organiser, deputy = town.person("organiser"), make_user("deputy")
    lent = lend(organiser, deputy)
    RoleGrant.objects.filter(pk=lent.pk).update(role="organiser")
    grant(deputy, "supervisor", town.here.estate)
    with pytest.raises(RuleViolation, match="监票人"):
        confirm_grant(grant=lent, actor=ben, at=timezone.now())


def test_no_deputy_who_would_be_two(town: Town, ann: Any, ben: Any) -> None:
    """The property manager, or an operator, in the supervisor's place."""
    supervisor = town.person("supervisor")
    with pytest.raises(RuleViolation, match="既当物业又有别的角色"):
        lend(supervisor, town.person("property_manager"))
    with pytest.raises(RuleViolation, match="看得到业主姓名"):
        lend(supervisor, ben)
    deputy = make_user("deputy")
    lent = lend(supervisor, deputy)
    grant(deputy, "property_manager", town.here.estate)
    with pytest.raises(RuleViolation, match="既当物业又有别的角色"):
        confirm_grant(grant=lent, actor=ann, at=timezone.now())


@pytest.mark.parametrize("way", ["revoke", "deactivate"])
def test_two_operators_stay(town: Town, ann: Any, ben: Any, client: Any, way: str) -> None:
    client.force_login(ann, backend=BACKEND)
    number = ben.grants.get().pk if way == "revoke" else ben.pk
    page = reverse(f"staff:{way}", args=[number])
    refused = client.post(page, {"reason": "调离了"})
    assert (refused.status_code, "不到两位" in refused.content.decode()) == (400, True)
    assert has_permission(ben, Permission.MANAGE_GRANTS)
    assert acts() == []
    grant(make_user("third operator", phone="10000000034"), "operator", None)
    assert client.post(page, {"reason": "调离了"}).status_code == 302
    ben.refresh_from_db()
    assert not has_permission(ben, Permission.MANAGE_GRANTS)


def test_the_only_operator_stays_and_ends_others(town: Town, ann: Any) -> None:
    told = {"reason": "调离了", "actor": ann, "at": timezone.now()}
    with pytest.raises(RuleViolation, match="不到两位"):
        revoke_role(grant=ann.grants.get(), **told)
    revoke_role(grant=town.person("bureau").grants.get(), **told)
    deactivate_user(user=town.person("organiser"), **told)


def test_a_deputy_holds_the_same_for_the_days_asked(town: Town, ann: Any) -> None:
    street, deputy = town.person("street_office"), make_user("deputy")
    lent = lend(street, deputy, valid_from=timezone.localdate() + timedelta(days=1))
    assert (lent.role, lent.authority, lent.deputy_of.user) == (
        "street_office", town.here.street, street,
    )  # fmt: skip
    confirm_grant(grant=lent, actor=ann, at=timezone.now())
    assert not has_permission(deputy, Permission.REVIEW)  # from tomorrow
    RoleGrant.objects.filter(pk=lent.pk).update(valid_from=timezone.localdate())
    assert has_permission(deputy, Permission.REVIEW)
    assert has_permission(street, Permission.REVIEW)
    RoleGrant.objects.filter(pk=lent.pk).update(
        valid_from=timezone.localdate() - timedelta(days=9),
        valid_to=timezone.localdate() - timedelta(days=1),
    )
    assert not has_permission(deputy, Permission.REVIEW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_to": timedelta(days=90)}, "最多90天"),
        ({"valid_from": timedelta(days=-1)}, "今天以前"),
        ({"valid_to": timedelta(days=-1)}, "结束日期早于开始日期"),
        ({"user": "self"}, "不能请自己代理"),
        ({"actor": "other"}, "只有本人"),
        ({"user": "gone"}, "账号已停用"),
        ({"user": "same"}, "已经有同样的授权"),
    ],
)
def test_who_cannot_stand_in(town: Town, change: dict[str, Any], words: str) -> None:
    street = town.person("street_office")
    people = {"self": street, "other": town.person("organiser"), "gone": make_user("gone")}
    people["same"] = make_user("colleague")
    grant(people["same"], "street_office", town.here.street)
    people["gone"].is_active = False
    people["gone"].save()
    said = {
        key: timezone.localdate() + value if isinstance(value, timedelta) else people[value]
        for key, value in change.items()
    }
    with pytest.raises(RuleViolation, match=words):
        lend(street, said.pop("user", None) or make_user("deputy"), **said)
    assert not RoleGrant.objects.exclude(deputy_of=None).exists()


def test_ninety_days_are_ninety_days(town: Town) -> None:
    lent = lend(
        town.person("street_office"), make_user("deputy"),
        valid_to=timezone.localdate() + timedelta(days=89),
    )  # fmt: skip
    assert (lent.valid_to - lent.valid_from).days + 1 == 90


def test_a_deputy_lends_nothing_on(town: Town, ann: Any) -> None:
    deputy = make_user("deputy")
    lent = lend(town.person("street_office"), deputy)
    confirm_grant(grant=lent, actor=ann, at=timezone.now())
    with pytest.raises(RuleViolation, match="不能再请人代理"):
        lend(deputy, make_user("third"), grant=lent)


@pytest.mark.parametrize("way", ["revoked", "left"])
def test_what_was_lent_ends_with_the_role(town: Town, ann: Any, way: str) -> None:
    street = town.person("street_office")
    lent = lend(street, make_user("deputy"))
    waiting = lend(street, make_user("later"))
    confirm_grant(grant=lent, actor=ann, at=timezone.now())
    told = {"reason": "调离", "actor": ann, "at": timezone.now()}
    if way == "revoked":
        revoke_role(grant=street.grants.get(), **told)
    else:
        deactivate_user(user=street, **told)
    assert not has_permission(lent.user, Permission.REVIEW)
    with pytest.raises(RuleViolation):
        confirm_grant(grant=waiting, actor=ann, at=timezone.now())
    assert not has_permission(waiting.user, Permission.REVIEW)
    assert acts().count("revoke_role") == 3


def test_lent_for_a_role_that_ran_out_it_is_not_confirmed(town: Town, ann: Any) -> None:
    street = town.person("street_office")
    lent = lend(street, make_user("deputy"))
    street.grants.update(valid_to=timezone.localdate() - timedelta(days=1))
    with pytest.raises(RuleViolation) as refused:
        confirm_grant(grant=lent, actor=ann, at=timezone.now())
    assert refused.value.code == "grant.over"


def test_through_the_pages(town: Town, ann: Any, ben: Any, client: Any) -> None:
    """An operator grants, is told to wait, and the other confirms; then a deputy."""
    official = make_user("official", phone="10000000033")
    client.force_login(ann, backend=BACKEND)
    person = reverse("staff:person", args=[official.pk])
    page = client.post(
        person,
        {
            "role": "bureau",
            "authority": town.here.district.pk,
            "valid_from": timezone.localdate().isoformat(),
        },
        follow=True,
    ).content.decode()
    assert "另一位管理员确认以后生效" in page
    assert "现在没有另一位管理员" not in page
    asked = official.grants.get()
    confirm = reverse("staff:confirm_grant", args=[asked.pk])
    assert "请由另一位管理员确认" in client.get(confirm).content.decode()
    assert client.post(confirm).status_code == 409

    client.force_login(ben, backend=BACKEND)
    people = client.get(reverse("staff:people")).content.decode()
    assert confirm in people
    assert "街道、住建局、平台管理员、审计人员；小区已有业主名册时，还有组织者" in people
    assert "已确认" in client.post(confirm, follow=True).content.decode()
    assert client.post(confirm).status_code == 409
    assert confirm not in client.get(reverse("staff:people")).content.decode()

    client.force_login(official, backend=BACKEND)
    page = reverse("staff:lend_role", args=[asked.pk])
    form = {
        "username": "nobody",
        "valid_from": timezone.localdate().isoformat(),
        "valid_to": (timezone.localdate() + timedelta(days=3)).isoformat(),
        "reason": "出差",
    }
    refused = client.post(page, form)
    assert (refused.status_code, "没有这个用户名" in refused.content.decode()) == (400, True)
    deputy = make_user("deputy")
    done = client.post(page, {**form, "username": " deputy "}, follow=True)
    assert "等平台管理员确认" in done.content.decode()
    lent = deputy.grants.get()
    client.force_login(ann, backend=BACKEND)
    client.post(reverse("staff:confirm_grant", args=[lent.pk]))
    assert has_permission(deputy, Permission.KEEP_FUND)

    client.force_login(official, backend=BACKEND)
    end = reverse("staff:take_back", args=[lent.pk])
    assert client.post(end, {"reason": "提前回来"}).status_code == 302
    assert not has_permission(deputy, Permission.KEEP_FUND)
    client.force_login(ben, backend=BACKEND)
    assert client.get(end).status_code == 404  # of somebody else
    leave = reverse("staff:deactivate", args=[official.pk])
    assert client.post(leave, {"reason": "调离"}).status_code == 302
    assert not has_permission(official, Permission.KEEP_FUND)


def test_the_reason_stands_in_the_log_and_no_name(town: Town) -> None:
    lend(town.person("street_office"), make_user("deputy", phone="10000000034"))
    (line,) = Entry.objects.filter(log__name="platform").values_list("line", flat=True)
    body = json.loads(bytes(line))["body"]
    assert (body["reason"], body["waits"]) == ("休假", True)
    assert "deputy" not in str(body["user"])
    assert "10000000034" not in json.dumps(body)


def test_the_page_of_roles_has_every_permission_and_every_role(town: Town, client: Any) -> None:
    assert set(PERMISSION_WORDS) == set(Permission)
    client.force_login(town.person("stranger"), backend=BACKEND)
    page = client.get(reverse("staff:roles"))
    assert len(page.context["columns"]) == len(ROLE_PERMISSIONS)
    told = dict(page.context["rows"])
    roles = list(ROLE_PERMISSIONS)
    held = told[PERMISSION_WORDS[Permission.MANAGE_ROLL]]
    assert [role for role, has in zip(roles, held, strict=True) if has] == ["organiser"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["revoke", "deactivate"])
def test_two_operators_do_not_end_each_other(town: Town, erasable: None, way: str) -> None:
    ann, ben, cid = town.person("operator"), make_user("ben"), make_user("cid")
    for one in (ben, cid):
        grant(one, "operator", None)

    def act(turn: tuple[Any, Any]) -> str:
        actor, user = turn
        told = {"reason": "调离了", "actor": actor, "at": timezone.now()}
        try:
            if way == "revoke":
                revoke_role(grant=user.grants.get(), **told)
            else:
                deactivate_user(user=user, **told)
            return "done"
        except RuleViolation as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(act, [(ann, ben), (ben, cid), (cid, ann)]))
    assert sorted(told) == ["done", "grant.last_two", "grant.last_two"]
    assert operators_on(timezone.localdate()).count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["bureau", "organiser"])
def test_confirmed_and_declined_at_once_one_of_them_holds(
    town: Town, erasable: None, role: str
) -> None:
    ann, ben, cid = town.person("operator"), make_user("ben"), make_user("cid")
    for one in (ben, cid):
        grant(one, "operator", None)
    asked = give(role, town.here.of(role), ann)
    log = "platform" if role == "bureau" else f"estate/{town.here.estate.code}"

    def act(turn: int) -> str:
        try:
            if turn % 2:
                confirm_grant(grant=asked, actor=ben, at=timezone.now())
            else:
                decline_grant(grant=asked, reason="不是", actor=cid, at=timezone.now())
            return "done"
        except RuleViolation as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(act, range(4)))
    assert sorted(told) == ["done", *["grant.no_wait"] * 3]
    assert acts(log) in (["grant_role", "confirm_grant"], ["grant_role", "decline_grant"])
    kept = RoleGrant.objects.get(pk=asked.pk)
    assert bool(kept.confirmed_by) == (acts(log)[1] == "confirm_grant")
    assert has_permission(kept.user, Permission.VIEW_SESSION) == bool(kept.confirmed_by)
