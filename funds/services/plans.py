"""维修项目清单 and 年度修缮计划: what the common parts need, in which year.

item = put_item(estate_id=…, …)      # add, or change one that owners do not see yet
publish_year(estate_id=…, year=…)    # from then on owners see it
drop_item(…); carry_over(…)          # with a reason; into the next year
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from funds.domain.repairs import PARTS
from funds.domain.requests import MAX_FEN
from funds.models import PlanItem
from logbook.steps import record_act
from registry.models import Building, Estate

_YEARS = 20  # into the future


@transaction.atomic(durable=True)
def put_item(  # noqa: PLR0913 (the form has as many fields)
    *,
    estate_id: int,
    item_id: int | None = None,
    year: int,
    part: str,
    place: str,
    condition: str,
    estimate_fen: int | None,
    scope: Sequence[Mapping[str, Any]] = (),
    actor: str,
    at: datetime,
) -> PlanItem:
    """Add an item, or change one that is not published. RuleViolation "plan.invalid"."""
    estate = Estate.objects.get(pk=estate_id)
    if item_id is None:
        item = PlanItem(estate=estate, created_by=actor, created_at=at)
    else:
        item = _locked(item_id, estate)
        if item.published_at is not None:
            raise RuleViolation(
                "plan.published", "这一项已经公布，不能再改：取消它并写明原因，另加一项"
            )
        _demand_planned(item)
    this_year = local_day(at).year
    reasons = []
    if not this_year <= year <= this_year + _YEARS:
        sentence = f"年度请填{this_year}到{this_year + _YEARS}"
        reasons.append(Reason("plan.year", sentence, "year"))
    if part not in PARTS:
        reasons.append(Reason("plan.part", "请选择共用部位或者设施设备", "part"))
    for name, text, most, sentence in (
        ("place", place, 120, "请写明在哪里，最多120个字"),
        ("condition", condition, 400, "请写明现在的状况，最多400个字"),
    ):
        if not text.strip() or len(text) > most:
            reasons.append(Reason(f"plan.{name}", sentence, name))
    if estimate_fen is not None and not 0 < estimate_fen <= MAX_FEN:
        sentence = "估算要大于零，最多 9,999,999,999.99 元"
        reasons.append(Reason("plan.estimate", sentence, "estimate_fen"))
    named = {one["building"] for one in scope}
    if Building.objects.filter(estate=estate, pk__in=named).count() != len(named):
        reasons.append(Reason("plan.scope", "选择的楼幢不在本小区", "scope"))
    demand_none("plan.invalid", reasons)
    item.year, item.part, item.place = year, part, place.strip()
    item.condition, item.estimate_fen = condition.strip(), estimate_fen
    item.scope = [dict(one) for one in scope]
    item.save()
    _record(item, "plan.put", {"year": year, "part": part}, actor=actor, at=at)
    return item


@transaction.atomic(durable=True)
def publish_year(*, estate_id: int, year: int, actor: str, at: datetime) -> int:
    """Show the plan of a year to the owners; how many items were new to them.

    RuleViolation "plan.nothing".
    """
    estate = Estate.objects.get(pk=estate_id)
    new = PlanItem.objects.filter(estate=estate, year=year, published_at=None, state="planned")
    count = new.update(published_at=at)
    if not count:
        raise RuleViolation("plan.nothing", f"{year}年没有还没公布的项目")
    facts = {"year": year, "items": count}
    record_act(f"estate/{estate.code}", "plan.published", facts, actor=actor, at=at)
    return count


@transaction.atomic(durable=True)
def drop_item(
    *, estate_id: int, item_id: int, reason: str, actor: str, at: datetime
) -> PlanItem:
    """Cancel an item; owners who have seen it see the reason. RuleViolation "plan.reason"."""
    item = _locked(item_id, Estate.objects.get(pk=estate_id))
    _demand_planned(item)
    if not explains(reason) or len(reason) > 200:
        raise RuleViolation("plan.reason", "请写明为什么取消，4至200个字")
    item.state, item.drop_reason = "dropped", reason.strip()
    item.save(update_fields=["state", "drop_reason"])
    _record(item, "plan.dropped", {"year": item.year}, actor=actor, at=at)
    return item


@transaction.atomic(durable=True)
def carry_over(*, estate_id: int, item_id: int, actor: str, at: datetime) -> PlanItem:
    """Put an item that was not begun into the next year's plan; the new one, unpublished."""
    item = _locked(item_id, Estate.objects.get(pk=estate_id))
    _demand_planned(item)
    year = max(item.year, local_day(at).year - 1) + 1
    item.state, item.drop_reason = "dropped", f"移到{year}年"
    item.save(update_fields=["state", "drop_reason"])
    moved = PlanItem.objects.create(
        estate_id=item.estate_id,
        year=year,
        part=item.part,
        place=item.place,
        scope=item.scope,
        condition=item.condition,
        estimate_fen=item.estimate_fen,
        created_by=actor,
        created_at=at,
    )
    _record(item, "plan.carried", {"to": moved.pk, "year": year}, actor=actor, at=at)
    return moved


def _locked(item_id: int, estate: Estate) -> PlanItem:
    return (
        PlanItem.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=item_id, estate=estate)
    )


def _demand_planned(item: PlanItem) -> None:
    if item.state != "planned":
        raise RuleViolation("plan.state", "这一项已经申请、完成或者取消，不能再改")


def _record(
    item: PlanItem, act: str, facts: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    place = f"estate/{item.estate.code}"
    record_act(place, act, {"item": item.pk, **facts}, actor=actor, at=at)
