"""The late list of a city bureau, and the sweeper that writes down what is due.

    python -m tests.benchmarks.bench_late [ESTATES]

20,000 estates with 5 duties for each of 8 quarters, one in twenty of them not done, and ten
questions of owners, one of them not answered in time; on the database of DATABASE_URL (a test
database is made and dropped), else SQLite in a temporary folder. Prints server time of the page
over 20 requests each, median and the longest, and how long the sweeper takes where everything
is new and where nothing is.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from typing import Any

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
    from django.db.models import F
    from django.db.models.functions import Mod
    from django.utils import timezone

    from disclosures.models import Duty
    from disclosures.services.duties import open_duties
    from tests.town import grant, make_user

    city, since = enrolled(many)
    sys.stdout.write(f"{vendor}: {many:,} estates\n")
    for what in ("all of it new", "nothing new"):
        started = time.perf_counter()
        new = open_duties(timezone.now())
        taken = time.perf_counter() - started
        sys.stdout.write(f"  sweeper, {what}: {new:,} duties in {taken:.1f} s\n")
    fill_up(since)
    ask()
    Duty.objects.annotate(part=Mod(F("pk") * 7, 20)).filter(part__gt=0).update(
        done_at=timezone.now()
    )
    with connection.cursor() as cursor:  # as autovacuum does after so many rows
        cursor.execute("VACUUM ANALYZE" if vendor == "postgresql" else "ANALYZE")
    late = Duty.objects.filter(done_at=None, late_on__lte=timezone.localdate()).count()
    sys.stdout.write(f"  {Duty.objects.count():,} duties, {late:,} of them late\n")
    started = time.perf_counter()
    open_duties(timezone.now())
    sys.stdout.write(f"  sweeper, nothing new: {time.perf_counter() - started:.1f} s\n")
    bureau = make_user("bureau")
    grant(bureau, "bureau", city)
    pages(bureau)


def enrolled(many: int) -> Any:
    """A city with so many estates, enrolled two years ago: the city and that day."""
    from django.utils import timezone

    from disclosures.models import Enrolment
    from registry.models import Authority, Division, Estate
    from tests.disclosures.accounts import accounts_estate
    from tests.town import LONG_AGO

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
    since = date(today.year - 2, (today.month - 1) // 3 * 3 + 1, 1)
    Enrolment.objects.bulk_create(
        [
            Enrolment(
                estate=estate, since=since, enrolled_by="user:1", enrolled_at=timezone.now()
            )
            for estate in estates
        ],
        batch_size=1000,
    )
    return city, since


def fill_up(first: date) -> None:
    """Five kinds for every one of 8 quarters, whatever the profile says."""
    from disclosures.models import Duty, Enrolment

    estates = list(Enrolment.objects.values_list("estate", flat=True))
    for _turn in range(8):
        last = (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)
        rows = [
            Duty(
                estate_id=estate,
                kind=kind,
                first=first,
                last=last,
                due_on=last + timedelta(days=30),
                late_on=last + timedelta(days=46),
            )
            for estate in estates
            for kind, _title in Duty.KINDS
        ]
        Duty.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)
        first = last + timedelta(days=1)


def ask() -> None:
    """Ten questions at every estate, one of them open and overdue."""
    from django.utils import timezone

    from disclosures.models import Book, Closing, Enrolment, Period, Publication, Question
    from documents.models import Document
    from tests.benchmarks.bench_accounts import untrigger

    untrigger()
    at = timezone.now()
    estates = list(Enrolment.objects.values_list("estate", flat=True))
    book = Book.objects.create(
        estate_id=estates[0], kind="revenue", frequency="quarterly", opened_on=date(2026, 1, 1),
        opened_by="user:1", opened_at=at,
    )  # fmt: skip
    period = Period.objects.create(book=book, first=date(2026, 1, 1), last=date(2026, 3, 31))
    closing = Closing.objects.create(
        period=period, version=1, state="published", prepared_by="user:1",
        prepared_role="organiser", prepared_at=at,
    )  # fmt: skip
    paper = Document.objects.create(
        code="B" * 12, number="1", kind="accounts", title="x", estate_id=estates[0],
        pdf=b"%PDF", sha256="0", facts=b"{}", facts_sha256="0", signer="x", issued_at=at,
    )  # fmt: skip
    out = Publication.objects.create(
        period=period, version=1, closing=closing, document=paper, csv=b"", opening_fen=0,
        closing_fen=0, posted_at=at, until=at,
    )  # fmt: skip
    Question.objects.bulk_create(
        (
            Question(
                estate_id=estate,
                publication=out,
                number=number,
                submission=str(number),
                kind="question",
                text="合同在哪里看",
                filed_by="owner",
                filed_at=at,
                due_at=at - timedelta(days=1 + estate % 200),
                state="answered" if number else "open",
            )
            for estate in estates
            for number in range(10)
        ),
        batch_size=5000,
    )


def pages(bureau: Any) -> None:
    """How long each takes."""
    from django.test import Client

    from registry.models import Authority

    client = Client()
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    district = Authority.objects.get(name="样例3区住建局")
    for what, path in (
        ("first page", "/staff/watching/"),
        ("last page", "/staff/watching/?page=last"),
        ("one kind", "/staff/watching/?kind=revenue"),
        ("what is not answered", "/staff/watching/?kind=answers"),
        ("one district", f"/staff/watching/?at={district.pk}"),
        ("the whole list as CSV", "/staff/watching/late.csv"),
    ):
        taken = []
        for _time in range(1 if "csv" in path else TIMES):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
        middle, longest = statistics.median(taken), max(taken)
        sys.stdout.write(f"  {what}: {middle:.1f} ms median, {longest:.1f} ms longest\n")


if __name__ == "__main__":
    main()
