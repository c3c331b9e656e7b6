"""What the system knows of itself for its papers about personal data (PIPL 21, 55, 56).

Facts are read when a paper is asked for; what no program can know stays open there, marked
待填.
"""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.labels import ROLE_TITLES
from accounts.models import Incident, RoleGrant, User
from accounts.permissions import NAMES_PEOPLE, ROLE_PERMISSIONS
from committees.models import Member, Nominee, PartyAnswer
from core.deadlines import local_day
from core.sealed import Mark
from logbook.models import Entry
from logbook.steps import PLATFORM_LOG
from portal.permission_words import PERMISSION_WORDS
from portal.rotation import counts_by_key, current_mark
from registry.former import known
from registry.models import Owner
from voting.models import Candidate, GroupMember, Supervisor


class Purpose(NamedTuple):
    """Why personal data are handled, by what right, and why less would not do."""

    what: Promise
    basis: Promise
    needed: Promise


PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        gettext_lazy("业主共同决定事项的表决：名册、通知书、核对身份、计票、存档"),
        gettext_lazy("个人信息保护法13（三）；民法典278：参与表决的人数和专有部分面积"),
        gettext_lazy("不核对身份和面积，就不能计算人数、面积和防止重复；证件号码只用来认人"),
    ),
    Purpose(
        gettext_lazy("住宅专项维修资金：分户账、分摊、查询"),
        gettext_lazy("个人信息保护法13（三）；住宅专项维修资金管理办法"),
        gettext_lazy("账按房屋记，不记姓名；查询用手机号或者通知书核对本人"),
    ),
    Purpose(
        gettext_lazy("公共收益的账目公开，业主提问和反映"),
        gettext_lazy("个人信息保护法13（三）；民法典943"),
        gettext_lazy("公开前遮盖凭证和原话里写到人的字"),
    ),
    Purpose(
        gettext_lazy("候选人、小组成员、监督人员的姓名等公开"),
        gettext_lazy("个人信息保护法25：本人单独同意，签字登记后才公开"),
        gettext_lazy(
            "不同意的不公开；公告以前撤回的，全部删除；公告以后撤回的，标明退出，"
            "已经公告、印出的收不回"
        ),
    ),
    Purpose(
        gettext_lazy("党员身份，只公开比例"),
        gettext_lazy("个人信息保护法29：本人单独同意，可以随时撤回"),
        gettext_lazy("不愿说的不用说；撤回、退出后清空回答"),
    ),
    Purpose(
        gettext_lazy("工作人员的账号、登录、操作记录"),
        gettext_lazy("个人信息保护法13（三）；网络安全法：网络日志留存不少于六个月"),
        gettext_lazy("要能说明谁做了什么；登录地址只存前半段"),
    ),
)


class Role(NamedTuple):
    """A role that sees people: what it may, and how many hold it today."""

    title: str
    may: list[str]
    held: int


class People(NamedTuple):
    """How many, without telling who."""

    owners: int
    estates: int
    staff: int
    members: int
    candidates: int


class Consents(NamedTuple):
    """Separate consents that are recorded (PIPL 25, 29), and taken back (15)."""

    candidates: int
    group: int
    party: int
    party_back: int


class Keys(NamedTuple):
    """Values by cipher and key. `current`: what seals today."""

    current: Mark
    counted: list[tuple[Mark, int]]


def people() -> People:
    """Persons whose data are here."""
    owners = Owner.objects.filter(known()).aggregate(
        persons=Count("document_hash", distinct=True),
        estates=Count("estate", distinct=True),  # of those without a roll there is nobody
    )
    return People(
        owners["persons"],
        owners["estates"],
        User.objects.filter(is_active=True).count(),
        Member.objects.count() + Nominee.objects.count(),
        Candidate.objects.count(),
    )


def consents() -> Consents:
    """What is recorded of separate consents."""
    # Where consent is taken back, a row without a way of consenting says so.
    answers = PartyAnswer.objects
    return Consents(
        Candidate.objects.count(),
        GroupMember.objects.filter(consents=True).count()
        + Supervisor.objects.filter(consents=True).count(),
        answers.exclude(how="").exclude(answer="").count(),
        answers.filter(how="").count(),
    )


def roles_that_see_people(at: datetime) -> list[Role]:
    """By the table of permissions and what pages name people."""
    standing = RoleGrant.objects.standing(local_day(at)).order_by().values("role")
    held = dict(standing.annotate(n=Count("user", distinct=True)).values_list("role", "n"))
    return [
        Role(
            str(ROLE_TITLES[role]),
            [str(PERMISSION_WORDS[one]) for one in PERMISSION_WORDS if one in may],
            held.get(role, 0),
        )
        for role, permissions in ROLE_PERMISSIONS.items()
        if (may := permissions & NAMES_PEOPLE)
    ]


def keys() -> Keys:
    """Ciphers and key numbers of everything that is sealed."""
    total: Counter[Mark] = Counter()
    for counted in counts_by_key().values():
        total.update(counted)
    return Keys(current_mark(), sorted(total.items()))


def last_of(kind: str) -> datetime | None:
    """When an act was last written into the platform's log."""
    found = Entry.objects.filter(log__name=PLATFORM_LOG, kind=kind).order_by("-seq")
    return found.values_list("recorded_at", flat=True).first()


def runs() -> list[tuple[str, datetime | None]]:
    """What runs by itself or by command, and when it last did."""
    return [
        (_("期满清理（retention）"), last_of("retention.ended")),
        (_("更换加密钥匙（rotate_keys）"), last_of("keys.rotated")),
        (_("导出操作记录供审计（export_log）"), last_of("log.exported")),
    ]


def incidents() -> int:
    """How many incidents were ever written down."""
    return Incident.objects.count()
