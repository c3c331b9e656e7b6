"""How long the paper counter takes: `python tests/benchmarks/bench_count.py [PARTIES]`.

50,000 parties and 8 motions, every party voting on each: the target is 2 s from memory.
Reading the same three tables from .csv is shown beside it.
"""

import csv
import io
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.tables import Row, Table, read_table
from voting.domain.plain_count import BALLOT_COLUMNS, MOTION_COLUMNS, ROLL_COLUMNS, count

MOTIONS = 8


def tables(parties: int) -> list[Table]:
    pick = random.Random(278)
    roll = [
        (
            f"{n // 60}-{n}",
            f"{pick.randrange(4000, 16000) / 100:.2f}",
            f"业主{n}",
            f"N{n}",
            "已交付",
        )
        for n in range(parties)
    ]
    motions = [(f"M{n}", str(n % 9 + 1), f"事项{n}") for n in range(MOTIONS)]
    choices = pick.choices(["同意", "反对", "弃权"], [7, 2, 1], k=parties * MOTIONS)
    ballots = [
        (roll[n // MOTIONS][0], motions[n % MOTIONS][0], choice)
        for n, choice in enumerate(choices)
    ]
    return [
        Table(1, header, [Row(number, cells) for number, cells in enumerate(rows, 2)])
        for header, rows in (
            (ROLL_COLUMNS, roll),
            (MOTION_COLUMNS, motions),
            (BALLOT_COLUMNS, ballots),
        )
    ]


def main() -> None:
    parties = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    roll, motions, ballots = tables(parties)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        result = count(roll=roll, motions=motions, ballots=ballots)
        times.append(time.perf_counter() - start)
    assert result.sound
    assert result.motions[0].participating.heads == parties
    times.sort()
    print(f"{parties} parties x {MOTIONS} motions, {len(ballots.rows)} ballots")
    print(f"count: median {times[2]:.2f} s, {times[0]:.2f}-{times[-1]:.2f} s of 5")
    for table in (roll, motions, ballots):
        text = io.StringIO()
        csv.writer(text).writerows([table.header, *(row.cells for row in table.rows)])
        content = text.getvalue().encode()
        begin = time.perf_counter()
        assert read_table(content, "a.csv", max_rows=1_048_576).rows == table.rows
        seconds = time.perf_counter() - begin
        print(f"read {len(content) / 2**20:.1f} MB of .csv: {seconds:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MB")


if __name__ == "__main__":
    main()
