"""Document numbers that one person entered where others were before: another confirms them.

Whoever knows the last six passes the check before a vote, and a government identity provider
opens the own data by the whole number (`registry.steps.await_numbers` says which wait).
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Permission, roles_with
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Estate, NumberCheck, Ownership
from registry.selectors import open_number_checks
from registry.steps import note_titles
from voting.steps import Signer


@transaction.atomic(durable=True)
def show_numbers(
    *, estate_id: int, check_ids: Collection[int], signer: Signer, at: datetime
) -> list[NumberCheck]:
    """Some that wait, with their owners, to be held against the paper; the look is written
    down. Not those the signer entered. RuleViolation "number.role"."""
    estate, found = _theirs(estate_id, check_ids, signer)
    if found:
        _record(estate, "numbers-shown", found, signer, at)
    return found


@transaction.atomic(durable=True)
def confirm_numbers(
    *, estate_id: int, check_ids: Collection[int], signer: Signer, at: datetime
) -> int:
    """The second person has held them against the paper: they count from now on; how many.

    Who entered one does not confirm it: that one is left. Rolls that are frozen stay as they
    are. Owners with a phone are told. RuleViolation "number.role".
    """
    estate, found = _theirs(estate_id, check_ids, signer)
    for one in found:
        one.confirmed_by, one.confirmed_role = signer.actor, signer.role
        one.confirmed_at = at
    NumberCheck.objects.bulk_update(found, ["confirmed_by", "confirmed_role", "confirmed_at"])
    if found:
        owners = [one.owner_id for one in found]
        titles = Ownership.objects.filter(owner__in=owners, valid_to__isnull=True)
        told = titles.exclude(owner__phone_hash="").values_list("pk", flat=True)
        note_titles(told, kind="number", at=at)
        _record(estate, "numbers-confirmed", found, signer, at)
    return len(found)


def _theirs(
    estate_id: int, check_ids: Collection[int], signer: Signer
) -> tuple[Estate, list[NumberCheck]]:
    if signer.role not in roles_with(Permission.CONFIRM_STANDIN):
        raise RuleViolation("number.role", _("您的角色不能办这件事"))
    # The lock of all changes of a roll: no import is undone meanwhile.
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    found = open_number_checks().filter(owner__estate=estate, pk__in=check_ids)
    found = found.exclude(entered_by=signer.actor).select_related("owner")
    return estate, list(found.order_by("pk"))


def _record(
    estate: Estate, act: str, found: Collection[NumberCheck], signer: Signer, at: datetime
) -> None:
    facts = {"owners": [one.owner_id for one in found], "role": signer.role}
    record_act(f"registry/{estate.code}", act, facts, actor=signer.actor, at=at)
