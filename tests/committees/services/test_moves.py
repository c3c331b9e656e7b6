"""Estates that go to another 社区 or authority: months that ended stay what they were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.permissions import Permission
from accounts.reach import Reach
from committees.models import EstateMove
from committees.selectors.months import months_of, standing_on, with_corrections
from committees.selectors.moves import goal_of, movable, receivers
from committees.services.moves import move_estates
from committees.services.snapshots import take_snapshot
from core.errors import RuleViolation
from registry.models import Authority, Estate
from registry.services.places import end_authority
from tests.committees.city import AT, BY, DAY, authority, city, line, write
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
TO = "999902002002"
WEST = "样例市西区、西2街道、西22社区"
MOVED = date(2026, 11, 1)


@pytest.fixture
def bureau() -> Authority:
    found = city()
    write(found, line("东苑", formed="1"), line("南苑", "东区、东1街道、东12社区"))
    return found


def at_desk(who: Authority, name: str = "head"):
    user = make_user(name)
    grant(user, "bureau", who)
    return user


def move(
    *names: str, division: str = TO, to: str = "999902002002居委会", **changes: object
) -> int:
    asked = {"day": MOVED, "paper": "样政发〔2026〕5号", "actor": BY, "at": AT} | changes
    return move_estates(
        estate_ids=[one.pk for one in Estate.objects.filter(name__in=names)],
        division_code=division,
        authority_id=authority(to).pk,
        **asked,  # type: ignore[arg-type]
    )


def test_it_moves_and_the_months_before_stay(bureau: Authority) -> None:
    east = Reach(at_desk(bureau), Permission.VIEW_REGISTER, authority("东区住建局").pk)
    take_snapshot(day=DAY, at=AT)
    assert move("东苑") == 1
    estate = Estate.objects.get(name="东苑")
    assert (estate.division_id, estate.authority.name) == (TO, "999902002002居委会")
    # Neither the snapshot nor what is known of that day today has changed.
    (told,) = with_corrections(east, months_of(east, 2026))
    assert (told.estates.total, told.estates.owners, told.corrected) == (2, 1, None)
    then = {one.estate: one.division for one in standing_on(DAY)}
    now = {one.estate: one.division for one in standing_on(MOVED)}
    assert (then[estate.pk], now[estate.pk]) == ("999901001001", TO)


def test_moved_twice_each_day_has_its_place(bureau: Authority) -> None:
    write(bureau, line("北苑"), day=date(2026, 9, 1))
    move("北苑", day=date(2026, 10, 5))
    move("北苑", division="999902002001", to="999902002001居委会", day=date(2026, 10, 20))
    pk = Estate.objects.get(name="北苑").pk
    for day, division in (
        (date(2026, 9, 1), "999901001001"),
        (date(2026, 10, 4), "999901001001"),
        (date(2026, 10, 5), TO),
        (date(2026, 10, 19), TO),
        (date(2026, 10, 20), "999902002001"),
        (date(2026, 10, 31), "999902002001"),
    ):
        (one,) = (one for one in standing_on(day) if one.estate == pk)
        assert (one.division, one.authority) == (division, authority(f"{division}居委会").pk)


def test_an_authority_is_dissolved_after_its_estates_went(bureau: Authority) -> None:
    street = authority("999901001001居委会")
    with pytest.raises(RuleViolation, match="请先移交"):
        end_authority(authority_id=street.pk, last_day=DAY, actor=BY, at=AT)
    # Only who answers changes: the place keeps its code.
    move("东苑", division="", to="999901001002居委会")
    estate = Estate.objects.get(name="东苑")
    assert (estate.division_id, estate.authority.name) == ("999901001001", "999901001002居委会")
    end_authority(authority_id=street.pk, last_day=DAY, actor=BY, at=AT)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day": date(2026, 11, 3)}, "move.day"),
        ({"day": date(1999, 1, 1)}, "move.day"),
        ({"paper": "无"}, "move.paper"),
        ({"paper": "批复\n五号"}, "move.paper"),
        ({"division": "999902002000"}, "move.division"),
        ({"division": "123456789012"}, "move.division"),
        ({"division": "", "to": "999901001001居委会"}, "move.same"),
    ],
)
def test_what_is_refused(bureau: Authority, changes: dict[str, object], code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        move("东苑", **changes)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not EstateMove.objects.exists()
    assert Estate.objects.get(name="东苑").division_id == "999901001001"


def test_nothing_chosen_moves_nothing(bureau: Authority) -> None:
    with pytest.raises(RuleViolation, match="请选择要划转的"):
        move()


def test_all_or_none(bureau: Authority) -> None:
    write(bureau, line("东苑", WEST))
    with pytest.raises(RuleViolation, match="那个社区已经有一个“东苑”"):
        move("南苑", "东苑")
    assert Estate.objects.get(name="南苑").division_id == "999901001002"


def test_no_move_before_the_last_one(bureau: Authority) -> None:
    move("东苑")
    with pytest.raises(RuleViolation, match="2026-11-01已经划转过"):
        move("东苑", division="999901001002", to="999901001002居委会", day=DAY)


def test_another_city_is_refused(bureau: Authority) -> None:
    from registry.models import Division

    Division.objects.create(code="998800000000", name="别市", level=2)
    Division.objects.create(code="998801001001", name="别社区", level=5)
    with pytest.raises(RuleViolation, match="不能划到别的市"):
        move("东苑", division="998801001001")


def test_an_ended_authority_takes_nothing(bureau: Authority) -> None:
    ended = authority("999902002001居委会")
    end_authority(authority_id=ended.pk, last_day=date(2026, 6, 30), actor=BY, at=AT)
    with pytest.raises(RuleViolation, match="已经撤销"):
        move("东苑", to="999902002001居委会")


def test_the_database_keeps_moves(bureau: Authority) -> None:
    move("东苑")
    for change in (
        lambda: EstateMove.objects.update(day=DAY),
        lambda: EstateMove.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_where_estates_may_go(bureau: Authority) -> None:
    head, east = at_desk(bureau), at_desk(authority("东区住建局"), "east")
    assert goal_of(head, WEST, None) == (TO, authority("999902002002居委会").pk)
    zone = authority("样例高新区管委会")
    assert goal_of(head, "", zone.pk) == ("", zone.pk)
    assert goal_of(head, WEST, zone.pk) == (TO, zone.pk)
    for place, chosen, code in (
        ("", None, "move.goal"),
        ("", zone.pk, "move.goal"),
        (WEST, None, "move.place"),
        ("哪里也没有", None, "move.place"),
        ("东区、东1街道", None, "move.place"),
    ):
        with pytest.raises(RuleViolation) as refused:
            goal_of(east, place, chosen)
        assert refused.value.code == code
    own = authority("999901001001居委会")
    assert [one.name for one in movable(east, own.pk)] == ["东苑"]
    assert movable(east, authority("999902002002居委会").pk) == []
    names = {one.name for one in receivers(head, movable(head, own.pk))}
    assert {"999901001001居委会", "999901001002居委会", "样例高新区管委会"} == names


def test_movers_day_is_judged_by_the_day_it_is_in_shanghai(bureau: Authority) -> None:
    # 16:00 UTC is midnight there: the next day has begun.
    late = AT.replace(hour=16)
    assert move("东苑", day=AT.date() + timedelta(days=1), at=late) == 1
