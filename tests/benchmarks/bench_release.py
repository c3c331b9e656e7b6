"""A payment for 10,000 units: apportioned, listed, closed by its receipt and posted.

    python -m tests.benchmarks.bench_release [UNITS]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. Prints wall time of ordering an instalment (shares, list, signed notice), of
closing it (voucher drafted and sealed, owed amounts), of both together, and of a preview, in a
process that has made such a paper before.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")


def main() -> None:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    import django
    from django.test.utils import setup_databases, teardown_databases

    django.setup()
    from django.conf import settings
    from django.db import connection

    from documents.authority import development_identity

    with tempfile.TemporaryDirectory() as folder:
        settings.CA_DIR = Path(folder) / "ca"
        development_identity(settings.CA_DIR)
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            run(units, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(units: int, vendor: str) -> None:
    from core.deadlines import local_day
    from funds.domain.applications import Stage
    from funds.selectors.releases import preview
    from funds.services.receipts import close_payment
    from funds.services.releases import ask_instalment, confirm_instalment, order_release
    from funds.steps import Receipt
    from registry.models import Building, Unit
    from tests.factories import make_estate
    from tests.funds.books import deposit, make_special, open_account
    from tests.funds.repairs import APPLICANT, AT, OFFICIAL, SECOND, approved_repair

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
    account = open_account(
        special_id=make_special(estate).pk, estate=estate, actor="user:1", at=AT
    )
    deposit(account, 150_00)
    budget = units * 200_00
    plan = [Stage("start", budget // 2), Stage("final", budget - budget // 2)]
    case = approved_repair(budget, plan=plan, account=account, budget=budget)
    _warm()
    print(f"{vendor}, {units} units")
    begun = time.perf_counter()
    preview(case.version, budget)
    print(f"preview: {time.perf_counter() - begun:.2f} s")
    ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT)
    confirm_instalment(code=case.code, position=1, by=OFFICIAL, at=AT)
    one = case.application.instalments.get(position=1)
    begun = time.perf_counter()
    order_release(instalments=[one.pk], by=OFFICIAL, at=AT)
    ordered = time.perf_counter()
    one.refresh_from_db()
    given = Receipt("S1", local_day(AT), one.payable_fen or 0, "6222 0000 0000 0009")
    closing = time.perf_counter()
    close_payment(code=case.code, position=1, receipt=given, scan=b"", by=SECOND, at=AT)
    closed = time.perf_counter()
    print(f"ordered: {ordered - begun:.2f} s")
    print(f"closed and posted: {closed - closing:.2f} s")
    print(f"together: {ordered - begun + closed - closing:.2f} s")


def _warm() -> None:
    """A small payment first: the fonts are read once in the life of a process."""
    from funds.services.releases import ask_instalment, confirm_instalment, order_release
    from tests.funds.payments import funded
    from tests.funds.repairs import APPLICANT, AT, OFFICIAL

    case = funded()
    one = case.application.instalments.get(position=1)
    ask_instalment(code=case.code, position=1, by=APPLICANT, at=AT)
    confirm_instalment(code=case.code, position=1, by=OFFICIAL, at=AT)
    order_release(instalments=[one.pk], by=OFFICIAL, at=AT)


if __name__ == "__main__":
    main()
