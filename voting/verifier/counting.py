"""Counting once more: who counts, aggregates, decryptions, totals, verdict, paper."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from core.canonical import canonical
from voting.domain.thresholds import Count
from voting.protocol import board, export, late, openings, tally, verdict
from voting.protocol.openings import Counted
from voting.protocol.refusal import Refused
from voting.protocol.shape import Shape
from voting.protocol.tally import Aggregate

from .reading import NotYet, Reading
from .replay import Replay


def _same(given: Any, expected: Any) -> bool:
    """Whether two JSON values are one; Python alone would take true for 1."""
    return canonical(given) == canonical(expected)


_SEATS = ("withdrawn", "qualified", "elected", "alternates", "undecided", "stands")


class Counting:
    """Each method makes the check of its name; see `verification`."""

    def __init__(self, reading: Reading, replay: Replay) -> None:
        self._reading = reading
        self._replay = replay
        self.sums: list[Aggregate] = []
        self._expected: dict[str, Any] = {}  # the body the tally entry must have
        self._shares: list[tuple[int, tally.Shares]] = []
        self._totals: list[list[Count]] = []
        self.ballots: list[Counted] = []
        self._deemed = verdict.NOBODY

    def counted(self) -> dict[str, str]:
        """Of every party the last ballot, unless a ruling excludes the party."""
        given = self._tally_body()
        excluded = self._excluded()
        counting = {
            party: ballot
            for party, ballot in sorted(self._replay.last.items())
            if party not in excluded
        }
        areas = {party.number: party.area for party in self._reading.parties}
        self.sums = tally.aggregate(
            self._reading.manifest,
            ((encoded, areas[party]) for party, (_, encoded) in counting.items()),
        )
        pairs = [(party, seq) for party, (seq, _) in counting.items()]
        self.ballots = [
            Counted(party, seq, areas[party], self._replay.tracker(party), encoded)
            for party, (seq, encoded) in counting.items()
        ]
        self._expected = tally.tally_body(self._reading.manifest, pairs, self.sums)
        if not _same(given["counted"], self._expected["counted"]):
            raise Refused("counted", "not the last ballot of every party that is not excluded")
        self._deemed = self._silent(areas, excluded)
        reasons = self._replay.signed_as(counting.keys())
        by = "".join(f", {name} {reasons[name]}" for name in board.REASONS if reasons[name])
        return {"counted": f"{len(pairs)} ballots, {len(excluded)} parties excluded{by}"}

    def _silent(self, areas: dict[int, int], excluded: set[int]) -> Count:
        """Who is deemed to have voted: on the roll, without a ballot, not excluded."""
        if not self._reading.manifest.silence:
            return verdict.NOBODY
        entry = self._reading.entry(board.DEEMED)
        deemed = board.parse_deemed(entry.body, f"entry {entry.seq}")
        spoke = self._replay.last.keys() | excluded | self._in_box()
        if not set(deemed) <= areas.keys() - spoke:
            raise Refused("counted", f"entry {entry.seq}: deems parties that voted, or none")
        return Count(len(deemed), sum(areas[party] for party in deemed))

    def _in_box(self) -> set[int]:
        """Whose papers came back, though none of them counts."""
        boxes = [entry for entry in self._reading.entries if entry.type == board.BOX]
        return {
            settled["party"]
            for entry in boxes
            for settled in (*entry.body["spoiled"], *entry.body["ruled_out"])
        }

    def participation(self) -> dict[str, str]:
        """The close entry's figures, and who took part in each motion."""
        entry = self._reading.entry(board.CLOSE)
        close = board.parse_close(entry.body, f"entry {entry.seq}")
        areas = {party.number: party.area for party in self._reading.parties}
        parties = len(self._replay.online)
        area = sum(areas[party] for party in self._replay.online)
        if close != board.Close(self._replay.cast, parties, parties, area):
            raise Refused("participation", "the close entry's figures are not the ballots'")
        if self._expected:
            for index, given in enumerate(self._tally_motions("participation")):
                expected = self._expected["motions"][index]["participating"]
                if not _same(given["participating"], expected):
                    raise Refused("participation", f"motion {index}: not who took part")
        return {"participation": f"{parties} parties, {area // 100}.{area % 100:02} m²"}

    def box(self) -> dict[str, str]:
        """Every paper of the box is accounted for, and entered are those of the board."""
        if not self._reading.manifest.paper:
            return {"box": "no paper ballots in this vote"}
        entry = self._reading.entry(board.BOX)
        found = board.parse_box(entry.body, f"entry {entry.seq}")
        if found.entered != tuple(sorted(self._replay.papers)):
            raise Refused("box", "entered are not the papers on the board")
        parties = {one.party for one in (*found.spoiled, *found.ruled_out)}
        if not parties.issubset(party.number for party in self._reading.parties):
            raise Refused("box", "no such party on the roll")
        counts = len(found.entered), len(found.spoiled), len(found.ruled_out)
        detail = "{} papers: {} entered, {} spoiled, {} ruled out"
        return {"box": detail.format(found.counted, *counts)}

    def aggregates(self) -> dict[str, str]:
        """Both sums of every option, from the counted ballots."""
        motions = self._tally_motions("aggregates")
        for index, (given, expected) in enumerate(
            zip(motions, self._expected["motions"], strict=True)
        ):
            for field in ("id", "heads", "area"):
                if not _same(given[field], expected[field]):
                    raise Refused("aggregates", f"motion {index}: {field} is another")
        return {"aggregates": f"{len(motions)} motions, heads and area"}

    def decryption(self) -> dict[str, str]:
        """Every share of every trustee, with its proof."""
        tally_hash = self._reading.entry(board.TALLY).hash
        for entry in self._reading.entries:
            if entry.type == board.DECRYPTION:
                self._shares.append(
                    tally.verify_shares(
                        self._reading.manifest, self.sums, entry.body, tally_hash=tally_hash
                    )
                )
        if not self._shares:
            raise NotYet
        return {"decryption": f"shares of {len(self._shares)} trustees"}

    def totals(self) -> dict[str, str]:
        """What the ballots hold, and that the result says so."""
        manifest = self._reading.manifest
        if len(self._shares) < manifest.threshold:
            raise NotYet
        stated = [
            self._stated(item["totals"], f"motion {index}", len(motion.options))
            for index, (item, motion) in enumerate(
                zip(self._result_motions("totals"), manifest.motions, strict=True)
            )
        ]
        self._totals = tally.totals(manifest, self.sums, self._shares, stated=stated)
        return {"totals": f"{len(stated)} motions as the result states"}

    @staticmethod
    def _stated(value: Any, where: str, options: int) -> list[Count]:
        shape = Shape("totals")
        return [
            Count(*(shape.integer(item[side], f"{where}: {side}") for side in Count._fields))
            for item in (
                shape.fields(one, where, *Count._fields)
                for one in shape.items(value, where, options, options)
            )
        ]

    def verdict(self) -> dict[str, str]:
        """Quorum, approval, dependence and seats as the law has them."""
        took_part = [sums.participating for sums in self.sums]
        expected = verdict.result_body(
            self._reading.manifest,
            took_part,
            self._totals,
            withdrawn=board.withdrawn(
                entry.body for entry in self._reading.entries if entry.type == board.WITHDRAWAL
            ),
            deemed=self._deemed,
        )
        for index, (given, right) in enumerate(
            zip(self._result_motions("verdict"), expected["motions"], strict=True)
        ):
            if not _same(given, right):
                raise Refused("verdict", f"motion {index}: not what follows from the totals")
        outcomes = ", ".join(f"{m['id']} {m['result']}" for m in expected["motions"])
        return {"verdict": outcomes}

    def resolution(self) -> dict[str, str]:
        """The signed paper is the one the board names."""
        path = self._reading.folder / export.RESOLUTION
        try:
            entry = self._reading.entry(board.RESOLUTION)
        except NotYet:
            if path.exists():
                raise Refused("resolution", "a paper, but no entry for it") from None
            raise
        expected = board.parse_resolution(entry.body, f"entry {entry.seq}")
        if path.is_symlink() or not path.is_file():
            raise Refused("resolution", "no paper")
        if hashlib.sha256(path.read_bytes()).digest() != expected:
            raise Refused("resolution", "another paper than the board names")
        return {"resolution": f"SHA-256 {expected.hex()}"}

    def late_rulings(self) -> dict[str, str]:
        """What exclusions after the count can change, from the figures alone."""
        counted = {ballot.party: ballot for ballot in self.ballots}
        result = self._result_motions("late_rulings")
        out: list[late.Excluded] = []
        finding = "none"
        for entry in self._reading.entries:
            if entry.type != board.LATE_RULING:
                continue
            where = f"entry {entry.seq}"
            ballot = counted.get(board.parse_late_ruling(entry.body, where))
            if ballot is None:
                raise Refused("late_rulings", f"{where}: the party's ballot was not counted")
            out.append(late.excluded(ballot.area, ballot.encoded))
            right = late.finding(self._reading.manifest, result, out)
            given = {field: entry.body[field] for field in right}
            if not _same(given, right):
                raise Refused("late_rulings", f"{where}: not what follows from the figures")
            finding = f"{len(out)} parties: {entry.body['finding']}"
        return {"late_rulings": finding}

    def court_orders(self) -> dict[str, str]:
        """Each names a ballot of the board; by whom it was opened, and on which paper."""
        k = self._reading.manifest.threshold
        found: dict[int, tuple[str, list[str]]] = {}
        for entry in self._reading.entries:
            where = f"entry {entry.seq}"
            if entry.type == board.COURT_ORDER:
                order = board.parse_court_order(entry.body, where)
                if self._replay.owners.get(order.seq) != order.party:
                    raise Refused("court_orders", f"{where}: names no ballot of that party")
                text = f"entry {order.seq} for {order.court} {order.number}"
                found[entry.seq] = text, []
            elif entry.type == board.COURT_OPENING:
                seq, trustee, _sha256 = board.parse_court_opening(entry.body, where)
                found[seq][1].append(str(trustee))
        said = [
            f"{text}: {'opened' if len(by) >= k else 'not opened'} by trustees {', '.join(by)}"
            if by
            else f"{text}: not opened"
            for text, by in found.values()
        ]
        return {"court_orders": "; ".join(said) or "none"}

    def openings(self, path: Path) -> dict[str, str]:
        """The restricted file of a named vote opens every counted ballot and adds up."""
        entry = self._reading.entry(board.OPENINGS)
        digest, count = board.parse_openings(entry.body, f"entry {entry.seq}")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Refused("openings", "the file cannot be read") from error
        if hashlib.sha256(data).digest() != digest:
            raise Refused("openings", "another file than the board names")
        counted = self.ballots
        if count != len(counted) or (data and not data.endswith(b"\n")):
            raise Refused("openings", "another number of ballots, or the last line is cut")
        lines = data[:-1].split(b"\n") if data else []
        openings.verify(self._reading.manifest, counted, self._totals, lines)
        return {"openings": f"{len(counted)} ballots add up to the result"}

    def results(self) -> list[dict[str, Any]]:
        """The totals that were proved, as the report prints them."""
        return [
            {
                "motion": motion.id,
                "heads": {
                    option: count.heads
                    for option, count in zip(motion.options, counts, strict=True)
                },
                "area": {
                    option: f"{count.area // 100}.{count.area % 100:02}"
                    for option, count in zip(motion.options, counts, strict=True)
                },
            }
            for motion, counts in zip(self._reading.manifest.motions, self._totals, strict=True)
        ]

    def _excluded(self) -> set[int]:
        return {
            board.parse_ruling(entry.body, f"entry {entry.seq}")
            for entry in self._reading.entries
            if entry.type == board.RULING
        }

    def _tally_body(self) -> dict[str, Any]:
        entry = self._reading.entry(board.TALLY)
        return Shape("counted").fields(entry.body, "tally", "counted", "motions")

    def _tally_motions(self, check: str) -> list[dict[str, Any]]:
        fields = ("id", "participating", "heads", "area")
        return self._motions(check, self._tally_body()["motions"], lambda _: fields)

    def _result_motions(self, check: str) -> list[dict[str, Any]]:
        body = Shape(check).fields(self._reading.entry(board.RESULT).body, "result", "motions")
        silent = ("actual", "deemed") if self._reading.manifest.silence else ()
        common = ("id", "participating", "totals", "quorum_met", "result", *silent)
        return self._motions(
            check,
            body["motions"],
            lambda motion: (*common, *_SEATS) if motion.kind == "election" else common,
        )

    def _motions(self, check: str, value: Any, fields: Any) -> list[dict[str, Any]]:
        shape, motions = Shape(check), self._reading.manifest.motions
        items = shape.items(value, "motions", len(motions), len(motions))
        return [
            shape.fields(item, f"motion {index}", *fields(motion))
            for index, (item, motion) in enumerate(zip(items, motions, strict=True))
        ]
