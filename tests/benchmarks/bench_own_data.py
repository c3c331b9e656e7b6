"""The pages of the own data at an estate with many acts in its log, and many numbers at once.

    python -m tests.benchmarks.bench_own_data [ACTS] [OWNERS]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. Prints server time over 30 requests: median and the longest; and seconds for
so many numbers to be held, told and brought into force.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
TIMES, PHONE = 30, "10000000001"


def main() -> None:
    acts = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    owners = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
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
            pages(acts, connection.vendor)
            numbers(owners, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def pages(acts: int, vendor: str) -> None:
    from django.core import signing
    from django.db import transaction
    from django.test import Client

    from accounts.phones import phone_hash
    from logbook.steps import append_all, locked_log
    from tests.factories import make_estate, make_owner, make_unit

    estate = make_estate()
    owner = make_owner(estate, "王一", phone=PHONE)
    unit = make_unit(estate, "1幢", "101", 90_00, [owner])
    told = [
        ("owners-shown", {"actor": "user:1", "unit": unit.pk + turn % 1000, "reason": "visit"})
        for turn in range(acts)
    ]
    with transaction.atomic():
        append_all(locked_log(f"registry/{estate.code}"), told, at=AT)
    client = Client()
    client.cookies["own_fund"] = signing.dumps(phone_hash(PHONE), salt="portal.my_fund")
    for page in ("/my/data/", "/my/data/seen"):
        took = []
        for _turn in range(TIMES):
            began = time.perf_counter()
            answer = client.get(page)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.status_code
        middle = statistics.median(took)
        print(f"{vendor} {page} among {acts} acts: {middle:.0f} ms (longest {max(took):.0f})")


def numbers(count: int, vendor: str) -> None:
    from django.db import transaction

    from accounts.models import Message
    from registry.models import Owner
    from registry.steps import hold_phones
    from tests.factories import even_estate
    from voting.services.phones import apply_changes, tell_changes

    estate = even_estate(count)
    phones = {
        pk: f"101{pk:08}"
        for pk in Owner.objects.filter(estate=estate).values_list("pk", flat=True)
    }
    began = time.perf_counter()
    with transaction.atomic():
        hold_phones(phones, way="own", actor="owner", at=AT)
    held = time.perf_counter()
    while tell_changes(AT):
        pass
    told = time.perf_counter()
    Message.objects.update(state="sent", sent_at=AT)
    applied = apply_changes(AT + timedelta(hours=25))
    done = time.perf_counter()
    assert applied == count, applied
    print(
        f"{vendor} {count} numbers: held {held - began:.2f} s, told {told - held:.2f} s, "
        f"in force {done - told:.2f} s"
    )


if __name__ == "__main__":
    main()
