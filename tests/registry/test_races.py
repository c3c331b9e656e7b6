"""Two people at once: the database decides, and one of them gets a sentence."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import Ownership, Unit
from registry.services.imports import confirm_import
from registry.services.titles import choose_voter
from tests.registry.rolls import AT, imported, line, make_estate, number, previewed, roll_lines

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """Run acts in threads that start together; what each returned or raised."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait()
            return act()
        except RuleViolation as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_an_import_confirmed_twice_at_once_is_written_once():
    kept = previewed(make_estate(), roll_lines(200))
    act = lambda: confirm_import(import_id=kept.pk, actor="t", at=AT)  # noqa: E731
    results = at_once(act, act)
    assert sum(isinstance(one, RuleViolation) for one in results) == 1
    assert Unit.objects.count() == 200
    assert Entry.objects.filter(kind="roll-imported").count() == 1


def test_two_imports_at_once_do_not_mix():
    estate = make_estate()
    first, second = previewed(estate, roll_lines(100)), previewed(estate, roll_lines(120)[60:])
    results = at_once(
        *(
            lambda pk=kept.pk: confirm_import(import_id=pk, actor="t", at=AT)
            for kept in (first, second)
        )
    )
    refused = [one for one in results if isinstance(one, RuleViolation)]
    assert [one.code for one in refused] == ["import.stale"]
    (done,) = [one for one in results if not isinstance(one, RuleViolation)]
    assert Unit.objects.count() == done.summary["new"]


def test_two_choices_at_once_leave_one_voter():
    estate = make_estate()
    both = line(权利人="张三、李四", 证件号码=f"{number(8)}、{number(9)}", 共有情况="共同共有")
    imported(estate, [both])
    unit = Unit.objects.get()
    owners = list(Ownership.objects.values_list("owner_id", flat=True))
    at_once(
        *(
            lambda pk=pk: choose_voter(unit_id=unit.pk, owner_id=pk, actor="t", at=AT)
            for pk in owners
        )
    )
    assert Ownership.objects.filter(is_voter=True).count() == 1
