"""How long papers take: `python tests/benchmarks/bench_papers.py [LETTERS]`.

A resolution of eight motions rendered and signed, cold and warm; one verified; a receipt;
bulletins of a usual quarter and of the worst one, and a year's report; and letters (3,000
unless said) with the memory of the whole process tree. Targets: 1 s warm, 2 s for a bulletin,
75 s and 600 MB for 3,000 letters.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from documents.authority import development_identity
from documents.bulletins import BULLETIN_NAME, bulletin_json, render_bulletin
from documents.letters import render_letters
from documents.receipt_image import receipt_png
from documents.resolutions import render_resolution
from documents.signing import sign
from documents.verification import check_offline
from documents.year_accounts import render_year_account
from tests.documents import samples
from tests.documents.bulletin_samples import bulletin, crowd, year


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task")
    below = [
        int(child)
        for task in children.iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in below for each in tree(child))]


class Memory(threading.Thread):
    """The greatest sum of resident memory, and of the same with shared pages divided."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.resident = self.proportional = 0

    def run(self) -> None:
        while True:
            with suppress(OSError):  # a process ended while we looked
                self.look()
            time.sleep(0.1)

    def look(self) -> None:
        resident = proportional = 0
        for pid in tree(os.getpid()):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes = {line.split()[0]: int(line.split()[1]) for line in lines[1:] if ":" in line}
            resident += sizes["Rss:"]
            proportional += sizes["Pss:"]
        self.resident = max(self.resident, resident // 1024)
        self.proportional = max(self.proportional, proportional // 1024)


def timed(what: str, act: Callable[[], object], times: int = 9) -> None:
    wall, cpu = [], []
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        act()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    print(
        f"{what}: first {wall[0]:.3f} s, then median {statistics.median(wall[1:]):.3f} s"
        f" [{min(wall[1:]):.3f}-{max(wall[1:]):.3f}], CPU {statistics.median(cpu[1:]):.3f} s"
    )


def letters(count: int, folder: Path) -> None:
    facts = samples.letters(count)
    memory = Memory()
    memory.start()
    start, before = time.perf_counter(), os.times()
    written = render_letters(facts, folder / "letters.pdf")
    wall, after = time.perf_counter() - start, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    print(
        f"{written.letters} letters, {written.pages} pages, {written.size / 1e6:.1f} MB: "
        f"{wall:.1f} s, CPU {cpu:.1f} s ({cpu / count * 1000:.1f} ms a letter); "
        f"{memory.resident} MB resident in all processes, {memory.proportional} MB with "
        f"shared pages counted once"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        letters(count, folder)
        identity = development_identity(folder / "ca")
        facts = samples.resolution(motions=tuple(samples.motion(n) for n in range(1, 9)))

        def issue() -> bytes:
            pdf = render_resolution(facts, attachments={"tally.json": samples.TALLY})
            return sign(pdf, identity=identity, at=samples.AT, verify_url=samples.URL)

        timed("resolution of 8 motions, rendered and signed", issue)
        signed = issue()
        timed("verified", lambda: check_offline(signed, trust_roots=[identity.certificate]))
        usual, crowded = bulletin(), bulletin(crowd(500, 40, 16), past={})
        for what, bulletin_facts in (("quarter", usual), ("500 lines, 40 payers", crowded)):
            files = {BULLETIN_NAME: bulletin_json(bulletin_facts)}
            timed(
                f"bulletin, {what}", partial(render_bulletin, bulletin_facts, attachments=files)
            )
        timed("year's report", lambda: render_year_account(year(), attachments={}))
        timed("receipt", lambda: receipt_png(samples.receipt()))


if __name__ == "__main__":
    main()
