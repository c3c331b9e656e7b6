"""Time and memory of an export: python tests/benchmarks/bench_export.py [BALLOTS]

On the database of DATABASE_URL (SQLite without). Target: 10,000 ballots of 3 motions in at
most 30 s and 500 MB. The lines are one real ballot's, repeated: an export copies lines, it
does not check them.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")


def main(ballots: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.LETTER_DIR = Path(tempfile.mkdtemp())
    name = connection.creation.create_test_db(verbosity=0)
    try:
        from logbook.models import Entry, Log
        from tests.factories import FOR, OPEN, even_estate, frozen_vote
        from voting.services.exporting import export_board

        vote = frozen_vote(even_estate(2), matters=(5, 8, 9))
        vote.cast(1, [FOR, FOR, FOR])
        real = vote.session.board.entries.last()
        Entry.objects.bulk_create(
            (
                Entry(
                    log=real.log,
                    seq=seq,
                    kind="ballot",
                    line=bytes(real.line),
                    leaf_hash=bytes(real.leaf_hash),
                    recorded_at=OPEN,
                )
                for seq in range(2, ballots + 1)
            ),
            batch_size=500,
        )
        Log.objects.filter(pk=real.log_id).update(size=ballots + 1)
        vote.session.refresh_from_db()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall, cpu = time.perf_counter(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            export_board(vote.session, Path(folder) / "export", at=OPEN)
            size = (Path(folder) / "export" / "board.jsonl").stat().st_size
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{connection.vendor}: {ballots} ballots, board {size / 1e6:.0f} MB")
        print(f"export {wall:.1f} s wall, {cpu:.1f} s CPU")
        print(f"peak {peak / 1024:.0f} MB, {before / 1024:.0f} MB before")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
