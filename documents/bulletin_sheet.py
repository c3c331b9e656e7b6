"""What stands where on a bulletin's one A3 sheet, from the largest type to the fullest table.

The type is as large as everything fits; below 14 points it does not go: there texts are cut
first and then the smallest rows joined. Heights are reckoned before anything is laid out, in
points, beside the measures of ``bulletin.css``; `attempts` has a tighter one each time, for
the case that something turned out larger than reckoned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils.safestring import mark_safe

from core.exact import format_yuan
from documents import charts
from documents.bulletin_rows import Row, few, joined, table_rows
from documents.fitting import EM, cut, lines, plain, width
from documents.wording import day, last_day

if TYPE_CHECKING:
    from documents.bulletins import BulletinFacts

_POINT = 72 / 25.4  # points in a millimetre
_PAGE = 396  # mm between the margins
_BODY = 243 * _POINT
_CHART, _GAP = 124, 6  # mm: the column of the chart, and between it and the table
_CELL = 3  # mm: both paddings of a cell
_TOP = 140  # the title, who keeps the money, the four sums
_NOTE, _NOTE_LINE = 14, 19  # the notes below the chart: size, and height of a line
_RED, _RED_LINE = 17, 23  # 更正
_ASK, _ASK_LINE = 15, 22


class Size(NamedTuple):
    """A type: its class, points, the height of a line, and what a row needs besides."""

    name: str
    points: int
    line: int
    extra: float


SIZES = (
    Size("huge-type", 22, 30, 9),
    Size("large-type", 18, 24, 5),
    Size("middle-type", 16, 21, 4),
    Size("small-type", 14, 18, 3),
)
_TITLES = (("huge", 32), ("big", 25), ("", 19))


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that was fitted, ready for the template."""

    size: str
    title: str
    title_size: str
    keeper: str
    in_each: str
    out_each: str
    """Per household."""
    correction: str
    opening: str
    rows: tuple[Row, ...]
    bank: str
    columns: tuple[int, ...]
    """Widths in mm: label, basis, amounts."""
    before: bool
    year: bool
    span: int
    one_line: bool
    chart: str
    notes: tuple[str, ...]
    ask: str
    signs: tuple[tuple[str, str], ...]


def attempts(facts: BulletinFacts) -> Iterator[Sheet]:
    """Sheets that should fit, the best first, each more careful than the one before."""
    for spare in (0, 40, 90, 150, 220, 300):
        yield _Fitter(facts, spare).sheet()


class _Fitter:
    """One sheet with `spare` points to be left empty."""

    def __init__(self, facts: BulletinFacts, spare: int) -> None:
        self.facts = facts
        self.correction = _correction(facts)
        self.ask = _ask(facts)
        self.before = any(one.before_fen is not None for one in facts.headings)
        self.year = any(one.year_fen is not None for one in facts.headings)
        red = _lines(self.correction, _PAGE - 40, _RED)
        self.room = _BODY - _TOP - spare - _ASK_LINE * _lines(self.ask, _PAGE, _ASK) - 8
        if self.correction:
            self.room -= _RED_LINE * red + 14

    def sheet(self) -> Sheet:
        size, rows, one_line = self.table()
        chart, notes = self.left()
        title_size, title = _title(self.facts)
        label, basis, _ = columns = self.columns(size)
        if one_line:
            rooms = _room(label, size.points), _room(basis, size.points)
            rows = [_cut(row, *rooms) for row in rows]
        return Sheet(
            size=size.name,
            title=title,
            title_size=title_size,
            keeper=_keeper(self.facts),
            in_each=self.facts.a_household(self.facts.in_fen),
            out_each=self.facts.a_household(self.facts.out_fen),
            correction=self.correction,
            opening=day(self.facts.first),
            rows=tuple(rows),
            bank=_bank(self.facts, _room(_PAGE - _CHART - _GAP, size.points)),
            columns=columns,
            before=self.before,
            year=self.year,
            span=3 + self.before + self.year,
            one_line=one_line,
            chart=mark_safe(chart),  # noqa: S308 - our own drawing
            notes=notes,
            ask=self.ask,
            signs=_signs(self.facts),
        )

    def columns(self, size: Size) -> tuple[int, int, int]:
        """Widths of label, basis and each amount in mm, for the widest amount there is."""
        facts = self.facts
        amounts = [facts.opening_fen, facts.closing_fen, facts.bank_fen or 0]
        for side in ("in", "cost", "use"):
            those = [one for one in facts.headings if one.side == side]
            amounts += [sum(one.fen for one in those)]
            amounts += [joined(one.before_fen for one in those) or 0]
            amounts += [joined(one.year_fen for one in those) or 0]
        amounts += [fen or 0 for one in facts.headings for fen in one[2:]]
        amounts += [line.fen for line in facts.lines]
        widest = max([width(format_yuan(fen)) for fen in amounts] + [6 * EM])
        amount = int(widest * size.points / EM / _POINT) + 1 + _CELL
        left = _PAGE - _CHART - _GAP - amount * (1 + self.before + self.year)
        return left - left * 4 // 10, left * 4 // 10, amount

    def table(self) -> tuple[Size, list[Row], bool]:
        """The largest type in which every row fits, else the smallest and fewer rows."""
        everything = table_rows(self.facts)
        for size in SIZES:
            label, basis, _ = self.columns(size)
            rooms = _room(label, size.points), _room(basis, size.points)
            tall = sum(_tall(row, *rooms) for row in everything)
            if self.high(size, tall, len(everything)) <= self.room:
                return size, everything, False
        if self.high(size, len(everything), len(everything)) <= self.room:
            return size, everything, True
        return size, table_rows(self.facts, self.most(size)), True

    def high(self, size: Size, tall: int, rows: int) -> float:
        """Of the table in points: `tall` lines in `rows` rows, and what is always there."""
        fixed = 4 + bool(self.facts.off_fen)
        return size.line * (tall + fixed) + size.extra * (rows + fixed)

    def most(self, size: Size) -> int:
        return max(0, int((self.room - self.high(size, 0, 0)) // (size.line + size.extra)))

    def left(self) -> tuple[str, tuple[str, ...]]:
        """The chart and the notes below it; notes have their room first, but not all of it."""
        unit = _CHART * _POINT / charts.WIDTH
        groups = _groups(self.facts, None)
        full = charts.height(groups) * unit
        room = _room(_CHART, _NOTE, padding=6)
        least = charts.height(_groups(self.facts, 6)) * unit
        notes = _notes(self.facts, room, int((self.room - min(full, least)) // _NOTE_LINE))
        used = _NOTE_LINE * sum(lines(note, room) for note in notes)
        limit = sum(len(group.bars) for group in groups)
        while limit and charts.height(groups) * unit > self.room - used:
            limit -= 1
            groups = _groups(self.facts, limit)
        title = f"{self.facts.period}收入和支出，单位：元"
        return charts.bars(groups, title=title) if groups else "", notes


def _lines(text: str, millimetres: int, points: int) -> int:
    return lines(text, _room(millimetres, points, padding=0)) if text else 0


def _room(millimetres: int, points: int, padding: int = _CELL) -> int:
    """In tenths of an em of a type."""
    return int((millimetres - padding) * _POINT * EM / points)


def _tall(row: Row, label: int, basis: int) -> int:
    """How many lines a row has, its texts uncut, in columns of these widths."""
    words = f"{plain(row.account)}　{plain(row.party)}"
    return max(lines(words, label), lines(plain(row.basis), basis))


def _cut(row: Row, label: int, basis: int) -> Row:
    """On one line: rather the party cut than its heading."""
    account = cut(row.account, label)
    party = cut(row.party, max(label - width(account) - EM, 3 * EM))
    return row._replace(account=account, party=party, basis=cut(row.basis, basis))


def _title(facts: BulletinFacts) -> tuple[str, str]:
    for name, points in _TITLES:
        if width(facts.title) <= (room := _room(_PAGE - 60, points)):
            return name, plain(facts.title)
    rest = f"{facts.period}{facts.name}"
    return name, cut(facts.estate, room - width(rest)) + rest


def _keeper(facts: BulletinFacts) -> str:
    return cut(
        f"{facts.number}　资金由{facts.holder}保管，{facts.account}", _room(_PAGE - 60, 15)
    )


def _correction(facts: BulletinFacts) -> str:
    if facts.version < 2:
        return ""
    words = f"这是第{facts.version}版，代替以前张贴的。{plain(facts.correction)}"
    return cut(words, 2 * _room(_PAGE - 45, _RED) - 2 * EM)


def _ask(facts: BulletinFacts) -> str:
    words = (
        f"对账目有疑问的，什么时候都可以扫码提问，或者打电话{plain(facts.phone)}；答复公开。"
        f"公布到{last_day(facts.until)}为止。"
    )
    return cut(f"{words}依据：{plain(facts.clause)}", 2 * _room(_PAGE, _ASK) - 2 * EM)


def _bank(facts: BulletinFacts, room: int) -> str:
    """Why the bank's balance is another one; empty where it is not."""
    if not facts.off_fen:
        return ""
    more = "多" if facts.off_fen > 0 else "少"
    words = (
        f"银行余额比账面{more}{format_yuan(abs(facts.off_fen))}元：{plain(facts.difference)}"
    )
    return cut(words, room)


def _signs(facts: BulletinFacts) -> tuple[tuple[str, str], ...]:
    room = 3 * _room(46, 15)
    return tuple(
        (what, cut(who, room))
        for what, who in (("编制", facts.prepared), ("复核", facts.reviewed))
    )


def _notes(facts: BulletinFacts, room: int, most: int) -> tuple[str, ...]:
    """Sentences below the chart, on at most `most` lines: cut, and counted where too many."""
    wanted = [] if facts.lines else ["本期没有收入，也没有支出。"]
    if facts.due_to_fund_fen or facts.to_fund_fen:
        short = facts.due_to_fund_fen - facts.to_fund_fen
        wanted.append(
            f"本期应转入维修资金{format_yuan(facts.due_to_fund_fen)}元，"
            f"已转{format_yuan(facts.to_fund_fen)}元"
            + (f"，还差{format_yuan(short)}元。" if short > 0 else "。")
        )
    if facts.headings and all(one.before_fen is None for one in facts.headings):
        wanted.append("上期没有公布过，不能比较。")
    wanted += [plain(one) for one in facts.explanations]
    made: list[str] = []
    for index, note in enumerate(wanted):
        last = index == len(wanted) - 1
        free = most - sum(lines(one, room) for one in made) - (0 if last else 1)
        if free < 1:
            made.append(f"另有{len(wanted) - index}条说明，扫码查看。")
            break
        made.append(note if lines(note, room) <= free else cut(note, free * (room - 2 * EM)))
    return tuple(made)


def _groups(facts: BulletinFacts, limit: int | None) -> Sequence[charts.Group]:
    """In and out by heading, at most `limit` bars: the smallest of each are joined."""
    found = [one for one in facts.headings if one.fen or one.before_fen]
    sides = ["in" if one.side == "in" else "out" for one in found]
    sizes = [(side, one.fen) for side, one in zip(sides, found, strict=True)]
    kept = few(sizes, len(found) if limit is None else limit)
    made = []
    for side, title in (("in", "收入"), ("out", "支出")):
        those = [index for index, one in enumerate(sides) if one == side]
        bars = [
            _bar(found[index].account, found[index].fen, found[index].before_fen)
            for index in those
            if index in kept
        ]
        rest = [found[index] for index in those if index not in kept]
        if rest:
            before = joined(one.before_fen for one in rest)
            bars.append(_bar(f"其他{len(rest)}项", sum(one.fen for one in rest), before))
        if bars:
            made.append(charts.Group(title, tuple(bars), out=side == "out"))
    return made


def _bar(label: str, fen: int, before: int | None) -> charts.Bar:
    known = "" if before is None else format_yuan(before)
    return charts.Bar(plain(label), fen, format_yuan(fen), before, known)
