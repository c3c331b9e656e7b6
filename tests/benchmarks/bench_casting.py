"""How fast ballots are recorded, on the database of DATABASE_URL.

    DATABASE_URL=postgres://… python tests/benchmarks/bench_casting.py [--parties 400]

Makes a test database, freezes a session of 3 motions, seals ballots beforehand as browsers
would, then records them from processes: verified, proved, durable. Prints ballots/s, the
percentiles of one call, queries of one call, CPU, and the time of an export.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")


def percentile(sorted_times: list[float], share: float) -> float:
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))] * 1000


def cast_all(database: str, work: bytes, plain: bool) -> tuple[list[float], float]:
    """In a process of its own: record these ballots; seconds of each, CPU of all."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = database
    from tests.factories import OPEN
    from voting.services.casting import cast_plain, cast_sealed

    times = []
    cpu = time.process_time()
    for session_id, party_id, ballot in pickle.loads(work):
        start = time.perf_counter()
        common: dict[str, Any] = {
            "session_id": session_id,
            "party_id": party_id,
            "submission": f"bench-{party_id}",
            "at": OPEN,
        }
        if plain:
            cast_plain(choices=ballot, **common)
        else:
            cast_sealed(ballot=ballot, replacement_key=None, **common)
        times.append(time.perf_counter() - start)
    return times, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="encrypted by the server")
    given = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.LETTER_DIR = Path(tempfile.mkdtemp())
    name = connection.creation.create_test_db(verbosity=0)
    try:
        from tests.factories import FOR, OPEN, even_estate, frozen_vote
        from voting.services.exporting import export_board

        vote = frozen_vote(even_estate(given.parties + 1), matters=(5, 8, 9))
        choices = [FOR, [1], [2]]
        numbers = range(1, given.parties + 1)
        work = [
            (
                vote.session.pk,
                vote.party(number).pk,
                choices if given.plain else vote.sealed(number, choices),
            )
            for number in numbers
        ]
        ballot = choices if given.plain else vote.sealed(given.parties + 1, choices)
        last = pickle.dumps([(vote.session.pk, vote.party(given.parties + 1).pk, ballot)])
        with CaptureQueriesContext(connection) as queries:
            cast_all(name, last, given.plain)
        connection.close()
        portions = [
            pickle.dumps(work[start :: given.processes]) for start in range(given.processes)
        ]
        with get_context("spawn").Pool(given.processes) as pool:
            pool.starmap(cast_all, [(name, pickle.dumps([]), given.plain)] * given.processes)
            start = time.perf_counter()
            parts = pool.starmap(cast_all, [(name, part, given.plain) for part in portions])
            wall = time.perf_counter() - start
        times = sorted(one for part, _cpu in parts for one in part)
        cpu = sum(each for _part, each in parts) / len(times) * 1000
        print(f"{connection.vendor}, {given.processes} processes, {len(times)} ballots")
        print(f"{len(times) / wall:.0f} ballots/s, {len(queries)} statements for one")
        print(f"CPU {cpu:.1f} ms a ballot, the database server's not included")
        for share in (0.5, 0.9, 0.99):
            print(f"p{share * 100:.0f} {percentile(times, share):.1f} ms")
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            export_board(vote.session, Path(folder) / "export", at=OPEN)
        print(f"export {time.perf_counter() - start:.2f} s")
        for query in queries.captured_queries if os.environ.get("SHOW") else ():
            print(query["time"], query["sql"][:150])
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
