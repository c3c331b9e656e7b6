"""The late list of a city bureau, and the sweeper that writes down what is due.

    python -m tests.benchmarks.bench_late [ESTATES]

20,000 estates with 5 duties for each of 8 quarters, one in twenty of them not done; on the
database of DATABASE_URL (a test database is made and dropped), else SQLite in a temporary
folder. Prints server time of the page over 20 requests each, median and the longest, and how
long the sweeper takes where everything is new and where nothing is.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

TIMES, DISTRICTS, STREETS, COMMITTEES = 20, 10, 10, 20


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
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from disclosures.models import Duty, Enrolment
    from disclosures.services.duties import open_duties
    from registry.models import Authority, Estate
    from tests.disclosures.accounts import accounts_estate
    from registry.models import Division
    from tests.town import LONG_AGO, grant, make_user

    accounts_estate()  # for its profile

    def authority(name: str, kind: str, parent: Authority | None = None) -> Authority:
        return Authority.objects.create(
            name=name, kind=kind, parent=parent, valid_from=LONG_AGO
        )

    city = authority("样例市住建局", "city_bureau")
    places = []
    for district in range(DISTRICTS):
        one = authority(f"样例{district}区住建局", "district_bureau", city)
        for street in range(STREETS):
            two = authority(f"样例{district}-{street}街道", "street_office", one)
            places += [
                authority(f"样例{district}-{street}-{n}居委会", "residents_committee", two)
                for n in range(COMMITTEES)
            ]
    division = Division.objects.get(code="999999000000")
    estates = Estate.objects.bulk_create(
        [
            Estate(
                code=f"B{number:09}",
                name=f"样例小区{number}",
                division=division,
                authority=places[number % len(places)],
                profile_code="accounts",
            )
            for number in range(many)
        ],
        batch_size=1000,
    )
    today = timezone.localdate()
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    Enrolment.objects.bulk_create(
        [
            Enrolment(
                estate=estate,
                since=quarter.replace(year=quarter.year - 2),
                enrolled_by="user:1",
                enrolled_at=timezone.now(),
            )
            for estate in estates
        ],
        batch_size=1000,
    )
    sys.stdout.write(f"{vendor}: {many:,} estates\n")
    for what in ("all of it new", "nothing new"):
        started = time.perf_counter()
        new = open_duties(timezone.now())
        taken = time.perf_counter() - started
        sys.stdout.write(f"  sweeper, {what}: {new:,} duties in {taken:.1f} s\n")
    # Five kinds for every quarter, whatever the profile says.
    Duty.objects.all().delete()
    rows = []
    for place, estate in enumerate(estates):
        first = quarter.replace(year=quarter.year - 2)
        for turn in range(8):
            last = (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)
            for nth, (kind, _title) in enumerate(Duty.KINDS):
                undone = (place * 40 + turn * 5 + nth) % 20 == place % 20
                rows.append(
                    Duty(
                        estate=estate,
                        kind=kind,
                        first=first,
                        last=last,
                        due_on=last + timedelta(days=30),
                        late_on=last + timedelta(days=46),
                        done_at=None if undone else timezone.now(),
                    )
                )
            first = last + timedelta(days=1)
        if len(rows) > 20_000:
            Duty.objects.bulk_create(rows, batch_size=5000)
            rows = []
    Duty.objects.bulk_create(rows, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    bureau = make_user("bureau")
    grant(bureau, "bureau", city)
    client = Client()
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    late = Duty.objects.filter(done_at=None, late_on__lte=today).count()
    sys.stdout.write(f"  {Duty.objects.count():,} duties, {late:,} of them late\n")
    district = Authority.objects.filter(kind="district_bureau").first()
    for what, path in (
        ("first page", "/staff/watching/"),
        ("last page", "/staff/watching/?page=last"),
        ("one kind", "/staff/watching/?kind=revenue"),
        ("one district", f"/staff/watching/?at={district.pk}"),
        ("the whole list as CSV", "/staff/watching/late.csv"),
    ):
        taken_by = []
        for _time in range(1 if "csv" in path else TIMES):
            started = time.perf_counter()
            answer = client.get(path)
            if answer.streaming:
                b"".join(answer.streaming_content)
            taken_by.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
        middle, longest = statistics.median(taken_by), max(taken_by)
        sys.stdout.write(f"  {what}: {middle:.1f} ms median, {longest:.1f} ms longest\n")


if __name__ == "__main__":
    main()
