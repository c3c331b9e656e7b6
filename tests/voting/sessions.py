"""Sessions for tests and vectors: invented, small, and the same on every run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from voting.domain.thresholds import Count
from voting.protocol import (
    ballot,
    board,
    ceremony,
    checkpoint,
    credential,
    dealing,
    export,
    handed,
    late,
    manifest,
    openings,
    receipt,
    roll,
    tally,
    trustees,
    verdict,
)
from voting.protocol.ed25519 import public_key
from voting.protocol.shape import NO_HASH, b64, unb64
from voting.protocol.suite import suite

ORDER = b"%PDF-1.7 an order of a court\n"
QUESTION = ["for", "against", "abstain"]


class Dice:
    """Scalars and bytes from a seed; remembers the scalars in the order they were drawn."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.count = 0
        self.drawn: list[int] = []

    def bytes(self, size: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(f"{self.seed}/{self.count}".encode()).digest(size)

    def __call__(self, order: int) -> int:
        scalar = 1 + int.from_bytes(self.bytes(48), "big") % (order - 1)
        self.drawn.append(scalar)
        return scalar


def question(ident: str = "m1", **changes: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "matter": 5,
        "kind": "question",
        "title": f"议题 {ident}",
        "text": "是否同意使用维修资金更换电梯钢丝绳？",
        "options": QUESTION,
        "min": 1,
        "max": 1,
        "approval": "1/2",
        "requires": [],
        "attachments": [],
        "election": None,
        **changes,
    }


RANKED = {"by": "heads_then_area", "clause": "议事规则第二十条：得票人数多的当选，再比面积。"}


def election(
    ident: str = "e1",
    candidates: int = 3,
    seats: int = 2,
    *,
    alternates: int = 0,
    ranking: Any = RANKED,
    stands: Any = None,
    **changes: Any,
) -> Any:
    """`ranking`: RANKED, None, or the name of a rule."""
    if isinstance(ranking, str):
        ranking = {**RANKED, "by": ranking}
    return {
        **question(ident),
        "matter": 3,
        "kind": "election",
        "text": "选举业主委员会委员。",
        "options": [f"c{number}" for number in range(1, candidates + 1)],
        "min": 0,
        "max": min(seats, candidates),
        "election": {
            "seats": seats,
            "alternates": alternates,
            "ranking": ranking,
            "stands": stands,
        },
        **changes,
    }


SILENCE = {
    "rule": "majority",
    "clause": "议事规则第十二条：送达后未表态的，视为同意多数意见。",
    "page": "第3页",
}


def polynomial(coefficients: list[int], at: int, order: int) -> int:
    return sum(c * pow(at, power, order) for power, c in enumerate(coefficients)) % order


def held_by(
    name: str, session: str, threshold: int, count: int, dice: Dice
) -> tuple[ceremony.Ceremony, dict[int, int]]:
    """A finished ceremony, and the secret key of each trustee by index."""
    names = [f"保管人{index}" for index in range(1, count + 1)]
    current = ceremony.begin(name, session, threshold, names, random=dice.bytes)
    kept = [
        dealing.new_secret(current, index, rng=dice, random=dice.bytes)
        for index in range(1, count + 1)
    ]
    current = ceremony.advance(current, [dealing.certificate(current, one) for one in kept])
    current = ceremony.advance(
        current, [dealing.reveal(current, one, rng=dice, random=dice.bytes) for one in kept]
    )
    confirmed = [dealing.confirm(current, one, rng=dice) for one in kept]
    current = ceremony.advance(current, [message for message, _ in confirmed])
    return current, {one.number: key for one, (_, key) in zip(kept, confirmed, strict=True)}


class Setting:
    """Everything that exists before a vote opens: keys, roll, manifest."""

    def __init__(
        self,
        name: str = "P256-SHA256",
        *,
        seed: str = "setting",
        areas: tuple[int, ...] = (8_952, 12_000, 10_133),
        motions: list[dict[str, Any]] | None = None,
        threshold: int = 1,
        count: int = 1,
        sitting: bool = False,
        **changes: Any,
    ) -> None:
        """`sitting`: the trustees made their keys themselves, in a ceremony."""
        self.suite = suite(name)
        self.dice = Dice(seed)
        self.session = "YS-2026-01"
        order = self.suite.order
        coefficients = [self.dice(order) for _ in range(threshold)]
        self.trustee_secrets = {
            index: polynomial(coefficients, index, order) for index in range(1, count + 1)
        }
        self.board_secret = self.dice.bytes(32)
        self.witness_secrets = [self.dice.bytes(32)]
        self.tokens = {party: self.dice.bytes(16) for party in range(1, len(areas) + 1)}
        self.keys = {
            party: credential.derive(self.suite, self.session, token)
            for party, token in self.tokens.items()
        }
        self.areas = dict(enumerate(areas, start=1))
        self.roll_lines = [
            roll.make_line(
                party,
                area,
                self.keys[party][1],
                roll.commitment(self.suite, self.dice.bytes(16), {"units": [f"1-{party:03}"]}),
            )
            for party, area in self.areas.items()
        ]
        value: dict[str, Any] = {
            "format": "yishi-manifest-1",
            "suite": name,
            "session": self.session,
            "title": "2026年第一次业主大会会议",
            "estate": "测试花园",
            "division": "999999000000",
            "organiser": "测试花园业主委员会",
            "motions": [question()] if motions is None else motions,
            "quorum": {"area": [2, 3], "heads": [2, 3]},
            "profile": {"code": "cn", "sha256": hashlib.sha256(b"profile").hexdigest()},
            "roll": {
                "root": roll.root(self.suite, self.roll_lines),
                "heads": len(areas),
                "area": sum(areas),
            },
            "opens_at": "2026-03-01T00:05:00Z",
            "closes_at": "2026-03-15T10:03:00Z",
            "revote": True,
            "trustees": {
                "threshold": threshold,
                "keys": [
                    trustees.announce(
                        self.suite,
                        self.session,
                        secret,
                        name=f"受托人{index}",
                        index=index,
                        threshold=threshold,
                        count=count,
                        rng=self.dice,
                    )
                    for index, secret in self.trustee_secrets.items()
                ],
                "election_key": b64(self.suite.group.base(coefficients[0]).encode()),
            },
            "opening_policy": "secret",
            "board_key": b64(public_key(self.board_secret)),
            "witnesses": [b64(public_key(secret)) for secret in self.witness_secrets],
            "witnesses_needed": 0,
            "bundle": hashlib.sha256(b"bundle").hexdigest(),
            "challenge_hours": 0,
            "paper": False,
            "silence": None,
            "letters": {"by": "host", "name": "平台"},
            **changes,
        }
        if sitting:
            self.ceremony, self.trustee_secrets = held_by(
                name, self.session, threshold, count, self.dice
            )
            value["trustees"] = ceremony.outcome(self.ceremony)
        self.manifest = manifest.parse(value)


class Vote(Setting):
    """A whole vote on a board, as a server would hold it; times pass by themselves."""

    def __init__(self, name: str = "P256-SHA256", **changes: Any) -> None:
        super().__init__(name, **changes)
        self.lines: list[bytes] = []
        self.checkpoints: list[bytes] = []
        self.resolution: bytes | None = None
        self.secrets = {party: secret for party, (secret, _) in self.keys.items()}
        self.cast_by: dict[int, list[tuple[int, dict[str, Any]]]] = {}
        self.excluded: set[int] = set()
        self.papers: list[int] = []
        self.spoiled: list[dict[str, Any]] = []
        self.ruled_out: list[dict[str, Any]] = []
        self.late: list[int] = []
        self.withdrawn: dict[str, set[str]] = {}
        self.deemed: list[int] = []
        self.stated: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.shares: list[tuple[int, tally.Shares]] = []
        self.hash = NO_HASH
        self.tally_hash = ""
        self.sums: list[tally.Aggregate] = []
        self.time = "2026-03-01T00:00:00Z"
        self.post("manifest", self.manifest.value)
        self.checkpoint()

    def post(self, type_: str, body: Any, time: str | None = None) -> int:
        seq = len(self.lines)
        self.time = time or self.time
        line, self.hash = board.make_line(seq, self.time, type_, self.hash, body, self.suite)
        self.lines.append(line)
        return seq

    def root(self) -> str:
        return roll.root(self.suite, self.lines)

    def checkpoint(self, witnessed: bool = False) -> dict[str, Any]:
        value = checkpoint.sign(
            self.board_secret,
            session=self.session,
            size=len(self.lines),
            root=self.root(),
            time=self.time,
        )
        if witnessed:
            value = checkpoint.cosign(self.witness_secrets[0], value)
        line = checkpoint.make_line(value)
        if line not in self.checkpoints:
            self.checkpoints.append(line)
        return value

    def ballot(self, party: int, choices: Any, **changes: Any) -> dict[str, Any]:
        before = self.cast_by.get(party, [])
        fields: dict[str, Any] = {
            "party": party,
            "key_secret": self.secrets[party],
            "choices": choices,
            "number": len(before) + 1,
            "previous": ballot.tracker(self.manifest, before[-1][1]) if before else NO_HASH,
            "encrypted_by": "browser",
        }
        return ballot.seal(self.manifest, **{"rng": self.dice, **fields, **changes})

    def cast(self, party: int, choices: Any, **changes: Any) -> dict[str, Any]:
        """Cast and give the receipt."""
        value = self.ballot(party, choices, **changes)
        seq = self.post("ballot", value, max(self.time, "2026-03-02T08:00:00Z"))
        self.cast_by.setdefault(party, []).append((seq, value))
        self.receipts.append(
            receipt.sign(
                self.board_secret,
                self.manifest,
                party=party,
                tracker=ballot.tracker(self.manifest, value),
                seq=seq,
                encrypted_by=value["encrypted_by"],
                recorded_at=self.time,
                checkpoint_by="2026-04-01T00:00:00Z",
            )
        )
        return self.receipts[-1]

    def replace(self, party: int, reason: str = "code") -> None:
        old = self.suite.group.base(self.secrets[party]).encode()
        self.secrets[party], new = credential.random_key(self.suite, rng=self.dice)
        body = {"party": party, "key": b64(new), "replaces": b64(old), "reason": reason}
        self.post("credential", body, max(self.time, "2026-03-02T08:00:00Z"))

    def close(self, time: str = "2026-03-15T10:00:00Z") -> None:
        self.post(
            "close",
            {
                "ballots": sum(map(len, self.cast_by.values())),
                "parties": len(self.cast_by),
                "heads": len(self.cast_by),
                "area": sum(self.areas[party] for party in self.cast_by),
            },
            time,
        )
        self.checkpoint()

    def paper(self, party: int, choices: Any, *, decided: bool = False, **changes: Any) -> None:
        """A paper ballot, entered; `decided`: two people ruled that it counts."""
        secret, _ = credential.random_key(self.suite, rng=self.dice)
        value = self.ballot(party, choices, key_secret=secret, encrypted_by="server")
        ruling = hashlib.sha256(f"ruling {party}".encode()).hexdigest()
        body = {
            "ballot": value,
            "scan": hashlib.sha256(f"scan {party}".encode()).hexdigest(),
            "signers": ["甲", "乙"],
            "ruling": ruling if decided else None,
        }
        seq = self.post("paper", body | changes)
        self.cast_by.setdefault(party, []).append((seq, value))
        self.papers.append(party)

    def spoil(self, party: int) -> None:
        scan = hashlib.sha256(f"scan {party}".encode()).hexdigest()
        self.spoiled.append({"party": party, "scan": scan})

    def rule_out(self, party: int) -> None:
        ruling = hashlib.sha256(f"ruling {party}".encode()).hexdigest()
        self.ruled_out.append({"party": party, "ruling": ruling})

    def box(self, time: str | None = None, **changes: Any) -> None:
        body = {
            "counted": len(self.papers) + len(self.spoiled) + len(self.ruled_out),
            "entered": sorted(self.papers),
            "spoiled": self.spoiled,
            "ruled_out": self.ruled_out,
            "signers": ["丙", "丁"],
        }
        self.post("box", body | changes, time)

    def rule(self, party: int) -> None:
        body = {"party": party, "sha256": NO_HASH, "signers": ["甲", "乙"]}
        self.post("ruling", body)
        self.excluded.add(party)

    def withdraw(self, motion: str, option: str, time: str | None = None) -> None:
        self.post("withdrawal", {"motion": motion, "option": option, "sha256": NO_HASH}, time)
        self.withdrawn.setdefault(motion, set()).add(option)

    def deem(self, *parties: int) -> None:
        self.post("deemed", {"parties": list(parties), "sha256": NO_HASH})
        self.deemed = list(parties)

    def tally(self, time: str | None = None) -> None:
        counted = {
            party: given[-1]
            for party, given in sorted(self.cast_by.items())
            if party not in self.excluded
        }
        self.sums = tally.aggregate(
            self.manifest,
            ((ballot.encoded(value), self.areas[p]) for p, (_, value) in counted.items()),
        )
        pairs = [(party, seq) for party, (seq, _) in counted.items()]
        self.post("tally", tally.tally_body(self.manifest, pairs, self.sums), time)
        self.tally_hash = self.hash

    def decrypt(self, *trustees_: int) -> None:
        for trustee in trustees_ or range(1, self.manifest.threshold + 1):
            body = tally.decrypt_share(
                self.manifest,
                self.sums,
                trustee=trustee,
                secret=self.trustee_secrets[trustee],
                tally_hash=self.tally_hash,
                rng=self.dice,
            )
            self.post("decryption", body)
            self.shares.append(
                tally.verify_shares(self.manifest, self.sums, body, tally_hash=self.tally_hash)
            )

    def result(self) -> dict[str, Any]:
        totals = tally.totals(self.manifest, self.sums, self.shares)
        took_part = [sums.participating for sums in self.sums]
        body = verdict.result_body(
            self.manifest,
            took_part,
            totals,
            withdrawn=self.withdrawn,
            deemed=Count(len(self.deemed), sum(self.areas[party] for party in self.deemed)),
        )
        self.post("result", body)
        self.stated = body["motions"]
        return body

    def counted(self) -> list[openings.Counted]:
        return [
            openings.Counted(
                party,
                given[-1][0],
                self.areas[party],
                ballot.tracker(self.manifest, given[-1][1]),
                ballot.encoded(given[-1][1]),
            )
            for party, given in sorted(self.cast_by.items())
            if party not in self.excluded
        ]

    def open(self, *trustees_: int) -> bytes:
        """The bytes of openings.jsonl; their hash goes on the board."""
        counted = self.counted()
        data = b"".join(
            line + b"\n"
            for trustee in trustees_ or range(1, self.manifest.threshold + 1)
            for line in openings.make_lines(
                self.manifest,
                counted,
                trustee=trustee,
                secret=self.trustee_secrets[trustee],
                rng=self.dice,
            )
        )
        digest = hashlib.sha256(data).hexdigest()
        self.post("openings", {"sha256": digest, "ballots": len(counted)})
        return data

    def resolve(self) -> None:
        self.resolution = b"%PDF-1.7 a resolution\n"
        digest = hashlib.sha256(self.resolution).hexdigest()
        self.post("resolution", {"sha256": digest, "number": "2026-1"})

    def order(self, of: int, key: bytes, at: int | None = None, **changes: Any) -> int:
        """A court's order on the party's last ballot (or that at `at`); gives its seq."""
        body = {
            "party": of,
            "seq": self.cast_by[of][-1][0] if at is None else at,
            "court": "测试区人民法院",
            "number": "（2026）测0101民初1号",
            "sha256": hashlib.sha256(ORDER).hexdigest(),
            "key": b64(key),
            "signers": ["甲", "乙"],
        }
        return self.post("court_order", body | changes)

    def open_for_court(self, order: int, *trustees_: int, random: Any = None) -> list[bytes]:
        """The sealed files of these trustees; their hashes go on the board."""
        body = json.loads(self.lines[order])["body"]
        given = dict(self.cast_by[body["party"]])[body["seq"]]
        one = openings.Counted(
            body["party"],
            body["seq"],
            self.areas[body["party"]],
            ballot.tracker(self.manifest, given),
            ballot.encoded(given),
        )
        files = []
        for trustee in trustees_ or range(1, self.manifest.threshold + 1):
            data = handed.make(
                self.manifest,
                entry=self.suite.hash(self.lines[order]).hex(),
                trustee=trustee,
                recipient=unb64(body["key"]),
                lines=openings.make_lines(
                    self.manifest,
                    [one],
                    trustee=trustee,
                    secret=self.trustee_secrets[trustee],
                    rng=self.dice,
                ),
                random=random or self.dice.bytes,
            )
            digest = hashlib.sha256(data).hexdigest()
            self.post("court_opening", {"order": order, "trustee": trustee, "sha256": digest})
            files.append(data)
        return files

    def late_body(self, party: int) -> dict[str, Any]:
        """What excludes the party now; nothing is posted."""
        counted = {one.party: one for one in self.counted()}
        out = [
            late.excluded(counted[one].area, counted[one].encoded)
            for one in [*self.late, party]
            if one in counted
        ]
        body = {"party": party, "sha256": NO_HASH, "signers": ["甲", "乙"]}
        return body | late.finding(self.manifest, self.stated, out)

    def rule_late(self, party: int, **changes: Any) -> str:
        body = self.late_body(party) | changes
        self.post("late_ruling", body)
        self.late.append(party)
        return str(body["finding"])

    def finish(self, objected: tuple[int, ...] = ()) -> dict[str, Any]:
        """Close, count, exclude whose ballots were found not to be theirs, publish."""
        self.close()
        self.tally()
        self.decrypt()
        body = self.result()
        for party in objected:
            self.rule_late(party)
        self.resolve()
        self.checkpoint(witnessed=True)
        return body

    def export(self, folder: Path) -> Path:
        export.write(
            folder,
            session=self.session,
            board=self.lines,
            checkpoints=self.checkpoints,
            roll=self.roll_lines,
            resolution=self.resolution,
        )
        return folder


def small_vote(name: str = "P256-SHA256", **changes: Any) -> Vote:
    """Five parties, three motions, a revote, a replacement, a ruling; finished."""
    vote = Vote(
        name,
        areas=(8_952, 12_000, 10_133, 9_001, 60_000),
        motions=[
            question("m1", matter=6, approval="3/4"),
            election("e1", candidates=3, seats=2),
            question("m2", requires=["m1"]),
        ],
        **changes,
    )
    vote.cast(1, [[1], [0], [2]])
    vote.cast(2, [[0], [0, 1], [0]])
    vote.replace(4)
    vote.cast(4, [[0], [1], None], encrypted_by="server")
    vote.checkpoint()
    vote.cast(1, [[0], [0, 2], [0]])
    vote.cast(5, [[0], [0], [0]])
    vote.cast(3, [[2], None, [1]])
    vote.close()
    vote.rule(3)
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    vote.checkpoint(witnessed=True)
    return vote


def helped_vote(name: str = "P256-SHA256", then: str = "", **changes: Any) -> Vote:
    """One ballot each, an agent's before the owner's own apart; five parties, finished.

    1: an agent's, then the own. 2: assisted. 3: an agent's. 4: sold, the new letter. 5: letter.
    `then`: what must be refused comes too, before the close.
    """
    vote = Vote(name, areas=(8_952, 12_000, 10_133, 9_001, 60_000), revote=False, **changes)
    for party, reason in ((1, "proxy"), (2, "assisted"), (3, "proxy")):
        vote.replace(party, reason)
        vote.cast(party, [[1]])
    vote.replace(4, "transfer")
    vote.replace(4, "reissue")
    vote.cast(4, [[0]])
    vote.cast(5, [[0]])
    vote.replace(1, "code")
    vote.cast(1, [[0]])
    if then == "agent_after_owner":
        vote.replace(1, "proxy")
        vote.cast(1, [[1]])
    elif then == "agent_twice":
        vote.replace(3, "proxy")
        vote.cast(3, [[0]])
    elif then == "twice":
        vote.cast(5, [[1]])
    elif then == "reason":
        vote.replace(5, "help")
    vote.finish()
    return vote


HELPED_WRONG = {
    "agent_after_owner": "ballots.sequence",
    "agent_twice": "ballots.sequence",
    "twice": "ballots.sequence",
    "reason": "ballots.credential",
}


def late_vote(
    name: str = "P256-SHA256", *, objected: tuple[int, ...] = (), **changes: Any
) -> Vote:
    """Nine parties of at most 100.00 m², three motions; resolved.

    `objected`: excluded between the result and the resolution.
    """
    vote = Vote(
        name,
        areas=tuple(10_000 - party for party in range(9)),
        motions=[
            question("m1"),
            election("e1", candidates=3, seats=2),
            question("m2", requires=["m1"]),
        ],
        **changes,
    )
    for party in range(1, 10):
        vote.cast(
            party,
            [
                [0] if party > 2 else [1],
                [0, 1] if party > 1 else [2],
                None if party == 9 else [0] if party < 6 else [1],
            ],
        )
    vote.finish(objected)
    return vote


def paper_vote(name: str = "P256-SHA256", *, unruled: bool = False, **changes: Any) -> Vote:
    """Seven parties: 1 and 2 online, 3 and 4 on paper, 2 on paper too by a ruling, 5 spoiled,
    1's paper ruled out, 6 online and excluded; up to the box, which nobody has counted."""
    vote = Vote(
        name,
        areas=(8_952, 12_000, 10_133, 9_001, 7_500, 6_400, 5_000),
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        challenge_hours=24,
        paper=True,
        **changes,
    )
    vote.cast(1, [[1], [0]])
    vote.cast(2, [[0], [0, 1]])
    vote.cast(6, [[0], [0]])
    vote.checkpoint()
    vote.close()
    vote.paper(3, [[0], None])
    vote.paper(4, [[0], [1]])
    vote.rule(6)
    vote.paper(2, [[2], [2]], decided=not unruled)
    vote.spoil(5)
    vote.rule_out(1)
    return vote


BOXED = "2026-03-15T20:00:00Z"  # ten hours after the close
COUNTED = "2026-03-16T20:00:00Z"
# 4, 5, 4, 4 and 4 votes of seven ballots.
MARKS = ([0, 1, 2], [0, 1, 3], [0, 1, 4], [0, 1, 2], [1, 3, 4], [2, 3, 4], [2, 3, 4])


def election_vote(name: str = "P256-SHA256", **changes: Any) -> Vote:
    """Nine parties, a covenant, an election that depends on it, silence; finished.

    Five candidates for three seats, each with the majority: c1 withdrew, c2 is elected, the
    others tie for the two seats left. Of two parties without a ballot one is deemed to vote.
    """
    vote = Vote(
        name,
        areas=(10_000,) * 9,
        motions=[
            question("m1", matter=2),
            election(
                "e1", candidates=5, seats=3, alternates=1, ranking="heads", requires=["m1"]
            ),
        ],
        silence=SILENCE,
        **changes,
    )
    for party, chosen in enumerate(MARKS, 1):
        vote.cast(party, [[0] if party < 6 else [1], chosen])
        if party == 3:
            vote.withdraw("e1", "c1")
    vote.close()
    vote.deem(8)
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    vote.checkpoint(witnessed=True)
    return vote
