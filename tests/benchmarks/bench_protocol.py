"""CPU time of the ballot protocol: `python -m tests.benchmarks.bench_protocol [--quick]`.

One process, one core; user + system time of the process, median of the rounds, since other
work on the machine stretches wall time. 3 motions of 3 options. The figures are printed with
the target of each where there is one.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from core.canonical import canonical
from tests.voting.sessions import Vote, question
from voting.protocol import ballot, tally
from voting.protocol.group import P256, SM2, Group
from voting.protocol.shape import NO_HASH
from voting.protocol.suite import Suite, suite
from voting.verifier import verify

MOTIONS = [question("m1"), question("m2"), question("m3")]
CHOICES = [[[0], [1], [2]], [[0], [0], [0]], [[2], [0], [1]], [[0], [0], None]]


def cpu(work: Callable[[], Any], rounds: int) -> float:
    """Median CPU seconds of one call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def show(what: str, seconds: float, target: float | None = None) -> None:
    number = f"{seconds * 1000:10.2f} ms" if seconds < 1 else f"{seconds:10.2f} s "
    limit = "" if target is None else f"   target {target * 1000:g} ms"
    verdict = "" if target is None else ("   met" if seconds <= target else "   MISSED")
    print(f"{what:<62}{number}{limit}{verdict}", flush=True)


def areas(count: int) -> tuple[int, ...]:
    """Flats of 60 to 140 m², a shop of 600 m² each hundredth."""
    return tuple(6_000 + 37 * n % 8_000 if n % 100 else 60_000 for n in range(count))


def one_ballot(chosen: Suite, label: str, target: float | None, rounds: int) -> None:
    vote = Vote(chosen.name, motions=MOTIONS)
    secret, key = vote.keys[1]
    vote.manifest = type(vote.manifest)(**{**vars(vote.manifest), "suite": chosen})
    if not chosen.group.has_many:
        vote.manifest = rebuilt(vote.manifest, chosen)
    show(f"{label}: seal one ballot", cpu(lambda: vote.ballot(1, CHOICES[0]), rounds // 4))
    data = canonical(vote.ballot(1, CHOICES[0]))

    def check() -> None:
        ballot.verify_ballot(
            vote.manifest,
            ballot.read(data),
            expected_key=key,
            expected_number=1,
            expected_previous=NO_HASH,
        )

    show(f"{label}: verify one ballot, parsing and signature", cpu(check, rounds), target)
    assert secret


def rebuilt(manifest: Any, chosen: Suite) -> Any:
    """The manifest with its election key on the other Group object."""
    key = chosen.point(manifest.election_key.encode())
    return type(manifest)(**{**vars(manifest), "suite": chosen, "election_key": key})


def whole_board(name: str, count: int, targets: dict[str, float], rounds: int) -> None:
    start = time.process_time()
    vote = Vote(name, motions=MOTIONS, areas=areas(count))
    for party in range(1, count + 1):
        vote.cast(party, CHOICES[party % len(CHOICES)])
    vote.close()
    show(f"{name}: seal {count} ballots (to have them)", time.process_time() - start)
    bodies = [value for given in vote.cast_by.values() for _, value in given]
    encoded = [
        (ballot.encoded(value), vote.areas[party])
        for party, value in zip(vote.cast_by, bodies, strict=True)
    ]
    aggregates = cpu(lambda: tally.aggregate(vote.manifest, encoded), rounds)
    show(f"{name}: both aggregates of {count}", aggregates, targets.get("aggregates"))
    vote.tally()
    decrypting(vote, name, count, targets, rounds)
    vote.decrypt()
    vote.result()
    vote.checkpoint()
    with tempfile.TemporaryDirectory() as folder:
        export = vote.export(Path(folder) / "board")
        size = (export / "board.jsonl").stat().st_size
        assert verify(export).ok
        show(
            f"{name}: verify the board of {count} ({size / 1e6:.1f} MB)",
            cpu(lambda: verify(export), rounds),
            targets.get("board"),
        )
        times = []
        for _ in range(rounds):
            before = getrusage(RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "voting.verifier", str(export), "--json"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            after = getrusage(RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        show(
            f"{name}: the same as a command, start included",
            statistics.median(times),
            targets.get("board"),
        )


def decrypting(
    vote: Vote, name: str, count: int, targets: dict[str, float], rounds: int
) -> None:
    def open_all() -> None:
        body = tally.decrypt_share(
            vote.manifest,
            vote.sums,
            trustee=1,
            secret=vote.trustee_secrets[1],
            tally_hash=vote.tally_hash,
        )
        shares = tally.verify_shares(vote.manifest, vote.sums, body, tally_hash=vote.tally_hash)
        tally.totals(vote.manifest, vote.sums, [shares])

    label = f"{name}: decrypt both tallies of {count}, proofs, logarithms"
    show(label, cpu(open_all, rounds), targets.get("decrypt"))


def aggregates_only(name: str, count: int, decrypt: float | None, rounds: int) -> None:
    """Both tallies of many: the same hundred ballots again and again; the cost is the same."""
    vote = Vote(name, motions=MOTIONS, areas=areas(count))
    some = [ballot.encoded(vote.ballot(1, CHOICES[n % 4])) for n in range(100)]
    encoded = [(some[n % 100], area) for n, area in enumerate(vote.areas.values())]
    start = time.process_time()
    vote.sums = tally.aggregate(vote.manifest, encoded)
    show(f"{name}: both aggregates of {count}", time.process_time() - start)
    vote.tally_hash = NO_HASH
    targets = {} if decrypt is None else {"decrypt": decrypt}
    decrypting(vote, name, count, targets, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller boards")
    quick = parser.parse_args().quick
    rounds, count, many = (3, 100, 1000) if quick else (5, 1000, 10_000)
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"Python {platform.python_version()}, {platform.machine()}, load {load}")
    for name, curve in (("P256-SHA256", P256), ("SM2-SM3", SM2)):
        chosen = suite(name)
        singles = Suite(name, Group(curve, many=False), chosen.hash, chosen.hash_name)
        target = 0.0025 if curve is P256 else None
        one_ballot(chosen, name, target, rounds * 8)
        one_ballot(singles, f"{name} without EC_POINTs_mul", None, rounds * 4)
    full = {"aggregates": 0.3, "board": 3.0}
    whole_board("P256-SHA256", count, {} if quick else full, rounds)
    whole_board("SM2-SM3", count if quick else 300, {}, 3)
    aggregates_only("P256-SHA256", many, None if quick else 2.0, rounds)
    aggregates_only("SM2-SM3", many, None, 3)


if __name__ == "__main__":
    main()
