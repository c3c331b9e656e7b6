"""Another phone for an owner: asked for, told to the old one, held for a day, then in force.

Whoever has the phone has the second check. So no number gives way at once, whoever says so:
the owner, a desk, or a file with the roll (`registry.steps.hold_phones`).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import Message
from accounts.permissions import Permission, roles_with
from accounts.phones import clean_phone, mobile_of, phone_hash
from accounts.services.messages import leaves_at
from accounts.steps import queue_message
from core.errors import RuleViolation
from documents.wording import moment
from logbook.steps import record_act
from registry.models import Estate, Owner, PhoneChange, RollNotice
from registry.steps import PHONE_HELD, examine_roll, hold_phones, stop_phone
from voting.models import CheckCode, Party, PartyUnit
from voting.selectors.holders import holders_today
from voting.steps import Signer

OWN = Signer("owner", "")
# As messages say it: always in Chinese.
_WHAT = {
    "ended": "登记给了他人",
    "joined": "增加了共有人",
    "voter": "登记了由谁表决",
    "number": "登记了证件号码",
}
# Freezing a roll takes seconds.
_FOLLOWED = timedelta(minutes=10)
# So many in one transaction, which keeps the roll of an estate to itself.
_AT_ONCE = 200


@transaction.atomic(durable=True)
@sensitive_variables("phone")
def ask_own_change(*, owner_ids: Collection[int], phone: str, at: datetime) -> int:
    """The owner wants another number, or with "" none: for these rows, which are one person.

    Who asks has proved the old number, and `phone` by a code sent to it. Returns how many
    changes wait from now on. RuleViolation "phone.invalid", "phone.same".
    """
    plain = clean_phone(phone)
    owners = Owner.objects.filter(pk__in=owner_ids).select_related("estate").order_by("pk")
    wanted = {one.pk: plain for one in owners if one.phone != plain}
    if not wanted:
        raise RuleViolation("phone.same", _("这就是现在登记的号码，不用换"))
    for estate in {one.estate_id: one.estate for one in owners}.values():
        _locked(estate.pk)
        here = {one.pk: plain for one in owners if one.estate_id == estate.pk}
        made = hold_phones(
            {pk: number for pk, number in here.items() if pk in wanted},
            way="own",
            actor=OWN.actor,
            at=at,
        )
        for change in made:
            change.takes_effect_at = leaves_at(at) + PHONE_HELD
            change.save(update_fields=["takes_effect_at"])
            _record(estate, change, "phone-asked", OWN, at)
    return len(wanted)


@transaction.atomic(durable=True)
@sensitive_variables("phone")
def propose_change(*, owner_id: int, phone: str, signer: Signer, at: datetime) -> PhoneChange:
    """At the desk, from the owner's paper; another person confirms it before its day begins.

    RuleViolation "phone.role", "phone.invalid", "phone.same", "phone.waits".
    """
    _demand_role(signer, Permission.MANAGE_ROLL)
    plain = clean_phone(phone)
    owner = Owner.objects.select_related("estate").get(pk=owner_id)
    _locked(owner.estate_id)
    if plain == owner.phone:
        raise RuleViolation("phone.same", _("这就是现在登记的号码，不用换"))
    if owner.phone_changes.filter(state__in=PhoneChange.OPEN).exists():
        raise RuleViolation("phone.waits", _("这位业主已有一项更换没有完成，先停止它再办"))
    made = PhoneChange.objects.create(
        owner=owner,
        way="desk",
        state="proposed",
        phone=plain,
        old_phone=owner.phone,
        asked_by=signer.actor,
        asked_role=signer.role,
        asked_at=at,
    )
    _record(owner.estate, made, "phone-proposed", signer, at)
    return made


@transaction.atomic(durable=True)
def confirm_change(*, change_id: int, signer: Signer, at: datetime) -> PhoneChange:
    """The second person has seen the owner's paper: the day begins.

    Harmless where it is done. RuleViolation "phone.role", "phone.decided",
    "phone.same_person".
    """
    change = _locked_change(change_id)
    if change.state == "held" and change.confirmed_by == signer.actor:
        return change
    _demand_role(signer, Permission.CONFIRM_STANDIN)
    if change.state != "proposed":
        raise RuleViolation("phone.decided", _("这一项已经有人决定了"))
    if signer.actor == change.asked_by:
        raise RuleViolation("phone.same_person", _("录入的人不能自己确认，请另一个人来办"))
    change.state, change.takes_effect_at = "held", leaves_at(at) + PHONE_HELD
    change.confirmed_by, change.confirmed_role = signer.actor, signer.role
    change.old_phone = change.owner.phone  # who is told: the number that stands now
    change.save(
        update_fields=[
            "state", "takes_effect_at", "confirmed_by", "confirmed_role", "old_phone"
        ]
    )  # fmt: skip
    _record(change.owner.estate, change, "phone-confirmed", signer, at)
    return change


def confirm_all(
    *, change_ids: Collection[int], signer: Signer, at: datetime
) -> tuple[int, int]:
    """The second person has held a whole file against these; how many were and were not."""
    done = 0
    for pk in change_ids:
        try:
            confirm_change(change_id=pk, signer=signer, at=at)
        except RuleViolation as refused:
            if refused.code == "phone.role":
                raise
        else:
            done += 1
    return done, len(change_ids) - done


@transaction.atomic(durable=True)
def stop_change(
    *, change_id: int, signer: Signer, reason: str = "", at: datetime
) -> PhoneChange:
    """The number stays. The owner needs no reason; a desk gives one.

    RuleViolation "phone.decided", "phone.role", "phone.reason".
    """
    change = _locked_change(change_id)
    if change.state not in PhoneChange.OPEN:
        raise RuleViolation("phone.decided", _("这一项已经生效或者停止了"))
    if signer != OWN:
        # What the owner asked for, no organiser stops: it would keep a number that is lost.
        manages = () if change.way == "own" else (Permission.MANAGE_ROLL,)
        _demand_role(signer, Permission.CONFIRM_STANDIN, *manages)
        if not reason.strip():
            raise RuleViolation("phone.reason", _("请写明为什么停止"))
    stop_phone(change, actor=signer.actor, at=at, reason=reason.strip())
    # What has not left by now would tell of something that is over.
    Message.objects.filter(key=_key(change), state="queued").delete()
    _record(change.owner.estate, change, "phone-stopped", signer, at)
    return change


def tell_changes(at: datetime) -> int:
    """Tell the old numbers what waits; the day begins when they can read it. A sweeper."""
    due = PhoneChange.objects.filter(state="held", told_at__isnull=True).order_by("pk")
    return sum(_told(pk, at) for pk in due.values_list("pk", flat=True)[:500])


@transaction.atomic(durable=True)
def _told(change_id: int, at: datetime) -> bool:
    change = _locked_change(change_id)
    if change.state != "held" or change.told_at is not None:
        return False
    read = leaves_at(at)
    change.told_at = at
    change.takes_effect_at = max(change.takes_effect_at or at, read + PHONE_HELD)
    facts = {
        "estate": change.owner.estate.name,
        "when": moment(change.takes_effect_at),
        "url": f"{settings.PUBLIC_URL}/my/data/",
    }
    if change.phone:
        facts["tail"] = change.phone[-4:]
    queue_message(
        key=_key(change),
        phone=mobile_of(change.old_phone),
        template="phone_change" if change.phone else "phone_removal",
        params=facts,
        at=at,
    )
    change.save(update_fields=["told_at", "takes_effect_at"])
    return True


def tell_notices(at: datetime) -> int:
    """Tell owners what befell their titles. A sweeper; each notice once, whoever is killed."""
    due = RollNotice.objects.filter(told_at__isnull=True).order_by("pk")
    return sum(_noticed(pk, at) for pk in due.values_list("pk", flat=True)[:500])


@transaction.atomic(durable=True)
def _noticed(notice_id: int, at: datetime) -> bool:
    rows = RollNotice.objects.select_for_update(of=("self",), no_key=True)
    notice = rows.select_related("owner__estate").filter(pk=notice_id).first()
    if notice is None or notice.told_at is not None:
        return False
    queue_message(
        key=f"roll-notice:{notice.pk}",
        phone=mobile_of(notice.owner.phone),
        template="title_changed",
        params={
            "estate": notice.owner.estate.name,
            "what": _WHAT[notice.kind],
            "url": f"{settings.PUBLIC_URL}/my/data/",
        },
        at=at,
    )
    notice.told_at = at
    notice.save(update_fields=["told_at"])
    return True


def apply_changes(at: datetime) -> int:
    """Bring into force whose day is over, and into rolls that are being voted by. A sweeper."""
    due = PhoneChange.objects.filter(
        state="held", told_at__isnull=False, takes_effect_at__lte=at
    )
    waiting: dict[int, list[int]] = defaultdict(list)
    for change in due.select_related("owner").order_by("pk"):
        if _was_read(change, at):
            waiting[change.owner.estate_id].append(change.pk)
    done = 0
    for estate, changes in waiting.items():
        for start in range(0, len(changes), _AT_ONCE):
            done += _applied(estate, changes[start : start + _AT_ONCE], at)
    _follow(at)
    return done


@transaction.atomic(durable=True)
def _applied(estate_id: int, change_ids: Collection[int], at: datetime) -> int:
    """Some changes of one estate, so that its roll is examined once for all of them."""
    estate = _locked(estate_id)
    # Asked again under the lock: meanwhile an owner may have stopped one.
    found = PhoneChange.objects.filter(pk__in=change_ids, state="held")
    rows = found.select_for_update(of=("self",), no_key=True).select_related("owner")
    changes = list(rows.order_by("pk"))
    for change in changes:
        owner = change.owner
        if owner.phone != change.old_phone:  # an import that was undone put another one back
            stop_phone(change, actor="system", at=at, reason="原来的号码已另有变动")
            _record(estate, change, "phone-stopped", Signer("system", ""), at)
            continue
        owner.phone, owner.phone_hash = change.phone, phone_hash(change.phone)
        owner.save(update_fields=["phone", "phone_hash"])
        change.state, change.ended_at, change.ended_by = "done", at, "system"
        change.save(update_fields=["state", "ended_at", "ended_by"])
        if change.way != "file":
            _tell_loser(estate, change, at)
        _record(estate, change, "phone-changed", Signer("system", ""), at)
    if changes:
        examine_roll(estate, at=at)
    return len(changes)


def _tell_loser(estate: Estate, change: PhoneChange, at: datetime) -> None:
    """Once more to the number that lost, for later warnings go to the present one only: who
    had the phone in hand for a moment could have deleted the first. Not of a file, which two
    people brought and which may be of thousands."""
    facts = {"estate": estate.name}
    if change.phone:
        facts["tail"] = change.phone[-4:]
    queue_message(
        key=f"{_key(change)}:done",
        phone=mobile_of(change.old_phone),
        template="phone_changed" if change.phone else "phone_removed",
        params=facts,
        at=at,
    )


def _was_read(change: PhoneChange, at: datetime) -> bool:
    """Whether the old number was told a day ago, or could not be told."""
    told = Message.objects.filter(key=_key(change)).only("state", "sent_at").first()
    if told is None or told.state == "failed":
        return True
    return told.state == "sent" and (told.sent_at or at) + PHONE_HELD <= at


def _follow(at: datetime) -> None:
    """Rolls frozen with a number that has changed since get the new one, while the vote runs.

    Again and again for ten minutes: a roll may have been frozen at the very moment.
    """
    done = PhoneChange.objects.filter(state="done", followed=False)
    pairs = PartyUnit.objects.filter(
        party__session__state="frozen",
        party__session__closes_at__gt=at,
        unit__ownerships__valid_to__isnull=True,
        unit__ownerships__owner__phone_changes__in=done,
    ).values_list("party", "unit__ownerships__owner__phone_changes")
    found = {change.pk: change for change in done.select_related("owner")}
    for party, change in pairs.distinct():
        if change in found:
            _carry(party, found[change])
    done.filter(pk__in=found, ended_at__lte=at - _FOLLOWED).update(followed=True)


@transaction.atomic(durable=True)
def _carry(party_id: int, change: PhoneChange) -> None:
    rows = Party.objects.select_for_update(of=("self",), no_key=True)
    party = rows.select_related("session").get(pk=party_id)
    if party.phone != change.old_phone or not _votes(party, change.owner):
        return
    party.phone = change.phone
    party.save(update_fields=["phone"])
    # Digits on their way to the old number are worth nothing.
    CheckCode.objects.filter(party=party).delete()


def _votes(party: Party, owner: Owner) -> bool:
    """Whether this owner speaks for the party, and owned its units when the roll was frozen:
    a buyer gets the vote by two people alone (`voting.services.transfers`)."""
    now = holders_today(party)
    if not now.as_frozen:
        return False
    voters = [one for one in now.owners if one.is_voter] or list(now.owners)
    return owner.pk in {one.owner_id for one in voters}


def _key(change: PhoneChange) -> str:
    return f"phone-change:{change.pk}"


def _locked(estate_id: int) -> Estate:
    return Estate.objects.select_for_update(no_key=True).get(pk=estate_id)


def _locked_change(change_id: int) -> PhoneChange:
    rows = PhoneChange.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("owner__estate").get(pk=change_id)


def _demand_role(signer: Signer, *permissions: Permission) -> None:
    if not any(signer.role in roles_with(one) for one in permissions):
        raise RuleViolation("phone.role", _("您的角色不能办这件事"))


def _record(
    estate: Estate, change: PhoneChange, act: str, signer: Signer, at: datetime
) -> None:
    facts = {"change": change.pk, "owner": change.owner_id, "way": change.way}
    if signer.role:
        facts["role"] = signer.role
    record_act(f"registry/{estate.code}", act, facts, actor=signer.actor, at=at)
