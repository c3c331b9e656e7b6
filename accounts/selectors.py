"""Reading people and their grants."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.labels import role_title
from accounts.models import ClosedDoor, LegalHold, Reset, RoleGrant, User
from accounts.permissions import Permission, Visitor, require, seconded_with_roll
from registry.models import Authority, Estate, RollImport, Unit
from registry.selectors import AUTHORITY_DEPTH, estates_under

# So long a wish to reset somebody's sign-in waits for the second operator.
OPEN_FOR = timedelta(days=1)


def people_for(user: Visitor) -> QuerySet[User]:
    """Everyone with an account and all their grants, for whoever manages grants."""
    require(user, Permission.MANAGE_GRANTS)
    grants = RoleGrant.objects.select_related("estate", "authority").order_by("valid_from")
    return User.objects.prefetch_related(Prefetch("grants", queryset=grants)).order_by(
        "-is_active", "username"
    )


def doors_shut(user: Visitor) -> dict[int, int]:
    """How often pages stayed shut to whom, by account, as long as it is counted (184 days);
    those never refused are not there. One query, for whoever manages grants."""
    require(user, Permission.MANAGE_GRANTS)
    counted = ClosedDoor.objects.order_by().values_list("user").annotate(n=Sum("count"))
    return dict(counted)


def person_for(user: Visitor, pk: int) -> User:
    """One account, for whoever manages grants; else Http404."""
    person = people_for(user).filter(pk=pk).first()
    if person is None:
        raise Http404
    return person


def grant_for(user: Visitor, pk: int) -> RoleGrant:
    """One grant, for whoever manages grants; else Http404."""
    require(user, Permission.MANAGE_GRANTS)
    grant = (
        RoleGrant.objects.select_related("user", "estate", "authority").filter(pk=pk).first()
    )
    if grant is None:
        raise Http404
    return grant


def open_reset(person: User, at: datetime) -> Reset | None:
    """What waits for a second operator's word."""
    return _open_resets(at).filter(user=person).first()


def open_resets(user: Visitor, at: datetime) -> QuerySet[Reset]:
    """All that wait for a second operator's word; for whoever manages grants."""
    require(user, Permission.MANAGE_GRANTS)
    return _open_resets(at)


def _open_resets(at: datetime) -> QuerySet[Reset]:
    waiting = Reset.objects.filter(settled_at=None, asked_at__gt=at - OPEN_FOR)
    return waiting.select_related("asked_by", "user").order_by("pk")


def reset_for(user: Visitor, pk: int) -> Reset:
    """One wish to reset somebody's sign-in, for whoever manages grants; else Http404."""
    require(user, Permission.MANAGE_GRANTS)
    reset = Reset.objects.select_related("user").filter(pk=pk).first()
    if reset is None:
        raise Http404
    return reset


def holds_for(user: Visitor) -> QuerySet[LegalHold]:
    """Every legal hold there is or was, the latest first, for whoever keeps them."""
    require(user, Permission.KEEP_HOLDS)
    return LegalHold.objects.select_related("estate").order_by("-pk")


def hold_for(user: Visitor, pk: int) -> LegalHold:
    """One legal hold that can still be lifted, for whoever keeps them; else Http404."""
    hold = holds_for(user).filter(pk=pk, lifted_at__isnull=True).first()
    if hold is None:
        raise Http404
    return hold


def is_over(grant: RoleGrant, day: date) -> bool:
    """Whether a grant ended before `day`."""
    return grant.valid_to is not None and grant.valid_to < day


def overlapping(grant: RoleGrant, *, anywhere: bool = False) -> list[RoleGrant]:
    """The grants of the same person that share a day with this one, at the same place or
    anywhere."""
    others = RoleGrant.objects.filter(user=grant.user)
    if not anywhere:
        others = others.filter(estate=grant.estate, authority=grant.authority)
    return [
        other
        for other in others
        if (grant.valid_to is None or other.valid_from <= grant.valid_to)
        and (other.valid_to is None or other.valid_to >= grant.valid_from)
    ]


def is_party_to(user: User, grant: RoleGrant) -> bool:
    """Whether a person asked for a grant or receives it, and so does not confirm it."""
    return f"user:{user.pk}" == grant.granted_by or user.pk == grant.user_id


def reaches_roll(place: Estate | Authority | None) -> bool:
    """Whether an estate of that place (None: any) has a roll, or a file about to be one."""
    if isinstance(place, Authority):
        estates = estates_under(place)
    else:
        estates = Estate.objects.filter(pk=place.pk) if place else Estate.objects.all()
    return _with_roll(estates).exists()


def _with_roll(estates: QuerySet[Estate]) -> QuerySet[Estate]:
    units = Unit.objects.filter(estate=OuterRef("pk"))
    files = RollImport.objects.filter(estate=OuterRef("pk"), state="previewed")
    return estates.filter(Exists(units) | Exists(files))


def by_one_word(day: date) -> QuerySet[RoleGrant]:
    """Roles that hold, or will, as one operator gave them while nobody was on a roll there,
    and that take two where somebody is."""
    found = RoleGrant.objects.filter(
        role__in=seconded_with_roll(),
        waits=False,
        confirmed_by="",
        granted_by__startswith="user:",
        deputy_of=None,
    )
    return found.exclude(valid_to__lt=day).select_related("user", "estate", "authority")


def by_one_word_at(estate: Estate, day: date) -> QuerySet[RoleGrant]:
    """Those of them that reach this estate."""
    above, authority = [], estate.authority
    for _level in range(AUTHORITY_DEPTH):
        above.append(authority.pk)
        if authority.parent is None:
            break
        authority = authority.parent
    found = by_one_word(day).filter(Q(estate=estate) | Q(authority__in=above))
    return found.order_by("pk")


def sole_words(estate: Estate, day: date) -> str:
    """What to do about them before a roll comes into this estate; "" where there are none."""
    held = [
        _("%(who)s（%(role)s）") % {"who": one.user, "role": role_title(one.role)}
        for one in by_one_word_at(estate, day)
    ]
    if not held:
        return ""
    return _(
        "名册写入以前，只由一位管理员给的授权要另一位管理员确认：%(held)s。表格已经收下，"
        "请另一位管理员在“人员和授权”里确认或者撤销，再来导入"
    ) % {"held": _("、").join(held)}


def _by_one_word_with_roll(day: date) -> QuerySet[RoleGrant]:
    reached = Q(pk=OuterRef("estate"))
    for level in range(AUTHORITY_DEPTH):
        path = "authority__" + "parent__" * level
        reached |= Q(**{f"{path}pk": OuterRef("authority")})
    return by_one_word(day).filter(Exists(_with_roll(Estate.objects.filter(reached))))


def operators_on(day: date) -> QuerySet[User]:
    """Everybody who runs the platform on a day."""
    held = RoleGrant.objects.standing(day).filter(role="operator")
    return User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("pk")


def waiting_grants(user: Visitor) -> QuerySet[RoleGrant]:
    """Those that wait for a second person, the oldest first; for whoever manages grants.

    Also those that hold by one person's word where a roll has come since, or is about to.
    """
    require(user, Permission.MANAGE_GRANTS)
    sole = _by_one_word_with_roll(timezone.localdate())
    found = RoleGrant.objects.filter(Q(waits=True) | Q(pk__in=sole.values("pk")))
    return found.select_related("user", "estate", "authority").order_by("pk")


def takes_second(grant: RoleGrant, day: date) -> bool:
    """Whether a second operator's word about this grant is asked for, or taken before."""
    return grant.waits or by_one_word(day).filter(pk=grant.pk).exists()


def own_grants(user: User) -> QuerySet[RoleGrant]:
    """What a person holds today and is asked to hold, with what was lent of it."""
    day = timezone.localdate()
    ahead = RoleGrant.objects.exclude(valid_to__lt=day).select_related("user")
    found = RoleGrant.objects.filter(user=user).exclude(valid_to__lt=day)
    return (
        found.select_related("estate", "authority", "deputy_of__user")
        .prefetch_related(Prefetch("deputies", queryset=ahead.order_by("pk")))
        .order_by("pk")
    )


def estates_lacking_organiser(user: Visitor | None = None) -> QuerySet[Estate]:
    """Estates where nobody is organiser today or later, the newest first.

    `user`: whoever manages grants, else Http404; None for the server's command line.
    """
    if user is not None:
        require(user, Permission.MANAGE_GRANTS)
    day = timezone.localdate()
    held = RoleGrant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        waits=False,
        role="organiser",
        estate__isnull=False,
        user__is_active=True,
    )
    return Estate.objects.exclude(pk__in=held.values("estate")).order_by("-pk")


def people_named(actors: Sequence[str]) -> dict[str, str]:
    """``user:7`` → how that person is called; no entry for who has no account."""
    numbers = [
        int(number)
        for actor in actors
        if (number := actor.removeprefix("user:")) != actor and number.isdecimal()
    ]
    return {f"user:{one.pk}": str(one) for one in User.objects.filter(pk__in=numbers)}
