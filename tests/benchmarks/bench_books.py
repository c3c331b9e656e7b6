"""The fund's books: apportioning and posting to 10,000 units; checking 1,000,000 postings.

    python -m tests.benchmarks.bench_books [UNITS] [POSTINGS]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. Prints wall time of apportioning, drafting and sealing a release over all
units, then fills the books and times check_books with the peak of its process's memory.
"""

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)


def main() -> None:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    postings = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    import django
    from django.test.utils import setup_databases, teardown_databases

    django.setup()
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            run(units, postings, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(units: int, postings: int, vendor: str) -> None:
    from funds.domain.apportionment import apportion
    from funds.domain.books import Line
    from funds.selectors import check_books
    from registry.models import Building, Unit
    from tests.factories import make_estate
    from tests.funds.books import book, make_special, open_account

    chance = Random(1)
    estate = make_estate()
    building = Building.objects.create(estate=estate, name="1幢")
    Unit.objects.bulk_create(
        Unit(
            estate=estate, building=building, room=str(n), label=f"1幢{n}室",
            use="residential", area=chance.randint(40_00, 200_00), status="delivered",
        )
        for n in range(units)
    )  # fmt: skip
    special = make_special(estate)
    account = open_account(special_id=special.pk, estate=estate, actor="user:1", at=AT)
    rooms = list(account.subs.order_by("pk").values_list("pk", "unit__label", "unit__area"))
    subs = [pk for pk, _label, _area in rooms]
    whole = [Line("bank", None, 1_000_000 * units)]
    book(special, whole + [Line("sub", sub, -1_000_000) for sub in subs])
    print(f"{vendor}, {units} units")
    for _turn in range(3):
        begun = time.perf_counter()
        cost = 186_400_00
        shares = apportion(cost, [(label, area) for _pk, label, area in rooms])
        lines = [Line("sub", sub, fen) for sub, fen in zip(subs, shares, strict=True) if fen]
        book(special, [*lines, Line("bank", None, -cost)], "release")
        print(f"apportioned, drafted and sealed: {time.perf_counter() - begun:.2f} s")
    done = units * 4
    while done < postings:
        size = min(units, postings - done)
        book(special, [Line("bank", None, size)] + [Line("sub", s, -1) for s in subs[:size]])
        done += size
    for _turn in range(2):
        begun, cpu = time.perf_counter(), time.process_time()
        found = list(check_books())
        wall, spent = time.perf_counter() - begun, time.process_time() - cpu
        print(f"check_books over {done} postings: {wall:.1f} s, CPU {spent:.1f} s")
        assert not found, found[:3]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak of the process: {peak} MB")


if __name__ == "__main__":
    main()
