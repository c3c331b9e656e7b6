"""Many authorities as one parameter, and rows of a place: the same rows whichever way."""

from datetime import date

import pytest

from accounts.permissions import Permission
from accounts.reach import Reach
from registry.models import Authority, Estate
from tests.town import Town, grant, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("many", [0, 1, 400, 401, 3000])
def test_one_of_many_numbers(town: Town, many: int) -> None:
    numbers = list(range(1, many + 1))
    named = Estate.objects.filter(authority__in=numbers).order_by("pk")
    assert list(Estate.objects.filter(authority__anyof=numbers).order_by("pk")) == list(named)


@pytest.mark.parametrize("others", [0, 500])
def test_few_are_named_and_many_left_out(town: Town, others: int) -> None:
    """Narrowed and kept by `has`: exactly what `within` finds, and nothing from elsewhere."""
    top = Authority.objects.create(
        name="样例省", kind="city_bureau", valid_from=date(2020, 1, 1)
    )
    Authority.objects.filter(pk=town.here.district.pk).update(parent=top)
    Authority.objects.bulk_create(
        Authority(
            name=f"样例{n}", kind="residents_committee", parent=top, valid_from=date(2020, 1, 1)
        )
        for n in range(others)
    )
    user = make_user("over")
    grant(user, "bureau", top)
    reach = Reach(user, Permission.VIEW_REGISTER, top.pk)

    rows = reach.narrowed(Estate.objects.order_by("pk"), "")
    kept = [one for one in rows if reach.has(one.authority_id)]

    assert kept == list(Estate.objects.filter(reach.within()).order_by("pk"))
    assert town.here.estate in kept
    assert town.there.estate not in kept
