"""A bureau's worklist of applications for the fund, by deadline, with 5,000 of them waiting.

    python -m tests.benchmarks.bench_worklist [REQUESTS]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. Prints server time of the first and the last page over 30 requests each:
median and the longest.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

TIMES, ESTATES = 30, 50


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
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
            run(requests, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(requests: int, vendor: str) -> None:
    from django.test import Client

    from funds.models import FundApplication, RepairRequest
    from tests.factories import make_estate
    from tests.funds.filed import AT, make_filed
    from tests.town import grant, make_town, make_user

    town = make_town()
    first = make_filed(town.here.estate, kind="emergency")
    request = RepairRequest.objects.get()
    estates = [town.here.estate]
    for number in range(ESTATES - 1):
        estates.append(make_estate(name=f"样例{number}", authority=town.here.committee))
    pattern = {
        field.attname: getattr(request, field.attname)
        for field in RepairRequest._meta.concrete_fields
        if field.attname not in {"id", "code", "estate_id", "desk_due_at", "title"}
    }
    made = RepairRequest.objects.bulk_create(
        RepairRequest(
            code=f"{number:012}",
            title=f"样例维修{number}",
            estate=estates[number % ESTATES],
            desk_due_at=AT + timedelta(minutes=number * 7919 % 50_000),
            **pattern,
        )
        for number in range(requests - 1)
    )
    # Their versions do not matter to the list; applications do.
    copied = {
        field.attname: getattr(first, field.attname)
        for field in FundApplication._meta.concrete_fields
        if field.attname not in {"id", "request_id", "opinion_id"}
    }
    FundApplication.objects.bulk_create(FundApplication(request=one, **copied) for one in made)
    bureau = make_user("bureau")
    grant(bureau, "bureau", town.here.district)
    client = Client()
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    sys.stdout.write(f"{vendor}: {RepairRequest.objects.count():,} requests waiting\n")
    for what, path in (
        ("first page", "/staff/repairs/reviews/"),
        ("last page", "/staff/repairs/reviews/?page=last"),
    ):
        taken = []
        for _time in range(TIMES):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
        middle, longest = statistics.median(taken), max(taken)
        sys.stdout.write(f"  {what}: {middle:.1f} ms median, {longest:.1f} ms longest\n")


if __name__ == "__main__":
    main()
