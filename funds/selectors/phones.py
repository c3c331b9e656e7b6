"""Which units the holder of a phone number, or of a proved identity, may look at."""

from collections import defaultdict

from django.db.models import QuerySet

from registry.models import Owner, Ownership
from registry.selectors import open_number_checks


def phone_known(phone_hash: str) -> bool:
    """Whether a number stands on the roll of any estate."""
    return bool(phone_hash) and Owner.objects.filter(phone_hash=phone_hash).exists()


def units_by_phone(phone_hash: str, document_hash: str = "") -> list[int]:
    """The units that the owners with this number on the roll own now.

    Of one person, or of people who own the very same units (a household with one phone). A
    number that stands for different owners of different units (a family in two flats, or an
    office that typed its own) leads nowhere by itself: who it is, is asked
    (`funds.services.entering.person_of`), and `document_hash` says it. It only chooses among
    the rows with this number and adds none: who keeps a roll elsewhere can write a number and
    another person's document into one row, and would get at that person's.
    """
    if not phone_hash:
        return []
    owners = _with_phone(phone_hash, document_hash)
    documents = dict(owners.values_list("pk", "document_hash"))
    held: dict[str, set[int]] = defaultdict(set)
    titles = Ownership.objects.filter(owner__in=list(documents), valid_to__isnull=True)
    for owner, unit in titles.order_by("unit").values_list("owner", "unit"):
        held[documents[owner]].add(unit)
    different = {frozenset(units) for units in held.values()}
    return sorted(different.pop()) if len(different) == 1 else []


def owners_by_phone(phone_hash: str, document_hash: str = "") -> list[Owner]:
    """The owners `units_by_phone` leads to, in every estate; or one person who owns nothing
    any more, whose data are still here. None where it leads nowhere."""
    if not phone_hash:
        return []
    found = _with_phone(phone_hash, document_hash)
    if units := units_by_phone(phone_hash, document_hash):
        now = Ownership.objects.filter(unit__in=units, valid_to__isnull=True)
        found = found.filter(pk__in=now.values("owner"))
    else:
        owns = Ownership.objects.filter(owner__in=found, valid_to__isnull=True)
        if owns.exists() or found.values("document_hash").distinct().count() != 1:
            return []
    return list(found.select_related("estate__authority").order_by("estate", "pk"))


def _with_phone(phone_hash: str, document_hash: str) -> QuerySet[Owner]:
    found = Owner.objects.filter(phone_hash=phone_hash)
    return found.filter(document_hash=document_hash) if document_hash else found


def owners_by_document(document_hash: str) -> list[Owner]:
    """The owners with this document (`registry.selectors.document_key`), also former ones.

    Not where one person alone has said that the number is theirs."""
    found = Owner.objects.filter(document_hash=document_hash)
    found = found.exclude(number_checks__in=open_number_checks())
    return list(found.select_related("estate__authority").order_by("estate", "pk"))


def units_by_document(document_hash: str) -> list[int]:
    """The units they own now."""
    titles = Ownership.objects.filter(
        owner__in=owners_by_document(document_hash), valid_to__isnull=True
    )
    return sorted(set(titles.values_list("unit", flat=True)))
