"""Count a vote held on paper, from three tables and nothing else.

The tables are a roll, motions and ballots, as `core.tables` reads them; the columns are
ROLL_COLUMNS, MOTION_COLUMNS and BALLOT_COLUMNS. Each may also be a text: the reason why
there is no such table, which then is its fault.

Keys are opaque: half-width, trimmed, nothing else. A party is one head (SPC
interpretation on condominium ownership, art. 9):

- a delivered unit belongs to the set of its owners' document numbers, so that one owner
  of several units is one party and A with B is another party than A;
- every unit unsold or sold but undelivered belongs to the one developer, whatever name
  and number stand there; a delivered unit never does.

A ballot for any unit of a party is the party's. Agreeing repeats count once; where they
differ on a motion none of them counts, and each is a fault.

Faults name file, row (as the spreadsheet shows it, the header being 1; 0 for a whole
file) and reason. With any fault in roll or motions, or without a readable table of
ballots, nothing is counted: the motions are empty, and so is the roll where it is at
fault. Faulty ballots only do not count. Wrong check characters of document numbers are
warnings and change nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from core.errors import RuleViolation
from core.exact import format_area, parse_area
from core.tables import Table
from core.text import half_width
from registry.domain.documents import number_doubt
from voting.domain.thresholds import (
    Count,
    Decision,
    Majority,
    Matter,
    Outcome,
    decide,
    majority_for,
)

ROLL_COLUMNS = ("房号", "建筑面积", "业主姓名", "证件号码", "状态")
MOTION_COLUMNS = ("事项", "类别", "标题")
BALLOT_COLUMNS = ("房号", "事项", "意见")
DELIVERED = "已交付"
DEVELOPERS = frozenset({"未售", "已售未交付"})
CHOICES = ("同意", "反对", "弃权")
MATTERS = {str(int(matter)): int(matter) for matter in Matter}

_DEVELOPER = frozenset({""})  # the set of a delivered unit never holds an empty number
_ROWS_NAMED = 10


class Fault(NamedTuple):
    """Something in a file that cannot be counted; `file` is roll, motions or ballots."""

    file: str
    row: int
    reason: str


class MotionCount(NamedTuple):
    """One motion's count and what art. 278 makes of it."""

    motion: str
    matter: int
    title: str
    participating: Count
    approving: Count
    against: Count
    abstaining: Count
    required: Majority
    decision: Decision

    def as_json(self) -> dict[str, Any]:
        return {
            "motion": self.motion,
            "matter": self.matter,
            "participating": _count_json(self.participating),
            "quorum_met": self.decision.outcome is not Outcome.NO_QUORUM,
            "for": _count_json(self.approving),
            "against": _count_json(self.against),
            "abstain": _count_json(self.abstaining),
            "required": self.required.value,
            "result": self.decision.outcome.value,
            "failed": list(self.decision.failed),
        }


class PlainCount(NamedTuple):
    """The whole count. Where it is not `sound`, nothing was counted."""

    roll: Count
    motions: tuple[MotionCount, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    sound: bool

    def as_json(self) -> dict[str, Any]:
        """What `manage.py count --json` prints; warnings have no place in it."""
        return {
            "roll": _count_json(self.roll),
            "motions": [motion.as_json() for motion in self.motions],
            "faults": [fault._asdict() for fault in self.faults],
        }


class _Question(NamedTuple):
    """A motion before it is counted."""

    key: str
    matter: int
    title: str


def count(*, roll: Table | str, motions: Table | str, ballots: Table | str) -> PlainCount:
    """Count the ballots, or say everything that stands in the way."""
    read = [
        _Reading(file, source, columns)
        for file, source, columns in (
            ("roll", roll, ROLL_COLUMNS),
            ("motions", motions, MOTION_COLUMNS),
            ("ballots", ballots, BALLOT_COLUMNS),
        )
    ]
    frozen = _read_roll(read[0])
    questions = _read_motions(read[1])
    cast = _read_ballots(
        read[2],
        frozen if read[0].readable else None,
        questions if read[1].readable else None,
    )
    undisputed = list(_undisputed(cast, read[2]))
    sound = not read[0].faults and not read[1].faults and read[2].readable
    areas = frozen.areas
    return PlainCount(
        roll=Count(0, 0) if read[0].faults else Count(len(areas), sum(areas)),
        motions=tuple(_tally(questions, areas, undisputed)) if sound else (),
        faults=tuple(fault for reading in read for fault in sorted(reading.faults)),
        warnings=frozen.warnings,
        sound=sound,
    )


def _weigh(
    question: _Question, *, roll: Count, approving: Count, against: Count, abstaining: Count
) -> MotionCount:
    """One motion's count from its three sums; whoever abstains takes part."""
    participating = Count(*map(sum, zip(approving, against, abstaining, strict=True)))
    required = majority_for(question.matter)
    decision = decide(
        roll=roll, participating=participating, approving=approving, required=required
    )
    return MotionCount(
        *question, participating, approving, against, abstaining, required, decision
    )


_Rows = list[tuple[int, tuple[str, ...]]]
_Cast = dict[tuple[int, int], list[tuple[int, int]]]
"""(motion, party) -> (row, choice) of each ballot; motion, party and choice as indexes."""


class _Roll(NamedTuple):
    rooms: dict[str, int | None]  # room -> party, None where its row is at fault
    areas: list[int]  # of each party
    warnings: tuple[str, ...]


class _Reading:
    """One file being read, and the faults found in it."""

    def __init__(self, file: str, source: Table | str, columns: Sequence[str]) -> None:
        self.faults: list[Fault] = []
        self.rows: _Rows = []
        self.doubtful: set[int] = set()  # rows already at fault
        self.readable = not isinstance(source, str)
        self._file = file
        if isinstance(source, str):
            self.fault(0, source)
        else:
            self._find_columns(source, columns)
        if not isinstance(source, str) and self.readable:
            self._take(source, [source.header.index(column) for column in columns])

    def fault(self, row: int, reason: str) -> None:
        self.faults.append(Fault(self._file, row, reason))

    def _find_columns(self, table: Table, columns: Sequence[str]) -> None:
        for column in columns:
            times = table.header.count(column)
            if times != 1:
                self.readable = False
                reason = (
                    f"表头里“{column}”出现了 {times} 次" if times else f"表头里没有“{column}”"
                )
                self.fault(table.header_row, f"{reason}，应当正好有一列")

    def _take(self, table: Table, places: list[int]) -> None:
        for row, place, reason in table.faults:
            if place is None or place in places:
                self.doubtful.add(row)
                column = "" if place is None else f"“{table.header[place]}”："
                self.fault(row, column + reason)
        pick = itemgetter(*places)
        for number, cells in table.rows:
            wanted = pick(cells)
            if "".join(wanted).strip():
                self.rows.append((number, wanted))


def _key(cell: str) -> str:
    return half_width(cell).strip()


class _Keys(dict[str, str]):
    """Cells as keys, each folded once: ballots repeat a few texts very often."""

    def __missing__(self, cell: str) -> str:
        key = self[cell] = _key(cell)
        return key


def _read_roll(reading: _Reading) -> _Roll:
    rooms: dict[str, int | None] = {}
    row_of: dict[str, int] = {}
    parties: dict[frozenset[str], int] = {}
    areas: list[int] = []
    misprinted = []
    for row, (room_cell, area_cell, names, numbers, status) in reading.rows:
        room = _key(room_cell)
        first_row = row_of.setdefault(room, row)
        if not room:
            reading.fault(row, "没有填房号")
        elif first_row != row:
            reading.fault(row, f"房号与第 {first_row} 行重复")
        area = _area(area_cell, row, reading)
        owners = _owners(names, numbers, _key(status), row, reading)
        if row in reading.doubtful or owners is None or area is None:
            rooms.setdefault(room, None)
            continue
        if any(number_doubt(number, "") for number in owners):
            misprinted.append(row)
        rooms[room] = party = parties.setdefault(owners, len(areas))
        if party == len(areas):
            areas.append(0)
        areas[party] += area
    warnings = (
        (f"名册{_rows(misprinted)}的证件号码校验位不对，请核对；不影响计票",)
        if misprinted
        else ()
    )
    return _Roll(rooms, areas, warnings)


def _area(cell: str, row: int, reading: _Reading) -> int | None:
    try:
        return parse_area(cell)
    except RuleViolation as violation:
        if row not in reading.doubtful:
            reading.fault(row, str(violation))
        return None


def _owners(
    names: str, numbers: str, status: str, row: int, reading: _Reading
) -> frozenset[str] | None:
    """The document numbers that make the party; None where that is at fault."""
    if status in DEVELOPERS:
        # Art. 9: 建设单位尚未出售和虽已出售但尚未交付的部分，按一人计算.
        return _DEVELOPER
    if status != DELIVERED:
        reading.fault(row, "状态只能填“已交付”“未售”“已售未交付”")
        return None
    people = [_key(name) for name in names.split("、")]
    documents = [_key(number).replace("x", "X") for number in numbers.split("、")]
    reasons = []
    if not all(people):
        reasons.append("业主姓名没有填全")
    if not all(documents):
        reasons.append("证件号码没有填全")
    if len(people) != len(documents):
        reasons.append(f"业主 {len(people)} 人，证件号码 {len(documents)} 个，应当一一对应")
    for reason in reasons:
        reading.fault(row, reason)
    return None if reasons else frozenset(documents)


def _read_motions(reading: _Reading) -> list[_Question]:
    questions = []
    row_of: dict[str, int] = {}
    for row, (key_cell, matter_cell, title) in reading.rows:
        key, matter = _key(key_cell), _key(matter_cell)
        first_row = row_of.setdefault(key, row)
        if not key:
            reading.fault(row, "没有填事项")
        elif first_row != row:
            reading.fault(row, f"事项与第 {first_row} 行重复")
        if matter not in MATTERS:
            reading.fault(row, "类别只能填 1 至 9（民法典第二百七十八条的九类事项）")
        questions.append(_Question(key, MATTERS.get(matter, 0), title.strip()))
    return questions


def _read_ballots(
    reading: _Reading, roll: _Roll | None, questions: list[_Question] | None
) -> _Cast:
    """All ballots that say something; unknown rooms and motions only where they are known."""
    motion_of = {question.key: index for index, question in enumerate(questions or ())}
    rooms = roll.rooms if roll else {}
    choice_of = {choice: index for index, choice in enumerate(CHOICES)}
    keys = _Keys()
    cast: _Cast = {}
    for row, (room_cell, motion_cell, choice_cell) in reading.rows:
        room, motion, choice = keys[room_cell], keys[motion_cell], keys[choice_cell]
        if room in rooms and motion in motion_of and choice in choice_of:
            party = rooms[room]
            if party is not None and row not in reading.doubtful:
                ballot = (row, choice_of[choice])
                cast.setdefault((motion_of[motion], party), []).append(ballot)
            continue
        if not room or (roll and room not in rooms):
            reading.fault(row, "名册里没有这个房号" if room else "没有填房号")
        if not motion or (questions is not None and motion not in motion_of):
            reading.fault(row, "没有这一事项" if motion else "没有填事项")
        if choice not in choice_of:
            reading.fault(row, "意见只能填“同意”“反对”“弃权”" if choice else "没有填意见")
    return cast


def _undisputed(cast: _Cast, reading: _Reading) -> Iterator[tuple[int, int, int]]:
    """(motion, party, choice), once each; parties at odds with themselves are faults."""
    for (motion, party), ballots in cast.items():
        if len(ballots) == 1 or len({choice for _, choice in ballots}) == 1:
            yield motion, party, ballots[0][1]
            continue
        rows = _rows([row for row, _ in ballots])
        for row, _ in ballots:
            reading.fault(row, f"同一业主对这一事项的意见不一致（{rows}），都不计票")


def _tally(
    questions: list[_Question], areas: list[int], votes: Iterable[tuple[int, int, int]]
) -> Iterator[MotionCount]:
    heads = [[0] * len(CHOICES) for _ in questions]
    area = [[0] * len(CHOICES) for _ in questions]
    for motion, party, choice in votes:
        heads[motion][choice] += 1
        area[motion][choice] += areas[party]
    roll = Count(len(areas), sum(areas))
    for index, question in enumerate(questions):
        approving, against, abstaining = map(Count, heads[index], area[index])
        yield _weigh(
            question, roll=roll, approving=approving, against=against, abstaining=abstaining
        )


def _rows(rows: Sequence[int]) -> str:
    named = "、".join(str(row) for row in rows[:_ROWS_NAMED])
    return f"第 {named} 行" if len(rows) <= _ROWS_NAMED else f"第 {named} 等 {len(rows)} 行"


def _count_json(count: Count) -> dict[str, Any]:
    return {"heads": count.heads, "area": format_area(count.area)}
