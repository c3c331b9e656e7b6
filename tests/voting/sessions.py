"""Sessions for tests and vectors: invented, small, and the same on every run."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voting.protocol import credential, manifest, roll, trustees
from voting.protocol.shape import b64
from voting.protocol.suite import suite

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
        **changes,
    }


def election(ident: str = "e1", candidates: int = 3, seats: int = 2, **changes: Any) -> Any:
    return {
        **question(ident),
        "matter": 3,
        "kind": "election",
        "text": "选举业主委员会委员。",
        "options": [f"c{number}" for number in range(1, candidates + 1)],
        "min": 0,
        "max": seats,
        **changes,
    }


def ed25519_public(secret: bytes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def polynomial(coefficients: list[int], at: int, order: int) -> int:
    return sum(c * pow(at, power, order) for power, c in enumerate(coefficients)) % order


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
        **changes: Any,
    ) -> None:
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
            "board_key": b64(ed25519_public(self.board_secret)),
            "witnesses": [b64(ed25519_public(secret)) for secret in self.witness_secrets],
            "witnesses_needed": 0,
            "bundle": hashlib.sha256(b"bundle").hexdigest(),
            "challenge_hours": 0,
            **changes,
        }
        self.manifest = manifest.parse(value)
