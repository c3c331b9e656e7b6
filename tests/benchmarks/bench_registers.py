"""The registers of a province: hand in, write, take away, the pages, a month's end.

    python -m tests.benchmarks.bench_registers [ESTATES]

20,000 invented estates in the real divisions of both seed cities (`portal.demo.stock`), on the
database of DATABASE_URL (a test database is made and dropped), else SQLite in a temporary
folder. Prints seconds, peak memory of the process so far, and server time of pages over 20
requests each, median and the longest.
"""

import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

TIMES = 20
DAY = date(2026, 9, 30)
T = TypeVar("T")


def main() -> None:
    estates = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    import django
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    django.setup()
    setup_test_environment()
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            run(estates, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(many: int, vendor: str) -> None:
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from committees.domain.estate_register import HEADER
    from committees.selectors.register import place_index, plan_of
    from committees.services.register import confirm_register, preview_register
    from committees.services.snapshots import take_snapshot
    from portal.demo.stock import cells_in, stock
    from registry.domain.sheets import workbook
    from registry.models import Authority, Division
    from registry.services.places import load_authorities, load_divisions
    from tests.town import grant, make_user

    at = timezone.now()
    load_divisions(actor="bench", at=at)
    for city in ("340800000000", "370400000000"):
        load_authorities(city=city, valid_from=date(2020, 1, 1), actor="bench", at=at)
    top = Authority.objects.create(
        name="Province", kind="city_bureau", valid_from=date(2020, 1, 1)
    )
    Authority.objects.filter(kind="city_bureau", parent=None).exclude(pk=top.pk).update(
        parent=top
    )
    places = list(Division.objects.filter(level=5).order_by("code").values_list("code", "name"))
    index = place_index()
    rows = [
        cells_in(9, number, one, index.written(one.place))
        for number, one in enumerate(stock(places, many), 1)
    ]
    content = workbook(HEADER, rows)
    say(f"{vendor}: {many:,} estates, a file of {len(content) / 1e6:.1f} MB")

    user = make_user("head")
    grant(user, "bureau", top)
    told: dict[str, Any] = {"actor": f"user:{user.pk}", "at": at}
    handed_in = timed(
        "handed in",
        lambda: preview_register(
            authority_id=top.pk, day=DAY, reporter="x", file_name="x.xlsx", content=content,
            **told,
        ),
    )  # fmt: skip
    plan = timed("looked at", lambda: plan_of(handed_in))
    assert not plan.faults, plan.faults[:3]
    timed("written", lambda: confirm_register(import_id=handed_in.pk, **told))
    again = preview_register(
        authority_id=top.pk, day=DAY, reporter="x", file_name="x.xlsx", content=content, **told
    )
    timed("the same again", lambda: confirm_register(import_id=again.pk, **told))
    timed("a month's end", lambda: take_snapshot(day=DAY, at=at))

    live_in(at)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    timed("taken away", lambda: client.get(reverse("staff:register_xlsx")))
    city = Authority.objects.get(kind="city_bureau", division="340800000000")
    district = Authority.objects.filter(parent=city).first()
    assert district is not None
    for name, asked in (
        ("formations", {}),
        ("formations", {"at": city.pk}),
        ("problems", {}),
        ("formation", {}),
        ("formation", {"at": city.pk}),
        ("formation", {"at": district.pk}),
        ("register", {}),
        ("register", {"show": "unformed"}),
        ("formation_months", {}),
        ("overview", {}),
        ("overview", {"at": city.pk}),
        ("overview", {"at": district.pk}),
        ("formation_divisions", {"at": city.pk}),
        ("formation_divisions", {"at": city.pk, "in": district.division_id}),
    ):
        page(client, reverse(f"staff:{name}"), asked)


def live_in(at: Any) -> None:
    """What lies on desks over all these estates, written past the commands: every committee's
    party count, a formation at each sixth estate without one, 5,000 problems, 3,000 late
    duties to publish."""
    from django.db import connection

    from committees.models import Committee, Formation, PartyCount, Problem, Reached
    from disclosures.models import Duty
    from registry.models import Estate

    dice = random.Random(5)
    PartyCount.objects.bulk_create(
        [
            PartyCount(committee_id=pk, members=5, party=dice.randint(0, 5), unknown=0,
                       recorded_at=at)
            for pk in Committee.objects.values_list("pk", flat=True)
        ],
        batch_size=1000,
    )  # fmt: skip
    free = Estate.objects.exclude(committees__isnull=False).order_by("pk")[::6]
    begun = Formation.objects.bulk_create(
        [
            Formation(estate=one, kind="owners_committee", opened_on=DAY, opened_by="bench",
                      opened_at=at)
            for one in free
        ],
        batch_size=1000,
    )  # fmt: skip
    Reached.objects.bulk_create(
        [
            Reached(formation=one, stage=stage, day=DAY - timedelta(days=dice.randint(1, 200)),
                    note="", reason="", recorded_by="bench", recorded_at=at)
            for one in begun
            for stage in ("due", "group")
        ],
        batch_size=1000,
    )  # fmt: skip
    estates = list(Estate.objects.order_by("pk")[:5000])
    Problem.objects.bulk_create(
        [
            Problem(estate=one, number=1, submission="1", item=1, source="own", found_on=DAY,
                    deadline=DAY + timedelta(days=dice.randint(1, 90)), content="样例",
                    recorded_by="bench", recorded_at=at)
            for one in estates
        ],
        batch_size=1000,
    )  # fmt: skip
    Duty.objects.bulk_create(
        [
            Duty(estate=one, kind="revenue", first=DAY, last=DAY, due_on=DAY, late_on=DAY)
            for one in estates[:3000]
        ],
        batch_size=1000,
    )
    say(f"  {len(begun):,} formations under way")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as it is done by itself, a minute later


def timed(what: str, act: Callable[[], T]) -> T:
    started = time.perf_counter()
    done = act()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"  {what}: {time.perf_counter() - started:.1f} s, peak {peak:.0f} MB")
    return done


def page(client: Any, path: str, asked: dict[str, int]) -> None:
    taken = []
    for _time in range(TIMES):
        started = time.perf_counter()
        answer = client.get(path, asked)
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.status_code
    median, worst = statistics.median(taken), max(taken)
    say(f"  {path} {asked}: {median:.0f} ms, at most {worst:.0f}")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
