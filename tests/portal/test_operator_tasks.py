"""An operator's worklist: what waits for a second operator, and nothing of one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Reset, RoleGrant, User
from accounts.services.entrance import ask_reset
from accounts.services.grants import decline_grant, grant_role
from accounts.services.incident_notices import Said, confirm_notice, propose_notice
from accounts.services.incidents import record_incident
from portal.operator_tasks import SHOWN
from portal.selectors import worklist_for
from tests.town import Town, grant, make_user

pytestmark = pytest.mark.django_db
SAID = Said(
    cause="备份介质遗失", harm="可能收到诈骗电话", measures="已停用旧钥匙，报告网信部门",
    advice="不要向来电的人提供验证码", contact="样例市业主表决平台", phone="0556-5550000",
)  # fmt: skip


@pytest.fixture
def ann(town: Town) -> User:
    return town.person("operator")


@pytest.fixture
def ben(ann: User) -> User:
    second = make_user("ben", phone="10000000041")
    grant(second, "operator", None)
    return second


def asked(town: Town, actor: User, user: User) -> RoleGrant:
    return grant_role(
        user=user, role="bureau", place=town.here.district, valid_from=timezone.localdate(),
        valid_to=None, actor=actor, at=timezone.now(),
    )  # fmt: skip


def links(user: User, later: timedelta = timedelta()) -> list[str]:
    tasks = worklist_for(user, timezone.now() + later)
    assert all(task.mine for task in tasks)
    return [task.url for task in tasks]


def page(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse("staff:home")).content.decode()


def test_a_role_waits_for_whoever_did_not_ask(town: Town, ann: User, ben: User) -> None:
    wang = make_user("wang", phone="10000000042")
    confirm = reverse("staff:confirm_grant", args=[(waiting := asked(town, ann, wang)).pk])
    assert (links(ann), links(ben), links(town.person("auditor"))) == ([], [confirm], [])
    shown = page(ben)
    assert f'href="{confirm}">授权等您确认：wang，住建局</a>' in shown
    assert town.here.district.name in shown
    assert confirm not in page(ann)
    decline_grant(grant=waiting, reason="不是本单位的人", actor=ben, at=timezone.now())
    assert links(ben) == []


def test_nor_for_whom_it_is(town: Town, ann: User, ben: User) -> None:
    # An operator gets no such role any more; one from before may still wait.
    ben.grants.create(
        role="organiser",
        estate=town.here.estate,
        valid_from=timezone.localdate(),
        granted_by=f"user:{ann.pk}",
        waits=True,
    )
    assert links(ben) == []


def test_nor_what_is_over(town: Town, ann: User, ben: User) -> None:
    waiting = asked(town, ann, make_user("wang", phone="10000000042"))
    RoleGrant.objects.filter(pk=waiting.pk).update(
        valid_to=timezone.localdate() - timedelta(days=1)
    )
    assert links(ben) == []


def test_of_many_roles_the_rest_is_one_line(town: Town, ann: User, ben: User) -> None:
    for number in range(SHOWN + 2):
        asked(town, ann, make_user(f"new{number}", phone=f"100000001{number:02}"))
    assert len(links(ben)) == SHOWN + 1
    assert reverse("staff:people") in links(ben)
    assert "还有2项授权等您确认" in page(ben)


def test_a_sign_in_to_be_reset_waits_a_day(town: Town, ann: User, ben: User) -> None:
    lost = make_user("lost", phone="10000000043")
    ask_reset(user=lost, reason="手机丢了", actor=ann, at=timezone.now())
    theirs = reverse("staff:person", args=[lost.pk])
    assert (links(ann), links(ben)) == ([], [theirs])
    assert "重置登录方式，等您确认：lost" in page(ben)
    [task] = worklist_for(ben, timezone.now())
    assert task.due == Reset.objects.get().asked_at + timedelta(days=1)
    assert links(ben, timedelta(days=1)) == []


def test_nobody_is_asked_about_the_own_sign_in(town: Town, ann: User, ben: User) -> None:
    cid = make_user("cid", phone="10000000044")
    grant(cid, "operator", None)
    ask_reset(user=ben, reason="手机丢了", actor=ann, at=timezone.now())
    assert (links(ben), len(links(cid))) == ([], 1)


def test_a_notice_about_an_incident_stands_above_the_roles(
    town: Town, ann: User, ben: User
) -> None:
    now = timezone.now()
    by_ann = {"actor": f"user:{ann.pk}", "at": now}
    incident = record_incident(
        nature="leak", noticed_at=now - timedelta(hours=1), kinds=["phone"],
        what="一份备份不见了", estates=[town.here.estate], **by_ann,
    )  # fmt: skip
    asked(town, ann, make_user("wang", phone="10000000042"))
    assert len(links(ben)) == 1
    propose_notice(incident_id=incident.pk, said=SAID, **by_ann)
    its = reverse("staff:incident", args=[incident.pk])
    assert (links(ann), links(ben)[0]) == ([], its)
    assert "平台" in page(ben)
    confirm_notice(incident_id=incident.pk, actor=f"user:{ben.pk}", at=now)
    assert its not in links(ben)
