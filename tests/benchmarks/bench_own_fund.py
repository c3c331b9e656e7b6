"""An owner's page of the fund, and a special account's page, among 200,000 sub-accounts.

    python -m tests.benchmarks.bench_own_fund [ESTATES] [SNAPSHOTS]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. Estates of 1,000 units in one special account, with so many snapshots.
Prints server time over 50 requests: median and the longest.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
TIMES = 50


def main() -> None:
    estates = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    snapshots = int(sys.argv[2]) if len(sys.argv) > 2 else 4
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
            run(estates, snapshots, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(estates: int, snapshots: int, vendor: str) -> None:
    from django.test import Client

    from funds.models import Snapshot, SnapshotLine, SubAccount
    from registry.models import Building, Unit
    from tests.factories import make_estate
    from tests.funds.books import make_special, open_account
    from tests.town import grant, make_user
    from tests.voting.views.story import WANG, make_vote
    from tests.voting.views.test_owner_pages import enter

    vote = make_vote()
    special = make_special(vote.session.estate, mode="mirror")
    open_account(special_id=special.pk, estate=vote.session.estate, actor="user:1", at=AT)
    for number in range(estates):
        estate = make_estate(name=f"样例{number}")
        building = Building.objects.create(estate=estate, name="1幢")
        Unit.objects.bulk_create(
            Unit(
                estate=estate, building=building, room=str(n), label=f"1幢{n}室",
                use="residential", area=90_00, status="delivered",
            )
            for n in range(1000)
        )  # fmt: skip
        open_account(special_id=special.pk, estate=estate, actor="user:1", at=AT)
    SubAccount.objects.update(first_deposit_fen=600_000)
    subs = list(SubAccount.objects.values_list("pk", flat=True))
    for month in range(snapshots):
        stated = Snapshot.objects.create(
            special=special, as_of=date(2026, 1, 31) + timedelta(days=30 * month),
            source="样例市维修资金中心", file_name="x.csv", file_sha256="0" * 64,
            total_fen=len(subs) * 100_000, imported_by="user:1", imported_at=AT,
        )  # fmt: skip
        SnapshotLine.objects.bulk_create(
            (SnapshotLine(snapshot=stated, sub_id=sub, fen=100_000 + month) for sub in subs),
            batch_size=2000,
        )
    owner, keeper = Client(), Client()
    enter(owner, vote, WANG)
    bureau = make_user("bureau")
    grant(bureau, "bureau", special.authority)
    keeper.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    sys.stdout.write(f"{vendor}: {len(subs):,} sub-accounts, {snapshots} snapshots\n")
    for what, client, path in (
        ("owner's page", owner, vote.url("fund/")),
        ("special account", keeper, f"/staff/funds/{special.code}/"),
        ("special accounts", keeper, "/staff/funds/"),
    ):
        taken = []
        for _time in range(TIMES if client is owner else 5):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
        middle, longest = statistics.median(taken), max(taken)
        sys.stdout.write(f"  {what}: {middle:.1f} ms median, {longest:.1f} ms longest\n")


if __name__ == "__main__":
    main()
