"""An estate goes to another 社区 or to another authority, from a day on."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from committees.models import EstateMove
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Authority, Division, Estate

COMMUNITY = 5


@transaction.atomic(durable=True)
def move_estates(
    *,
    estate_ids: Sequence[int],
    division_code: str,
    authority_id: int,
    day: date,
    paper: str,
    actor: str,
    at: datetime,
) -> int:
    """Hand estates over: streets are redrawn, a 社区 is split, an authority is dissolved.

    `division_code`: their 社区 from then on, "" leaves each where it lies. `paper`: the
    decision it rests on. What ended before `day` stays as it was. The number of estates;
    RuleViolation move.* and nothing moves.
    """
    _demand_reasons(day, paper, at)
    target = _authority(authority_id, day)
    estates = list(
        Estate.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=estate_ids)
        .order_by("pk")
    )
    if not estates:
        raise RuleViolation("move.nothing", "请选择要划转的物业管理区域")
    division = _division(division_code) if division_code else None
    moves = [
        EstateMove(
            estate=one,
            day=day,
            from_division_id=one.division_id,
            to_division_id=division.code if division else one.division_id,
            from_authority_id=one.authority_id,
            to_authority=target,
            paper=paper.strip(),
            recorded_by=actor,
            recorded_at=at,
        )
        for one in estates
    ]
    for estate, move in zip(estates, moves, strict=True):
        _demand_possible(estate, move)
        _demand_free(estate, move)
        estate.division_id, estate.authority_id = move.to_division_id, move.to_authority_id
        estate.save(update_fields=["division", "authority"])
    EstateMove.objects.bulk_create(moves)
    codes = [one.code for one in estates]
    record_act(
        f"authority/{target.pk}",
        "estates-moved",
        {"estates": codes, "division": division_code, "day": day.isoformat()},
        actor=actor,
        at=at,
    )
    return len(moves)


def _demand_reasons(day: date, paper: str, at: datetime) -> None:
    if not date(2000, 1, 1) <= day <= local_day(at):
        raise RuleViolation("move.day", "划转的日期不能晚于今天，也不能早于2000年")
    if not 4 <= len(paper.strip()) <= 200 or not paper.isprintable():
        raise RuleViolation("move.paper", "请写明划转的依据（文号或者决定，4到200个字）")


def _authority(pk: int, day: date) -> Authority:
    found = Authority.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if found.valid_from > day or (found.valid_to is not None and found.valid_to < day):
        raise RuleViolation("move.authority", "接收的机构在划转那一天还没有设立，或者已经撤销")
    return found


def _division(code: str) -> Division:
    found = Division.objects.filter(code=code, level=COMMUNITY).first()
    if found is None:
        raise RuleViolation("move.division", "没有找到这个社区，请从列表里选")
    return found


def _demand_possible(estate: Estate, move: EstateMove) -> None:
    to = move.to_division_id
    if to[:4] != estate.division_id[:4]:
        # Another city has other rules, and its own bureau takes the estate in.
        raise RuleViolation("move.city", f"“{estate.name}”不能划到别的市")
    if (to, move.to_authority_id) == (estate.division_id, estate.authority_id):
        raise RuleViolation("move.same", f"“{estate.name}”已经在那里")
    last = estate.moves.order_by("-day").values_list("day", flat=True).first()
    if last is not None and move.day < last:
        raise RuleViolation("move.before", f"“{estate.name}”在{last}已经划转过，日期不能更早")


def _demand_free(estate: Estate, move: EstateMove) -> None:
    """No other of that name in the new 社区: registers could not tell them apart."""
    taken = Estate.objects.filter(
        division=move.to_division_id, name=estate.name, small_names=estate.small_names
    ).exclude(pk=estate.pk)
    if taken.exists():
        raise RuleViolation("move.name", f"那个社区已经有一个“{estate.name}”，请先分清楚")
