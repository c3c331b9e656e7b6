"""What the leak audit finds on rolls of several kinds, and how long it takes.

    python -m tests.benchmarks.bench_leaks

The table of docs/decisions/0022-leak-audit.md: parties given away on average and the chance
of at least one, with everybody and with two thirds; CPU seconds of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from time import process_time

from portal.demo.sample_estate import sample_estate
from voting.domain.leaks import audit

SIX_PLANS = (6845, 7620, 8950, 9512, 10180, 11860)


def sample_roll() -> list[int]:
    """The areas of the sample estate's parties."""
    parties: dict[object, int] = defaultdict(int)
    for unit in sample_estate().units:
        if unit.votes:
            delivered = unit.status == "已交付"
            owners = frozenset(owner.number for owner in unit.owners)
            parties[owners if delivered else "developer"] += unit.area
    return list(parties.values())


def rolls() -> Iterator[tuple[str, list[int]]]:
    pick = Random(5)
    for heads in (16, 25, 32, 45, 100, 5_000):
        yield f"{heads}, all different", pick.sample(range(6_000, 26_000), heads)
    yield "16 alike", [8_950] * 16
    shops = [60_000, 35_000, 12_300, 15_670, 21_000, 8_100]
    yield "144: six plans x 23, six shops", [*SIX_PLANS * 23, *shops]
    others = [pick.randint(3_000, 60_000) for _ in range(11)]
    plans = (6_845, 8_950, 10_180, 11_860)
    yield "280: four plans x 67, 11 others, developer", [*plans * 67, *others, 250_000]
    plans = (8_950, 10_180, 11_860)
    yield "1004: three plans x 333, 4 others, developer", [*plans * 333, *others[:4], 620_000]
    yield "4999: three plans, developer", [*plans * 1_666, 620_000]
    yield "sample estate", sample_roll()


def main() -> None:
    print(f"{'roll':45}  everybody     two thirds     seconds")
    for name, areas in rolls():
        started = process_time()
        report = audit(areas, rng=Random(278))
        seconds = process_time() - started
        told = "".join(
            f"{float(case.expected):7.2f} {float(case.any_):6.0%}" for case in report.cases
        )
        print(f"{name:45}{told}{seconds:9.2f}")


if __name__ == "__main__":
    main()
