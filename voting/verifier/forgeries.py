"""Boards forged by their own server, to show which check of the verifier refuses each.

Whoever holds the board's key and the trustees' keys can link, sign and count again whatever was
changed, so hashes, links and checkpoints say nothing against them. What is left is what they do
not hold: the voters' credentials, the meaning of the proofs, and a root somebody wrote down.
For demonstrations and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from core.canonical import parse_canonical
from voting.domain.thresholds import Count
from voting.protocol import (
    ballot,
    board,
    checkpoint,
    credential,
    export,
    manifest,
    roll,
    tally,
    trustees,
    verdict,
)
from voting.protocol.group import Point
from voting.protocol.manifest import Manifest
from voting.protocol.shape import NO_HASH, b64, unb64
from voting.protocol.suite import Draw, draw_scalar

FORGED: dict[str, str] = {
    "ciphertext": "ballots.signature",
    "roll_area": "ballots.signature",
    "result": "totals",
    "decryption_proof": "decryption",
    "dropped_ballot": "origin",
    "no_credential": "ballots.credential",
}
"""What is forged -> the check that refuses it (`origin`: with a root held from before)."""


class Keys(NamedTuple):
    """What a server holds: Ed25519 secret of the board, trustees' secrets by index."""

    board: bytes
    trustees: Mapping[int, int]


class _Entry(NamedTuple):
    time: str
    type: str
    body: Any


def write_all(
    source: Path, target: Path, *, keys: Keys, rng: Draw = draw_scalar
) -> dict[str, str]:
    """Write target/<kind>/ for every kind of FORGED, from a finished export.

    `keys.trustees` holds at least k secrets. Gives back FORGED. Raises FileExistsError where
    a folder holds files already, ValueError for a board without ballots or result.
    """
    for kind, forge in _FORGERS.items():
        forgery = Forgery(source, keys, rng)
        forge(forgery)
        forgery.write(target / kind)
    return dict(FORGED)


class Forgery:
    """An export taken apart, and put together again with every hash and signature right."""

    def __init__(self, source: Path, keys: Keys, rng: Draw) -> None:
        self._keys = keys
        self._rng = rng
        self._entries = [
            _Entry(value["time"], value["type"], value["body"])
            for value in map(parse_canonical, _lines(source / export.BOARD))
        ]
        self._checkpoint_times = [
            parse_canonical(line)["time"] for line in _lines(source / export.CHECKPOINTS)
        ]
        self._roll = [parse_canonical(line) for line in _lines(source / export.ROLL)]
        paper = source / export.RESOLUTION
        self._paper = paper.read_bytes() if paper.exists() else None
        self._demand(board.RESULT)

    @property
    def _manifest(self) -> Manifest:
        return manifest.parse(self._entries[0].body)

    # --- the six changes -----------------------------------------------------------------

    def ciphertext(self) -> None:
        """Another choice in somebody's ballot, with good proofs; the signature is the gap."""
        at = self._demand_ballot()
        old = self._entries[at].body
        found = self._manifest
        choices = []
        for motion, answer in zip(found.motions, old["answers"], strict=True):
            choices.append(None if answer is None else list(range(motion.low)))
        unsigned, _ = ballot.encrypt(
            found,
            party=old["party"],
            key=unb64(old["key"]),
            choices=choices,
            number=old["number"],
            previous=old["previous"],
            encrypted_by=old["encrypted_by"],
            rng=self._rng,
        )
        forged = ballot.sign(found, unsigned, self._rng(found.suite.order), rng=self._rng)
        self._change(at, forged)
        self._count_again()

    def roll_area(self) -> None:
        """One square metre more for a party that voted, carried through to every hash."""
        party = self._entries[self._demand_ballot()].body["party"]
        self._roll[party - 1]["area"] += 100
        found = self._manifest
        lines = self._roll_lines()
        value = {
            **found.value,
            "roll": {
                "root": roll.root(found.suite, lines),
                "heads": found.roll_heads,
                "area": found.roll_area + 100,
            },
        }
        self._change(0, value)
        found = self._manifest
        trackers: dict[int, str] = {}
        for at, entry in enumerate(self._entries):
            if entry.type in (board.BALLOT, board.PAPER):
                old = self._ballot(at)
                number = old["party"]
                body = {
                    **old,
                    "manifest": found.hash.hex(),
                    "previous": trackers.get(number, NO_HASH),
                }
                trackers[number] = ballot.tracker(found, body)
                on_paper = entry.type == board.PAPER
                self._change(at, {**entry.body, "ballot": body} if on_paper else body)
        self._count_again()

    def result(self) -> None:
        """One vote moved from one option to another in the published result."""
        totals, took_part = self._stated()
        motion, source, target, moved = _movable(totals, took_part)
        totals[motion][source] = _less(totals[motion][source], moved)
        totals[motion][target] = _more(totals[motion][target], moved)
        self._state(took_part, totals)

    def decryption_proof(self) -> None:
        """The same, with shares bent to fit; the proofs are the gap."""
        totals, took_part = self._stated()
        motion, source, target, moved = _movable(totals, took_part)
        self.result()
        found = self._manifest
        at = self._demand(board.DECRYPTION)
        body = self._entries[at].body
        first = [
            entry.body["trustee"] for entry in self._entries if entry.type == board.DECRYPTION
        ][: found.threshold]
        order = found.suite.order
        inverse = pow(trustees.lagrange(order, first, body["trustee"]), -1, order)
        motions = [dict(item) for item in body["motions"]]
        for kind, amount in (("heads", moved.heads), ("area", moved.area)):
            row = [dict(item) for item in motions[motion][kind]]
            for option, sign in ((source, 1), (target, -1)):
                share = Point.parse_aggregate(found.suite.group, unb64(row[option]["share"]))
                bent = share + found.suite.group.base(sign * amount * inverse % order)
                row[option]["share"] = b64(bent.encode())
            motions[motion][kind] = row
        self._change(at, {**body, "motions": motions})

    def dropped_ballot(self) -> None:
        """The last ballot gone without a trace: only who holds an older root can tell."""
        del self._entries[self._demand_ballot()]
        self._count_again()

    def no_credential(self) -> None:
        """A ballot for a party that did not vote, signed with a key nobody announced."""
        found = self._manifest
        cast = self._ballots()
        silent = [row["party"] for row in self._roll if row["party"] not in cast]
        party = silent[0] if silent else min(cast)
        before = cast.get(party, [])
        last = before[-1] if before else None
        secret, _ = credential.random_key(found.suite, rng=self._rng)
        forged = ballot.seal(
            found,
            party=party,
            key_secret=secret,
            choices=[list(range(motion.low)) for motion in found.motions],
            number=len(before) + 1,
            previous=ballot.tracker(found, self._ballot(last)) if last else NO_HASH,
            encrypted_by=ballot.BROWSER,
            rng=self._rng,
        )
        close = self._demand(board.CLOSE)
        time = self._entries[self._demand_ballot()].time
        time = max(time, self._entries[close - 1].time)
        self._entries.insert(close, _Entry(time, board.BALLOT, forged))
        self._count_again()

    # --- putting together ------------------------------------------------------------------

    def write(self, folder: Path) -> None:
        """Link, sign and index whatever the entries are now."""
        found = self._manifest
        lines = self._linked()
        checkpoints: dict[bytes, None] = {}
        for number, time in enumerate(self._checkpoint_times, start=1):
            last = number == len(self._checkpoint_times)
            size = len(lines) if last else sum(entry.time <= time for entry in self._entries)
            value = checkpoint.sign(
                self._keys.board,
                session=found.session,
                size=size,
                root=roll.root(found.suite, lines[:size]),
                time=time,
            )
            checkpoints[checkpoint.make_line(value)] = None  # no line twice
        export.write(
            folder,
            session=found.session,
            board=lines,
            checkpoints=checkpoints,
            roll=self._roll_lines(),
            resolution=self._paper,
        )

    def _linked(self) -> list[bytes]:
        lines, previous = [], NO_HASH
        for seq, entry in enumerate(self._entries):
            line, previous = board.make_line(
                seq, entry.time, entry.type, previous, entry.body, self._manifest.suite
            )
            lines.append(line)
        return lines

    def _roll_lines(self) -> list[bytes]:
        return [
            roll.make_line(row["party"], row["area"], unb64(row["key"]), row["commitment"])
            for row in self._roll
        ]

    def _count_again(self) -> None:
        """Close figures, aggregates, decryptions and result of the ballots as they are now."""
        found, cast = self._manifest, self._ballots()
        online = {
            party: [at for at in places if self._entries[at].type == board.BALLOT]
            for party, places in cast.items()
        }
        online = {party: places for party, places in online.items() if places}
        areas = {row["party"]: row["area"] for row in self._roll}
        excluded = {e.body["party"] for e in self._entries if e.type == board.RULING}
        self._change(
            self._demand(board.CLOSE),
            {
                "ballots": sum(map(len, online.values())),
                "parties": len(online),
                "heads": len(online),
                "area": sum(areas[party] for party in online),
            },
        )
        pairs = [(party, cast[party][-1]) for party in sorted(cast) if party not in excluded]
        sums = tally.aggregate(
            found,
            [(ballot.encoded(self._ballot(seq)), areas[party]) for party, seq in pairs],
        )
        at = self._demand(board.TALLY)
        self._change(at, tally.tally_body(found, pairs, sums))
        tally_hash = found.suite.hash(self._linked()[at]).hex()
        shares = []
        for seq, entry in enumerate(self._entries):
            if entry.type == board.DECRYPTION:
                index = entry.body["trustee"]
                body = tally.decrypt_share(
                    found,
                    sums,
                    trustee=index,
                    secret=self._keys.trustees[index],
                    tally_hash=tally_hash,
                    rng=self._rng,
                )
                self._change(seq, body)
                shares.append(tally.verify_shares(found, sums, body, tally_hash=tally_hash))
        self._state([s.participating for s in sums], tally.totals(found, sums, shares))

    # --- small things ------------------------------------------------------------------------

    def _stated(self) -> tuple[list[list[Count]], list[Count]]:
        motions = self._entries[self._demand(board.RESULT)].body["motions"]
        totals = [[Count(**count) for count in motion["totals"]] for motion in motions]
        return totals, [Count(**motion["participating"]) for motion in motions]

    def _state(self, took_part: list[Count], totals: list[list[Count]]) -> None:
        areas = {row["party"]: row["area"] for row in self._roll}
        gone = [e.body for e in self._entries if e.type == board.WITHDRAWAL]
        deemed = [
            areas[party]
            for e in self._entries
            if e.type == board.DEEMED
            for party in e.body["parties"]
        ]
        body = verdict.result_body(
            self._manifest,
            took_part,
            totals,
            withdrawn=board.withdrawn(gone),
            deemed=Count(len(deemed), sum(deemed)),
        )
        self._change(self._demand(board.RESULT), body)

    def _ballots(self) -> dict[int, list[int]]:
        """Party -> places of its ballots, of the one on paper too."""
        cast: dict[int, list[int]] = {}
        for at, entry in enumerate(self._entries):
            if entry.type in (board.BALLOT, board.PAPER):
                cast.setdefault(self._ballot(at)["party"], []).append(at)
        return cast

    def _ballot(self, at: int) -> dict[str, Any]:
        entry = self._entries[at]
        found: dict[str, Any] = (
            entry.body["ballot"] if entry.type == board.PAPER else entry.body
        )
        return found

    def _demand(self, type_: str) -> int:
        """Place of the first entry of the type."""
        for at, entry in enumerate(self._entries):
            if entry.type == type_:
                return at
        raise ValueError(f"no entry {type_}: only a finished vote can be forged")

    def _demand_ballot(self) -> int:
        """Place of the last online ballot on the board that counts."""
        excluded = {e.body["party"] for e in self._entries if e.type == board.RULING}
        places = [
            at[-1]
            for party, at in self._ballots().items()
            if party not in excluded and self._entries[at[-1]].type == board.BALLOT
        ]
        if not places:
            raise ValueError("no ballot counts")
        return max(places)

    def _change(self, at: int, body: Any) -> None:
        self._entries[at] = self._entries[at]._replace(body=body)


_FORGERS: dict[str, Callable[[Forgery], None]] = {
    kind: getattr(Forgery, kind) for kind in FORGED
}


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _movable(totals: list[list[Count]], took_part: list[Count]) -> tuple[int, int, int, Count]:
    """(motion, from option, to option, how much) that stays within what took part."""
    for motion, counts in enumerate(totals):
        for source, count in enumerate(counts):
            for target, other in enumerate(counts):
                moved = Count(1, count.area // count.heads) if count.heads else None
                if moved and source != target and _fits(_more(other, moved), took_part[motion]):
                    return motion, source, target, moved
    raise ValueError("no vote can be moved")


def _fits(count: Count, bound: Count) -> bool:
    return count.heads <= bound.heads and count.area <= bound.area


def _more(count: Count, moved: Count) -> Count:
    return Count(count.heads + moved.heads, count.area + moved.area)


def _less(count: Count, moved: Count) -> Count:
    return Count(count.heads - moved.heads, count.area - moved.area)
