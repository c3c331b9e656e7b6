"""The arithmetic of the fund's books: integers of fen, debit positive, credit negative."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from core.canonical import canonical
from core.errors import RuleViolation
from core.exact import split_exactly

BANK, SUB, INTEREST, UNALLOCATED = "bank", "sub", "interest", "unallocated"
LEDGERS = frozenset({BANK, SUB, INTEREST, UNALLOCATED})
MAX_FEN = 10**15


class Line(NamedTuple):
    """One posting: `sub` names the sub-account where the ledger is "sub", else None."""

    ledger: str
    sub: int | None
    fen: int


class Basis(NamedTuple):
    """What a voucher is about and rests on."""

    kind: str
    dated_on: date
    text: str
    paper: str
    paper_sha256: str = ""


class Charge(NamedTuple):
    """What a sub-account can pay of its share now, and what its unit then owes."""

    paid: int
    owed: int


def line_reasons(lines: Sequence[Line]) -> list[str]:
    """Everything that keeps these postings from being a voucher, as sentences."""
    found = []
    if len(lines) < 2:
        found.append("一张凭证至少要有一借一贷两笔分录")
    if any(
        one.ledger not in LEDGERS or (one.ledger == SUB) == (one.sub is None) for one in lines
    ):
        found.append("分录的科目不对：只有“分户账”要写明是哪一户")
    if any(type(one.fen) is not int or not 0 < abs(one.fen) <= MAX_FEN for one in lines):
        found.append("每笔分录的金额都要大于零，且不超过 10,000,000,000,000.00 元")
    elif total := sum(one.fen for one in lines):
        side = "借方" if total > 0 else "贷方"
        found.append(f"借贷不平：{side}多 {abs(total) // 100:,}.{abs(total) % 100:02} 元")
    return found


def digest(facts: Mapping[str, object], lines: Iterable[Line]) -> str:
    """SHA-256 of a voucher's content: canonical facts, then a text line for each posting."""
    content = hashlib.sha256(canonical(dict(facts)))
    for one in lines:
        content.update(f"\n{one.ledger} {one.sub or ''} {one.fen}".encode())
    return content.hexdigest()


def owed_digest(owed: Iterable[tuple[int, int]], paid: Iterable[tuple[int, int]]) -> str:
    """SHA-256 of what goes with a voucher beside its postings; empty where nothing does.

    `owed`: (sub-account, fen) noted by it; `paid`: (owed amount, fen) that it pays.
    """
    lines = [f"owed {sub} {fen}" for sub, fen in sorted(owed)]
    lines += [f"paid {one} {fen}" for one, fen in sorted(paid)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def relief_digest(reliefs: Iterable[tuple[int, int]]) -> str:
    """SHA-256 of what falls away of owed amounts at once: (owed amount, fen)."""
    lines = [f"off {one} {fen}" for one, fen in sorted(reliefs)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def pays(fen: int, still_owed: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which owed amounts a deposit pays, and how much of each; the oldest is paid first.

    Civil Code 560: 按照债务到期的先后顺序履行. A part is paid too: the money is there.
    `still_owed`: (owed amount, fen), the oldest first.
    """
    found = []
    for one, owed in still_owed:
        part = min(fen, owed)
        if part > 0:
            found.append((one, part))
            fen -= part
    return found


def reversed_lines(lines: Iterable[Line]) -> list[Line]:
    """The postings that take others back."""
    return [one._replace(fen=-one.fen) for one in lines]


def allot(total_fen: int, weights: Mapping[int, int]) -> list[Line]:
    """Credit an amount to sub-accounts by weight, to the fen; sub-accounts of 0 fen left out.

    `weights`: sub-account → balance in fen, or fen times days (积数), not negative. The odd
    fen go by largest remainder, then by the order given. RuleViolation "allot.nothing".
    """
    if total_fen <= 0 or not any(weights.values()):
        raise RuleViolation("allot.nothing", "没有可以分配的金额，或者没有一户有余额")
    parts = split_exactly(total_fen, list(weights.values()))
    return [Line(SUB, sub, -fen) for sub, fen in zip(weights, parts, strict=True) if fen]


def days_weight(day: date, *, since: date | None, until: date) -> int:
    """On how many days from `since` to `until`, both included, money of `day` was there.

    Without `since` only whether it was there at the end: 1.
    """
    if day > until:
        return 0
    return 1 if since is None else (until - max(day, since)).days + 1


def charge(share: int, balance: int) -> Charge:
    """What is taken from a balance for a share; the rest is owed, never a negative balance."""
    paid = min(share, max(balance, 0))
    return Charge(paid, share - paid)


def must_replenish(balance: int, first_deposit: int | None) -> bool | None:
    """Whether the balance is below 30 % of the first deposit; None where none is known.

    165号令 art. 17: 不足首期交存额30%的，应当及时续交. "不足" leaves 30 % itself out (Civil
    Code 1259).
    """
    if not first_deposit:
        return None
    return 100 * balance < 30 * first_deposit
