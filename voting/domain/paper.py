"""纸质票: what two people read from a sheet, whether they agree, whether the box balances."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.codes import read_code
from core.text import half_width
from voting.domain.reasons import Reason

_SERIAL = re.compile(r"(\d{5,7})-?([0-9A-Z]{4})", re.ASCII)
_TAIL = 4
_MAX_NOTE = 200

FAULTS = frozenset({"two_marks", "unclear"})
"""Why what is marked for a motion counts as blank; "" where nothing is wrong."""
SPOILED = frozenset({"illegible", "signature", "torn", "not_ours", "blank"})
"""Why a whole sheet is void; "blank" where nothing is marked on it."""


class Asked(NamedTuple):
    """What one motion lets a sheet say: `options` of them, `low` to `high` marked."""

    options: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What one person read from a sheet.

    `spoiled`: why the whole sheet is void, a key of SPOILED, or "". `answers`: per motion the
    marked options in order, or None: left blank, which is not taking part in that motion.
    Empty: the box for none of them is marked, which is taking part.
    `faults`: per motion a key of FAULTS where the blank is an invalid mark, else "".
    """

    spoiled: str = ""
    answers: tuple[tuple[int, ...] | None, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def void(self) -> str:
        """Why nothing of the sheet counts; "" where something does."""
        if self.spoiled:
            return self.spoiled
        return "" if any(answer is not None for answer in self.answers) else "blank"

    def as_json(self) -> dict[str, Any]:
        """A JSON value, for keeping it encrypted until a second person has read too."""
        answers = [None if one is None else list(one) for one in self.answers]
        return {"spoiled": self.spoiled, "answers": answers, "faults": list(self.faults)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Reading":
        answers = tuple(None if one is None else tuple(one) for one in value["answers"])
        return cls(value["spoiled"], answers, tuple(value["faults"]))


def same(one: Reading, other: Reading) -> bool:
    """Whether both say the same counts; why something is void is no difference."""
    if one.void or other.void:
        return bool(one.void) == bool(other.void)
    return one.answers == other.answers


def differing(one: Reading, other: Reading) -> tuple[int, ...]:
    """Positions (from 1) of the motions read differently; all where one holds it void."""
    if bool(one.void) != bool(other.void):
        return tuple(range(1, max(len(one.answers), len(other.answers)) + 1))
    pairs = enumerate(zip(one.answers, other.answers, strict=True), start=1)
    return tuple(position for position, (a, b) in pairs if a != b)


def reading_reasons(asked: Sequence[Asked], reading: Reading) -> list[Reason]:
    """What a reading cannot say."""
    if reading.spoiled:
        known = reading.spoiled in SPOILED
        return [] if known else [Reason("paper.spoiled", "请选整张作废的原因", "spoiled")]
    if not len(asked) == len(reading.answers) == len(reading.faults):
        return [Reason("paper.motions", "每一项都要录，没有填的选“没有填”")]
    found = []
    rows = zip(asked, reading.answers, reading.faults, strict=True)
    for position, (motion, answer, fault) in enumerate(rows, start=1):
        where = f"motion{position}"
        if fault and (fault not in FAULTS or answer is not None):
            found.append(Reason("paper.fault", f"第{position}项：无效就不能再选答案", where))
        elif answer is not None and not _fits(motion, answer):
            low, high = motion.low, motion.high
            few = str(high) if low == high else f"{low}到{high}"
            found.append(
                Reason(
                    "paper.answer",
                    f"第{position}项要选{few}个；纸上画多了的，选“画多了”",
                    where,
                )
            )
    return found


def _fits(motion: Asked, answer: tuple[int, ...]) -> bool:
    marks = set(answer)
    return (
        len(marks) == len(answer)
        and marks <= set(range(motion.options))
        and motion.low <= len(marks) <= motion.high
    )


def read_serial(typed: str) -> str | None:
    """The serial somebody typed or a scanner sent, e.g. 00042-7K3Q; None where it is none."""
    kept = "".join(half_width(typed[:60]).split()).upper()
    found = _SERIAL.fullmatch(kept)
    tail = read_code(found[2], _TAIL) if found else None
    return f"{found[1]}-{tail}" if found and tail else None


def place_reasons(place: str) -> list[Reason]:
    """What is wrong with where a sheet was handed in."""
    if not place.strip():
        return [Reason("paper.place", "请填在哪里收到的，例如：居委会票箱", "place")]
    return [Reason("paper.place", "地点最多80个字", "place")] if len(place) > 80 else []


class Balance(NamedTuple):
    """Papers by what became of them; `open` ones are not settled yet."""

    entered: int
    spoiled: int
    ruled_out: int
    open: int

    @property
    def settled(self) -> int:
        return self.entered + self.spoiled + self.ruled_out

    def holds(self, counted: int) -> bool:
        """Whether a box of so many papers is accounted for, sheet by sheet."""
        return not self.open and counted == self.settled
