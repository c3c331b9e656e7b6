"""The only ways of a view to what the registers hold."""

from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from accounts.permissions import (
    Permission,
    Visitor,
    authorities_for,
    authorities_reached,
    estates_for,
)
from committees.models import (
    Committee,
    Evidence,
    Formation,
    Handover,
    HandoverItem,
    Inquiry,
    Member,
    Nominee,
    RegisterImport,
)
from registry.models import Authority
from voting.models import Candidate


def authorities_keeping(user: Visitor) -> QuerySet[Authority]:
    """The authorities whose register this person may hand in."""
    return authorities_reached(user, Permission.KEEP_REGISTER).order_by("pk")


def authorities_offered(user: Visitor) -> list[Authority]:
    """Of those, the ones this person acts for and the ones right below: a register may hold
    rows of everything further down, and who answers for a row follows from its place."""
    held = list(authorities_for(user, Permission.KEEP_REGISTER).values_list("pk", flat=True))
    near = authorities_keeping(user).filter(Q(pk__in=held) | Q(parent__in=held))
    return sorted(near, key=lambda one: (one.pk not in held, one.pk))


def import_for(user: Visitor, pk: int) -> RegisterImport:
    """A register that was handed in for a place of this person's; else Http404."""
    found = (
        RegisterImport.objects.filter(pk=pk, authority__in=authorities_keeping(user))
        .select_related("authority")
        .first()
    )
    if found is None:
        raise Http404
    return found


T = TypeVar("T", bound=Model)
_LINE = "authority__parent__parent__parent__parent"


def formation_for(user: Visitor, pk: int, permission: Permission) -> Formation:
    """A formation at an estate where `user` has `permission`; else Http404."""
    rows = Formation.objects.filter(estate__in=estates_for(user, permission))
    return _one(rows.select_related("committee", "session", f"estate__{_LINE}"), pk)


def inquiry_for(user: Visitor, formation: int, pk: int, permission: Permission) -> Inquiry:
    """A department that was asked; else Http404."""
    rows = Inquiry.objects.filter(
        formation=formation, formation__estate__in=estates_for(user, permission)
    )
    return _one(rows.select_related("formation__estate"), pk)


def member_for(user: Visitor, pk: int, permission: Permission) -> Member:
    """A member of a committee; else Http404."""
    rows = Member.objects.filter(committee__estate__in=estates_for(user, permission))
    return _one(rows.select_related("committee__estate"), pk)


def committee_for(user: Visitor, pk: int, permission: Permission) -> Committee:
    """A committee, in office or not; else Http404."""
    rows = Committee.objects.filter(estate__in=estates_for(user, permission))
    return _one(rows.select_related(f"estate__{_LINE}"), pk)


def nominee_for(user: Visitor, pk: int, permission: Permission) -> Nominee:
    """A candidate of a list kept by hand; else Http404."""
    rows = Nominee.objects.filter(formation__estate__in=estates_for(user, permission))
    return _one(rows.select_related("formation__estate"), pk)


def candidate_for(user: Visitor, pk: int, permission: Permission) -> Candidate:
    """A candidate of an election here; else Http404."""
    estates = estates_for(user, permission)
    rows = Candidate.objects.filter(election__motion__session__estate__in=estates)
    return _one(rows.select_related("election__motion__session__estate"), pk)


def handover_for(user: Visitor, pk: int, permission: Permission) -> Handover:
    """A handover list; else Http404."""
    rows = Handover.objects.filter(committee__estate__in=estates_for(user, permission))
    return _one(rows.select_related(f"committee__estate__{_LINE}"), pk)


def item_for(user: Visitor, pk: int, permission: Permission) -> HandoverItem:
    """An item of a handover list; else Http404."""
    estates = estates_for(user, permission)
    rows = HandoverItem.objects.filter(handover__committee__estate__in=estates)
    return _one(rows.select_related("handover__committee__estate"), pk)


def evidence_for(user: Visitor, pk: int, permission: Permission) -> Evidence:
    """A paper that proves something; else Http404."""
    rows = Evidence.objects.filter(estate__in=estates_for(user, permission))
    return _one(rows.select_related("estate"), pk)


def _one(rows: QuerySet[T], pk: int) -> T:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
