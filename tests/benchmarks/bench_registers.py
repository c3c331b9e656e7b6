"""The registers of a province: hand in, write, take away, the pages, a month's end.

    python -m tests.benchmarks.bench_registers [ESTATES]

20,000 invented estates in the real divisions of both seed cities (`portal.demo.stock`), on the
database of DATABASE_URL (a test database is made and dropped), else SQLite in a temporary
folder. Prints seconds, peak memory of the process so far, and server time of pages over 20
requests each, median and the longest.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
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

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    timed("taken away", lambda: client.get(reverse("staff:register_xlsx")))
    city = Authority.objects.get(kind="city_bureau", division="340800000000")
    district = Authority.objects.filter(parent=city).first()
    assert district is not None
    for name, asked in (
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
