"""Letters to the voting parties: one PDF for the printer, made in worker processes.

The file carries voting tokens. It is written with mode 0600, outside the database; nothing
of it is logged; the workers get their facts through a pipe, never as arguments.

Order for the people who deliver: building, entrance, floor, room; before the letters of
every entrance a separator and its sign-off sheets. Every part begins on the front of a
sheet, so the whole file can be printed on both sides. A single letter (a reissue) comes
without them.
"""

from __future__ import annotations

import gc
import hashlib
import itertools
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from core.errors import RuleViolation
from core.exact import format_area, format_yuan
from documents import rendering, wording
from documents.joining import join
from documents.papers import LetterFacts, LetterSession
from registry.domain.rooms import natural

_ROOT = Path(__file__).resolve().parent.parent
_ROWS = 25  # on one sign-off sheet
_ASIDE = ".letters-"  # folders of printings under way, beside the file to come
_ROOMY, _LONG = 110, 190  # characters beside the window in full size; in the middle one
_HELP, _MUCH_HELP = 80, 140  # characters on where to ask and hand in, likewise
_BACKGROUNDS = 2  # front and back, pages 0 and 1 of every batch


@dataclass(frozen=True, kw_only=True, slots=True)
class LettersFile:
    """What was written: a batch manifest for the record, without contents."""

    letters: int
    pages: int
    size: int
    sha256: str
    first_serial: str
    last_serial: str


def delivery_order(letter: LetterFacts) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key: building, entrance, floor, room, numbers by value (2幢 before 10幢)."""
    parts = (letter.building, letter.entrance, letter.floor, letter.room)
    return tuple(natural(part) for part in parts)


def render_letters(
    letters: Iterable[LetterFacts],
    out_path: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    processes: int = 2,
    batch: int = 100,
) -> LettersFile:
    """Print all letters of one session into ``out_path`` (mode 0600).

    Args:
        letters: of one session, in any order, at least one.
        out_path: replaced at the end in one step; nothing is there before.
        progress: called with letters done and all letters, in the caller's thread.
        processes: worker processes; each needs about 200 MB.
        batch: letters to a batch.

    Raises:
        RuleViolation: no letters, or the motions' text does not fit on one sheet.
    """
    ordered = sorted(letters, key=delivery_order)
    if not ordered:
        raise RuleViolation("letters.none", "没有可以打印的通知书。")
    session = ordered[0].session
    sheets = _sheets(ordered) if len(ordered) > 1 else [_letter_sheet(ordered[0])]
    batches = list(_batches(list(sheets), batch))
    with tempfile.TemporaryDirectory(dir=out_path.parent, prefix=_ASIDE) as folder:
        parts = [Path(folder) / f"{number}.pdf" for number in range(len(batches))]
        done = 0
        progress(0, len(ordered))
        for count in _in_workers(session, batches, parts, processes):
            done += count
            progress(done, len(ordered))
        whole = Path(folder) / "all.pdf"
        pages = join(parts, whole, title=f"{session.estate}业主表决通知书")
        whole.chmod(0o600)
        whole.replace(out_path)
    data = out_path.read_bytes()
    return LettersFile(
        letters=len(ordered),
        pages=pages,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        first_serial=ordered[0].serial,
        last_serial=ordered[-1].serial,
    )


def clear_leftovers(folder: Path, *, before: datetime) -> int:
    """Delete what a killed printer left in ``folder`` before that moment: it holds tokens.

    Returns how many printings that were.
    """
    cleared = 0
    for left in folder.glob(f"{_ASIDE}*"):
        if left.stat().st_mtime < before.timestamp():
            shutil.rmtree(left)
            cleared += 1
    return cleared


# --- What lies on the sheets -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One template's page, and whether it is a letter (which has the shared pages too)."""

    template: str
    context: dict[str, Any]
    letter: LetterFacts | None = None
    ends_odd: bool = False
    """True where an empty back has to follow."""


def _sheets(ordered: Sequence[LetterFacts]) -> Iterator[_Sheet]:
    groups = itertools.groupby(ordered, key=lambda letter: (letter.building, letter.entrance))
    for (building, entrance), members in groups:
        letters = list(members)
        session = letters[0].session
        common = {
            "place": f"{building}{entrance}" or "其他",
            "estate": session.estate,
            "title": session.title,
        }
        yield _Sheet(
            "_separator.html",
            common
            | {
                "count": len(letters),
                "first": letters[0].serial,
                "last": letters[-1].serial,
            },
            ends_odd=True,
        )
        lists = [letters[i : i + _ROWS] for i in range(0, len(letters), _ROWS)]
        for number, rows in enumerate(lists, 1):
            yield _Sheet(
                "_signoff.html",
                common
                | {
                    "page": number,
                    "pages": len(lists),
                    "offset": (number - 1) * _ROWS + 1,
                    "rows": [
                        {
                            "address": letter.address,
                            "masked_name": letter.masked_name,
                            "serial": letter.serial,
                        }
                        for letter in rows
                    ],
                },
                ends_odd=number == len(lists) and number % 2 == 1,
            )
        yield from map(_letter_sheet, letters)


def _letter_sheet(letter: LetterFacts) -> _Sheet:
    lines = _own_lines(letter)
    length = sum(map(len, lines))
    long = "" if length <= _ROOMY else " long" if length <= _LONG else " longest"
    return _Sheet("_letter_own.html", {"lines": lines, "long": long}, letter=letter)


def _own_lines(letter: LetterFacts) -> list[str]:
    """Beside the window: whose letter it is, what it weighs, what it would cost."""
    units = letter.units
    if len(units) == 1:
        first = "这封信只属于左边这处房屋，请勿转给别人。"
    else:
        shown = "、".join(units[:4]) + ("等" if len(units) > 4 else "")
        first = f"您名下共 {len(units)} 处：{shown}，合投一次，面积相加。请勿转给别人。"
    lines = [first, f"您计 1 人，面积 {format_area(letter.area)} 平方米。"]
    shares = [
        f"第{wording.numeral(motion.position)}项 {format_yuan(fen)}\u00a0元"
        for motion, fen in zip(letter.session.motions, letter.shares_fen, strict=True)
        if fen is not None
    ]
    if shares:
        lines.append(f"通过后您家分摊：{'，'.join(shares)}。")
    return lines


def _batches(sheets: Sequence[_Sheet], size: int) -> Iterator[list[_Sheet]]:
    """Cut only before a letter, so that fronts and backs stay together."""
    part: list[_Sheet] = []
    count = 0
    for sheet in sheets:
        if count >= size and sheet.letter is not None:
            yield part
            part, count = [], 0
        part.append(sheet)
        count += sheet.letter is not None
    yield part


# --- Workers ---------------------------------------------------------------------------
# Plain subprocesses, not multiprocessing: a Celery worker is a daemonic process and may not
# have such children.


def _in_workers(
    session: LetterSession,
    batches: Sequence[list[_Sheet]],
    parts: Sequence[Path],
    processes: int,
) -> Iterator[int]:
    """Letters made, batch by batch, as they come."""
    workers = [_start_worker() for _ in range(min(processes, len(batches)))]
    idle = SimpleQueue[subprocess.Popen[bytes]]()
    for worker in workers:
        idle.put(worker)

    def make(sheets: list[_Sheet], path: Path) -> int:
        worker = idle.get()
        try:
            return _ask(worker, (session, sheets, path))
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(len(workers))
    try:
        jobs = [pool.submit(make, *job) for job in zip(batches, parts, strict=True)]
        for job in as_completed(jobs):
            yield job.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()
            worker.wait()


def _ask(worker: subprocess.Popen[bytes], job: object) -> int:
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("a worker is spoken to through pipes")
    try:
        pickle.dump(job, worker.stdin)
        worker.stdin.flush()
        answer = pickle.load(worker.stdout)  # noqa: S301 - from our own worker
    except (EOFError, BrokenPipeError):
        raise RuntimeError("a letter worker ended early") from None
    if isinstance(answer, Exception):
        raise answer
    return int(answer)


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """A worker's life: one batch after the other until the pipe closes."""
    while True:
        try:
            session, sheets, path = pickle.load(incoming)  # noqa: S301 - from our parent
        except EOFError:
            return
        try:
            answer: object = _make(session, sheets, path)
        except Exception as error:  # the parent tells; a traceback here would hold facts
            answer = error
        pickle.dump(answer, outgoing)
        outgoing.flush()
        gc.collect()  # a finished document holds its fonts in reference cycles


def _make(session: LetterSession, sheets: Sequence[_Sheet], path: Path) -> int:
    layers: list[tuple[int, ...]] = []
    codes: dict[int, list[rendering.Code]] = {}
    for number, sheet in enumerate(sheets, _BACKGROUNDS):
        if sheet.letter is None:
            layers.extend([(number,)] + [()] * sheet.ends_odd)
            continue
        layers.extend([(0, number), (1,)])
        codes[number] = [rendering.Code(sheet.letter.vote_url, left=20.5, top=104, side=45)]
        if session.ballot_boxes:
            codes[number].append(
                rendering.Code(sheet.letter.serial, left=175, top=202, side=17)
            )
    money = any(
        fen is not None for sheet in sheets if sheet.letter for fen in sheet.letter.shares_fen
    )
    context = {
        "session": session,
        "host": _host(session),
        "money": money,
        "election": any(motion.seats for motion in session.motions),
        "long": _long(session),
        "density": _density(session, money),
        "sheets": [
            sheet.context | {"template": sheet.template, "letter": sheet.letter}
            for sheet in sheets
        ],
    }
    pdf = rendering.render_sheets(
        "letters.html",
        "letter.css",
        context,
        pages=_BACKGROUNDS + len(sheets),
        layers=layers,
        codes=codes,
    )
    path.write_bytes(pdf)
    return sum(sheet.letter is not None for sheet in sheets)


@lru_cache(maxsize=4)
def _density(session: LetterSession, money: bool) -> str:
    """The largest of four layouts with which one sheet is enough."""
    election = any(motion.seats for motion in session.motions)
    context = {
        "session": session,
        "money": money,
        "election": election,
        "host": _host(session),
        "long": _long(session),
    }
    for density in ("few", "some", "many", "tight"):
        with suppress(rendering.PageOverflow):
            rendering.render_sheets(
                "letters.html",
                "letter.css",
                context | {"density": density},
                pages=_BACKGROUNDS,
                layers=[(0,), (1,)],
            )
            return density
    raise RuleViolation(
        "letters.overflow",
        "表决事项的标题和说明太长，一张纸印不下。请缩短说明，全文放到表决页面。",
    )


def _long(session: LetterSession) -> str:
    """The class of the middle third where much is to be said of whom to ask."""
    said = (session.phone_hours, session.second_url, session.ballot_boxes)
    length = sum(map(len, (*said, session.organiser, session.supervisor)))
    return "" if length <= _HELP else " long" if length <= _MUCH_HELP else " longest"


def _host(session: LetterSession) -> str:
    return session.base_url.partition("://")[2]


def _start_worker() -> subprocess.Popen[bytes]:
    # One arena and a low trim threshold: fonts of 25 MB come and go with every batch.
    environment = os.environ | {
        "PYTHONPATH": str(_ROOT),
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_TRIM_THRESHOLD_": "1000000",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "documents.letter_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env=environment,
    )
