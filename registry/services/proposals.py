"""Corrections of single rooms: one person writes them, another confirms them.

Whoever alone could say who owns, who votes and how large a room is could alone decide a vote.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Estate, Ownership, RollProposal, Unit
from registry.services.titles import NewOwner, choose_voter, record_transfer, set_area


def _transfer(said: Mapping[str, Any], **where: Any) -> None:
    owners = [NewOwner(*one) for one in said["owners"]]
    on = date.fromisoformat(said["on"])
    record_transfer(owners=owners, basis=said["basis"], on=on, **where)


def _voter(said: Mapping[str, Any], **where: Any) -> None:
    choose_voter(owner_id=said["owner"], **where)


def _area(said: Mapping[str, Any], **where: Any) -> None:
    set_area(area=said["area"], source=said["source"], **where)


_DO: dict[str, Callable[..., None]] = {"transfer": _transfer, "voter": _voter, "area": _area}


def propose_transfer(
    *, owners: list[NewOwner], basis: str, on: date, **where: Any
) -> RollProposal:
    """Write that title passed; see `titles.record_transfer`, also for what is refused."""
    said = {"owners": [list(one) for one in owners], "basis": basis, "on": on.isoformat()}
    return _propose("transfer", said, **where)


def propose_voter(*, owner_id: int, **where: Any) -> RollProposal:
    """Write whom joint owners chose; see `titles.choose_voter`, also for what is refused."""
    return _propose("voter", {"owner": owner_id}, **where)


def propose_area(*, area: str, source: str, **where: Any) -> RollProposal:
    """Write a room's area; see `titles.set_area`, also for what is refused."""
    return _propose("area", {"area": area, "source": source}, **where)


@transaction.atomic(durable=True)
def confirm_proposal(*, proposal_id: int, actor: str, at: datetime) -> RollProposal:
    """Another person has held it against the paper: it is on the roll from now on.

    RuleViolation "proposal.same_person"; "proposal.stale" where the room has other owners
    than when it was written; and what the correction itself refuses meanwhile.
    """
    proposal, estate = _waiting(proposal_id)
    if actor == proposal.asked_by:
        raise RuleViolation(
            "proposal.same_person", _("这是您自己录入的：请另一个人对照材料确认")
        )
    said = json.loads(proposal.content)
    if said["present"] != _present(proposal.unit):
        raise RuleViolation(
            "proposal.stale", _("录入以后这套房屋的业主又有变化，请不采用这一条，重新录入")
        )
    _DO[proposal.kind](said, unit_id=proposal.unit_id, actor=proposal.asked_by, at=at)
    _end(proposal, "done", actor, at)
    _record(proposal, "roll-change-confirmed", estate, actor, at)
    return proposal


@transaction.atomic(durable=True)
def drop_proposal(*, proposal_id: int, actor: str, at: datetime) -> RollProposal:
    """It is not written: who wrote it takes it back, or who should confirm it does not."""
    proposal, estate = _waiting(proposal_id)
    _end(proposal, "dropped", actor, at)
    _record(proposal, "roll-change-dropped", estate, actor, at)
    return proposal


def end_proposal(proposal: RollProposal, *, at: datetime) -> None:
    """A step: nobody confirmed it for so long that what it says is no longer kept."""
    _end(proposal, "dropped", "system", at)
    _record(proposal, "roll-change-dropped", proposal.estate, "system", at)


@transaction.atomic(durable=True)
def _propose(
    kind: str, said: dict[str, Any], *, unit_id: int, actor: str, at: datetime
) -> RollProposal:
    unit = Unit.objects.get(pk=unit_id, is_active=True)
    estate = Estate.objects.select_for_update(no_key=True).get(pk=unit.estate_id)
    said["present"] = _present(unit)
    if RollProposal.objects.filter(unit=unit, kind=kind, state="waiting").exists():
        raise RuleViolation(
            "proposal.waits", _("这套房屋已经有一条同样的更正在等确认，请先办完那一条")
        )
    with _tried():
        _DO[kind](said, unit_id=unit_id, actor=actor, at=at)
    proposal = RollProposal.objects.create(
        estate=estate,
        unit=unit,
        kind=kind,
        content=json.dumps(said, ensure_ascii=False),
        asked_by=actor,
        asked_at=at,
    )
    _record(proposal, "roll-change-proposed", estate, actor, at)
    return proposal


@contextmanager
def _tried() -> Iterator[None]:
    """What is done inside is refused now if it would be later, and is not kept."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def _present(unit: Unit) -> list[int]:
    titles = Ownership.objects.filter(unit=unit, valid_to__isnull=True)
    return list(titles.order_by("pk").values_list("pk", flat=True))


def _waiting(proposal_id: int) -> tuple[RollProposal, Estate]:
    proposal = RollProposal.objects.select_related("unit").get(pk=proposal_id)
    # The lock of all changes of a roll; what waits is read again under it.
    estate = Estate.objects.select_for_update(no_key=True).get(pk=proposal.estate_id)
    proposal.refresh_from_db(fields=["state", "content"])
    if proposal.state != "waiting":
        raise RuleViolation("proposal.over", _("这一条已经办完了"))
    return proposal, estate


def _end(proposal: RollProposal, state: str, actor: str, at: datetime) -> None:
    proposal.state, proposal.content = state, ""
    proposal.ended_by, proposal.ended_at = actor, at
    proposal.save(update_fields=["state", "content", "ended_by", "ended_at"])


def _record(proposal: RollProposal, act: str, estate: Estate, actor: str, at: datetime) -> None:
    facts = {"proposal": proposal.pk, "unit": proposal.unit_id, "kind": proposal.kind}
    record_act(f"registry/{estate.code}", act, facts, actor=actor, at=at)
