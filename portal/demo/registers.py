"""The city's registers: an invented stock in real streets, handed in month by month."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from accounts.models import User
from committees.domain.estate_register import HEADER, TITLE, notes
from committees.selectors.register import place_index
from committees.services.register import confirm_register, preview_register
from committees.services.snapshots import take_snapshot
from core.deadlines import local_day
from portal.demo import formations
from portal.demo.problems import keep_problems
from portal.demo.stock import cells_in, stock
from registry.domain.sheets import workbook
from registry.models import Authority, Division

ESTATES, MONTHS = 812, 5


def keep_registers(
    city: Authority, head: User, at: datetime, say: Callable[[str], None]
) -> None:
    """The last months of this year, as far as it has any that ended."""
    prefix = str(city.division_id)[:4]
    places = list(
        Division.objects.filter(code__startswith=prefix, level=5)
        .order_by("code")
        .values_list("code", "name")
    )
    estates, index = stock(places, ESTATES), place_index()
    actor = f"user:{head.pk}"
    for day in _months(local_day(at)):
        rows = (
            cells_in(day.month, number, one, index.written(one.place))
            for number, one in enumerate(estates, 1)
        )
        handed_in = preview_register(
            authority_id=city.pk,
            day=day,
            reporter=city.name,
            file_name=f"{TITLE}{day}.xlsx",
            content=workbook(HEADER, rows, heading=TITLE, notes=notes()),
            actor=actor,
            at=at,
        )
        done = confirm_register(import_id=handed_in.pk, actor=actor, at=at)
        take_snapshot(day=day, at=at)
        say(f"{city.name}的台账，截至 {day}：新增 {done.new} 个，变更 {done.changed} 个")
    formations.walk_stages(city, head, at, say)
    keep_problems(city, head, at, say)


def _months(today: date) -> list[date]:
    """The last days of the months of this year that are over, the latest few; in January the
    one before."""
    ends: list[date] = []
    end = today.replace(day=1) - timedelta(days=1)
    while len(ends) < MONTHS and (not ends or end.year == today.year):
        ends.append(end)
        end = end.replace(day=1) - timedelta(days=1)
    return ends[::-1]
