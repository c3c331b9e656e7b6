"""How long a roll takes to come in, and how much memory it needs.

    python tests/benchmarks/bench_import.py [units …]

Prints one JSON object. Uses a database of its own, made by Django's test runner in the
engine that DATABASE_URL names, and destroyed afterwards. Targets: 5,000 units in at most
1.5 s (preview and confirm), 100,000 units within 500 MB for the process.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")


def measure(units: int) -> dict[str, object]:
    """Import one file of that many units into a new estate, in this process."""
    from registry.services.imports import confirm_import, preview_import
    from tests.registry.rolls import AT, as_xlsx, make_estate, roll_lines

    path = Path(os.environ["YISHI_VAR_DIR"]) / f"roll-{units}.xlsx"
    if not path.exists():
        # Written by a child: building the file must not count as memory of the import.
        child = os.fork()
        if child == 0:
            path.write_bytes(as_xlsx(roll_lines(units)))
            os._exit(0)
        os.waitpid(child, 0)
    estate = make_estate(f"bench {units}")
    content = path.read_bytes()
    start, cpu = time.perf_counter(), time.process_time()
    kept = preview_import(
        estate_id=estate.pk,
        file_name=path.name,
        content=content,
        mapping=None,
        actor="bench",
        at=AT,
    )
    previewed = time.perf_counter()
    confirmed = confirm_import(import_id=kept.pk, actor="bench", at=AT)
    done = time.perf_counter()
    assert confirmed.summary["new"] == units, confirmed.summary
    return {
        "units": units,
        "preview_s": round(previewed - start, 3),
        "confirm_s": round(done - previewed, 3),
        "total_s": round(done - start, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import get_runner, setup_test_environment

    setup_test_environment()
    runner = get_runner(__import__("django.conf").conf.settings)(verbosity=0)
    databases = runner.setup_databases()
    try:
        sizes = [int(size) for size in sys.argv[1:]] or [5000, 5000, 100_000]
        runs = [measure(size) for size in sizes]
    finally:
        runner.teardown_databases(databases)
    print(json.dumps({"database": connection.vendor, "runs": runs}, indent=1))


if __name__ == "__main__":
    main()
