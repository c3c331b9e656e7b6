"""The only ways of a view to what the registers hold."""

from django.db.models import QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, authorities_reached
from committees.models import RegisterImport
from registry.models import Authority


def authorities_keeping(user: Visitor) -> QuerySet[Authority]:
    """The authorities whose register this person may hand in."""
    return authorities_reached(user, Permission.KEEP_REGISTER).order_by("pk")


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
