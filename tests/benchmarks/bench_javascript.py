"""CPU time of JavaScript in Node: `python -m tests.benchmarks.bench_javascript`.

A ballot of 3 motions of 3 options sealed and signed by a fresh process (imports excluded,
median of the rounds), and a board verified. Needs Node and the packages of frontend/.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from voting.protocol.shape import b64
from voting.protocol.suite import SUITES, draw_scalar, suite

FRONTEND = Path(__file__).parents[2] / "frontend"
TARGETS = {"cold": 0.15, "board": 25.0}  # seconds; for P-256 and 1,000 ballots


def run(*arguments: str) -> list[float]:
    """CPU seconds of every line that tools/bench.mjs prints."""
    command = ["node", "tools/bench.mjs", *arguments]
    done = subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True, text=True)
    return [int(ms) / 1000 for ms in re.findall(r": (\d+) ms CPU", done.stdout)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a board of 100, three rounds")
    quick = parser.parse_args().quick
    if shutil.which("node") is None or not (FRONTEND / "node_modules").is_dir():
        print("not measured: needs Node, and `npm ci` in frontend/")
        return
    ballots = 100 if quick else 1000
    for name in SUITES:
        chosen = suite(name)
        key = b64(chosen.group.base(draw_scalar(chosen.order)).encode())
        cold = [run("cold", name, key)[0] for _ in range(3 if quick else 9)]
        print(
            f"{name}: one ballot, cold: {statistics.median(cold) * 1000:.0f} ms "
            f"({min(cold) * 1000:.0f}-{max(cold) * 1000:.0f}), target {TARGETS['cold']} s"
        )
        board = run(str(ballots), name)[-1]
        print(f"{name}: {ballots} ballots verified: {board:.1f} s, target {TARGETS['board']} s")


if __name__ == "__main__":
    main()
