"""The rows of a bulletin's table: everything where there is room, else the smallest joined.

Whatever is joined is summed exactly, so the rows of a heading always make its total. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from documents.wording import SIDES

if TYPE_CHECKING:
    from documents.bulletins import BulletinFacts, Heading, Line


class Row(NamedTuple):
    """One row; amounts in fen, None: not published, or not of this row."""

    kind: str
    """``total`` of a side, ``heading``, or ``item`` of the heading above."""
    account: str
    """Empty in the row of an item."""
    party: str
    basis: str
    fen: int
    before: int | None = None
    year: int | None = None


class Item(NamedTuple):
    """What one party paid or was paid under a heading, on one basis."""

    party: str
    basis: str
    fen: int
    times: int


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with its items, the largest first, of which `shown` have rows of their own."""

    side: str
    account: str
    fen: int
    before: int | None
    year: int | None
    count: int
    items: tuple[Item, ...] = ()
    shown: int = 0

    def rows(self) -> list[Row]:
        sums = self.fen, self.before, self.year
        if len(self.items) == 1:
            only = self.items[0]
            return [Row("heading", self.account, only.party, only.basis, *sums)]
        basis = f"共{self.count}笔" if self.count else ""
        rows = [Row("heading", self.account, "", basis, *sums)]
        if self.shown:
            shown, rest = self.items[: self.shown], self.items[self.shown :]
            rows += [Row("item", "", one.party, one.basis, one.fen) for one in shown]
            if rest:
                count = sum(one.times for one in rest)
                rows.append(Row("item", "", f"其他{count}笔", "", sum(one.fen for one in rest)))
        return rows

    def more(self) -> Block | None:
        """With one more item shown; None where all are. A last one is never hidden alone."""
        left = len(self.items) - self.shown
        if len(self.items) < 2 or not left:
            return None
        return replace(self, shown=self.shown + (2 if left == 2 else 1))


def table_rows(facts: BulletinFacts, limit: int | None = None) -> list[Row]:
    """The rows between opening and closing balance, at most `limit` unless that is below 6."""
    blocks = [_block(heading, facts.lines) for heading in facts.headings]
    sides = [side for side in SIDES if any(block.side == side for block in blocks)]
    if limit is None:
        blocks = [replace(block, shown=len(block.items)) for block in blocks]
    else:
        blocks = _filled(_few(blocks, limit - len(sides)), limit - len(sides))
    return [row for side in sides for row in _side(facts, side, blocks)]


def few(sizes: Sequence[tuple[str, int]], limit: int) -> set[int]:
    """Which of some (group, size) to keep so that there are at most `limit` rows.

    Those of a group that go share one row, so one alone never goes. The smallest go first.
    """
    kept = set(range(len(sizes)))
    gone: dict[str, list[int]] = {}
    for index in sorted(kept, key=lambda index: (abs(sizes[index][1]), -index)):
        if len(kept) + len(gone) <= limit:
            break
        kept.discard(index)
        gone.setdefault(sizes[index][0], []).append(index)
    return kept | {those[0] for those in gone.values() if len(those) == 1}


def joined(amounts: Iterable[int | None]) -> int | None:
    """The sum; None where one of them is not known, or there are none."""
    known = list(amounts)
    return None if not known or None in known else sum(one or 0 for one in known)


def _side(facts: BulletinFacts, side: str, blocks: list[Block]) -> list[Row]:
    those = [one for one in facts.headings if one.side == side]
    total = Row(
        "total",
        f"{SIDES[side]}合计",
        "",
        "",
        facts.total(side),
        joined(one.before_fen for one in those),
        joined(one.year_fen for one in those),
    )
    return [total, *(row for block in blocks if block.side == side for row in block.rows())]


def _block(heading: Heading, lines: Iterable[Line]) -> Block:
    sums: dict[tuple[str, str], Item] = {}
    for line in lines:
        if (line.side, line.account) == (heading.side, heading.account):
            key = line.party, line.basis
            before = sums.get(key, Item(*key, 0, 0))
            sums[key] = Item(*key, before.fen + line.fen, before.times + 1)
    items = tuple(sorted(sums.values(), key=lambda item: -abs(item.fen)))
    return Block(*heading, sum(item.times for item in items), items)


def _few(blocks: list[Block], limit: int) -> list[Block]:
    """Headings: the smallest of a side joined where there are too many."""
    kept = few([(block.side, block.fen) for block in blocks], limit)
    made = [block for index, block in enumerate(blocks) if index in kept]
    for side in SIDES:
        rest = [b for index, b in enumerate(blocks) if index not in kept and b.side == side]
        if rest:
            made.append(
                Block(
                    side,
                    f"其他{len(rest)}个科目",
                    sum(block.fen for block in rest),
                    joined(block.before for block in rest),
                    joined(block.year for block in rest),
                    sum(block.count for block in rest),
                )
            )
    return made


def _filled(blocks: list[Block], limit: int) -> list[Block]:
    """With rows for items, the largest first, as long as there is room."""
    while True:
        free = limit - sum(len(block.rows()) for block in blocks)
        best = None
        for index, block in enumerate(blocks):
            wider = block.more()
            if wider is None or len(wider.rows()) - len(block.rows()) > free:
                continue
            size = abs(block.items[block.shown].fen)
            if best is None or size > best[0]:
                best = size, index, wider
        if best is None:
            return blocks
        blocks = [*blocks[: best[1]], best[2], *blocks[best[1] + 1 :]]
