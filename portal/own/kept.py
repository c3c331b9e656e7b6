"""What is kept about one owner at one estate, as a page shows it and as a copy to take away."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.exact import format_area
from documents.papers import masked_names
from funds.models import SubAccount
from registry.models import DataRequest, Owner, Ownership, PhoneChange
from registry.words import register_word
from voting.models import Candidate, Party


class Line(NamedTuple):
    """A name and what stands beside it."""

    title: str
    text: str


class Section(NamedTuple):
    """Lines that belong together."""

    title: str
    lines: Sequence[Line]


def sections_of(owner: Owner, *, full: bool) -> list[Section]:
    """What is kept about an owner of one estate. `full`: for whoever proved to be the person;
    otherwise name and numbers are masked, for a household shares a phone."""
    return [
        section
        for section in (
            Section(_("名册上的信息"), list(_person(owner, full))),
            Section(_("房屋"), list(_titles(owner))),
            Section(_("参加过的投票"), list(_votes(owner))),
            Section(_("候选人资料"), list(_candidacies(owner))),
            Section(_("维修资金账户"), list(_accounts(owner))),
            Section(_("换手机号的记录"), list(_changes(owner, full))),
            Section(_("关于个人信息的请求"), list(_requests(owner))),
        )
        if section.lines
    ]


def masked_phone(phone: str) -> str:
    """``138****5678``; a short number keeps its last two digits."""
    if len(phone) < 8:
        return f"****{phone[-2:]}" if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"


def parties_of(owner: Owner) -> QuerySet[Party]:
    """The parties of frozen rolls that had a unit of this owner while it was theirs."""
    return (
        Party.objects.filter(
            Q(units__unit__ownerships__valid_to__isnull=True)
            | Q(units__unit__ownerships__valid_to__gt=F("session__frozen_at")),
            units__unit__ownerships__owner=owner,
            units__unit__ownerships__valid_from__lte=F("session__frozen_at"),
            session__rehearsal=False,
        )
        .select_related("session")
        .order_by("session", "number")
        .distinct()
    )


def _person(owner: Owner, full: bool) -> Iterator[Line]:
    number = owner.document_number
    yield Line(_("姓名或者名称"), owner.name if full else masked_names([owner.name]))
    yield Line(_("类别"), str(owner.get_kind_display()))
    if number:
        kind = owner.document_kind or _("证件号码")
        yield Line(kind, number if full else f"****{number[-4:]}")
    yield Line(_("手机号"), (owner.phone if full else masked_phone(owner.phone)) or _("没有"))
    yield Line(_("身份核验"), _checked(owner.identity_check))


def _checked(state: str) -> str:
    return {
        "": _("没有送去核验"),
        "asked": _("已送去核验，还没有结果"),
        "agrees": _("一致"),
        "differs": _("不一致"),
    }[state]


def _titles(owner: Owner) -> Iterator[Line]:
    found = owner.ownerships.select_related("unit").order_by("valid_from", "pk")
    for title in found:
        yield Line(title.unit.label, _("，").join(_title_words(title)))


def _title_words(title: Ownership) -> Iterator[str]:
    unit = title.unit
    yield str(unit.get_use_display())
    if unit.area:
        yield _("建筑面积%(area)s平方米") % {"area": format_area(unit.area)}
    yield str(title.get_basis_display())
    if title.share_text:
        yield register_word(title.share_text)
    if title.is_voter:
        yield _("共有人选定的表决人")
    if title.valid_to:
        yield _("%(first)s至%(last)s") % {
            "first": title.valid_from.isoformat(),
            "last": title.valid_to.isoformat(),
        }
    else:
        yield _("%(first)s起") % {"first": title.valid_from.isoformat()}


def _votes(owner: Owner) -> Iterator[Line]:
    # How a household voted is not kept with it: nobody could read it out here.
    for party in parties_of(owner):
        took = _("已收到表决票") if party.ballots else _("没有收到网上的表决票")
        yield Line(
            party.session.title,
            _("通知书编号%(serial)s，%(took)s") % {"serial": party.serial, "took": took},
        )


def _candidacies(owner: Owner) -> Iterator[Line]:
    units = owner.ownerships.values("unit")
    found = Candidate.objects.filter(unit__in=units).select_related("election__motion__session")
    for one in found.order_by("pk"):
        if one.name == owner.name:
            yield Line(one.election.motion.session.title, one.statement or one.room)


def _accounts(owner: Owner) -> Iterator[Line]:
    units = owner.ownerships.filter(valid_to__isnull=True).values("unit")
    for sub in SubAccount.objects.filter(unit__in=units).select_related("unit").order_by("pk"):
        if sub.unit is not None:
            yield Line(sub.unit.label, _("有分户账，余额和每一笔在“您家的维修资金”里看"))


def _changes(owner: Owner, full: bool) -> Iterator[Line]:
    for one in owner.phone_changes.order_by("pk"):
        number = (one.phone if full else masked_phone(one.phone)) or _("取消登记")
        yield Line(
            when(one.asked_at),
            _("，").join([number, str(one.get_way_display()), str(one.get_state_display())]),
        )


def _requests(owner: Owner) -> Iterator[Line]:
    for one in owner.requests.order_by("pk"):
        said = f"{one.get_kind_display()}：{one.text}"
        if one.answer:
            said += f"（{one.get_state_display()}：{one.answer}）"
        yield Line(when(one.asked_at), said)


def when(at: datetime) -> str:
    """``2026-03-01 09:00`` in the time of the place."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def open_changes(owners: Sequence[Owner]) -> QuerySet[PhoneChange]:
    """Changes of these owners' numbers that wait; each can be stopped."""
    found = PhoneChange.objects.filter(owner__in=owners, state__in=PhoneChange.OPEN)
    return found.select_related("owner__estate").order_by("pk")


def requests_of(owners: Sequence[Owner]) -> QuerySet[DataRequest]:
    """What these owners asked, the newest first."""
    found = DataRequest.objects.filter(owner__in=owners)
    return found.select_related("owner__estate__authority").order_by("-pk")


def overdue(request: DataRequest, today: date) -> bool:
    """Whether the answer should be there by now."""
    return request.state == "open" and request.due_on < today
