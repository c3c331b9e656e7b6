"""The board (§9): entries, their links, their order and the bodies that are not ballots."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from core.canonical import MAX_LINE, NotCanonical, canonical, parse_canonical

from . import sealing
from .manifest import Manifest
from .refusal import Refused
from .shape import NO_HASH, Shape, later, round_down
from .suite import Suite

MANIFEST, CREDENTIAL, BALLOT, EXTEND = "manifest", "credential", "ballot", "extend"
WITHDRAWAL = "withdrawal"
CLOSE, RULING, DEEMED = "close", "ruling", "deemed"
PAPER, BOX = "paper", "box"
TALLY, DECRYPTION, RESULT = "tally", "decryption", "result"
OPENINGS, RESOLUTION = "openings", "resolution"
LATE_RULING = "late_ruling"
COURT_ORDER, COURT_OPENING = "court_order", "court_opening"

# What may follow what: the type before -> the types after it.
_VOTING = (CREDENTIAL, BALLOT, EXTEND, WITHDRAWAL, CLOSE)
_AFTER = (OPENINGS, RESOLUTION, LATE_RULING, COURT_ORDER, COURT_OPENING)
_NEXT: dict[str, tuple[str, ...]] = {
    MANIFEST: _VOTING,
    CREDENTIAL: _VOTING,
    BALLOT: _VOTING,
    EXTEND: _VOTING,
    WITHDRAWAL: _VOTING,
    CLOSE: (RULING, PAPER, BOX, DEEMED, TALLY),
    RULING: (RULING, PAPER, BOX, DEEMED, TALLY),
    PAPER: (RULING, PAPER, BOX),
    BOX: (RULING, DEEMED, TALLY),
    DEEMED: (TALLY,),
    TALLY: (DECRYPTION,),
    DECRYPTION: (DECRYPTION, RESULT),
    RESULT: _AFTER,
    **dict.fromkeys(_AFTER, _AFTER),
}
STANDS, RECOUNT = "stands", "recount"  # what a late ruling finds
# Why a credential is replaced: the letter's code was typed, a letter was printed anew, an
# agent votes, somebody else operates the device, the units were sold.
CODE, REISSUE, PROXY, ASSISTED, TRANSFER = "code", "reissue", "proxy", "assisted", "transfer"
REASONS = (CODE, REISSUE, PROXY, ASSISTED, TRANSFER)
_RULING = ("party", "sha256", "signers")
_CHAIN = Shape("chain")
_PHASES = Shape("phases")


class Entry(NamedTuple):
    """One line, read. `hash` is H(line) as the next line's `prev` holds it."""

    seq: int
    time: str
    type: str
    body: Any
    hash: str


class Credential(NamedTuple):
    """A replacement credential; keys are 65 bytes."""

    party: int
    key: bytes
    replaces: bytes
    reason: str


class CourtOrder(NamedTuple):
    """A court wants one ballot opened, for its own eyes. `seq`: the ballot's entry; `key`:
    X25519, 32 bytes; `sha256`: of the order."""

    party: int
    seq: int
    court: str
    number: str
    sha256: bytes
    key: bytes
    signers: tuple[str, str]


class Close(NamedTuple):
    """What the close entry states."""

    ballots: int
    parties: int
    heads: int
    area: int


def make_line(
    seq: int, time: str, type_: str, prev: str, body: Any, suite: Suite
) -> tuple[bytes, str]:
    """(the line without its line feed, its hash). `prev`: hash before, NO_HASH for seq 0.

    `time` is rounded down to ten minutes here. Raises core.canonical.NotCanonical.
    """
    entry = {"seq": seq, "time": round_down(time), "type": type_, "prev": prev, "body": body}
    line = canonical(entry)
    if len(line) > MAX_LINE:
        raise NotCanonical(f"longer than {MAX_LINE} bytes")
    return line, suite.hash(line).hex()


def parse_line(line: bytes) -> Any:
    """The JSON value of a line. Raises Refused("canonical", …)."""
    try:
        return parse_canonical(line, MAX_LINE)
    except NotCanonical as error:
        raise Refused("canonical", str(error)) from error


def body_of(line: bytes) -> Any:
    """The body of a line that was found canonical before."""
    return json.loads(line)["body"]


def ballot_of(type_: str, body: Any) -> Any:
    """The ballot in the body of an entry `ballot`, or `paper`."""
    return body["ballot"] if type_ == PAPER else body


def ballot_in(entry: Mapping[str, Any]) -> Any:
    """The same, of a whole entry as it stands on its line."""
    return ballot_of(entry["type"], entry["body"])


class Chain:
    """Follows `seq`, `prev` and `time` from entry to entry."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._seq, self._prev, self._time = 0, NO_HASH, ""

    def follow(self, value: Any, line: bytes) -> Entry:
        """The next entry. Raises Refused("chain", …)."""
        where = f"entry {self._seq}"
        _CHAIN.fields(value, where, "seq", "time", "type", "prev", "body")
        _CHAIN.equal(value["seq"], f"{where}: seq", self._seq)
        _CHAIN.equal(value["prev"], f"{where}: prev", self._prev)
        time = _CHAIN.time(value["time"], f"{where}: time")
        if time != round_down(time):
            raise _CHAIN.refuse(where, "time is not rounded down to ten minutes")
        if time < self._time:
            raise _CHAIN.refuse(where, "time goes back")
        if type(value["type"]) is not str or value["type"] not in _NEXT:
            raise _CHAIN.refuse(where, "unknown type")
        digest = self._suite.hash(line).hex()
        self._seq, self._prev, self._time = self._seq + 1, digest, time
        return Entry(value["seq"], time, value["type"], value["body"], digest)


class Paper(NamedTuple):
    """A ballot that came on paper; `ruling` is empty where nobody had to decide about it."""

    ballot: Any
    scan: bytes
    ruling: bytes


class Settled(NamedTuple):
    """A paper that was not entered: the party it belongs to, and the hash of what shows why."""

    party: int
    proof: bytes


class Box(NamedTuple):
    """What came out of the ballot box; `entered` are numbers of parties."""

    counted: int
    entered: tuple[int, ...]
    spoiled: tuple[Settled, ...]
    ruled_out: tuple[Settled, ...]


class Phases:
    """Follows the order of types, the voting window and the times that bind."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._last: str | None = None
        self._extended = False
        self._free_from = ""  # what the challenge period is reckoned from
        self._boxed = False
        self._opened: set[int] = set()  # trustees who have decrypted
        self._once: set[str] = set()
        self._orders: dict[int, set[int]] = {}  # court order -> trustees who have opened
        self._ruled: set[int] = set()
        self._withdrawn: set[tuple[str, str]] = set()
        self._deemed = False
        self.closes_at = manifest.closes_at
        self._checks: dict[str, Callable[[Entry, str], None]] = {
            CREDENTIAL: self._demand_not_closed,
            BALLOT: self._demand_open,
            EXTEND: self._extend,
            WITHDRAWAL: self._withdraw,
            DEEMED: self._deem,
            CLOSE: self._close,
            RULING: self._rule,
            PAPER: self._paper,
            BOX: self._box,
            TALLY: self._tally,
            DECRYPTION: self._decrypt,
            RESULT: self._result,
            OPENINGS: self._openings,
            RESOLUTION: self._demand_first,
            LATE_RULING: self._rule_late,
            COURT_ORDER: self._order,
            COURT_OPENING: self._open_for_court,
        }

    def follow(self, entry: Entry) -> None:
        """Check the next entry's place and time. Raises Refused("phases", …)."""
        where = f"entry {entry.seq} ({entry.type})"
        allowed = (MANIFEST,) if self._last is None else _NEXT[self._last]
        if entry.type not in allowed:
            raise _PHASES.refuse(where, "not allowed here")
        self._last = entry.type
        check = self._checks.get(entry.type)
        if check is not None:
            check(entry, where)

    def _demand_not_closed(self, entry: Entry, where: str) -> None:
        """Letters are reissued before the vote opens, too."""
        if entry.time >= self.closes_at:
            raise _PHASES.refuse(where, "after the voting window")

    def _demand_open(self, entry: Entry, where: str) -> None:
        self._demand_not_closed(entry, where)
        if entry.time < round_down(self._manifest.opens_at):
            raise _PHASES.refuse(where, "before the voting window")

    def _extend(self, entry: Entry, where: str) -> None:
        self._demand_not_closed(entry, where)
        closes_at, _ = parse_extend(entry.body, where)
        if self._extended or closes_at <= self.closes_at:
            raise _PHASES.refuse(where, "extended twice, or not to a later time")
        self._extended, self.closes_at = True, closes_at

    def _withdraw(self, entry: Entry, where: str) -> None:
        self._demand_not_closed(entry, where)
        candidate = parse_withdrawal(entry.body, where)
        standing = {
            (motion.id, option)
            for motion in self._manifest.motions
            if motion.kind == "election"
            for option in motion.options
        }
        if candidate not in standing - self._withdrawn:
            raise _PHASES.refuse(where, "no such candidate, or withdrawn before")
        self._withdrawn.add(candidate)

    def _deem(self, entry: Entry, where: str) -> None:
        if not self._manifest.silence:
            raise _PHASES.refuse(where, "no rule on silence is cited")
        self._deemed = True

    def _close(self, entry: Entry, where: str) -> None:
        if entry.time < round_down(self.closes_at):
            raise _PHASES.refuse(where, "before closes_at")
        self._free_from = entry.time

    def _paper(self, entry: Entry, where: str) -> None:
        if not self._manifest.paper:
            raise _PHASES.refuse(where, "the manifest has no paper ballots")
        if self._boxed:
            raise _PHASES.refuse(where, "after the box was counted")

    def _box(self, entry: Entry, where: str) -> None:
        self._paper(entry, where)
        self._boxed = True
        # An empty box adds nobody to the list that can be objected to.
        if parse_box(entry.body, where).counted:
            self._free_from = entry.time

    def _tally(self, entry: Entry, where: str) -> None:
        if self._manifest.paper and not self._boxed:
            raise _PHASES.refuse(where, "before the box was counted")
        if entry.time < later(self._free_from, self._manifest.challenge_hours):
            raise _PHASES.refuse(where, "before the challenge period is over")
        if self._manifest.silence and not self._deemed:
            raise _PHASES.refuse(where, "nobody has stated who is deemed to have voted")

    def _result(self, entry: Entry, where: str) -> None:
        if len(self._opened) < self._manifest.threshold:
            raise _PHASES.refuse(where, "fewer trustees than the threshold have decrypted")

    def _openings(self, entry: Entry, where: str) -> None:
        if self._manifest.opening_policy != "named":
            raise _PHASES.refuse(where, "ballots of a secret vote are not opened")
        self._demand_first(entry, where)
        parse_openings(entry.body, where)

    def _demand_first(self, entry: Entry, where: str) -> None:
        if entry.type in self._once:
            raise _PHASES.refuse(where, "there is one already")
        self._once.add(entry.type)

    def _demand_resolved(self, where: str) -> None:
        if RESOLUTION not in self._once:
            raise _PHASES.refuse(where, "before the resolution")

    def _rule(self, entry: Entry, where: str) -> None:
        self._exclude(parse_ruling(entry.body, where), where)

    def _rule_late(self, entry: Entry, where: str) -> None:
        self._exclude(parse_late_ruling(entry.body, where), where)

    def _order(self, entry: Entry, where: str) -> None:
        self._demand_resolved(where)
        if self._manifest.opening_policy != "secret":
            raise _PHASES.refuse(where, "a named vote needs no order of a court")
        parse_court_order(entry.body, where)
        self._orders[entry.seq] = set()

    def _open_for_court(self, entry: Entry, where: str) -> None:
        order, trustee, _sha256 = parse_court_opening(entry.body, where)
        opened = self._orders.get(order)
        if opened is None or trustee > len(self._manifest.trustees) or trustee in opened:
            raise _PHASES.refuse(where, "no such order or trustee, or the same one again")
        opened.add(trustee)

    def _exclude(self, party: int, where: str) -> None:
        if party in self._ruled or party > self._manifest.roll_heads:
            raise _PHASES.refuse(where, "no such party, or a second ruling on it")
        self._ruled.add(party)

    def _decrypt(self, entry: Entry, where: str) -> None:
        body = _PHASES.fields(entry.body, where, "trustee", "motions")
        count = len(self._manifest.trustees)
        trustee = _PHASES.integer(body["trustee"], where, 1, count)
        if trustee in self._opened:
            raise _PHASES.refuse(where, "this trustee has decrypted before")
        self._opened.add(trustee)


def parse_credential(body: Any, where: str, suite: Suite) -> Credential:
    """Raises Refused("ballots.credential", …)."""
    check = Shape("ballots.credential")
    check.fields(body, where, "party", "key", "replaces", "reason")
    reason = check.one_of(body["reason"], where, *REASONS)
    key = check.data(body["key"], where, 65)
    check.point_of(suite, key, where)
    return Credential(
        check.integer(body["party"], where, 1),
        key,
        check.data(body["replaces"], where, 65),
        reason,
    )


def parse_extend(body: Any, where: str) -> tuple[str, bytes]:
    """(closes_at, SHA-256 of the announcement). Raises Refused("phases", …)."""
    _PHASES.fields(body, where, "closes_at", "sha256")
    return _PHASES.time(body["closes_at"], where), _PHASES.hash(body["sha256"], where)


def parse_close(body: Any, where: str) -> Close:
    """Raises Refused("participation", …)."""
    check = Shape("participation")
    check.fields(body, where, *Close._fields)
    return Close(*(check.integer(body[field], f"{where}: {field}") for field in Close._fields))


def parse_withdrawal(body: Any, where: str) -> tuple[str, str]:
    """(motion, candidate) of who stands no longer. Raises Refused("phases", …)."""
    _PHASES.fields(body, where, "motion", "option", "sha256")
    _PHASES.hash(body["sha256"], where)
    return _PHASES.text(body["motion"], where), _PHASES.text(body["option"], where)


def withdrawn(bodies: Iterable[Any]) -> dict[str, set[str]]:
    """Per election the candidates who withdrew, of the bodies of all such entries."""
    gone: dict[str, set[str]] = {}
    for body in bodies:
        gone.setdefault(body["motion"], set()).add(body["option"])
    return gone


def parse_deemed(body: Any, where: str) -> list[int]:
    """The parties deemed to have voted, in order. Raises Refused("counted", …)."""
    check = Shape("counted")
    check.fields(body, where, "parties", "sha256")
    check.hash(body["sha256"], where)
    parties = [
        check.integer(party, f"{where}: parties", 1)
        for party in check.items(body["parties"], f"{where}: parties")
    ]
    if sorted(set(parties)) != parties:
        raise check.refuse(where, "the parties are not in order, each once")
    return parties


def parse_ruling(body: Any, where: str) -> int:
    """The party whose ballots do not count. Raises Refused("phases", …)."""
    _PHASES.fields(body, where, *_RULING)
    return _ruled_party(body, where)


def parse_late_ruling(body: Any, where: str) -> int:
    """The party excluded after the count; whether `finding` and `motions` are right is another
    check's question. Raises Refused("phases", …)."""
    _PHASES.fields(body, where, *_RULING, "finding", "motions")
    _PHASES.one_of(body["finding"], where, STANDS, RECOUNT)
    return _ruled_party(body, where)


def _ruled_party(body: dict[str, Any], where: str) -> int:
    _PHASES.hash(body["sha256"], where)
    _two_signers(_PHASES, body["signers"], where)
    return _PHASES.integer(body["party"], where, 1)


def _two_signers(check: Shape, value: Any, where: str) -> tuple[str, str]:
    where = f"{where}: signers"
    one, two = (check.text(each, where) for each in check.items(value, where, 2, 2))
    if one == two:
        raise check.refuse(where, "needs two different signers")
    return one, two


def parse_paper(body: Any, where: str) -> Paper:
    """The ballot is given as it stands, unread. Raises Refused("paper", …)."""
    check = Shape("paper")
    check.fields(body, where, "ballot", "scan", "signers", "ruling")
    _two_signers(check, body["signers"], where)
    ruling = b"" if body["ruling"] is None else check.hash(body["ruling"], f"{where}: ruling")
    return Paper(body["ballot"], check.hash(body["scan"], f"{where}: scan"), ruling)


def parse_box(body: Any, where: str) -> Box:
    """Raises Refused("box", …) where it is malformed or does not balance."""
    check = Shape("box")
    check.fields(body, where, "counted", "entered", "spoiled", "ruled_out", "signers")
    _two_signers(check, body["signers"], where)
    entered = tuple(
        check.integer(party, f"{where}: entered", 1)
        for party in check.items(body["entered"], f"{where}: entered")
    )
    if any(one >= two for one, two in pairwise(entered)):
        raise check.refuse(where, "entered is not in order of party, each once")
    found = Box(
        check.integer(body["counted"], f"{where}: counted"),
        entered,
        _settled(check, body["spoiled"], f"{where}: spoiled", "scan"),
        _settled(check, body["ruled_out"], f"{where}: ruled_out", "ruling"),
    )
    if found.counted != len(entered) + len(found.spoiled) + len(found.ruled_out):
        raise check.refuse(where, "not every paper of the box is accounted for")
    return found


def _settled(check: Shape, value: Any, where: str, proof: str) -> tuple[Settled, ...]:
    found = []
    for item in check.items(value, where):
        check.fields(item, where, "party", proof)
        found.append(
            Settled(check.integer(item["party"], where, 1), check.hash(item[proof], where))
        )
    # Two papers of one party may be spoiled, say; the same paper twice may not.
    if any(one >= two for one, two in pairwise(found)):
        raise check.refuse(where, "not in order, or a paper twice")
    return tuple(found)


def parse_court_order(body: Any, where: str) -> CourtOrder:
    """Whether the ballot is there is another check's question. Raises Refused("phases", …)."""
    check = _PHASES
    check.fields(body, where, *CourtOrder._fields)
    key = check.data(body["key"], f"{where}: key", sealing.KEY_SIZE)
    if not sealing.takes(key):
        raise check.refuse(where, "nothing can be sealed to this key")
    return CourtOrder(
        check.integer(body["party"], f"{where}: party", 1),
        check.integer(body["seq"], f"{where}: seq"),
        check.text(body["court"], f"{where}: court"),
        check.text(body["number"], f"{where}: number"),
        check.hash(body["sha256"], where),
        key,
        _two_signers(check, body["signers"], where),
    )


def parse_court_opening(body: Any, where: str) -> tuple[int, int, bytes]:
    """(seq of the order, trustee, SHA-256 of the file). Raises Refused("phases", …)."""
    _PHASES.fields(body, where, "order", "trustee", "sha256")
    return (
        _PHASES.integer(body["order"], f"{where}: order"),
        _PHASES.integer(body["trustee"], f"{where}: trustee", 1),
        _PHASES.hash(body["sha256"], where),
    )


def parse_openings(body: Any, where: str) -> tuple[bytes, int]:
    """(SHA-256 of openings.jsonl, ballots opened). Raises Refused("phases", …)."""
    _PHASES.fields(body, where, "sha256", "ballots")
    return _PHASES.hash(body["sha256"], where), _PHASES.integer(body["ballots"], where)


def parse_resolution(body: Any, where: str) -> bytes:
    """SHA-256 of the signed PDF. Raises Refused("resolution", …)."""
    check = Shape("resolution")
    check.fields(body, where, "sha256", "number")
    check.text(body["number"], f"{where}: number")
    return check.hash(body["sha256"], where)
